// SPDX-License-Identifier: MIT
/*
 * Condition variables with priority-inheriting locks: FUTEX_WAIT_REQUEUE_PI
 * and FUTEX_CMP_REQUEUE_PI.
 *
 * A waiter sleeps on the condition's word and says which lock it wants
 * afterwards.  The broadcaster moves it there without waking it: the first
 * takes the lock if it is free, the rest queue up for it.
 *
 * Lock: the word of the lock (its page table), the condition's bucket, pi_mutex.
 */
#include <kernel/futex_pi.h>

#include <kernel/task.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

/* One broadcast under way. */
struct requeue {
	struct futex_key from, to;
	struct pi_lock *fresh;
	int limit;              /* waiters that may still be moved */
	int done;               /* woken or moved */
};

static enum pi_result move_some(struct requeue *r, struct user_word *uw, struct pi_owner owner,
				int *err);
static enum pi_result move_one(struct requeue *r, struct user_word *uw, struct futex_waiter *w,
			       struct pi_owner *owner, int *err);

int futex_wait_requeue_pi(vaddr_t addr, bool private, u32 val, u32 bitset, u64 deadline_ns,
			  vaddr_t addr2)
{
	struct pi_waiter pi = { .task = current };
	struct futex_waiter w = { .task = current, .bitset = bitset, .pi = &pi };
	int err;
	u32 seen;

	if (addr == addr2 || !bitset)
		return -EINVAL;
	err = futex_make_key(addr2, private, &pi.key);
	if (!err)
		err = futex_make_key(addr, private, &w.key);
	if (!err && futex_same_key(&w.key, &pi.key))
		err = -EINVAL;
	if (err)
		return err;
	futex_waiter_add(&w);
	err = user_load32(addr, &seen);
	if (!err && seen != val)
		err = -EAGAIN;
	if (!err)
		err = futex_sleep(&w.woken, deadline_ns);
	if (futex_waiter_remove(&w))
		return err == -ERESTARTSYS ? -ERESTARTNOINTR : err;
	if (pi.granted && !pi.lock)
		return 0;
	err = pi_wait(&pi, addr2, deadline_ns);
	/* Started anew, it would find another value in the condition's word. */
	return err == -EINTR ? -EAGAIN : err;
}

int futex_requeue_pi(vaddr_t addr, vaddr_t to, bool private, int nr_wake, int nr_move, u32 expected)
{
	struct requeue r = { .limit = nr_move };
	enum pi_result result = PI_AGAIN;
	struct futex_bucket *b;
	struct pi_owner owner;
	struct user_word uw;
	u32 seen;
	int err;

	if (nr_move < 0 || nr_wake != 1 || addr == to)
		return -EINVAL;
	err = futex_make_key(addr, private, &r.from);
	if (!err)
		err = futex_make_key(to, private, &r.to);
	if (err)
		return err;
	if (futex_same_key(&r.from, &r.to))
		return -EINVAL;
	r.limit += r.limit < 0x7fffffff;        /* the one that is woken */
	b = futex_bucket_of(&r.from);
	while (result == PI_AGAIN && !err) {
		err = user_load32(addr, &seen);
		if (!err && seen != expected)
			err = -EAGAIN;
		if (!err && !r.fresh) {
			r.fresh = pi_lock_alloc();
			err = r.fresh ? 0 : -ENOMEM;
		}
		if (err)
			break;
		err = pi_find_owner(to, &owner);
		if (!err)
			err = user_word_lock(to, &uw);
		if (!err) {
			spin_lock(&b->lock);
			spin_lock(&pi_mutex);
			result = move_some(&r, &uw, owner, &err);
			spin_unlock(&pi_mutex);
			spin_unlock(&b->lock);
			user_word_unlock(&uw);
		}
		if (owner.task)
			task_put(owner.task);
	}
	kfree(r.fresh);
	return err && (result == PI_FAILED || !r.done) ? err : r.done;
}

static enum pi_result move_some(struct requeue *r, struct user_word *uw, struct pi_owner owner,
				int *err)
{
	struct futex_waiter *w, *tmp;

	list_for_each_entry_safe(w, tmp, &futex_bucket_of(&r->from)->waiters, node) {
		enum pi_result result;

		if (!futex_same_key(&w->key, &r->from))
			continue;
		if (r->done >= r->limit)
			break;
		result = move_one(r, uw, w, &owner, err);
		if (result == PI_AGAIN || result == PI_FAILED)
			return result;
		r->done++;
	}
	return PI_QUEUED;
}

static enum pi_result move_one(struct requeue *r, struct user_word *uw, struct futex_waiter *w,
			       struct pi_owner *owner, int *err)
{
	enum pi_result result;

	if (!w->pi || !futex_same_key(&w->pi->key, &r->to)) {
		*err = -EINVAL;
		return PI_FAILED;
	}
	result = pi_attempt(uw, &r->to, w->pi, owner, &r->fresh, true, err);
	if (result == PI_TAKEN) {
		*owner = (struct pi_owner){ (u32)w->task->pid, w->task };
		w->pi->granted = true;
		futex_wake_one(w);
	} else if (result == PI_QUEUED) {
		list_del(&w->node);
		WRITE_ONCE(w->woken, true);
	}
	return result;
}
