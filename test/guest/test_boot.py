# SPDX-License-Identifier: MIT
"""One image boots every machine."""

import os
import re
import subprocess

import pytest

import machine

CHECK = "nproc; echo $((6 * 7)); ls / | wc -l"


@pytest.mark.parametrize("options", [
    {"smp": 1}, {"smp": 2}, {"smp": 8},
    {"mem": "4G"},
    pytest.param({"mem": "32M"}, marks=pytest.mark.faultline),
    pytest.param({"mem": "16M", "smp": 1}, marks=pytest.mark.faultline),
    {"legacy": 1}, {"cpu": "rv64,sstc=false"},
    {"cpu": "rv64,zba=false,zbb=false,zbc=false,zbs=false"},
    {"qemuopts": "-icount shift=0,sleep=off", "smp": 1},
], ids=lambda o: "-".join(f"{k}={v}" for k, v in o.items()).replace(" ", "_"))
def test_it_boots_with(run, options):
    status, output = run(CHECK, timeout=180, **options)
    lines = output.splitlines()
    assert status == 0 and lines[1] == "42" and int(lines[2]) > 10
    assert lines[0] == str(options.get("smp", 4))


@pytest.mark.faultline
@pytest.mark.parametrize("build", ["gcc", "clang", "elf-gcc"])
def test_the_release_kernel_boots_as_built_by(run, build):
    folder = machine.pathlib.Path(machine.BUILD, build)
    if not (folder / "faultline.elf").exists():
        pytest.skip("make test-build makes it, where its compiler is")
    status, output = run(CHECK + "; bash -c 'seq 100 | sort | tail -1'", o=folder, debug="0",
                         llvm="1" if build == "clang" else "",
                         cross_compile="riscv64-unknown-elf-" if build == "elf-gcc" else "")
    assert status == 0 and output.endswith("99\n")


def has_cpu(name):
    listed = subprocess.run(["qemu-system-riscv64", "-cpu", "help"], text=True,
                            stdout=subprocess.PIPE, check=False).stdout
    return name in listed.split()


def edited_tree(folder, cpu, edit):
    """QEMU's own device tree for smp=2, mem="512M", its source changed by @edit."""
    dumped, tree = folder / "dumped.dtb", folder / "tree.dtb"
    machine.tool("qemu-system-riscv64", "-machine", f"virt,dumpdtb={dumped}", "-cpu", cpu,
                 "-smp", "2", "-m", "512M", "-display", "none", check=True)
    source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", dumped], text=True,
                            stdout=subprocess.PIPE, check=True).stdout
    tree.with_suffix(".dts").write_text(edit(source))
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", tree, tree.with_suffix(".dts")],
                   check=True)
    return tree


@pytest.mark.skipif(not has_cpu("rva22s64"), reason="this QEMU has no rva22s64")
@pytest.mark.parametrize("named", [True, False])
def test_it_boots_where_software_keeps_accessed_and_dirty(run, tmp_path, named):
    tree = edited_tree(tmp_path, "rva22s64", lambda text: text if named else
                       text.replace("_svade", "").replace('"svade", ', ""))
    status, output = run(CHECK + "; dmesg", cpu="rva22s64", smp=2, mem="512M",
                         qemuopts=f"-dtb {tree}")
    assert status == 0 and (machine.LINUX or "accessed/dirty by software" in output), output


@pytest.mark.faultline
def test_accessed_and_dirty_may_start_clear(run):
    # Every entry then changes under the kernel's hands: the hart sets what the kernel left clear.
    status, output = run(CHECK + "; seq 300 | sort | bash -c 'cat >/root/f; tail -1 /root/f'",
                         o=machine.pathlib.Path(machine.BUILD, "clear-ad"), clear_ad=1)
    assert status == 0 and output.endswith("99\n")


def listed_isa(match):
    """riscv,isa = "rv64imac_zba" as the two properties that Linux's bindings prefer."""
    letters, *names = match.group(1).split("_")
    unheard_of = [f"xlong{i}" for i in range(100, 200)]
    listed = ", ".join(f'"{name}"' for name in [*letters[len("rv64"):], *names, *unheard_of])
    return f'riscv,isa-base = "rv64i"; riscv,isa-extensions = {listed};'


