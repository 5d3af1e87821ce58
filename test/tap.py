# SPDX-License-Identifier: MIT
"""Run programs that print TAP; show what failed, and count.

usage: tap.py TALLY COMMAND...

A COMMAND of the form "claim|command" is one claim: its exit status says whether it holds.
Each command gets a time limit.  One that ends badly without a failed claim
(a sanitizer's report, a signal) counts as one failure, with all it printed.
TALLY gets "passed failed" for `make test`.
"""

import concurrent.futures
import os
import re
import subprocess
import sys

LIMIT = int(os.environ.get("TAP_LIMIT", "300"))


def run(command):
    """(command, status, output); a claim's output is made TAP."""
    claim, bar, rest = command.rpartition("|")
    if bar:
        _, status, output = run(rest)
        verdict = "not ok" if status else "ok"
        return claim.replace(" ", "_"), status, f"{verdict} 1 - {claim}\n" + (output if status else "")
    try:
        done = subprocess.run(command, shell=True, text=True, errors="replace", timeout=LIMIT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return command, done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        return command, -1, (late.stdout or b"").decode(errors="replace") + "\n# time limit\n"


def report(command, status, output):
    passed = len(re.findall(r"^ok\b", output, re.M))
    failed = len(re.findall(r"^not ok\b", output, re.M))
    name = os.path.basename(command.split()[1 if "check.py" in command else -1])
    name = name.replace("_", " ") if "." not in name and name.count("_") > 2 else name
    if status and not failed:
        failed = 1
        print(f"--- {name}: ended with {status}\n{output[-8000:]}")
    elif failed:
        lines = [l for l in output.splitlines() if not re.match(r"ok\b", l)]
        print(f"--- {name}\n" + "\n".join(lines[-200:]))
    print(f"  {'FAIL' if failed else 'ok':7} {name}: {passed} passed, {failed} failed")
    return passed, failed


def main(tally, commands):
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(run, commands):
            p, f = report(*result)
            passed, failed = passed + p, failed + f
    with open(tally, "w") as out:
        out.write(f"{passed} {failed}\n")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
