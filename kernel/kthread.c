// SPDX-License-Identifier: MIT
/*
 * Kernel threads: tasks without a program.
 *
 * Each is a process of its own, child of the boot hart's idle task, which
 * never waits: it goes without a trace when its function returns.  The first
 * one becomes process 1 by its exec.
 *
 * Lock: tasklist_lock.
 */
#include <kernel/task.h>

#include <kernel/process.h>
#include <kernel/rq.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <lib/string.h>
#include <mm/slab.h>

static void kthread_entry(void *arg);
static struct signal_struct *kthread_signal(void);

/* Kept in the restart block, which a thread without system calls does not use. */
enum { ARG_FN, ARG_ARG };

struct task_struct *kthread_run(void (*fn)(void *), void *arg, const char *name)
{
	struct task_struct *t = pid_table_grow() ? NULL : task_alloc();
	unsigned long flags;
	int err;

	if (!t)
		return NULL;
	t->flags = PF_KTHREAD;
	strscpy(t->comm, name, sizeof(t->comm));
	t->cred = &root_cred;
	cred_get(t->cred);
	t->restart.arg[ARG_FN] = (unsigned long)fn;
	t->restart.arg[ARG_ARG] = (unsigned long)arg;
	t->altstack.ss_flags = SS_DISABLE;
	t->timer_slack_ns = t->born_slack_ns = TIMERSLACK_DEFAULT;
	t->login_uid = t->login_session = LOGIN_NONE;
	t->signal = kthread_signal();
	if (!t->signal) {
		task_discard(t);
		return NULL;
	}
	sched_fork(t);
	t->hart_mask = ~0UL;
	t->policy = SCHED_NORMAL;
	t->rt_priority = t->own_rt_priority = 0;
	t->nice = 0;
	t->weight = 1024;
	thread_init_kernel(&t->thread, (void *)t->thread.kstack, kthread_entry, t);
	flags = spin_lock_irqsave(&tasklist_lock);
	err = task_publish(t, rqs[0].idle, false);
	if (!err && t->pid == 1)
		init_task = t;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (err) {
		task_discard(t);
		return NULL;
	}
	sched_start(t);
	return t;
}

/* Limits as Linux gives them to its first process. */
static struct signal_struct *kthread_signal(void)
{
	struct signal_struct *sig = signal_alloc();

	if (!sig)
		return NULL;
	for (int i = 0; i < RLIM_NLIMITS; i++)
		sig->rlim[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	sig->rlim[RLIMIT_STACK].cur = 8 * MiB;
	sig->rlim[RLIMIT_CORE].cur = 0;
	sig->rlim[RLIMIT_NOFILE] = (struct rlimit){ 1024, 4096 };
	sig->rlim[RLIMIT_MEMLOCK] = (struct rlimit){ 8 * MiB, 8 * MiB };
	sig->rlim[RLIMIT_MSGQUEUE] = (struct rlimit){ 819200, 819200 };
	sig->rlim[RLIMIT_NICE] = (struct rlimit){ 0, 0 };
	sig->rlim[RLIMIT_RTPRIO] = (struct rlimit){ 0, 0 };
	sig->rlim[RLIMIT_SIGPENDING] = (struct rlimit){ 4096, 4096 };
	return sig;
}

/* Returns, into the program, only when @fn has made one of this thread by exec. */
static void kthread_entry(void *arg)
{
	struct task_struct *t = arg;
	void (*fn)(void *) = (void (*)(void *))t->restart.arg[ARG_FN];

	fn((void *)t->restart.arg[ARG_ARG]);
	if (t->flags & PF_KTHREAD)
		do_exit(0);
}
