# SPDX-License-Identifier: MIT
"""Each request of a run fails in turn; the disk is slow; the power goes."""

import os
import random
import re
import time

import pytest

import machine
from test_disk_errors import ext2, second

STRESS = os.environ.get("STRESS") == "1"
AT_ONCE = 7                                     # disks beside the root's: 8 slots in all


def failing(folder, image, request, name):
    """QEMU options for a disk whose n-th request, read or write, fails; once."""
    rules = []
    for event in ("read_aio", "write_aio"):
        rules += [f'[set-state]\nevent = "{event}"\nstate = "{n}"\nnew_state = "{n + 1}"\n'
                  for n in range(1, request + 1)]
        rules.append(f'[inject-error]\nevent = "{event}"\nstate = "{request}"\nerrno = "5"\n'
                     'once = "on"\n')
    config = folder / "blkdebug.conf"
    config.write_text("\n".join(rules))
    return (f"-drive driver=raw,file.driver=blkdebug,file.config={config},"
            f"file.image.filename={image},if=none,id={name},werror=report,rerror=report "
            f"-device virtio-blk-device,drive={name}")


def disks_with_failing_requests(tmp_path, requests):
    images, options = [], []
    for n, request in enumerate(requests):
        folder = tmp_path / str(n)
        folder.mkdir()
        images.append(ext2(folder, "8M"))
        options.append(failing(folder, images[-1], request, f"x{n}"))
    return images, " ".join(options)


# A busy neighbour on the root's disk shall notice nothing.
NEIGHBOUR = """
mkdir -p /mnt2; (until [ -e /root/stop ]; do cp /bin/bash /root/b; cmp /bin/bash /root/b ||
echo "BAD neighbour"; done) &
"""
WORK = """
echo '== {disk}'
mount -t ext2 /dev/{disk} /mnt2 && {{ /opt/test/diskwork /mnt2 >/tmp/said || echo "BAD status $?"
cat /tmp/said; umount /mnt2; }}
mount -t ext2 /dev/{disk} /mnt2 && {{ grep kept /tmp/said | /opt/test/diskwork -v /mnt2 || echo "BAD lost"
umount /mnt2; }}
: >/tmp/said; grep {disk} /proc/diskstats
"""


def check_share(request, share, image):
    """What one disk's run said, where its n-th request failed."""
    assert "BAD" not in share, f"request {request}:\n{share}"
    failed = re.search(r"vd.: (read|write) error at sector", share)
    if "end\n" not in share:                    # mount itself failed, and said so
        assert failed and "mount:" in share, f"request {request}:\n{share}"
        return False
    before = share.split("told ")[0]
    told = int(re.search(r"told (\d+)", share)[1])
    if re.search(r"write error", before):
        assert told, f"request {request}: a write failed, and nobody was told\n{share}"
    assert "verified" in share, f"request {request}:\n{share}"
    assert machine.tool("e2fsck", "-fy", str(image)).returncode <= 1
    assert machine.e2fsck(image) == ""
    return bool(failed)


def fail_each(run, tmp_path, requests):
    """How many of the runs met their error."""
    images, options = disks_with_failing_requests(tmp_path, requests)
    disks = ["vd" + "bcdefgh"[n] for n in range(len(requests))]
    status, output = run("exec 2>&1" + NEIGHBOUR + "".join(WORK.format(disk=d) for d in disks) +
                         "touch /root/stop; wait; echo the end", timeout=240, qemuopts=options)
    assert output.endswith("the end\n"), output[-3000:]
    boot_errors = output.split("== ")[0]
    shares = [output.split(f"== {d}\n")[1].split("\n== ")[0] for d in disks]
    return sum(check_share(r, s, i) for r, s, i in zip(requests, shares, images)), boot_errors


@pytest.mark.faultline
def test_a_request_that_fails_is_told_and_harms_nobody_else(run, tmp_path):
    """Seven of the first 200; `make stress` takes each."""
    met, _ = fail_each(run, tmp_path, [4, 11, 37, 74, 111, 148, 185])
    assert met >= 5


@pytest.mark.faultline
@pytest.mark.skipif(not STRESS, reason="make stress")
@pytest.mark.parametrize("first", range(1, 201, AT_ONCE))
def test_each_of_the_first_200_requests_fails(run, tmp_path, first):
    fail_each(run, tmp_path, list(range(first, min(first + AT_ONCE, 201))))


# ---- swap on a disk that fails ----

SWAPPING = """
echo '== {disk}'
swapon /dev/{disk} && {{ /opt/test/swapwork || echo "BAD status $?"; swapoff /dev/{disk} || echo "swapoff $?"; }}
"""


def check_swap_share(request, share):
    """Whether the error was met, and how many were told."""
    assert "BAD" not in share, f"request {request}:\n{share}"
    failed = re.search(r"vd.: (read|write) error at sector", share)
    if "end" not in share.split("\n"):          # the header itself could not be read
        assert failed and "swapon" in share, f"request {request}:\n{share}"
        return True, 1
    told = sum(int(n) for n in re.findall(r"told (\d+)", share))
    assert failed or not told, f"request {request}: told of nothing\n{share}"
    assert told <= 1, f"request {request}: one page was lost\n{share}"
    return bool(failed), told


