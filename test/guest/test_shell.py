# SPDX-License-Identifier: MIT
"""An interactive bash, as a person uses it: on a tty, with readline and job control."""

import re
import time

import pytest

import machine

PROMPT = re.compile(r"<(\d+)> $")


class Person:
    """Types at a bash with readline and echo; sees what a terminal would show."""

    def __init__(self, vm):
        self.vm = vm
        vm.send("stty sane; PS1='<$?> ' bash --norc")
        self.look()

    def look(self, timeout=20):
        self.vm.expect(PROMPT, timeout)
        return int(self.vm.child.match.group(1)), machine.clean_output(self.vm.child.before)

    def type(self, line, timeout=20):
        """(status, screen) after the line; the echo of the line itself is taken off."""
        self.vm.send(line)
        status, screen = self.look(timeout)
        return status, screen.split("\n", 1)[1] if "\n" in screen else screen

    def start(self, program):
        """Start a program that reads the terminal, and wait until it is the one that does."""
        self.vm.send(f"echo $((1000 + 1))-; {program}")
        self.vm.expect("1001-\r+\n")
        time.sleep(0.5)

    def leave(self):
        self.vm.run("exit")             # one prompt for one line: none is left for the next test
        self.vm.run("stty -echo")


@pytest.fixture
def person(shared, vm):
    someone = Person(vm)
    yield someone
    try:
        someone.leave()
    except (TimeoutError, machine.Panic):
        shared.drop()


def test_the_line_typed_is_echoed(person):
    person.vm.send("echo seen")
    assert person.look()[1].startswith("echo seen\n")


def test_pipelines_of_many_programs(person):
    assert person.type("seq 1 1000 | grep 7 | sort -rn | head -2 | tr '\\n' ,")[1] == "997,987,"
    assert person.type("false | true")[0] == 0
    assert person.type("set -o pipefail; false | true")[0] == 1


def test_a_closed_pipe_ends_its_writer(person):
    assert person.type("yes | head -1; echo ${PIPESTATUS[@]}")[1] == "y\n141 0\n"


def test_here_documents_and_here_strings(person):
    assert person.type("cat <<E | wc -l\n1\n2\n$HOME\nE")[1].endswith("3\n")
    assert person.type("tr a-z A-Z <<< word")[1] == "WORD\n"


def test_globs(person):
    person.type("mkdir -p /tmp/g/sub && cd /tmp/g && touch a1 a2 b1 .hidden sub/c")
    assert person.type("echo a* ?1 [!a]* .h* */")[1] == "a1 a2 a1 b1 b1 sub .hidden sub/\n"
    assert person.type("shopt -s globstar; echo ** {x,y}{1..3}")[1] == \
        "a1 a2 b1 sub sub/c x1 x2 x3 y1 y2 y3\n"


def test_status_of_commands(person):
    for command, status in (("true", 0), ("false", 1), ("(exit 42)", 42), ("nosuchcommand", 127),
                            ("/etc/passwd", 126), ("sh -c 'kill -SEGV $$'", 139)):
        assert person.type(command)[0] == status, command


def test_redirections(person):
    person.type("cd /tmp; echo a > r; echo b >> r; cat < r > r2; ls nofile 2> r3")
    assert person.type("cat r2; wc -l < r3; echo no 1>&2 2>/dev/null; exec 5<>r; read -u 5 x; echo $x")[
        1] == "a\nb\n1\nno\na\n"


def test_process_substitution_and_command_substitution(person):
    assert person.type("diff <(seq 3) <(seq 4); echo $(echo $(echo deep))")[1] == "3a4\n> 4\ndeep\n"


def test_interrupt_ends_the_foreground_program(person):
    person.vm.send("sleep 1000")
    time.sleep(0.5)
    person.vm.control("c")
    status, screen = person.look()
    assert status == 130 and "^C" in screen


