# SPDX-License-Identifier: MIT
"""Page faults, and bad pointers, as programs see them."""

import re

import pytest


def test_every_kind_of_fault_and_its_signal(tap):
    tap("faults")


def test_every_call_says_efault_for_a_bad_pointer(tap):
    tap("efault")


def test_a_killed_program_leaves_the_shell_alone(vm):
    assert vm.run("sh -c 'kill -SEGV $$'")[0] == 139
    assert vm.ok("echo still here") == "still here\n"


@pytest.mark.faultline
def test_a_fatal_fault_leaves_one_line_in_the_log(vm):
    vm.ok("dmesg -C 2>/dev/null; true")
    vm.run("/opt/test/faults deep")
    line = [l for l in vm.ok("dmesg").splitlines() if "faults" in l]
    assert len(line) == 1 and re.search(r"faults\b.*0x[0-9a-f]+", line[0]), line
