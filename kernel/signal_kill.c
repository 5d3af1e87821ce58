// SPDX-License-Identifier: MIT
/*
 * System calls that send signals: to a process, a group, a thread, everybody.
 *
 * Lock: tasklist_lock from finding the receiver to having sent, so that it
 * cannot be reaped, or its number given to another, in between.
 */
#include <kernel/signal.h>

#include <kernel/fs/proc/proc.h>
#include <kernel/pidfd.h>
#include <kernel/signal_internal.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/uaccess.h>

/* pidfd_send_signal(2): whom it is for, when not whom the descriptor says. */
enum {
	PIDFD_SIGNAL_THREAD = 1, PIDFD_SIGNAL_THREAD_GROUP = 2, PIDFD_SIGNAL_PROCESS_GROUP = 4,
};

static void info_from_user(siginfo_t *info, int sig, int code);
static int kill_one(int sig, const siginfo_t *info, struct task_struct *t, bool group);
static int kill_matching(int sig, const siginfo_t *info, int pgid, bool everybody);
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
		return kill_matching(sig, &info, pid ? -pid : current->signal->pgid, pid == -1);
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

/* The task that descriptor @fd names: a pidfd, or an open directory /proc/PID.  ERR_PTR. */
static struct task_struct *task_of_fd(int fd, unsigned int *flags)
{
	struct task_struct *t = pidfd_get_task(fd, flags);
	struct file *f;

	if (t != ERR_PTR(-EBADF))
		return t;
	f = fd_get(fd);
	if (!f)
		return t;
	if (proc_file_process(f)) {
		t = proc_file_process(f);
		task_get(t);
		*flags = 0;
	}
	file_put(f);
	return t;
}

long sys_pidfd_send_signal(const unsigned long *a)
{
	int sig = (int)a[1], err = 0;
	unsigned int scope = (unsigned int)a[3], flags;
	struct task_struct *t;
	siginfo_t info;

	if (scope & (scope - 1) || scope > PIDFD_SIGNAL_PROCESS_GROUP)
		return -EINVAL;
	t = task_of_fd((int)a[0], &flags);
	if (IS_ERR(t))
		return PTR_ERR(t);
	if (!scope)
		scope = flags & PIDFD_THREAD ? PIDFD_SIGNAL_THREAD : PIDFD_SIGNAL_THREAD_GROUP;
	info_from_user(&info, sig, scope == PIDFD_SIGNAL_THREAD ? SI_TKILL : SI_USER);
	if (a[2]) {
		if (get_user(&info, a[2]))
			err = -EFAULT;
		else if (info.si_signo != sig)
			err = -EINVAL;
		else if ((t != current || scope == PIDFD_SIGNAL_PROCESS_GROUP) &&
			 (info.si_code >= 0 || info.si_code == SI_TKILL))
			err = -EPERM;
	}
	if (!err && (sig < 0 || sig > NSIG))
		err = -EINVAL;
	if (!err && scope == PIDFD_SIGNAL_PROCESS_GROUP)
		err = kill_matching(sig, &info, READ_ONCE(t->pid), false);
	else if (!err)
		err = kill_one(sig, &info, t, scope == PIDFD_SIGNAL_THREAD_GROUP);
	task_put(t);
	return err;
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
 * To group @pgid, or to everybody but the first process and oneself.  0 when
 * one could be signalled; of everybody, also when none might be.
 */
static int kill_matching(int sig, const siginfo_t *info, int pgid, bool everybody)
{
	int err = -ESRCH;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, task_node) {
		if (!thread_group_leader(t) || (t->flags & PF_KTHREAD))
			continue;
		if (everybody ? process_is_init(t) || t->tgid == current->tgid
			      : t->signal->pgid != pgid)
			continue;
		if (!may_signal(sig, t)) {
			if (err)
				err = everybody ? 0 : -EPERM;
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
