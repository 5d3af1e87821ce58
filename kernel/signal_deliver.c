// SPDX-License-Identifier: MIT
/*
 * On the way back to the program: which signal, and what happens for it.
 *
 *   ignored meanwhile       next one
 *   a handler               a frame on the program's stack; it runs next
 *   default: ignore         next one
 *   default: stop           the process stops here, and goes on here
 *   default: end            the process ends here; nothing returns
 *
 * A system call that a signal interrupted left one of the ERESTART codes as
 * its result.  It becomes -EINTR, or the call is made to happen again, by
 * what the handler says (SA_RESTART) or because there is none.
 *
 * Lock: siglock while choosing; none while the frame is written.
 */
#include <kernel/signal.h>

#include <arch/signal.h>
#include <arch/trapframe.h>
#include <kernel/coredump.h>
#include <kernel/process.h>
#include <kernel/ptrace.h>
#include <kernel/rseq.h>
#include <kernel/signal_internal.h>
#include <lib/errno.h>
#include <lib/string.h>

#define NR_RESTART_SYSCALL 128

struct delivery {
	int sig;
	siginfo_t info;
	struct sigaction act;
};

enum next { NEXT_SIGNAL, NEXT_HANDLER, NEXT_PROGRAM };

static void do_signal_traced(struct trapframe *tf);
static bool get_signal(struct delivery *d);
static bool take_trap(unsigned long flags);
static enum next default_action(struct delivery *d, unsigned long flags);
static enum next take_stop(int sig, unsigned long flags);
static void handle_signal(struct trapframe *tf, struct delivery *d);
static bool stack_has_room(vaddr_t sp);
static void restart_with_handler(struct trapframe *tf, unsigned long sa_flags);
static void restart_without_handler(struct trapframe *tf);

void do_signal(struct trapframe *tf)
{
	struct delivery d;

	if (unlikely(current->tracee)) {
		do_signal_traced(tf);
		return;
	}
	if (get_signal(&d)) {
		if (current->rseq && !tf_in_syscall(tf))
			rseq_abort(tf);
		restart_with_handler(tf, d.act.sa_flags);
		handle_signal(tf, &d);
		return;
	}
	restart_without_handler(tf);
	restore_saved_sigmask();
}

/*
 * The same under a tracer, which may see and change the registers meanwhile:
 * it finds the interrupted call about to be made again, and if it sends the
 * program elsewhere, that is undone no more.
 */
static void do_signal_traced(struct trapframe *tf)
{
	vaddr_t next = tf_pc(tf), again;
	bool in_call = tf_in_syscall(tf), restarts;
	long ret = (long)tf_ret(tf);
	struct delivery d;

	restarts = in_call && (ret == -ERESTARTSYS || ret == -ERESTARTNOINTR ||
			       ret == -ERESTARTNOHAND || ret == -ERESTART_RESTARTBLOCK);
	if (restarts)
		tf_restart_syscall(tf);
	tf_forget_syscall(tf);
	again = tf_pc(tf);
	if (get_signal(&d)) {
		if (restarts && tf_pc(tf) == again && ret != -ERESTARTNOINTR &&
		    !(ret == -ERESTARTSYS && (d.act.sa_flags & SA_RESTART))) {
			tf_set_ret(tf, -EINTR);
			tf_set_pc(tf, next);
		}
		if (current->rseq && !in_call)
			rseq_abort(tf);
		handle_signal(tf, &d);
		return;
	}
	if (restarts && tf_pc(tf) == again && ret == -ERESTART_RESTARTBLOCK)
		tf_set_nr(tf, NR_RESTART_SYSCALL);
	restore_saved_sigmask();
}

/* True: *d has a signal with a handler.  False: nothing is left to deliver. */
static bool get_signal(struct delivery *d)
{
	struct task_struct *t = current;
	unsigned long flags;
	enum next next;

	do {
		struct sigaction *act;

		flags = spin_lock_irqsave(&t->sighand->siglock);
		if ((t->pending.set & SIG_BIT(SIGKILL)) ||
		    (t->signal->group_exit && !t->signal->group_exec)) {
			d->sig = SIGKILL;
			/* Dying, it may yet stop for its tracer (PTRACE_EVENT_EXIT). */
			t->pending.set &= ~SIG_BIT(SIGKILL);
			next = default_action(d, flags);
			continue;
		}
		if (t->stop_pending || t->stop_again) {
			signal_stop(0, flags);
			next = NEXT_SIGNAL;
			continue;
		}
		if (unlikely(t->tracee) && take_trap(flags)) {
			next = NEXT_SIGNAL;
			continue;
		}
		d->sig = dequeue_signal(t, t->blocked, &d->info);
		recalc_sigpending(t);
		if (!d->sig) {
			spin_unlock_irqrestore(&t->sighand->siglock, flags);
			return false;
		}
		if (unlikely(t->tracee)) {
			siginfo_clear_rest(&d->info);
			d->sig = ptrace_signal(d->sig, &d->info, &flags);
			if (!d->sig) {
				spin_unlock_irqrestore(&t->sighand->siglock, flags);
				next = NEXT_SIGNAL;
				continue;
			}
		}
		act = action_of(t, d->sig);
		next = NEXT_HANDLER;
		if (act->sa_handler == SIG_DFL) {
			next = default_action(d, flags);
			continue;
		}
		if (act->sa_handler == SIG_IGN)
			next = NEXT_SIGNAL;
		d->act = *act;
		if (next == NEXT_HANDLER && (act->sa_flags & SA_RESETHAND))
			act->sa_handler = SIG_DFL;
		spin_unlock_irqrestore(&t->sighand->siglock, flags);
	} while (next == NEXT_SIGNAL);
	return true;
}

