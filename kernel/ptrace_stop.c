// SPDX-License-Identifier: MIT
/*
 * ptrace, as the traced task lives it: where it stops, and for how long.
 *
 *	signal          before it is acted on: the tracer may take, change or give another
 *	event           fork, vfork, clone, exec, exit, if asked for (PTRACE_O_)
 *	system call     before and after (PTRACE_SYSCALL)
 *	group stop      when its whole process stops; and back, if it was seized
 *	trap            PTRACE_INTERRUPT; attached while stopped
 *
 * All are one sleep (ptrace_stop), which the tracer ends, or SIGKILL, unless
 * the tracer is just reading or writing registers: then as soon as it is done.
 *
 * Lock: siglock around the choice to stop and the end of the stop; the tracer
 *       is told under tasklist_lock, with siglock free.
 */
#include <kernel/ptrace.h>

#include <kernel/cred.h>
#include <kernel/ptrace_internal.h>
#include <kernel/task.h>
#include <lib/string.h>

static int ptrace_stop(int code, int why, unsigned long message, siginfo_t *info, bool last,
		       unsigned long *irqflags);
static int stop_with_info(int sig, int code, int why, unsigned long message, bool last,
			  unsigned long *irqflags);
static void tell(int why, bool last);

bool ptrace_must_trap(const struct task_struct *t)
{
	const struct tracee *p = t->tracee;

	return unlikely(p) && (p->trap_stop || p->trap_notify);
}

bool ptrace_frozen(const struct task_struct *t)
{
	return t->tracee && t->tracee->frozen;
}

/* ------------------------------------------------ the stop */

/*
 * Stop and let the tracer know.  The code that it resumes with: 0 or a signal.
 * Without a tracer, or on its way to die, it does not stop.
 */
static int ptrace_stop(int code, int why, unsigned long message, siginfo_t *info, bool last,
		       unsigned long *irqflags)
{
	struct ptrace_stop stop = { .code = code, .message = message, .info = info,
				    .keeps_code = info && info->si_signo == code &&
						  info->si_code != code };
	struct task_struct *t = current;
	struct tracee *p = t->tracee;

	assert_held(&t->sighand->siglock);
	if (!p || (t->pending.set & SIG_BIT(SIGKILL)))
		return 0;
	p->stop = &stop;
	p->wait_code = code;
	p->trap_stop = false;
	if (info && info->si_code >> 8 == PTRACE_EVENT_STOP)
		p->trap_notify = false;
	set_current_state(TASK_TRACED);
	spin_unlock_irqrestore(&t->sighand->siglock, *irqflags);
	tell(why, last);
	for (;;) {
		schedule();
		*irqflags = spin_lock_irqsave(&t->sighand->siglock);
		if (stop.resumed || ((t->pending.set & SIG_BIT(SIGKILL)) && !ptrace_frozen(t)))
			break;
		set_current_state(TASK_TRACED);
		spin_unlock_irqrestore(&t->sighand->siglock, *irqflags);
	}
	p = t->tracee;          /* let go of, and perhaps taken by another, meanwhile */
	if (p && p->stop == &stop) {
		p->stop = NULL;
		p->wait_code = 0;
		p->listening = false;
	}
	recalc_sigpending(t);   /* its signal may be gone: no call is disturbed for it */
	return stop.resumed ? stop.code : 0;
}

/* The same, telling with a siginfo of our own what kind of stop it is. */
static int stop_with_info(int sig, int code, int why, unsigned long message, bool last,
			  unsigned long *irqflags)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	info.si_signo = sig;
	info.si_code = code;
	info.rt.pid = current->pid;
	info.rt.uid = current->cred->uid;
	return ptrace_stop(code, why, message, &info, last, irqflags);
}

/* @last: the whole process has stopped, which its parent hears, if that is another. */
static void tell(int why, bool last)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	if (t->tracee)
		notify_tracer(t, why);
	if (last && t->signal->group_stopped && (!t->tracee || ptrace_by_other_locked(t)))
		notify_parent(t->signal->leader, SIGCHLD, CLD_STOPPED);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* ------------------------------------------------ signals and group stops */

