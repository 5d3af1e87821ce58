// SPDX-License-Identifier: MIT
/*
 * ioprio_set(2) and ioprio_get(2): with which priority a task's input and output shall be done.
 *
 * It is kept, inherited and told; no disk here has a scheduler that would heed it, as none has
 * whose scheduler is "none".
 *
 * Unlike Linux, tasks made with CLONE_IO do not share it, one that has none set is not told its
 * nice value's instead when a group or a user is asked for, and user 0 is the caller's in both
 * calls (there: root in ioprio_set).
 *
 * Lock: tasklist_lock while the tasks are gone through.
 */
#include <kernel/cred.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/task.h>

enum { WHO_PROCESS = 1, WHO_PGRP, WHO_USER };
enum { CLASS_NONE, CLASS_RT, CLASS_BE, CLASS_IDLE };

static int prio_allowed(unsigned int prio)
{
	unsigned int class = prio >> 13 & 7, level = prio & 7;

	if (class == CLASS_RT && !capable(CAP_SYS_ADMIN) && !capable(CAP_SYS_NICE))
		return -EPERM;
	return class > CLASS_IDLE || (class == CLASS_NONE && level) ? -EINVAL : 0;
}

/* tasklist_lock held. */
static int set_one(struct task_struct *t, unsigned int prio)
{
	const struct cred *me = current->cred;
	struct cred *c = task_cred_get(t);
	bool may = c->uid == me->euid || c->uid == me->uid || capable(CAP_SYS_NICE);

	cred_put(c);
	if (!may)
		return -EPERM;
	WRITE_ONCE(t->ioprio, (u16)prio);
	return 0;
}

/*
 * Set @prio for all whom (@which, @who) names, up to the first that may not be; @prio < 0: the
 * best that one of them has.
 */
static long each(int which, int who, int prio)
{
	struct task_struct *t;
	unsigned long flags;
	long err = -ESRCH;

	if (which < WHO_PROCESS || which > WHO_USER)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasklist_lock);
	list_for_each_entry(t, &all_tasks, task_node) {
		if ((which == WHO_PGRP && !thread_group_leader(t)) ||
		    !sched_names(t, which - WHO_PROCESS, (unsigned int)who))
			continue;
		if (prio < 0)
			err = err < 0 || t->ioprio < err ? t->ioprio : err;
		else if ((err = set_one(t, (unsigned int)prio)) != 0)
			break;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

long sys_ioprio_set(const unsigned long *a)
{
	unsigned int prio = (unsigned int)a[2];
	int err = prio_allowed(prio);

	return err ? err : each((int)a[0], (int)a[1], prio & 0xffff);
}

long sys_ioprio_get(const unsigned long *a)
{
	return each((int)a[0], (int)a[1], -1);
}
