# SPDX-License-Identifier: MIT
"""What two workers cost each other: instructions of the kernel for an operation, by function.

bench_smp does a number of batches and then twice as many, with one worker and
with two; the difference of each pair is what those batches cost, without the
program's beginning and end.  Both harts are counted, instruction by
instruction (profile.py).  That slows both alike, so that they meet in the
kernel as often as two harts would that take a cycle for each instruction.
"""

import argparse
import pathlib

import machine
import profile

BATCHES = {"map_threads": 40, "map_processes": 40, "fork_processes": 100, "pipe_pairs": 20}
HARTS = 2
SMALL = 0.1                 # instructions an operation below which a function is not named


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--disk", required=True)
    parser.add_argument("--rows", required=True, help="keys of user/bench_smp.c")
    parser.add_argument("--nm", default="riscv64-linux-gnu-nm")
    args = parser.parse_args()

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
                                  functions, HARTS)
    if not lines:
        raise machine.Failed(f"bench_smp said nothing of {key}")
    return profile.by_function(functions, counts)[0], int(lines[-1].split()[-1])


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
