// SPDX-License-Identifier: MIT
/*
 * Which hart: waking, new tasks, and moving work to where nothing runs.
 *
 * A woken task goes to an idle hart, its last one by preference (what it
 * cached may still be there), else back to its last one.  A hart that runs
 * out of work takes some from the others before it goes idle; a hart with
 * tasks waiting wakes an idle one at its tick, which then does the same.
 *
 * A sleeper's hart changes under the lock of the old hart: whoever waits for
 * the task's queue looks again after having locked it.  Between the two
 * queues the task is RUNNING and on neither, and nobody else moves it.
 *
 * Lock: rq.lock of one hart, a second only by trylock.
 */
#include <kernel/rq.h>

#include <arch/time.h>
#include <kernel/time.h>

#define WAKE_BONUS_NS	(3 * NSEC_PER_MSEC) /* at most this far before those that did not sleep */
#define WAKE_GRAIN_NS   (1 * NSEC_PER_MSEC)     /* a smaller lead does not preempt */
#define BALANCE_NS      (50 * NSEC_PER_MSEC)

#define SLEEPING (1U << TASK_INTERRUPTIBLE | 1U << TASK_KILLABLE | 1U << TASK_UNINTERRUPTIBLE | \
		  1U << TASK_STOPPED | 1U << TASK_TRACED)

static unsigned int choose_hart(const struct task_struct *t);
static int claim_idle(unsigned long allowed, unsigned int last);
static unsigned int shortest_queue(unsigned long allowed, unsigned int best);
static void place_woken(struct rq *rq, struct task_struct *t);
static __noinline void wake_elsewhere(struct rq *rq, struct task_struct *t, unsigned int h);
static void check_preempt(struct rq *rq, struct task_struct *t);

bool wake_up_process(struct task_struct *t)
{
	return wake_up_state(t, SLEEPING);
}

bool wake_up_state(struct task_struct *t, unsigned int states)
{
	unsigned long flags;
	struct rq *rq;
	unsigned int h;

	smp_mb();       /* what the sleeper waits for, before its state is read */
	if (!(1U << READ_ONCE(t->state) & states))
		return false;
	rq = task_rq_lock(t, &flags);
	if (!(1U << t->state & states)) {
		spin_unlock_irqrestore(&rq->lock, flags);
		return false;
	}
	if (t->on_rq) {         /* on its way to sleep: it stays */
		WRITE_ONCE(t->state, TASK_RUNNING);
		spin_unlock_irqrestore(&rq->lock, flags);
		return true;
	}
	rq->nr_uninterruptible -= t->state == TASK_UNINTERRUPTIBLE;
	if (unlikely(t->state == TASK_STOPPED))
		atomic_dec(&nr_stopped);
	WRITE_ONCE(t->state, TASK_RUNNING);
	h = choose_hart(t);
	if (unlikely(h != rq->hart)) {
		wake_elsewhere(rq, t, h);
	} else {
		place_woken(rq, t);
		spin_unlock(&rq->lock);
	}
	irq_restore(flags);
	return true;
}

/* Woken on another hart than @rq's, which is unlocked here. */
static void wake_elsewhere(struct rq *rq, struct task_struct *t, unsigned int h)
{
	rq_rebase(t, rq, rq_of(h));
	WRITE_ONCE(t->thread.hart, h);
	spin_unlock(&rq->lock);
	sched_place(t, true);
}

/* Onto the queue of the hart it has, or of another if that one is not allowed. */
void sched_place(struct task_struct *t, bool woken)
{
	struct rq *rq = rq_of(t->thread.hart);

	spin_lock(&rq->lock);
	while (unlikely(!(t->hart_mask & BIT(rq->hart)))) {
		unsigned int h = choose_hart(t);

		rq_rebase(t, rq, rq_of(h));
		WRITE_ONCE(t->thread.hart, h);
		spin_unlock(&rq->lock);
		rq = rq_of(h);
		spin_lock(&rq->lock);
	}
	if (woken) {
		place_woken(rq, t);
	} else {
		rq_enqueue(rq, t);
		check_preempt(rq, t);
	}
	spin_unlock(&rq->lock);
}

static void place_woken(struct rq *rq, struct task_struct *t)
{
	u64 floor = rq->min_vruntime - WAKE_BONUS_NS;

	if ((s64)(t->vruntime - floor) < 0)
		t->vruntime = floor;
	rq_enqueue(rq, t);
	check_preempt(rq, t);
}

/* @t was queued on @rq: now, at its next look, or when the slice of the one before ends? */
static void check_preempt(struct rq *rq, struct task_struct *t)
{
	struct task_struct *curr = rq->curr;
	u64 now, curr_vr;

	if (curr == rq->idle || t->rt_priority > curr->rt_priority) {
		rq_resched(rq);
		return;
	}
	if (curr->rt_priority)
		return;
	now = time_ns();
	curr_vr = curr->vruntime + (now - curr->exec_start);
	if ((s64)(curr_vr - t->vruntime) > (s64)WAKE_GRAIN_NS)
		rq_resched(rq);
	else if (rq->hart == hart_id())
		timer_need_tick(rq->curr_since + sched_slice_ns);
	else if (rq->nr_queued == 1)
		rq_resched(rq);         /* only it can set its own timer */
}

