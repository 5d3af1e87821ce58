// SPDX-License-Identifier: MIT
/*
 * Job control: a whole process stops, goes on, and its parent hears of it.
 *
 * The thread that takes a stop signal asks all others to stop too
 * (stop_pending, counted in group_stop_count); each stops when it looks at its
 * signals, and the last one to do so tells the parent.  SIGCONT undoes all of
 * that from the outside, in the sender's context.
 *
 * Always true (siglock): group_stop_count is the number of threads with
 *              stop_pending; group_stopped only while it is 0.
 * Lock:        tasklist_lock, then siglock.  The parent is told with the
 *              child's siglock free.
 */
#include <kernel/signal.h>

#include <kernel/ptrace_internal.h>
#include <kernel/signal_internal.h>
#include <lib/string.h>

#define NSEC_PER_TICK   10000000UL      /* siginfo counts time in 1/100 s */

static void stop_begin(struct task_struct *t, int sig);
static bool must_stay_stopped(struct task_struct *t);
static void tell_stopped(void);
static void fill_child_info(siginfo_t *info, struct task_struct *t, int sig, int code);

void signal_stop(int sig, unsigned long irqflags)
{
	struct task_struct *t = current;
	struct signal_struct *s = t->signal;
	bool last = false;

	assert_held(&t->sighand->siglock);
	if (!sig && !t->stop_pending) {         /* stop_again: it is not counted */
		t->stop_again = false;
		if (!s->group_stopped && !s->group_stop_count) {
			recalc_sigpending(t);
			spin_unlock_irqrestore(&t->sighand->siglock, irqflags);
			return;
		}
	} else {
		if (!t->stop_pending)
			stop_begin(t, sig);
		t->stop_pending = t->stop_again = false;
		if (--s->group_stop_count == 0) {
			s->group_stopped = true;
			last = true;
		}
	}
	recalc_sigpending(t);
	if (unlikely(t->tracee)) {
		ptrace_group_stop(last, &irqflags);
		spin_unlock_irqrestore(&t->sighand->siglock, irqflags);
		return;
	}
	set_current_state(TASK_STOPPED);
	spin_unlock_irqrestore(&t->sighand->siglock, irqflags);
	if (last)
		tell_stopped();

	for (;;) {
		schedule();
		irqflags = spin_lock_irqsave(&t->sighand->siglock);
		if (!must_stay_stopped(t))
			break;
		set_current_state(TASK_STOPPED);
		spin_unlock_irqrestore(&t->sighand->siglock, irqflags);
	}
	recalc_sigpending(t);
	spin_unlock_irqrestore(&t->sighand->siglock, irqflags);
}

/* A stop signal was taken: every thread that lives must stop. */
static void stop_begin(struct task_struct *t, int sig)
{
	struct signal_struct *s = t->signal;
	struct task_struct *other;

	s->stop_code = s->stop_sig = sig;
	s->continued = false;
	s->group_stop_count = 1;
	list_for_each_entry(other, &s->threads, thread_node) {
		if (other == t || (other->flags & PF_EXITING) || other->state == TASK_STOPPED)
			continue;
		other->stop_pending = true;
		s->group_stop_count++;
		if (!ptrace_trap_notify(other))
			signal_wake_up(other, false);
	}
	t->stop_pending = true;
}

static bool must_stay_stopped(struct task_struct *t)
{
	if ((t->pending.set & SIG_BIT(SIGKILL)) || ptrace_must_trap(t))
		return false;
	return t->signal->group_stopped || t->signal->group_stop_count > 0;
}

static void tell_stopped(void)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	if (current->signal->group_stopped)
		notify_parent(current->signal->leader, SIGCHLD, CLD_STOPPED);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

int signal_continue(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	struct task_struct *other;
	int told = 0;

	assert_held(&tasklist_lock);
	assert_held(&t->sighand->siglock);
	sigpending_remove(&s->shared_pending, SIGNALS_STOP);
	list_for_each_entry(other, &s->threads, thread_node)
		sigpending_remove(&other->pending, SIGNALS_STOP);

	if (s->group_stopped)
		told = CLD_CONTINUED;
	else if (s->group_stop_count)
		told = CLD_STOPPED;
	if (told == CLD_CONTINUED)
		s->continued = true;
	s->stop_code = told == CLD_STOPPED ? s->stop_code : 0;
	s->group_stopped = false;
	s->group_stop_count = 0;
	list_for_each_entry(other, &s->threads, thread_node) {
		other->stop_pending = false;
		other->stop_dequeued = other->stop_again = false;
		ptrace_trap_notify(other);
		if (READ_ONCE(other->state) == TASK_STOPPED)
			wake_up_process(other);
	}
	return told;
}

