# SPDX-License-Identifier: MIT
"""What is measured, and what each may cost.

A budget is a count of instructions, but for boot_memory, which is KiB.  The
keys are those of user/bench.c; boot and boot_memory come from first.c.
"""

from collections import namedtuple

Row = namedtuple("Row", "key title budget")
Growth = namedtuple("Growth", "title of over limit")

ROWS = [Row(*r) for r in (
    ("null", "null syscall (getppid)", 130),
    ("anon_write", "anonymous write fault", 1000),
    ("anon_read", "anonymous read fault (zero page)", 350),
    ("write_after_read", "write after that read fault", 1050),
    ("munmap_page", "munmap, per touched page", 180),
    ("touch_default", "touch 4 MiB, default settings, per page", 650),
    ("mmap_munmap", "mmap + munmap, 1 page", 1600),
    ("mmap_touch_munmap", "mmap + touch + munmap, 1 page", 3200),
    ("mprotect", "mprotect there and back, per call", 900),
    ("brk", "brk grow + touch + shrink, 1 page", 3200),
    ("file_read_random", "file read fault, cached, MADV_RANDOM", 200),
    ("file_read_default", "file read touch, cached, default", 150),
    ("file_private_write", "file private write fault, cached", 1500),
    ("file_shared_write", "file shared write fault, cached", 550),
    ("read_4k", "read() of 4 KiB, cached", 1400),
    ("cow_copy", "copy-on-write fault, copy", 1600),
    ("cow_reuse", "copy-on-write fault, last owner", 350),
    ("fork_2m", "fork + exit + wait, 2 MiB touched", 80000),
    ("fork_small", "fork + exit + wait, small", 35000),
    ("vfork_exec", "vfork + exec + exit, static", 90000),
    ("segv", "SIGSEGV to a handler that longjmps", 1400),
    ("signal", "signal to self, handler, sigreturn", 1700),
    ("split_16k", "mprotect that splits, to 16,000 areas", 1800),
    ("fault_16k", "write fault at one of 16,000 areas", 1400),
    ("unmap_16k", "munmap of 16,000 areas, per area", 600),
    ("pipe", "pipe round trip between 2 processes", 3000),
)]

# From the kernel's first instruction to the first program's, with 128 MiB.
BOOT = [Row(*r) for r in (
    ("boot", "boot to the first program", 5000000),
    ("boot_memory", "memory gone by then, of 128 MiB (KiB)", 4096),
)]

# Measured for the growth alone: they are in no mean and have no budget.
MORE = [Row(*r) for r in (
    ("fault_1k", "write fault at one of 1,000 areas", None),
    ("fault_64k", "write fault at one of 64,000 areas", None),
    ("fork_exec_2m", "fork + exec + exit, 2 MiB touched", None),
    ("fork_exec_1g", "fork + exec + exit, 1 GiB touched", None),
    ("boot_16g", "boot to the first program, 16 GiB", None),
)]

GROWTH = [Growth(*g) for g in (
    ("fault: 16,000 areas over 1,000", "fault_16k", "fault_1k", 1.3),
    ("fault: 64,000 areas over 1,000", "fault_64k", "fault_1k", 1.5),
    ("fork + exec: 1 GiB touched over 2 MiB", "fork_exec_1g", "fork_exec_2m", 3.0),
    ("boot: 16 GiB of memory over 128 MiB", "boot_16g", "boot", 1.5),
)]

# bench SMP=2: two workers' throughput over one's; the budget is the least that will do, and
# nowhere may Linux scale better, though twice of one is all that can be asked of two.
SCALING = [Row(*r) for r in (
    ("anon_threads", "anonymous write faults, threads", 1.7),
    ("anon_processes", "anonymous write faults, processes", 1.7),
    ("file_threads", "file read faults, cached, threads", 1.7),
    ("file_processes", "file read faults, cached, processes", 1.7),
    ("map_threads", "mmap + touch + munmap, threads", None),
    ("map_processes", "mmap + touch + munmap, processes", None),
    ("fork_processes", "fork + exit + wait, processes", None),
    ("pipe_pairs", "pipe round trips, pairs of processes", None),
)]

# No kernel in them: what the machine makes of two, beside which the others are read.
MACHINE = [Row(*r) for r in (
    ("loop", "no kernel: a loop of instructions", None),
    ("stores", "no kernel: stores to a whole page", None),
    ("lines", "no kernel: atomic adds to shared lines", None),
)]
PERFECT = 2.0

MEAN_LIMIT = 0.25           # geometric mean of the ratios, operations only
RATIO_LIMIT = 0.5           # no row above it
WALL_MEAN_LIMIT = 0.5
WALL_RATIO_LIMIT = 1.0

BIG = {"fork_exec_2m", "fork_exec_1g"}                    # run apart, with MEM=2G
BOOTED = {"boot", "boot_memory", "boot_16g"}              # by first.c
ALL = ROWS + BOOT + MORE
TITLE = {row.key: row.title for row in ALL}
