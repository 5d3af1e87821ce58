# SPDX-License-Identifier: MIT
"""One model through spin, as TAP.

usage: verify.py DIR MODEL

First the whole model: no state breaks a promise.  Then once for each rule that
the model can do WITHOUT_: now some state must, or the rule proves nothing.
DIR is where the checkers are built.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

LIMIT = 240             # seconds for one search
MEMORY = 2000           # MiB for one search


def errors(room, model, define):
    """How many promises are broken, or what went wrong with the search itself."""
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    steps = (["spin", *define, "-a", str(model)],
             ["gcc", "-O2", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY}", "-o", "pan", "pan.c"],
             ["./pan", "-m1000000"])
    for step in steps:
        done = subprocess.run(step, cwd=room, text=True, timeout=LIMIT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            return None, done.stdout
    whole = "Search not completed" not in done.stdout and "too small" not in done.stdout
    found = re.search(r"errors: (\d+)", done.stdout)
    count = int(found.group(1)) if found else None
    if count == 0 and not whole:
        count = None
    return count, done.stdout


def main(room, model):
    room, model = pathlib.Path(room).resolve() / model.stem, model.resolve()
    rules = re.findall(r"^ \*\t([A-Z]+) +", model.read_text(), re.M)
    runs = [(f"{model.stem}: no state breaks a promise", [], 0)]
    runs += [(f"{model.stem}: without {rule} one does", [f"-DWITHOUT_{rule}"], 1) for rule in rules]

    def search(run):
        claim, define, broken = run
        count, output = errors(room / (define[0][2:].lower() if define else "whole"), model, define)
        return claim, count is not None and (count > 0) == (broken > 0), output

    failed = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for n, (claim, holds, output) in enumerate(pool.map(search, runs), 1):
            print(f"{'ok' if holds else 'not ok'} {n} - {claim}")
            if not holds:
                failed = True
                print("\n".join("# " + line for line in output.splitlines()))
    print(f"1..{len(runs)}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
