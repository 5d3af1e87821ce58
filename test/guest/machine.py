# SPDX-License-Identifier: MIT
"""The machine under test: QEMU with our kernel, or with stock Linux.

The QEMU command itself comes from the Makefile (make qemu-command), so what is
tested is what a user starts.  Every machine boots from its own copy of the
disk; when it is off, e2fsck must find that copy clean.
"""

import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import pexpect

TOP = pathlib.Path(__file__).resolve().parents[2]
KERNEL = os.environ.get("KERNEL", "faultline")
LINUX = KERNEL == "linux"
BUILD = os.environ.get("O", str(TOP / "build"))
CACHE = os.environ.get("CACHE", BUILD)
DISK = os.environ.get("TEST_DISK", BUILD + "/guest.img")
SLOW = float(os.environ.get("TIMEOUT_SCALE", "1"))
PANIC = re.compile(r"(?i)^.*(kernel panic|panic on hart|kernel BUG at|assertion failed).*$", re.M)
BEGIN = "<<<begin>>>"
TOOLS_PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


class Panic(Exception):
    """The kernel died; the text is its console."""


def make_env():
    """Of what the make that runs us was told, the variables alone: told of -C, or of jobs that it has no
    part in, the one that we run says so amid what it is asked."""
    variables = os.environ.get("MAKEFLAGS", "").partition("-- ")[2]
    return dict(os.environ, MAKEFLAGS=f"-- {variables}" if variables else "")


