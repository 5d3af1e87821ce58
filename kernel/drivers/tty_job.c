// SPDX-License-Identifier: MIT
/*
 * Job control: whose terminal it is, and which process group may use it now
 * (credentials(7), tcsetpgrp(3), TIOCSCTTY in ioctl_tty(2)).
 *
 * Lock: tasklist_lock guards tty->session, tty->pgrp and signal->tty.
 */
#include <kernel/drivers/tty.h>

#include <kernel/cred.h>
#include <kernel/signal.h>
#include <kernel/task.h>

int tty_check_background(struct tty *tty, int sig)
{
	struct signal_struct *s = current->signal;
	int pgrp = READ_ONCE(tty->pgrp);

	if (READ_ONCE(s->tty) != tty || !pgrp || pgrp == READ_ONCE(s->pgid))
		return 0;
	if (signal_ignored_or_blocked(current, sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (current_pgrp_orphaned())
		return -EIO;
	send_signal_pgrp(sig, s->pgid);
	return -ERESTARTSYS;
}

static bool session_leader(void)
{
	return current->signal->sid == current->tgid;
}

/* tasklist_lock held: every process of @session that has @tty forgets it. */
static void forget_tty(struct tty *tty, int session)
{
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, task_node)
		if (t->signal->sid == session && t->signal->tty == tty)
			t->signal->tty = NULL;
	tty->session = 0;
	tty->pgrp = 0;
}

struct tty *tty_get_own(void)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct tty *tty = current->signal->tty;

	if (tty)
		tty_get(tty);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return tty;
}

void tty_forget_session(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	if (tty->session)
		forget_tty(tty, tty->session);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* tasklist_lock held.  The leader is told, and remembers whom it has to tell when it ends. */
static void tell_leader(struct tty *tty)
{
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, task_node) {
		if (!thread_group_leader(t) || t->tgid != tty->session ||
		    t->signal->sid != tty->session || !t->sighand)
			continue;
		t->signal->old_pgrp = tty->pgrp;
		send_signal_process_locked(SIGHUP, NULL, t);
		send_signal_process_locked(SIGCONT, NULL, t);
		return;
	}
}

void tty_hangup(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);

	tty->hung_up = true;
	spin_unlock_irqrestore(&tty->lock, flags);
	wake_up_all(&tty->read_wait);
	wake_up_all(&tty->write_wait);
	flags = spin_lock_irqsave(&tasklist_lock);
	if (tty->session) {
		tell_leader(tty);
		forget_tty(tty, tty->session);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static void take_tty(struct tty *tty)
{
	tty->session = current->signal->sid;
	tty->pgrp = current->signal->pgid;
	current->signal->tty = tty;
}

void tty_open_controlling(struct tty *tty)
{
	unsigned long flags;

	if (!session_leader() || READ_ONCE(current->signal->tty))
		return;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (!tty->session && !current->signal->tty)
		take_tty(tty);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

int tty_set_controlling(struct tty *tty, bool steal)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int error = 0;

	if (session_leader() && current->signal->tty == tty && tty->session == current->signal->sid)
		goto out;
	error = -EPERM;
	if (!session_leader() || current->signal->tty)
		goto out;
	if (tty->session) {
		if (!steal || !capable(CAP_SYS_ADMIN))
			goto out;
		forget_tty(tty, tty->session);
	}
	take_tty(tty);
	error = 0;
out:
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

/* Free the terminal of a session; its foreground group hears SIGHUP and SIGCONT. */
static void release_session(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int pgrp = 0;

	if (tty->session == current->signal->sid) {
		pgrp = tty->pgrp;
		forget_tty(tty, tty->session);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (pgrp) {
		send_signal_pgrp(SIGHUP, pgrp);
		send_signal_pgrp(SIGCONT, pgrp);
	}
}

int tty_give_up(struct tty *tty)
{
	unsigned long flags;

	if (READ_ONCE(current->signal->tty) != tty)
		return -ENOTTY;
	if (session_leader()) {
		release_session(tty);
		return 0;
	}
	flags = spin_lock_irqsave(&tasklist_lock);
	current->signal->tty = NULL;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return 0;
}

void tty_session_exit(void)
{
	struct tty *tty = session_leader() ? tty_get_own() : NULL;
	int pgrp = session_leader() ? xchg(&current->signal->old_pgrp, 0) : 0;

	if (tty) {
		release_session(tty);
		tty_put(tty);
	} else if (pgrp) {              /* it was hung up before */
		send_signal_pgrp(SIGHUP, pgrp);
		send_signal_pgrp(SIGCONT, pgrp);
	}
}

int tty_get_pgrp(struct tty *tty, bool outside, int *pgrp)
{
	if (!outside && READ_ONCE(current->signal->tty) != tty)
		return -ENOTTY;
	*pgrp = READ_ONCE(tty->pgrp);
	return 0;
}

/* Is there a process of group @pgrp in session @sid?  -ESRCH no group, -EPERM another session. */
static int check_pgrp(int pgrp, int sid)
{
	struct task_struct *t;
	int error = -ESRCH;

	list_for_each_entry(t, &all_tasks, task_node) {
		if (!thread_group_leader(t) || t->signal->pgid != pgrp)
			continue;
		if (t->signal->sid == sid)
			return 0;
		error = -EPERM;
	}
	return error;
}

int tty_set_pgrp(struct tty *tty, int pgrp)
{
	struct signal_struct *s = current->signal;
	unsigned long flags;
	int error = tty_check_background(tty, SIGTTOU);

	if (error)
		return error;
	if (READ_ONCE(s->tty) != tty || tty->session != s->sid)
		return -ENOTTY;
	if (pgrp < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&tasklist_lock);
	error = check_pgrp(pgrp, s->sid);
	if (!error)
		tty->pgrp = pgrp;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

void tty_numbers(struct task_struct *t, u64 *dev, int *tpgid)
{
	struct tty *tty = t->signal->tty;

	assert_held(&tasklist_lock);
	*dev = tty ? tty->dev : 0;
	*tpgid = tty ? tty->pgrp : -1;
}
