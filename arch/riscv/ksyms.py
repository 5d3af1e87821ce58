#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the symbol table that arch/riscv/backtrace.c reads.

usage: nm -n kernel.elf | ksyms.py > ksyms.S

Only functions of the text section, each by its distance from the one before, the
first from _text_start: the second link, which adds this table behind the text,
changes none of them.
"""
import sys


def main():
    start, syms = None, []
    for line in sys.stdin:
        addr, kind, name = (line.split() + ["", ""])[:3]
        if name == "_text_start":
            start = int(addr, 16)
        if kind in "tT" and not name.startswith((".L", "$", "_text_", "_image_")):
            syms.append((int(addr, 16), name))
    if start is None:
        sys.exit("ksyms: no _text_start among the symbols")
    unique = dict(reversed(syms))
    syms = sorted((a, n) for a, n in unique.items() if a >= start)
    print("// SPDX-License-Identifier: MIT\n// Made by arch/riscv/ksyms.py from the first link.")
    print('\t.section .ksyms, "a"\n\t.balign 4\n\t.4byte', len(syms))
    before = start
    for addr, name in syms:
        if addr - before > 0xffff:
            sys.exit(f"ksyms: what lies before {name} is longer than 65,535 bytes")
        print("\t.2byte", addr - before)
        before = addr
    for _, name in syms:
        print('\t.asciz "%s"' % name)


main()
