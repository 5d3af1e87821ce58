# SPDX-License-Identifier: MIT
"""Where QEMU looks up its translations between trap_entry and sret, and which places share a slot.

QEMU finds what it translated by six bits made of an address' lowest twelve: bits 0..5 xor 6..11.
Two places of one page that agree in those drive each other out at every trap.  It looks one up
behind each access to a CSR, and where a call begins and returns.
"""

import os
import re
import subprocess

LINE = re.compile(r"^([0-9a-f]+):\s+(?:[0-9a-f]+\s+)+(\S+)")


def shared(elf):
    """Pairs of addresses on the way of a trap, from a program and back, that share a slot."""
    slots = {}
    for address in places(elf):
        slots.setdefault((address ^ address >> 6) & 63, []).append(f"{address:#x}")
    return [" and ".join(those) for those in slots.values() if len(those) > 1]


def places(elf):
    dump = subprocess.run([os.environ["BENCH_OBJDUMP"], "-d", elf], capture_output=True, text=True,
                          check=True).stdout
    way = dump[dump.index("<trap_entry>:"):dump.index("<return_to_user>:")]
    found, looks = [], True
    for line in way.splitlines()[1:]:
        instruction = LINE.match(line)
        if instruction:
            if looks:
                found.append(int(instruction[1], 16))
            looks = instruction[2].startswith("csr") or instruction[2] in ("jal", "jalr")
    return found
