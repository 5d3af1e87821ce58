# SPDX-License-Identifier: MIT
"""make run-tests: a user's own folder of programs, judged."""

import re
import subprocess

import pytest

import machine
from test_make import make

TAP_BEGIN = "echo 'TAP version 13'; echo 1..3; "
FOLDER = {
    "a-passes": "echo fine",
    "b-fails": "echo 'it broke' >&2; exit 3",
    "c-skips": "echo 'no such device'; exit 4",
    "d-hangs": "echo begun; while :; do sleep 1000; done",
    "e-crashes": "kill -SEGV $$",
    "f-tap": TAP_BEGIN + "echo 'ok 1 - first'; echo 'not ok 2 - second'; echo '# because'; "
             "echo 'ok 3 - third # SKIP not today'; exit 1",
    "g-subtests": "echo '# Subtest: inner'; echo '    ok 1 - in'; echo '    not ok 2 - in'; echo '    1..2'; "
                  "echo 'ok 1 - inner'; echo 1..1",
    "h-stops-early": TAP_BEGIN + "echo 'ok 1 - one'",
    "i-dies-after-its-points": "echo 1..1; echo 'ok 1 - one'; kill -KILL $$",
    "j-skips-all": "echo '1..0 # SKIP wrong machine'",
    "k-not-expected": "echo 1..1; echo 'not ok 1 - later # todo unwritten'",
    "l-leaves-children": "echo $$ >/tmp/left; setsid sleep 1000 & sleep 1000 & exit 0",
    "m-is-alone": "ps -e -o comm= | grep -c sleep | grep -qx 0",
    "n-ends-the-machine": "echo goodbye; busybox poweroff -f; sleep 1000",
    "o-reads-its-data": "read word <data; [ \"$word\" = mine ]; exit $?",
    "p-prints-much": "yes | head -c 3000000",
}


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """What `make run-tests` says of FOLDER, and its status."""
    folder = tmp_path_factory.mktemp("folder")
    for name, text in FOLDER.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    (folder / "data").write_text("mine\n")
    done = make("run-tests", f"O={machine.BUILD}/test", "DEBUG=1", "WERROR=1",
                f"CACHE={machine.CACHE}", f"KERNEL={machine.KERNEL}", f"DIR={folder}", "TIMEOUT=5",
                "SMP=2", timeout=400 * machine.SLOW)
    return done.stdout, done.returncode


def points(output, name):
    """The TAP points of one program, without their numbers."""
    return [re.sub(r"^(not ok|ok) \d+ - ", r"\1 ", line) for line in output[0].splitlines()
            if re.match(rf"(not )?ok \d+ - {name}\b", line)]


def test_the_exit_status_is_the_verdict(output):
    assert points(output, "a-passes") == ["ok a-passes"]
    assert points(output, "b-fails") == ["not ok b-fails: exit status 3"]
    assert points(output, "c-skips") == ["ok c-skips # SKIP no such device"]


def test_a_failed_program_shows_what_it_printed(output):
    assert "#   it broke\n" in output[0] and "fine" not in output[0]


def test_a_program_that_hangs_is_stopped_at_its_limit(output):
    assert points(output, "d-hangs") == ["not ok d-hangs: still running after 5 s"]
    assert "#   begun\n" in output[0]


def test_a_program_that_crashes_is_named_with_its_signal(output):
    assert points(output, "e-crashes") == ["not ok e-crashes: killed by signal 11 (SIGSEGV)"]


def test_tap_is_read_point_by_point(output):
    assert points(output, "f-tap") == ["ok f-tap: first", "not ok f-tap: second",
                                       "ok f-tap: third # SKIP not today"]
    assert "#   # because\n" in output[0]
    assert points(output, "k-not-expected") == ["not ok k-not-expected: later # todo unwritten"]
    assert points(output, "j-skips-all") == ["ok j-skips-all # SKIP wrong machine"]


def test_points_of_a_subtest_are_its_parents(output):
    assert points(output, "g-subtests") == ["ok g-subtests: inner"]


def test_a_program_that_ends_before_its_plan_has_failed(output):
    assert points(output, "h-stops-early") == ["ok h-stops-early: one",
                                               "not ok h-stops-early: planned 3 and printed 1"]
    assert points(output, "i-dies-after-its-points") == [
        "ok i-dies-after-its-points: one",
        "not ok i-dies-after-its-points: killed by signal 9 (SIGKILL)"]


def test_what_a_program_leaves_running_does_not_meet_the_next(output):
    assert points(output, "l-leaves-children") == ["ok l-leaves-children"]
    assert points(output, "m-is-alone") == ["ok m-is-alone"]


def test_a_machine_that_ends_fails_one_program_and_the_rest_still_run(output):
    assert points(output, "n-ends-the-machine") == ["not ok n-ends-the-machine: the machine died"]
    assert "#   goodbye\n" in output[0]
    assert points(output, "o-reads-its-data") == ["ok o-reads-its-data"]


def test_a_program_may_print_more_than_anyone_reads(output):
    assert points(output, "p-prints-much") == ["ok p-prints-much"]


def test_the_last_lines_are_the_plan_and_the_count(output):
    lines = [l for l in output[0].splitlines() if not l.startswith("make")]
    assert lines[-2:] == ["1..20", "9 passed, 7 failed, 4 skipped"]
    assert output[1] == 2


def test_an_empty_or_missing_folder_is_named(tmp_path):
    for folder, why in ((tmp_path, "no executable file"), (tmp_path / "none", "DIR= names no folder")):
        done = make("run-tests", f"O={machine.BUILD}/test", f"CACHE={machine.CACHE}", "DEBUG=1",
                    "WERROR=1", f"KERNEL={machine.KERNEL}", f"DIR={folder}", timeout=200)
        assert done.returncode and why in done.stdout, done.stdout
