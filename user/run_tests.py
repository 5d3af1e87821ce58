# SPDX-License-Identifier: MIT
"""Run a folder of programs in the machine, and say what passed, as TAP.

usage: run_tests.py [--limit SECONDS] [--folder PATH] [--verbose] DISK QEMU-COMMAND...

The host's half of `make run-tests`: it boots the disk by user/boot, where
user/runner.c starts each executable of PATH, and judges what each printed and how
it ended (user/README.md has the rules).  When the machine dies, or falls silent
for half a minute after a test's limit, the test it was in has failed, and
another machine goes on with the next one: one test cannot hide the rest.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import time

BOOT = pathlib.Path(__file__).resolve().parent / "boot"
RUNNER = "/usr/lib/faultline/runner"
SLOW = float(os.environ.get("TIMEOUT_SCALE", "1"))
BOOTS = 2               # machines in a row that may not come up
BOOT_LIMIT = 60         # seconds until the first test starts
GRACE = 30              # seconds after a test's own limit
LINES = 200             # of a failed program's output that are shown
SKIPPED = 4             # the exit status that says "not here"

# A line of the kernel's log, wherever it cut one of ours; but not one that a test printed.
KERNEL_SAYS = re.compile(r"(?<!@@ \| )\[ *\d+\.\d{6}\] [^\n]*\n?")
POINT = re.compile(r"(not )?ok\b(?: +(\d+))?(?: +-)?(.*?)(?:\s#\s*(skip|todo)\S*\s*(.*))?$", re.I)
PLAN = re.compile(r"1\.\.(\d+)\s*(?:# *skip\S*\s*(.*))?", re.I)
BAIL = re.compile(r"Bail out!\s*(.*)")


@dataclasses.dataclass
class Case:
    """One claim: a point of a program's TAP, or how a program without TAP ended."""
    program: str
    claim: str
    good: bool
    skip: str = None        # the reason, when it was skipped or is not expected to hold


@dataclasses.dataclass
class Program:
    """What one executable did."""
    name: str
    lines: list = dataclasses.field(default_factory=list)
    how: str = "died"       # exited, killed, late; or died: the machine with it
    number: int = 0         # of the exit status, the signal or the seconds
    ms: int = 0
    kernel: list = dataclasses.field(default_factory=list)  # what the kernel said meanwhile

    def complaint(self):
        """Why it did not end well, or ''."""
        if self.how == "exited":
            return f"exit status {self.number}" if self.number else ""
        if self.how == "killed":
            return f"killed by signal {self.number} ({signal_name(self.number)})"
        if self.how == "late":
            return f"still running after {self.number} s"
        return f"the machine {self.how}"


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return "real-time"


def judge(program):
    """The cases of a program that has ended."""
    points, plan, plan_skip, bail = tap_read(program)
    wrong = program.complaint()
    skipped = program.how == "exited" and program.number == SKIPPED
    if not points and skipped:
        reason = plan_skip or next((l for l in reversed(program.lines) if l.strip()), "")
        return [Case(program.name, "", True, reason.strip() or "exit status 4")]
    if not points and plan == 0 and not wrong:
        return [Case(program.name, "", True, plan_skip or "no test of it runs here")]
    if plan is None and not bail and not speaks_tap(program):
        return [Case(program.name, wrong, not wrong)]
    if bail:
        points.append(Case(program.name, f"bailed out: {bail}", False))
    elif wrong and not skipped and all(p.good for p in points):
        points.append(Case(program.name, wrong, False))
    elif wrong and program.how != "exited":
        points.append(Case(program.name, wrong, False))
    elif plan is None:
        points.append(Case(program.name, "printed no plan: it ended early", False))
    elif plan != len(points) and not skipped:
        points.append(Case(program.name, f"planned {plan} and printed {len(points)}", False))
    return points


def speaks_tap(program):
    """Without a plan: a numbered point or a failed one, and not a mere "ok" among other words."""
    return any(re.match(r"TAP version|ok +\d|not ok\b", line) for line in program.lines)


def tap_read(program):
    """(cases, plan, why all is skipped, why it bailed out); indented lines are a subtest's."""
    points, plan, plan_skip, bail = [], None, "", ""
    for line in program.lines:
        if match := PLAN.fullmatch(line.rstrip()):
            plan, plan_skip = int(match[1]), match[2] or ""
        elif match := BAIL.match(line):
            bail = match[1] or "no reason given"
        elif match := POINT.match(line):
            claim = match[3].strip() or f"{match[2] or len(points) + 1}"
            word, good = (match[4] or "").lower(), not match[1]
            excused = word == "skip" or word == "todo" and not good
            points.append(Case(program.name, claim, good, match[5].strip() if excused else None))
    return points, plan, plan_skip, bail


