# SPDX-License-Identifier: MIT
"""The file system, judged by the host's own tools."""

import hashlib
import os
import pathlib
import re

import machine


def host_sums(image):
    """{path: sha256} of every regular file of an image, by debugfs."""
    scratch = pathlib.Path(machine.tempfile.mkdtemp(prefix="faultline-rdump."))
    try:
        machine.tool("debugfs", "-R", f"rdump / {scratch}", str(image))
        sums = {}
        for folder, _, names in os.walk(scratch):
            for name in names:
                path = pathlib.Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    sums["/" + str(path.relative_to(scratch))] = hashlib.sha256(
                        path.read_bytes()).hexdigest()
        return sums
    finally:
        machine.shutil.rmtree(scratch)


def test_every_file_reads_as_the_host_wrote_it(run):
    wanted = host_sums(machine.DISK)
    assert len(wanted) > 500
    status, output = run(
        "cd /; find / -xdev -type f ! -path '/proc/*' ! -path /etc/faultline.run -print0 | "
        "xargs -0 sha256sum", timeout=400, smp=2)
    seen = {}
    for line in output.splitlines():
        digest, name = line.split("  ", 1)
        seen[name] = digest
    assert status == 0
    assert {n: d for n, d in seen.items() if wanted.get(n) != d} == {}
    assert set(wanted) - set(seen) == set()


def test_100_mib_written_are_there_after_power_off(boot):
    shell = boot(mem="256M" if not machine.LINUX else "512M")
    seen = shell.ok("head -c 4M /dev/urandom > /tmp/r; for i in $(seq 26); do echo $i; cat /tmp/r; "
                    "done | head -c 104857600 > /root/big.txt; sync; rm /tmp/r; "
                    "sha256sum < /root/big.txt; ls -l /root/big.txt", 300)
    assert "104857600" in seen
    shell.off()
    out = shell.scratch / "big.txt"
    machine.debugfs(shell.disk, f"dump /root/big.txt {out}")
    assert hashlib.sha256(out.read_bytes()).hexdigest() == seen.split()[0]


def test_a_tree_is_made_changed_and_removed(boot):
    shell = boot(smp=2)
    shell.ok("""cd /root
mkdir -p a/b/c
for i in $(seq 300); do echo $i > a/f$i; done
ln -s ../a a/self; ln a/f1 a/b/hard; mv a/f2 a/b/c/moved; mv a/b/c a/c2
rm a/f3; rmdir a/b 2>/dev/null; chmod 4751 a/f4; chown 12:34 a/f5
touch -d '2001-02-03 04:05:06 UTC' a/f6
truncate -s 10M a/sparse; printf end | dd of=a/sparse bs=1 seek=9000000 conv=notrunc 2>/dev/null
truncate -s 3 a/f100; : > a/f101
cp -a /usr/share/base-files a/copied; rm -r a/copied/dot*
mkfifo a/pipe; mknod a/null c 1 3
sync""", 120)
    listing = shell.ok("ls -1 a | wc -l; cat a/c2/moved; stat -c '%a %u %g %h %Y' a/f4 a/f5 a/f1 a/f6; "
                       "wc -c < a/sparse; stat -c %b a/sparse; tail -c 9999 a/sparse | tr -d '\\0' | head -c 3")
    lines = listing.splitlines()
    assert lines[1] == "2"
    assert lines[2].startswith("4751 0 0 1 ") and lines[3].startswith("644 12 34 1 ")
    assert lines[4].split()[3] == "2" and lines[5].split()[4] == "981173106"
    assert lines[6] == "10485760" and int(lines[7]) < 100
    shell.off()
    stat = machine.debugfs(shell.disk, "stat /root/a/f4")
    assert re.search(r"Mode:\s+04751", stat), stat
    assert "Links: 2" in machine.debugfs(shell.disk, "stat /root/a/f1")
    assert machine.debugfs(shell.disk, "cat /root/a/c2/moved").endswith("2\n")
    assert "character special" in machine.debugfs(shell.disk, "stat /root/a/null")
    assert "Fast link dest: \"../a\"" in machine.debugfs(shell.disk, "stat /root/a/self")


def test_what_was_written_is_there_after_a_second_boot(boot):
    shell = boot(smp=1)
    shell.ok("echo kept > /root/kept; mkdir /root/d; echo x > /root/d/x; rm -r /root/d")
    shell.off()
    again = boot(smp=1, disk=shell.disk)
    assert again.ok("cat /root/kept; ls -d /root/d 2>&1 || true").startswith("kept\n")
    again.off()


