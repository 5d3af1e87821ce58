// SPDX-License-Identifier: MIT
/*
 * A hart's run queue, as the sched_*.c files share it.
 */
#ifndef KERNEL_RQ_H
#define KERNEL_RQ_H

#include <arch/cpu.h>
#include <kernel/sched.h>
#include <kernel/sync.h>
#include <kernel/task.h>
#include <lib/avl.h>

struct mm_struct;

/* [r] lock  [o] its own hart, interrupts off */
struct rq {
	/* RANK_RQ, irqsave: what runs and waits here, and their task fields */
	struct spinlock lock;
	unsigned int hart;              /* [c] */
	struct avl_root queue;          /* [r] those that wait, the next one leftmost; not curr */
	struct avl_node *first;         /* [r] leftmost, or NULL */
	unsigned int nr_queued;         /* [r] */
	unsigned int weight_queued;     /* [r] sum of their weights */
	struct task_struct *curr;       /* [r] */
	struct task_struct *idle;       /* [c] */
	u64 min_vruntime;               /* [r] never goes back: where newcomers start */
	u64 curr_since;                 /* [r] when curr was switched to */
	struct mm_struct *loaded;       /* [o] whose tables this hart has, or NULL */
	bool lazy;                      /* [o] curr does not use them: mm_hold keeps them */
	struct mm_struct *drop_mm;      /* [o] to be dropped behind the switch */
	struct task_struct *push;       /* [o] may not stay here: to be placed behind the switch */
	long nr_uninterruptible;        /* [r] went to sleep here minus woke here; the sum counts */
	unsigned long nr_switches;      /* [r] */
	u64 balanced;                   /* [r] when it last looked for work elsewhere */
	struct hart_times times;        /* [r] */
} __aligned(CACHE_LINE);

extern struct rq rqs[NR_HARTS_MAX];
extern unsigned long idle_harts;        /* [a] bit h: hart h runs its idle task */
extern atomic_t nr_stopped;

static inline struct rq *rq_of(unsigned int hart) { return AS_IS(&rqs[hart]); }
static inline struct rq *this_rq(void) { return rq_of(hart_id()); }

static inline struct task_struct *rq_task(struct avl_node *node)
{
	return avl_entry(node, struct task_struct, rq_node);
}

/* Lock the queue of the hart that @t runs, waits, or last ran on. */
static inline struct rq *task_rq_lock(struct task_struct *t, unsigned long *flags)
{
	*flags = irq_save();
	for (;;) {
		struct rq *rq = rq_of(READ_ONCE(t->thread.hart));

		spin_lock(&rq->lock);
		if (likely(t->thread.hart == rq->hart))
			return rq;
		spin_unlock(&rq->lock);
	}
}

void rq_enqueue(struct rq *rq, struct task_struct *t);
void rq_dequeue(struct rq *rq, struct task_struct *t);
/* Charge what curr ran until @now. */
void rq_account(struct rq *rq, u64 now);
/* Should @a run before @b? */
bool task_before(const struct task_struct *a, const struct task_struct *b);
/* Make the hart call schedule() as soon as it can. */
void rq_resched(struct rq *rq);

/* Move @t's virtual time from one queue's scale to another's. */
void rq_rebase(struct task_struct *t, const struct rq *from, const struct rq *to);

/* sched_place.c: a runnable task that is on no queue goes to the best hart's.  Interrupts off. */
void sched_place(struct task_struct *t, bool woken);
/* Take a task from another hart for @rq, which is locked; NULL: nobody has one to spare. */
struct task_struct *sched_pull(struct rq *rq, unsigned int at_least);
void sched_kick_idle(struct rq *rq);

#endif
