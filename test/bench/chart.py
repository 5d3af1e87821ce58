# SPDX-License-Identifier: MIT
"""The picture: a bar for each row, its ratio to Linux on a log scale, as SVG.

Bars leave the line at 1: to the left what is cheaper here, to the right what is
dearer.  A short upright stroke is the row's budget.
"""

import math
from html import escape

LEFT, PLOT, RIGHT, LINE, TOP = 300, 480, 130, 22, 78
GOOD, BAD, INK, FAINT, BUDGET = "#2a7f62", "#c8553d", "#22262b", "#d5d9de", "#22262b"


def svg(title, subtitle, rows):
    """@rows: (label, ratio or None, budget as a ratio or None, met, text at the right)."""
    known = [r for _, ratio, budget, _, _ in rows for r in (ratio, budget) if r]
    low = min([0.05] + [r * 0.8 for r in known])
    high = max([2.0] + [r * 1.25 for r in known])
    span = math.log(high / low)

    def x(ratio):
        return LEFT + PLOT * math.log(ratio / low) / span

    height = TOP + LINE * len(rows) + 34
    width = LEFT + PLOT + RIGHT
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="13" '
           f'fill="{INK}">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
           f'<text x="16" y="26" font-size="17" font-weight="600">{escape(title)}</text>',
           f'<text x="16" y="46" fill="#5b6470">{escape(subtitle)}</text>']
    bottom = TOP + LINE * len(rows) + 4
    for tick in ticks(low, high):
        strong = tick == 1
        out.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP - 6}" y2="{bottom}" '
                   f'stroke="{INK if strong else FAINT}"/>')
        out.append(f'<text x="{x(tick):.1f}" y="{bottom + 16}" text-anchor="middle" '
                   f'font-size="12">{tick:g}</text>')
    out.append(f'<text x="{x(1):.1f}" y="{TOP - 12}" text-anchor="middle" '
               f'font-size="12">Linux</text>')
    for n, (label, ratio, budget, met, text) in enumerate(rows):
        y = TOP + LINE * n
        out.append(f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(label)}</text>')
        if ratio:
            a, b = sorted((x(ratio), x(1)))
            out.append(f'<rect x="{a:.1f}" y="{y + 4}" width="{max(b - a, 1):.1f}" '
                       f'height="{LINE - 8}" fill="{GOOD if met else BAD}"/>')
        if budget:
            out.append(f'<line x1="{x(budget):.1f}" x2="{x(budget):.1f}" y1="{y + 1}" '
                       f'y2="{y + LINE - 1}" stroke="{BUDGET}" stroke-width="2"/>')
        out.append(f'<text x="{LEFT + PLOT + 12}" y="{y + 15}">{escape(text)}</text>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def ticks(low, high):
    """1, 2 and 5 of each decade in the range; only 1 when it is wide."""
    steps = (1, 2, 5) if high / low < 300 else (1,)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [round(s * 10.0 ** d, 10) for d in decades for s in steps]
    return [t for t in found if low <= t <= high]
