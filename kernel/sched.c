// SPDX-License-Identifier: MIT
/*
 * The scheduler: which task a hart runs, and the switch to it.
 *
 * Each hart has a run queue, ordered by virtual time: the nanoseconds a task
 * has run, stretched by its weight, so that the one that has had least of its
 * share is leftmost and runs next.  Real-time tasks stand before all others,
 * by priority.  The running task is not in the tree.  A program is preempted
 * on its way back from a trap (WORK_RESCHED); the kernel itself never is.
 *
 *   sleeping ──wake──► placed on a hart (sched_place.c) ──► queued ⇄ running
 *       ▲                                                              │
 *       └────────────────── schedule() with state not RUNNING ─────────┘
 *
 * The queue stays locked across thread_switch() and is unlocked by the next
 * task: who holds the lock of a task's hart sees it either running or fully
 * switched out, so a sleeper can be moved to another hart at once.
 *
 * Address spaces are switched only when they differ.  A kernel thread leaves
 * the tables of whoever ran before in place and holds that mm_struct.
 *
 * Always true: on_rq = queued or running; thread.hart names the hart whose
 *              lock guards the task's scheduling fields.
 * Lock:        rq.lock.  Two of them: in order of address, or the second by
 *              trylock.
 */
#include <kernel/sched.h>

#include <arch/mmu.h>
#include <arch/time.h>
#include <kernel/rq.h>
#include <kernel/rseq.h>
#include <kernel/signal_types.h>
#include <kernel/sync_debug.h>
#include <kernel/time.h>
#include <lib/avl_inline.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/uaccess.h>
#include <mm/vmalloc.h>

struct rq rqs[NR_HARTS_MAX];
unsigned long idle_harts;
atomic_t nr_stopped;
unsigned int sched_slice_ns = 3000000;
bool sched_ready;

static __noinline void rq_mend(struct rq *rq, struct avl_node *from);
static struct task_struct *pick_next(struct rq *rq, struct task_struct *prev);
static void switch_mm(struct rq *rq, struct mm_struct *next);
static void finish_switch(struct task_struct *prev);

#define NICE_0_WEIGHT   1024
#define ALONE_TICK_NS   (10 * NSEC_PER_MSEC)    /* to tell user from system time; CPU-time limits */

/* ------------------------------------------------------- the queue */

bool task_before(const struct task_struct *a, const struct task_struct *b)
{
	if (unlikely(a->rt_priority != b->rt_priority))
		return a->rt_priority > b->rt_priority;
	return (s64)(a->vruntime - b->vruntime) < 0;
}

void rq_enqueue(struct rq *rq, struct task_struct *t)
{
	struct avl_node **link = &rq->queue.node, *parent = NULL;
	bool leftmost = true;

	assert_held(&rq->lock);
	t->on_rq = 1;
	rq->nr_queued++;
	rq->weight_queued += t->weight;
	while (*link) {
		parent = *link;
		if (task_before(t, rq_task(parent))) {
			link = &parent->left;
		} else {
			link = &parent->right;
			leftmost = false;
		}
	}
	if (leftmost)
		rq->first = &t->rq_node;
	avl_put_inline(&t->rq_node, parent, link, NULL);
	if (parent)
		rq_mend(rq, parent);
}

__noinline void rq_dequeue(struct rq *rq, struct task_struct *t)
{
	struct avl_node *n = &t->rq_node, *heir;

	assert_held(&rq->lock);
	rq->nr_queued--;
	rq->weight_queued -= t->weight;
	if (rq->first == n)     /* nothing is left of it, and at most one leaf right */
		rq->first = n->right ? n->right : n->parent;
	n = avl_take_inline(&rq->queue, n, &heir);
	if (n)
		rq_mend(rq, n);
}

/* Apart, for most queues hold one task at most. */
static void rq_mend(struct rq *rq, struct avl_node *from)
{
	avl_mend_inline(&rq->queue, from, NULL);
}

