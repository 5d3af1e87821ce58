# SPDX-License-Identifier: MIT
"""The kernel names its own code: the table of its functions, and who reads it."""

import bisect
import os
import pathlib
import re
import struct

import pytest

import machine

pytestmark = pytest.mark.faultline


def kernel_file():
    return pathlib.Path(os.environ.get("TEST_O", machine.BUILD + "/test"), "faultline.elf")


def functions():
    """{address: the names of what begins there in the text}, and where the text begins."""
    at, start = {}, None
    for line in machine.tool("readelf", "-sW", kernel_file()).stdout.splitlines():
        word = line.split()
        if len(word) != 8 or word[6] != "1" or word[3] not in ("FUNC", "NOTYPE"):
            continue
        if word[7] == "_text_start":
            start = int(word[1], 16)
        elif not word[7].startswith((".L", "$", "_text_", "_image_")):
            at.setdefault(int(word[1], 16), set()).add(word[7])
    return at, start


def table():
    """What .ksyms holds: the distances and the names, put together from their parts."""
    sections = machine.tool("readelf", "-SW", kernel_file()).stdout
    offset, size = re.search(r" \.ksyms +\S+ +\S+ (\S+) (\S+)", sections).groups()
    data = kernel_file().read_bytes()[int(offset, 16):][:int(size, 16)]
    count, nr_parts = struct.unpack_from("<HH", data)
    distances = struct.unpack_from(f"<{count}H", data, 4)
    *strings, end = data[4 + 2 * count:].split(b"\0")
    assert end == b"" and len(strings) == nr_parts + count
    parts = strings[:nr_parts]
    return distances, [b"".join(parts[b - 1] for b in name).decode() for name in strings[nr_parts:]]


def test_each_function_of_the_image_is_in_its_table():
    machine.make("kernel", "DEBUG=1", "WERROR=1", f"O={kernel_file().parent}")
    at, here = functions()
    distances, names = table()
    assert len(names) > 1000
    for distance, name in zip(distances, names):
        here += distance
        assert name in at.pop(here, ()), (hex(here), name)
    assert not at


def test_the_magic_key_shows_where_each_task_waits(boot):
    shell = boot(append="debug", smp=2)
    shell.child.sendcontrol("^")
    shell.send("")
    shell.prompt()
    at, _ = functions()
    starts = sorted(at)
    seen = re.findall(r"(?:at|from) +([0-9a-f]{16}) (\S+)\+(0x[0-9a-f]+|0)\s", shell.console)
    assert len(seen) > 20, shell.console[-4000:]
    for address, name, offset in seen:
        start = starts[bisect.bisect_right(starts, int(address, 16)) - 1]
        assert name in at[start] and int(address, 16) - start == int(offset, 16), (address, name)
    assert len({name for _, name, _ in seen}) > 10, seen
    shell.off()
