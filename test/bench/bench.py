# SPDX-License-Identifier: MIT
"""What process memory costs, here and on Linux, in one table.

usage: bench.py compare|wall|smp|check|record [--rows 'key...'] [--linux IMAGE]
                [--rounds N] [--build DIR] [--disk IMAGE]

Run it by make: bench, bench WALL=1, bench SMP=2, bench-check, bench-record;
README.md says how a row is measured.  compare and wall leave DIR/bench.json,
bench.md and bench.svg, smp leaves DIR/bench-smp.json.
"""

import argparse
import concurrent.futures
import datetime
import json
import math
import os
import pathlib
import statistics
import sys

import chart
import machine
import profile
import slots
from rows import (ALL, BIG, BOOT, BOOTED, GROWTH, MACHINE, MEAN_LIMIT, PERFECT, RATIO_LIMIT, ROWS, SCALING,
                  TITLE, WALL_MEAN_LIMIT, WALL_RATIO_LIMIT)

FIGURES = pathlib.Path(__file__).with_name("figures.json")
MAY_GROW = 1.03
RAM_KIB = 128 * 1024
LEAP = 2_000_000_000
BOOTS = {"linux": 3, "faultline": 8}    # a boot of Linux takes ten times as long as one of ours
MOST_BOOTS = 12


def main():
    args = arguments()
    try:
        return MODES[args.mode](args)
    except machine.Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--rows", default="", help="only these keys")
    parser.add_argument("--linux", default="", help="another Linux image")
    parser.add_argument("--stock", default="", help="Debian's")
    parser.add_argument("--rounds", type=int, default=5, help="boots of each, for wall and smp")
    parser.add_argument("--harts", type=int, default=2, help="for smp")
    parser.add_argument("--build", default="build")
    parser.add_argument("--nm", default="riscv64-linux-gnu-nm", help="for check")
    parser.add_argument("--disk", default="")
    parser.add_argument("--tally", default="", help="where check leaves 'passed failed'")
    args = parser.parse_args()
    args.build = pathlib.Path(args.build).absolute()
    args.disk = pathlib.Path(args.disk or args.build / "bench.img").absolute()
    args.programs = args.build / "bench"
    known = [row.key for row in (SCALING + MACHINE if args.mode == "smp" else ALL)]
    args.keys = args.rows.split() or known
    unknown = [k for k in args.keys if k not in known]
    if unknown:
        parser.error(f"no row {unknown[0]}; there are: {' '.join(known)}")
    return args


# ---- measuring -----------------------------------------------------------------------------------

def kernels(args):
    image = pathlib.Path(args.linux).absolute() if args.linux else None
    return (machine.Kernel("linux", args.build, image), machine.Kernel("faultline", args.build))


def measure(kernel, args, icount=True):
    """{key: figure or None} of args.keys on one kernel."""
    plain = [k for k in args.keys if k not in BIG | BOOTED]
    big = [k for k in args.keys if k in BIG]
    figures = {}
    if plain:
        figures.update(machine.rows(kernel, args.disk, plain, icount))
    if big:
        figures.update(machine.rows(kernel, args.disk, big, icount, mem="2G"))
    if {"boot", "boot_memory"} & set(args.keys):
        figures.update(boot(kernel, args, icount, "128M", ("boot", "boot_memory")))
    if "boot_16g" in args.keys:
        figures.update(boot(kernel, args, icount, "16G", ("boot_16g",)))
    return {k: figures[k] for k in args.keys}


def boot(kernel, args, icount, mem, keys):
    """The least of BOOTS or more.

    While all harts wait for the disk, the clock of -icount leaps to the next
    timer, which may be seconds away, unless the disk was faster.  So it only
    ever adds, though the same more than once: we boot often, and on until two
    runs agree.
    """
    runs, least = [], BOOTS[kernel.name] if icount else 1
    try:
        while len(runs) < least or (icount and len(runs) < MOST_BOOTS and not agree(runs)):
            runs.append(machine.first(kernel, args.disk, args.programs, icount, mem))
    except machine.Failed as failed:
        print(f"  {failed}")
        return dict.fromkeys(("boot", "boot_memory", "boot_16g"))
    ns = min(total - firmware for total, _, firmware in runs)
    gone = RAM_KIB - max(free for _, free, _ in runs)
    print(f"  {kernel.name:9} {keys[0]:20} {ns:14,}")
    return {keys[0]: ns, "boot_memory": gone} if mem == "128M" else {keys[0]: ns}


