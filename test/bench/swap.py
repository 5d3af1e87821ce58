#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that need more memory than there is, here and on stock Linux.

usage: swap.py --build DIR --disk IMAGE [ROW...]

Both kernels boot in the same QEMU with the same RAM, root disk, swap disk and programs, one
after the other; every row starts with empty caches and empty swap.  Time is the guest's own,
requests and bytes are QEMU's count of what reached its disks (query-blockstats).

Linux does not boot with 48 MiB, nor with 108: there, in LITTLE, each has what leaves 43 MiB free.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import sys
import tempfile

from machine import ICOUNT, Failed, Kernel, lines_of, linux_version, version

MEM, SWAP = "128M", "768M"
LITTLE = {"faultline": "48M", "linux": "140M"}
LITTLE_ROWS = ["gcc"]
PATIENCE = 1200 * float(os.environ.get("TIMEOUT_SCALE", "1"))
ROWS = {
    "sort": ("sort of 160 MiB", "bench_swap sort 160"),
    "random": ("random access, 512 MiB, 16,384 pages", "bench_swap random 512 16384"),
    "grep": ("grep over 256 MiB of files", "grep -rc needle /root/tree >/root/found"),
    "gcc": ("gcc -O2, 6,000 lines, 43 MiB left", "gcc-14 -O2 -o /root/big /usr/local/share/big.c"),
}
SCRIPT = """
exec 2>&1
swap=/dev/vdb
row() {
    name=$1; shift
    sync; swapoff -a; swapon $swap; echo 3 >/proc/sys/vm/drop_caches; sleep 1
    echo "begin $name"; sleep 1
    read start idle </proc/uptime
    "$@"; status=$?
    read end idle </proc/uptime
    echo "end $name $status $start $end"; sleep 1
}
cd /root
"""
TREE = "bench_swap tree /root/tree 256\n"

# Instructions: the clock counts them while the hart is not idle.
CYCLE = "exec 2>&1; bench_swap cycle 144 2"
RATE = """
exec 2>&1
for i in 1 2 3; do bench_swap out 32; sleep 1; done
swapoff -a
for i in 1 2 3; do dd if=/dev/zero of=/dev/vdb bs=1M count=256 oflag=direct; done
"""


class Disks:
    """QEMU's count of what its disks were asked."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command):
        self.file.write(json.dumps({"execute": command}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer:
                return answer["return"]

    def figures(self):
        """(requests, bytes), all disks, reads and writes."""
        stats = [d["stats"] for d in self.ask("query-blockstats")]
        return (sum(s["rd_operations"] + s["wr_operations"] for s in stats),
                sum(s["rd_bytes"] + s["wr_bytes"] for s in stats))


def boot(kernel, disk, script, icount=False, mem=MEM):
    """The console's lines, and a Disks that is there from the first of them on."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="faultline-swap."))
    try:
        qmp = scratch / "qmp"
        command = kernel.command(disk, mem, ICOUNT if icount else "", run=True, swap=SWAP,
                                 more=f"-qmp unix:{qmp},server=on,wait=off")
        disks = None
        for line in lines_of(command, script, swap=SWAP, stall=PATIENCE):
            if disks is None and qmp.exists():
                disks = Disks(qmp)
            yield line, disks
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def measure(kernel, disk, rows):
    """{row: (seconds, requests, bytes)}"""
    large = [r for r in rows if r not in LITTLE_ROWS]
    little = [r for r in rows if r in LITTLE_ROWS]
    return {**(measure_with(kernel, disk, large, MEM) if large else {}),
            **(measure_with(kernel, disk, little, LITTLE[kernel.name]) if little else {})}


