// SPDX-License-Identifier: MIT
/*
 * clone(2) and clone3(2) as programs call them, decoded for process_clone().
 *
 * Lock: none.
 */
#include <kernel/process.h>

#include <kernel/cred.h>
#include <kernel/signal_types.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

/* riscv64 passes tls before child_tid (CONFIG_CLONE_BACKWARDS). */
long sys_clone(const unsigned long *a)
{
	struct clone_args args = {
		.flags = (u32)a[0] & ~0xffUL,
		.exit_signal = (int)(a[0] & 0xff),
		.stack = a[1],
		.parent_tid = a[2],
		.pidfd = a[2],
		.tls = a[3],
		.child_tid = a[4],
	};

	return process_clone(&args);
}

/* struct clone_args of clone3(2), as version 0 (64 bytes) to 2 (88). */
struct user_clone_args {
	u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	u64 set_tid, set_tid_size, cgroup;
};

long sys_clone3(const unsigned long *a)
{
	struct user_clone_args u;
	struct clone_args args;
	size_t size = a[1];
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < 64)
		return -EINVAL;
	err = copy_struct_from_user(&u, sizeof(u), a[0], size);
	if (err)
		return err;
	if (u.set_tid || u.set_tid_size || (u.flags & (0xffUL | CLONE_DETACHED)) ||
	    u.flags >> 34 || u.exit_signal > NSIG)
		return -EINVAL;
	if ((u.flags & (CLONE_THREAD | CLONE_PARENT)) && u.exit_signal)
		return -EINVAL;
	if (!u.stack != !u.stack_size || !user_range_ok(u.stack, u.stack_size))
		return -EINVAL;
	args = (struct clone_args){
		.flags = u.flags, .pidfd = u.pidfd,
		.child_tid = u.child_tid, .parent_tid = u.parent_tid,
		.exit_signal = (int)u.exit_signal, .stack = u.stack + u.stack_size, .tls = u.tls,
	};
	return process_clone(&args);
}
