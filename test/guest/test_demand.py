# SPDX-License-Identifier: MIT
"""Demand paging is shown, not said."""

import re

TOUCHED = 40
READ_AROUND_KIB = 128       # Linux's default read-ahead; ours must not exceed it


def big(output):
    """The counts that the program big prints."""
    words = output.split()
    return {k: int(v) for k, v in zip(words[::2], words[1::2])}


def test_of_64_mib_only_what_is_touched_is_read(run):
    status, output = run("cat /opt/test/hello > /dev/null; /opt/test/big")
    assert status == 0, output
    seen = big(output)
    assert TOUCHED // 2 <= seen["majflt"] <= TOUCHED + 8, seen
    assert seen["pgpgin_kib"] >= TOUCHED * 4, seen
    assert seen["pgpgin_kib"] <= (TOUCHED + 8) * READ_AROUND_KIB, seen
    if seen["requests"] >= 0:
        assert seen["requests"] <= 4 * TOUCHED, seen
        assert seen["sectors"] <= (TOUCHED + 8) * READ_AROUND_KIB * 2, seen


def test_with_plenty_of_memory_what_is_around_a_touched_page_is_read_with_it(tap):
    tap("readaround /root/around")


def test_a_second_run_reads_nothing_from_the_disk(run):
    status, output = run("/opt/test/big > /dev/null; /opt/test/big")
    assert status == 0, output
    seen = big(output)
    assert seen["majflt"] == 0 and seen["pgpgin_kib"] <= 16, seen


def test_exec_of_a_big_program_costs_no_memory(vm):
    output = vm.ok("/opt/test/big > /dev/null; cat /proc/self/statm; grep -E 'VmRSS' /proc/self/status")
    assert int(re.search(r"VmRSS:\s+(\d+) kB", output).group(1)) < 4096


def test_counters_of_faults_grow(vm):
    def pgfault():
        return int(re.search(r"^pgfault (\d+)", vm.ok("cat /proc/vmstat"), re.M).group(1))
    before = pgfault()
    vm.ok("bash -c true")
    assert pgfault() - before >= 20
