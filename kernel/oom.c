// SPDX-License-Identifier: MIT
/*
 * When nothing can be reclaimed any more, one process goes so that the rest
 * can go on: the one whose end gives most memory back, by what it holds in
 * frames, swap and page tables, shifted by oom_score_adj (proc(5)).
 *
 * Not chosen: process 1, kernel threads, and -1000.  While a victim is still
 * on its way out nobody else is chosen, unless it takes suspiciously long.
 *
 * Lock: tasklist_lock, so that the victim is there to be killed; a task's
 * lock to look at its mm.
 */
#include <mm/reclaim.h>

#include <kernel/log.h>
#include <kernel/signal_internal.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/vmstat.h>

#define PATIENCE_NS     (2 * NSEC_PER_SEC)
#define ADJ_NEVER       -1000

static u64 last_kill_ns;        /* tasklist_lock */

static struct task_struct *choose(u64 now);
static unsigned long process_pages(struct task_struct *leader, struct mm_struct **mm);
static void kill_process(struct task_struct *victim);

bool oom_kill(unsigned int gfp)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *victim = choose(clock_monotonic_ns());
	bool hope = victim != NULL;

	if (victim && !IS_ERR(victim))
		kill_process(victim);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return hope;
}

/* NULL: nobody; ERR_PTR(-EAGAIN): somebody is dying already. */
static struct task_struct *choose(u64 now)
{
	struct task_struct *t, *worst = NULL;
	long most = 0;

	list_for_each_entry(t, &all_tasks, task_node) {
		int adj = READ_ONCE(t->signal->oom_score_adj);
		unsigned long pages;
		long points;

		if (!thread_group_leader(t) || (t->flags & PF_KTHREAD) || process_is_init(t))
			continue;
		pages = process_pages(t, NULL);
		if (!pages)
			continue;
		if (t->signal->group_exit && !t->signal->group_exec) {
			if (now - last_kill_ns < PATIENCE_NS)
				return ERR_PTR(-EAGAIN);
			continue;
		}
		points = (long)pages + adj * ((long)frames_total / 1000);
		if (adj > ADJ_NEVER && (!worst || points > most)) {
			worst = t;
			most = points;
		}
	}
	return worst;
}

/* Any live thread's mm is the process'; 0 when all of them have let go of it. */
static unsigned long process_pages(struct task_struct *leader, struct mm_struct **where)
{
	struct task_struct *t;
	unsigned long pages = 0;

	list_for_each_entry(t, &leader->signal->threads, thread_node) {
		struct mm_struct *mm;

		spin_lock(&t->lock);
		mm = t->thread.mm;
		if (mm)
			pages = mm_rss(mm) +
				(unsigned long)atomic_long_read(&mm->rss[MM_SWAPENTS]) +
				(unsigned long)atomic_long_read(&mm->table_pages) + 1;
		spin_unlock(&t->lock);
		if (mm) {
			if (where)
				*where = mm;
			break;
		}
	}
	return pages;
}

/* With it go the processes that live in the same address space: alone it would free nothing. */
static void kill_process(struct task_struct *victim)
{
	struct mm_struct *mm = NULL, *other;
	unsigned long pages = process_pages(victim, &mm);
	struct task_struct *t;

	pr_err("out of memory: killed %.16s[%d], which held %lu KiB (oom_score_adj %d)",
	       victim->comm, victim->pid, pages << (PAGE_SHIFT - 10),
	       victim->signal->oom_score_adj);
	vmstat_inc(VMSTAT_oom_kill);
	last_kill_ns = clock_monotonic_ns();
	list_for_each_entry(t, &all_tasks, task_node) {
		other = NULL;
		if (thread_group_leader(t) && !(t->flags & PF_KTHREAD) && !process_is_init(t) &&
		    (t == victim || (process_pages(t, &other) && other == mm)))
			send_signal_process_locked(SIGKILL, NULL, t);
	}
}
