# SPDX-License-Identifier: MIT
"""Memory pressure: settings and figures, and what programs see of write-back, reclaim and OOM."""

import re

import pytest

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


NAMES = """nr_free_pages nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_mlock
nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback nr_shmem nr_written nr_vmscan_write nr_swapcached
nr_slab_reclaimable nr_slab_unreclaimable nr_page_table_pages nr_kernel_stack nr_dirty_threshold
nr_dirty_background_threshold workingset_refault_anon workingset_refault_file workingset_activate_file
workingset_restore_file pgpgin pgpgout pswpin pswpout pgalloc_normal allocstall_normal pgfree pgactivate
pgdeactivate pgfault pgmajfault pgrefill pgsteal_kswapd pgsteal_direct pgscan_kswapd pgscan_direct pgscan_anon
pgscan_file pgsteal_anon pgsteal_file slabs_scanned pageoutrun pgrotated drop_pagecache drop_slab oom_kill
""".split()


def test_figures_have_linux_s_names_and_its_tools_read_them(vm):
    """Linux has them all, and more."""
    figures = dict(line.split() for line in vm.ok("cat /proc/vmstat").splitlines())
    missing = [n for n in NAMES if n not in figures and not (machine.LINUX and n.startswith(("pgalloc", "allocstall")))]
    assert not missing
    assert re.search(r"^Mem: +\d+ +\d+ +\d+ +\d+ +\d+ +\d+$", vm.ok("free"), re.M)
    assert len(vm.ok("vmstat 1 2").splitlines()) == 4
    assert re.search(r"MiB Swap: +[\d.]+ total", vm.ok("top -b -n 1 | head -5"))


def test_what_is_mlocked_is_told_and_stays(boot):
    shell = boot(smp=2, mem="96M" if not machine.LINUX else "512M")
    before = int(re.search(r"Mlocked: +(\d+)", shell.ok("cat /proc/meminfo"))[1])
    shell.ok("ulimit -l unlimited; /opt/test/locked 16 & sleep 2")
    after = int(re.search(r"Mlocked: +(\d+)", shell.ok("cat /proc/meminfo"))[1])
    assert 16 << 10 <= after - before <= 18 << 10
    # Twice the memory is read meanwhile, and what is locked is not fetched again.
    shell.ok("head -c 160M /dev/zero > /root/large; cat /root/large > /dev/null", 120)
    assert "ok" in shell.ok("kill -USR1 %1; wait %1; echo $?; rm /root/large", 60)
    shell.off()


@pytest.mark.faultline
def test_a_file_in_use_survives_a_stream_twice_the_memory(boot):
    """Read again and again, it stays while a larger one is read once; few of its pages come back.

    Linux promises no such thing: with its generations it reads all of the file again."""
    shell = boot(smp=2, mem="64M")
    size = 12
    shell.ok(f"head -c {size}M /dev/urandom > /root/kept; head -c {size * 12}M /dev/zero > /root/stream; sync; "
             "echo 3 > /proc/sys/vm/drop_caches; for i in 1 2 3; do cat /root/kept > /dev/null; done", 120)
    shell.ok("cat /root/stream > /dev/null", 120)
    # In requests of the disk, the truth that no kernel can colour.
    reads = "awk '$3 == \"vda\" { print $6 }' /proc/diskstats"
    before = int(shell.ok(reads))
    shell.ok("cat /root/kept > /dev/null", 60)
    again = (int(shell.ok(reads)) - before) * 512
    assert again < size * 1024 * 1024 / 4, f"{again} bytes of {size} MiB were read again"
    shell.off()
