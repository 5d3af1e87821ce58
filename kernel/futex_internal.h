// SPDX-License-Identifier: MIT
/*
 * What the futex*.c files share and nobody else needs.
 */
#ifndef KERNEL_FUTEX_INTERNAL_H
#define KERNEL_FUTEX_INTERNAL_H

#include <kernel/futex.h>
#include <kernel/sync.h>
#include <lib/list.h>

struct pi_waiter;
struct task_struct;

struct futex_key {
	const void *object;             /* mm_struct or address_space */
	unsigned long place;            /* address, or byte in the object */
};

struct futex_bucket {
	struct spinlock lock;           /* RANK_FUTEX: the chain and its waiters' keys */
	struct list_head waiters;
	struct hlist_head pi_locks;     /* pi_mutex: those that are waited for */
};

struct futex_waiter {
	struct list_head node;          /* [b] */
	struct futex_key key;           /* [b] requeue changes it */
	struct futex_bucket *bucket;    /* [b] where it is; written under both buckets' locks */
	struct task_struct *task;
	u32 bitset;
	bool woken;                     /* [b] */
	bool *any_woken;                /* [c] waitv: set with any of many; or NULL */
	/* FUTEX_WAIT_REQUEUE_PI: where it stands once it is moved to a lock, else NULL */
	struct pi_waiter *pi;
};

/* -EINVAL: not aligned; -EFAULT: nothing mapped there. */
int futex_make_key(vaddr_t addr, bool private, struct futex_key *key);
struct futex_bucket *futex_bucket_of(const struct futex_key *key);

static inline bool futex_same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->object == b->object && a->place == b->place;
}

void futex_waiter_add(struct futex_waiter *w);
/* Out of its chain, if it is still there.  False: it was woken, or moved to a lock. */
bool futex_waiter_remove(struct futex_waiter *w);
/* Sleep until *@woken.  0, -ERESTARTSYS, -ETIMEDOUT. */
int futex_sleep(const bool *woken, u64 deadline_ns);
/* Bucket locked: out of its chain, and awake. */
void futex_wake_one(struct futex_waiter *w);

#endif
