#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reading a 100 MiB file that is in no cache, here and on stock Linux.

usage: disk.py MAKE-VARIABLE=value...

Both kernels run in the same QEMU on a copy of the same disk, one after the
other, three readings each after dropping the caches; the best of each is
told, for what else the host does can only slow a reading down.
"""

import re
import subprocess
import sys

COMMAND = """
head -c 100M /dev/urandom >/root/big; sync
for i in 1 2 3; do
    echo 3 >/proc/sys/vm/drop_caches
    dd if=/root/big of=/dev/null bs=1M
done
"""


def rates(kernel, variables):
    """MB/s of each reading, as dd tells them."""
    done = subprocess.run(["make", "-s", "qemu", f"KERNEL={kernel}", f"RUN={COMMAND}", *variables],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    found = re.findall(r"104857600 bytes .* copied, ([0-9.e-]+) s", done.stdout)
    if len(found) != 3:
        sys.exit(f"{kernel}: no three readings\n{done.stdout[-2000:]}")
    return [104.8576 / float(seconds) for seconds in found]


def main():
    linux, here = (rates(kernel, sys.argv[1:]) for kernel in ("linux", "faultline"))
    for name, each in (("Linux", linux), ("here", here)):
        print(f"{name:6} {' '.join(f'{rate:6.0f}' for rate in each)} MB/s")
    print(f"100 MiB uncached, the best of three: {max(here) / max(linux):.1f} times Linux's rate")


main()
