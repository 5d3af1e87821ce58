// SPDX-License-Identifier: MIT
/*
 * futex(2) as programs call it, and what a dying thread owes to others: the
 * locks it holds (its robust list) and the word that pthread_join waits for.
 *
 * The robust list lies in the program's memory and may be anything: it is
 * walked a bounded number of steps, and a word is changed only where it says
 * that this thread owns it.
 *
 * Lock: none of its own.
 */
#include <kernel/futex.h>

#include <kernel/clock.h>
#include <kernel/process.h>
#include <kernel/ptrace.h>
#include <kernel/sync.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

#define FUTEX_WAIT              0
#define FUTEX_WAKE              1
#define FUTEX_REQUEUE           3
#define FUTEX_CMP_REQUEUE       4
#define FUTEX_WAKE_OP           5
#define FUTEX_LOCK_PI           6
#define FUTEX_UNLOCK_PI         7
#define FUTEX_TRYLOCK_PI        8
#define FUTEX_WAIT_BITSET       9
#define FUTEX_WAKE_BITSET       10
#define FUTEX_WAIT_REQUEUE_PI   11
#define FUTEX_CMP_REQUEUE_PI    12
#define FUTEX_LOCK_PI2          13
#define FUTEX_PRIVATE_FLAG      128
#define FUTEX_CLOCK_REALTIME    256

#define ROBUST_LIST_LIMIT       2048

/* struct robust_list_head of get_robust_list(2). */
struct robust_head {
	vaddr_t next;
	s64 futex_offset;
	vaddr_t pending;
};

static long wait_restart(struct restart_block *rb);

/* restart.arg: address, private, value, bitset, deadline. */
static long wait_with_limit(vaddr_t addr, bool private, u32 val, u32 bitset, u64 deadline)
{
	struct restart_block *rb = &current->restart;
	int err = futex_wait(addr, private, val, bitset, deadline);

	if (err != -ERESTARTSYS || deadline == TIMER_NEVER)
		return err;
	rb->fn = wait_restart;
	rb->arg[0] = addr;
	rb->arg[1] = private;
	rb->arg[2] = val;
	rb->arg[3] = bitset;
	rb->arg[4] = deadline;
	return -ERESTART_RESTARTBLOCK;
}

static long wait_restart(struct restart_block *rb)
{
	return wait_with_limit(rb->arg[0], rb->arg[1], (u32)rb->arg[2], (u32)rb->arg[3],
			       rb->arg[4]);
}

/* FUTEX_WAIT's limit is a span, FUTEX_WAIT_BITSET's a moment. */
static int wait_deadline(vaddr_t from, int cmd, int op, u64 *deadline)
{
	struct timespec ts;
	int err;

	*deadline = TIMER_NEVER;
	if (!from)
		return 0;
	err = timespec_from_user(&ts, from);
	if (err)
		return err;
	if (cmd == FUTEX_WAIT)
		*deadline = time_ns() + timespec_to_ns(&ts);
	else
		*deadline = clock_to_monotonic(op & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME
									 : CLOCK_MONOTONIC,
					       timespec_to_ns(&ts));
	return 0;
}

