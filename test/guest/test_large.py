# SPDX-License-Identifier: MIT
"""Large memory: 2 MiB at a time, and page tables that fork shares until one side needs them."""

import machine


def test_fork_trees_over_large_memory_see_their_own_bytes(tap):
    tap("largefork tree 6", 300)


def test_parts_of_large_memory_unmapped_protected_and_given_back(tap):
    tap("largefork parts 8", 120)


def test_a_child_is_a_snapshot_while_threads_of_the_parent_write(tap):
    tap("largefork snapshot 4", 300)


def test_figures_of_large_memory_before_and_after_fork(tap, vm):
    before = large_faults(vm)
    tap("largefork figures 32", 120)
    assert machine.LINUX or large_faults(vm) >= before + 16


def test_a_family_larger_than_memory_is_right_through_swap(boot):
    shell = boot(smp="4", mem="512M" if machine.LINUX else "64M", swap="512M")
    status, output = shell.run("/opt/test/largefork swap 72", 300)
    assert status == 0 and "ok 2" in output, output[-1500:]
    shell.off()


def test_small_pages_become_large_ones_where_they_lie_and_no_write_is_lost(boot):
    shell = boot(smp="4")               # its own: in a machine of many tests no 2 MiB may be free in one piece
    shell.tap("collapse")
    shell.tap("collapse threads 4")
    shell.off()


def test_what_is_in_swap_becomes_large(boot):
    shell = boot(smp="2", mem="512M" if machine.LINUX else "128M", swap="256M")
    status, output = shell.run("/opt/test/collapse swap", 120)
    assert status == 0, output[-1500:]
    shell.off()


def large_faults(vm):
    return int(vm.ok("grep -w thp_fault_alloc /proc/vmstat || echo none 0").split()[1])
