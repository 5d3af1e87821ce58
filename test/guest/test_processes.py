# SPDX-License-Identifier: MIT
"""Threads and signals."""

import machine


def test_threads_share_memory_and_wait_for_each_other(tap):
    tap("threads", 300)


def test_signals_are_delivered_and_registers_survive(tap):
    tap("signals")


def test_registers_that_a_call_keeps_are_seen_and_changed_as_they_are(tap):
    tap("registers")


def test_two_harts_really_run_at_once(vm):
    # Both loops must end; a scheduler that never moves a task would still pass, slowly.
    vm.ok("for i in 1 2 3 4; do (i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done) & done; wait", 120)


def test_a_spinning_program_does_not_stop_the_others(vm):
    vm.ok("sh -c 'while :; do :; done' & sh -c 'while :; do :; done' & "
          "sh -c 'while :; do :; done' & sh -c 'while :; do :; done' & true")
    assert vm.ok("echo quick; seq 5 | tail -1", 30).splitlines()[-2:] == ["quick", "5"]
    vm.ok("kill $(jobs -p); wait; true")


def test_signals_queue_wait_stop_and_race_as_on_linux(tap):
    tap("signals_deep")


def test_a_pidfd_names_one_process_for_ever(tap):
    tap("pidfd")


def test_hundreds_of_fast_timers_that_nobody_hears_leave_time_for_others(tap):
    tap("timer_flood")


def test_timers_and_sleeps_on_cpu_clocks_measure_whom_they_name(tap):
    tap("cpuclocks", 300)


def test_signals_can_be_read_from_a_descriptor(tap):
    tap("signalfd")


def test_a_restartable_sequence_is_aborted_by_whatever_comes_between(tap):
    tap("rseq")


def test_futexes_lend_priority_hand_locks_over_and_wait_for_many(tap):
    tap("futexes")


def test_a_tracer_stops_reads_changes_and_lets_go(tap):
    tap("ptrace")


def test_a_crash_leaves_a_core_file_or_feeds_it_to_a_program(tap):
    tap("coredump", 240)


def test_gdb_opens_a_core(boot):
    shell = boot(smp=2)
    status, _ = shell.run("ulimit -c unlimited; echo core > /proc/sys/kernel/core_pattern; cd /root; "
                          "/opt/test/coredump crash", 60)
    assert status == 139
    shell.ok("sync")
    shell.off()
    core, program = shell.scratch / "core", shell.scratch / "program"
    machine.debugfs(shell.disk, f"dump /root/core {core}")
    machine.debugfs(shell.disk, f"dump /opt/test/coredump {program}")
    seen = machine.tool("gdb-multiarch", "-q", "-batch", "-nx", "-ex", "print (int)in_the_core",
                        "-ex", "info threads", "-ex", "backtrace", "-ex", "info registers pc",
                        "-ex", "info proc mappings", str(program), str(core)).stdout
    assert "terminated with signal SIGSEGV" in seen, seen
    assert "$1 = 4711" in seen and seen.count("LWP") >= 3 and "in thread ()" in seen, seen
    assert "/opt/test/coredump" in seen, seen


def test_the_vdso_knows_what_the_machine_can(tap):
    tap("hwprobe")


def test_a_process_tree_is_stopped_at_each_call_as_by_strace(tap):
    tap("straced")


def test_scheduling_attributes_are_set_in_one_call(tap):
    tap("schedattr")


def test_how_well_the_time_is_kept_can_be_asked(tap):
    tap("adjtime")


def test_io_priorities_are_kept_and_inherited(tap):
    tap("ioprio")


def test_a_task_stops_sharing_and_has_host_names_of_its_own(tap):
    tap("namespaces")
