// SPDX-License-Identifier: MIT
/*
 * ptrace: becoming a tracer, and ceasing to be one.
 *
 * PTRACE_ATTACH stops its victim by a SIGSTOP; PTRACE_SEIZE does not, and
 * whom it took is stopped by PTRACE_INTERRUPT.
 *
 * Lock: tasklist_lock, then the tracee's siglock.
 */
#include <kernel/ptrace.h>

#include <kernel/cred.h>
#include <kernel/process.h>
#include <kernel/ptrace_internal.h>
#include <kernel/task.h>
#include <mm/mm.h>

/* Who made the current process: that thread, if it lives, or its process' leader. */
static struct task_struct *parent_thread(void)
{
	struct task_struct *leader = current->real_parent, *t;

	list_for_each_entry(t, &leader->signal->threads, thread_node)
		if (t->pid == current->signal->forker && !(t->flags & PF_EXITING))
			return t;
	return leader;
}

/* The parent, too, may only trace whom it is not less than. */
static bool parent_may(const struct cred *parent)
{
	const struct cred *me = current->cred;

	return !(me->cap_permitted & ~parent->cap_permitted) ||
	       (parent->cap_effective >> CAP_SYS_PTRACE & 1);
}

long ptrace_traceme(void)
{
	struct tracee *fresh = ptrace_tracee_alloc();
	struct task_struct *parent;
	unsigned long flags;
	long err = -EPERM;

	if (!fresh)
		return -ENOMEM;
	flags = spin_lock_irqsave(&tasklist_lock);
	parent = parent_thread();
	if (!current->tracee && !(parent->flags & (PF_EXITING | PF_KTHREAD)) && parent->sighand &&
	    parent_may(parent->cred)) {
		ptrace_link_locked(current, parent, false, 0, &fresh);
		err = 0;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	ptrace_tracee_free(fresh);
	return err;
}

static bool options_valid(unsigned long options)
{
	return !(options & ~(unsigned long)PTRACE_O_MASK);
}

/* Already stopped, it is to stop once more, for the tracer. */
static void trap_stopped(struct task_struct *t)
{
	spin_lock(&t->sighand->siglock);
	if (READ_ONCE(t->state) == TASK_STOPPED) {
		t->tracee->trap_stop = true;
		__atomic_fetch_or(&t->thread.work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
		wake_up_process(t);
	}
	spin_unlock(&t->sighand->siglock);
}

/* One that was stopped is so again before the call returns: the next request may be any. */
static void wait_for_trap(struct task_struct *t)
{
	unsigned long flags;
	bool on_its_way = true;

	while (on_its_way && !fatal_signal_pending()) {
		flags = spin_lock_irqsave(&tasklist_lock);
		on_its_way = t->sighand && t->tracee && t->tracee->tracer == current &&
			     t->tracee->trap_stop && !t->tracee->stop &&
			     !(t->flags & PF_EXITING);
		spin_unlock_irqrestore(&tasklist_lock, flags);
		if (on_its_way)
			ptrace_pause();
	}
}

long ptrace_attach(struct task_struct *t, bool seize, unsigned long addr, unsigned long options)
{
	struct tracee *fresh;
	unsigned long flags;
	long err = -EPERM;

	if (seize && (addr || !options_valid(options)))
		return -EIO;
	if ((t->flags & PF_KTHREAD) || t->signal == current->signal ||
	    !ptrace_may_access(t, PTRACE_MODE_REALCREDS))
		return -EPERM;
	fresh = ptrace_tracee_alloc();
	if (!fresh)
		return -ENOMEM;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (!t->tracee && t->sighand && t->state < TASK_ZOMBIE && !t->in_execve) {
		ptrace_link_locked(t, current, seize, seize ? (unsigned int)options : 0, &fresh);
		if (!seize)
			send_signal_thread_locked(SIGSTOP, NULL, t);
		trap_stopped(t);
		err = 0;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	ptrace_tracee_free(fresh);
	if (!err)
		wait_for_trap(t);
	return err;
}

long ptrace_set_options(struct task_struct *t, unsigned long options)
{
	unsigned long flags;

	if (!options_valid(options))
		return -EINVAL;
	flags = spin_lock_irqsave(&t->sighand->siglock);
	t->tracee->options = (unsigned int)options;
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return 0;
}

/* The stopped @t goes on by itself, with signal @sig. */
long ptrace_detach(struct task_struct *t, unsigned long sig)
{
	unsigned long flags;

	if (sig > NSIG)
		return -EIO;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (t->tracee && t->tracee->tracer == current) {
		spin_lock(&t->sighand->siglock);
		t->tracee->stop->code = (int)sig;
		t->tracee->stop->keeps_code = true;
		spin_unlock(&t->sighand->siglock);
		ptrace_unlink_locked(t);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return 0;
}

/* PTRACE_KILL, PTRACE_INTERRUPT: of a tracee in whatever state. */
long ptrace_kill_or_interrupt(struct task_struct *t, bool interrupt)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct tracee *p = t->tracee;
	long err = 0;

	if (!p || p->tracer != current || !t->sighand) {
		err = -ESRCH;
	} else if (!interrupt) {
		send_signal_thread_locked(SIGKILL, NULL, t);
	} else if (!p->seized) {
		err = -EIO;
	} else if (t->state < TASK_ZOMBIE) {
		spin_lock(&t->sighand->siglock);
		p->trap_stop = true;
		if (p->stop && p->listening)
			ptrace_resume_locked(t, 0);
		else
			signal_wake_up(t, false);
		spin_unlock(&t->sighand->siglock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}