def agree(runs):
    """Two that leapt agree as well, on the timer of write-back: no boot takes so long."""
    least, second = sorted(total for total, _, _ in runs)[:2]
    return second <= least * 1.01 and least < LEAP


def measure_both(args):
    """Both kernels at once: under icount neither sees how busy the host is."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [f.result() for f in [pool.submit(measure, k, args) for k in kernels(args)]]


# ---- make bench ----------------------------------------------------------------------------------

def compare(args):
    print(f"instructions, {machine.ICOUNT}, one hart")
    linux, here = measure_both(args)
    report = about(args, "instructions")
    met = fill(report, args, linux, here, MEAN_LIMIT, RATIO_LIMIT)
    text = table(report)
    print("\n" + text)
    write(args, report, text)
    return 0 if met else 1


def wall(args):
    """ABAB, so that whatever else the host does falls on both alike."""
    both = kernels(args)
    timed = [row.key for row in ROWS + BOOT[:1]]
    args.keys = [k for k in args.keys if k in timed]
    runs = ([], [])
    for n in range(args.rounds):
        print(f"round {n + 1} of {args.rounds}")
        for kernel, into in zip(both, runs):
            into.append(measure(kernel, args, icount=False))
    middle, spread = zip(*(summary(args.keys, into) for into in runs))
    report = about(args, "nanoseconds")
    report["rounds"] = args.rounds
    met = fill(report, args, *middle, WALL_MEAN_LIMIT, WALL_RATIO_LIMIT, spread)
    text = table(report)
    print("\n" + text)
    write(args, report, text)
    return 0 if met else 1


def summary(keys, runs):
    """The median of each key, and half the range of its middle half, as a part of it."""
    middle, spread = {}, {}
    for key in keys:
        values = sorted(v[key] for v in runs if v[key])
        middle[key] = statistics.median(values) if values else None
        if len(values) > 3:
            low, _, high = statistics.quantiles(values, n=4)
            spread[key] = (high - low) / 2 / middle[key]
        elif values:
            spread[key] = (values[-1] - values[0]) / 2 / middle[key]
    return middle, spread


def about(args, unit):
    image = args.linux or args.stock
    way = {"wall": " WALL=1", "smp": f" SMP={args.harts}"}.get(args.mode, "")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "unit": unit,
        "qemu": machine.version("qemu-system-riscv64", "--version"),
        "linux": machine.linux_version(image),
        "command": "make bench" + way +
                   (f" ROWS='{args.rows}'" if args.rows else "") +
                   (" LINUX=..." if args.linux else ""),
        "rows": [], "growth": [],
    }


def fill(report, args, linux, here, mean_limit, ratio_limit, spread=({}, {})):
    """Put rows, growth and mean into @report; whether all of it is met."""
    counted = report["unit"] == "instructions"
    for row in ROWS + BOOT:
        if row.key not in args.keys:
            continue
        a, b = linux[row.key], here[row.key]
        ratio = b / a if a and b else None
        # Boot's budget is far below the ratio; in nanoseconds only the ratio counts.
        met = ratio is not None and ratio <= ratio_limit and (not counted or b <= row.budget)
        report["rows"].append({"key": row.key, "linux": a, "here": b, "ratio": ratio,
                               "budget": row.budget if counted else None, "met": met,
                               "linux_spread": spread[0].get(row.key),
                               "here_spread": spread[1].get(row.key)})
    for growth in GROWTH:
        # In nanoseconds it would be the host's caches that are measured.
        if counted and {growth.of, growth.over} <= set(args.keys):
            a, b = (f[growth.of] / f[growth.over] if f[growth.of] and f[growth.over] else None
                    for f in (linux, here))
            report["growth"].append({"title": growth.title, "linux": a, "here": b,
                                     "limit": growth.limit,
                                     "met": b is not None and b <= growth.limit})
    operations = [r["ratio"] for r in report["rows"] if r["key"] not in BOOTED]
    known = [r for r in operations if r]
    report["mean"] = math.exp(statistics.fmean(map(math.log, known))) if known else None
    report["mean_limit"] = mean_limit
    report["holes"] = len(operations) - len(known)
    # The limit is one for all rows together, not for a few of them.
    report["mean_met"] = len(operations) < len(ROWS) or (not report["holes"] and
                                                         report["mean"] <= mean_limit)
    return report["mean_met"] and all(r["met"] for r in report["rows"] + report["growth"])


def smp(args):
    """From one worker to two, as a ratio of throughputs, in interleaved boots of both."""
    both, runs = kernels(args), ([], [])
    for n in range(args.rounds):
        print(f"round {n + 1} of {args.rounds}")
        for kernel, into in zip(both, runs):
            into.append(machine.rows(kernel, args.disk, args.keys, False, program="bench_smp",
                                     smp=args.harts))
    report = about(args, f"operations a second of one worker and of two, best of {args.rounds} interleaved boots")
    lines = [["row", "Linux, 1", "Linux, 2", "ratio", "here, 1", "here, 2", "ratio", "at least", "met"]]
    for row in SCALING + MACHINE:
        if row.key in args.keys:
            found = scaling(row, *([v[row.key] for v in into if v[row.key]] for into in runs))
            report["rows"].append(found)
            lines.append([row.title, *map(number, found["linux_ops"]), ratio_text(found["linux"]),
                          *map(number, found["here_ops"]), ratio_text(found["here"]),
                          ratio_text(found["least"]),
                          {True: "yes", False: "NO", None: ""}[found["met"]]])
    print(f"\n{heading(report)}\n\n{aligned(lines)}")
    (args.build / "bench-smp.json").write_text(json.dumps(report, indent=1) + "\n")
    return 0 if all(r["met"] is not False for r in report["rows"]) else 1


def scaling(row, linux, here):
    """What the rounds' pairs of throughputs say of a row: the best of one worker and the best of two."""
    def best(pairs):
        return [max(column) for column in zip(*pairs)] if pairs else [None, None]

    def ratio(pairs):
        one, two = best(pairs)
        return two / one if pairs else None

    a, b = ratio(linux), ratio(here)
    least, met = None, None
    if row not in MACHINE:
        least = max(row.budget or 0, min(a or 0, PERFECT))
        met = b is not None and b >= least
    return {"key": row.key, "linux_ops": best(linux), "here_ops": best(here),
            "linux": a, "here": b, "least": least, "met": met}


