// SPDX-License-Identifier: MIT
/*
 * wait: a parent learns what became of its children.
 *
 * Under tasklist_lock the children are looked through once; the first that
 * has something to tell is taken: an ended one off all lists, a stopped or
 * continued one by clearing that note.  What is told is written down there
 * and copied to the program after the lock is free.
 *
 * Lock: tasklist_lock: only one waiter finds a zombie.
 */
#include <kernel/process.h>

#include <kernel/cred.h>
#include <kernel/pidfd.h>
#include <kernel/ptrace_internal.h>
#include <kernel/rusage.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define WNOHANG         0x00000001U
#define WUNTRACED       0x00000002U
#define WSTOPPED        WUNTRACED
#define WEXITED         0x00000004U
#define WCONTINUED      0x00000008U
#define WNOWAIT         0x01000000U
#define __WNOTHREAD     0x20000000U
#define __WALL          0x40000000U
#define __WCLONE        0x80000000U

enum { P_ALL, P_PID, P_PGID, P_PIDFD };

/* The question and its answer. */
struct wait {
	int which, id;                  /* P_, and the pid or group */
	struct pid_handle *handle;      /* P_PIDFD: a reference */
	unsigned int options;
	bool want_rusage;
	int pid;                        /* answer: of the child, or 0 */
	int status;                     /* wait4's word */
	int code;                       /* CLD_ */
	u32 uid;
	struct rusage ru;
	struct list_head released;      /* tasks whose lists' reference is ours to drop */
};

static long do_wait(struct wait *w);
static long look(struct wait *w);
static long look_at_traced(struct wait *w, struct task_struct *tracer, long ret);
static bool look_at(struct wait *w, struct task_struct *t);

static long do_wait(struct wait *w)
{
	struct task_struct *t, *tmp;
	long found = 0;
	int err;

	INIT_LIST_HEAD(&w->released);
	err = wait_event_interruptible(&current->signal->child_wait,
				       (found = look(w)) != 0 || (w->options & WNOHANG));
	list_for_each_entry_safe(t, tmp, &w->released, task_node)
		task_put(t);
	if (found)
		return found;
	return err;
}

/* By number, or group, or descriptor. */
static bool named(const struct wait *w, const struct task_struct *t)
{
	if (w->which == P_PID && t->pid != w->id)
		return false;
	if (w->which == P_PIDFD && t->handle != w->handle)
		return false;
	return w->which != P_PGID || t->signal->pgid == w->id;
}

/* __WNOTHREAD: of the threads that make children, this one's; the leader has what others left. */
static bool made_here(const struct task_struct *t)
{
	struct task_struct *me = current, *other;

	if (t->signal->forker == me->pid)
		return true;
	list_for_each_entry(other, &me->signal->threads, thread_node)
		if (other->pid == t->signal->forker && !(other->flags & PF_EXITING))
			return false;
	return me == me->signal->leader;
}

static bool eligible(const struct wait *w, const struct task_struct *t)
{
	if (!named(w, t) || ((w->options & __WNOTHREAD) && !made_here(t)))
		return false;
	if (w->options & __WALL)
		return true;
	return (t->exit_signal != SIGCHLD) == !!(w->options & __WCLONE);
}

/* The pid of a child that told something, 0: none has yet, -ECHILD: there is none that could. */
static long look(struct wait *w)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *t;
	long ret = -ECHILD;

	list_for_each_entry(t, &current->signal->leader->children, sibling) {
		if (!eligible(w, t))
			continue;
		ret = 0;
		if (look_at(w, t)) {
			ret = w->pid;
			break;
		}
	}
	list_for_each_entry(t, &current->signal->threads, thread_node) {
		if (ret > 0)
			break;
		if (likely(hlist_empty(&t->tracees)) ||
		    ((w->options & __WNOTHREAD) && t != current))
			continue;
		ret = look_at_traced(w, t, ret);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return ret;
}

/* The same for what @tracer, a thread of ours, traces: whatever kind of child it is, or whose. */
static long look_at_traced(struct wait *w, struct task_struct *tracer, long ret)
{
	struct tracee *p;

	hlist_for_each_entry(p, &tracer->tracees, node) {
		if (!named(w, p->task))
			continue;
		if (look_at(w, p->task))
			return w->pid;
		ret = 0;
	}
	return ret;
}

static void answer(struct wait *w, struct task_struct *t, int status, int code)
{
	w->pid = t->pid;
	w->status = status;
	w->code = code;
	spin_lock(&t->lock);
	w->uid = t->cred->uid;
	spin_unlock(&t->lock);
}

static void reap(struct wait *w, struct task_struct *t)
{
	if (w->want_rusage)
		rusage_fill(t, RUSAGE_BOTH, &w->ru);
	if (w->options & WNOWAIT)
		return;
	if (!thread_group_leader(t)) {
		process_thread_reaped(t, &w->released);
	} else if (ptrace_by_other_locked(t)) {
		ptrace_unlink_locked(t);
		process_announce(t, &w->released);
	} else {
		rusage_add_child(current->signal, t->signal);
		task_release(t);
		list_add(&t->task_node, &w->released);
	}
}