def fail_each_of_swap(run, tmp_path, requests):
    """How many of the runs met their error, and how many processes were told."""
    options = []
    for n, request in enumerate(requests):
        folder = tmp_path / str(n)
        folder.mkdir()
        machine.tool("truncate", "-s", "32M", str(folder / "swap.img"))
        assert machine.tool("mkswap", str(folder / "swap.img")).returncode == 0
        options.append(failing(folder, folder / "swap.img", request, f"x{n}"))
    disks = ["vd" + "bcdefgh"[n] for n in range(len(requests))]
    status, output = run("exec 2>&1; swapoff -a" + NEIGHBOUR + "".join(SWAPPING.format(disk=d) for d in disks) +
                         "touch /root/stop; wait; echo the end", timeout=240, qemuopts=" ".join(options))
    assert output.endswith("the end\n"), output[-3000:]
    shares = [output.split(f"== {d}\n")[1].split("\n== ")[0] for d in disks]
    verdicts = [check_swap_share(r, s) for r, s in zip(requests, shares)]
    return sum(met for met, _ in verdicts), sum(told for _, told in verdicts)


@pytest.mark.faultline
def test_a_request_of_swap_that_fails_harms_nobody_else(run, tmp_path):
    """Writes lose nothing: the page stays.  Reads are told to who needs the page; `make stress` takes each."""
    met, told = fail_each_of_swap(run, tmp_path, [4, 20, 41, 60, 90, 133, 200])
    assert met >= 6 and told >= 1


@pytest.mark.faultline
@pytest.mark.skipif(not STRESS, reason="make stress")
@pytest.mark.parametrize("first", range(1, 201, AT_ONCE))
def test_each_of_the_first_200_requests_of_swap_fails(run, tmp_path, first):
    fail_each_of_swap(run, tmp_path, list(range(first, min(first + AT_ONCE, 201))))


def test_a_disk_of_100_requests_a_second_changes_nothing_but_time(run, tmp_path):
    image = ext2(tmp_path)
    slow = (f"-drive file={image},format=raw,if=none,id=d2,throttling.iops-total=100 "
            "-device virtio-blk-device,drive=d2")
    start = time.monotonic()
    status, output = run("mkdir /mnt2; " + WORK.format(disk="vdb"), qemuopts=slow)
    assert "told 0\n" in output and "verified 16\n" in output and "BAD" not in output, output
    assert machine.e2fsck(image) == ""
    assert time.monotonic() - start > 1.5


# ---- the power goes ----

def text(seed, length):
    units = "".join(f"{seed:06d}:{i:06d}\n" for i in range(length // 14 + 1))
    return units[:length].encode()


def check_survivors(lines, root):
    """Whatever was said to be safe is in the tree below @root."""
    new, log, version, pages = {}, 0, -1, {}
    for line in lines:
        assert not line.startswith("BAD"), line
        if found := re.fullmatch(r"new (\w+) (\d+) (\d+)", line):
            new[found[1]] = int(found[2]), int(found[3])
        elif found := re.fullmatch(r"old (\w+)", line):
            new.pop(found[1], None)
        elif found := re.fullmatch(r"log (\d+)", line):
            log = int(found[1])
        elif found := re.fullmatch(r"version (\d+)", line):
            version = int(found[1])
        elif found := re.fullmatch(r"page (\d+) (\d+)", line):
            pages[int(found[1])] = int(found[2])
    for name, (length, seed) in new.items():
        assert (root / name).read_bytes() == text(seed, length), f"{name} is not as it was fsynced"
    if log:
        assert (root / "log").read_bytes()[:log] == text(999, log), f"the log's first {log} bytes"
    if version >= 0:
        current = (root / "current").read_bytes()
        assert int(current[:6]) >= version and current == text(int(current[:6]), len(current))
    for page, generation in pages.items():
        words = (root / "mapped").read_bytes()[page * 4096:(page + 1) * 4096]
        first = int.from_bytes(words[:4], "little")
        assert first >= generation, f"page {page} is older than its msync"
    return len(new) + len(pages) + (log > 0) + (version >= 0)


def cut_power(tmp_path, seed):
    """Boot, write, kill QEMU at a random moment, mend, and look.  How much was promised."""
    image = ext2(tmp_path, "24M")
    vm = machine.Machine(run=f"mkdir /mnt2; mount -t ext2 /dev/vdb /mnt2; /opt/test/powercut /mnt2 {seed}",
                         qemuopts=second(image), smp=4)
    try:
        vm.start()
        # From the first promise on: on a busy host it may come late.
        vm.child.expect("writing\r*\n(new|log|version|page) .*\n", timeout=60 * machine.SLOW)
        deadline = time.monotonic() + random.Random(seed).uniform(0.2, 3)
        while time.monotonic() < deadline:
            vm.child.expect([machine.pexpect.TIMEOUT, "BAD.*\n"], timeout=deadline - time.monotonic())
        vm.kill()
        console = vm.console
        assert not machine.PANIC.search(console), console[-3000:]
    finally:
        vm.discard()
    mended = machine.tool("e2fsck", "-fy", str(image))
    print(mended.stdout)            # shown with what is missing
    assert mended.returncode <= 1, mended.stdout
    assert machine.e2fsck(image) == ""
    root = tmp_path / "found"
    root.mkdir()
    machine.tool("debugfs", "-R", f"rdump / {root}", str(image))
    lines = console.split("writing\n", 1)[1].split("\n")[:-1]
    return check_survivors(lines, root)


@pytest.mark.parametrize("seed", range(50 if STRESS else 5))
def test_what_was_fsynced_survives_a_power_cut(tmp_path, seed):
    assert cut_power(tmp_path, seed) > 0
