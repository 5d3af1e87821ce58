# SPDX-License-Identifier: MIT
"""What a user types at make, and what make says."""

import os
import pathlib
import subprocess

import pexpect
import pytest

import machine


def make(*args, **kwargs):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "O", "CACHE")}
    return subprocess.run(["make", "--no-print-directory", *args], cwd=machine.TOP, text=True,
                          env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, check=False, **kwargs)


@pytest.fixture
def build(tmp_path):
    """An object directory of its own that has the packages already."""
    for tar in pathlib.Path(machine.CACHE).glob("root-*.tar"):
        (tmp_path / tar.name).symlink_to(tar)
    return tmp_path


def the_machine():
    """What make needs to start the kernel under test without building another."""
    return [f"O={machine.BUILD}/test", "DEBUG=1", "WERROR=1", f"KERNEL={machine.KERNEL}",
            f"DISK={machine.DISK}", f"CACHE={machine.CACHE}",
            "MEM=512M" if machine.LINUX else "MEM=128M"]


@pytest.mark.parametrize("flags", ["", "w -j2 --jobserver-auth=3,4 -- SOME=x", "w -j2 --jobserver-auth=3,4"])
def test_our_own_make_says_what_it_is_asked_and_no_more(monkeypatch, flags):
    """`make -C folder -j2 test` took "Entering directory" for the command."""
    monkeypatch.setenv("MAKEFLAGS", flags)
    assert machine.make("qemu-command", *the_machine()).startswith("qemu-system-riscv64 ")


def test_help_is_the_menu():
    text = make("help").stdout
    for word in ("make qemu", "make test", "make deps", "RUN=", "SMP=", "PKGS=", "LLVM=1", "poweroff"):
        assert word in text


def test_deps_says_nothing_when_all_is_there():
    done = make("deps")
    assert (done.returncode, done.stdout) == (0, "")


def test_run_shows_output_and_status():
    done = make("qemu", *the_machine(), "RUN=echo \"it's $((6 * 7))\"; exit 7", timeout=120)
    assert "it's 42\n" in machine.clean_output(done.stdout) and "Error 7" in done.stdout
    assert done.returncode == 2


def test_interrupt_reaches_the_guest_and_poweroff_leaves(tmp_path):
    disk = machine.copy_disk(machine.DISK, tmp_path / "disk.img")
    args = ["qemu", *the_machine(), f"DISK={disk}"]
    child = pexpect.spawn("make", args, cwd=str(machine.TOP), encoding="utf-8", echo=False,
                          codec_errors="replace", timeout=60 * machine.SLOW, dimensions=(33, 99))
    try:
        child.expect("# $")
        child.send("stty size; sleep 1000\n")
        child.expect("33 99\r")
        child.expect(pexpect.TIMEOUT, timeout=1)
        child.sendcontrol("c")
        child.expect("# $")
        child.send("echo status $?; echo kept > /root/kept; poweroff\n")
        child.expect("status 130\r")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    finally:
        child.close(force=True)
    assert machine.debugfs(disk, "cat /root/kept").endswith("kept\n")
    assert machine.e2fsck(disk) == ""


def test_a_missing_compiler_is_named_in_one_line(build):
    done = make("kernel", f"O={build}", "CROSS_COMPILE=nosuch-")
    first = done.stdout.splitlines()[0]
    assert done.returncode and "nosuch-gcc" in first and "make deps" in first


def test_a_missing_or_old_qemu_is_named_in_one_line(build):
    done = make("emulator", f"O={build}", "QEMU=nosuch-qemu")
    assert "nosuch-qemu is missing: run 'make deps'" in done.stdout.splitlines()[0]
    old = build / "old-qemu"
    old.write_text("#!/bin/sh\necho QEMU emulator version 6.2.0\n")
    old.chmod(0o755)
    done = make("emulator", f"O={build}", f"QEMU={old}")
    assert "is 6.2, and 7.2 is needed" in done.stdout.splitlines()[0]


@pytest.mark.parametrize("version, options, said", [
    ("7.2.22", ["QEMUOPTS=-icount shift=0"], True), ("8.1.0", ["QEMUOPTS=-icount shift=0"], False),
    ("7.2.22", ["QEMUOPTS=-icount shift=0", "SMP=1"], False), ("7.2.22", [], False)])
def test_a_qemu_that_stands_still_with_icount_is_named(build, version, options, said):
    old = build / "icount-qemu"
    old.write_text(f"#!/bin/sh\necho QEMU emulator version {version}\n")
    old.chmod(0o755)
    done = make("emulator", f"O={build}", f"QEMU={old}", *options)
    assert done.returncode == 0 and ("give SMP=1" in done.stdout) == said, done.stdout


def test_add_lays_a_folder_over_the_disk(build, tmp_path):
    add = tmp_path / "add"
    (add / "root").mkdir(parents=True)
    (add / "root/added").write_text("mine\n")
    (add / "etc").mkdir()
    (add / "etc/hostname").write_text("renamed\n")
    done = make("disk", f"O={build}", f"ADD={add}")
    assert done.returncode == 0, done.stdout
    image, = build.glob("disk-*.img")
    assert machine.debugfs(image, "cat /root/added").endswith("mine\n")
    assert machine.debugfs(image, "cat /etc/hostname").endswith("renamed\n")
    assert "User:     0" in machine.debugfs(image, "stat /root/added")
    assert machine.e2fsck(image) == ""


def test_root_is_the_users_own_tree(build, tmp_path):
    root = tmp_path / "tree"
    (root / "bin").mkdir(parents=True)
    (root / "bin/only").write_text("this\n")
    done = make("disk", f"O={build}", f"ROOT={root}")
    assert done.returncode == 0, done.stdout
    image, = build.glob("disk-*.img")
    listing = machine.debugfs(image, "ls /bin")
    assert "only" in listing and "bash" not in listing
    assert "init" in machine.debugfs(image, "ls /sbin")
    assert machine.e2fsck(image) == ""


def test_the_disk_is_not_made_again_while_nothing_changed(build):
    make("disk", f"O={build}")
    image = build / "disk.img"
    before = image.stat().st_mtime_ns
    assert "DISK" not in make("disk", f"O={build}").stdout
    assert image.stat().st_mtime_ns == before