def test_fsync_alone_reaches_the_disk(boot):
    shell = boot(smp=1)
    shell.ok("dd if=/dev/urandom of=/root/synced bs=4k count=64 conv=fsync 2>/dev/null")
    seen = shell.ok("sha256sum < /root/synced").split()[0]
    out = shell.scratch / "synced"
    shell.kill()                    # as if the power had gone
    machine.debugfs(shell.disk, f"dump /root/synced {out}")
    assert hashlib.sha256(out.read_bytes()).hexdigest() == seen


def test_a_full_disk_says_so_and_recovers(boot):
    shell = boot(smp=2, mem="512M")
    status, output = shell.run("head -c 900M /dev/zero > /root/fill", 300)
    assert status != 0 and "No space left on device" in output
    shell.ok("rm /root/fill; sync; echo fine > /root/fine; cat /root/fine", 60)
    shell.off()


def test_names_as_long_as_ext2_allows(vm):
    name = "n" * 255
    assert vm.ok(f"cd /root; echo text > {name}; cat {name}; mv {name} x; rm x") == "text\n"
    assert "File name too long" in vm.run(f"echo > /root/{name}n")[1]


def test_tmpfs_holds_files(vm):
    assert vm.ok("cd /tmp; head -c 3M /dev/urandom > t; cp t u; cmp t u; rm t u; df /tmp | tail -1") \
        .startswith("tmpfs")


def test_devices_behave(vm):
    assert vm.ok("head -c 5 /dev/zero | od -An -tx1") == " 00 00 00 00 00\n"
    assert "No space left" in vm.run("echo x > /dev/full")[1]
    assert vm.ok("cat /dev/null; echo gone > /dev/null")== ""
    assert len(set(vm.ok("for i in 1 2 3; do head -c 8 /dev/urandom | od -An -tx8; done")
                   .splitlines())) == 3
    assert vm.ok("head -c 1024 /dev/vda | wc -c") == "1024\n"
    magic = vm.ok("dd if=/dev/vda bs=1 skip=1080 count=2 2>/dev/null | od -An -tx2").strip()
    assert magic == "ef53"


def test_many_names_in_one_directory_cost_what_few_do(boot):
    shell = boot()
    # On Linux, which searches such a directory from its start, few are enough.
    names = 1500 if machine.LINUX else 20000
    status, output = shell.run(f"/opt/test/manynames /root {names}; echo st $?", 600)
    assert "st 0" in output and "not ok" not in output, output
    shell.off()


def test_a_file_is_read_with_its_block_pointers(boot):
    """40 files of 256 KiB that mke2fs or this driver wrote: two requests each, not one more for the pointers.

    Linux does not put them between a file's blocks, and reads them alone."""
    shell = boot(smp=1)
    shell.ok("mkdir /root/d; head -c 256k /dev/urandom > /root/r; "
             "for i in $(seq 40); do cp /root/r /root/d/$i; done; sync; cat /root/d/* > /dev/null; "
             "echo 3 > /proc/sys/vm/drop_caches; cat /root/r > /dev/null; ls -l /root/d", 120)
    reads = "awk '$3 == \"vda\" { print $4 }' /proc/diskstats"
    before = int(shell.ok(reads))
    assert int(shell.ok("cat /root/d/* | wc -c")) == 40 << 18
    requests = int(shell.ok(reads)) - before
    assert requests <= 40 * (2.5 if not machine.LINUX else 4), requests
    for i in (1, 40):
        assert shell.ok(f"cmp /root/r /root/d/{i} && echo same") == "same\n"
    shell.off()


def test_flags_of_files_are_kept_and_their_rules_are_those_of_linux(vm, tap):
    tap("chattrs")
    vm.ok("rm -r /root/chattr")


def test_flags_of_files_are_on_the_disk(boot):
    shell = boot(smp=1)
    shell.tap("chattrs keep")
    shell.off()
    assert re.search(r"Flags: 0x50$", machine.debugfs(shell.disk, "stat /root/chattr/file"), re.M)
    assert re.search(r"Flags: 0xa0$", machine.debugfs(shell.disk, "stat /root/chattr/dir"), re.M)
