// SPDX-License-Identifier: MIT
/*
 * Core dumps: what is left of a program that a signal ended.
 */
#ifndef KERNEL_COREDUMP_H
#define KERNEL_COREDUMP_H

#include <kernel/signal_types.h>
#include <lib/types.h>

struct task_struct;

#define CORE_PATTERN_MAX        128

/* /proc/sys/kernel.  A pattern that is too long is cut, as on Linux. */
void core_pattern_get(char buf[CORE_PATTERN_MAX]);
void core_pattern_set(const char *pattern);
extern unsigned int core_uses_pid;
/* /proc/sys/fs: DUMP_ of a process whose powers have changed. */
extern unsigned int suid_dumpable;

/*
 * The current process is about to end by @info's signal: stop its other
 * threads, and write its core.  Sleeps.  do_group_exit() is to follow.
 */
void coredump(const siginfo_t *info);

/* The current thread ends while another writes the core: wait until that has seen it. */
void coredump_park(void);
/* siglock held: the current thread will not park any more. */
void coredump_thread_gone(struct task_struct *t);
/* siglock held: SIGKILL for a process that writes its core stops the writing. */
void coredump_kill(struct task_struct *t);

#endif
