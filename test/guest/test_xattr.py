# SPDX-License-Identifier: MIT
"""Extended attributes: the calls as on Linux, and what the host's tools find on the disk."""

import re

import pytest

import machine
from test_disk_errors import blkdebug, second


@pytest.mark.parametrize("where", ["/root", "/tmp"])
def test_extended_attributes_are_as_on_linux(tap, where):
    tap(f"xattrs {where}")


@pytest.mark.parametrize("where", ["/root", "/tmp"])
def test_many_at_the_same_files_see_whole_values(vm, tap, where):
    tap(f"xattrs race {where}/race")
    vm.ok(f"rm -r {where}/race")


def attribute(image, path, name):
    """The value that debugfs finds, or None."""
    found = re.search(r'= "?([^"\n]*)"?$', machine.debugfs(image, f"ea_get {path} {name}"), re.M)
    return found and found.group(1)


def test_they_are_on_the_disk_after_power_off_and_the_disk_is_clean(boot):
    shell = boot(smp=2)
    shell.ok("/opt/test/xattrs fill /root/x", 120)
    shell.off()                     # and e2fsck
    assert attribute(shell.disk, "/root/x/kept1", "user.b1") == "B" * ((17 + 71) % 150)
    assert attribute(shell.disk, "/root/x/kept9", "user.b9") == "B" * ((9 * 17 + 71) % 20)
    again = boot(smp=2, disk=shell.disk)
    again.ok("/opt/test/xattrs look /root/x", 120)
    again.ok("rm -r /root/x")
    again.off()


def test_those_that_were_synced_are_there_when_the_power_goes(boot):
    shell = boot(smp=1)
    shell.ok("/opt/test/xattrs fill /root/x; sync; echo > /root/f; sync; "
             f"/opt/test/xattrs set /root/f user.block {'v' * 500}; sync /root/f", 120)
    shell.kill()
    again = boot(smp=1, disk=shell.disk, check=False)
    again.ok("/opt/test/xattrs look /root/x", 120)
    assert again.ok("/opt/test/xattrs get /root/f user.block") == "v" * 500 + "\n"
    again.off()


def made(tmp_path, *options):
    """A small ext2 with the files a, b and c."""
    image, folder = tmp_path / "second.img", tmp_path / "files"
    machine.tool("truncate", "-s", "16M", str(image))
    folder.mkdir()
    for name in "abc":
        (folder / name).write_text(name * 3)
    done = machine.tool("mke2fs", "-q", "-F", "-t", "ext2", *options, "-d", str(folder), str(image))
    assert done.returncode == 0, done.stdout
    return image


def on_second(run, image, command):
    """What @command, in the root of the disk, prints; it must leave it clean."""
    status, output = run("mkdir -p /mnt2; mount -t ext2 /dev/vdb /mnt2; cd /mnt2; PATH=$PATH:/opt/test; "
                         f"{command}; cd /; umount /mnt2; echo st $?", qemuopts=second(image))
    assert output.endswith("st 0\n"), output
    return output[:-len("st 0\n")]


@pytest.mark.parametrize("options", ["-b 2048 -I 128 -O none,filetype,sparse_super",
                                     "-b 4096 -I 1024 -O none,filetype,ext_attr",
                                     "-b 1024 -I 1024 -O none,filetype"])
def test_other_formats_have_them_too(run, tmp_path, options):
    image = made(tmp_path, *options.split())
    output = on_second(run, image, "xattrs fill x; umount /mnt2 2>/dev/null; sync; xattrs look x || echo BAD; "
                                   "xattrs get x/kept1 user.b1")
    assert "not ok" not in output and "BAD" not in output, output
    assert output.endswith("B" * 88 + "\n")
    assert not machine.e2fsck(image)
    assert "ext_attr" in machine.debugfs(image, "stats -h").split("features:")[1].split("\n")[0]


def block_of(image, path):
    return int(re.search(r"File ACL: (\d+)", machine.debugfs(image, f"stat {path}")).group(1))


