# SPDX-License-Identifier: MIT
"""What two workers cost each other: instructions of the kernel for an operation, by function.

bench_smp does a number of batches and then twice as many, with one worker and
with two; the difference of each pair is what those batches cost, without the
program's beginning and end.  Both harts are counted, instruction by
instruction (profile.py).  That slows both alike, so that they meet in the
kernel as often as two harts would that take a cycle for each instruction;
of interrupts, of which a slow machine has the more, only entry and exit count.
"""

import pathlib

import machine
import profile

BATCHES = {"map_threads": 40, "map_processes": 40, "fork_processes": 100, "pipe_pairs": 20}
HARTS = 2
SMALL = 0.1                 # instructions an operation below which a function is not named


def main():
    parser = profile.options(__doc__, "keys of user/bench_smp.c")
    args = parser.parse_args()
    if not args.rows.strip():
        parser.error("which rows?  make profile SMP=2 ROWS='file_threads'")

    kernel = machine.Kernel("faultline", pathlib.Path(args.build))
    functions = profile.symbols(args.nm, kernel.copy)
    for key in args.rows.split():
        one, two = (an_operation(kernel, args.disk, functions, key, n) for n in (1, HARTS))
        show(key, one, two)


def an_operation(kernel, disk, functions, key, workers):
    """{function: instructions} for one operation of so many workers."""
    few, many = (counted(kernel, disk, functions, key, workers, n * BATCHES.get(key, 10))
                 for n in (1, 2))
    ops = many[1] - few[1]
    return {name: (many[0][name] - few[0][name]) / ops for name in many[0] | few[0]}


def counted(kernel, disk, functions, key, workers, batches):
    """({function: instructions}, operations) of one run."""
    counts, lines = profile.trace(kernel, disk, f"bench_smp -- -n {batches} {workers} {key}",
                                  functions, HARTS, outside_interrupts(functions))
    if not lines:
        raise machine.Failed(f"bench_smp said nothing of {key}")
    return profile.by_function(functions, counts)[0], int(lines[-1].split()[-1])


def outside_interrupts(functions):
    """As profile.count(), but for what a hart does from interrupt() until it is in trap.S again."""
    first, past, handler = (next(b"%016x" % a for a, name in functions if name == wanted)
                            for wanted in ("trap_entry", "fp_store", "interrupt"))

    def count(fifo, begin, counts):
        inside, began = set(), False
        begin = b"%016x" % begin
        with open(fifo, "rb", buffering=1 << 20) as lines:
            for line in lines:
                at = line.find(b"/") + 1
                address, hart = line[at:at + 16], line[6]       # "Trace 0: ..."
                if address == handler:
                    inside.add(hart)
                elif hart in inside and first <= address < past:
                    inside.discard(hart)
                began = began or address == begin
                if at and began and hart not in inside:
                    counts[address] += 1

    return count


def show(key, one, two):
    print(f"\n{key}: instructions of the kernel for an operation")
    print(f"{'function':32} {'one worker':>11} {'two':>11} {'more':>9}")
    more = {name: two.get(name, 0) - one.get(name, 0) for name in one | two}
    for name in sorted(more, key=more.get, reverse=True):
        if max(abs(one.get(name, 0)), abs(two.get(name, 0))) >= SMALL:
            print(f"{name:32} {one.get(name, 0):11.1f} {two.get(name, 0):11.1f} {more[name]:9.1f}")
    print(f"{'all':32} {sum(one.values()):11.1f} {sum(two.values()):11.1f} "
          f"{sum(more.values()):9.1f}")


if __name__ == "__main__":
    main()
