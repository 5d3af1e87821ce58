// SPDX-License-Identifier: MIT
/*
 * When nothing can be reclaimed any more, one process goes so that the rest
 * can go on: the one whose end gives most memory back, by what it holds in
 * frames, swap and page tables, shifted by oom_score_adj (proc(5)).
 *
 * First of all goes who is in swapoff: it brings back what may not fit, and until
 * it has left off nobody else is chosen.  Not chosen: process 1, kernel threads,
 * and -1000.  Nobody else is chosen until the memory of who was is back: a thread
 * of ours, the reaper, takes it from the victim's page tables at once, whatever the
 * victim is waiting for.
 *
 * Always true: an mm on the reaper's list is held; each gets there once.
 * Lock: tasklist_lock, so that the victim is there to be killed; a task's
 * lock to look at its mm; oom.lock for the list.
 */
#include <mm/oom.h>

#include <arch/time.h>
#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/signal_internal.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/commit.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/reclaim.h>
#include <mm/swap.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

#define ADJ_NEVER       -1000
#define POINTS_NEVER    (-__LONG_MAX__ - 1)
#define REAP_TRIES      10
#define REAP_PAUSE_NS   (100 * NSEC_PER_MSEC)

unsigned int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task;

static struct {
	struct spinlock lock;           /* RANK_LEAF: the list */
	struct mm_struct *first;        /* linked through oom_next */
	struct wait_queue wq;
} oom = { .lock = SPINLOCK_INIT(RANK_LEAF), .wq = WAIT_QUEUE_INIT(oom.wq) };

/* What a process has: pages. */
struct holding {
	const struct mm_struct *mm;     /* to be compared only; NULL: it has let go of all */
	bool reaped;
	unsigned long total_vm, anon, file, shmem, swap, tables;
};

/* Who is to die, for the log. */
struct victim {
	char comm[TASK_COMM_LEN];
	int pid, adj;
	u32 uid;
	struct holding had;
};

static bool candidate(const struct task_struct *t);
static struct task_struct *choose(void);
static long badness(struct task_struct *leader, struct holding *h);
static void look(struct task_struct *leader, struct holding *h, bool reap);
static void kill_process(struct task_struct *leader, struct victim *v);
static void reap_later(struct mm_struct *mm);
static void tell_state(unsigned int gfp, unsigned int order);
static void tell_victim(const struct victim *v);

/* ---- who asks ---- */

bool oom_kill(unsigned int gfp, unsigned int order, unsigned long starts)
{
	struct victim v = { .pid = 0 };
	struct task_struct *victim;
	unsigned long flags;

	if (READ_ONCE(sysctl_panic_on_oom)) {
		tell_state(gfp, order);
		panic("out of memory, and panic_on_oom is set");
	}
	flags = spin_lock_irqsave(&tasklist_lock);
	victim = choose();
	if (victim && starts != swap_starts())
		victim = ERR_PTR(-EAGAIN);      /* a swapoff gave up: there is room again */
	if (!IS_ERR_OR_NULL(victim))
		kill_process(victim, &v);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (v.pid) {
		tell_state(gfp, order);
		tell_victim(&v);
	}
	wake_up(&oom.wq);
	return victim != NULL;
}

unsigned long oom_score(struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	long total = vm_total_pages(), points = POINTS_NEVER;
	struct holding h;

	if (candidate(t->signal->leader))
		points = badness(t->signal->leader, &h);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (points == POINTS_NEVER)
		return 0;
	if (points == __LONG_MAX__)
		points = total;
	return max((1000 + points * 1000 / total) * 2 / 3, 0L);
}

/* ---- the choice ---- */

static bool candidate(const struct task_struct *t)
{
	return thread_group_leader(t) && !(t->flags & PF_KTHREAD) && !process_is_init(t);
}

/* NULL: nobody; ERR_PTR(-EAGAIN): somebody is dying already, and its memory is on its way. */
static struct task_struct *choose(void)
{
	struct task_struct *t, *worst = NULL, *me = current->signal->leader;
	struct holding h;
	long most = POINTS_NEVER;

	assert_held(&tasklist_lock);
	list_for_each_entry(t, &all_tasks, task_node) {
		long points;

		if (!candidate(t))
			continue;
		points = badness(t, &h);
		if (h.mm && (!h.reaped || READ_ONCE(t->signal->oom_first)) &&
		    t->signal->group_exit && !t->signal->group_exec) {
			look(t, &h, true);
			return ERR_PTR(-EAGAIN);
		}
		if (points > most) {
			worst = t;
			most = points;
		}
	}
	if (READ_ONCE(sysctl_oom_kill_allocating_task) && candidate(me) &&
	    badness(me, &h) != POINTS_NEVER)
		return me;
	return worst;
}

/* POINTS_NEVER: not to be chosen, or nothing to be had. */
static long badness(struct task_struct *leader, struct holding *h)
{
	int adj = READ_ONCE(leader->signal->oom_score_adj);

	look(leader, h, false);
	if (!h->mm || h->reaped || adj == ADJ_NEVER)
		return POINTS_NEVER;
	if (smp_load_acquire(&leader->signal->oom_first))
		return __LONG_MAX__;
	return (long)(h->anon + h->file + h->shmem + h->swap + h->tables) +
	       adj * ((long)vm_total_pages() / 1000);
}

