# SPDX-License-Identifier: MIT
"""The cheap rules of the house, as TAP: style, boundaries, links.

usage: check.py [compiler flags]

Each rule is a function that yields complaints, "path:line: what"; a rule with
none is `ok`.  Only what git tracks is looked at, or would track.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
ROOMS = ("arch", "kernel", "mm", "lib")
TOP_LEVEL = {"Makefile", "kernel.ld", "README.md", "LICENSE", "arch", "kernel", "mm", "lib", "user",
             "test"}
MACHINE_WORD = re.compile(
    r"\b(s(status|tvec|cause|epc|tval|ip|ie|atp|scratch|envcfg)|stimecmp|mstatus|sfence|ecall|csr[rwsc]+i?|"
    r"fence\.i|wfi|PTE_[VRWXUGADN]\b|CSR_\w+|SSTATUS_\w+|SATP_\w+)\b")
# Which room may include which: the first word of <word/...>.
MAY_INCLUDE = {"lib": {"lib"}, "mm": {"lib", "mm", "arch"}, "kernel": {"lib", "mm", "arch", "kernel"},
               "arch": {"lib", "mm", "arch", "kernel"}}
MM_MAY_ALSO = {"kernel/sync.h", "kernel/entry.h"}     # locks and sleeping; what arch hands up


def tracked():
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=TOP, text=True,
                          stdout=subprocess.PIPE, check=False)
    names = done.stdout.split("\n") if done.returncode == 0 else [
        str(p.relative_to(TOP)) for p in TOP.rglob("*") if p.is_file()]
    # A fuzzer's seeds are its input, not ours to lay out.
    return sorted(n for n in names if n and not n.startswith(("build", "test/fuzz/seeds/"))
                  and (TOP / n).is_file())


FILES = tracked()
TEXT = {f: (TOP / f).read_text(errors="replace") for f in FILES
        if f.endswith((".c", ".h", ".S", ".ld", ".py", ".md", ".sh"))
        or "." not in pathlib.Path(f).name}


def ours(*ends):
    return [f for f in TEXT if f.split("/")[0] in ROOMS and f.endswith(ends)]


def code_only(text):
    """The text with comments and strings blanked, line numbers kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def lines(files, transform=lambda text: text):
    for f in files:
        for n, line in enumerate(transform(TEXT[f]).split("\n"), 1):
            yield f, n, line


def spdx_is_first():
    """Every source file begins with its licence"""
    for f in TEXT:
        if f.endswith((".c", ".h", ".S", ".py", ".ld", ".sh")) or f == "Makefile":
            if "SPDX-License-Identifier: MIT" not in "\n".join(TEXT[f].split("\n")[:2]):
                yield f"{f}:1: no SPDX line"


def opening_paragraph():
    """Every .c file says what it owns"""
    for f in ours(".c"):
        if not re.match(r"// SPDX[^\n]*\n/\*", TEXT[f]):
            yield f"{f}:2: no opening paragraph after the SPDX line"


def lines_are_short():
    """No line is longer than 100 columns; 120 in tests, whose commands and tables read better whole"""
    for f, n, line in lines([f for f in TEXT if f.endswith((".c", ".h", ".S", ".py", ".ld"))]):
        if len(line.expandtabs(8)) > (100 if f.split("/")[0] in ROOMS else 120):
            yield f"{f}:{n}: {len(line.expandtabs(8))} columns"


def no_trailing_space():
    """No line ends in blanks, and each file ends in one newline"""
    for f, n, line in lines([f for f in TEXT if not f.endswith(".md")]):
        if line != line.rstrip():
            yield f"{f}:{n}: blanks at the end"
    for f, text in TEXT.items():
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield f"{f}: ends in no newline, or in blank lines"


def no_if_in_c():
    """No #if in a .c file: one configuration"""
    for f, n, line in lines(ours(".c")):
        if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
            yield f"{f}:{n}: {line.strip()}"


def no_litter():
    """No word that says that something is still to be done"""
    words = re.compile(r"\b(%s)\b" % "|".join(("TO" "DO", "FIX" "ME", "X" * 3)))
    for f, n, line in lines(TEXT):
        if words.search(line):
            yield f"{f}:{n}: {line.strip()}"


def machine_words_stay_in_arch():
    """No RISC-V word outside arch/riscv"""
    files = [f for f in ours(".c", ".h", ".S") if not f.startswith("arch/riscv/")]
    for f, n, line in lines(files, code_only):
        found = MACHINE_WORD.search(line)
        if found:
            yield f"{f}:{n}: {found.group(0)}"


