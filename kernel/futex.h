// SPDX-License-Identifier: MIT
/*
 * futex(2) without its argument decoding.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <lib/types.h>

struct futex_key;

#define FUTEX_BITSET_ANY        0xffffffffU
#define FUTEX_TID_MASK          0x3fffffffU
#define FUTEX_OWNER_DIED        0x40000000U
#define FUTEX_WAITERS           0x80000000U

void futex_init(void);

/* 0: woken; -EAGAIN: another value; -ETIMEDOUT, -ERESTARTSYS, -EFAULT, -EINVAL. */
int futex_wait(vaddr_t addr, bool private, u32 val, u32 bitset, u64 deadline_ns);

/* How many were woken, or moved, or -errno. */
int futex_wake(vaddr_t addr, bool private, int nr, u32 bitset);
int futex_wake_key(const struct futex_key *key, int nr, u32 bitset);
int futex_requeue(vaddr_t addr, bool private, vaddr_t to, bool to_private, int nr_wake,
		  int nr_move, const u32 *expected);
int futex_wake_op(vaddr_t addr, vaddr_t addr2, bool private, int nr_wake, int nr_wake2,
		  u32 encoded);

/* Locks with priority inheritance (futex_pi.c): 0 or -errno. */
int futex_lock_pi(vaddr_t addr, bool private, u64 deadline_ns, bool may_wait);
int futex_unlock_pi(vaddr_t addr, bool private);
int futex_wait_requeue_pi(vaddr_t addr, bool private, u32 val, u32 bitset, u64 deadline_ns,
			  vaddr_t addr2);
int futex_requeue_pi(vaddr_t addr, vaddr_t to, bool private, int nr_wake, int nr_move,
		     u32 expected);
/* The current task, whose program goes: hand over what it holds. */
struct task_struct;
void futex_pi_exit(struct task_struct *t);
/* @t's priority was changed from outside: so may be its place among those who wait. */
void futex_pi_priority_changed(struct task_struct *t);

#endif
