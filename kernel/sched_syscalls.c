// SPDX-License-Identifier: MIT
/*
 * System calls about scheduling: who runs where, when, and with which weight.
 *
 * Lock: tasklist_lock while a group or a user's tasks are gone through.
 */
#include <kernel/sched.h>

#include <arch/cpu.h>
#include <kernel/cred.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <mm/uaccess.h>

long sys_sched_yield(const unsigned long *a)
{
	sched_yield();
	return 0;
}

struct task_struct *sched_task(int pid)
{
	if (pid < 0)
		return NULL;
	if (pid)
		return find_task(pid);
	task_get(current);
	return current;
}

/* May the current task change how @t is scheduled? */
static bool may_schedule(struct task_struct *t)
{
	struct cred *c = task_cred_get(t);
	const struct cred *me = current->cred;
	bool may = me->euid == c->uid || me->euid == c->euid || capable(CAP_SYS_NICE);

	cred_put(c);
	return may;
}

/* ------------------------------------------------ affinity */

long sys_sched_setaffinity(const unsigned long *a)
{
	unsigned long mask = 0;
	struct task_struct *t;
	int err;

	if (copy_from_user(&mask, a[2], min(a[1], sizeof(mask))))
		return -EFAULT;
	t = sched_task((int)a[0]);
	if (!t)
		return -ESRCH;
	err = may_schedule(t) ? sched_set_affinity(t, mask) : -EPERM;
	task_put(t);
	return err;
}

/* The number of bytes written. */
long sys_sched_getaffinity(const unsigned long *a)
{
	unsigned int len = (unsigned int)a[1];
	unsigned long mask;
	struct task_struct *t;

	if (len * 8 < nr_harts || len % sizeof(mask))
		return -EINVAL;
	t = sched_task((int)a[0]);
	if (!t)
		return -ESRCH;
	mask = t->hart_mask & harts_online;
	task_put(t);
	return put_user(mask, a[2]) ? -EFAULT : (long)sizeof(mask);
}

long sys_getcpu(const unsigned long *a)
{
	u32 hart = hart_id(), node = 0;

	if (a[0] && put_user(hart, a[0]))
		return -EFAULT;
	return a[1] ? put_user(node, a[1]) : 0;
}

/* ------------------------------------------------ nice */

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

bool sched_names(struct task_struct *t, int which, unsigned int who)
{
	struct cred *c;
	bool same;

	switch (which) {
	case PRIO_PROCESS:
		return (unsigned int)t->pid == (who ? who : (unsigned int)current->pid);
	case PRIO_PGRP:
		return t->signal->pgid == (who ? (int)who : current->signal->pgid);
	default:
		c = task_cred_get(t);
		same = c->uid == (who ? who : current->cred->uid);
		cred_put(c);
		return same;
	}
}

int sched_apply_nice(struct task_struct *t, int nice)
{
	unsigned long limit = t->signal->rlim[RLIMIT_NICE].cur;

	if (!may_schedule(t))
		return -EPERM;
	if (nice < t->nice && !capable(CAP_SYS_NICE) && (limit > 40 ? 40 : (int)limit) < 20 - nice)
		return -EACCES;
	sched_set_nice(t, nice);
	return 0;
}

long sys_setpriority(const unsigned long *a)
{
	int which = (int)a[0], nice = clamp((int)a[2], -20, 19), err = -ESRCH;
	struct task_struct *t;
	unsigned long flags;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasklist_lock);
	list_for_each_entry(t, &all_tasks, task_node) {
		int one;

		if (!sched_names(t, which, (unsigned int)a[1]))
			continue;
		one = sched_apply_nice(t, nice);
		if (one || err == -ESRCH)
			err = one;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

/* 20 - nice of the best of them: 1..40, so that no value is an error. */
long sys_getpriority(const unsigned long *a)
{
	int which = (int)a[0];
	long best = -ESRCH;
	struct task_struct *t;
	unsigned long flags;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasklist_lock);
	list_for_each_entry(t, &all_tasks, task_node)
		if (sched_names(t, which, (unsigned int)a[1]))
			best = max(best, (long)(20 - t->nice));
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return best;
}

