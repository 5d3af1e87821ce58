# SPDX-License-Identifier: MIT
"""Programs nobody here wrote, on this kernel and on Linux, in one table.

usage: suites.py --build DIR --log DIR [--kernel NAME] [--tally FILE] [SUITE...] [-- MAKE-VARIABLE...]

A suite is a folder beside this file; its file `settings` names the packages and
the limits (README.md).  Each runs by `make run-tests`, here and on Linux, and
the cases of both are laid side by side by name; where only one is to run, beside what the other's
last run left.  A suite with a file `scripts` is made of those
of other suites.  Into the tally go "passed failed" of the last kernel, for make test.
"""

import argparse
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
KERNELS = ("faultline", "linux")
LINE = re.compile(r"(not )?ok \d+ - (.*?)(?: # (SKIP|todo) ?(.*))?$")


def settings(suite):
    """The lines `NAME=value` of a suite's settings, for make."""
    text = (HERE / suite / "settings").read_text()
    return [line.strip() for line in text.splitlines() if "=" in line and not line.startswith("#")]


def folder(suite, options):
    """A folder with the scripts of a suite, and in the place of each link what it leads to."""
    scripts = HERE / suite / "scripts"
    made = (pathlib.Path(options.log) / f"{suite}.dir").absolute()
    shutil.rmtree(made, ignore_errors=True)
    if not scripts.exists():
        return shutil.copytree(HERE / suite, made)
    for name in scripts.read_text().split():
        script = HERE / name
        if (script.parent / "lib").exists():
            shutil.copytree(script.parent / "lib", made / "lib", dirs_exist_ok=True)
        shutil.copy(script, made / script.name)
    return made


def log_of(suite, kernel, options):
    return pathlib.Path(options.log) / f"{suite}.{kernel}.tap"


def run(suite, kernel, options):
    """{case: passed, failed or skipped} of a suite on a kernel; the TAP is kept in the log folder."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "O", "SUITE")}
    log = log_of(suite, kernel, options)
    with open(log, "w", encoding="utf-8") as out:
        subprocess.run(["make", "--no-print-directory", "run-tests", f"O={options.build}",
                        f"DIR={folder(suite, options)}", f"KERNEL={kernel}", *settings(suite), *options.variables],
                       cwd=TOP, env=env, stdin=subprocess.DEVNULL, stdout=out,
                       stderr=subprocess.STDOUT, check=False)
    return read(log)


def read(log):
    cases = {}
    for line in log.read_text(errors="replace").splitlines() if log.exists() else ():
        if match := LINE.match(line):
            cases[match[2]] = "skipped" if match[3] else "failed" if match[1] else "passed"
    return cases


def passed(cases):
    return {case for case, verdict in cases.items() if verdict == "passed"}


def row(suite, found):
    """A line of the table: every case that either kernel ran, and who passed it."""
    ran = {case for cases in found.values() for case, verdict in cases.items() if verdict != "skipped"}
    counts = [str(len(passed(found[k]))) if k in found else "-" for k in KERNELS]
    return f"| {suite} | {len(ran)} | {counts[0]} | {counts[1]} |"


def shortfall(suite, found):
    """The cases that Linux passes and we do not, each with the last line of its reason."""
    if not all(k in found for k in KERNELS):
        return [f"{suite}: {case}" for cases in found.values() for case, verdict in cases.items()
                if verdict == "failed"]
    return [f"{suite}: {case} ({found['faultline'].get(case, 'not run')})"
            for case in found["linux"] if case in passed(found["linux"]) - passed(found["faultline"])]


def main():
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--kernel", choices=KERNELS)
    parser.add_argument("--tally")
    parser.add_argument("suites", nargs="*")
    options = parser.parse_args(words[:cut])
    options.variables = words[cut + 1:]
    os.makedirs(options.log, exist_ok=True)
    suites = options.suites or sorted(p.parent.name for p in HERE.glob("*/settings")
                                      if not (p.parent / "scripts").exists())
    wanted = [options.kernel] if options.kernel else KERNELS
    rows, short, points, alone = [], [], [], False
    for suite in suites:
        found = {}
        for kernel in KERNELS:
            if kernel in wanted:
                print(f"# {suite} on {kernel}", file=sys.stderr, flush=True)
                found[kernel] = run(suite, kernel, options)
            elif (kept := log_of(suite, kernel, options)).exists():
                print(f"# {suite} on {kernel}: what {kept} has", file=sys.stderr, flush=True)
                found[kernel] = read(kept)
        points += found[wanted[-1]].values()
        alone |= len(found) < len(KERNELS)
        rows.append(row(suite, found))
        short += shortfall(suite, found)
    print(f"{datetime.date.today()}\n\n| suite | cases | passed here | passed on Linux |\n| --- | --- | --- | --- |")
    print("\n".join(rows))
    fine = f"none failed on {options.kernel}" if alone else "all that passes on Linux passes here"
    print("\n" + "\n".join(short or [fine]))
    if options.tally:
        failed = points.count("failed") or int(not points)
        pathlib.Path(options.tally).write_text(f"{points.count('passed')} {failed}\n")
    return bool(short)


if __name__ == "__main__":
    sys.exit(main())