long sys_futex(const unsigned long *a)
{
	int op = (int)a[1], cmd = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
	bool private = op & FUTEX_PRIVATE_FLAG;
	u32 val = (u32)a[2], val3 = (u32)a[5];
	u64 deadline;
	int err;

	if ((op & FUTEX_CLOCK_REALTIME) && cmd != FUTEX_WAIT_BITSET &&
	    cmd != FUTEX_WAIT_REQUEUE_PI && cmd != FUTEX_LOCK_PI2)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		err = wait_deadline(a[3], cmd, op, &deadline);
		if (err)
			return err;
		return wait_with_limit(a[0], private, val,
				       cmd == FUTEX_WAIT ? FUTEX_BITSET_ANY : val3, deadline);
	case FUTEX_WAKE:
		return futex_wake(a[0], private, (int)val, FUTEX_BITSET_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(a[0], private, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(a[0], private, a[4], private, (int)val, (int)a[3], NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(a[0], private, a[4], private, (int)val, (int)a[3], &val3);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		/* LOCK_PI's clock cannot be chosen: it shows the time of day. */
		err = wait_deadline(a[3], cmd,
				    cmd == FUTEX_LOCK_PI ? FUTEX_CLOCK_REALTIME : op, &deadline);
		if (!err)
			err = futex_lock_pi(a[0], private, deadline, true);
		return err == -EINTR ? -ERESTARTNOINTR : err;
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(a[0], private, TIMER_NEVER, false);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(a[0], private);
	case FUTEX_WAIT_REQUEUE_PI:
		err = wait_deadline(a[3], cmd, op, &deadline);
		return err ? err : futex_wait_requeue_pi(a[0], private, val, FUTEX_BITSET_ANY,
							 deadline, a[4]);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_requeue_pi(a[0], a[4], private, (int)val, (int)a[3], val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(a[0], a[4], private, (int)val, (int)a[3], val3);
	default:
		return -ENOSYS;
	}
}

long sys_set_robust_list(const unsigned long *a)
{
	if (a[1] != sizeof(struct robust_head))
		return -EINVAL;
	current->robust_list = a[0];
	return 0;
}

long sys_get_robust_list(const unsigned long *a)
{
	struct task_struct *t = current;
	vaddr_t head;
	bool may;

	if ((int)a[0]) {
		t = find_task((int)a[0]);
		if (!t)
			return -ESRCH;
		may = ptrace_may_access(t, PTRACE_MODE_REALCREDS);
		head = t->robust_list;
		task_put(t);
		if (!may)
			return -EPERM;
	} else {
		head = t->robust_list;
	}
	if (put_user(sizeof(struct robust_head), a[2]))
		return -EFAULT;
	return put_user(head, a[1]);
}

/* ------------------------------------------------ a thread's end */

/*
 * The owner of the lock word at @addr is dying: say so, and let one waiter
 * have it.  A priority-inheriting one is handed over by futex_pi_exit().
 */
static void robust_release(struct task_struct *t, vaddr_t addr, bool pi, bool pending)
{
	u32 old, seen;

	if (!IS_ALIGNED(addr, sizeof(u32)) || user_load32(addr, &old))
		return;
	/* It died between letting go of the lock and waking who waits. */
	if (pending && !pi && !old)
		futex_wake(addr, false, 1, FUTEX_BITSET_ANY);
	for (;;) {
		if ((old & FUTEX_TID_MASK) != (u32)t->pid)
			return;
		if (user_cmpxchg32(addr, old, (old & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen))
			return;
		if (seen == old)
			break;
		old = seen;
	}
	if (!pi && (old & FUTEX_WAITERS))
		futex_wake(addr, false, 1, FUTEX_BITSET_ANY);
}

/* Bit 0 of a link says that its lock is a priority-inheriting one. */
static void robust_walk(struct task_struct *t, vaddr_t list)
{
	struct robust_head head;
	vaddr_t link, next, pending;

	if (get_user(&head, list))
		return;
	pending = head.pending & ~1UL;
	link = head.next;
	for (int i = 0; (link & ~1UL) != list && i < ROBUST_LIST_LIMIT; i++) {
		vaddr_t entry = link & ~1UL;
		int err = get_user(&next, entry);

		if (entry != pending)
			robust_release(t, entry + (unsigned long)head.futex_offset, link & 1,
				       false);
		if (err)
			break;
		link = next;
	}
	if (pending)
		robust_release(t, pending + (unsigned long)head.futex_offset, head.pending & 1,
			       true);
}

void futex_exit(struct task_struct *t)
{
	vaddr_t tid = t->clear_child_tid, list = t->robust_list;

	t->robust_list = 0;
	t->clear_child_tid = 0;
	if (list)
		robust_walk(t, list);
	futex_pi_exit(t);
	/* Nobody else to see it when the address space goes too. */
	if (tid && atomic_read(&t->thread.mm->users) > 1 && !put_user(0, tid))
		futex_wake(tid, false, 1, FUTEX_BITSET_ANY);
}

void exec_mm_release(struct task_struct *t)
{
	if (t->thread.mm)
		futex_exit(t);
}
