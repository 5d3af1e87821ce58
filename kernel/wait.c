// SPDX-License-Identifier: MIT
/*
 * Wait queues: tasks that sleep until somebody says that something changed.
 *
 * Nothing is lost, because each side writes before it looks:
 *
 *   sleeper: on the queue; state = asleep; fence; look at the condition
 *   waker:   condition true;               fence; look at the queue
 *
 * An entry whose wake-up succeeded leaves the queue by the waker's hand, after
 * the waker is done with it: a sleeper that finds itself off the queue may go
 * on without the lock, and its stack with the entry may be reused.
 *
 * Lock: wait_queue.lock, interrupts off, guards the list; waking is done under
 *       it (RANK_WAIT -> RANK_RQ).
 */
#include <kernel/sync.h>

#include <kernel/task.h>

static bool wake_default(struct wait_entry *w, unsigned long key);
static void wake_some(struct wait_queue *wq, int exclusive, unsigned long key);

void wait_queue_init(struct wait_queue *wq)
{
	spin_lock_init(&wq->lock, RANK_WAIT);
	INIT_LIST_HEAD(&wq->waiters);
}

void wait_entry_init(struct wait_entry *w)
{
	INIT_LIST_HEAD(&w->node);
	w->task = current;
	w->wake = wake_default;
	w->exclusive = false;
}

void set_current_state(enum task_state state)
{
	__atomic_store_n(&current->state, (u32)state, __ATOMIC_SEQ_CST);
	smp_mb();
}

/* Exclusive waiters stand behind the others, so that waking one of them wakes all of those. */
void wait_prepare(struct wait_queue *wq, struct wait_entry *w, enum task_state state)
{
	unsigned long flags = spin_lock_irqsave(&wq->lock);

	if (list_empty(&w->node)) {
		if (w->exclusive)
			list_add_tail(&w->node, &wq->waiters);
		else
			list_add(&w->node, &wq->waiters);
	}
	WRITE_ONCE(current->state, (u32)state);
	spin_unlock_irqrestore(&wq->lock, flags);
	smp_mb();
}

void wait_finish(struct wait_queue *wq, struct wait_entry *w)
{
	WRITE_ONCE(current->state, TASK_RUNNING);
	/* Both links: the waker's last store is to prev. */
	if (__atomic_load_n(&w->node.next, __ATOMIC_ACQUIRE) != &w->node ||
	    __atomic_load_n(&w->node.prev, __ATOMIC_ACQUIRE) != &w->node)
		wait_remove(wq, w);
}

void wait_add(struct wait_queue *wq, struct wait_entry *w)
{
	unsigned long flags = spin_lock_irqsave(&wq->lock);

	if (w->exclusive)
		list_add_tail(&w->node, &wq->waiters);
	else
		list_add(&w->node, &wq->waiters);
	spin_unlock_irqrestore(&wq->lock, flags);
	smp_mb();
}

void wait_remove(struct wait_queue *wq, struct wait_entry *w)
{
	unsigned long flags = spin_lock_irqsave(&wq->lock);

	if (!list_empty(&w->node))
		list_del_init(&w->node);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up(struct wait_queue *wq)
{
	wake_some(wq, 1, 0);
}

void wake_up_all(struct wait_queue *wq)
{
	wake_some(wq, -1, 0);
}

void wake_up_key(struct wait_queue *wq, unsigned long key)
{
	wake_some(wq, 1, key);
}

/* @exclusive: how many exclusive waiters to use up; -1: all. */
static void wake_some(struct wait_queue *wq, int exclusive, unsigned long key)
{
	struct wait_entry *w, *tmp;
	unsigned long flags;

	smp_mb();
	if (list_empty(&wq->waiters))
		return;
	flags = spin_lock_irqsave(&wq->lock);
	list_for_each_entry_safe(w, tmp, &wq->waiters, node) {
		bool counts = w->exclusive;     /* a woken entry may be gone at once */

		if (w->wake(w, key) && counts && --exclusive == 0)
			break;
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}

static bool wake_default(struct wait_entry *w, unsigned long key)
{
	if (!wake_up_process(w->task))
		return false;
	w->node.prev->next = w->node.next;
	w->node.next->prev = w->node.prev;
	smp_store_release(&w->node.next, &w->node);
	smp_store_release(&w->node.prev, &w->node);
	return true;
}
