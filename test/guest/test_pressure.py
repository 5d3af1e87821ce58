# SPDX-License-Identifier: MIT
"""Memory pressure: settings and figures, and what programs see of write-back, reclaim and OOM."""

import re

import machine
from test_disk_errors import ext2


def setting(vm, name, value=None):
    """Read /proc/sys/vm/name, or write it: (status, output)."""
    path = f"/proc/sys/vm/{name}"
    return vm.run(f"cat {path}" if value is None else f"echo {value} > {path}")


def test_of_a_dirty_ratio_and_its_bytes_the_one_written_last_counts(vm):
    pairs = [("dirty_ratio", "dirty_bytes", 20), ("dirty_background_ratio", "dirty_background_bytes", 10)]
    for ratio, size, usual in pairs:
        try:
            assert setting(vm, ratio) == (0, f"{usual}\n") and setting(vm, size) == (0, "0\n")
            assert setting(vm, size, 1 << 20)[0] == 0
            assert setting(vm, size) == (0, f"{1 << 20}\n") and setting(vm, ratio) == (0, "0\n")
            assert setting(vm, ratio, 101)[0] != 0 and setting(vm, ratio) == (0, "0\n")
        finally:
            assert setting(vm, ratio, usual)[0] == 0
        assert setting(vm, size) == (0, "0\n") and setting(vm, ratio) == (0, f"{usual}\n")
    assert setting(vm, "dirty_bytes", 4096)[0] != 0         # two pages at least


def test_dirty_pages_are_written_when_their_time_has_come(vm):
    """They expire after 1 s, looked for every half second, instead of 30 s and 5 s."""
    try:
        setting(vm, "dirty_expire_centisecs", 100)
        setting(vm, "dirty_writeback_centisecs", 50)
        vm.ok("sync; head -c 400k /dev/urandom > /root/soiled")
        before = int(re.search(r"Dirty: +(\d+)", vm.ok("cat /proc/meminfo"))[1])
        vm.ok("sleep 4")
        after = int(re.search(r"Dirty: +(\d+)", vm.ok("cat /proc/meminfo"))[1])
        assert before >= 400 and after < 100
    finally:
        setting(vm, "dirty_expire_centisecs", 3000)
        setting(vm, "dirty_writeback_centisecs", 500)
        vm.ok("rm -f /root/soiled")


def test_a_writer_is_held_at_the_hard_threshold(vm):
    """With 1 MiB allowed, 64 MiB written never leave more than a little above it dirty."""
    try:
        setting(vm, "dirty_background_bytes", 512 << 10)
        setting(vm, "dirty_bytes", 1 << 20)
        vm.ok("head -c 64M /dev/zero > /root/soiled &", 60)
        most = 0
        for _ in range(20):
            figures = vm.ok("cat /proc/meminfo")
            most = max(most, int(re.search(r"Dirty: +(\d+)", figures)[1]))
        vm.ok("wait", 120)
        assert most < 6 << 10, f"{most} KiB were dirty"
    finally:
        setting(vm, "dirty_ratio", 20)
        setting(vm, "dirty_background_ratio", 10)
        vm.ok("rm -f /root/soiled")


def test_overcommit_promises_by_its_mode(boot):
    """A machine of its own: what others commit meanwhile would show in the figures."""
    shell = boot(smp=2)
    status, output = shell.run("/opt/test/overcommit", 60)
    assert status == 0, output
    shell.off()


def test_out_of_memory_one_goes_and_the_rest_go_on(boot):
    shell = boot(smp=4, mem="128M" if not machine.LINUX else "384M")
    status, output = shell.run("/opt/test/oom", 180)
    assert status == 0, output
    assert "Killed process" in shell.console or machine.LINUX
    assert shell.ok("echo still here", 5) == "still here\n"
    shell.off()


def test_the_memory_of_who_is_killed_is_back_before_it_has_ended(boot, tmp_path):
    image = ext2(tmp_path)
    shell = boot(smp=2, mem="96M" if not machine.LINUX else "384M", qemuopts=(
        f"-drive file={image},format=raw,if=none,id=d2,throttling.iops-write=3 "
        "-device virtio-blk-device,drive=d2"))
    shell.ok("mkdir /mnt2; mount -t ext2 /dev/vdb /mnt2; head -c 1M /dev/zero > /mnt2/slow; sync", 60)
    status, output = shell.run("/opt/test/oomstuck /mnt2/slow", 120)
    assert status == 0, output