def make(*args):
    """Run make quietly in the project and return what it printed."""
    done = subprocess.run(["make", "-s", "--no-print-directory", *args], cwd=TOP, text=True,
                          env=make_env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(f"make {' '.join(args)}\n{done.stdout}{done.stderr}")
    return done.stdout


def tool(*args, **kwargs):
    """Run a host tool of e2fsprogs or util-linux."""
    env = dict(os.environ, PATH=TOOLS_PATH)
    return subprocess.run(args, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **kwargs)


def e2fsck(image):
    """'' when the image is clean, otherwise what e2fsck found."""
    done = tool("e2fsck", "-fn", str(image))
    return "" if done.returncode == 0 else done.stdout


def debugfs(image, request, write=False):
    args = ["debugfs"] + (["-w"] if write else []) + ["-R", request, str(image)]
    return tool(*args).stdout


def copy_disk(source, target):
    subprocess.run(["cp", "--reflink=auto", "--sparse=always", str(source), str(target)], check=True)
    return pathlib.Path(target)


def clean_output(text):
    text = re.sub("\r+\n", "\n", text).replace("\r", "")
    return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", text)


class Machine:
    """One boot.  Options are the Makefile's: smp=, mem=, swap=, append=, qemuopts=, cpu=, legacy=."""

    def __init__(self, disk=DISK, run=None, copy=True, check=True, kernel=KERNEL, **options):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="faultline-test."))
        self.disk = pathlib.Path(disk) if disk else None
        self.check = check and disk is not None
        self.kernel = kernel
        if disk and copy:
            self.disk = copy_disk(disk, self.scratch / "disk.img")
        self.env = dict(os.environ, PATH=TOOLS_PATH, KEEP="1", RUN_TEXT=run or "",
                        SWAP=str(options.setdefault("swap", "")), TMPDIR=str(self.scratch))
        options.setdefault("mem", "512M" if kernel == "linux" else "256M")
        variables = [f"{k.upper()}={v}" for k, v in options.items() if v not in (None, "")]
        words = make("qemu-command", f"KERNEL={kernel}", f"DISK={self.disk or ''}",
                     f"RUN={'yes' if run else ''}", "DEBUG=1", "WERROR=1",
                     f"O={os.environ.get('TEST_O', BUILD + '/test')}",
                     f"CACHE={CACHE}", *variables)
        self.command = [str(TOP / "user/boot"), str(self.disk or "")] + shlex.split(words)
        self.child = None

    def start(self, timeout=60):
        self.child = pexpect.spawn(self.command[0], self.command[1:], cwd=str(TOP), env=self.env,
                                   encoding="utf-8", codec_errors="replace", echo=False,
                                   timeout=timeout * SLOW, dimensions=(24, 200))
        self.child.delaybeforesend = None
        self.log = open(self.scratch / "console", "w", encoding="utf-8", newline="")
        self.child.logfile_read = self.log
        return self

    @property
    def console(self):
        self.log.flush()
        return clean_output((self.scratch / "console").read_bytes().decode(errors="replace"))

    def wait(self, timeout):
        """Until QEMU has left; its exit status."""
        try:
            self.child.expect(pexpect.EOF, timeout=timeout * SLOW)
        except pexpect.TIMEOUT:
            self.kill()
            raise TimeoutError(f"still running after {timeout} s\n{self.console[-4000:]}") from None
        self.child.close()
        if PANIC.search(self.console):
            raise Panic(self.console[-6000:])
        status = self.child.exitstatus
        return status if status is not None else 128 + (self.child.signalstatus or 0)

    def kill(self):
        if self.child is not None and self.child.isalive():
            # The child is user/boot; QEMU is its child, in the same process group.
            try:
                os.killpg(self.child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            try:
                self.child.expect(pexpect.EOF, timeout=10)      # what it had said by then
            except pexpect.TIMEOUT:
                pass
            self.child.close(force=True)

    def fsck(self):
        """The complaint of e2fsck about this machine's disk, or ''."""
        return e2fsck(self.disk) if self.check else ""

    def discard(self):
        self.kill()
        if getattr(self, "log", None):
            self.log.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class Shell(Machine):
    """A boot into an interactive shell, driven by its prompt, which carries $?."""

    PROMPT = re.compile(r"\[\[(\d+)\]\]# $")

    def start(self, timeout=90):
        super().start(timeout)
        self.expect([r"root@faultline:.*# ", r"(^|\n)[^\n]*# $"], timeout)
        self.send("exec bash --norc --noediting")
        time.sleep(0.2)
        self.send("stty -echo; set +H; HISTFILE=; PS1='[[$?]]# '; PS2=; cd /root")
        self.prompt(timeout)
        return self

    def expect(self, pattern, timeout=20):
        patterns = pattern if isinstance(pattern, list) else [pattern]
        try:
            return self.child.expect(patterns + [PANIC], timeout=timeout * SLOW)
        except pexpect.TIMEOUT:
            raise TimeoutError(f"no {pattern!r} in {timeout} s\n{self.console[-4000:]}") from None
        except pexpect.EOF:
            raise Panic("QEMU left\n" + self.console[-6000:]) from None
        finally:
            if isinstance(self.child.after, str) and PANIC.search(self.child.after):
                time.sleep(1)
                self.child.expect([pexpect.TIMEOUT, pexpect.EOF], timeout=1)
                raise Panic(self.console[-6000:])

    def send(self, line):
        self.child.send(line + "\n")

    def control(self, letter):
        self.child.sendcontrol(letter)

    def prompt(self, timeout=20):
        """Wait for the prompt; (status, what was printed before it)."""
        self.expect(self.PROMPT, timeout)
        return int(self.child.match.group(1)), clean_output(self.child.before)

    def run(self, command, timeout=60):
        """Run a command (of any number of lines): (status, output)."""
        if "\n" in command or len(command) > 1000:
            self.send("cat > /tmp/.cmd <<'END-OF-COMMAND'")
            for line in command.splitlines():
                self.send(line)
            self.send("END-OF-COMMAND")
            self.prompt()
            command = ". /tmp/.cmd"
        self.send(command)
        return self.prompt(timeout)

    def ok(self, command, timeout=60):
        """Run a command that must succeed; its output."""
        status, output = self.run(command, timeout)
        assert status == 0, f"{command}: status {status}\n{output}"
        return output

    def tap(self, command, timeout=120):
        """Run one of our TAP programs; it must pass, and have a plan.  Its output."""
        # Not a job of the interactive shell: that one would notice a program that is stopped.
        status, output = self.run(f"sh -c '/opt/test/{command}; exit $?'", timeout)
        failed = [l for l in output.splitlines() if l.startswith(("not ok", "#"))]
        assert status == 0 and "1.." in output, (
            f"{command}: status {status}\n" + "\n".join(failed or [self.console[-3000:]]))
        return output

    def alive(self):
        try:
            self.child.send("\n")
            self.prompt(5)
            self.child.send("\n")
            self.prompt(5)
            return True
        except (TimeoutError, Panic, OSError):
            return False

    def off(self, timeout=60):
        """Power off as a user would; then the disk must be clean."""
        self.send("poweroff")
        status = self.wait(timeout)
        assert status == 0, f"QEMU left with {status}\n{self.console[-2000:]}"
        complaint = self.fsck()
        assert not complaint, f"e2fsck:\n{complaint}"


def run(command, timeout=120, expect_clean=True, **options):
    """RUN=command on a fresh copy of the disk: (QEMU's status, the command's output)."""
    machine = Machine(run=f"echo '{BEGIN}'\n{command}", **options)
    try:
        status = machine.start(timeout).wait(timeout)
        console = machine.console
        if expect_clean:
            complaint = machine.fsck()
            assert not complaint, f"e2fsck:\n{complaint}\n{console[-2000:]}"
        assert BEGIN in console, f"the command never ran:\n{console[-4000:]}"
        return status, console.split(BEGIN + "\n", 1)[1]
    finally:
        machine.discard()
