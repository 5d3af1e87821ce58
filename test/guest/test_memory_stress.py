# SPDX-License-Identifier: MIT
"""More live memory than there is: every byte comes back, or one process goes and the rest go on.

A bounded share runs in `make test`; all of it, with Debian's own programs, in `make stress`.
"""

import os
import pathlib
import re
import time

import pytest

import machine

STRESS = os.environ.get("STRESS") == "1"
DURATION = int(os.environ.get("DURATION", "600" if STRESS else "15"))
PACKAGES = pytest.mark.skipif(not STRESS, reason="make stress: needs packages on the disk")
BIG = pathlib.Path(__file__).parents[1].joinpath("bench/big.py").read_text(encoding="utf-8")
LITTLE = 1 << 20                                # bytes by which two readings may differ


def figures(shell):
    """Memory that is in use, in bytes: of caches that can go nothing is left."""
    shell.ok("sync; echo 3 > /proc/sys/vm/drop_caches; sleep 0.3; echo 3 > /proc/sys/vm/drop_caches")
    text = shell.ok("cat /proc/meminfo")
    kib = {k: int(v) for k, v in re.findall(r"^(\S+): +(\d+)", text, re.M)}
    return {"swap": (kib["SwapTotal"] - kib["SwapFree"]) << 10, "commit": kib["Committed_AS"] << 10,
            "dirty": (kib["Dirty"] + kib["Writeback"]) << 10, "anon": kib["AnonPages"] << 10,
            "shmem": kib["Shmem"] << 10, "used": (kib["MemTotal"] - kib["MemFree"]) << 10}


def same_figures(before, after):
    """Frames, slots, dirty pages and promises are back."""
    # What stays in swap of the shell itself comes back when it is used: not a leak.
    grown = {k: after[k] - before[k] for k in before if after[k] - before[k] > LITTLE * (4 if k == "used" else 2)}
    assert not grown, f"{grown}\nbefore {before}\nafter  {after}"


class Swapped:
    """A machine with a swap disk, whose figures are taken before and after."""

    def __init__(self, boot, mem, swap, smp=4, **options):
        self.shell = boot(mem=mem, smp=smp, swap=swap or "", **options)
        self.before = figures(self.shell)

    def done(self):
        same_figures(self.before, figures(self.shell))
        self.shell.off()