void rq_account(struct rq *rq, u64 now)
{
	struct task_struct *t = rq->curr;
	u64 ran = now - t->exec_start;

	assert_held(&rq->lock);
	t->exec_start = now;
	if (unlikely(t == rq->idle)) {
		rq->times.idle_ns += ran;
		return;
	}
	t->sum_exec_ns += ran;
	if (t->in_system) {
		t->stime_ns += ran;
		rq->times.system_ns += ran;
	} else {
		t->utime_ns += ran;
		rq->times.user_ns += ran;
	}
	t->vruntime += likely(t->weight == NICE_0_WEIGHT) ? ran : ran * NICE_0_WEIGHT / t->weight;
	if (!t->rt_priority && (s64)(t->vruntime - rq->min_vruntime) > 0) {
		u64 min_vr = t->vruntime;

		if (rq->first && (s64)(rq_task(rq->first)->vruntime - min_vr) < 0 &&
		    !rq_task(rq->first)->rt_priority)
			min_vr = rq_task(rq->first)->vruntime;
		if ((s64)(min_vr - rq->min_vruntime) > 0)
			rq->min_vruntime = min_vr;
	}
}

void rq_rebase(struct task_struct *t, const struct rq *from, const struct rq *to)
{
	t->vruntime += READ_ONCE(to->min_vruntime) - from->min_vruntime;
}

void rq_resched(struct rq *rq)
{
	struct thread *t = &rq->curr->thread;

	assert_held(&rq->lock);
	if (__atomic_fetch_or(&t->work, WORK_RESCHED, __ATOMIC_SEQ_CST) & WORK_RESCHED)
		return;
	if (rq->hart != hart_id())
		ipi_reschedule(rq->hart);
}

/* ------------------------------------------------------- the switch */

void schedule(void)
{
	struct task_struct *prev = current, *next;
	struct rq *rq;
	u64 now;

	if (DEBUG && !(prev->flags & PF_IDLE))
		might_sleep();
	prev->wait_pc = (vaddr_t)__builtin_return_address(0);
	irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	if (prev->thread.work & WORK_RESCHED)
		__atomic_fetch_and(&prev->thread.work, ~WORK_RESCHED, __ATOMIC_SEQ_CST);
	now = time_ns();
	rq_account(rq, now);
	if (prev->state != TASK_RUNNING) {
		if (prev->state == TASK_INTERRUPTIBLE && (prev->thread.work & WORK_SIGNAL)) {
			prev->state = TASK_RUNNING;
		} else {
			prev->on_rq = 0;
			prev->nvcsw++;
			rq->nr_uninterruptible += prev->state == TASK_UNINTERRUPTIBLE;
			if (unlikely(prev->state == TASK_STOPPED))
				atomic_inc(&nr_stopped);
		}
	}
	next = pick_next(rq, prev);
	rq->curr_since = now;
	if (next != rq->idle)
		timer_need_tick(now + (rq->nr_queued ? sched_slice_ns : ALONE_TICK_NS));
	if (next == prev) {
		spin_unlock(&rq->lock);
		irq_enable();
		return;
	}
	if (prev->on_rq)
		prev->nivcsw++;
	next->exec_start = now;
	next->on_cpu = 1;
	rq->curr = next;
	rq->nr_switches++;
	switch_mm(rq, next->thread.mm);
	finish_switch((struct task_struct *)thread_switch(&prev->thread, &next->thread));
}

/*
 * @prev still on_rq wants to go on.  The one returned is off the queue.
 */
static struct task_struct *pick_next(struct rq *rq, struct task_struct *prev)
{
	struct task_struct *next = rq->first ? rq_task(rq->first) : NULL;

	if (prev == rq->idle) {
		if (!next)
			next = sched_pull(rq, 1);
		else
			rq_dequeue(rq, next);
		if (!next) {
			set_bit(rq->hart, &idle_harts);
			return prev;
		}
		clear_bit(rq->hart, &idle_harts);
		return next;
	}
	if (prev->on_rq) {
		if (unlikely(!(prev->hart_mask & BIT(rq->hart)))) {
			prev->on_rq = 0;
			rq->push = prev;
		} else if (!next || !task_before(next, prev) ||
			   (prev->policy == SCHED_FIFO && next->rt_priority <= prev->rt_priority)) {
			return prev;
		} else {
			rq_dequeue(rq, next);
			rq_enqueue(rq, prev);
			return next;
		}
	}
	if (next) {
		rq_dequeue(rq, next);
		return next;
	}
	next = sched_pull(rq, 1);
	if (next)
		return next;
	set_bit(rq->hart, &idle_harts);
	return rq->idle;
}

