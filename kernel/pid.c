// SPDX-License-Identifier: MIT
/*
 * Numbers: of tasks, process groups and sessions.
 *
 * Tasks are found by number in a hash table that doubles when it fills.  A
 * number is given out anew only when it names nothing: no task, and no group
 * or session of a process that outlived the one it was named after.  Groups
 * have no object of their own; groups[] counts their members by a hash, so
 * that a zero says "surely none" and only the rest looks at every process.
 *
 * Always true: a task in the table has a reference for it.
 * Lock:        tasklist_lock, for all of it.
 */
#include <kernel/task.h>

#include <kernel/process.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <lib/hash.h>
#include <mm/mm.h>
#include <mm/slab.h>

#define FIRST_BITS      6
#define GROUP_BITS      8

struct spinlock tasklist_lock = SPINLOCK_INIT(RANK_TASKLIST);
LIST_HEAD(all_tasks);
struct task_struct *init_task;
int pid_max = 32768;

static struct hlist_head first_table[1 << FIRST_BITS];
static struct {
	struct hlist_head *table;       /* [t] */
	unsigned int bits;              /* [t] */
	unsigned int nr;                /* [t] tasks in it */
	int last;                       /* [t] number given out last */
} pids = { .table = first_table, .bits = FIRST_BITS };

/* [t] processes by hash of their group and session */
static unsigned int groups[1 << GROUP_BITS];

static struct task_struct *lookup(int pid)
{
	struct task_struct *t;

	hlist_for_each_entry(t, &pids.table[hash_bits((u64)pid, pids.bits)], pid_node)
		if (t->pid == pid)
			return t;
	return NULL;
}

void pid_attach(struct task_struct *t)
{
	assert_held(&tasklist_lock);
	hlist_add_head(&t->pid_node, &pids.table[hash_bits((u64)t->pid, pids.bits)]);
	pids.nr++;
}

void pid_detach(struct task_struct *t)
{
	assert_held(&tasklist_lock);
	hlist_del_init(&t->pid_node);
	pids.nr--;
}

unsigned int nr_tasks_total(void)
{
	return READ_ONCE(pids.nr);
}