# ---- showing -------------------------------------------------------------------------------------

def number(value, spread=None):
    if value is None:
        return "-"
    digits = f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    return digits + (f" ±{spread * 100:.0f}%" if spread is not None else "")


def ratio_text(value):
    return "-" if value is None else f"{value:.2f}" if value >= 0.095 else f"{value:.3f}"


def table(report):
    """The report as a Markdown table that also reads well in a terminal."""
    counted = report["unit"] == "instructions"
    head = ["row", "Linux", "here", "ratio"] + (["budget"] if counted else []) + ["met"]
    lines = [head]
    for row in report["rows"]:
        lines.append([TITLE[row["key"]], number(row["linux"], row["linux_spread"]),
                      number(row["here"], row["here_spread"]), ratio_text(row["ratio"]),
                      *([number(row["budget"])] if counted else []), "yes" if row["met"] else "NO"])
    text = aligned(lines)
    missed = sum(not r["met"] for r in report["rows"])
    if report["mean"] is not None and len(report["rows"]) >= len(ROWS):
        text += (f"\nGeometric mean of the operations' ratios: {report['mean']:.3f} (at most "
                 f"{report['mean_limit']:g}: {'met' if report['mean_met'] else 'NOT met'}"
                 f"{', for there are rows without a figure' if report['holes'] else ''}). "
                 f"{len(report['rows']) - missed} of {len(report['rows'])} rows met.\n")
    if report["growth"]:
        text += "\n" + aligned([["growth", "Linux", "here", "at most", "met"]] + [
            [g["title"], ratio_text(g["linux"]), ratio_text(g["here"]), f"{g['limit']:g}",
             "yes" if g["met"] else "NO"] for g in report["growth"]])
    return f"{heading(report)}\n\n{text}"


def heading(report):
    rounds = f", medians of {report['rounds']} interleaved runs" if "rounds" in report else ""
    return (f"{report['unit']}{rounds}; {report['date']}; {report['qemu']}; "
            f"Linux {report['linux']}; `{report['command']}`")