int ptrace_signal(int sig, siginfo_t *info, unsigned long *irqflags)
{
	struct task_struct *t = current;
	int now, tracer;
	u32 uid = current->cred->uid;

	if (!t->tracee)
		return sig;
	tracer = t->tracee->tracer->tgid;
	/* Whom it finds gone, or dying, has nothing to say about the signal. */
	if (t->pending.set & SIG_BIT(SIGKILL))
		return sig;
	now = ptrace_stop(sig, CLD_TRAPPED, 0, info, false, irqflags);
	if (!signal_valid(now))
		return 0;
	if (now != info->si_signo) {
		memset(info, 0, sizeof(*info));
		info->si_signo = now;
		info->si_code = SI_USER;
		info->rt.pid = tracer;
		info->rt.uid = uid;
	}
	if ((t->blocked & SIG_BIT(now)) || (t->pending.set & SIG_BIT(SIGKILL))) {
		(void)sigqueue_add(&t->pending, now, info, ~0UL);
		recalc_sigpending(t);
		return 0;
	}
	return now;
}

void ptrace_trap(unsigned long *irqflags)
{
	struct task_struct *t = current;
	struct signal_struct *s = t->signal;
	bool stopped = s->group_stopped || s->group_stop_count;
	int sig = stopped ? s->stop_sig : SIGTRAP;

	if (!t->tracee)
		return;
	if (t->tracee->seized)
		stop_with_info(sig, sig | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0, false, irqflags);
	else
		ptrace_stop(s->stop_sig, CLD_STOPPED, 0, NULL, false, irqflags);
}

void ptrace_group_stop(bool last, unsigned long *irqflags)
{
	struct task_struct *t = current;
	int sig = t->signal->stop_sig;

	if (t->tracee->seized)
		stop_with_info(sig, sig | PTRACE_EVENT_STOP << 8, CLD_STOPPED, 0, last, irqflags);
	else
		ptrace_stop(sig, CLD_STOPPED, 0, NULL, last, irqflags);
}

bool ptrace_trap_notify(struct task_struct *t)
{
	struct tracee *p = t->tracee;

	if (likely(!p) || !p->seized)
		return false;
	p->trap_notify = true;
	if (p->stop && p->listening)
		ptrace_resume_locked(t, 0);
	else
		signal_wake_up(t, false);
	return true;
}

void ptrace_resume_locked(struct task_struct *t, int code)
{
	struct ptrace_stop *stop = t->tracee->stop;

	assert_held(&t->sighand->siglock);
	stop->code = code;
	stop->resumed = true;
	t->tracee->wait_code = 0;
	wake_up_process(t);
}

/* ------------------------------------------------ events and system calls */

/* Returns with the signal that the tracer gives the current task. */
static int notify(int code, unsigned long message)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);
	int sig = stop_with_info(SIGTRAP, code, CLD_TRAPPED, message, false, &flags);

	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return sig;
}

static bool wants(enum ptrace_event event)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);
	bool yes = t->tracee && (t->tracee->options & 1U << event);

	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return yes;
}

void ptrace_event(enum ptrace_event event, unsigned long message)
{
	if (unlikely(current->tracee) && wants(event))
		notify(SIGTRAP | (int)event << 8, message);
}

void ptrace_exec(int old_pid)
{
	struct task_struct *t = current;
	unsigned long flags;
	bool old_kind;

	if (likely(!t->tracee))
		return;
	if (wants(PTRACE_EVENT_EXEC)) {
		notify(SIGTRAP | PTRACE_EVENT_EXEC << 8, (unsigned long)old_pid);
		return;
	}
	flags = spin_lock_irqsave(&t->sighand->siglock);
	old_kind = t->tracee && !t->tracee->seized;
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	if (old_kind)
		send_signal_thread(SIGTRAP, NULL, t);
}

/* A signal given at a syscall stop is sent, as if from outside. */
static void syscall_stop(unsigned long message)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);
	bool good = t->tracee && (t->tracee->options & PTRACE_O_TRACESYSGOOD);
	int sig = 0;

	if (t->tracee && (READ_ONCE(t->thread.trace) & TRACE_PTRACE))
		sig = stop_with_info(SIGTRAP, SIGTRAP | (good ? 0x80 : 0), CLD_TRAPPED, message,
				     false, &flags);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	if (signal_valid(sig))
		send_signal_thread(sig, NULL, t);
}

bool ptrace_syscall_enter(void)
{
	syscall_stop(PTRACE_EVENTMSG_SYSCALL_ENTRY);
	return !fatal_signal_pending();
}

void ptrace_syscall_exit(void)
{
	syscall_stop(PTRACE_EVENTMSG_SYSCALL_EXIT);
	/* The call may be to be made again, though its signal is gone: for do_signal(). */
	__atomic_fetch_or(&current->thread.work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
}
