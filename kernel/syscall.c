// SPDX-License-Identifier: MIT
/*
 * A system call: from its number to its handler.
 *
 * The arguments are read where the trap saved them; the handler's result goes
 * into the saved registers, and what must happen before the program goes on
 * (signals, another task's turn) is entry_user_work()'s.
 *
 * Always true: table[] has a handler in every entry; a number that Linux has
 * and we do not gives ENOSYS.
 */
#include <kernel/syscall.h>

#include <arch/trapframe.h>
#include <kernel/entry.h>
#include <kernel/task.h>
#include <kernel/trace.h>
#include <lib/errno.h>
#include <lib/string.h>

#define NR_SYSCALLS 512

static __noinline long no_syscall(const unsigned long *a);
static __noinline void traced_syscall(struct trapframe *tf, unsigned long nr);

static const syscall_fn table[NR_SYSCALLS] = {
#define SYSCALL(nr, name) [nr] = sys_##name,
#include <kernel/syscalls.list.h>
#undef SYSCALL
};

void entry_syscall(struct trapframe *tf)
{
	unsigned long nr = tf_nr(tf);
	syscall_fn fn;

	if (unlikely(current->trace)) {
		traced_syscall(tf, nr);
		return;
	}
	fn = likely(nr < NR_SYSCALLS) ? table[nr] : NULL;
	if (unlikely(!fn))
		fn = no_syscall;
	tf_set_ret(tf, fn(tf_args(tf)));
}

static long no_syscall(const unsigned long *a)
{
	trace_unknown(tf_nr(task_trapframe(current)));
	return -ENOSYS;
}

/* The handler gets a copy: the line shows the arguments of an exec as they were. */
static void traced_syscall(struct trapframe *tf, unsigned long nr)
{
	syscall_fn fn = nr < NR_SYSCALLS && table[nr] ? table[nr] : no_syscall;
	unsigned long args[6];
	long ret;

	memcpy(args, tf_args(tf), sizeof(args));
	trace_syscall_enter(nr, args);
	ret = fn(args);
	tf_set_ret(tf, ret);
	trace_syscall(tf, nr, args, ret);
}
