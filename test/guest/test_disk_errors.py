# SPDX-License-Identifier: MIT
"""A failing disk and a damaged image: an error for the program, never for the kernel."""

import re

import pytest

import machine

SECOND = "-device virtio-blk-device,drive=d2"


def blkdebug(tmp_path, image, *rules):
    """QEMU options for a second disk on which some requests fail."""
    config = tmp_path / "blkdebug.conf"
    config.write_text("".join(
        f'[inject-error]\nevent = "{event}"\nerrno = "5"\nonce = "off"\n{more}\n'
        for event, more in rules))
    return (f"-drive driver=raw,file.driver=blkdebug,file.config={config},"
            f"file.image.filename={image},if=none,id=d2,werror=report,rerror=report {SECOND}")


def ext2(tmp_path, size="16M"):
    image = tmp_path / "second.img"
    machine.tool("truncate", "-s", size, str(image))
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "data").write_bytes(bytes(range(256)) * 4096)
    (folder / "small").write_text("small\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "inner").write_text("inner\n")
    machine.tool("mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-O",
                 "none,filetype,sparse_super,large_file", "-d", str(folder), str(image))
    return image


def second(image):
    return f"-drive file={image},format=raw,if=none,id=d2 {SECOND}"


def test_a_write_that_gets_only_some_of_its_blocks_shows_nothing_of_what_they_held(run, tmp_path):
    image = tmp_path / "second.img"
    machine.tool("truncate", "-s", "512K", str(image))
    machine.tool("mke2fs", "-q", "-F", "-t", "ext2", "-b", "1024", "-m", "0", "-N", "64", str(image))
    show = "truncate -s 4096 new; cat new hole | tr -d '\\0' | wc -c; "
    status, output = run(
        "mkdir -p /mnt2; mount -t ext2 /dev/vdb /mnt2; cd /mnt2; touch new; truncate -s 8192 hole; "
        "tr '\\0' A < /dev/zero > fill 2>/dev/null; sync; rm fill; sync; "
        "head -c $(($(stat -f -c %f .) - 25))K /dev/zero > fill; i=0; "
        "while [ $(stat -f -c %f .) -gt 2 ]; do echo > n$i; i=$((i + 1)); done; stat -f -c %f .; "
        "for f in new hole; do dd if=/dev/zero of=$f bs=4096 count=1 conv=notrunc 2>&1 | grep -c 'No space'; done; "
        f"{show} cd /; umount /mnt2; mount -t ext2 /dev/vdb /mnt2; cd /mnt2; {show} cd /; umount /mnt2",
        qemuopts=second(image))
    assert output.split() == ["2", "1", "1", "0", "0"], output
    assert not machine.e2fsck(image)


def test_a_read_error_is_eio(run, tmp_path):
    image = ext2(tmp_path)
    status, output = run(
        "head -c 4096 /dev/vdb | wc -c; dd if=/dev/vdb of=/dev/null bs=4k skip=1024 count=1; "
        "echo; echo after",
        qemuopts=blkdebug(tmp_path, image, ("read_aio", 'sector = "8192"')))
    assert output.startswith("4096\n") and "Input/output error" in output
    assert output.endswith("after\n")


def test_a_page_that_cannot_be_read_is_sigbus(run, tmp_path):
    image = ext2(tmp_path)
    blocks = machine.debugfs(image, "blocks /data").splitlines()[-1].split()
    sector = int(blocks[101]) * 8          # page 100: the 13th block listed is the indirect one
    status, output = run(
        "mkdir /mnt2; mount -t ext2 -r /dev/vdb /mnt2; /opt/test/mapread /mnt2/data 100; "
        "cat /mnt2/small; cat /mnt2/data > /dev/null; echo end",
        qemuopts=blkdebug(tmp_path, image, ("read_aio", f'sector = "{sector}"')))
    lines = output.splitlines()
    assert "page 100 SIGBUS" in lines and "page 0 read" in lines, output
    assert "small" in lines and "Input/output error" in output and lines[-1] == "end"


def test_an_error_of_writing_back_is_told_to_every_open_file_once(run, tmp_path):
    image = ext2(tmp_path)
    blocks = machine.debugfs(image, "blocks /data").splitlines()[-1].split()
    sector = int(blocks[101]) * 8
    status, output = run(
        "mkdir /mnt2; mount -t ext2 /dev/vdb /mnt2; /opt/test/fsyncerr /mnt2/data 100; status=$?; "
        "umount /mnt2; exit $status",
        qemuopts=blkdebug(tmp_path, image, ("write_aio", f'sector = "{sector}"')))
    assert status == 0 and "1.." in output, output


def test_a_second_file_system_is_mounted_written_and_clean(run, tmp_path):
    image = ext2(tmp_path)
    status, output = run(
        "mkdir /mnt2 && mount -t ext2 /dev/vdb /mnt2 && cat /mnt2/sub/inner && "
        "cp -r /usr/share/base-files /mnt2/copy && rm /mnt2/small && umount /mnt2 && "
        "mount -t ext2 /dev/vdb /mnt2 && diff -r /usr/share/base-files /mnt2/copy && ls -1 /mnt2",
        qemuopts=second(image))
    assert (status, output) == (0, "inner\ncopy\ndata\nlost+found\nsub\n")
    assert machine.e2fsck(image) == ""


def damage(image, *requests):
    for request in requests:
        machine.debugfs(image, request, write=True)


def poke(image, offset, data):
    with open(image, "r+b") as f:
        f.seek(offset)
        f.write(data)


def inode_offset(image, path):
    """Where the inode of a path lies in the image."""
    found = re.search(r"located at block (\d+), offset (0x[0-9a-f]+)",
                      machine.debugfs(image, f"imap {path}"))
    return int(found.group(1)) * 4096 + int(found.group(2), 16)


def superblock_magic(image):
    poke(image, 1024 + 56, b"\0\0")


def block_size_of_2_to_the_40(image):
    poke(image, 1024 + 24, b"\x1e\0\0\0")


def inodes_per_group_zero(image):
    poke(image, 1024 + 40, b"\0\0\0\0")


def blocks_per_group_zero(image):
    poke(image, 1024 + 32, b"\0\0\0\0")


def blocks_count_beyond_the_disk(image):
    poke(image, 1024 + 4, b"\xff\xff\xff\x7f")


def first_block_of_inode_table_wild(image):
    poke(image, 4096 + 8, b"\xff\xff\xff\x7f")


def unknown_incompatible_feature(image):
    poke(image, 1024 + 96, b"\x02\0\0\x40")


def root_is_a_file(image):
    poke(image, inode_offset(image, "/"), b"\xa4\x81")


def data_block_beyond_the_disk(image):
    poke(image, inode_offset(image, "/data") + 40, b"\xff\xff\xff\x7f" * 15)


def indirect_block_is_itself_wild(image):
    poke(image, inode_offset(image, "/data") + 40 + 48, b"\xfe\xff\xff\xff")


def directory_entry_length_zero(image):
    block = int(machine.debugfs(image, "blocks /").split()[-1])
    poke(image, block * 4096 + 4, b"\0\0")


def directory_entry_past_its_block(image):
    block = int(machine.debugfs(image, "blocks /").split()[-1])
    poke(image, block * 4096 + 4, b"\xfc\xff")


def directory_entry_wild_inode(image):
    block = int(machine.debugfs(image, "blocks /").split()[-1])
    poke(image, block * 4096 + 24, b"\xff\xff\xff\x7f")


def file_size_wild(image):
    poke(image, inode_offset(image, "/data") + 4, b"\xff\xff\xff\xff")
    poke(image, inode_offset(image, "/data") + 108, b"\xff\xff\xff\x7f")


def inode_table_of_noise(image):
    poke(image, inode_offset(image, "/data") // 4096 * 4096, bytes(range(1, 255)) * 16)


def bitmaps_of_noise(image):
    found = re.search(r"block bitmap at (\d+), inode bitmap at (\d+)", machine.debugfs(image, "stats"))
    for block in found.groups():
        poke(image, int(block) * 4096, bytes(range(256)) * 16)


DAMAGES = [superblock_magic, block_size_of_2_to_the_40, inodes_per_group_zero, blocks_per_group_zero,
           blocks_count_beyond_the_disk, first_block_of_inode_table_wild,
           unknown_incompatible_feature, root_is_a_file, data_block_beyond_the_disk,
           indirect_block_is_itself_wild, directory_entry_length_zero,
           directory_entry_past_its_block, directory_entry_wild_inode, file_size_wild,
           inode_table_of_noise, bitmaps_of_noise]
MUST_NOT_MOUNT = [superblock_magic, block_size_of_2_to_the_40, inodes_per_group_zero,
                  blocks_per_group_zero, unknown_incompatible_feature, root_is_a_file]


@pytest.mark.faultline
@pytest.mark.parametrize("group", range(3))
def test_a_damaged_image_gives_errors_and_harms_nothing(run, tmp_path, group):
    """Several damages a boot: each image is another disk."""
    damages = DAMAGES[group::3]
    options, commands = [], []
    for n, harm in enumerate(damages):
        folder = tmp_path / str(n)
        folder.mkdir()
        image = ext2(folder)
        harm(image)
        options.append(f"-drive file={image},format=raw,if=none,id=x{n} "
                       f"-device virtio-blk-device,drive=x{n}")
        disk = "/dev/vd" + "bcdefgh"[n]
        commands.append(
            f"echo '== {harm.__name__}'; if mount -t ext2 {disk} /mnt2; then echo mounted; "
            "ls -lR /mnt2 > /dev/null; cat /mnt2/* /mnt2/sub/* > /dev/null; "
            "echo new > /mnt2/new; rm -rf /mnt2/sub; echo more >> /mnt2/data; sync; umount /mnt2; fi")
    status, output = run("exec 2>&1; mkdir /mnt2; " + "; ".join(commands) + "; echo the end",
                         timeout=180, qemuopts=" ".join(options))
    assert output.endswith("the end\n")
    for harm in damages:
        part = output.split(f"== {harm.__name__}\n")[1].split("\n== ")[0]
        if harm in MUST_NOT_MOUNT:
            assert "mounted" not in part.splitlines(), part
