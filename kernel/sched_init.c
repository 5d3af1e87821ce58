// SPDX-License-Identifier: MIT
/*
 * Idle tasks, and what the scheduler tells about itself: load, hart times,
 * the list of all tasks for the magic key.
 *
 * The boot hart's idle task is whoever boots the kernel: its stack is the
 * boot stack.  Idle tasks have pid 0, are on no list and never sleep.
 *
 * Lock: rq.lock for a queue's figures; tasklist_lock for the list.
 */
#include <kernel/sched.h>

#include <arch/machine.h>
#include <arch/time.h>
#include <kernel/log.h>
#include <kernel/rq.h>
#include <kernel/sync_debug.h>
#include <kernel/time.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#define LOAD_PERIOD_NS  (5 * NSEC_PER_SEC)
#define LOAD_SHIFT      11

static struct task_struct boot_idle;
static struct signal_struct idle_signal;        /* of all idle tasks: no group, no session */
static struct timer load_timer;
static unsigned long load[3];           /* fixed point; written by load_timer alone */

static void load_tick(struct timer *timer);

static void idle_init(struct task_struct *t, unsigned int hart)
{
	t->thread.hart = hart;
	t->state = TASK_RUNNING;
	t->on_cpu = 1;
	t->hart_mask = BIT(hart);
	t->weight = 1024;
	t->cred = &root_cred;
	t->flags = PF_KTHREAD | PF_IDLE;
	t->start_ns = t->exec_start = time_ns();
	atomic_set(&t->refs, 1);
	spin_lock_init(&t->lock, RANK_LEAF);
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	t->signal = &idle_signal;
	t->parent = t->real_parent = &boot_idle;
	snprintf(t->comm, sizeof(t->comm), "idle/%u", hart);
}

static void rq_init(unsigned int hart, struct task_struct *idle)
{
	struct rq *rq = &rqs[hart];

	spin_lock_init(&rq->lock, RANK_RQ);
	rq->hart = hart;
	rq->idle = rq->curr = idle;
	rq->min_vruntime = 1ULL << 40;
	timer_init_hart(hart);
}

void sched_init(void)
{
	for (unsigned int h = 1; h < NR_HARTS_MAX; h++)
		rq_init(h, NULL);
	wait_queue_init(&idle_signal.child_wait);
	INIT_LIST_HEAD(&idle_signal.threads);
	INIT_LIST_HEAD(&idle_signal.posix_timers);
	INIT_LIST_HEAD(&idle_signal.cpu_timers);
	idle_signal.leader = &boot_idle;
	thread_become(&boot_idle.thread);
	idle_init(&boot_idle, 0);
	rq_init(0, &boot_idle);
	sched_ready = true;
	timer_init(&load_timer, load_tick);
	timer_start(&load_timer, time_ns() + LOAD_PERIOD_NS);
}

static void idle_entry(void *arg)
{
	sched_idle_loop();
}

struct task_struct *sched_idle_task(unsigned int hart)
{
	struct task_struct *t = rqs[hart].idle;
	void *stack;

	if (t)
		return t;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	stack = kstack_alloc();
	if (!t || !stack)
		panic("sched: no memory for the idle task of hart %u", hart);
	thread_init_kernel(&t->thread, stack, idle_entry, NULL);
	idle_init(t, hart);
	rq_init(hart, t);
	return t;
}

void sched_idle_loop(void)
{
	struct thread *me = &current->thread;

	set_bit(hart_id(), &idle_harts);
	irq_enable();
	for (;;) {
		while (!(READ_ONCE(me->work) & WORK_RESCHED) && frames_zero_ahead())
			continue;
		irq_disable();
		if (!(READ_ONCE(me->work) & WORK_RESCHED))
			cpu_idle();
		irq_enable();
		if (READ_ONCE(me->work) & WORK_RESCHED)
			schedule();
	}
}

/* ------------------------------------------------------- figures */

unsigned int sched_nr_running(void)
{
	unsigned int nr = 0;

	for (unsigned int h = 0; h < nr_harts; h++)
		nr += READ_ONCE(rqs[h].nr_queued) + (READ_ONCE(rqs[h].curr) != rqs[h].idle);
	return nr;
}

unsigned long sched_nr_switches(void)
{
	unsigned long nr = 0;

	for (unsigned int h = 0; h < nr_harts; h++)
		nr += READ_ONCE(rqs[h].nr_switches);
	return nr;
}

int sched_nr_stopped(void)
{
	return atomic_read(&nr_stopped);
}

unsigned long sched_nr_blocked(void)
{
	long nr = 0;

	for (unsigned int h = 0; h < nr_harts; h++)
		nr += READ_ONCE(rqs[h].nr_uninterruptible);
	return (unsigned long)max(nr, 0L);
}

/* Each 5 s: avg = avg * e + active * (1 - e), e = exp(-5 s / 1, 5, 15 min). */
static void load_tick(struct timer *timer)
{
	static const unsigned long keep[3] = { 1884, 2014, 2037 };      /* of 2048 */
	unsigned long active = sched_nr_running() + sched_nr_blocked();

	for (int i = 0; i < 3; i++) {
		unsigned long sum = load[i] * keep[i] +
				    (active << LOAD_SHIFT) * (2048 - keep[i]);

		WRITE_ONCE(load[i], sum >> LOAD_SHIFT);
	}
	timer_start(timer, timer->deadline_ns + LOAD_PERIOD_NS);
}

void sched_loadavg(unsigned long avg[3])
{
	for (int i = 0; i < 3; i++)
		avg[i] = READ_ONCE(load[i]);
}

void sched_hart_times(unsigned int hart, struct hart_times *t)
{
	struct rq *rq = &rqs[hart];
	unsigned long flags = spin_lock_irqsave(&rq->lock);

	if (rq->curr)
		rq_account(rq, time_ns());
	*t = rq->times;
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* ------------------------------------------------------- the magic key */

static void dump_task(struct task_struct *t)
{
	static const char states[] = "RSKDTtZX";
	char where[64] = "";
	u32 state = READ_ONCE(t->state);

	if (state != TASK_RUNNING && t->wait_pc)
		symbol_format(where, sizeof(where), t->wait_pc);
	pr_warn("%5d %-15s %c hart %u%s %s %s", t->pid, t->comm,
		state < sizeof(states) - 1 ? states[state] : '?', t->thread.hart,
		t->on_cpu ? " running" : "", where, t->wait_what ? t->wait_what : "");
	if (!t->on_cpu && state < TASK_ZOMBIE)
		thread_print(&t->thread);
}

void sched_dump(void)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, task_node)
		dump_task(t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	for (unsigned int h = 0; h < nr_harts; h++)
		pr_warn("hart %u: runs %s, %u wait, %lu switches", h,
			rqs[h].curr ? rqs[h].curr->comm : "nothing", rqs[h].nr_queued,
			rqs[h].nr_switches);
}
