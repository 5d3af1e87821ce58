# SPDX-License-Identifier: MIT
"""Files, names, pipes and waiting: our programs, each claim first true on Linux."""

import pytest


@pytest.mark.parametrize("where", ["/tmp", "/root"])
def test_names_and_rights(tap, where):
    tap(f"names {where}")


@pytest.mark.parametrize("where", ["/tmp", "/root"])
def test_open_files_and_descriptors(tap, where):
    tap(f"fileio {where}")


@pytest.mark.parametrize("where", ["/tmp", "/root"])
def test_reads_of_any_length_to_any_place_are_exact(tap, where):
    tap(f"reads {where}")


@pytest.mark.parametrize("where", ["/tmp", "/root"])
def test_a_page_that_is_mapped_while_it_is_dropped_stays_the_file_s(tap, where):
    tap(f"dropped {where}")


@pytest.mark.parametrize("where", ["/tmp", "/root"])
def test_a_read_moves_the_time_of_access_when_linux_moves_it(boot, where):
    boot().tap(f"atimes {where}")       # it sets the clock: a machine of its own


def test_pipes_and_fifos(tap):
    tap("pipes")


def test_an_event_for_one_epoll_goes_to_one_that_is_waited_in(tap):
    tap("epollexcl")


def test_poll_select_epoll(tap):
    tap("ready")


def test_who_waits_in_an_epoll_is_told_as_often_as_on_linux(tap):
    tap("epolls", 150)


def test_what_bounds_the_memory_that_a_program_has_the_kernel_use(tap):
    tap("limits")


@pytest.mark.parametrize("where", ["/tmp", "/root"])
def test_many_processes_at_the_same_names(tap, where):
    tap(f"fsstress {where} 4")


# Linux keeps a few as well, until memory is wanted or the disk is unmounted.
@pytest.mark.faultline
def test_a_removed_directory_is_gone_though_names_in_it_were_asked_for(tap):
    tap("gonedirs /root")


def test_who_polls_the_list_of_mounts_hears_of_changes(tap):
    tap("mountpoll")


def test_proc_locks_lists_them(vm):
    lines = vm.ok("cd /tmp; flock lock sh -c 'stat -c %i lock; cat /proc/locks'; rm lock").splitlines()
    assert any("FLOCK  ADVISORY  WRITE" in l and l.endswith(f":{lines[0]} 0 EOF") for l in lines[1:]), lines


def test_inotify_tells_what_happens_as_on_linux(tap):
    tap("inotify", 240)


def test_a_directory_that_changes_signals_who_asked(tap):
    tap("dnotify")
