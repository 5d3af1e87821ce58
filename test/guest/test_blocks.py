# SPDX-License-Identifier: MIT
"""Pages of 64 KiB, on harts that have Svnapot: what programs get is the same, for fewer faults."""

import pytest

import machine

CPU = "rv64,svnapot=true"


@pytest.fixture(scope="module")
def napot():
    shell = machine.Shell(smp="4", cpu=CPU).start()
    yield shell
    shell.off()
    shell.discard()


def figure(shell, name):
    return int(shell.ok(f"grep -w {name} /proc/vmstat || echo none 0").split()[1])


def test_4_mib_take_64_faults_and_have_the_right_bytes(napot):
    assert machine.LINUX or "pages of 64 KiB" in napot.console
    output = napot.tap("blocks touch")
    assert machine.LINUX or ", 64 blocks" in output


def test_on_harts_without_it_there_are_none(boot):
    shell = boot(smp="2", cpu="rv64")
    shell.tap("blocks touch")
    assert figure(shell, "napot_fault_alloc") == 0
    shell.off()


def test_parts_of_blocks_unmapped_protected_moved_forked_and_locked(napot):
    before = figure(napot, "napot_split")
    napot.tap("blocks parts")
    assert machine.LINUX or figure(napot, "napot_split") > before


def test_the_kernel_reads_and_writes_blocks(napot):
    napot.tap("blocks calls")


def test_files_in_the_same_table_as_blocks(napot):
    napot.tap("blocks files")


def test_threads_on_blocks(napot):
    napot.tap("blocks threads", 300)


def test_blocks_go_to_swap_and_come_back(boot):
    shell = boot(smp="2", cpu=CPU, mem="512M" if machine.LINUX else "64M", swap="256M")
    shell.tap("blocks swap 100", 300)
    assert machine.LINUX or figure(shell, "napot_split") > 100
    assert machine.LINUX or figure(shell, "pswpout") > 1000
    shell.off()
