// SPDX-License-Identifier: MIT
/*
 * System calls that send signals: to a process, a group, a thread, everybody.
 *
 * Lock: tasklist_lock from finding the receiver to having sent, so that it
 * cannot be reaped, or its number given to another, in between.
 */
#include <kernel/signal.h>

#include <kernel/signal_internal.h>
#include <kernel/syscall.h>
#include <lib/string.h>
#include <mm/uaccess.h>

static void info_from_user(siginfo_t *info, int sig, int code);
static int kill_one(int sig, const siginfo_t *info, struct task_struct *t, bool group);
static int kill_matching(int sig, const siginfo_t *info, int pid);
static long kill_thread(int tgid, int tid, int sig, const siginfo_t *info);
static int copy_info(siginfo_t *info, vaddr_t from, int sig, int receiver);
static bool may_signal(int sig, struct task_struct *t);

long sys_kill(const unsigned long *a)
{
	int pid = (int)a[0], sig = (int)a[1];
	struct task_struct *t;
	siginfo_t info;
	int err;

	if (pid == (int)0x80000000)
		return -ESRCH;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	info_from_user(&info, sig, SI_USER);
	if (pid <= 0)
		return kill_matching(sig, &info, pid);
	t = find_task(pid);     /* any thread's number names its process */
	if (!t)
		return -ESRCH;
	err = kill_one(sig, &info, t, true);
	task_put(t);
	return err;
}

long sys_tkill(const unsigned long *a)
{
	siginfo_t info;

	if ((int)a[0] <= 0)
		return -EINVAL;
	info_from_user(&info, (int)a[1], SI_TKILL);
	return kill_thread(0, (int)a[0], (int)a[1], &info);
}

long sys_tgkill(const unsigned long *a)
{
	siginfo_t info;

	if ((int)a[0] <= 0 || (int)a[1] <= 0)
		return -EINVAL;
	info_from_user(&info, (int)a[2], SI_TKILL);
	return kill_thread((int)a[0], (int)a[1], (int)a[2], &info);
}

long sys_rt_sigqueueinfo(const unsigned long *a)
{
	int pid = (int)a[0], sig = (int)a[1];
	struct task_struct *t;
	siginfo_t info;
	int err = copy_info(&info, a[2], sig, pid);

	if (err)
		return err;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	t = pid > 0 ? find_task(pid) : NULL;
	if (!t)
		return -ESRCH;
	err = kill_one(sig, &info, t, true);
	task_put(t);
	return err;
}

long sys_rt_tgsigqueueinfo(const unsigned long *a)
{
	siginfo_t info;
	int err = copy_info(&info, a[3], (int)a[2], (int)a[1]);

	if (err)
		return err;
	if ((int)a[0] <= 0 || (int)a[1] <= 0)
		return -EINVAL;
	return kill_thread((int)a[0], (int)a[1], (int)a[2], &info);
}

/* Only to itself may a program say that a signal comes from the kernel, or from kill(2). */
static int copy_info(siginfo_t *info, vaddr_t from, int sig, int receiver)
{
	if (get_user(info, from))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && current->tgid != receiver)
		return -EPERM;
	return 0;
}

static void info_from_user(siginfo_t *info, int sig, int code)
{
	memset(info, 0, SIGINFO_USED);
	info->si_signo = sig;
	info->si_code = code;
	info->rt.pid = current->tgid;
	info->rt.uid = current->cred->uid;
}

static long kill_thread(int tgid, int tid, int sig, const siginfo_t *info)
{
	struct task_struct *t = current;
	int err = -ESRCH;

	if (tid == t->pid)      /* raise(3), abort(3) */
		task_get(t);
	else
		t = find_task(tid);
	if (!t)
		return -ESRCH;
	if (!tgid || t->tgid == tgid)
		err = sig < 0 || sig > NSIG ? -EINVAL : kill_one(sig, info, t, false);
	task_put(t);
	return err;
}

static int kill_one(int sig, const siginfo_t *info, struct task_struct *t, bool group)
{
	unsigned long flags;
	int err = 0;

	if (!may_signal(sig, t))
		return -EPERM;
	if (!sig)
		return 0;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (group)
		err = send_signal_process_locked(sig, info, t);
	else
		err = send_signal_thread_locked(sig, info, t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	/* Unreaped, it can still be named; it has nothing left to tell. */
	return err == -ESRCH ? 0 : err;
}

/*
 * kill(2) of 0: one's own group; of -1: everybody but the first process and
 * oneself; of -n: group n.  0 when one could be signalled.
 */
static int kill_matching(int sig, const siginfo_t *info, int pid)
{
	int pgid = pid == 0 ? current->signal->pgid : -pid;
	int err = -ESRCH;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, task_node) {
		if (!thread_group_leader(t) || (t->flags & PF_KTHREAD))
			continue;
		if (pid == -1 ? process_is_init(t) || t->tgid == current->tgid
			      : t->signal->pgid != pgid)
			continue;
		if (!may_signal(sig, t)) {
			if (err)
				err = -EPERM;
			continue;
		}
		err = 0;
		if (sig)
			send_signal_process_locked(sig, info, t);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

static bool may_signal(int sig, struct task_struct *t)
{
	struct cred *cred;
	bool may;

	if (t->signal == current->signal)
		return true;
	cred = task_cred_get(t);
	if (!cred)
		return false;
	may = cred_may_kill(cred) || (sig == SIGCONT && t->signal->sid == current->signal->sid);
	cred_put(cred);
	return may;
}
