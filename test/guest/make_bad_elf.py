# SPDX-License-Identifier: MIT
"""Make broken programs out of a good one.

usage: make_bad_elf.py GOOD FOLDER > LIST

Each file in FOLDER is GOOD with one thing wrong; LIST names them, one a line,
with the outcomes that are right for it: errno names of execve, or `killed`, or
`runs` where the damage is harmless. Linux finds much of it out only when it is
too late for an errno, and kills; Faultline refuses first.
"""

import pathlib
import struct
import sys

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
PT_LOAD, PT_INTERP = 1, 3
E_FIELDS = ("ident type machine version entry phoff shoff flags ehsize phentsize phnum shentsize "
            "shnum shstrndx").split()
P_FIELDS = "type flags offset vaddr paddr filesz memsz align".split()


class Elf:
    def __init__(self, data):
        self.data = bytearray(data)
        self.e = dict(zip(E_FIELDS, EHDR.unpack_from(self.data)))
        self.p = [dict(zip(P_FIELDS, PHDR.unpack_from(self.data, self.e["phoff"] + i * PHDR.size)))
                  for i in range(self.e["phnum"])]

    def loads(self):
        return [p for p in self.p if p["type"] == PT_LOAD]

    def bytes(self):
        EHDR.pack_into(self.data, 0, *(self.e[f] for f in E_FIELDS))
        for i, p in enumerate(self.p):
            PHDR.pack_into(self.data, 64 + i * PHDR.size, *(p[f] & (2**64 - 1) if f not in
                           ("type", "flags") else p[f] for f in P_FIELDS))
        return bytes(self.data)


def interp(elf, path, size=None):
    """Make the second-to-last program header name an interpreter, kept after the headers."""
    p = elf.p[-1]
    at = len(elf.data)
    elf.data += path
    p.update(type=PT_INTERP, offset=at, filesz=len(path) if size is None else size,
             memsz=len(path))


CASES = {}


def case(outcome):
    def add(function):
        CASES[function.__name__.rstrip("_")] = (function, outcome)
        return function
    return add


@case("ENOEXEC")
def empty(elf):
    return b""


@case("ENOEXEC")
def three_bytes(elf):
    return elf.bytes()[:3]


@case("ENOEXEC")
def half_header(elf):
    return elf.bytes()[:40]


@case("ENOEXEC")
def header_only(elf):
    return elf.bytes()[:64]


@case("ENOEXEC")
def cut_in_program_headers(elf):
    return elf.bytes()[:64 + 56 + 20]


@case("killed ENOEXEC")
def cut_in_text(elf):
    return elf.bytes()[:4096 + 512]


@case("ENOEXEC")
def bad_magic(elf):
    elf.e["ident"] = b"\x7fELG" + elf.e["ident"][4:]


@case("ENOEXEC")
def wrong_machine(elf):
    elf.e["machine"] = 62


@case("ENOEXEC")
def relocatable(elf):
    elf.e["type"] = 1


@case("ENOEXEC killed")
def class_32(elf):
    elf.e["ident"] = elf.e["ident"][:4] + b"\x01" + elf.e["ident"][5:]


@case("ENOEXEC killed runs")
def big_endian(elf):
    elf.e["ident"] = elf.e["ident"][:5] + b"\x02" + elf.e["ident"][6:]


@case("ENOEXEC")
def no_program_headers(elf):
    elf.e["phnum"] = 0


@case("ENOEXEC")
def program_headers_65535(elf):
    elf.e["phnum"] = 65535


@case("ENOEXEC")
def program_header_size(elf):
    elf.e["phentsize"] = 55


@case("ENOEXEC EIO EINVAL")
def program_headers_past_end(elf):
    elf.e["phoff"] = len(elf.data) + 4096


@case("ENOEXEC EINVAL EIO")
def program_headers_wrap(elf):
    elf.e["phoff"] = 2**64 - 56


@case("killed ENOEXEC EINVAL")
def no_load_segment(elf):
    for p in elf.p:
        if p["type"] == PT_LOAD:
            p["type"] = 0


@case("killed EINVAL")
def load_in_kernel_half(elf):
    elf.loads()[0]["vaddr"] = 0xffffffc000000000


@case("killed EINVAL ENOMEM")
def load_just_below_end_of_user(elf):
    elf.loads()[0]["vaddr"] = 0x4000000000 - 4096


@case("killed EINVAL")
def load_wraps(elf):
    elf.loads()[-1]["memsz"] = 2**64 - 4096


@case("killed EINVAL")
def load_huge(elf):
    elf.loads()[-1]["memsz"] = 1 << 45


@case("killed EINVAL")
def filesz_above_memsz(elf):
    elf.loads()[-1]["filesz"] = elf.loads()[-1]["memsz"] + 4096


@case("killed EINVAL")
def offset_not_congruent(elf):
    elf.loads()[-1]["offset"] += 123


@case("killed runs ENOEXEC")
def offset_past_end(elf):
    elf.loads()[-1]["offset"] += 1 << 40


@case("killed ENOEXEC EINVAL")
def segments_overlap(elf):
    elf.loads()[-1]["vaddr"] = elf.loads()[0]["vaddr"]


@case("killed EINVAL")
def entry_nowhere(elf):
    elf.e["entry"] = 0x123456789000


@case("killed EINVAL")
def entry_in_kernel(elf):
    elf.e["entry"] = 0xffffffc000001000


@case("killed")
def text_not_executable(elf):
    for p in elf.loads():
        p["flags"] &= ~1


@case("ENOENT")
def interpreter_missing(elf):
    interp(elf, b"/nowhere/ld.so\0")


@case("ENOEXEC")
def interpreter_not_terminated(elf):
    interp(elf, b"/bin/busybox")


@case("ENOEXEC")
def interpreter_empty(elf):
    interp(elf, b"\0", size=1)


@case("ENOEXEC")
def interpreter_too_long(elf):
    interp(elf, b"/" * 5000 + b"\0")


@case("EACCES")
def interpreter_is_folder(elf):
    interp(elf, b"/usr/bin\0")


@case("ELIBBAD ENOEXEC EIO")
def interpreter_not_elf(elf):
    interp(elf, b"/opt/test/bad/bad_magic\0")


@case("EACCES ELIBBAD")
def interpreter_not_executable(elf):
    interp(elf, b"/etc/hostname\0")


def main(good, folder):
    source = pathlib.Path(good).read_bytes()
    folder = pathlib.Path(folder)
    for name, (damage, outcome) in CASES.items():
        elf = Elf(source)
        data = damage(elf)
        path = folder / name
        path.write_bytes(elf.bytes() if data is None else data)
        path.chmod(0o755)
        print(name, outcome)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
