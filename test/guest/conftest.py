# SPDX-License-Identifier: MIT
"""Fixtures: a shared machine with a shell, and a count for `make test`."""

import os
import pathlib

import pytest

import machine


class Shared:
    """One machine for many tests; booted again when a test has broken it."""

    def __init__(self):
        self.shell = None

    def get(self):
        if self.shell and not self.shell.alive():
            self.drop()
        if not self.shell:
            self.shell = machine.Shell(smp=os.environ.get("SMP", "4")).start()
        return self.shell

    def drop(self):
        self.shell.discard()
        self.shell = None


@pytest.fixture(scope="session")
def shared():
    holder = Shared()
    yield holder
    if holder.shell:
        shell = holder.shell
        try:
            if shell.alive():
                shell.off()
        finally:
            holder.drop()


@pytest.fixture
def vm(shared):
    """A shell on the shared machine, at its prompt, in /root."""
    shell = shared.get()
    shell.ok("cd /root; wait; true")
    return shell


@pytest.fixture
def boot():
    """boot(**options): a machine of this test's own, with a shell."""
    started = []

    def start(timeout=90, **options):
        shell = machine.Shell(**options)
        started.append(shell)
        return shell.start(timeout)

    yield start
    for shell in started:
        shell.discard()


@pytest.fixture
def run():
    """run(command, **options): a boot of its own with RUN=; (status, output)."""
    return machine.run


@pytest.fixture
def tap(vm):
    """tap("program args"): run one of our TAP programs; it must pass, and have a plan."""
    return vm.tap


def pytest_terminal_summary(terminalreporter):
    tally = os.environ.get("TALLY")
    if tally:
        stats = terminalreporter.stats
        failed = len(stats.get("failed", [])) + len(stats.get("error", []))
        pathlib.Path(tally).write_text(f"{len(stats.get('passed', []))} {failed}\n")


def pytest_configure(config):
    config.addinivalue_line("markers", "faultline: says something that is only true here")


def pytest_collection_modifyitems(items):
    if machine.LINUX:
        for item in items:
            if item.get_closest_marker("faultline"):
                item.add_marker(pytest.mark.skip(reason="only true on Faultline"))