class Console:
    """One boot of the machine, as lines; what the kernel itself says is kept apart."""

    def __init__(self, disk, command, text):
        env = dict(os.environ, RUN_TEXT=text)
        env.pop("KEEP", None)
        self.process = subprocess.Popen([str(BOOT), disk, *command], env=env,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        self.pending = ""
        self.kernel = []
        self.tail = []

    def lines(self, deadline):
        """Each line as it comes, until QEMU has left; TimeoutError after deadline()."""
        while True:
            left = deadline() - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not select.select([self.process.stdout], [], [], left)[0]:
                continue
            got = os.read(self.process.stdout.fileno(), 65536)
            if not got:
                return
            self.pending += got.decode(errors="replace").replace("\r", "")
            whole, newline, self.pending = self.pending.rpartition("\n")
            for line in self.without_kernel(whole + newline).splitlines():
                self.tail = self.tail[-40:] + [line]
                yield line

    def without_kernel(self, text):
        self.kernel += [said.rstrip() for said in KERNEL_SAYS.findall(text)]
        return KERNEL_SAYS.sub("", text)

    def close(self):
        """End QEMU and user/boot, which are a process group of their own."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdout.close()


def run_folder(disk, command, folder, limit):
    """Each program of the folder, as it ends."""
    done, total, idle = 0, None, 0
    while total is None or done < total:
        console = Console(disk, command, f"exec {RUNNER} {folder} {limit} {done}")
        before = done
        try:
            for program, total in run_machine(console, limit):
                if program:
                    done += 1
                    yield program
        finally:
            console.close()
        if total == 0:
            raise SystemExit("no executable file in the folder")
        idle = idle + 1 if done == before else 0
        if idle == BOOTS:
            raise SystemExit("the machine ran no test:\n" + "\n".join(console.kernel + console.tail))


def run_machine(console, limit):
    """(None, how many there are), then (program, how many) for each that this boot could run."""
    total, program, since = None, None, time.monotonic()

    def deadline():
        return since + (limit + GRACE if program else BOOT_LIMIT) * SLOW

    try:
        for line in console.lines(deadline):
            if not line.startswith("@@ "):
                continue
            word, _, rest = line[3:].partition(" ")
            if word == "tests":
                total = int(rest)
                console.tail.clear()
                yield None, total
            elif word == "run":
                program, since = Program(rest), time.monotonic()
                console.kernel.clear()
            elif word == "|" and program:
                program.lines.append(rest)
            elif word == "end" and program:
                how, number, ms = rest.split()
                program.how, program.number, program.ms = how, int(number), int(ms)
                program.kernel = list(console.kernel)
                ended, program, since = program, None, time.monotonic()
                yield ended, total
        how = "died"
    except TimeoutError:
        how = "fell silent"
    if program:
        program.how = how
        program.kernel = console.kernel + [l for l in console.tail if not l.startswith("@@ ")]
        yield program, total


class Report:
    """TAP on the terminal, and the count."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.number = self.passed = self.failed = self.skipped = 0

    def add(self, program, cases):
        for case in cases:
            self.case(case)
        if self.verbose or any(not c.good and c.skip is None for c in cases):
            lines = [l for l in program.lines if self.verbose or not re.match(r"ok\b", l)]
            for line in lines[0 if self.verbose else -LINES:] + program.kernel[-LINES:]:
                print(f"#   {line}")
        sys.stdout.flush()

    def case(self, case):
        self.number += 1
        name = case.program + (f": {case.claim}" if case.claim else "")
        if case.skip is not None:
            self.skipped += 1
            word = "SKIP" if case.good else "todo"
            print(f"{'' if case.good else 'not '}ok {self.number} - {name} # {word} {case.skip}")
        elif case.good:
            self.passed += 1
            print(f"ok {self.number} - {name}")
        else:
            self.failed += 1
            print(f"not ok {self.number} - {name}")

    def end(self):
        print(f"1..{self.number}")
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--folder", default="/opt/tests")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("disk")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    report = Report(options.verbose)
    print("TAP version 13")
    for program in run_folder(options.disk, options.command, options.folder, options.limit):
        report.add(program, judge(program))
    report.end()
    return report.failed > 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