bool notify_parent(struct task_struct *t, int sig, int code)
{
	struct task_struct *parent = t->parent;
	struct sigaction act;
	siginfo_t info;
	bool reap = false, ended = code <= CLD_DUMPED;

	assert_held(&tasklist_lock);
	if (!parent || !parent->sighand)
		return ended;
	spin_lock(&parent->sighand->siglock);
	act = *action_of(parent, SIGCHLD);
	spin_unlock(&parent->sighand->siglock);

	if (sig == SIGCHLD && ended) {
		reap = act.sa_handler == SIG_IGN || (act.sa_flags & SA_NOCLDWAIT);
		if (act.sa_handler == SIG_IGN)
			sig = 0;
	} else if (!ended && (act.sa_handler == SIG_IGN || (act.sa_flags & SA_NOCLDSTOP))) {
		sig = 0;
	}
	if (signal_valid(sig)) {
		fill_child_info(&info, t, sig, code);
		send_signal_process_locked(sig, &info, parent);
	}
	wake_up_all(&parent->signal->child_wait);
	return reap;
}

bool notify_tracer(struct task_struct *t, int code)
{
	struct task_struct *tracer = t->tracee->tracer;
	bool ended = code <= CLD_DUMPED;
	struct sigaction act;
	siginfo_t info;

	assert_held(&tasklist_lock);
	if (!tracer->sighand)
		return ended;
	spin_lock(&tracer->sighand->siglock);
	act = *action_of(tracer, SIGCHLD);
	spin_unlock(&tracer->sighand->siglock);
	if (act.sa_handler != SIG_IGN && (ended || !(act.sa_flags & SA_NOCLDSTOP))) {
		fill_child_info(&info, t, SIGCHLD, code);
		if (!ended)
			info.chld.status = READ_ONCE(t->tracee->wait_code) & 0x7f;
		send_signal_process_locked(SIGCHLD, &info, tracer);
	}
	wake_up_all(&tracer->signal->child_wait);
	return ended && (act.sa_handler == SIG_IGN || (act.sa_flags & SA_NOCLDWAIT));
}

static void fill_child_info(siginfo_t *info, struct task_struct *t, int sig, int code)
{
	memset(info, 0, SIGINFO_USED);
	info->si_signo = sig;
	info->si_code = code;
	info->chld.pid = t->pid;
	/*
	 * A timer's SIGCONT comes here in an interrupt, which may have hit a
	 * holder of this lock: then the number stays 0.
	 */
	if (code != CLD_CONTINUED)
		spin_lock(&t->lock);
	if (code != CLD_CONTINUED || spin_trylock(&t->lock)) {
		info->chld.uid = t->cred->uid;
		spin_unlock(&t->lock);
	}
	info->chld.utime = (long)((t->signal->utime_ns + t->utime_ns) / NSEC_PER_TICK);
	info->chld.stime = (long)((t->signal->stime_ns + t->stime_ns) / NSEC_PER_TICK);
	switch (code) {
	case CLD_EXITED:
		info->chld.status = t->exit_code >> 8 & 0xff;
		break;
	case CLD_STOPPED:
		info->chld.status = t->signal->stop_code;
		break;
	case CLD_CONTINUED:
		info->chld.status = SIGCONT;
		break;
	default:
		info->chld.status = t->exit_code & 0x7f;
		break;
	}
}

/*
 * POSIX 3.276: a group none of whose members has a parent in the same session
 * but in another group: nobody is there to continue it.
 */
bool pgrp_orphaned(int pgid, const struct task_struct *without)
{
	struct task_struct *t;

	assert_held(&tasklist_lock);
	list_for_each_entry(t, &all_tasks, task_node) {
		struct task_struct *parent = t->real_parent;

		if (!thread_group_leader(t) || t == without || t->signal->pgid != pgid)
			continue;
		if (!t->signal->nr_threads || !parent || process_is_init(parent))
			continue;
		if (parent->signal->pgid != pgid && parent->signal->sid == t->signal->sid)
			return false;
	}
	return true;
}

bool current_pgrp_orphaned(void)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	bool yes = pgrp_orphaned(current->signal->pgid, NULL);

	spin_unlock_irqrestore(&tasklist_lock, flags);
	return yes;
}
