# SPDX-License-Identifier: MIT
"""One machine, one measurement: boot it under QEMU and read the figures it prints.

The QEMU command is the Makefile's (make qemu-command), so what is measured is
what a user starts; user/boot gives each run a copy of the disk.
"""

import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
ICOUNT = "-icount shift=0,sleep=off"
TICK_NS = 100               # QEMU's virt machine counts time at 10 MHz
STALL = 180 * float(os.environ.get("TIMEOUT_SCALE", "1"))


class Failed(Exception):
    """The machine did not print what was asked; the text is the console's end."""


class Kernel:
    """Faultline or a Linux image, and how to boot it."""

    def __init__(self, name, build, image=None):
        self.name = name
        self.build = build
        self.image = image
        self.copy = None
        if name == "faultline":
            self.copy = build / "bench/faultline.elf"
            shutil.copyfile(build / "faultline.elf", self.copy)

    def command(self, disk, mem, icount="", run=False, append="", more="", smp=1, swap=""):
        options = " ".join(o for o in (icount, more) if o)
        elf = f"{self.build}/faultline.elf"
        # Both are there: another spelling of O must not make them anew, while others run on them.
        words = ["make", "-s", "--no-print-directory", "-o", elf, "-o", str(disk), "qemu-command",
                 f"KERNEL={self.name}", f"O={self.build}", f"DISK={disk}", f"SMP={smp}",
                 f"MEM={mem}", f"APPEND={append}", f"RUN={'yes' if run else ''}",
                 f"QEMUOPTS={options}", f"SWAP={swap}", "ADD=", "ROOT=", "PKGS="]
        if self.image:
            words.append(f"LINUX={self.image}")
        # Of what our own make was told, the variables: told of -C or of jobs, it says so amid what it is asked.
        variables = os.environ.get("MAKEFLAGS", "").partition("-- ")[2]
        done = subprocess.run(words, cwd=TOP, text=True, capture_output=True, check=False,
                              env=dict(os.environ, MAKEFLAGS=f"-- {variables}" if variables else ""))
        if done.returncode:
            raise Failed(f"{shlex.join(words)}\n{done.stdout}{done.stderr}")
        # Of one kernel, whatever is built there while we measure.
        command = [str(self.copy) if w == elf else w for w in shlex.split(done.stdout)]
        return ["user/boot", str(disk), *command]


def lines_of(command, run="", swap="", stall=STALL):
    """Start @command and yield what its console prints, line by line; kill it at the end, or when
    for @stall seconds there was none."""
    env = dict(os.environ, RUN_TEXT=run, KEEP="", SWAP=swap)
    with subprocess.Popen(command, cwd=TOP, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as child:
        pending = b""
        try:
            while True:
                if not select.select([child.stdout], [], [], stall)[0]:
                    yield f"[nothing for {stall:.0f} s: stopped]"
                    return
                got = os.read(child.stdout.fileno(), 65536)
                if not got:
                    return
                *whole, pending = (pending + got).split(b"\n")
                yield from (line.decode(errors="replace").strip("\r") for line in whole)
        finally:
            end(child)


def end(child):
    """Let user/boot remove its scratch copy, then leave nothing of it behind."""
    for sig, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        if child.poll() is None:
            try:
                os.killpg(child.pid, sig)
            except ProcessLookupError:
                return
            try:
                child.wait(patience)
            except subprocess.TimeoutExpired:
                pass


def rows(kernel, disk, keys, icount, mem="512M", program="bench", smp=1):
    """{key: figure} for each of @keys; None for one that the kernel did not survive.

    A figure is the number that the program prints after the key, or a tuple of them.
    """
    figures, left, boots = {}, list(keys), 0
    while left:
        console = []
        boots += 1
        command = kernel.command(disk, mem, ICOUNT if icount else "", run=True, smp=smp)
        start = time.monotonic()
        for line in lines_of(command, f"/usr/local/bin/{program} " + " ".join(left)):
            console.append(line)
            found = re.match(r"(?:bench|smp) (\w+) ([\d. ]+)$", line)
            if found and found[1] in left:
                numbers = tuple(map(float, found[2].split()))
                figures[found[1]] = numbers if len(numbers) > 1 else numbers[0]
                shown = " ".join(f"{n:14,.1f}" for n in numbers)
                print(f"  {kernel.name:9} {found[1]:20} {shown}  {time.monotonic() - start:5.0f} s",
                      flush=True)
        left = [k for k in left if k not in figures]
        if left:
            print(f"  {kernel.name}: no figure for {left[0]}:\n    " + "\n    ".join(console[-12:]))
            figures[left.pop(0)] = None
            if boots > 1 and not any(figures.values()):
                raise Failed(f"{kernel.name} does not run the program")
    return figures


def first(kernel, disk, programs, icount, mem):
    """(ns from power-on to the first program, KiB free there, the firmware's ns)."""
    icount = ICOUNT if icount else ""
    if kernel.name == "linux":
        program = (programs / "root/usr/local/bin/first").read_bytes()
        archive = cpio([("dev", 0o40755, b"", (0, 0)), ("dev/console", 0o20600, b"", (5, 1)),
                        ("init", 0o100755, program, (0, 0))])
        with tempfile.NamedTemporaryFile(suffix=".cpio") as file:
            file.write(archive)
            file.flush()
            command = kernel.command(disk, mem, icount, more="-snapshot")
            command[command.index("-initrd") + 1] = file.name
            return first_run(kernel, command, programs)
    command = kernel.command(disk, mem, icount, append="init=/usr/local/bin/first",
                             more="-snapshot")
    return first_run(kernel, command, programs)


def first_run(kernel, command, programs):
    ticks, _total, free = one_line(kernel, command, r"first (\d+) (\d+) (\d+)$")
    bare = list(command)
    bare[bare.index("-kernel") + 1] = str(programs / "firmware.bin")
    firmware = one_line(kernel, bare, r"firmware 0x([0-9a-f]{16})$")[0]
    return int(ticks) * TICK_NS, int(free), int(firmware, 16) * TICK_NS


def one_line(kernel, command, pattern):
    console = []
    for line in lines_of(command):
        console.append(line)
        found = re.search(pattern, line)
        if found:
            return found.groups()
    raise Failed(f"{kernel.name}: no /{pattern}/ on the console:\n" + "\n".join(console[-25:]))


def cpio(files):
    """The archive that Linux unpacks as its first file system, in the newc format."""
    out = b""
    for name, mode, data, device in [*files, ("TRAILER!!!", 0, b"", (0, 0))]:
        path = name.encode() + b"\0"
        fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + path
        out += head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return out


def version(*command):
    """The first line of what a tool says of its version."""
    try:
        said = subprocess.run(command, text=True, capture_output=True, check=False).stdout
    except OSError:
        return "?"
    return said.split("\n")[0].strip() or "?"


def linux_version(image):
    """What a Linux image says of itself in plain text, else the name of the file."""
    found = re.search(rb"Linux version (\d\S*)", pathlib.Path(image).read_bytes())
    return found[1].decode(errors="replace") if found else pathlib.Path(image).name