/*
 * Claim an idle hart of @allowed, @last by preference: one waker gets it, the
 * next looks for another.  A hart that stays idle after all says so again.  -1: none.
 */
static __noinline int claim_idle(unsigned long allowed, unsigned int last)
{
	unsigned long idle = READ_ONCE(idle_harts) & allowed;

	while (idle) {
		unsigned int h = idle & BIT(last) ? last : (unsigned int)__builtin_ctzl(idle);

		if (test_and_clear_bit(h, &idle_harts))
			return (int)h;
		idle &= ~BIT(h);
	}
	return -1;
}

/* An idle hart, the last by preference; else the last; else the shortest queue. */
static inline unsigned int choose_hart(const struct task_struct *t)
{
	unsigned int last = t->thread.hart;
	unsigned long allowed = t->hart_mask & harts_online;

	if (READ_ONCE(idle_harts) & allowed) {
		int idle = claim_idle(allowed, last);

		if (idle >= 0)
			return (unsigned int)idle;
	}
	return likely(allowed & BIT(last)) ? last : shortest_queue(allowed, last);
}

/* Of the harts in @allowed; @best if there is none. */
static __noinline unsigned int shortest_queue(unsigned long allowed, unsigned int best)
{
	unsigned int fewest = ~0U;

	for (unsigned long m = allowed; m; m &= m - 1) {
		unsigned int h = (unsigned int)__builtin_ctzl(m);

		if (READ_ONCE(rqs[h].nr_queued) < fewest) {
			fewest = READ_ONCE(rqs[h].nr_queued);
			best = h;
		}
	}
	return best;
}

/* ------------------------------------------------------- new tasks */

void sched_fork(struct task_struct *child)
{
	struct task_struct *parent = current;
	bool reset = parent->sched_reset_on_fork;

	child->state = TASK_UNINTERRUPTIBLE;    /* no signal wakes it before sched_start */
	child->on_rq = 0;
	child->on_cpu = 0;
	child->hart_mask = parent->hart_mask;
	child->policy = parent->policy;
	child->rt_priority = child->own_rt_priority = parent->own_rt_priority;
	child->nice = parent->nice;
	child->weight = parent->weight;
	if (reset && (parent->own_rt_priority || parent->nice < 0)) {
		child->policy = SCHED_NORMAL;
		child->rt_priority = child->own_rt_priority = 0;
		child->nice = 0;
		child->weight = 1024;
	}
	child->ioprio = parent->ioprio;
	child->sum_exec_ns = 0;
	child->thread.hart = hart_id();
	child->thread.work = 0;
	child->start_ns = time_ns();
}

void sched_start(struct task_struct *t)
{
	unsigned long flags = irq_save();
	unsigned int h = hart_id();
	int idle = claim_idle(t->hart_mask & harts_online, h);

	if (idle >= 0)
		h = (unsigned int)idle;
	t->thread.hart = h;
	t->vruntime = READ_ONCE(rqs[h].min_vruntime);
	WRITE_ONCE(t->state, TASK_RUNNING);
	sched_place(t, false);
	irq_restore(flags);
}

/* ------------------------------------------------------- balance */

static bool may_take(const struct task_struct *t, unsigned int hart)
{
	return t->hart_mask & BIT(hart);
}

/* The one that would wait longest there, if this hart may run it. */
static struct task_struct *steal(struct rq *from, struct rq *to)
{
	struct avl_node *node;

	for (node = avl_last(&from->queue); node; node = avl_prev(node)) {
		struct task_struct *t = avl_entry(node, struct task_struct, rq_node);

		if (!may_take(t, to->hart))
			continue;
		rq_dequeue(from, t);
		rq_rebase(t, from, to);
		WRITE_ONCE(t->thread.hart, to->hart);
		return t;
	}
	return NULL;
}

struct task_struct *sched_pull(struct rq *rq, unsigned int at_least)
{
	struct task_struct *t = NULL;

	assert_held(&rq->lock);
	for (unsigned int i = 1; i < nr_harts && !t; i++) {
		struct rq *from = &rqs[(rq->hart + i) % nr_harts];

		if (READ_ONCE(from->nr_queued) < at_least || !spin_trylock(&from->lock))
			continue;
		if (from->nr_queued >= at_least)
			t = steal(from, rq);
		spin_unlock(&from->lock);
	}
	return t;
}

/*
 * At the tick of a hart with tasks waiting: an idle hart comes and takes one.
 * Without idle harts a much longer queue elsewhere is shared now and then.
 */
void sched_kick_idle(struct rq *rq)
{
	unsigned long idle = READ_ONCE(idle_harts) & harts_online & ~BIT(rq->hart);
	struct task_struct *t;

	if (idle) {
		unsigned int h = (unsigned int)__builtin_ctzl(idle);

		__atomic_fetch_or(&rqs[h].idle->thread.work, WORK_RESCHED, __ATOMIC_SEQ_CST);
		ipi_reschedule(h);
		return;
	}
	if (rq->curr->exec_start - rq->balanced < BALANCE_NS)
		return;
	rq->balanced = rq->curr->exec_start;
	t = sched_pull(rq, rq->nr_queued + 2);
	if (t)
		rq_enqueue(rq, t);
}
