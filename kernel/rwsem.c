// SPDX-License-Identifier: MIT
/*
 * Readers or one writer, asleep while they wait.
 *
 * Without waiters each operation is one atomic on count.  Waiters stand in
 * one queue in order of arrival and are given the lock by whoever releases it:
 * a writer at the head holds back every reader that comes later, and a reader
 * at the head takes all readers up to the next writer with it.
 *
 * Who finds nobody in the queue looks at count for a moment before it joins: most
 * holders are done sooner than a sleep and a wake-up take, and a queue that never
 * empties makes every holder pay for both.
 *
 *   releaser: change count; look at waiting        both sequentially consistent:
 *   waiter:   waiting++;    look at count          one of the two sees the other
 *
 * Always true: a waiter off the list owns the lock.
 * Lock:        wq.lock guards the list (of struct waiter, not wait_entry) and
 *              changes of waiting.
 */
#include <kernel/sync.h>

#include <arch/cpu.h>
#include <arch/time.h>
#include <kernel/sync_debug.h>
#include <kernel/task.h>

#define SPIN_NS 50000           /* about what a sleep and a wake-up by another hart cost */

struct waiter {
	struct list_head node;
	struct task_struct *task;
	bool write;
	bool granted;           /* [wq.lock] */
};

static int lock_slow(struct rwsem *s, bool write, enum task_state state);
static void grant(struct rwsem *s);

void rwsem_init(struct rwsem *s, enum lock_rank rank)
{
	s->count = 0;
	s->waiting = 0;
	s->rank = (u16)rank;
	s->writer = NULL;
	wait_queue_init(&s->wq);
}

/* Take it if count allows, whoever waits. */
static bool try_count(struct rwsem *s, bool write)
{
	s32 seen = __atomic_load_n(&s->count, __ATOMIC_SEQ_CST);

	do {
		if (write ? seen != 0 : seen < 0)
			return false;
	} while (!__atomic_compare_exchange_n(&s->count, &seen, write ? -1 : seen + 1, true,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return true;
}

static bool try_fast(struct rwsem *s, bool write)
{
	return !__atomic_load_n(&s->waiting, __ATOMIC_RELAXED) && try_count(s, write);
}

/* The holder may be about to be done, on another hart.  True: taken. */
static __noinline bool spin_a_moment(struct rwsem *s, bool write)
{
	u64 end = time_ns() + SPIN_NS;

	while (!READ_ONCE(s->waiting) && !(READ_ONCE(current_thread()->work) & WORK_RESCHED)) {
		s32 seen = READ_ONCE(s->count);

		if ((write ? seen == 0 : seen >= 0) && try_fast(s, write))
			return true;
		if (time_ns() >= end)
			break;
		cpu_relax();
	}
	return false;
}

static void taken(struct rwsem *s, bool write)
{
	if (!DEBUG)
		return;
	if (write)
		s->writer = current;
	sleep_lock_push(s->rank);
}

static int lock_common(struct rwsem *s, bool write, enum task_state state, bool nested)
{
	int err = 0;

	if (DEBUG)
		sleep_lock_check(s->rank, nested);
	if (unlikely(!try_fast(s, write)) && !(nr_harts > 1 && spin_a_moment(s, write)))
		err = lock_slow(s, write, state);
	if (!err)
		taken(s, write);
	return err;
}

void down_read_slow(struct rwsem *s)
{
	lock_common(s, false, TASK_UNINTERRUPTIBLE, false);
}

int down_read_killable(struct rwsem *s)
{
	return lock_common(s, false, TASK_KILLABLE, false);
}

void down_write(struct rwsem *s)
{
	lock_common(s, true, TASK_UNINTERRUPTIBLE, false);
}

void down_write_nested(struct rwsem *s)
{
	lock_common(s, true, TASK_UNINTERRUPTIBLE, true);
}

int down_write_killable_slow(struct rwsem *s)
{
	return lock_common(s, true, TASK_KILLABLE, false);
}

bool down_read_trylock(struct rwsem *s)
{
	if (!try_fast(s, false))
		return false;
	taken(s, false);
	return true;
}

bool down_write_trylock(struct rwsem *s)
{
	if (!try_fast(s, true))
		return false;
	taken(s, true);
	return true;
}

static int lock_slow(struct rwsem *s, bool write, enum task_state state)
{
	struct waiter w = { .task = current, .write = write };
	unsigned long flags = spin_lock_irqsave(&s->wq.lock);
	int err = 0;

	if (DEBUG && s->writer == current)
		panic("rwsem %p of rank %u: its writer waits for it", (void *)s, s->rank);
	list_add_tail(&w.node, &s->wq.waiters);
	__atomic_fetch_add(&s->waiting, 1, __ATOMIC_SEQ_CST);
	grant(s);
	while (!w.granted) {
		if (state == TASK_KILLABLE && fatal_signal_pending()) {
			list_del(&w.node);
			__atomic_fetch_sub(&s->waiting, 1, __ATOMIC_SEQ_CST);
			grant(s);       /* those that stood behind it */
			err = -EINTR;
			break;
		}
		set_current_state(state);
		spin_unlock_irqrestore(&s->wq.lock, flags);
		if (state != TASK_KILLABLE || !fatal_signal_pending())
			schedule();
		set_current_state(TASK_RUNNING);
		flags = spin_lock_irqsave(&s->wq.lock);
	}
	spin_unlock_irqrestore(&s->wq.lock, flags);
	return err;
}

/* Give the lock to as many from the head of the queue as may have it together. */
static void grant(struct rwsem *s)
{
	while (!list_empty(&s->wq.waiters)) {
		struct waiter *w = list_first_entry(&s->wq.waiters, struct waiter, node);
		bool write = w->write;

		if (!try_count(s, write))
			return;
		list_del(&w->node);
		__atomic_fetch_sub(&s->waiting, 1, __ATOMIC_SEQ_CST);
		w->granted = true;
		if (w->task != current)
			wake_up_process(w->task);
		if (write)
			return;
	}
}

void rwsem_release_slow(struct rwsem *s)
{
	unsigned long flags = spin_lock_irqsave(&s->wq.lock);

	grant(s);
	spin_unlock_irqrestore(&s->wq.lock, flags);
}

void up_read_checked(struct rwsem *s)
{
	s32 left;

	sleep_lock_pop(s->rank);
	left = __atomic_sub_fetch(&s->count, 1, __ATOMIC_SEQ_CST);
	assert(left >= 0);
	if (left == 0 && unlikely(__atomic_load_n(&s->waiting, __ATOMIC_SEQ_CST)))
		rwsem_release_slow(s);
}

void up_write_checked(struct rwsem *s)
{
	sleep_lock_pop(s->rank);
	assert(s->count == -1);
	s->writer = NULL;
	__atomic_store_n(&s->count, 0, __ATOMIC_SEQ_CST);
	if (unlikely(__atomic_load_n(&s->waiting, __ATOMIC_SEQ_CST)))
		rwsem_release_slow(s);
}

bool rwsem_held(const struct rwsem *s)
{
	return !DEBUG || READ_ONCE(s->count) != 0;
}

bool rwsem_held_write(const struct rwsem *s)
{
	return !DEBUG || READ_ONCE(s->count) == -1;
}