/* ------------------------------------------------ policy */

static bool policy_valid(int policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_FIFO || policy == SCHED_RR ||
	       policy == SCHED_BATCH || policy == SCHED_IDLE;
}

static bool real_time(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* sched(7): without CAP_SYS_NICE only down, or up to RLIMIT_RTPRIO. */
static bool may_set_policy(struct task_struct *t, int policy, int priority)
{
	unsigned long limit = t->signal->rlim[RLIMIT_RTPRIO].cur;

	if (capable(CAP_SYS_NICE))
		return true;
	if (!may_schedule(t))
		return false;
	if (real_time(policy))
		return (policy == t->policy || limit) &&
		       (priority <= t->own_rt_priority || (unsigned long)priority <= limit);
	return t->policy != SCHED_IDLE || policy == SCHED_IDLE;
}

int sched_apply_policy(struct task_struct *t, int policy, int priority, bool reset)
{
	int err;

	if (!policy_valid(policy) || (real_time(policy) ? priority < 1 || priority > 99 : priority))
		return -EINVAL;
	if (!may_set_policy(t, policy, priority))
		return -EPERM;
	t->sched_reset_on_fork = reset;
	err = sched_set_policy(t, policy, priority);
	if (!err && (real_time(policy) || !t->timer_slack_ns))
		sched_set_slack(t, 0);
	return err;
}

void sched_set_slack(struct task_struct *t, unsigned long ns)
{
	WRITE_ONCE(t->timer_slack_ns, real_time(t->policy) ? 0 : ns ? ns : t->born_slack_ns);
}

/* @policy < 0: keep it. */
static long set_policy(int pid, int policy, vaddr_t param)
{
	bool reset = policy >= 0 && (policy & SCHED_RESET_ON_FORK);
	struct task_struct *t;
	int priority;
	long err;

	if (!param || pid < 0)
		return -EINVAL;
	if (get_user(&priority, param))
		return -EFAULT;
	t = sched_task(pid);
	if (!t)
		return -ESRCH;
	if (policy < 0) {
		policy = t->policy;
		reset = t->sched_reset_on_fork;
	}
	err = sched_apply_policy(t, policy & ~SCHED_RESET_ON_FORK, priority, reset);
	task_put(t);
	return err;
}

long sys_sched_setscheduler(const unsigned long *a)
{
	return (int)a[1] < 0 ? -EINVAL : set_policy((int)a[0], (int)a[1], a[2]);
}

long sys_sched_setparam(const unsigned long *a)
{
	return set_policy((int)a[0], -1, a[1]);
}

long sys_sched_getscheduler(const unsigned long *a)
{
	struct task_struct *t;
	long policy;

	if ((int)a[0] < 0)
		return -EINVAL;
	t = sched_task((int)a[0]);
	if (!t)
		return -ESRCH;
	policy = t->policy | (t->sched_reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return policy;
}

long sys_sched_getparam(const unsigned long *a)
{
	struct task_struct *t;
	int priority;

	if (!a[1] || (int)a[0] < 0)
		return -EINVAL;
	t = sched_task((int)a[0]);
	if (!t)
		return -ESRCH;
	priority = t->own_rt_priority;
	task_put(t);
	return put_user(priority, a[1]);
}

long sys_sched_get_priority_max(const unsigned long *a)
{
	if (!policy_valid((int)a[0]))
		return -EINVAL;
	return real_time((int)a[0]) ? 99 : 0;
}

long sys_sched_get_priority_min(const unsigned long *a)
{
	if (!policy_valid((int)a[0]))
		return -EINVAL;
	return real_time((int)a[0]) ? 1 : 0;
}

long sys_sched_rr_get_interval(const unsigned long *a)
{
	struct task_struct *t;
	u64 ns;

	if ((int)a[0] < 0)
		return -EINVAL;
	t = sched_task((int)a[0]);
	if (!t)
		return -ESRCH;
	ns = t->policy == SCHED_FIFO ? 0 : sched_slice_ns;
	task_put(t);
	return put_user(ns_to_timespec(ns), a[1]);
}