@pytest.mark.parametrize("string", ["", 'riscv,isa = "rv64imac";'], ids=["list", "list-and-string"])
def test_what_harts_can_may_be_said_in_a_list(run, tmp_path, string):
    def with_list(text):
        text = re.sub(r"\briscv,isa-(base|extensions) = .*;", "", text)
        return re.sub(r'\briscv,isa = "(\w+)";', lambda m: listed_isa(m) + string, text)
    tree = edited_tree(tmp_path, os.environ.get("CPU", "rv64"), with_list)
    source = tree.with_suffix(".dts").read_text()
    status, output = run("grep ^isa /proc/cpuinfo; nproc; dmesg; /opt/test/hwprobe", smp=2, mem="512M",
                         qemuopts=f"-dtb {tree}")
    lines = output.splitlines()
    assert status == 0 and lines[2] == "2", output
    for line in lines[:2]:
        assert re.match(r"isa\t+: rv64imafdc\w*_zba_zbb_\w*sstc", line), line
        assert machine.LINUX or 450 < len(line) < 550 and f'"{line.split("_")[-1]}"' in source, line
    assert machine.LINUX or ", timer by Sstc, " in output, output


def test_a_read_only_disk_can_be_read(run):
    status, output = run("cat /etc/hostname; touch /root/x", qemuopts="-set drive.root.readonly=on")
    assert status == 1
    assert output.startswith("faultline\n") and "Read-only file system" in output


def test_a_second_disk_is_found(run, tmp_path):
    second = tmp_path / "second.img"
    second.write_bytes(b"second disk here" + bytes(1 << 20))
    status, output = run("head -c 16 /dev/vdb", qemuopts=(
        f"-drive file={second},format=raw,if=none,id=d2 -device virtio-blk-device,drive=d2"))
    assert (status, output) == (0, "second disk here")


@pytest.mark.faultline
def test_without_a_disk_it_says_what_it_found_and_how_to_give_one():
    shell = machine.Machine(disk=None, append="panic=-1")
    try:
        shell.start()
        shell.child.expect(r"(?i)no (root )?disk|no root", timeout=30 * machine.SLOW)
        shell.child.expect([machine.pexpect.TIMEOUT, machine.pexpect.EOF], timeout=2)
        assert "DISK=" in shell.console or "-drive" in shell.console or "virtio" in shell.console
    finally:
        shell.discard()


@pytest.mark.faultline
@pytest.mark.parametrize("options, said", [
    ({"cpu": "rv64,mmu=false", "smp": 1}, "faultline: this hart has no Sv39"),
    ({"cpu": "rv64,mmu=false", "smp": 4}, "faultline: this hart has no Sv39"),
    ({"qemuopts": "-machine virt,aia=aplic"}, "vda: no PLIC"),
], ids=["no-mmu-1", "no-mmu-4", "no-plic"])
def test_what_a_machine_lacks_is_named(options, said):
    shell = machine.Machine(**options)
    try:
        shell.start()
        shell.child.expect(said, timeout=30 * machine.SLOW)
    finally:
        shell.discard()


@pytest.mark.faultline
@pytest.mark.parametrize("smp", [1, 4])
def test_a_panic_is_one_harts_and_ends_a_test(smp):
    shell = machine.Machine(disk=None, append="panic=-1", smp=smp)
    try:
        with pytest.raises(machine.Panic):
            shell.start().wait(30)
        assert len(re.findall(r"panic on hart \d+:", shell.console)) == 1, shell.console
        assert re.search(r" from [0-9a-f]{16} first_task\+0x", shell.console), shell.console
    finally:
        shell.discard()


@pytest.mark.faultline
def test_the_kernels_own_lines_are_few():
    shell = machine.Machine(run="echo there")
    try:
        shell.start().wait(60)
        after_firmware = shell.console.split("MEDELEG", 1)[-1].splitlines()[1:]
        assert 1 < len([l for l in after_firmware if l.strip()]) <= 15, after_firmware
    finally:
        shell.discard()


@pytest.mark.faultline
def test_the_kernel_keeps_little_memory_for_itself(run):
    status, output = run("exec cat /proc/meminfo", mem="128M", smp=1)
    info = {line.split(":")[0]: int(line.split()[1]) for line in output.splitlines()}
    # 4 MiB before the first program; init, cat and the tables for them are more.
    assert 131072 - info["MemFree"] - info["Cached"] < 4096 + 1024, output


@pytest.mark.faultline
def test_the_image_is_small():
    elf = machine.pathlib.Path(machine.BUILD, "gcc", "faultline.elf")
    if not elf.exists():
        pytest.skip("make test-build makes it")
    headers = subprocess.run(["readelf", "-lW", elf], text=True, stdout=subprocess.PIPE,
                             check=True).stdout
    sizes = [int(line.split()[4], 16) for line in headers.splitlines() if "LOAD" in line]
    assert 0 < sum(sizes) < 512 * 1024, headers


def test_init_can_be_chosen(run):
    machine_ = machine.Machine(append="init=/bin/dash")
    try:
        machine_.start()
        machine_.child.expect(r"# $", timeout=60 * machine.SLOW)
        machine_.child.send("echo pid $$\n")
        machine_.child.expect("pid 1\r", timeout=20 * machine.SLOW)
    finally:
        machine_.discard()
