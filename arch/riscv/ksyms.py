#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write the symbol table that arch/riscv/backtrace.c reads.

usage: nm -n kernel.elf | ksyms.py > ksyms.S

Only functions of the text section, each by its distance from the one before, the
first from _text_start: the second link, which adds this table behind the text,
changes none of them.  The names are compressed to about half: each byte of one
is the number of a part, and the parts lie before them, spelt out.
"""
import sys
from collections import Counter

PARTS = 255     # the bytes that do not end a name
END = "\n"


def main():
    syms = functions(sys.stdin)
    parts, names = compress([name for _, name in syms])
    print("// SPDX-License-Identifier: MIT\n// Made by arch/riscv/ksyms.py from the first link.")
    print('\t.section .ksyms, "a"\n\t.balign 4\n\t.2byte', len(syms), ",", len(parts))
    for distance, _ in syms:
        print("\t.2byte", distance)
    for part in parts:
        print('\t.asciz "%s"' % part)
    for name in names:
        print("\t.byte", ",".join(map(str, name)), ", 0")


def functions(lines):
    """The functions by address, each (its distance from the one before, its name)."""
    start, names = None, {}
    for line in lines:
        addr, kind, name = (line.split() + ["", ""])[:3]
        if name == "_text_start":
            start = int(addr, 16)
        if kind in "tT" and not name.startswith((".L", "$", "_text_", "_image_")):
            names.setdefault(int(addr, 16), name)
    if start is None:
        sys.exit("ksyms: no _text_start among the symbols")
    syms, before = [], start
    for addr in sorted(a for a in names if a >= start):
        syms.append((addr - before, names[addr]))
        before = addr
    for distance, name in syms:
        if distance > 0xffff:
            sys.exit(f"ksyms: what lies before {name} is longer than 65,535 bytes")
    if len(syms) > 0xffff:
        sys.exit("ksyms: more than 65,535 functions")
    return syms


def compress(names):
    """
    The parts, and each name as numbers of parts, the first of which is 1.

    At first each letter is a part.  Then the two that most often stand side by side
    become one more, as long as there are numbers; letters and parts that no name
    has any longer give theirs back.  While at it, a part is one character of @text.
    """
    text = END.join(names)
    spelt = {letter: letter for letter in text}
    while len(set(text) - {END}) < PARTS:
        pairs = Counter(pair for pair in zip(text, text[1:]) if END not in pair)
        best = max(pairs, key=lambda pair: (pairs[pair], pair), default=None)
        if best is None or pairs[best] < 4:     # a part of two letters costs three bytes
            break
        part = chr(0x100 + len(spelt))
        spelt[part] = spelt[best[0]] + spelt[best[1]]
        text = text.replace(best[0] + best[1], part)
    used = sorted(set(text) - {END})
    number = {part: i for i, part in enumerate(used, 1)}
    return [spelt[p] for p in used], [[number[p] for p in n] for n in text.split(END)]


main()
