# SPDX-License-Identifier: MIT
"""Programs as they come: Debian's own, and ours linked in every way."""

import pytest


@pytest.mark.parametrize("build", ["", "-dynamic", "-musl", "-musl-static", "-musl-static-pie"])
def test_a_program_finds_what_exec_promises(vm, build):
    status, output = vm.run(f"HELLO=world /opt/test/hello{build} one 'two words'")
    assert status == 0 and "1.." in output, output


def test_the_loaders_run_as_programs(vm):
    assert "Usage" in vm.run("/lib/ld-linux-riscv64-lp64d.so.1 --help")[1]
    assert vm.ok("/lib/ld-linux-riscv64-lp64d.so.1 /bin/echo by hand") == "by hand\n"
    assert "libc.so.6" in vm.ok("/lib/ld-linux-riscv64-lp64d.so.1 --list /bin/bash")


def test_busybox_has_its_applets(vm):
    assert vm.ok("busybox sh -c 'busybox seq 5 | busybox wc -l'") == "5\n"
    assert int(vm.ok("busybox --list | wc -l")) > 200


def test_scripts_by_hash_bang(vm):
    vm.ok("printf '#!/bin/sh -e\\necho $0 $1\\n' > /root/s; chmod +x /root/s")
    assert vm.ok("/root/s arg") == "/root/s arg\n"
    vm.ok("printf '#!/root/s\\n' > /root/s2; chmod +x /root/s2")
    assert vm.ok("/root/s2") == "/root/s /root/s2\n"
    vm.ok("rm /root/s /root/s2")


def test_coreutils_do_their_work(vm):
    assert vm.ok("seq 100000 | sort -R | sort -n | md5sum", 120) == vm.ok("seq 100000 | md5sum")
    assert vm.ok("date -u -d @1000000000 +%F") == "2001-09-09\n"
    assert vm.ok("factor 1000000007 600851475143") == \
        "1000000007: 1000000007\n600851475143: 71 839 1471 6857\n"
    assert vm.ok("seq 1000 | base64 | base64 -d | cksum") == vm.ok("seq 1000 | cksum")


def test_awk_and_sed(vm):
    assert vm.ok("seq 10 | awk '{ s += $1 } END { printf \"%.3f\\n\", s / 3 }'") == "18.333\n"
    assert vm.ok("echo hello | sed -E 's/(l+)/<\\1>/'") == "he<ll>o\n"


def test_tar_and_gzip_carry_a_tree(vm):
    vm.ok("cd /root; tar czf t.tgz -C /usr/share base-files; mkdir x; tar xzf t.tgz -C x; "
          "diff -r /usr/share/base-files x/base-files; rm -r t.tgz x", 120)


def test_procps_reads_our_proc(vm):
    assert vm.ok("ps -o pid=,comm= -p 1").split() == ["1", "init"]
    assert vm.ok("ps -o comm= -p $$") == "bash\n"
    assert "Mem:" in vm.ok("free")
    assert "load average" in vm.ok("uptime")
    vm.ok("vmstat > /root/v; wc -l < /root/v; rm /root/v")
    assert "bash" in vm.ok("ps aux")
    assert "libc.so.6" in vm.ok("pmap $$")
    vm.ok("sleep 50 & pgrep sleep && pkill sleep; wait; true")


def test_uname_says_linux_riscv64(vm):
    assert vm.ok("uname -sm") == "Linux riscv64\n"


def test_two_shells_share_the_text_of_libc(vm):
    smaps = vm.ok("bash -c 'cat /proc/$$/smaps; true'")
    area = smaps[smaps.index("libc.so.6"):]
    text = next(a for a in smaps.split("VmFlags") if "r-xp" in a and "libc.so.6" in a)
    numbers = {l.split(":")[0]: int(l.split()[1]) for l in text.splitlines() if l.endswith(" kB")}
    assert area and numbers["Rss"] > 0
    assert numbers["Pss"] < numbers["Rss"]
    assert numbers["Shared_Clean"] > numbers["Private_Clean"]