/* What @leader's process has, by any thread that has not let go of it; and to the reaper: @reap. */
static void look(struct task_struct *leader, struct holding *h, bool reap)
{
	struct task_struct *t;

	*h = (struct holding){ .mm = NULL };
	list_for_each_entry(t, &leader->signal->threads, thread_node) {
		struct mm_struct *mm;

		spin_lock(&t->lock);
		mm = t->thread.mm;
		if (mm)
			*h = (struct holding){
				.mm = mm,
				.reaped = READ_ONCE(mm->oom_reaped),
				.total_vm = READ_ONCE(mm->total_vm),
				.anon = (unsigned long)atomic_long_read(&mm->rss[MM_ANONPAGES]),
				.file = (unsigned long)atomic_long_read(&mm->rss[MM_FILEPAGES]),
				.shmem = (unsigned long)atomic_long_read(&mm->rss[MM_SHMEMPAGES]),
				.swap = (unsigned long)atomic_long_read(&mm->rss[MM_SWAPENTS]),
				.tables = (unsigned long)atomic_long_read(&mm->table_pages),
			};
		if (mm && reap)
			reap_later(mm);
		spin_unlock(&t->lock);
		if (mm)
			break;
	}
}

/* With it go the processes that live in the same address space: alone it would free nothing. */
static void kill_process(struct task_struct *leader, struct victim *v)
{
	struct task_struct *t;
	struct holding h;

	vmstat_inc(VMSTAT_oom_kill);
	v->pid = leader->pid;
	v->adj = leader->signal->oom_score_adj;
	v->uid = leader->cred->uid;
	strscpy(v->comm, leader->comm, sizeof(v->comm));
	look(leader, &v->had, true);
	list_for_each_entry(t, &all_tasks, task_node) {
		if (!candidate(t))
			continue;
		look(t, &h, false);
		if (t == leader || (h.mm && h.mm == v->had.mm))
			send_signal_process_locked(SIGKILL, NULL, t);
	}
}

/* ---- the reaper ---- */

/* @mm's user holds it meanwhile. */
static void reap_later(struct mm_struct *mm)
{
	spin_lock(&oom.lock);
	if (!mm->oom_queued) {
		mm->oom_queued = true;
		mm_hold(mm);
		mm->oom_next = oom.first;
		oom.first = mm;
	}
	spin_unlock(&oom.lock);
}

static struct mm_struct *reap_next(void)
{
	unsigned long flags = spin_lock_irqsave(&oom.lock);
	struct mm_struct *mm = oom.first;

	if (mm)
		oom.first = mm->oom_next;
	spin_unlock_irqrestore(&oom.lock, flags);
	return mm;
}

/* Who is on its way out of its address space already needs no help. */
static void reap(struct mm_struct *mm)
{
	for (int i = 0; i < REAP_TRIES && mm_get_unless_zero(mm); i++) {
		bool done = mm_oom_reap(mm);

		mm_put(mm);
		file_release_dead();
		if (done)
			break;
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_until(time_ns() + REAP_PAUSE_NS);
	}
	WRITE_ONCE(mm->oom_reaped, true);       /* now, or never: another may be chosen */
	mm_drop(mm);
}

static void reaper_main(void *unused)
{
	for (;;) {
		struct mm_struct *mm;

		(void)wait_event_interruptible(&oom.wq, READ_ONCE(oom.first));
		while ((mm = reap_next()))
			reap(mm);
	}
}

void oom_start(void)
{
	kthread_run(reaper_main, NULL, "oom_reaper");
}

/* ---- the log ---- */

static unsigned long kib(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

static void tell_state(unsigned int gfp, unsigned int order)
{
	pr_err("%.16s[%d] found no memory for %lu KiB (gfp %#x), oom_score_adj %d", current->comm,
	       current->pid, kib(1UL << order), gfp, current->signal->oom_score_adj);
	pr_err("memory %lu KiB, free %lu; anonymous %lu, file %lu active and %lu not, shared %lu; "
	       "slab %lu, tables %lu, stacks %lu; dirty %lu, being written %lu",
	       kib(frames_total), kib(frames_free()), kib(vmstat_read(VMSTAT_nr_anon_pages)),
	       kib(vmstat_read(VMSTAT_nr_active_file)), kib(vmstat_read(VMSTAT_nr_inactive_file)),
	       kib(vmstat_read(VMSTAT_nr_shmem)), kib(slab_pages()),
	       kib(vmstat_read(VMSTAT_nr_page_table_pages)),
	       vmstat_read(VMSTAT_nr_kernel_stack), kib(vmstat_read(VMSTAT_nr_dirty)),
	       kib(vmstat_read(VMSTAT_nr_writeback)));
}

/* As Linux has it: tools look for the line. */
static void tell_victim(const struct victim *v)
{
	const struct holding *h = &v->had;

	pr_err("Out of memory: Killed process %d (%.16s) total-vm:%lukB, anon-rss:%lukB, "
	       "file-rss:%lukB, shmem-rss:%lukB, swap:%lukB, UID:%u pgtables:%lukB "
	       "oom_score_adj:%d", v->pid, v->comm, kib(h->total_vm), kib(h->anon), kib(h->file),
	       kib(h->shmem), kib(h->swap), v->uid, kib(h->tables), v->adj);
}
