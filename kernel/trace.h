// SPDX-License-Identifier: MIT
/*
 * Tracing of system calls to the log, one line each, as strace does:
 * boot with trace=PID or trace=COMM (task->thread.trace: kernel/ptrace.h).
 */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <lib/types.h>

struct task_struct;
struct trapframe;

/* "read"; "?" when Linux has none of that number. */
const char *syscall_name(unsigned long nr);

/* A line "comm[pid] name(args) = result" to the log. */
void trace_syscall(const struct trapframe *tf, unsigned long nr, const unsigned long args[6],
		   long ret);

/*
 * Before the call, for those that may not come back (exit, a long sleep): "comm[pid] name(args)
 * ...".
 */
void trace_syscall_enter(unsigned long nr, const unsigned long args[6]);

/* Whether the boot argument names @t: asked when a program starts (exec) and at fork. */
bool trace_wanted(const struct task_struct *t);

/*
 * A program asked for call @nr, which does not exist: one log line for each number, with `debug`.
 */
void trace_unknown(unsigned long nr);

#endif
