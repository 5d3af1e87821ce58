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
    def lines():
        return [l for l in vm.ok("dmesg").splitlines() if "faults[" in l]
    before = len(lines())
    vm.run("/opt/test/faults deep")
    after = lines()
    assert len(after) == before + 1
    # program, pid, access, address, the area, pc
    assert re.search(r"faults\[\d+\]: segfault: write at 0x[0-9a-f]+, .*pc 0x[0-9a-f]+", after[-1])