def test_quit_ends_the_foreground_program(person):
    person.vm.send("sleep 1000")
    time.sleep(0.5)
    person.vm.control("\\")
    status, screen = person.look()
    assert status == 131 and "Quit" in screen


def test_interrupt_ends_a_whole_pipeline(person):
    person.vm.send("sleep 1000 | sleep 1000 | cat")
    time.sleep(0.5)
    person.vm.control("c")
    assert person.look()[0] == 130
    assert person.type("ps -e | grep -c slee[p]")[1] == "0\n"


def test_interrupt_at_the_prompt_clears_the_line(person):
    person.vm.child.send("half a comm")
    time.sleep(0.3)
    person.vm.control("c")
    assert person.look()[0] == 130
    assert person.type("echo whole")[1] == "whole\n"


def test_stop_background_and_foreground(person):
    person.vm.send("sleep 30")
    time.sleep(0.5)
    person.vm.control("z")
    status, screen = person.look()
    assert status == 148 and "Stopped" in screen
    assert "Stopped" in person.type("jobs")[1]
    assert "sleep 30 &" in person.type("bg")[1]
    assert "Running" in person.type("jobs")[1]
    person.vm.send("fg")
    time.sleep(0.5)
    person.vm.control("c")
    assert person.look()[0] == 130
    assert person.type("jobs")[1] == ""


def test_a_background_reader_is_stopped(person):
    person.type("cat &")
    time.sleep(0.5)
    assert "Stopped" in person.type("true; jobs")[1]
    person.type("kill -KILL %%; wait %%; true")
    assert person.type("jobs; true; jobs")[1].count("Stopped") == 0


def test_wait_gives_the_status_of_a_background_job(person):
    assert person.type("(sleep 0.2; exit 9) & wait $!")[0] == 9


def test_end_of_file_ends_cat(person):
    person.start("cat")
    person.vm.send("line")
    person.vm.expect("line\r+\nline\r+\n")
    person.vm.control("d")
    assert person.look()[0] == 0


def test_canonical_editing_of_a_line(person):
    person.start("cat")
    person.vm.child.send("abx\x7fc\n")          # erase one
    person.vm.expect("\nabc\r+\n")
    person.vm.child.send("junk\x15kept\n")      # kill the line
    person.vm.expect("\nkept\r+\n")
    person.vm.control("d")
    assert person.look()[0] == 0


def test_readline_edits_and_remembers(person):
    person.type("echo first")
    person.vm.child.send("\x1b[A\x7f\x7f\x7f\x7f\x7fsecond\n")
    assert "\nsecond\n" in person.look()[1]
    person.type("mkdir -p /tmp/completion-works")
    person.vm.child.send("cd /tmp/compl\t")
    time.sleep(0.5)
    person.vm.child.send("\n")
    assert person.look()[0] == 0
    assert person.type("pwd")[1] == "/tmp/completion-works\n"


def test_traps_and_signals_in_a_script(person):
    assert person.type("bash -c 'trap \"echo got\" USR1; kill -USR1 $$; echo after'")[1] == \
        "got\nafter\n"


def test_stty_reports_and_changes_the_terminal(person):
    assert "isig" in person.type("stty -a")[1]
    assert person.type("stty rows 33 cols 111; stty size")[1] == "33 111\n"
    assert person.type("tty")[1].startswith("/dev/")
    assert person.type("echo x > /dev/tty")[1] == "x\n"


def test_window_change_reaches_the_program(person):
    assert person.type("bash -c 'trap \"echo resized\" WINCH; stty rows 40 cols 90; sleep 0.1'")[1] \
        == "resized\n"


def test_a_long_loop_in_the_shell(person):
    assert person.type("i=0; while ((i < 3000)); do ((i++)); done; echo $i", 60)[1] == "3000\n"


def test_many_forks_in_a_row(person):
    assert person.type("for i in $(seq 100); do (exit 3); done; echo $?", 60)[1] == "3\n"
