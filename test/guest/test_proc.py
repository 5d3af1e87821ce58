# SPDX-License-Identifier: MIT
"""/proc as the tools of Debian's procps and util-linux read it."""

import re

import pytest


def field(vm, name, file="/proc/self/status", before=""):
    return vm.ok(f"{before} grep '^{name}:' {file}").split(":", 1)[1].strip()


@pytest.mark.parametrize("command, wanted", [
    ("ps aux", r"(?m)^root +1 .* Ss? .*init"),
    ("ps -ef", r"(?m)^root +1 +0 "),
    ("ps -eLf", r"(?m)^UID +PID +PPID +LWP +C +NLWP"),
    ("ps -eo pid,psr,ni,pri,cls,stat,wchan:20,args", r"(?m)^ +1 +\d+ +0 +19 +TS +Ss? "),
    ("top -b -n 1", r"Tasks: +\d+ total[^$]* init"),
    ("free -w", r"Mem: +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+"),
    ("vmstat", r"(?m)^ *\d+( +\d+){16}"),
    ("vmstat -s", r"boot time"),
    ("vmstat -m", r"task_struct +\d+ +\d+ +\d+ +\d+"),
    ("vmstat -d", r"vda +\d+"),
    ("pmap -X 1", r"(?m)^ +Address Perm +Offset"),
    ("pmap -XX 1", r"VmFlags"),
    ("slabtop -o", r"Active / Total Objects"),
    ("uptime", r"load average: \d+\.\d\d, \d+\.\d\d, \d+\.\d\d"),
    ("w", r"USER +TTY"),
    ("pgrep -x init", r"(?m)^1$"),
    ("pwdx $$", r": /root"),
    ("prlimit", r"NOFILE +max number of open files"),
    ("ipcs", r"Shared Memory Segments"),
    ("findmnt -n -o FSTYPE /proc", r"proc"),
])
def test_the_tools_read_it(vm, command, wanted):
    output = vm.ok(command)
    assert re.search(wanted, output), output


def test_mapped_files_are_links_by_address(tap):
    tap("mapfiles")


def test_sysctl_reads_each_setting(vm):
    output = vm.ok("sysctl -a 2>&1")
    for name in ("kernel.hostname = faultline", "kernel.ostype = Linux", "kernel.arch = riscv64",
                 "kernel.threads-max = ", "kernel.cap_last_cap = 40", "kernel.ngroups_max = 65536",
                 "kernel.overflowuid = 65534", "vm.max_map_count = 65530", "fs.nr_open = 1048576"):
        assert name in output, output
    assert "sysctl: " not in output


def test_the_host_name_can_be_written(vm):
    vm.ok("echo other >/proc/sys/kernel/hostname")
    assert vm.ok("uname -n") == "other\n"
    vm.ok("sysctl -q kernel.hostname=faultline")
    assert vm.ok("uname -n") == "faultline\n"


def test_status_tells_descriptors_and_harts(vm):
    assert int(field(vm, "FDSize", before="exec 200</dev/null;")) >= 256
    vm.ok("exec 200<&-")
    assert field(vm, "Cpus_allowed_list", before="taskset -c 0") == "0"
    assert field(vm, "Cpus_allowed_list") == field(vm, "Cpus_allowed_list", "/proc/1/status")
    assert field(vm, "Mems_allowed_list") == "0"
    assert field(vm, "Seccomp_filters") == "0"


def test_the_last_number_of_loadavg_is_the_last_process(vm):
    assert vm.ok("sh -c 'read a b c d last </proc/loadavg; [ $last = $$ ] && echo same'") == "same\n"


def test_a_process_that_sleeps_without_signals_is_blocked_and_not_running(vm):
    running = vm.ok("sleep 5 & grep -E 'procs_(running|blocked)' /proc/stat; kill $!; wait")
    assert re.search(r"procs_running [1-9]", running) and "procs_blocked" in running


def test_kmsg_gives_the_log_and_waits_for_more(vm):
    output = vm.ok("((sleep 1; echo '<4>a new line' >/dev/kmsg) & timeout 3 cat /proc/kmsg; true)")
    assert re.match(r"<\d+>\[ *\d+\.\d+\] ", output), output[:200]
    assert "a new line" in output
    assert vm.run("setpriv --reuid=65534 --clear-groups head -c 1 /proc/kmsg")[0] == 1


def test_kernel_stacks_are_told_in_kilobytes(vm):
    """16 KiB of each task on either kernel; some tasks come and go meanwhile, and a few stacks wait for the next."""
    stacks, tasks = map(int, vm.ok("echo $(awk '/KernelStack/ { print $2 }' /proc/meminfo) "
                                   "$(ls -d /proc/[0-9]*/task/* 2>/dev/null | wc -l)").split())
    assert tasks * 12 <= stacks <= tasks * 24


def test_devices_and_zones_are_named(vm):
    devices = vm.ok("cat /proc/devices")
    assert re.match(r"Character devices:\n +1 mem\n +\d+ ", devices) and "\nBlock devices:\n" in devices
    assert re.search(r"Node 0, zone +\w+\n(.*\n)*  pages free +\d+\n", vm.ok("cat /proc/zoneinfo"))
    assert re.match(r"Node 0, zone +\w+( +\d+){10}", vm.ok("cat /proc/buddyinfo"))


