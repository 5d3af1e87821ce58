// SPDX-License-Identifier: MIT
/*
 * Timers: functions that a hart calls at a moment.
 *
 * Each hart keeps its own in a tree by deadline, and its clock interrupt is
 * set to the earliest, or to the scheduler's next tick if that is earlier: an
 * idle hart without timers is not interrupted at all.  An interrupt that
 * turns out too early costs little, so the clock is moved only to earlier
 * moments, never back.
 *
 * Always true: a timer with hart >= 0 is in that hart's tree; armed is not
 *              after the earliest of the tree.
 * Lock:        timers.lock of the hart the timer is armed on; not held while
 *              a timer's function runs.
 */
#include <kernel/time.h>

#include <kernel/entry.h>
#include <kernel/sched.h>
#include <kernel/sync.h>

static struct hart_timers {
	struct spinlock lock;           /* RANK_TIMER, irqsave: tree, first, hart of its timers */
	struct avl_root tree;
	struct timer *first;
	struct timer *running;          /* [a] whose function is running */
	/* [o] own hart, interrupts off: when the clock interrupts */
	u64 armed;
} __aligned(CACHE_LINE) hart_timers[NR_HARTS_MAX];

static struct timer *timer_of(struct avl_node *node)
{
	return node ? avl_entry(node, struct timer, node) : NULL;
}

static struct hart_timers *my_timers(void)
{
	return &hart_timers[hart_id()];
}

void timer_init_hart(unsigned int hart)
{
	spin_lock_init(&hart_timers[hart].lock, RANK_TIMER);
	hart_timers[hart].armed = TIMER_NEVER;
}

void timer_need_tick(u64 deadline_ns)
{
	struct hart_timers *h = my_timers();

	if (deadline_ns < h->armed) {
		h->armed = deadline_ns;
		timer_arm(deadline_ns);
	}
}

void timer_init(struct timer *t, void (*fn)(struct timer *))
{
	t->fn = fn;
	t->hart = -1;
	t->deadline_ns = TIMER_NEVER;
}

static void insert(struct hart_timers *h, struct timer *t)
{
	struct avl_node **link = &h->tree.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = t->deadline_ns < timer_of(parent)->deadline_ns ? &parent->left
								      : &parent->right;
	}
	avl_insert_at(&h->tree, &t->node, parent, link, NULL);
	if (!h->first || t->deadline_ns < h->first->deadline_ns)
		h->first = t;
}

static void remove(struct hart_timers *h, struct timer *t)
{
	if (h->first == t)
		h->first = timer_of(avl_next(&t->node));
	avl_erase(&h->tree, &t->node, NULL);
	smp_store_release(&t->hart, -1);
}

/* Interrupts off.  True: it was armed. */
static bool disarm(struct timer *t)
{
	for (;;) {
		int hart = smp_load_acquire(&t->hart);
		bool mine;

		if (hart < 0)
			return false;
		spin_lock(&hart_timers[hart].lock);
		mine = t->hart == hart;
		if (mine)
			remove(&hart_timers[hart], t);
		spin_unlock(&hart_timers[hart].lock);
		if (mine)
			return true;
	}
}

void timer_start(struct timer *t, u64 deadline_ns)
{
	unsigned long flags = irq_save();
	struct hart_timers *h = my_timers();

	disarm(t);
	t->deadline_ns = deadline_ns;
	if (deadline_ns != TIMER_NEVER) {
		spin_lock(&h->lock);
		t->hart = (int)hart_id();
		insert(h, t);
		spin_unlock(&h->lock);
		timer_need_tick(deadline_ns);
	}
	irq_restore(flags);
}

/* On this hart nothing can be running: we are not its interrupt, or we are the function itself. */
static bool runs_elsewhere(const struct timer *t)
{
	for (unsigned int h = 0; h < nr_harts; h++)
		if (h != hart_id() &&
		    __atomic_load_n(&hart_timers[h].running, __ATOMIC_ACQUIRE) == t)
			return true;
	return false;
}

bool timer_cancel(struct timer *t)
{
	bool was = false;

	for (;;) {
		unsigned long flags = irq_save();
		bool runs;

		was |= disarm(t);
		runs = runs_elsewhere(t);
		irq_restore(flags);
		if (!runs && READ_ONCE(t->hart) < 0)
			return was;
		cpu_relax();
	}
}

static void run_expired(struct hart_timers *h)
{
	struct timer *t;

	spin_lock(&h->lock);
	while ((t = h->first) != NULL && t->deadline_ns <= time_ns()) {
		/* Before it looks disarmed: timer_cancel() must find one of the two. */
		__atomic_store_n(&h->running, t, __ATOMIC_SEQ_CST);
		remove(h, t);
		spin_unlock(&h->lock);
		t->fn(t);
		__atomic_store_n(&h->running, NULL, __ATOMIC_RELEASE);
		spin_lock(&h->lock);
	}
	spin_unlock(&h->lock);
}

void entry_timer(void)
{
	struct hart_timers *h = my_timers();
	u64 next;

	h->armed = 0;           /* nobody moves the clock before we do */
	run_expired(h);
	next = sched_tick(time_ns());
	spin_lock(&h->lock);
	if (h->first)
		next = min(next, h->first->deadline_ns);
	h->armed = next;
	spin_unlock(&h->lock);
	timer_arm(next);
}

/* ------------------------------------------------------- sleeping with a limit */

struct sleeper {
	struct timer timer;
	struct task_struct *task;
	bool expired;
};

static void sleeper_wake(struct timer *t)
{
	struct sleeper *s = container_of(t, struct sleeper, timer);

	WRITE_ONCE(s->expired, true);
	wake_up_process(s->task);
}

static __noinline bool schedule_with_timer(u64 deadline_ns);

bool schedule_until(u64 deadline_ns)
{
	if (likely(deadline_ns == TIMER_NEVER)) {
		schedule();
		return true;
	}
	return schedule_with_timer(deadline_ns);
}

static bool schedule_with_timer(u64 deadline_ns)
{
	struct sleeper s = { .task = current };

	if (time_ns() >= deadline_ns) {
		set_current_state(TASK_RUNNING);
		return false;
	}
	timer_init(&s.timer, sleeper_wake);
	timer_start(&s.timer, deadline_ns);
	schedule();
	timer_cancel(&s.timer);
	return !s.expired;
}
