# SPDX-License-Identifier: MIT
"""Where the instructions of a row go: a histogram over the kernel's functions.

QEMU runs one instruction at a time and writes each kernel address it comes to
into a fifo; nothing is sampled, so the sum is exact.  Counting begins with the
first return to a program: the boot is left out, the program's own loading is not.
"""

import argparse
import bisect
import collections
import os
import pathlib
import re
import subprocess
import tempfile
import threading

import machine

BEGIN = "return_to_user"        # in arch/riscv/trap.S: where a new program is entered
KERNEL_TEXT = "0xffffffff80000000+0x10000000"       # kernel.ld: nothing else is logged


def main():
    parser = options(__doc__, "keys of user/bench.c")
    parser.add_argument("--top", type=int, default=45)
    args = parser.parse_args()
    if not args.rows.strip():
        parser.error("which rows?  make profile ROWS='pipe'")

    kernel = machine.Kernel("faultline", pathlib.Path(args.build))
    functions = symbols(args.nm, kernel.copy)
    counts, lines = trace(kernel, args.disk, f"bench -- {args.rows}", functions)
    for line in lines:
        print(line)
    show(functions, counts, args.top)


def options(description, keys):
    """What make tells a profiler, as a parser."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", required=True)
    parser.add_argument("--disk", required=True)
    parser.add_argument("--rows", required=True, help=keys)
    parser.add_argument("--nm", default="riscv64-linux-gnu-nm")
    return parser


def trace(kernel, disk, program, functions, smp=1, counter=None):
    """({address: instructions}, lines of results) of a program that is run as init."""
    with tempfile.TemporaryDirectory() as scratch:
        fifo = pathlib.Path(scratch) / "trace"
        os.mkfifo(fifo)
        command = kernel.command(
            disk, "512M", icount=machine.ICOUNT if smp == 1 else "", smp=smp,
            append=f"panic=-1 loglevel=3 init=/usr/local/bin/{program}",
            more=f"-snapshot -no-reboot {one_by_one()} -d exec,nochain -D {fifo} "
                 f"-dfilter {KERNEL_TEXT}")
        counts = collections.Counter()
        begin = beginning(functions)
        reader = threading.Thread(target=counter or count, args=(fifo, begin, counts), daemon=True)
        reader.start()
        lines = [line for line in machine.lines_of(command)
                 if line.startswith(("bench ", "smp "))]
        reader.join(10)
    return counts, lines


def beginning(functions):
    """Where counting begins; None if the kernel has no such place."""
    return next((a for a, name in functions if name == BEGIN), None)


def one_by_one():
    """QEMU's option for one instruction a block, which 8.1 renamed."""
    found = re.search(r"version (\d+)\.(\d+)", machine.version("qemu-system-riscv64", "--version"))
    if found and (int(found[1]), int(found[2])) >= (8, 1):
        return "-accel tcg,one-insn-per-tb=on"
    return "-singlestep"


def symbols(nm, elf):
    """[(address, name)] of the functions, ascending."""
    listed = subprocess.run([nm, "-n", elf], text=True, capture_output=True, check=True).stdout
    words = (line.split() for line in listed.splitlines())
    return [(int(w[0], 16), w[2]) for w in words
            if len(w) == 3 and w[1] in "tT" and w[2][0] not in ".$"]


def count(fifo, begin, counts):
    """Lines as "Trace 0: host [flags/guest address/...] name"; counted by address."""
    first = b"%016x" % begin
    with open(fifo, "rb", buffering=1 << 20) as trace:
        for line in trace:
            at = line.find(b"/") + 1
            if at and line[at:at + 16] == first:
                counts[first] += 1
                break
        for line in trace:
            at = line.find(b"/") + 1
            if at:
                counts[line[at:at + 16]] += 1


def by_function(functions, counts):
    """{name: instructions}, and of those that began it, which is its calls."""
    starts = [a for a, _ in functions]
    total, calls = collections.Counter(), collections.Counter()
    for address, n in counts.items():
        pc = int(address, 16)
        i = bisect.bisect_right(starts, pc) - 1
        name = functions[i][1] if i >= 0 else "?"
        total[name] += n
        if i >= 0 and pc == starts[i]:
            calls[name] += n
    return total, calls


def show(functions, counts, top):
    total, calls = by_function(functions, counts)
    everything = sum(total.values())
    print(f"{everything:,} instructions in the kernel since the first program began")
    print(f"{'function':32} {'instructions':>13} {'share':>6} {'calls':>10} {'a call':>9}")
    for name, n in total.most_common(top):
        each = f"{n / calls[name]:9.1f}" if calls[name] else " " * 9
        print(f"{name:32} {n:13,} {100 * n / everything:5.1f}% {calls[name]:10,} {each}")


if __name__ == "__main__":
    main()
