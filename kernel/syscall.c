// SPDX-License-Identifier: MIT
/*
 * A system call: from its number to its handler.
 *
 * The arguments are read where the trap saved them; the handler's result is handed
 * back to the trap, which saves it, so that the handler can be jumped to.  What must
 * happen before the program goes on (signals, another task's turn) is entry_user_work()'s.
 *
 * Always true: table[] has a handler in every entry; a number that Linux has
 * and we do not gives ENOSYS.
 */
#include <kernel/syscall.h>

#include <arch/trapframe.h>
#include <kernel/entry.h>
#include <kernel/ptrace.h>
#include <kernel/task.h>
#include <kernel/trace.h>
#include <lib/errno.h>

#define NR_SYSCALLS 512

static __noinline long no_syscall(const unsigned long *a);
static __noinline long traced_syscall(struct trapframe *tf, unsigned long nr);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"        /* the list's over no_syscall */
static const syscall_fn table[NR_SYSCALLS + 1] = {
	[0 ... NR_SYSCALLS] = no_syscall,
#define SYSCALL(nr, name) [nr] = sys_##name,
#include <kernel/syscalls.list.h>
#undef SYSCALL
};
#pragma GCC diagnostic pop

static inline syscall_fn handler_of(unsigned long nr)
{
	return table[likely(nr < NR_SYSCALLS) ? nr : NR_SYSCALLS];
}

long entry_syscall(const unsigned long *args, unsigned long nr)
{
	if (unlikely(current->trace))
		return traced_syscall(task_trapframe(current), nr);
	return handler_of(nr)(args);
}

static long no_syscall(const unsigned long *a)
{
	trace_unknown(tf_nr(task_trapframe(current)));
	return -ENOSYS;
}

/* The handler gets a copy: the line shows the arguments of an exec as they were. */
static long logged_call(const struct trapframe *tf, syscall_fn fn, unsigned long nr,
			unsigned long *args)
{
	long ret;

	trace_syscall_enter(nr, args);
	ret = fn(args);
	trace_syscall(tf, nr, args, ret);
	return ret;
}

/*
 * Its tracer may change the number, and before that sees what an unknown one would give; and the
 * result at last.
 */
static __noinline long traced_syscall(struct trapframe *tf, unsigned long nr)
{
	unsigned long args[6];
	syscall_fn fn;

	if (current->trace & TRACE_PTRACE) {
		tf_set_ret(tf, -ENOSYS);
		if (!ptrace_syscall_enter())
			return (long)tf_ret(tf);
		nr = tf_nr(tf);
	}
	if (nr != ~0UL) {
		fn = handler_of(nr);
		for (int i = 0; i < 6; i++)
			args[i] = tf_arg(tf, i);
		tf_set_ret(tf, current->trace & TRACE_LOG ? logged_call(tf, fn, nr, args)
							  : fn(args));
	}
	if (current->trace & TRACE_PTRACE)
		ptrace_syscall_exit();
	return (long)tf_ret(tf);
}