int pid_table_grow(void)
{
	unsigned int bits = READ_ONCE(pids.bits);
	struct hlist_head *bigger, *old;
	unsigned long flags;

	if (likely(READ_ONCE(pids.nr) < 1U << bits))
		return 0;
	bigger = kvmalloc(sizeof(*bigger) << (bits + 1), GFP_KERNEL | GFP_ZERO);
	if (!bigger)
		return READ_ONCE(pids.nr) < 8U << bits ? 0 : -ENOMEM;
	flags = spin_lock_irqsave(&tasklist_lock);
	old = bigger;
	if (pids.bits == bits) {
		struct task_struct *t, *tmp;

		old = pids.table;
		for (unsigned int i = 0; i < 1U << bits; i++)
			hlist_for_each_entry_safe(t, tmp, &old[i], pid_node) {
				hlist_del(&t->pid_node);
				hlist_add_head(&t->pid_node,
					       &bigger[hash_bits((u64)t->pid, bits + 1)]);
			}
		pids.table = bigger;
		pids.bits = bits + 1;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (old != first_table)
		kvfree(old);
	return 0;
}

int pid_alloc(void)
{
	int pid = pids.last;

	assert_held(&tasklist_lock);
	for (int tries = 0; tries < pid_max; tries++) {
		if (++pid >= pid_max)
			/* low numbers stay what they were at boot */
			pid = min(300, pid_max / 2);
		if (!lookup(pid) && !pgrp_exists(pid, 0)) {
			pids.last = pid;
			return pid;
		}
	}
	return -EAGAIN;
}

int pid_last(void)
{
	return READ_ONCE(pids.last);
}

struct task_struct *find_task(int pid)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *t = lookup(pid);

	if (t)
		task_get(t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return t;
}

struct mm_struct *task_mm_get(struct task_struct *t)
{
	struct mm_struct *mm;

	spin_lock(&t->lock);
	mm = t->thread.mm;
	if (mm && !mm_get_unless_zero(mm))
		mm = NULL;
	spin_unlock(&t->lock);
	return mm;
}

/* ------------------------------------------------ groups and sessions */

void pgrp_count(int pgid, int sid, int change)
{
	assert_held(&tasklist_lock);
	groups[hash_bits((u64)pgid, GROUP_BITS)] += (unsigned int)change;
	groups[hash_bits((u64)sid, GROUP_BITS)] += (unsigned int)change;
}

/* With @sid 0 a session of that number counts too. */
bool pgrp_exists(int pgid, int sid)
{
	struct task_struct *t;

	assert_held(&tasklist_lock);
	if (likely(!groups[hash_bits((u64)pgid, GROUP_BITS)]))
		return false;
	list_for_each_entry(t, &all_tasks, task_node) {
		if (!thread_group_leader(t))
			continue;
		if (t->signal->pgid == pgid && (!sid || t->signal->sid == sid))
			return true;
		if (!sid && t->signal->sid == pgid)
			return true;
	}
	return false;
}

static void move_group(struct task_struct *t, int pgid, int sid)
{
	pgrp_count(t->signal->pgid, t->signal->sid, -1);
	t->signal->pgid = pgid;
	t->signal->sid = sid;
	pgrp_count(pgid, sid, 1);
}

/* setpgid(2), in the order of its errors. */
static long set_group(int pid, int pgid)
{
	struct task_struct *me = current->signal->leader, *t = pid ? lookup(pid) : me;

	if (!t || !thread_group_leader(t))
		return -ESRCH;
	if (t != me) {
		if (t->real_parent != me)
			return -ESRCH;
		if (t->signal->sid != me->signal->sid)
			return -EPERM;
		if (t->signal->did_exec)
			return -EACCES;
	}
	if (t->signal->sid == t->pid)
		return -EPERM;
	if (!pgid)
		pgid = t->pid;
	if (pgid != t->pid && !pgrp_exists(pgid, me->signal->sid))
		return -EPERM;
	if (t->signal->pgid != pgid)
		move_group(t, pgid, t->signal->sid);
	return 0;
}

long sys_setpgid(const unsigned long *a)
{
	int pid = (int)a[0], pgid = (int)a[1];
	unsigned long flags;
	long ret;

	if (pgid < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasklist_lock);
	ret = set_group(pid ? pid : current->tgid, pgid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

static long group_or_session(int pid, bool session)
{
	unsigned long flags;
	struct task_struct *t;
	long ret = -ESRCH;

	if (!pid)
		return session ? READ_ONCE(current->signal->sid) : READ_ONCE(current->signal->pgid);
	flags = spin_lock_irqsave(&tasklist_lock);
	t = lookup(pid);
	if (t)
		ret = session ? t->signal->sid : t->signal->pgid;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

long sys_getpgid(const unsigned long *a)
{
	return group_or_session((int)a[0], false);
}

long sys_getsid(const unsigned long *a)
{
	return group_or_session((int)a[0], true);
}

long sys_setsid(const unsigned long *a)
{
	struct task_struct *me;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	long ret = -EPERM;

	me = current->signal->leader;
	if (me->signal->sid != me->pid && !pgrp_exists(me->pid, 0)) {
		move_group(me, me->pid, me->pid);
		me->signal->tty = NULL;
		ret = me->pid;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

/* ------------------------------------------------ who am I */

long sys_getpid(const unsigned long *a)
{
	return current->tgid;
}

long sys_gettid(const unsigned long *a)
{
	return current->pid;
}

long sys_getppid(const unsigned long *a)
{
	return READ_ONCE(current->signal->ppid);
}

long sys_set_tid_address(const unsigned long *a)
{
	current->clear_child_tid = a[0];
	return current->pid;
}