def measure_with(kernel, disk, rows, mem):
    script = SCRIPT + (TREE if "grep" in rows else "") + "".join(f"row {r} sh -c '{ROWS[r][1]}'\n" for r in rows)
    console, begun, found = [], None, {}
    for line, disks in boot(kernel, disk, script, mem=mem):
        console.append(line)
        if line.startswith("begin "):
            begun = disks.figures()
        elif end := re.match(r"end (\w+) (\d+) ([\d.]+) ([\d.]+)", line):
            requests, count = disks.figures()
            if end[2] not in ("0", "1" if end[1] == "grep" else "0"):
                raise Failed(f"{kernel.name}: {end[1]} left with {end[2]}\n" + "\n".join(console[-12:]))
            found[end[1]] = float(end[4]) - float(end[3]), requests - begun[0], count - begun[1]
            print(f"  {kernel.name:9} {end[1]:8} {found[end[1]]}", flush=True)
    if set(found) != set(rows):
        raise Failed(f"{kernel.name}: {set(rows) - set(found)} are missing\n" + "\n".join(console[-25:]))
    return found


def cycle(kernel, disk):
    """Instructions for a page that goes out and comes in."""
    console = []
    for line, _ in boot(kernel, disk, CYCLE, icount=True):
        console.append(line)
        if found := re.match(r"cycle (\d+) (\d+) ([\d.]+)", line):
            print(f"  {kernel.name:9} {line}", flush=True)
            return float(found[3]) * 1e9 / min(int(found[1]), int(found[2]))
    raise Failed(f"{kernel.name}: no figures\n" + "\n".join(console[-25:]))


def rates(kernel, disk):
    """MB/s: (pages by advice, dd past the cache), the best of three each; NaN where there is no dd."""
    pages, direct, console = [], [float("nan")], []
    for line, _ in boot(kernel, disk, RATE, mem="256M"):
        console.append(line)
        if found := re.match(r"rate ([\d.]+)", line):
            pages.append(float(found[1]))
        elif found := re.search(r"^(\d+) bytes .* copied, ([\d.e-]+) s", line):
            direct.append(int(found[1]) / 1e6 / float(found[2]))
    if not pages:
        raise Failed(f"{kernel.name}: no rates\n" + "\n".join(console[-25:]))
    print(f"  {kernel.name:9} {pages} {direct}", flush=True)
    return max(pages), max(direct[1:], default=direct[0])


def table(rows, linux, here):
    print("\n| row | figure | Linux | here | ratio | met |\n| --- | --- | ---: | ---: | ---: | --: |")
    for row in rows:
        for n, figure in enumerate(("seconds", "requests", "MiB moved")):
            a, b = linux[row][n], here[row][n]
            a, b = (a / 2**20, b / 2**20) if n == 2 else (a, b)
            digits = 1 if n != 1 else 0
            print(f"| {ROWS[row][0] if n == 0 else ''} | {figure} | {a:,.{digits}f} | {b:,.{digits}f} "
                  f"| {b / a:.2f} | {'yes' if b <= a else 'NO'} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--disk", type=pathlib.Path, required=True)
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    rows = [r for r in ROWS if not args.rows or r in args.rows]
    linux, here = Kernel("linux", args.build), Kernel("faultline", args.build)
    if rows:
        table(rows, measure(linux, args.disk, rows), measure(here, args.disk, rows))
    if not args.rows or "cycle" in args.rows:
        a, b = cycle(linux, args.disk), cycle(here, args.disk)
        print(f"| a page out and in | instructions | {a:,.0f} | {b:,.0f} | {b / a:.2f} | "
              f"{'yes' if b <= a / 2 else 'NO'} |")
    if not args.rows or "out" in args.rows:
        (a, direct), (b, _) = rates(linux, args.disk), rates(here, args.disk)
        print(f"| write-out of anonymous pages | MB/s | {a:.0f} | {b:.0f} | {b / a:.2f} | |\n"
              f"| the same, of `dd oflag=direct` on Linux, {direct:.0f} MB/s | | {a / direct:.2f} "
              f"| {b / direct:.2f} | | {'yes' if b >= 0.8 * direct else 'NO'} |")
    print(f"\n{version('qemu-system-riscv64', '--version')}; "
          f"Linux {linux_version(args.build / 'linux/vmlinux') if (args.build / 'linux/vmlinux').exists() else ''}")


try:
    main()
except Failed as e:
    sys.exit(str(e))