/* siglock held, and released if it was told to trap, and has. */
static bool take_trap(unsigned long flags)
{
	struct task_struct *t = current;

	if (!ptrace_must_trap(t))
		return false;
	ptrace_trap(&flags);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return true;
}

/* siglock held; released on return, if it returns: only to look for the next signal. */
static enum next default_action(struct delivery *d, unsigned long flags)
{
	struct task_struct *t = current;
	u64 bit = SIG_BIT(d->sig);
	bool caused = (bit & SIGNALS_SYNC) && d->info.si_code > 0;

	if ((bit & SIGNALS_IGNORE) ||
	    (process_is_init(t) && !(bit & SIGNALS_ABSOLUTE) && !caused)) {
		spin_unlock_irqrestore(&t->sighand->siglock, flags);
		return NEXT_SIGNAL;
	}
	if (bit & SIGNALS_STOP)
		return take_stop(d->sig, flags);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	t->flags |= PF_SIGNALED;
	if (bit & SIGNALS_CORE) {
		siginfo_clear_rest(&d->info);
		coredump(&d->info);
	}
	do_group_exit(d->sig);
}

/*
 * Stop, unless SIGCONT or SIGKILL came while siglock was free, or the signal
 * is the terminal's and nobody could continue the process.  As default_action.
 */
static enum next take_stop(int sig, unsigned long flags)
{
	struct task_struct *t = current;
	bool orphaned;

	if (sig != SIGSTOP) {
		t->stop_dequeued = true;
		spin_unlock_irqrestore(&t->sighand->siglock, flags);
		orphaned = current_pgrp_orphaned();
		flags = spin_lock_irqsave(&t->sighand->siglock);
		if (orphaned || !t->stop_dequeued || (t->pending.set & SIG_BIT(SIGKILL))) {
			spin_unlock_irqrestore(&t->sighand->siglock, flags);
			return NEXT_SIGNAL;
		}
	}
	signal_stop(sig, flags);
	return NEXT_SIGNAL;
}

/* Make the program run the handler, with the mask that goes with it. */
static void handle_signal(struct trapframe *tf, struct delivery *d)
{
	struct task_struct *t = current;
	struct signal_frame_info sf = {
		.sig = d->sig,
		.handler = d->act.sa_handler,
		.stack_top = tf_sp(tf),
		.mask = t->restore_sigmask ? t->saved_sigmask : t->blocked,
		.info = &d->info,
		.altstack = &t->altstack,
	};
	u64 mask = t->blocked | d->act.sa_mask;

	if ((d->act.sa_flags & SA_ONSTACK) && altstack_state(sf.stack_top) == 0)
		sf.stack_top = t->altstack.ss_sp + t->altstack.ss_size;
	if (!stack_has_room(tf_sp(tf)) || signal_frame_push(tf, &sf)) {
		/* Nowhere to tell it; a handler of SIGSEGV would fare no better. */
		if (d->sig == SIGSEGV) {
			unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);

			action_of(t, SIGSEGV)->sa_handler = SIG_DFL;
			spin_unlock_irqrestore(&t->sighand->siglock, flags);
		}
		force_signal(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	t->restore_sigmask = false;
	if (t->altstack.ss_flags & (int)SS_AUTODISARM)
		t->altstack = (struct sigaltstack){ .ss_flags = SS_DISABLE };
	if (!(d->act.sa_flags & SA_NODEFER))
		mask |= SIG_BIT(d->sig);
	set_current_blocked(mask);
}

/* On the alternate stack already, a frame must not run out below it. */
static bool stack_has_room(vaddr_t sp)
{
	return altstack_state(sp) != SS_ONSTACK ||
	       altstack_state(sp - signal_frame_size()) == SS_ONSTACK;
}

static void restart_with_handler(struct trapframe *tf, unsigned long sa_flags)
{
	if (!tf_in_syscall(tf))
		return;
	switch ((long)tf_ret(tf)) {
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		tf_set_ret(tf, -EINTR);
		break;
	case -ERESTARTSYS:
		if (!(sa_flags & SA_RESTART)) {
			tf_set_ret(tf, -EINTR);
			break;
		}
		tf_restart_syscall(tf);
		break;
	case -ERESTARTNOINTR:
		tf_restart_syscall(tf);
		break;
	}
	tf_forget_syscall(tf);
}

static void restart_without_handler(struct trapframe *tf)
{
	if (!tf_in_syscall(tf))
		return;
	switch ((long)tf_ret(tf)) {
	case -ERESTARTNOHAND:
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
		tf_restart_syscall(tf);
		break;
	case -ERESTART_RESTARTBLOCK:
		tf_restart_syscall(tf);
		tf_set_nr(tf, NR_RESTART_SYSCALL);
		break;
	}
	tf_forget_syscall(tf);
}
