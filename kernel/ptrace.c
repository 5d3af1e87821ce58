// SPDX-License-Identifier: MIT
/*
 * ptrace: who traces whom, from the first moment to the last.
 *
 * A traced task has a record (struct tracee) that hangs in the list of its
 * tracer, which is one thread.  Its parent stays its parent: a tracer only
 * comes between when the two are different processes, in that it hears of the
 * end first.  Without a tracer a task pays for all this with one NULL.
 *
 * Always true: t->tracee is in t->tracee->tracer->tracees.
 * Lock:        tasklist_lock, then the tracee's siglock, to set and clear
 *              t->tracee: either is enough to look.
 */
#include <kernel/ptrace.h>

#include <kernel/cred.h>
#include <kernel/process.h>
#include <kernel/ptrace_internal.h>
#include <kernel/task.h>
#include <mm/slab.h>

void trace_change(struct task_struct *t, u32 set, u32 clear)
{
	u32 old = READ_ONCE(t->thread.trace), new;

	do {
		new = trace_word(((old & TRACE_FLAGS) | set) & ~clear);
	} while (!__atomic_compare_exchange_n(&t->thread.trace, &old, new, true, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
}

struct tracee *ptrace_tracee_alloc(void)
{
	return kmalloc(sizeof(struct tracee), GFP_KERNEL | GFP_ZERO);
}

void ptrace_tracee_free(struct tracee *p)
{
	kfree(p);
}

/* siglock held too. */
static void link_both(struct task_struct *t, struct task_struct *tracer, bool seized,
		      unsigned int options, struct tracee **fresh)
{
	struct tracee *p = *fresh;

	assert_held(&tasklist_lock);
	*fresh = NULL;
	p->task = t;
	p->tracer = tracer;
	p->seized = seized;
	p->options = options;
	hlist_add_head(&p->node, &tracer->tracees);
	t->tracee = p;
}

void ptrace_link_locked(struct task_struct *t, struct task_struct *tracer, bool seized,
			unsigned int options, struct tracee **fresh)
{
	spin_lock(&t->sighand->siglock);
	link_both(t, tracer, seized, options, fresh);
	spin_unlock(&t->sighand->siglock);
}

void ptrace_unlink_locked(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	struct tracee *p = t->tracee;

	assert_held(&tasklist_lock);
	if (t->sighand)
		spin_lock(&t->sighand->siglock);
	hlist_del(&p->node);
	trace_change(t, 0, TRACE_PTRACE);
	/* A stop of its group holds for it again. */
	if (!(t->flags & PF_EXITING) && (s->group_stopped || s->group_stop_count) &&
	    !t->stop_pending) {
		t->stop_again = true;
		signal_wake_up(t, false);
	}
	if (p->stop)
		ptrace_resume_locked(t, p->stop->keeps_code ? p->stop->code : 0);
	t->tracee = NULL;
	if (t->sighand)
		spin_unlock(&t->sighand->siglock);
	kfree(p);
}

bool ptrace_by_us_locked(const struct task_struct *t)
{
	return t->tracee && t->tracee->tracer->signal == current->signal;
}

bool ptrace_by_other_locked(const struct task_struct *t)
{
	return t->tracee && t->tracee->tracer->signal != t->real_parent->signal;
}

int ptrace_tracer_pid_locked(const struct task_struct *t)
{
	return t->tracee ? t->tracee->tracer->tgid : 0;
}

/* ------------------------------------------------ births */

int ptrace_clone_event(const struct clone_args *args)
{
	struct task_struct *me = current;
	int event = PTRACE_EVENT_FORK;
	unsigned long flags;

	if (likely(!me->tracee) || (args->flags & CLONE_UNTRACED))
		return 0;
	if (args->flags & CLONE_VFORK)
		event = PTRACE_EVENT_VFORK;
	else if (args->exit_signal != SIGCHLD)
		event = PTRACE_EVENT_CLONE;
	flags = spin_lock_irqsave(&me->sighand->siglock);
	if (!me->tracee || !(me->tracee->options & 1U << event))
		event = 0;
	spin_unlock_irqrestore(&me->sighand->siglock, flags);
	return event;
}

/* The parent's siglock is held; the child's, if it is another, nobody else knows yet. */
void ptrace_fork_locked(struct task_struct *t, struct tracee **fresh)
{
	struct tracee *mine = current->tracee;

	assert_held(&tasklist_lock);
	if (!mine || !*fresh)
		return;
	link_both(t, mine->tracer, mine->seized, mine->options, fresh);
	if (mine->seized)
		t->tracee->trap_stop = true;
	else
		t->pending.set |= SIG_BIT(SIGSTOP);
	__atomic_fetch_or(&t->thread.work, WORK_SIGNAL, __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------ deaths */

/*
 * The tracer of @t is gone or lets go.  An ended thread is nobody's any more;
 * an ended process is its parent's now, who may not have heard.
 */
static void let_go(struct task_struct *t, struct list_head *released)
{
	bool other = ptrace_by_other_locked(t), ended = t->state == TASK_ZOMBIE;

	ptrace_unlink_locked(t);
	if (!ended)
		return;
	if (!thread_group_leader(t))
		process_thread_reaped(t, released);
	else if (other && process_has_ended(t->signal))
		process_announce(t, released);
}

void ptrace_exit_tracer_locked(struct list_head *released)
{
	struct task_struct *me = current;
	struct tracee *p;

	assert_held(&tasklist_lock);
	while (unlikely((p = hlist_entry_or_null(me->tracees.first, struct tracee, node)))) {
		if ((p->options & PTRACE_O_EXITKILL) && p->task->sighand)
			send_signal_process_locked(SIGKILL, NULL, p->task);
		let_go(p->task, released);
	}
}
