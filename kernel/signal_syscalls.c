// SPDX-License-Identifier: MIT
/*
 * System calls about a task's own signals: actions, masks, waiting, the
 * alternate stack, and the return from a handler.  Sending is signal_kill.c.
 */
#include <kernel/signal.h>

#include <arch/signal.h>
#include <arch/trapframe.h>
#include <kernel/signal_internal.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/uaccess.h>

/* What rt_sigaction keeps of sa_flags: the rest is how a program learns that we lack it. */
#define SA_KNOWN                                                                           \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
	 SA_RESETHAND)

static void discard_ignored(int sig);
static int wait_for(u64 set, u64 deadline_ns, siginfo_t *info);

long sys_rt_sigaction(const unsigned long *a)
{
	int sig = (int)a[0];
	struct task_struct *t = current;
	struct sigaction act, old;
	unsigned long flags;

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (a[1] && get_user(&act, a[1]))
		return -EFAULT;
	if (!signal_valid(sig) || (a[1] && (SIG_BIT(sig) & SIGNALS_ABSOLUTE)))
		return -EINVAL;
	flags = spin_lock_irqsave(&t->sighand->siglock);
	old = *action_of(t, sig);
	if (a[1]) {
		act.sa_flags &= SA_KNOWN;
		act.sa_mask &= ~SIGNALS_ABSOLUTE;
		*action_of(t, sig) = act;
	}
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	if (a[1] && (act.sa_handler == SIG_IGN ||
		     (act.sa_handler == SIG_DFL && (SIG_BIT(sig) & SIGNALS_IGNORE))))
		discard_ignored(sig);
	if (a[2] && put_user(old, a[2]))
		return -EFAULT;
	return 0;
}

/* POSIX 3.3.1.3: setting an action to "ignore" forgets what waits. */
static void discard_ignored(int sig)
{
	struct task_struct *me = current, *t;
	unsigned long flags = spin_lock_irqsave(&me->sighand->siglock);

	sigpending_remove(&me->signal->shared_pending, SIG_BIT(sig));
	list_for_each_entry(t, &me->signal->threads, thread_node)
		sigpending_remove(&t->pending, SIG_BIT(sig));
	recalc_sigpending(me);
	spin_unlock_irqrestore(&me->sighand->siglock, flags);
}

long sys_rt_sigprocmask(const unsigned long *a)
{
	u64 old = current->blocked, set;

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (a[1]) {
		if (get_user(&set, a[1]))
			return -EFAULT;
		switch ((int)a[0]) {
		case SIG_BLOCK:
			set_current_blocked(old | set);
			break;
		case SIG_UNBLOCK:
			set_current_blocked(old & ~set);
			break;
		case SIG_SETMASK:
			set_current_blocked(set);
			break;
		default:
			return -EINVAL;
		}
	}
	if (a[2] && put_user(old, a[2]))
		return -EFAULT;
	return 0;
}

long sys_rt_sigpending(const unsigned long *a)
{
	struct task_struct *t = current;
	unsigned long flags;
	u64 set;

	if (a[1] > sizeof(u64))
		return -EINVAL;
	flags = spin_lock_irqsave(&t->sighand->siglock);
	set = (t->pending.set | t->signal->shared_pending.set) & t->blocked;
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return copy_to_user(a[0], &set, a[1]);
}

long sys_rt_sigsuspend(const unsigned long *a)
{
	u64 mask;

	if (a[1] != sizeof(u64))
		return -EINVAL;
	if (get_user(&mask, a[0]))
		return -EFAULT;
	set_temporary_sigmask(mask);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending())
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
	return -ERESTARTNOHAND;
}