def includes_go_down():
    """lib includes lib; mm of kernel only sync.h and entry.h; nobody a foreign quoted path"""
    for f, n, line in lines(ours(".c", ".h")):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not found:
            continue
        room, name = f.split("/")[0], found.group(2)
        if found.group(1) == '"':
            if not (TOP / f).parent.joinpath(name).exists() and not name.startswith(ROOMS):
                yield f"{f}:{n}: quoted {name} is not beside the file"
            continue
        first = name.split("/")[0]
        if "/" not in name:
            if name not in ("stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h") and \
                    not f.startswith("arch/host/") and f != "lib/hosted.h":
                yield f"{f}:{n}: <{name}> is not ours"
        elif first in ROOMS and first not in MAY_INCLUDE[room] and not (
                room == "mm" and name in MM_MAY_ALSO) and not f.startswith("arch/host/"):
            yield f"{f}:{n}: {room} may not include <{name}>"


def own_header_first():
    """A .c file includes its own header first"""
    for f in ours(".c"):
        own = f[:-2] + ".h"
        header = own if own in TEXT else None
        if f.startswith("arch/") and not header:
            machine = f.split("/")[1]
            inside = f"arch/{machine}/include/arch/{pathlib.Path(f).stem}.h"
            header = inside if inside in TEXT else None
        included = re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)', TEXT[f], re.M)
        # lib/hosted.h renames what a host's libc also has, so it must come before.
        first = next((name for name in included if name != "lib/hosted.h"), None)
        if header and first and not header.endswith(first):
            yield f"{f}: first includes {first}, not {header}"


def files_are_short():
    """No source file has more than 500 lines"""
    for f in ours(".c", ".S"):
        count = TEXT[f].count("\n")
        if count > 500:
            yield f"{f}: {count} lines"


def top_level_is_the_list():
    """The top level has what the design names, and nothing else"""
    for name in sorted({f.split("/")[0] for f in FILES}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield f"{name}: not in the list"


def readme_links_exist():
    """Every folder has a README.md, and its links lead somewhere"""
    for folder in ("", "user", "test", "arch/riscv", "arch/host", "kernel", "kernel/fs",
                   "kernel/drivers", "mm", "lib", "test/guest", "test/unit"):
        if (TOP / folder).is_dir() and not (TOP / folder / "README.md").exists():
            yield f"{folder or '.'}: no README.md"
    for f in TEXT:
        if f.endswith(".md"):
            for target in re.findall(r"\]\(([^)#\s]+)", TEXT[f]):
                if "://" not in target and not (TOP / f).parent.joinpath(target).exists():
                    yield f"{f}: link to {target}"


def no_path_of_this_machine():
    """No path of the machine it lies on and no package server in the tree"""
    here = re.escape(f"{TOP}/")
    for f, n, line in lines(f for f in TEXT if not f.startswith("test/check.py")):
        if re.search(here + r"|https?://(deb|ftp|security|snapshot)\.", line):
            yield f"{f}:{n}: {line.strip()[:80]}"


def headers_compile_alone():
    """Every header compiles alone"""
    compiler = next((c for c in ("riscv64-linux-gnu-gcc", "riscv64-unknown-elf-gcc",
                                 "riscv64-unknown-linux-gnu-gcc", "riscv64-elf-gcc")
                     if shutil.which(c)), None)
    if not compiler:
        return
    # A list to be included many times, or for assembly, says so by its name.
    headers = [f for f in ours(".h") if not f.endswith(".list.h") and not f.startswith("arch/host/")]
    running = []
    for f in headers:
        running.append((f, subprocess.Popen(
            [compiler, "-std=gnu11", "-ffreestanding", "-Wall", "-Wextra", "-Wno-unused-parameter",
             "-Wno-unused-function", "-mabi=lp64", "-mcmodel=medany", *(sys.argv[1:] or
             ["-march=rv64imac"]), "-DDEBUG=1", "-I.", "-Iarch/riscv/include", "-fsyntax-only", "-x",
             "c", "-include", f, "/dev/null"], cwd=TOP, text=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)))
        if len(running) >= 2 * (os.cpu_count() or 1):
            yield from finish(*running.pop(0))
    for item in running:
        yield from finish(*item)


def finish(name, process):
    said = process.communicate()[1]
    if process.returncode or said:
        first = [l for l in said.split("\n") if "error" in l or "warning" in l][:1]
        yield f"{name}: {first[0] if first else said[:200]}"


RULES = [spdx_is_first, opening_paragraph, lines_are_short, no_trailing_space, no_if_in_c, no_litter,
         machine_words_stay_in_arch, includes_go_down, own_header_first, files_are_short,
         top_level_is_the_list, readme_links_exist, no_path_of_this_machine, headers_compile_alone]


def main():
    failed = 0
    for number, rule in enumerate(RULES, 1):
        complaints = list(rule())
        print(f"{'not ok' if complaints else 'ok'} {number} - {rule.__doc__}")
        for complaint in complaints[:20]:
            print(f"#   {complaint}")
        if len(complaints) > 20:
            print(f"#   and {len(complaints) - 20} more")
        failed += bool(complaints)
    print(f"1..{len(RULES)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