@pytest.mark.faultline
@pytest.mark.skipif(not STRESS, reason="make stress: test_swap.py has a share of it")
@pytest.mark.parametrize("kinds", ["a", "f", "s", "tp"])
def test_every_stamp_is_right_with_four_times_the_memory_live(boot, kinds):
    """256 MiB in four processes at 64 MiB, for a quarter of DURATION each."""
    vm = Swapped(boot, "64M", "512M")
    seconds = max(DURATION // 4, 4)
    status, output = vm.shell.run(
        f"mount -t tmpfs -o size=300M t /tmp; /opt/test/swapstamp {64 // len(kinds)} 4 {seconds} {kinds} "
        f"{int(time.time())}; status=$?; umount /tmp; (exit $status)", seconds * 8 + 240)
    assert status == 0, output
    vm.done()


@pytest.mark.faultline
def test_of_two_areas_one_comes_and_goes_under_load(boot, tmp_path):
    """120 MiB live at 96 MiB, all the time in one area or the other."""
    image = tmp_path / "second-swap.img"
    machine.tool("truncate", "-s", "256M", str(image))
    assert machine.tool("mkswap", str(image)).returncode == 0
    vm = Swapped(boot, "96M", "512M", qemuopts=(
        f"-drive file={image},format=raw,if=none,id=d3 -device virtio-blk-device,drive=d3"))
    seconds = max(DURATION // 4, 8)
    status, output = vm.shell.run(
        f"/opt/test/swapstamp 30 4 {seconds} a & n=0; while kill -0 $! 2>/dev/null; do "
        "swapon -p 9 /dev/vdc && sleep 1 && swapoff /dev/vdc && n=$((n + 1)); done; "
        "wait $! && echo rounds $n", seconds * 8 + 240)
    assert status == 0 and int(re.search(r"rounds (\d+)", output)[1]) > 0, output
    vm.done()


@pytest.mark.faultline
def test_swapoff_of_what_does_not_fit_ends_swapoff_and_nothing_else(boot):
    vm = Swapped(boot, "64M", "256M")
    vm.shell.ok("/opt/test/swapstamp 30 4 20 a > /tmp/said & sleep 6")
    status, _ = vm.shell.run("swapoff /dev/vdb", 120)
    assert status != 0
    vm.shell.ok("wait; cat /tmp/said; ! grep '^not ok' /tmp/said; rm /tmp/said", 200)
    assert "(swapstamp)" not in vm.shell.console.split("swapoff /dev/vdb")[-1]
    vm.shell.ok("swapon -s | grep vdb || swapon /dev/vdb")
    vm.done()


@pytest.mark.faultline
@pytest.mark.parametrize("swap", ["32M", None])
def test_when_all_is_full_the_hog_goes_and_the_shell_answers(boot, swap):
    vm = Swapped(boot, "64M", swap)
    shell = vm.shell
    shell.ok("/opt/test/hog & true")
    slowest, start = 0.0, time.monotonic()

    def uptime():
        """The log may come between."""
        return float(re.findall(r"(?m)^(\d+\.\d\d)$", shell.run("cut -d' ' -f1 /proc/uptime", 60)[1])[-1])

    while "Killed process" not in shell.console:
        asked = uptime()
        slowest = max(slowest, uptime() - asked)
        assert time.monotonic() - start < 120, shell.console[-3000:]
    assert slowest < 5, f"{slowest} s"
    assert re.search(r"Killed process \d+ \(hog\)", shell.console)
    shell.run("wait")
    vm.done()


# ---- Debian's programs ----

STRESSORS = ["--vm 4 --vm-bytes 150% --verify", "--swap 2", "--mmap 4 --verify", "--bigheap 2", "--brk 2",
             "--stack 2", "--oom-pipe 1"]


@PACKAGES
@pytest.mark.parametrize("stressor", STRESSORS, ids=lambda s: s.split()[0][2:])
def test_stress_ng(boot, stressor):
    vm = Swapped(boot, "96M", "256M")
    seconds = max(DURATION // 10, 20)
    status, output = vm.shell.run(f"cd /root; stress-ng {stressor} --timeout {seconds}", seconds * 6 + 300)
    assert "passed" in output and "failed: 0" in output and status == 0, output
    vm.done()


@PACKAGES
def test_gcc_compiles_5000_lines_in_48_mib(boot):
    """The program of make bench-swap: 500 static functions, which gcc puts into ten."""
    vm = Swapped(boot, "48M", "256M", smp=2)
    vm.shell.ok(f"python3 - > /root/big.c <<'END'\n{BIG}END", 120)
    assert int(vm.shell.ok("wc -l < /root/big.c")) >= 5000
    vm.shell.ok("cd /root; gcc-14 -O2 -o big big.c && ./big", 1800)
    had = dict(line.split() for line in vm.shell.ok("cat /proc/vmstat").splitlines())
    taken, out = int(had["pgsteal_kswapd"]) + int(had["pgsteal_direct"]), int(had["pswpout"])
    assert taken > 5000 and out > 0, f"{taken} pages taken, {out} to swap"    # 20 MiB and more were missing
    vm.shell.ok("rm -f /root/big /root/big.c")
    vm.done()


SORT = """
python3 -c "
import random
random.seed(1)
a = [random.random() for i in range(2100000)]
b = a[:]
a.sort()
assert all(a[i] <= a[i + 1] for i in range(0, len(a), 64))
r = random.Random(1)
assert all(v == r.random() for v in b)
print('sorted', len(a))
"
"""


@PACKAGES
def test_python_sorts_a_list_twice_as_large_as_ram(boot):
    """2.1 million floats of 24 bytes and their pointers, 64 MiB, and as many pointers again: 32 MiB of RAM.

    Each comparison of the last merges goes to two places of the memory.  The order is looked at
    here and there, which costs as much; then each float is compared with the one it was made from."""
    vm = Swapped(boot, "32M", "256M", smp=2)
    assert "sorted 2100000" in vm.shell.ok(SORT, 5400)
    vm.done()
