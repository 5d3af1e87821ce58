// SPDX-License-Identifier: MIT
/*
 * Gates: the part of sync.h's that waits or checks.
 *
 *	closer:  closed on top of the count;  asleep; look at the count
 *	leaver:  count - 1 → it was closed;   look for somebody asleep
 *
 * Always true: while it is closed nobody enters, so the count only falls but
 *              for those who are just finding out.
 * Lock: none; the count is one word, the queue has its own.
 */
#include <kernel/sync.h>

#include <kernel/sync_debug.h>

void gate_wait_empty(struct gate *g, struct wait_queue *wq)
{
	wait_event(wq, __atomic_load_n(&g->count, __ATOMIC_ACQUIRE) == GATE_CLOSED);
}

void gate_left_closed(struct wait_queue *wq)
{
	wake_up_all(wq);
}

void gate_debug_entered(void)
{
	sleep_lock_check(RANK_GATE, false);
	sleep_lock_push(RANK_GATE);
}

void gate_debug_left(void)
{
	sleep_lock_pop(RANK_GATE);
}
