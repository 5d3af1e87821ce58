// SPDX-License-Identifier: MIT
/*
 * The rows of bench.c: each returns the nanoseconds of one operation, measured once.
 */
#ifndef USER_BENCH_ROWS_H
#define USER_BENCH_ROWS_H

#define LOOPS   200
#define FILE_PATH "/var/tmp/bench.data"

extern const char *self;                /* the path of this program, for the exec rows */

double null_syscall(void);
double anon_write_fault(void);
double anon_read_fault(void);
double write_after_read(void);
double munmap_page(void);
double touch_default(void);
double mmap_munmap(void);
double mmap_touch_munmap(void);
double mprotect_page(void);
double brk_touch(void);
double file_read_random(void);
double file_read_default(void);
double file_private_write(void);
double file_shared_write(void);
double read_4k(void);
double cow_copy(void);
double cow_reuse(void);
double fork_2m(void);
double fork_small(void);
double vfork_exec(void);
double segv(void);
double signal_self(void);
double split_16k(void);
double fault_1k(void);
double fault_16k(void);
double fault_64k(void);
double unmap_16k(void);
double pipe_round_trip(void);
double fork_exec_2m(void);
double fork_exec_1g(void);

#endif