def test_a_block_that_files_share_is_copied_before_it_changes(run, tmp_path):
    image = made(tmp_path, "-b", "1024", "-I", "128")
    machine.debugfs(image, "ea_set /a user.name shared", write=True)
    block = block_of(image, "/a")
    for other in ("/b", "/c"):
        machine.debugfs(image, f"sif {other} file_acl {block}", write=True)
        machine.debugfs(image, f"sif {other} blocks 4", write=True)
    with open(image, "r+b") as raw:
        raw.seek(block * 1024 + 4)
        raw.write((3).to_bytes(4, "little"))
    assert not machine.e2fsck(image)
    output = on_second(run, image, "for f in a b c; do xattrs get $f user.name; done; xattrs set b user.name own; "
                                   "for f in a b c; do xattrs get $f user.name; done; stat -c %b b; "
                                   "xattrs rm c user.name; xattrs ls c; stat -c %b c; xattrs get a user.name; cat c")
    assert output.split() == "shared shared shared shared own shared 4 2 shared ccc".split(), output
    assert block_of(image, "/a") == block != block_of(image, "/b") and not block_of(image, "/c")
    assert not machine.e2fsck(image)
    on_second(run, image, "rm a b c")
    assert not machine.e2fsck(image)


def test_removing_one_leaves_the_next_inode_alone(run, tmp_path):
    """Where an inode has no room for any, the next one begins where its own would be."""
    image = made(tmp_path, "-b", "1024", "-I", "128")
    before = machine.debugfs(image, "stat /b")
    assert on_second(run, image, "xattrs set a user.name value; xattrs rm a user.name; xattrs ls a").strip() == ""
    assert machine.debugfs(image, "stat /b") == before
    assert not machine.e2fsck(image)


# Where Linux does not come back from a name of 200 bytes.
@pytest.mark.parametrize("at, value", [(0, 0), (4, 0), (8, 2), pytest.param(32, 200, marks=pytest.mark.faultline),
                                       (33, 0), (34, 250), (35, 255), (39, 1), (40, 255), (42, 255)])
def test_damaged_ones_are_an_error_and_the_file_is_not(run, tmp_path, at, value):
    image = made(tmp_path, "-b", "1024", "-I", "128")
    machine.debugfs(image, "ea_set /a user.name value", write=True)
    with open(image, "r+b") as raw:
        raw.seek(block_of(image, "/a") * 1024 + at)
        raw.write(bytes([value]))
    output = on_second(run, image, "xattrs get a user.name; xattrs set a user.other x; cat a; echo; rm a; ls")
    words = [w for line in output.splitlines() if line[:1] != "[" for w in line.split()]
    assert words[0] in ("EUCLEAN", "ENODATA", "value", "lue") and "aaa" in words, output
    assert words[-3:] == ["b", "c", "lost+found"], output


def test_a_block_that_cannot_be_read_is_eio_and_the_file_is_read(run, tmp_path):
    image = made(tmp_path, "-b", "4096", "-I", "128")
    machine.debugfs(image, "ea_set /a user.name value", write=True)
    sector = block_of(image, "/a") * 8
    status, output = run("mkdir /mnt2; mount -t ext2 /dev/vdb /mnt2; cd /mnt2; PATH=$PATH:/opt/test; "
                         "xattrs get a user.name; xattrs set a user.name x; xattrs ls a; cat a; echo; rm a; ls",
                         qemuopts=blkdebug(tmp_path, image, ("read_aio", f'sector = "{sector}"')))
    words = [w for line in output.splitlines() if line[:1] != "[" for w in line.split()]
    assert words[:2] == ["EIO", "EIO"] and "aaa" in words and words[-3:] == ["b", "c", "lost+found"], output


# ext4 keeps a share of the disk for such needs.
@pytest.mark.faultline
def test_on_a_full_disk_there_is_enospc_and_nothing_changes(run, tmp_path):
    image = made(tmp_path, "-b", "1024", "-I", "256", "-m", "0")
    output = on_second(run, image, "xattrs set a user.in 1; xattrs set b user.b $(printf %0200d 7); "
                                   "cat /dev/zero >fill 2>/dev/null; "
                                   "dd if=/dev/zero of=fill bs=1k oflag=append conv=notrunc 2>/dev/null; "
                                   "xattrs set a user.block $(printf %0300d 8); "
                                   "xattrs set a user.in $(printf %0200d 9); xattrs ls a; xattrs get a user.in; "
                                   "xattrs set b user.b $(printf %0300d 1); xattrs get b user.b; rm fill; "
                                   "xattrs set a user.block $(printf %0300d 8); xattrs ls a")
    assert output.split() == ["ENOSPC", "ENOSPC", "user.in", "1", "1".zfill(300), "user.in", "user.block"], output
    assert not machine.e2fsck(image)
