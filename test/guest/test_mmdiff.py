# SPDX-License-Identifier: MIT
"""Random memory calls have the outcomes they had on Linux: a share of `make mmdiff`.

mmdiff.expected holds the hash of all outcomes of each sequence as Linux gave it;
with KERNEL=linux it is Linux again that must give them.
"""

import pathlib

import pytest

EXPECTED = [line.split() for line in
            pathlib.Path(__file__).with_name("mmdiff.expected").read_text().splitlines()
            if not line.startswith("#")]


@pytest.mark.parametrize("seed, ops, want", EXPECTED)
def test_random_memory_calls_go_as_on_linux(vm, seed, ops, want):
    output = vm.ok(f"/opt/test/mmdiff {seed} {ops}", 300)
    assert output.splitlines()[-1].split()[1] == want, f"make mmdiff SEEDS={seed} OPS={ops} shows where"