static void switch_mm(struct rq *rq, struct mm_struct *next)
{
	struct mm_struct *old = rq->loaded;

	if (!next) {
		if (old && !rq->lazy) {
			mm_hold(old);
			rq->lazy = true;
		}
		return;
	}
	if (next != old) {
		mmu_switch(&next->context, next->pgd);
		if (old)
			mmu_leave(&old->context);
		rq->loaded = next;
	}
	if (rq->lazy) {
		rq->lazy = false;
		rq->drop_mm = old;
	}
}

/* In the next task, on the hart that @prev left. */
static void finish_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	struct mm_struct *drop = rq->drop_mm;
	struct task_struct *push = rq->push;
	bool gone = prev->state >= TASK_ZOMBIE;

	rq->drop_mm = NULL;
	rq->push = NULL;
	smp_store_release(&prev->on_cpu, 0);
	spin_unlock(&rq->lock);
	if (unlikely(push))
		sched_place(push, false);
	rseq_switched_in();
	irq_enable();
	if (drop)
		mm_drop(drop);
	if (gone) {
		kstack_free((void *)prev->thread.kstack);
		task_put(prev);
	}
}

/* From the first instructions of a new thread, interrupts off. */
void schedule_tail(struct thread *prev)
{
	finish_switch((struct task_struct *)prev);
	if (current->set_child_tid)
		(void)put_user(current->pid, current->set_child_tid);
}

struct mm_struct *sched_set_mm(struct mm_struct *mm)
{
	struct task_struct *t = current;
	struct mm_struct *old = t->thread.mm, *drop;
	unsigned long flags = spin_lock_irqsave(&t->lock);
	struct rq *rq = this_rq();

	t->thread.mm = mm;
	spin_unlock(&t->lock);
	switch_mm(rq, mm);
	drop = rq->drop_mm;
	rq->drop_mm = NULL;
	irq_restore(flags);
	if (drop)
		mm_drop(drop);
	return old;
}

void sched_set_exit_state(enum task_state state)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(current, &flags);

	current->state = state;
	spin_unlock_irqrestore(&rq->lock, flags);
}

void sched_exit(void)
{
	assert(current->state >= TASK_ZOMBIE);
	schedule();
	panic("task %d ran after its end", current->pid);
}

void cond_resched(void)
{
	struct task_struct *t = current;

	if (unlikely(READ_ONCE(t->thread.work) & WORK_RESCHED) && t->state == TASK_RUNNING)
		schedule();
}

void sched_yield(void)
{
	unsigned long flags = irq_save();
	struct rq *rq = this_rq();
	struct avl_node *last;

	spin_lock(&rq->lock);
	rq_account(rq, time_ns());
	last = avl_last(&rq->queue);
	if (last && (s64)(rq_task(last)->vruntime - current->vruntime) >= 0)
		current->vruntime = rq_task(last)->vruntime + 1;
	spin_unlock_irqrestore(&rq->lock, flags);
	schedule();
}

/* ------------------------------------------------------- the tick */

u64 sched_tick(u64 now)
{
	struct rq *rq = this_rq();
	struct task_struct *t = rq->curr;
	bool idle = t == rq->idle, user = irq_from_user();
	u64 next;

	spin_lock(&rq->lock);
	t->in_system = !user;
	rq_account(rq, now);
	if (rq->nr_queued) {
		bool due = now - rq->curr_since >= sched_slice_ns - sched_slice_ns / 16;

		if (due || idle || rq_task(rq->first)->rt_priority > t->rt_priority)
			rq_resched(rq);
		sched_kick_idle(rq);
	}
	next = idle ? TIMER_NEVER : now + (rq->nr_queued ? sched_slice_ns : ALONE_TICK_NS);
	spin_unlock(&rq->lock);
	/* Once it has set its last state, here, another hart may take its signal handlers away. */
	if (!idle && t->sighand && t->state < TASK_ZOMBIE)
		itimers_tick(t);
	return next;
}
