# SPDX-License-Identifier: MIT
"""System V IPC."""


def test_shared_memory_segments(tap):
    tap("sysvshm", 200)


def test_semaphores_and_message_queues(tap):
    tap("sysvsem", 200)


def test_ipcs_lists_and_ipcrm_removes(vm):
    made = [vm.ok(f"ipcmk {what} | grep -o '[0-9]*$'").strip() for what in ("-M 8192", "-S 3", "-Q")]
    listing = vm.ok("ipcs; ipcs -l; ipcs -u")
    assert all(f" {n} " in listing for n in made), listing
    vm.ok(f"ipcrm -m {made[0]} -s {made[1]} -q {made[2]}")
    assert len(vm.ok("ipcs | grep -c 0x || true").split()) == 1