def fault_costs(shell):
    """(unit, {kind: (count, least, mean, p99)})"""
    head, *rows = shell.ok("cat /proc/faultcost").splitlines()
    return head.split()[-1], {r.split()[0]: tuple(map(int, r.split()[1:])) for r in rows}


@pytest.mark.faultline
def test_what_faults_cost_is_told_by_kind_from_the_first_reading_on(vm):
    vm.ok("echo 0 >/proc/faultcost")
    unit, rows = fault_costs(vm)
    assert unit == "nanoseconds" and rows["zero"] == (0, 0, 0, 0)
    vm.ok("/opt/test/largefork parts 8; true")
    _, rows = fault_costs(vm)
    for kind in ("zero", "zero-2m", "file-hit", "copy-on-write", "reuse", "unshare", "killed"):
        count, least, mean, p99 = rows[kind]
        assert count > 0 and 0 < least <= mean and least <= p99, f"{kind}: {rows[kind]}"
    assert vm.run("echo 1 >/proc/faultcost")[0] != 0
    vm.ok("echo 0 >/proc/faultcost")


@pytest.mark.faultline
def test_what_faults_cost_is_in_instructions_where_they_are_counted(boot):
    shell = boot(smp=1, qemuopts="-icount shift=0,sleep=off")
    fault_costs(shell)
    shell.ok("ls / | sort")
    unit, rows = fault_costs(shell)
    assert unit == "instructions" and rows["copy-on-write"][1] > 1024
    shell.off()


def test_io_counts_the_calls_and_bytes_that_linux_counts(tap):
    tap("procio")


def test_shares_are_told_by_kind(tap):
    tap("rollup")


AREA = """Size KernelPageSize MMUPageSize Rss Pss Pss_Dirty Shared_Clean Shared_Dirty Private_Clean Private_Dirty
    Referenced Anonymous KSM LazyFree AnonHugePages ShmemPmdMapped FilePmdMapped Shared_Hugetlb Private_Hugetlb Swap
    SwapPss Locked THPeligible VmFlags"""
ROLLUP = """Rss Pss Pss_Dirty Pss_Anon Pss_File Pss_Shmem Shared_Clean Shared_Dirty Private_Clean Private_Dirty
    Referenced Anonymous KSM LazyFree AnonHugePages ShmemPmdMapped FilePmdMapped Shared_Hugetlb Private_Hugetlb Swap
    SwapPss Locked"""
STATUS = """Name Umask State Tgid Ngid Pid PPid TracerPid Uid Gid FDSize Groups NStgid NSpid NSpgid NSsid Kthread VmPeak
    VmSize VmLck VmPin VmHWM VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap HugetlbPages
    CoreDumping THP_enabled untag_mask Threads SigQ SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm CapEff CapBnd
    CapAmb NoNewPrivs Seccomp Seccomp_filters Speculation_Store_Bypass SpeculationIndirectBranch Cpus_allowed
    Cpus_allowed_list Mems_allowed Mems_allowed_list voluntary_ctxt_switches nonvoluntary_ctxt_switches"""
MEMINFO = """MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon)
    Active(file) Inactive(file) Unevictable Mlocked SwapTotal SwapFree Zswap Zswapped Dirty Writeback AnonPages Mapped
    Shmem KReclaimable Slab SReclaimable SUnreclaim KernelStack PageTables SecPageTables NFS_Unstable Bounce
    WritebackTmp CommitLimit Committed_AS VmallocTotal VmallocUsed VmallocChunk Percpu AnonHugePages ShmemHugePages
    ShmemPmdMapped FileHugePages FilePmdMapped HugePages_Total HugePages_Free HugePages_Rsvd HugePages_Surp
    Hugepagesize Hugetlb"""
IO = "rchar wchar syscr syscw read_bytes write_bytes cancelled_write_bytes"


@pytest.mark.parametrize("file, names", [
    ("self/smaps", AREA), ("self/smaps_rollup", ROLLUP), ("self/status", STATUS), ("meminfo", MEMINFO),
    ("self/io", IO)], ids=lambda x: x if "/" in x else "")
def test_the_lines_are_those_of_linux_in_its_order(vm, file, names):
    lines = vm.ok(f"cat /proc/{file}").splitlines()
    found = [line.split(":")[0] for line in lines if re.match(r"[A-Za-z_()]+:", line)]
    assert found[:len(names.split())] == names.split()
    if file != "self/status":
        assert {len(line) for line in lines if line.endswith(" kB")} <= {27}


def test_what_a_task_is_doing_and_who_logged_in_and_how_late_timers_may_be(tap):
    tap("taskfiles")


def test_consoles_modules_and_devices_that_share_a_number_are_listed(vm):
    assert re.search(r"(?m)^ttyS0 {16}-W- \(EC  p a\)    4:64$", vm.ok("cat /proc/consoles"))
    assert re.fullmatch(r"(\w+ \d+ \d+ \S+ Live 0x\w+\n)*", vm.ok("cat /proc/modules"))
    devices = vm.ok("cat /proc/devices")
    assert re.search(r"(?m)^ 10 misc$", devices) and re.search(r"(?m)^136 pts$", devices)
    major, minor = vm.ok("stat -c '%t %T' /dev/userfaultfd").split()
    assert major == "a" and f"{int(minor, 16):3d} userfaultfd\n" in vm.ok("cat /proc/misc")
