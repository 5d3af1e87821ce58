# SPDX-License-Identifier: MIT
"""The memory calls: every flag and errno (programs that tell them as TAP)."""

import re

import pytest

import machine


def test_seals_of_memory_files_and_of_areas(tap):
    tap("seals")


def test_one_process_sees_to_the_memory_of_another(tap):
    tap("advise_other")


def test_membarrier_wants_to_be_registered_and_is_a_barrier(tap):
    tap("membarriers")


def test_an_address_space_has_the_limits_of_linux(tap):
    tap("maplimits", 400)


def test_memory_policies_of_one_node(tap):
    tap("mempolicy")


def test_physical_memory_as_a_file_is_what_nobody_has(tap):
    tap("devmem")


def test_the_memory_of_a_process_as_files(tap):
    tap("procmem")


def test_maps_and_smaps_of_thousands_of_areas_are_read_area_by_area(tap):
    tap("maps_long")


def test_numa_maps_tell_policies_and_pages_of_areas(tap):
    tap("procnuma")


def test_each_flag_and_errno_of_the_memory_calls(tap):
    tap("mapcalls")


def test_bytes_go_from_one_process_to_another_and_limits_hold(tap):
    tap("procvm")


def test_a_program_brings_in_its_own_missing_pages(tap):
    tap("uffd_pages")


def test_pages_are_continued_and_poisoned(tap):
    tap("uffd_minor")


def test_pages_are_moved(tap):
    tap("uffd_move")


def test_what_happens_to_registered_memory_is_told(tap):
    tap("uffd_events")


def test_pages_and_areas_are_found_without_reading_about_all(tap):
    tap("pagescan")


def test_pages_in_swap_are_found(boot):
    shell = boot(smp="2", mem="512M" if machine.LINUX else "128M", swap="256M")
    status, output = shell.run("/opt/test/pagescan swap", 120)
    assert status == 0, output[-1500:]
    shell.off()


def test_how_much_of_a_file_is_in_memory(tap):
    tap("cachestats")


def test_how_much_of_a_file_was_in_memory(boot):
    shell = boot(smp="2", mem="256M" if machine.LINUX else "64M")
    status, output = shell.run(f"/opt/test/cachestats evicted {256 if machine.LINUX else 96}", 300)
    assert status == 0, output[-1500:]
    shell.off()


@pytest.mark.faultline                          # Linux has them from 6.13 on
def test_guard_pages(tap):
    tap("guards")


@pytest.mark.faultline
def test_an_idle_hart_zeroes_frames_ahead(run):
    look = "grep pgzeroed_ahead /proc/vmstat; sleep 0.5; "
    status, output = run(look + "ls / >/dev/null; " + look, smp=1)
    first, then = map(int, re.findall(r"^pgzeroed_ahead (\d+)", output, re.M))
    assert status == 0 and 0 < first < then, output
