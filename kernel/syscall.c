// SPDX-License-Identifier: MIT
/*
 * A system call: from its number to its handler.
 *
 * Most are called by the trap itself, from the table (entry.h); here is what goes the
 * long way: a traced program's, those that need all of its registers, and numbers
 * that Linux has and we do not, which give ENOSYS.  What must happen before the
 * program goes on (signals, another task's turn) is entry_user_work()'s.
 */
#include <kernel/syscall.h>

#include <arch/trapframe.h>
#include <kernel/entry.h>
#include <kernel/ptrace.h>
#include <kernel/task.h>
#include <kernel/trace.h>
#include <lib/errno.h>

static __noinline long traced_syscall(struct trapframe *tf);

const syscall_fn syscall_table[NR_SYSCALLS] = {
#define SYSCALL(nr, name) [nr] = sys_##name,
#define SYSCALL_WHOLE(nr, name)
#include <kernel/syscalls.list.h>
#undef SYSCALL_WHOLE
#undef SYSCALL
};

static long not_in_table(unsigned long nr, const unsigned long *args)
{
	switch (nr) {
#define SYSCALL(nr, name)
#define SYSCALL_WHOLE(nr, name) case nr: return sys_##name(args);
#include <kernel/syscalls.list.h>
#undef SYSCALL_WHOLE
#undef SYSCALL
	default:
		trace_unknown(nr);
		return -ENOSYS;
	}
}

static long call(unsigned long nr, const unsigned long *args)
{
	syscall_fn fn = nr < NR_SYSCALLS ? syscall_table[nr] : NULL;

	return fn ? fn(args) : not_in_table(nr, args);
}

long entry_syscall_whole(struct trapframe *tf)
{
	if (unlikely(current->thread.trace & TRACE_FLAGS))
		return traced_syscall(tf);
	return call(tf_nr(tf), tf_args(tf));    /* of the table, too: its tracer went just now */
}

/* The handler gets a copy: the line shows the arguments of an exec as they were. */
static long logged_call(const struct trapframe *tf, unsigned long nr, unsigned long *args)
{
	long ret;

	trace_syscall_enter(nr, args);
	ret = call(nr, args);
	trace_syscall(tf, nr, args, ret);
	return ret;
}

/*
 * Its tracer may change the number, and before that sees what an unknown one would give; and the
 * result at last.
 */
static __noinline long traced_syscall(struct trapframe *tf)
{
	unsigned long nr = tf_nr(tf), args[6];

	if (current->thread.trace & TRACE_PTRACE) {
		tf_set_ret(tf, -ENOSYS);
		if (!ptrace_syscall_enter())
			return (long)tf_ret(tf);
		nr = tf_nr(tf);
	}
	if (nr != ~0UL) {
		for (int i = 0; i < 6; i++)
			args[i] = tf_arg(tf, i);
		tf_set_ret(tf, current->thread.trace & TRACE_LOG ? logged_call(tf, nr, args)
								 : call(nr, args));
	}
	if (current->thread.trace & TRACE_PTRACE)
		ptrace_syscall_exit();
	return (long)tf_ret(tf);
}
