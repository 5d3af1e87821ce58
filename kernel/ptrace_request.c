// SPDX-License-Identifier: MIT
/*
 * ptrace(2): what the tracer asks for.
 *
 * Most requests are about a task that is stopped for this thread.  It is held
 * for their length: not even SIGKILL wakes it (frozen), and it has left its
 * hart, so that its registers lie in its trapframe and nowhere else.
 *
 * Lock: siglock for what the stop says; the registers need none while held.
 */
#include <kernel/ptrace.h>

#include <kernel/ptrace_internal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>

#define PAUSE_NS 20000

static int hold(struct task_struct *t);
static void release(struct task_struct *t);
static long resume(struct task_struct *t, unsigned long sig, bool syscalls);
static long listen(struct task_struct *t);
static long about_stopped(struct task_struct *t, const unsigned long *a);

long sys_ptrace(const unsigned long *a)
{
	struct task_struct *t;
	long ret;

	if (a[0] == PTRACE_TRACEME)
		return ptrace_traceme();
	t = find_task((int)a[1]);
	if (!t)
		return -ESRCH;
	switch (a[0]) {
	case PTRACE_ATTACH:
	case PTRACE_SEIZE:
		ret = ptrace_attach(t, a[0] == PTRACE_SEIZE, a[2], a[3]);
		break;
	case PTRACE_KILL:
	case PTRACE_INTERRUPT:
		ret = ptrace_kill_or_interrupt(t, a[0] == PTRACE_INTERRUPT);
		break;
	default:
		ret = hold(t);
		if (!ret) {
			ret = about_stopped(t, a);
			release(t);
		}
	}
	task_put(t);
	return ret;
}

/* Requests about a task that is stopped, and held. */
static long about_stopped(struct task_struct *t, const unsigned long *a)
{
	switch (a[0]) {
	case PTRACE_CONT:
		return resume(t, a[3], false);
	case PTRACE_SYSCALL:
		return resume(t, a[3], true);
	case PTRACE_LISTEN:
		return listen(t);
	case PTRACE_DETACH:
		return ptrace_detach(t, a[3]);
	case PTRACE_SETOPTIONS:
		return ptrace_set_options(t, a[3]);
	default:
		return ptrace_look(t, a[0], a[2], a[3]);
	}
}

/* Let others run for a moment, whatever our priority. */
void ptrace_pause(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_until(time_ns() + PAUSE_NS);
	set_current_state(TASK_RUNNING);
}

/* -ESRCH: not ours, or not stopped, or about to die. */
static int hold(struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct tracee *p = t->tracee;
	int err = -ESRCH;

	if (p && p->tracer == current && t->sighand) {
		spin_lock(&t->sighand->siglock);
		if (p->stop && !p->stop->resumed && !p->listening &&
		    !(t->pending.set & SIG_BIT(SIGKILL))) {
			p->frozen = true;
			err = 0;
		}
		spin_unlock(&t->sighand->siglock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	/* It may still be on its way from saying that it stops to having stopped. */
	while (!err && __atomic_load_n(&t->on_cpu, __ATOMIC_ACQUIRE))
		ptrace_pause();
	return err;
}

/* A SIGKILL that came meanwhile has its way now.  Nothing to do for one that was let go. */
static void release(struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct tracee *p = t->tracee;

	if (p && p->tracer == current && t->sighand) {
		spin_lock(&t->sighand->siglock);
		p->frozen = false;
		if (t->pending.set & SIG_BIT(SIGKILL))
			wake_up_process(t);
		spin_unlock(&t->sighand->siglock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static long resume(struct task_struct *t, unsigned long sig, bool syscalls)
{
	unsigned long flags;

	if (sig > NSIG)
		return -EIO;
	trace_change(t, syscalls ? TRACE_PTRACE : 0, syscalls ? 0 : TRACE_PTRACE);
	flags = spin_lock_irqsave(&t->sighand->siglock);
	t->tracee->frozen = false;
	ptrace_resume_locked(t, (int)sig);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return 0;
}

/* In a group stop, stay there, but hear of its end. */
static long listen(struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);
	struct tracee *p = t->tracee;
	long err = -EIO;

	if (p->seized && p->stop->info && p->stop->info->si_code >> 8 == PTRACE_EVENT_STOP) {
		p->listening = true;
		if (p->trap_notify)
			ptrace_resume_locked(t, 0);
		err = 0;
	}
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return err;
}
