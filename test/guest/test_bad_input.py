# SPDX-License-Identifier: MIT
"""Broken programs and calls: what Linux says is said, and the shell goes on."""

import difflib
import pathlib

import machine


def expected():
    text = (pathlib.Path(machine.BUILD) / "guest/opt/test/bad/list").read_text()
    return {line.split()[0]: line.split()[1:] for line in text.splitlines()}


def test_each_broken_elf_file_has_its_outcome(vm):
    output = vm.ok("/opt/test/execerr $(cut -d' ' -f1 /opt/test/bad/list | "
                   "sed 's|^|/opt/test/bad/|')", 120)
    outcomes = dict(line.split() for line in output.splitlines())
    wanted = expected()
    assert outcomes.keys() == wanted.keys()
    wrong = {name: (outcomes[name], wanted[name]) for name in wanted
             if outcomes[name] not in wanted[name]}
    assert not wrong


def test_files_that_are_no_programs(vm):
    vm.ok("mkdir -p /root/x; cd /root/x; echo '#!/nowhere/sh' > a; echo '#!' > b; "
          "printf '#!/root/x/c\\n' > c; head -c 4096 /dev/urandom | tr -d '#' > d; "
          "ln -s loop loop; chmod +x a b c d; touch e")
    output = vm.ok("/opt/test/execerr ./a ./b ./c ./d ./e ./loop . ./none /root/x/a/b")
    assert dict(line.split() for line in output.splitlines()) == {
        "a": "ENOENT", "b": "ENOEXEC", "c": "ELOOP", "d": "ENOEXEC", "e": "EACCES",
        "loop": "ELOOP", ".": "EACCES", "none": "ENOENT", "b": "ENOTDIR"} | {
        "b": output.splitlines()[-1].split()[1]}
    assert output.splitlines()[1] == "b ENOEXEC" and output.splitlines()[-1] == "b ENOTDIR"
    vm.ok("rm -r /root/x")


def test_a_chain_of_scripts_ends(vm):
    vm.ok("cd /tmp; echo '#!/bin/sh' > s0; for i in 1 2 3 4 5 6 7; do "
          "echo \"#!/tmp/s$((i-1))\" > s$i; done; chmod +x s?")
    output = vm.ok("/opt/test/execerr /tmp/s0 /tmp/s3 /tmp/s7")
    assert output.splitlines() == ["s0 runs", "s3 runs", "s7 ELOOP"]


def test_the_shell_says_what_is_wrong(vm):
    status, output = vm.run("/opt/test/bad/wrong_machine")
    assert status == 126 and "Exec format error" in output
    status, output = vm.run("/opt/test/bad/interpreter_missing")
    assert status == 127 and "required file not found" in output


def test_of_two_errors_the_one_that_linux_tells_is_told(vm):
    """error_order.expected is what error_order printed on Linux 6.12."""
    wanted = pathlib.Path(__file__).with_name("error_order.expected").read_text().splitlines()
    vm.ok("mkdir /root/order")
    told = vm.ok("/opt/test/error_order /root/order; rm -r /root/order").splitlines()
    assert told == wanted, "\n".join(difflib.unified_diff(wanted, told, "Linux", "here", n=0))
