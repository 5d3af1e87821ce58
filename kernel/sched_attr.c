// SPDX-License-Identifier: MIT
/*
 * What orders a task among others, changed while it may be queued or running:
 * nice, policy, real-time priority, what others lend it, and where it may run.
 *
 * Lock: the queue of the task's hart.
 */
#include <kernel/sched.h>

#include <kernel/futex.h>
#include <kernel/rq.h>
#include <kernel/time.h>

#define RT_PRIORITY_MAX 99

/* 1024 / 1.25^nice: one step of nice is a tenth of the hart between two tasks. */
static const unsigned int nice_weight[40] = {
	88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921,
	9537, 7629, 6104, 4883, 3906, 3125, 2500, 2000, 1600, 1280,
	1024, 819, 655, 524, 419, 336, 268, 215, 172, 137,
	110, 88, 70, 56, 45, 36, 29, 23, 18, 15,
};

static unsigned int task_weight(const struct task_struct *t)
{
	return t->policy == SCHED_IDLE ? 3 : nice_weight[t->nice + 20];
}

/* Change what orders @t in its queue, which is locked. */
static void reorder(struct rq *rq, struct task_struct *t, int policy, int own, int boost, int nice)
{
	bool queued = t->on_rq && rq->curr != t;

	if (queued)
		rq_dequeue(rq, t);
	else if (rq->curr == t)
		rq_account(rq, time_ns());
	t->policy = policy;
	t->own_rt_priority = own;
	t->rt_boost = boost;
	t->rt_priority = max(own, boost);
	t->nice = nice;
	t->weight = task_weight(t);
	if (queued)
		rq_enqueue(rq, t);
	if (rq->first && rq->curr != rq->idle && task_before(rq_task(rq->first), rq->curr))
		rq_resched(rq);
}

void sched_set_nice(struct task_struct *t, int nice)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);

	reorder(rq, t, t->policy, t->own_rt_priority, t->rt_boost, clamp(nice, -20, 19));
	spin_unlock_irqrestore(&rq->lock, flags);
}

bool sched_boost(struct task_struct *t, int rt_priority)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	int before = t->rt_priority;
	bool changed;

	if (t->rt_boost != rt_priority)
		reorder(rq, t, t->policy, t->own_rt_priority, rt_priority, t->nice);
	changed = t->rt_priority != before;
	spin_unlock_irqrestore(&rq->lock, flags);
	return changed;
}

int sched_set_policy(struct task_struct *t, int policy, int rt_priority)
{
	bool rt = policy == SCHED_FIFO || policy == SCHED_RR;
	unsigned long flags;
	struct rq *rq;

	if (rt ? rt_priority < 1 || rt_priority > RT_PRIORITY_MAX : rt_priority != 0)
		return -EINVAL;
	rq = task_rq_lock(t, &flags);
	reorder(rq, t, policy, rt_priority, t->rt_boost, t->nice);
	spin_unlock_irqrestore(&rq->lock, flags);
	futex_pi_priority_changed(t);
	return 0;
}

int sched_set_affinity(struct task_struct *t, unsigned long mask)
{
	unsigned long flags;
	struct rq *rq;
	bool queued;

	mask &= harts_online;
	if (!mask)
		return -EINVAL;
	rq = task_rq_lock(t, &flags);
	t->hart_mask = mask;
	queued = t->on_rq && rq->curr != t && !(mask & BIT(rq->hart));
	if (queued) {
		rq_dequeue(rq, t);
		t->on_rq = 0;
	} else if (rq->curr == t && !(mask & BIT(rq->hart))) {
		rq_resched(rq);
	}
	spin_unlock(&rq->lock);
	if (queued)
		sched_place(t, false);
	irq_restore(flags);
	if (t == current && (READ_ONCE(t->thread.work) & WORK_RESCHED))
		schedule();
	return 0;
}

u64 sched_task_ns(struct task_struct *t)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	u64 ns;

	if (rq->curr == t)
		rq_account(rq, time_ns());
	ns = t->sum_exec_ns;
	spin_unlock_irqrestore(&rq->lock, flags);
	return ns;
}