long sys_rt_sigtimedwait(const unsigned long *a)
{
	u64 set, now = time_ns(), deadline = TIMER_NEVER;
	struct timespec ts;
	siginfo_t info;
	int sig;

	if (a[3] != sizeof(u64))
		return -EINVAL;
	if (get_user(&set, a[0]))
		return -EFAULT;
	if (a[2]) {
		if (get_user(&ts, a[2]))
			return -EFAULT;
		if (!timespec_valid(&ts))
			return -EINVAL;
		deadline = timespec_to_ns(&ts);
		if (deadline)
			deadline = deadline < TIMER_NEVER - now ? deadline + now : TIMER_NEVER;
	}
	sig = wait_for(set & ~SIGNALS_ABSOLUTE, deadline, &info);
	siginfo_clear_rest(&info);
	if (sig > 0 && a[1] && put_user(info, a[1]))
		return -EFAULT;
	return sig;
}

/* Take a signal of @set, pending now or until @deadline_ns (0: now only).  -EAGAIN: none; -EINTR:
 * another came. */
static int wait_for(u64 set, u64 deadline_ns, siginfo_t *info)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);
	int sig = dequeue_signal(t, ~set, info);
	bool woken;

	if (!sig && deadline_ns) {
		/* Open for the wait alone; real_blocked keeps them from being ignored, or fatal. */
		t->real_blocked = t->blocked;
		t->blocked &= ~set;
		recalc_sigpending(t);
		set_current_state(TASK_INTERRUPTIBLE);
		spin_unlock_irqrestore(&t->sighand->siglock, flags);
		woken = true;
		if (!signal_pending())
			woken = schedule_until(deadline_ns);
		set_current_state(TASK_RUNNING);

		flags = spin_lock_irqsave(&t->sighand->siglock);
		t->blocked = t->real_blocked;
		t->real_blocked = 0;
		sig = dequeue_signal(t, ~set, info);
		if (!sig && woken)
			sig = -EINTR;
	}
	recalc_sigpending(t);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return sig ? sig : -EAGAIN;
}

long sys_rt_sigreturn(const unsigned long *a)
{
	struct trapframe *tf = task_trapframe(current);
	struct sigaltstack ss;
	u64 mask;

	current->restart.fn = NULL;
	if (signal_frame_pop(tf, &mask, &ss)) {
		force_signal(SIGSEGV, SI_KERNEL, 0);
		return 0;
	}
	set_current_blocked(mask);
	/* As Linux: what the frame says of the stack is taken if it makes sense. */
	(void)altstack_set(&ss, tf_sp(tf));
	tf_forget_syscall(tf);
	return (long)tf_ret(tf);
}

long sys_restart_syscall(const unsigned long *a)
{
	struct restart_block *r = &current->restart;

	return r->fn ? r->fn(r) : -EINTR;
}

/* ------------------------------------------------ the alternate stack */

long sys_sigaltstack(const unsigned long *a)
{
	vaddr_t sp = tf_sp(task_trapframe(current));
	struct sigaltstack ss, old = current->altstack;
	int err = 0;

	if (a[0] && get_user(&ss, a[0]))
		return -EFAULT;
	old.ss_flags = altstack_state(sp) | (old.ss_flags & (int)SS_AUTODISARM);
	if (a[0])
		err = altstack_set(&ss, sp);
	if (!err && a[1])
		err = put_user(old, a[1]);
	return err;
}

int altstack_set(const struct sigaltstack *ss, vaddr_t sp)
{
	struct sigaltstack *own = &current->altstack;
	int mode = ss->ss_flags & ~(int)SS_AUTODISARM;

	if (own->ss_sp == ss->ss_sp && own->ss_size == ss->ss_size &&
	    own->ss_flags == ss->ss_flags)
		return 0;
	if (altstack_state(sp) == SS_ONSTACK)
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		*own = (struct sigaltstack){ .ss_flags = ss->ss_flags };
		return 0;
	}
	if (ss->ss_size < MINSIGSTKSZ || ss->ss_size <= signal_frame_size())
		return -ENOMEM;
	*own = *ss;
	return 0;
}