def aligned(lines):
    """Columns as wide as their widest cell, all but the first to the right."""
    width = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]

    def show(line):
        cells = [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, width))]
        return "| " + " | ".join(cells) + " |"

    rule = ["-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(width)]
    return "\n".join([show(lines[0]), show(rule), *map(show, lines[1:])]) + "\n"


def write(args, report, text):
    bars = []
    for row in report["rows"]:
        budget = row["budget"] / row["linux"] if row["budget"] and row["linux"] else None
        bars.append((TITLE[row["key"]], row["ratio"], budget, row["met"],
                     f"{ratio_text(row['ratio'])}  ({number(row['here'])})"))
    mean = f"geometric mean {report['mean']:.3f}; " if report["mean"] else ""
    picture = chart.svg(
        f"{report['unit'].capitalize()} for one operation: Faultline over Linux",
        f"{mean}Linux {report['linux']}, {report['qemu'].split('(')[0].strip()}, "
        f"{report['date']}", bars)
    (args.build / "bench.svg").write_text(picture)
    (args.build / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    (args.build / "bench.md").write_text(text)
    print(f"\n{args.build.name}/bench.json, bench.md and bench.svg are written")


# ---- the guard -----------------------------------------------------------------------------------

def tools():
    """What the figures depend on besides the source."""
    compiler = os.environ.get("BENCH_CC", "riscv64-linux-gnu-gcc").split()
    return {"qemu": machine.version("qemu-system-riscv64", "--version"),
            "compiler": machine.version(*compiler, "--version")}


def record(args):
    """Write what this kernel costs now into the tree, all rows or those named."""
    figures = measure(kernels(args)[1], args)
    old = json.loads(FIGURES.read_text())["figures"] if FIGURES.exists() and args.rows else {}
    old.update(figures)
    kept = {row.key: round(old[row.key], 1) for row in ALL if old.get(row.key) is not None}
    FIGURES.write_text(json.dumps({**tools(), "figures": kept}, indent=1) + "\n")
    lost = [k for k in args.keys if k not in kept]
    if lost:
        print(f"no figure for {' '.join(lost)}")
    return 1 if lost else 0


def check(args):
    """TAP: no row costs more than 3 % over what the tree says it does."""
    kept = json.loads(FIGURES.read_text())
    here = kernels(args)[1]
    now = tools()
    points = [] if args.rows else structure(args, here)
    if {k: kept[k] for k in now} != now:
        print(f"# no row is compared: figures.json is of {kept['qemu']} and {kept['compiler']}; "
              f"here are {now['qemu']} and {now['compiler']}")
    else:
        points += compared(args, here, kept["figures"])
    for n, (good, title) in enumerate(points, 1):
        print(f"{'ok' if good else 'not ok'} {n} - {title}")
    print(f"1..{len(points)}" + ("" if points else " # SKIP"))
    failed = sum(not good for good, _ in points)
    tally(args, len(points) - failed, failed)
    if failed:
        print("# if a row is meant: make bench-record, and commit test/bench/figures.json with it")
    return 1 if failed else 0


def compared(args, here, kept):
    """[(good, title)], a row each; one that seems to have grown is measured twice."""
    # A boot waits for the disk, whose pace is the host's; it is checked where it is asked for.
    args.keys = [k for k in args.keys if k in kept and (args.rows or k not in BOOTED)]
    figures = measure(here, args)
    grown = [k for k in args.keys if too_much(figures[k], kept[k])]
    if grown:
        # A disk request's end depends on the host: what is too much must be so twice.
        again = measure(here, argparse.Namespace(**{**vars(args), "keys": grown}))
        for key, value in again.items():
            if value is not None and (figures[key] is None or value < figures[key]):
                figures[key] = value
    points = []
    for key in args.keys:
        change = f" ({(figures[key] / kept[key] - 1) * 100:+.1f} %)" if figures[key] else ""
        points.append((not too_much(figures[key], kept[key]),
                       f"{TITLE[key]}: {number(kept[key])} -> {number(figures[key])}{change}"))
    return points


def structure(args, here):
    """[(good, title)] of what holds with any compiler, and is asked of the kernel's file."""
    together = slots.shared(here.copy)
    for pair in together:
        print(f"# {pair} share one: see arch/riscv/trap.S")
    begin = profile.beginning(profile.symbols(args.nm, here.copy))
    return [(not together, "a trap's places in QEMU's table differ"),
            (begin is not None, f"the profiler's beginning is there: {profile.BEGIN}")]


def tally(args, passed, failed):
    if args.tally:
        pathlib.Path(args.tally).write_text(f"{passed} {failed}\n")


def too_much(now_is, was):
    return now_is is None or now_is > was * MAY_GROW


MODES = {"compare": compare, "wall": wall, "smp": smp, "check": check, "record": record}

if __name__ == "__main__":
    sys.exit(main())
