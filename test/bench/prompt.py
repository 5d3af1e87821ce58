#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions from power-on to the shell's prompt, firmware included.

usage: prompt.py QEMU KERNEL DISK

QEMU runs one instruction a translation block and logs each; the log goes
through a pipe to a counter.  Exact, and independent of the host: time, which
leaps forward while the machine waits for its disk, is not looked at.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import pexpect


def one_instruction_a_block(qemu):
    """The option has another name since QEMU 8.1."""
    text = subprocess.run([qemu, "-help"], text=True, stdout=subprocess.PIPE, check=True).stdout
    return "-singlestep" if "-singlestep" in text else "-accel tcg,one-insn-per-tb=on"


def main():
    qemu, kernel, disk = sys.argv[1:]
    folder = tempfile.mkdtemp(prefix="faultline-prompt.")
    try:
        subprocess.run(["cp", "--sparse=always", disk, f"{folder}/disk"], check=True)
        os.mkfifo(f"{folder}/log")
        with subprocess.Popen(["grep", "-c", "Trace", f"{folder}/log"], text=True,
                              stdout=subprocess.PIPE) as counter:
            child = pexpect.spawn(
                f"{qemu} -machine virt -m 128M -display none -serial mon:stdio -kernel {kernel} "
                f"-append console=ttyS0 -icount shift=0,sleep=off {one_instruction_a_block(qemu)} "
                f"-d exec,nochain -D {folder}/log -drive file={folder}/disk,format=raw,if=none,id=d "
                "-device virtio-blk-device,drive=d", timeout=600)
            child.expect(r"root@faultline.*# ")
            child.close(force=True)
            print(f"power-on to the shell's prompt: {int(counter.communicate()[0]):,} instructions, "
                  "about 11.8 million of them the firmware's")
    finally:
        shutil.rmtree(folder)


main()
