# SPDX-License-Identifier: MIT
"""Vector registers, on harts that have them: registers of 128 and of 256 bits."""

import pytest

import machine


@pytest.fixture(scope="module", params=["128", "256"])
def vector(request):
    shell = machine.Shell(smp="2", cpu=f"rv64,v=true,vlen={request.param}").start()
    yield shell
    shell.off()
    shell.discard()


def test_a_program_has_them_from_its_first_use_and_nobody_else_sees_them(vector):
    vector.tap("vector", 240)


def test_threads_keep_theirs_whoever_runs_in_between_and_wherever(vector):
    vector.tap("vector threads 5", 120)


def test_harts_without_them_have_no_trace_of_them(boot):
    shell = boot(smp="2", cpu="rv64")
    shell.tap("vector none")
    shell.off()