/* An end that can be told now: of a process as a whole, or of a thread that we trace. */
static bool look_at_end(struct wait *w, struct task_struct *t)
{
	int code = t->exit_code;

	if (!(w->options & WEXITED) ||
	    (thread_group_leader(t) && !process_has_ended(t->signal)))
		return false;
	answer(w, t, code,
	       !(code & 0x7f) ? CLD_EXITED : code & 0x80 ? CLD_DUMPED : CLD_KILLED);
	reap(w, t);
	return true;
}

/* A stop for its tracer, which is this process. */
static bool look_at_ptrace_stop(struct wait *w, struct task_struct *t)
{
	struct tracee *p = t->tracee;

	if (!p->stop || !p->wait_code || p->listening)
		return false;
	answer(w, t, p->wait_code << 8 | 0x7f, CLD_TRAPPED);
	if (!(w->options & WNOWAIT))
		p->wait_code = 0;
	return true;
}

static bool look_at(struct wait *w, struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	bool keep = w->options & WNOWAIT, told = false, ours = ptrace_by_us_locked(t);

	/* The end of one that another traces is that one's to hear first. */
	if (t->state == TASK_ZOMBIE)
		return (!t->tracee || ours) && look_at_end(w, t);
	if (!t->sighand || (!ours && !(w->options & (WSTOPPED | WCONTINUED))))
		return false;
	spin_lock(&t->sighand->siglock);
	if (ours && look_at_ptrace_stop(w, t)) {
		told = true;
	} else if ((w->options & WSTOPPED) && !ours && sig->group_stopped && sig->stop_code) {
		answer(w, t, sig->stop_code << 8 | 0x7f, CLD_STOPPED);
		if (!keep)
			sig->stop_code = 0;
		told = true;
	} else if ((w->options & WCONTINUED) && sig->continued) {
		answer(w, t, 0xffff, CLD_CONTINUED);
		if (!keep)
			sig->continued = false;
		told = true;
	}
	spin_unlock(&t->sighand->siglock);
	if (told && w->want_rusage)
		rusage_fill(t, RUSAGE_BOTH, &w->ru);
	return told;
}

/* ------------------------------------------------ the calls */

long sys_wait4(const unsigned long *a)
{
	int pid = (int)a[0];
	unsigned int options = (unsigned int)a[2];
	struct wait w = { .want_rusage = a[3] != 0 };
	long ret;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == (int)0x80000000)
		return -ESRCH;
	w.options = options | WEXITED;
	w.which = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
	w.id = pid > 0 ? pid : pid == 0 ? current->signal->pgid : -pid;
	ret = do_wait(&w);
	if (ret <= 0)
		return ret;
	if (a[1] && put_user(w.status, a[1]))
		return -EFAULT;
	if (a[3] && copy_to_user(a[3], &w.ru, sizeof(w.ru)))
		return -EFAULT;
	return ret;
}

static int info_status(const struct wait *w)
{
	switch (w->code) {
	case CLD_EXITED:
	case CLD_STOPPED:
		return w->status >> 8 & 0xff;
	case CLD_TRAPPED:
		return w->status >> 8;
	case CLD_CONTINUED:
		return SIGCONT;
	default:
		return w->status & 0x7f;
	}
}

/* waitid writes these fields only, so a shorter buffer than siginfo_t does. */
static int put_info(vaddr_t to, const struct wait *w)
{
	int head[3] = { w->pid ? SIGCHLD : 0, 0, w->pid ? w->code : 0 };
	int tail[3] = { w->pid, (int)w->uid, w->pid ? info_status(w) : 0 };

	if (copy_to_user(to, head, sizeof(head)) ||
	    copy_to_user(to + offsetof(siginfo_t, chld), tail, sizeof(tail)))
		return -EFAULT;
	return 0;
}

/* Whom waitid(2) is to wait for: 0 or -errno. */
static int decode_id(struct wait *w, int id, bool *nonblock)
{
	unsigned int flags;

	switch (w->which) {
	case P_ALL:
		return 0;
	case P_PID:
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		if (!id)
			w->id = current->signal->pgid;
		return id < 0 ? -EINVAL : 0;
	case P_PIDFD:
		if (id < 0)
			return -EINVAL;
		w->handle = pidfd_get_handle(id, &flags);
		if (IS_ERR(w->handle))
			return (int)PTR_ERR(w->handle);
		*nonblock = flags & PIDFD_NONBLOCK;
		return 0;
	default:
		return -EINVAL;
	}
}

/* 1: somebody was waited for, and is in @w; 0: nobody yet, and that was asked; or -errno. */
static long waitid(struct wait *w, unsigned int options)
{
	bool nonblock = false;
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = decode_id(w, w->id, &nonblock);
	if (ret)
		return ret;
	w->options = options | (nonblock ? WNOHANG : 0);
	ret = do_wait(w);
	if (w->handle)
		pid_handle_put(w->handle);
	return !ret && nonblock && !(options & WNOHANG) ? -EAGAIN : ret;
}

/* As on Linux the information is written in any case: zeroes with an error. */
long sys_waitid(const unsigned long *a)
{
	struct wait w = { .which = (int)a[0], .id = (int)a[1], .want_rusage = a[4] != 0 };
	long ret = waitid(&w, (unsigned int)a[3]);

	if (ret > 0 && a[4] && copy_to_user(a[4], &w.ru, sizeof(w.ru)))
		return -EFAULT;
	if (a[2] && put_info(a[2], &w))
		return -EFAULT;
	return ret < 0 ? ret : 0;
}
