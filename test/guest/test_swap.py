# SPDX-License-Identifier: MIT
"""Swap: more live memory than RAM, and every page as it was.

SWAP_SECONDS=600 makes the long ones long.
"""

import os
import re

import pytest

import machine

SECONDS = float(os.environ.get("SWAP_SECONDS", "5"))
# Linux's kernel takes about 100 MiB more than ours of the same machine.
LITTLE = "160M" if machine.LINUX else "64M"


def figure(shell, name):
    return int(re.search(rf"^{name}:\s+(\d+)", shell.ok("cat /proc/meminfo"), re.M).group(1))


def stamps(shell, mib, processes, kinds, seconds=SECONDS):
    """swapstamp must find every stamp right; files on tmpfs may have more than half of memory for it."""
    shell.ok("mount -o remount,size=1G /tmp")
    status, output = shell.run(f"/opt/test/swapstamp {mib} {processes} {seconds} {kinds}",
                               seconds * 10 + 600)
    assert status == 0, f"status {status}\n{output[-3000:]}"
    return output


def used_swap(shell):
    return figure(shell, "SwapTotal") - figure(shell, "SwapFree")


def test_swap_files_and_what_is_refused(tap):
    tap("swapon", 400)


def test_what_is_needed_soon_comes_back_before_it_is_touched(boot):
    shell = boot(mem=LITTLE, swap="64M", smp=2)
    status, output = shell.run("/opt/test/willneed", 150)
    assert status == 0, output
    shell.off()


def test_registered_pages_come_back_from_swap_unasked(boot):
    shell = boot(mem=LITTLE, swap="64M", smp=2)
    status, output = shell.run("/opt/test/uffd_swap", 150)
    assert status == 0, output
    shell.off()


def allocated(image):
    """MiB that the host's file system has for it."""
    return os.stat(image).st_blocks >> 11


@pytest.mark.parametrize("policy", ["once", "pages", None, "of a disk that cannot"])
def test_a_disk_is_told_what_swap_holds_no_more(boot, tmp_path, policy):
    image = tmp_path / "swap.img"
    image.write_bytes(bytes(64 << 20))
    assert machine.tool("mkswap", str(image)).returncode == 0
    can = "off" if policy and policy.startswith("of ") else "on"
    shell = boot(mem=LITTLE, smp=2, qemuopts=(
        f"-drive file={image},format=raw,if=none,id=d2,discard=unmap "
        f"-device virtio-blk-device,drive=d2,discard={can}"))
    if machine.LINUX:                           # has clusters where nothing turns
        shell.ok("[ -d /sys/block ] || mount -t sysfs none /sys; echo 0 > /sys/block/vdb/queue/rotational")
    flag = f"--discard={policy}" if policy in ("once", "pages") else "--discard" if policy else ""
    assert allocated(image) >= 64
    shell.ok(f"swapoff -a; swapon {flag} /dev/vdb")
    at_first = allocated(image)
    assert at_first < 2 if policy == "once" else at_first >= 64
    shell.ok("/opt/test/willneed", 150)
    shell.ok("sleep 1")
    if policy == "pages":
        assert allocated(image) < at_first - 2          # of 4 MiB that were there again and again
    elif policy != "once":
        assert allocated(image) == at_first
    shell.ok("swapoff /dev/vdb", 60)
    shell.off()


@pytest.mark.parametrize("kinds, each", [("a", 30), ("f", 30), ("afstp", 40)])
def test_four_processes_with_more_than_ram_keep_every_stamp(boot, kinds, each):
    shell = boot(mem=LITTLE, swap="512M", smp=4)
    assert "/dev/vdb" in shell.ok("cat /proc/swaps")
    committed, free = figure(shell, "Committed_AS"), figure(shell, "MemFree")
    stamps(shell, each, 4, kinds)
    assert int(re.search(r"^pswpout (\d+)", shell.ok("cat /proc/vmstat"), re.M).group(1)) > 1000
    if not machine.LINUX:
        # What is left is init's and the shell's: slots of pages that were read back since.
        assert used_swap(shell) < 1024
        assert figure(shell, "Committed_AS") <= committed + 64
        assert figure(shell, "MemFree") > free - 8192
    shell.ok("swapoff -a", 120)
    assert figure(shell, "SwapTotal") == 0 and figure(shell, "SwapCached") == 0
    shell.off()


def test_swapoff_and_swapon_in_a_loop_disturb_nobody(boot):
    # Without swap it must fit: of 4 * 14 MiB the private mappings of files are there twice, and what
    # fork copies comes to it, 72 MiB in all (64 MiB without swap end in an OOM kill, with any kernel).
    # Beside that a file of 40 MiB in memory comes, is read and goes: something to swap, out and in.
    shell = boot(mem="192M" if machine.LINUX else "96M", swap="512M", smp=4)
    shell.ok("mkdir /mnt2; mount -t tmpfs -o size=48M none /mnt2")
    shell.ok("while :; do head -c 40M /dev/zero >/mnt2/guest; cat /mnt2/guest >/dev/null; rm /mnt2/guest; "
             "swapoff -a; swapon -a; echo round; done >/tmp/loop 2>&1 &")
    for _ in range(8):                          # until the two have met
        stamps(shell, 14, 4, "afstp", SECONDS * 6 if machine.LINUX else SECONDS)
        came_back = int(re.search(r"^pswpin (\d+)", shell.ok("cat /proc/vmstat"), re.M).group(1))
        rounds = shell.ok("cat /tmp/loop").count("round")
        if rounds > 1 and (machine.LINUX or came_back > 1000):  # there all may have room
            break
    shell.ok("until grep round /tmp/loop; do sleep 1; done", 120)
    shell.ok("kill $!; wait; swapon -a; true", 120)
    said = shell.ok("cat /tmp/loop")
    assert "round" in said and not re.search("lost|killed|memory", said), said
    assert machine.LINUX or came_back > 1000
    stamps(shell, 30, 2, "a", 1)
    shell.off()


@pytest.mark.parametrize("swap", ["24M", None])
def test_the_hog_dies_when_all_is_used_and_the_shell_answers(boot, swap):
    shell = boot(mem=LITTLE, swap=swap, smp=2)
    # Each mapping alone is less than all memory, so that none is refused.
    status, output = shell.run("(ulimit -c 0; /opt/test/swapstamp 40 6 1 a)", 300)
    assert "status 0x9" in output or "Killed" in output, output[-2000:]
    shell.ok("echo here", 60)
    assert "killed" in shell.ok("dmesg").lower()
    if swap:
        assert figure(shell, "SwapFree") > 20 << 10
    shell.off()


def test_a_swap_file_and_a_disk_share_the_load(boot):
    shell = boot(mem=LITTLE, swap="32M", smp=2)
    shell.ok("dd if=/dev/zero of=/root/swapfile bs=1M count=64 2>/dev/null && chmod 600 /root/swapfile &&"
             " mkswap /root/swapfile >/dev/null && sync && swapon -p 5 /root/swapfile", 120)
    stamps(shell, 55, 2, "as", 2)
    used = shell.ok("cat /proc/swaps")
    assert re.search(r"/root/swapfile\s+file\s+65532\s+\d+\s+5", used), used
    shell.ok("swapoff /root/swapfile && rm /root/swapfile", 120)
    shell.off()
