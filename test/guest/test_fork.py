# SPDX-License-Identifier: MIT
"""Fork: copies nothing, shares everything, gives everything back."""


def free_kib(vm):
    vm.ok("sync; sleep 0.2")
    info = dict(l.split(":") for l in vm.ok("cat /proc/meminfo").splitlines())
    return sum(int(info[key].split()[0]) for key in ("MemFree", "Cached") if key in info)


def test_300_children_share_their_parents_pages(tap, vm):
    tap("fork300", 300)
    before = free_kib(vm)
    tap("fork300", 300)
    # Slabs may keep some; 300 leaked pages would be 1,200 KiB.
    assert before - free_kib(vm) < 1000


def test_a_fork_bomb_of_the_shell_ends_with_all_its_children(vm):
    assert vm.ok("for i in $(seq 60); do (sleep 0.1; exit 0) & done; wait; echo $?", 120) \
        .splitlines()[-1] == "0"


def test_deep_nesting_of_subshells(vm):
    command = "echo deep"
    for _ in range(6):
        command = f"bash -c {quote(command)}"
    assert vm.ok(command) == "deep\n"


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"
