# SPDX-License-Identifier: MIT
"""Every hart at one address space at once, for some seconds, at random."""

import os
import re
import time

import pytest

import machine

STRESS = os.environ.get("STRESS") == "1"
DURATION = int(os.environ.get("DURATION", "600"))


def stress(vm, seconds, workers, large=""):
    seed = int(time.time())
    status, output = vm.run(f"/opt/test/smpstress {seconds} {workers} {seed} {large}",
                            seconds * 6 + 90)
    failed = [line for line in output.splitlines() if line.startswith(("not ok", "#"))]
    assert status == 0 and "1.." in output, "\n".join(failed) + f"\nstatus {status}"
    return output


def test_pages_hold_their_stamps_while_every_hart_maps_and_unmaps(vm):
    output = stress(vm, 12, 4)
    assert int(re.search(r"fork, (\d+) times", output).group(1)) > 0


def test_the_same_with_pieces_of_2_mib(vm):
    stress(vm, 8, 4, "large")


def test_the_same_with_blocks_of_64_kib(boot):
    shell = boot(smp="4", cpu="rv64,svnapot=true")
    stress(shell, 6, 4, "blocks")
    made, split = (int(n) for n in shell.ok("awk '/^napot_/ { print $2 }' /proc/vmstat; echo 0; echo 0").split()[:2])
    assert machine.LINUX or (made > 20 and split > 5)
    shell.off()


@pytest.mark.parametrize("smp, mem", [("2", None), ("8", "64M")])
def test_the_same_with_few_harts_and_with_many_and_little_memory(boot, smp, mem):
    shell = boot(smp=smp, **({"mem": mem} if mem and not machine.LINUX else {}))
    stress(shell, 4, 4)
    shell.off()


def test_what_one_hart_takes_away_is_gone_on_all_the_others(boot):
    shell = boot(smp="8")
    status, output = shell.run("/opt/test/tlbstamp 10", 420)
    assert status == 0 and "1..10" in output, output
    assert output.count("each of 8 harts") == 10
    shell.off()


@pytest.mark.skipif(not STRESS, reason="make stress")
@pytest.mark.parametrize("large", ["", "large", "blocks"])
@pytest.mark.parametrize("smp", ["2", "4", "8"])
def test_pages_hold_their_stamps_for_ten_minutes(boot, smp, large):
    shell = boot(smp=smp, cpu="rv64,svnapot=true" if large == "blocks" else "")
    stress(shell, DURATION, 6, large)
    shell.off()
