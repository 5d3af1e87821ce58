// SPDX-License-Identifier: MIT
/*
 * The owner of an open file: whom it signals (fcntl(2), "Managing signals").
 *
 * A file has none until somebody asks, so that open costs nothing.  A process or
 * a thread is named by its handle, which nobody gets after it; a group by its
 * number.  Whoever named the owner must be one who may signal it, as kill(2)
 * has it but without capabilities, or root.
 *
 * Unlike Linux, O_ASYNC raises no signal: what is signalled is F_NOTIFY (dnotify.c).
 *
 * Lock: notify_lock; signals are sent without it, for tasklist_lock comes before.
 */
#include <kernel/fs/fown.h>

#include <kernel/fs/fcntl.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inotify.h>
#include <kernel/fs/poll.h>
#include <kernel/pidfd.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

/* struct f_owner_ex of fcntl(2) */
struct owner_ex {
	int type, pid;
};

/* @fresh's references pass to @f, those of the owner before are dropped. */
static void replace(struct file_owner *o, struct file_owner *fresh)
{
	struct pid_handle *old;

	spin_lock(&notify_lock);
	old = o->handle;
	fresh->sig = o->sig;
	*o = *fresh;
	spin_unlock(&notify_lock);
	if (old)
		pid_handle_put(old);
}

/* Who is @pid, to be the owner?  -ESRCH, -EINVAL, -ENOMEM. */
static int name_owner(struct file_owner *fresh, const struct owner_ex *who)
{
	struct task_struct *t;
	unsigned long flags;
	bool there;

	*fresh = (struct file_owner){
		.type = who->type, .uid = current->cred->uid, .euid = current->cred->euid,
	};
	if ((unsigned int)who->type > F_OWNER_PGRP)
		return -EINVAL;
	if (!who->pid)
		return 0;
	if (who->type == F_OWNER_PGRP) {
		flags = spin_lock_irqsave(&tasklist_lock);
		there = pgrp_exists(who->pid, 0);
		spin_unlock_irqrestore(&tasklist_lock, flags);
		fresh->pgid = who->pid;
		return there ? 0 : -ESRCH;
	}
	t = find_task(who->pid);
	if (!t)
		return -ESRCH;
	fresh->handle = pid_handle_of(t);
	task_put(t);
	return IS_ERR(fresh->handle) ? (int)PTR_ERR(fresh->handle) : 0;
}

static int set_owner(struct file *f, const struct owner_ex *who)
{
	struct file_owner *o = file_owner_get(f), fresh;
	int err = o ? name_owner(&fresh, who) : -ENOMEM;

	if (!err)
		replace(o, &fresh);
	return err;
}

int file_owner_default(struct file *f)
{
	const struct owner_ex me = { F_OWNER_PID, current->tgid };
	struct file_owner *o = file_owner_get(f);

	if (!o)
		return -ENOMEM;
	return o->handle || o->pgid ? 0 : set_owner(f, &me);
}

/* An owner that is gone is none. */
static void tell_owner(struct file *f, struct owner_ex *who)
{
	struct file_owner o = { .type = F_OWNER_TID };
	struct task_struct *t = NULL;

	spin_lock(&notify_lock);
	if (f->owner)
		file_owner_copy(&o, f->owner);
	spin_unlock(&notify_lock);
	who->type = o.type;
	who->pid = o.pgid;
	if (!o.handle)
		return;
	t = pid_handle_task(o.handle);
	if (t) {
		who->pid = t->pid;
		task_put(t);
	}
	pid_handle_put(o.handle);
}

long file_owner_fcntl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct file_owner *o = f->owner;
	struct owner_ex who;

	switch (cmd) {
	case F_GETSIG:
		return o ? READ_ONCE(o->sig) : 0;
	case F_SETSIG:
		if (arg > NSIG)
			return -EINVAL;
		o = file_owner_get(f);
		if (!o)
			return -ENOMEM;
		spin_lock(&notify_lock);
		o->sig = (int)arg;
		spin_unlock(&notify_lock);
		return 0;
	case F_GETOWN:
		tell_owner(f, &who);
		return who.type == F_OWNER_PGRP ? -who.pid : who.pid;
	case F_GETOWN_EX:
		tell_owner(f, &who);
		return put_user(who, arg);
	case F_SETOWN:
		who.type = (int)arg < 0 ? F_OWNER_PGRP : F_OWNER_PID;
		if ((int)arg == (int)0x80000000)
			return -EINVAL;
		who.pid = (int)arg < 0 ? -(int)arg : (int)arg;
		return set_owner(f, &who);
	default:
		return get_user(&who, arg) ? -EFAULT : set_owner(f, &who);
	}
}

struct file_owner *file_owner_get(struct file *f)
{
	struct file_owner *o = READ_ONCE(f->owner), *fresh;

	if (o)
		return o;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	o = cmpxchg(&f->owner, (struct file_owner *)NULL, fresh);
	if (!o)
		return fresh;
	kfree(fresh);
	return o;
}

void file_owner_free(struct file_owner *o)
{
	if (o->handle)
		pid_handle_put(o->handle);
	kfree(o);
}

/* ------------------------------------------------ signals */

void file_owner_copy(struct file_owner *to, const struct file_owner *from)
{
	assert_held(&notify_lock);
	*to = *from;
	if (to->handle)
		pid_handle_get(to->handle);
}

static bool may_tell(const struct file_owner *o, struct task_struct *t)
{
	struct cred *c = task_cred_get(t);
	bool may;

	if (!c)
		return false;
	may = !o->euid || o->euid == c->suid || o->euid == c->uid || o->uid == c->suid ||
	      o->uid == c->uid;
	cred_put(c);
	return may;
}

/* tasklist_lock held.  A signal that cannot be queued becomes SIGIO, which needs no place. */
static void tell(const struct file_owner *o, const siginfo_t *info, struct task_struct *t)
{
	int (*send)(int, const siginfo_t *, struct task_struct *) =
		o->type == F_OWNER_TID ? send_signal_thread_locked : send_signal_process_locked;

	if (may_tell(o, t) && (!o->sig || send(o->sig, info, t)))
		send(SIGIO, NULL, t);
}

/* Signals whose own codes are numbers that POLL_ has too. */
#define OWN_CODES       (SIG_BIT(SIGILL) | SIG_BIT(SIGFPE) | SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | \
			 SIG_BIT(SIGTRAP) | SIG_BIT(SIGCHLD) | SIG_BIT(SIGSYS))

void file_owner_signal(struct file_owner *o, int fd, int reason)
{
	siginfo_t info;
	struct task_struct *t;
	unsigned long flags;

	memset(&info, 0, SIGINFO_USED);
	info.si_signo = o->sig;
	info.si_code = o->sig && (OWN_CODES & SIG_BIT(o->sig)) ? SI_SIGIO : reason;
	info.poll.band = POLLIN | POLLRDNORM | POLLMSG;
	info.poll.fd = fd;
	t = o->handle ? pid_handle_task(o->handle) : NULL;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (t)
		tell(o, &info, t);
	else if (o->pgid)
		list_for_each_entry(t, &all_tasks, task_node)
			if (thread_group_leader(t) && t->signal->pgid == o->pgid)
				tell(o, &info, t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (!o->handle)
		return;
	if (t)
		task_put(t);
	pid_handle_put(o->handle);
}
