// SPDX-License-Identifier: MIT
/*
 * Mutexes: one holder, others sleep.
 *
 * The word says whether the unlocker must wake anybody, so that a mutex
 * without contention costs one atomic each way.  A waiter that is woken does
 * not own the mutex: it competes, which keeps the mutex in use while the
 * woken one is still on its way.  It takes it with 2 (waited for) because it
 * cannot know whether it was the last; the price is one wake-up of nobody.
 *
 * Always true: word 1: nobody sleeps for it.
 * Lock:        the word itself; the wait queue has its own.
 */
#include <kernel/sync.h>

#include <kernel/sync_debug.h>
#include <kernel/task.h>

static int lock_slow(struct mutex *m, enum task_state state);
static int lock_common(struct mutex *m, enum task_state state, bool nested);

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	m->word = 0;
	m->rank = (u16)rank;
	m->owner = NULL;
	wait_queue_init(&m->wq);
}

void mutex_lock_slow(struct mutex *m)
{
	lock_common(m, TASK_UNINTERRUPTIBLE, false);
}

void mutex_lock_nested(struct mutex *m)
{
	lock_common(m, TASK_UNINTERRUPTIBLE, true);
}

int mutex_lock_interruptible(struct mutex *m)
{
	return lock_common(m, TASK_INTERRUPTIBLE, false);
}

static bool take_free(struct mutex *m)
{
	u32 expected = 0;

	return __atomic_compare_exchange_n(&m->word, &expected, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static void taken(struct mutex *m)
{
	if (!DEBUG)
		return;
	m->owner = current;
	sleep_lock_push(m->rank);
}

static int lock_common(struct mutex *m, enum task_state state, bool nested)
{
	int err = 0;

	if (DEBUG)
		sleep_lock_check(m->rank, nested);
	if (!take_free(m))
		err = lock_slow(m, state);
	if (!err)
		taken(m);
	return err;
}

static int lock_slow(struct mutex *m, enum task_state state)
{
	struct wait_entry w;
	int err = 0;

	if (DEBUG && m->owner == current)
		panic("mutex %p of rank %u: its holder waits for it", (void *)m, m->rank);
	wait_entry_init(&w);
	w.exclusive = true;
	for (;;) {
		wait_prepare(&m->wq, &w, state);
		if (__atomic_exchange_n(&m->word, 2, __ATOMIC_SEQ_CST) == 0)
			break;
		if (state == TASK_INTERRUPTIBLE && signal_pending()) {
			err = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	wait_finish(&m->wq, &w);
	if (err)
		wake_up(&m->wq);        /* it may have been this waiter's turn */
	return err;
}

bool mutex_trylock(struct mutex *m)
{
	if (!take_free(m))
		return false;
	taken(m);
	return true;
}

void mutex_unlock_checked(struct mutex *m)
{
	if (sched_ready && m->owner != current)
		panic("mutex %p of rank %u: unlocked by another than its holder", (void *)m,
		      m->rank);
	sleep_lock_pop(m->rank);
	m->owner = NULL;
	if (__atomic_exchange_n(&m->word, 0, __ATOMIC_SEQ_CST) == 2)
		mutex_release_slow(m);
}

void mutex_release_slow(struct mutex *m)
{
	wake_up(&m->wq);
}

bool mutex_held(const struct mutex *m)
{
	return !DEBUG || m->owner == current;
}
