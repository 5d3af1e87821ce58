// SPDX-License-Identifier: MIT
/*
 * Locks that lend their holder the priority of who waits: inside the kernel.
 */
#ifndef KERNEL_FUTEX_PI_H
#define KERNEL_FUTEX_PI_H

#include <kernel/futex_internal.h>
#include <lib/list.h>

struct pi_lock;
struct user_word;

/* One thread that waits for a lock; on its stack.  [p] pi_mutex */
struct pi_waiter {
	struct list_head node;          /* [p] in lock->waiters, the most urgent first */
	struct task_struct *task;       /* [c] */
	struct pi_lock *lock;           /* [p] NULL: not queued, or granted and done with */
	struct futex_key key;           /* [c] of the lock that WAIT_REQUEUE_PI names */
	bool granted;                   /* [p] the lock is its */
	bool orphaned;                  /* [p] the last owner died: the word is ours to mend */
};

/* RANK_FUTEX_PI: every pi_lock, their waiters, task_struct.pi_held and pi_blocked. */
extern struct spinlock pi_mutex;

/* What pi_attempt() came to. */
enum pi_result {
	PI_TAKEN,       /* the word says that the lock is ours */
	PI_QUEUED,      /* wait for it */
	PI_AGAIN,       /* something changed: from the start */
	PI_FAILED,      /* *err says why */
};

/* Whom a word named when it was looked at. */
struct pi_owner {
	u32 seen;                       /* the word */
	struct task_struct *task;       /* NULL: nobody, or one who is gone */
};

/*
 * Take the lock whose word is held in @uw for @w->task, or queue @w.  @owner: as pi_find_owner()
 * left it; *fresh, a pi_lock, is used and cleared when there was none yet.
 * @may_wait false: -EAGAIN instead of queueing.  pi_mutex held.
 */
enum pi_result pi_attempt(struct user_word *uw, const struct futex_key *key, struct pi_waiter *w,
			  const struct pi_owner *owner, struct pi_lock **fresh, bool may_wait,
			  int *err);

struct pi_lock *pi_lock_alloc(void);

/* Sleep until @w has its lock; the word is at @addr.  0, -EINTR, -ETIMEDOUT, -EFAULT. */
int pi_wait(struct pi_waiter *w, vaddr_t addr, u64 deadline_ns);

/* Read the word at @addr, and find the thread that it names, with a reference.  -EFAULT. */
int pi_find_owner(vaddr_t addr, struct pi_owner *owner);

#endif
