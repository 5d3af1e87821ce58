#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One module of Python's own tests, as TAP: the name it is called by says which.

test_mmap is a link to this file and runs test.test_mmap, each case one point.  The cases run in a
child; when one kills it or takes longer than CASE_LIMIT, that case has failed
and another child goes on with the next.  What the cases print goes to a file,
whose end is shown with a case that failed.
"""

import os
import re
import select
import shutil
import signal
import sys
import tempfile
import time
import unittest

CASE_LIMIT = 120

# Of a module only these cases: here AF_UNIX is all there is, and the oracle's machine has no network.
ONLY = {"test_socket": re.compile(r"Unix|SCMRights|BasicSocketPair|AbstractNamespace|CmsgMacro")}


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def name_of(case):
    """Class.method, or the class whose fixture failed."""
    if isinstance(case, unittest.TestCase):
        return f"{type(case).__qualname__}.{case._testMethodName}"
    return str(case)


class Points(unittest.TestResult):
    """Each case's verdict, one line to the parent: number, verdict, name, then the reason's lines."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.failed = None

    def startTest(self, test):
        super().startTest(test)
        self.failed = None
        self.tell("start", test)

    def tell(self, word, test, reason=""):
        self.out.write(f"{word}\t{name_of(test)}\t{reason.strip().encode('unicode_escape').decode()}\n")
        self.out.flush()

    def addSuccess(self, test):
        self.tell("pass", test)

    def addSkip(self, test, reason):
        self.tell("skip", test, reason or "no reason given")

    def addFailure(self, test, err):
        self.tell("fail", test, self._exc_info_to_string(err, test))

    def addError(self, test, err):
        self.tell("fail", test, self._exc_info_to_string(err, test))

    def addExpectedFailure(self, test, err):
        self.tell("pass", test)

    def addUnexpectedSuccess(self, test):
        self.tell("fail", test, "unexpected success")

    def addSubTest(self, test, subtest, err):
        if err and not self.failed:
            self.failed = True
            self.tell("fail", test, self._exc_info_to_string(err, subtest))


def child(module, first, out):
    """Run the cases from number first on."""
    from test import support
    support.use_resources = {}
    support.verbose = 0
    suite = unittest.defaultTestLoader.loadTestsFromName("test." + module)
    only = ONLY.get(module)
    cases = [c for c in flatten(suite) if not only or only.search(type(c).__qualname__)]
    out.write(f"cases\t{len(cases)}\t\n")
    out.flush()
    unittest.TestSuite(cases[first:]).run(Points(out))
    out.write("end\t\t\n")
    out.flush()


def start(module, first, log):
    """A child in a group of its own: (pid, the end of its pipe)."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        os.close(ours)
        os.dup2(log, 1)
        os.dup2(log, 2)
        status = 1
        try:
            child(module, first, os.fdopen(theirs, "w"))
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(theirs)
    return pid, ours


def messages(fd):
    """What the child tells, line by line, until its end; TimeoutError when it is silent too long."""
    pending = b""
    while True:
        if not select.select([fd], [], [], CASE_LIMIT)[0]:
            raise TimeoutError
        got = os.read(fd, 65536)
        if not got:
            return
        *whole, pending = (pending + got).split(b"\n")
        for line in whole:
            yield line.decode().split("\t", 2)


class Module:
    """The TAP of a module, over all its children."""

    def __init__(self, name):
        self.name = name
        self.number = self.started = self.failed = 0
        self.cases = 1
        self.ended = False
        self.log, self.log_path = tempfile.mkstemp()

    def point(self, good, what, skip=None, why=""):
        self.number += 1
        self.failed += not good
        end = "" if skip is None else f" # SKIP {skip}"
        print(f"{'ok' if good else 'not ok'} {self.number} - {what}{end}")
        for line in why.splitlines()[-12:]:
            print(f"# {line}")
        sys.stdout.flush()

    def one_child(self):
        """As many cases as one child survives."""
        os.ftruncate(self.log, 0)
        pid, fd = start(self.name, self.started, self.log)
        running, verdict, why = None, False, "the child died"
        try:
            for word, what, reason in messages(fd):
                if word == "cases":
                    self.cases = int(what)
                elif word == "start":
                    self.started, running, verdict = self.started + 1, what, False
                elif word == "end":
                    self.ended = True
                else:
                    reason = reason.encode().decode("unicode_escape")
                    # A case may fail twice, in its subtests and its end: it is one point.
                    if not verdict or what != running:
                        self.point(word != "fail", what, reason if word == "skip" else None,
                                   reason if word == "fail" else "")
                    verdict = True
        except TimeoutError:
            why = f"silent for {CASE_LIMIT} s"
        os.close(fd)
        if not self.ended:
            self.bury(pid, running if not verdict else None, why)
        else:
            os.waitpid(pid, 0)

    def bury(self, pid, running, why):
        os.killpg(pid, signal.SIGQUIT)
        time.sleep(0.5)
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        status = os.waitpid(pid, 0)[1]
        with open(self.log_path, errors="replace") as log:
            said = log.read()[-4000:]
        if running is None and self.started < self.cases:
            self.started += 1
            running = f"case {self.started}"
        self.point(False, running or "the end", why=f"{said}\n{why}: status {status:#x}")
        self.ended = self.started >= self.cases

    def run(self):
        while not self.ended:
            self.one_child()
        print(f"1..{self.number}")
        os.unlink(self.log_path)
        return self.failed > 0


def main():
    scratch = tempfile.mkdtemp()
    os.chdir(scratch)
    status = Module(os.path.basename(sys.argv[0])).run()
    shutil.rmtree(scratch, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
