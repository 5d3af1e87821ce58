// SPDX-License-Identifier: MIT
/*
 * Sending a signal: is it wanted, where does it wait, who wakes for it.
 *
 *   ignored        nothing happens (but SIGCONT continues, stop signals cancel it)
 *   fatal          the whole process is told at once, so that no thread goes on
 *                  while a sleeping one is being woken to do it
 *   otherwise      the bit is set, and one thread that does not block it wakes
 *
 * Lock: tasklist_lock, then the receiver's siglock; both are safe in
 * interrupts.  The parent's siglock is taken only after the child's is free.
 */
#include <kernel/signal.h>

#include <kernel/coredump.h>
#include <kernel/ptrace.h>
#include <kernel/signal_internal.h>
#include <lib/string.h>

static int send(int sig, const siginfo_t *info, struct task_struct *t, bool group, bool force);
static int queue_signal(int sig, const siginfo_t *info, struct task_struct *t, bool group);
static void complete_signal(int sig, struct task_struct *t, bool group);
static struct task_struct *choose_thread(int sig, struct task_struct *t, bool group);
static bool signal_is_fatal(struct task_struct *t, int sig);
static bool process_is_dying(const struct signal_struct *s);

int send_signal_process(int sig, const siginfo_t *info, struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int err = send(sig, info, t, true, false);

	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

int send_signal_thread(int sig, const siginfo_t *info, struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int err = send(sig, info, t, false, false);

	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

int send_signal_process_locked(int sig, const siginfo_t *info, struct task_struct *t)
{
	return send(sig, info, t, true, false);
}

int send_signal_thread_locked(int sig, const siginfo_t *info, struct task_struct *t)
{
	return send(sig, info, t, false, false);
}

int send_signal_pgrp(int sig, int pgid)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *t;
	int err = -ESRCH;

	list_for_each_entry(t, &all_tasks, task_node) {
		if (!thread_group_leader(t) || t->signal->pgid != pgid || (t->flags & PF_KTHREAD))
			continue;
		send(sig, NULL, t, true, false);
		err = 0;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

void force_signal(int sig, int code, vaddr_t addr)
{
	struct task_struct *t = current;
	siginfo_t info;
	unsigned long flags;

	memset(&info, 0, SIGINFO_USED);
	info.si_signo = sig;
	info.si_code = code;
	info.fault.addr = addr;
	flags = spin_lock_irqsave(&tasklist_lock);
	send(sig, &info, t, false, true);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* @force: a fault of the current task; whatever it wished, it gets the signal. */
static int send(int sig, const siginfo_t *info, struct task_struct *t, bool group, bool force)
{
	struct sighand_struct *sh = t->sighand;
	int told = 0, err = 0;

	assert_held(&tasklist_lock);
	if (!sh)
		return -ESRCH;
	spin_lock(&sh->siglock);
	if (force) {
		struct sigaction *act = action_of(t, sig);

		if ((t->blocked & SIG_BIT(sig)) || act->sa_handler == SIG_IGN) {
			act->sa_handler = SIG_DFL;
			t->blocked &= ~SIG_BIT(sig);
			recalc_sigpending(t);
		}
	} else if (process_is_dying(t->signal)) {
		if (sig == SIGKILL)
			coredump_kill(t);
		goto out;
	} else if (SIG_BIT(sig) & SIGNALS_STOP) {
		struct task_struct *other;

		sigpending_remove(&t->signal->shared_pending, SIG_BIT(SIGCONT));
		list_for_each_entry(other, &t->signal->threads, thread_node)
			sigpending_remove(&other->pending, SIG_BIT(SIGCONT));
	} else if (sig == SIGCONT) {
		told = signal_continue(t);
	}
	if (force || !signal_ignored(t, sig))
		err = queue_signal(sig, info, t, group);
out:
	spin_unlock(&sh->siglock);
	if (told)
		notify_parent(t->signal->leader, SIGCHLD, told);
	return err;
}

/* A blocked signal is never ignored: the handler may be another when it is opened. */
bool signal_ignored(struct task_struct *t, int sig)
{
	unsigned long handler = action_of(t, sig)->sa_handler;

	if (t->flags & PF_KTHREAD)
		return true;
	if ((t->blocked | t->real_blocked) & SIG_BIT(sig))
		return false;
	if (unlikely(t->tracee) && sig != SIGKILL)
		return false;   /* its tracer is to see it */
	if (handler == SIG_DFL)
		return (SIG_BIT(sig) & SIGNALS_IGNORE) || process_is_init(t);
	return handler == SIG_IGN;
}

static int queue_signal(int sig, const siginfo_t *info, struct task_struct *t, bool group)
{
	struct sigpending *p = group ? &t->signal->shared_pending : &t->pending;
	int err;

	/* A standard signal that waits already is not counted twice. */
	if (sig < SIGRTMIN && (p->set & SIG_BIT(sig)))
		return 0;
	err = sigqueue_add(p, sig, info, t->signal->rlim[RLIMIT_SIGPENDING].cur);
	if (!err) {
		if (unlikely(!list_empty(&t->sighand->signalfd_wait.waiters)))
			wake_up_all(&t->sighand->signalfd_wait);
		complete_signal(sig, t, group);
	}
	return err;
}

static void complete_signal(int sig, struct task_struct *t, bool group)
{
	struct task_struct *chosen = choose_thread(sig, t, group);

	if (!chosen)
		return;         /* blocked, or stopped: who opens it, or goes on, will see it */
	if (signal_is_fatal(chosen, sig)) {
		signal_group_exit(chosen, sig);
		return;
	}
	signal_wake_up(chosen, sig == SIGKILL);
}

/* May @t take it at all, now?  A stopped one takes nothing but SIGKILL until it goes on. */
static bool can_take(int sig, struct task_struct *t)
{
	u32 state = READ_ONCE(t->state);

	if ((t->blocked & SIG_BIT(sig)) || (t->flags & PF_EXITING))
		return false;
	return sig == SIGKILL || (state != TASK_STOPPED && state != TASK_TRACED);
}

/* Will it do so soon, having no other signal to see to first? */
static bool wants_signal(int sig, struct task_struct *t)
{
	return can_take(sig, t) && (t == current || sig == SIGKILL ||
				    !(READ_ONCE(t->thread.work) & WORK_SIGNAL));
}

/* The thread it was sent to if that wants it; for a process' signal any that does, or else can. */
static struct task_struct *choose_thread(int sig, struct task_struct *t, bool group)
{
	struct task_struct *other, *able = NULL;

	if (wants_signal(sig, t))
		return t;
	if (!group)
		return can_take(sig, t) ? t : NULL;
	list_for_each_entry(other, &t->signal->threads, thread_node) {
		if (wants_signal(sig, other))
			return other;
		if (can_take(sig, other))
			able = other;
	}
	return able;
}

/*
 * Ends the process with no code of the program running.  Not the ones that
 * may write a core: the thread that takes it must still be whole.
 */
static bool signal_is_fatal(struct task_struct *t, int sig)
{
	u64 bit = SIG_BIT(sig);

	if (action_of(t, sig)->sa_handler != SIG_DFL || (t->real_blocked & bit) ||
	    (unlikely(t->tracee) && sig != SIGKILL))
		return false;
	if (bit & (SIGNALS_IGNORE | SIGNALS_STOP | SIGNALS_CORE))
		return false;
	return !process_is_dying(t->signal) && !process_is_init(t);
}

/* An exec that takes the other threads down is not a death. */
static bool process_is_dying(const struct signal_struct *s)
{
	return s->group_exit && !s->group_exec;
}

void signal_group_exit(struct task_struct *t, int status)
{
	struct signal_struct *s = t->signal;
	struct task_struct *other;

	assert_held(&t->sighand->siglock);
	s->group_exit = true;
	s->group_exit_code = status;
	s->group_stop_count = 0;
	list_for_each_entry(other, &s->threads, thread_node) {
		other->stop_pending = false;
		other->pending.set |= SIG_BIT(SIGKILL);
		signal_wake_up(other, true);
	}
}

void zap_other_threads(struct task_struct *t)
{
	struct task_struct *other;

	assert_held(&tasklist_lock);
	assert_held(&t->sighand->siglock);
	t->signal->group_stop_count = 0;
	list_for_each_entry(other, &t->signal->threads, thread_node) {
		other->stop_pending = false;
		if (other == t || (other->flags & PF_EXITING))
			continue;
		other->pending.set |= SIG_BIT(SIGKILL);
		signal_wake_up(other, true);
	}
}

/*
 * The order matters: the flag first, then a look at the state, as a sleeper
 * sets its state first and then looks at the flag.
 */
void signal_wake_up(struct task_struct *t, bool fatal)
{
	u32 state;

	__atomic_fetch_or(&t->thread.work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	state = READ_ONCE(t->state);
	if (state == TASK_INTERRUPTIBLE ||
	    (fatal && (state == TASK_KILLABLE || state == TASK_STOPPED ||
		       (state == TASK_TRACED && !ptrace_frozen(t))))) {
		if (wake_up_process(t))
			return;
	}
	if (t != current && READ_ONCE(t->on_cpu))
		ipi_reschedule(t->thread.hart);
}

void signal_thread_exit(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	struct task_struct *other;
	u64 left;
	bool stopped = false;

	assert_held(&tasklist_lock);
	spin_lock(&t->sighand->siglock);
	left = s->shared_pending.set & ~t->blocked;
	list_for_each_entry(other, &s->threads, thread_node) {
		if (other == t || (other->flags & PF_EXITING) || !(left & ~other->blocked))
			continue;
		left &= other->blocked;
		signal_wake_up(other, false);
	}
	t->blocked = ~SIGNALS_ABSOLUTE;
	coredump_thread_gone(t);
	if (t->stop_pending) {
		t->stop_pending = false;
		if (s->group_stop_count > 0 && --s->group_stop_count == 0) {
			s->group_stopped = true;
			stopped = true;
		}
	}
	spin_unlock(&t->sighand->siglock);
	if (stopped)
		notify_parent(s->leader, SIGCHLD, CLD_STOPPED);
}
