# SPDX-License-Identifier: MIT
"""RUN='command': the command's output, its status, and nothing else."""

import pytest


@pytest.mark.parametrize("status", [0, 1, 7, 100, 255])
def test_status_of_the_command_is_qemus(run, status):
    assert run(f"exit {status}") == (status, "")


def test_output_is_the_commands_and_nothing_else(run):
    assert run("echo one; echo two >&2; false") == (1, "one\ntwo\n")


def test_a_killed_command_gives_128_and_its_signal(run):
    assert run("kill -9 $$")[0] == 137


def test_quotes_dollars_and_lines_arrive(run):
    command = """x="a  'b'"; echo "$x" $((6 * 7)) '$HOME' `echo back` \\\\
cat <<E
  two   lines; 100%
E"""
    status, output = run(command)
    assert (status, output) == (0, "a  'b' 42 $HOME back \\\n  two   lines; 100%\n")


def test_a_long_command_arrives(run):
    words = " ".join(f"word{i}" for i in range(2000))
    assert run(f"set -- {words}; echo $#") == (0, "2000\n")


def test_children_left_behind_do_not_keep_the_machine(run):
    assert run("sleep 1000 & sleep 1000 & echo done") == (0, "done\n")


def test_files_written_are_on_the_disk_after_power_off(run):
    # expect_clean: e2fsck -fn found nothing
    assert run("echo text > /root/file; mkdir -p /root/a/b/c; mv /root/file /root/a/b/c/") == (0, "")
