#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random memory calls, here and on Linux: every outcome must be the same.

    test/guest/mmdiff.py [--seeds 1-20] [--ops 5000] [--smp 1] [--no-shrink] [--record]

Each seed's sequence (programs/mmdiff.c) runs on both machines.  Where the
outcomes part, operations are left out as long as they still part, and what
remains is printed with both outcomes.
"""

import argparse
import difflib
import pathlib
import re
import sys

import machine

PROGRAM = "/opt/test/mmdiff"
TOLD = re.compile(r"^(?:\d+ [0-9a-f]{16}|exit \d+)$", re.M)
EXPECTED = pathlib.Path(__file__).with_name("mmdiff.expected")
RECORDED = 400


class Runner:
    """One machine that runs sequences; a new one after it has died."""

    def __init__(self, kernel, smp):
        self.kernel, self.smp, self.shell = kernel, smp, None

    def shell_now(self):
        if not self.shell or not self.shell.child.isalive():
            self.shell = machine.Shell(kernel=self.kernel, smp=self.smp).start()
        return self.shell

    def run(self, seed, count, ops=None, verbose=False):
        """The program's output; with @ops, only those operations of the first @count."""
        self.shell_now()
        name = "-"
        if ops is not None:
            name = "/tmp/ops"
            self.shell.send(f"cat > {name} <<'END'")
            for k in range(0, len(ops), 100):
                self.shell.send(" ".join(map(str, ops[k:k + 100])))
            self.shell.send("END")
            self.shell.prompt()
        try:
            output = self.shell.run(
                f"{PROGRAM} {seed} {count} {name} {'v' if verbose else ''}; echo exit $?", 900)[1]
            # The console is the kernel's too.
            return output if verbose else "\n".join(TOLD.findall(output))
        except machine.Panic as panic:
            self.stop()
            return f"PANIC {str(panic)[-3000:]}"

    def release(self):
        return self.shell_now().ok("uname -r").strip()

    def stop(self):
        if self.shell:
            self.shell.discard()
        self.shell = None


class Pair:
    def __init__(self, smp):
        self.ours, self.linux = Runner("faultline", smp), Runner("linux", smp)

    def differ(self, seed, ops):
        count = ops[-1] + 1 if ops else 1
        return self.ours.run(seed, count, ops) != self.linux.run(seed, count, ops)

    def stop(self):
        self.ours.stop()
        self.linux.stop()


def first_difference(ours, linux, count):
    """The number of operations after which the hashes differ."""
    a, b = ours.splitlines(), linux.splitlines()
    for x, y in zip(a, b):
        if x != y:
            return min(count, int(y.split()[0]) + 1) if y.split()[0].isdigit() else count
    return count


def shrink(pair, seed, count):
    """A list of operations that still part, from which none can be left out."""
    ops = list(range(count))
    size = max(1, count // 2)
    while size:
        k = len(ops)
        while k > 0:
            less = ops[:max(0, k - size)] + ops[k:]
            if less and pair.differ(seed, less):
                ops = less
            k -= size
        size //= 2
    return ops


def report(pair, seed, ops):
    count = ops[-1] + 1
    ours = pair.ours.run(seed, count, ops, True).splitlines()
    linux = pair.linux.run(seed, count, ops, True).splitlines()
    print(f"seed {seed}: operations {' '.join(map(str, ops))}")
    print("\n".join(difflib.unified_diff(linux, ours, "linux", "faultline", n=200, lineterm="")),
          flush=True)


def seeds_of(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def record():
    """What Linux gives for the sequences of test_mmdiff.py."""
    linux, lines = Runner("linux", "1"), []
    lines.append(f"# {linux.release()}\n")
    for seed in range(1, 9):
        last = linux.run(seed, RECORDED).splitlines()[-2]
        lines.append(f"{seed} {RECORDED} {last.split()[1]}\n")
    linux.stop()
    EXPECTED.write_text("".join(lines))


def main():
    args = argparse.ArgumentParser(description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--seeds", default="1-20")
    args.add_argument("--ops", type=int, default=5000)
    args.add_argument("--smp", default="1")
    args.add_argument("--no-shrink", action="store_true")
    args.add_argument("--record", action="store_true", help="write mmdiff.expected anew")
    a = args.parse_args()
    if a.record:
        return record()
    pair, failed = Pair(a.smp), 0
    for seed in seeds_of(a.seeds):
        linux, ours = pair.linux.run(seed, a.ops), pair.ours.run(seed, a.ops)
        print(f"{'ok' if ours == linux else 'not ok'} - seed {seed}, {a.ops} operations", flush=True)
        if ours == linux:
            continue
        failed += 1
        part = first_difference(ours, linux, a.ops)
        print(f"# they part before operation {part}", flush=True)
        if not a.no_shrink:
            report(pair, seed, shrink(pair, seed, part))
    pair.stop()
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
