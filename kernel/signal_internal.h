// SPDX-License-Identifier: MIT
/*
 * What the signal_*.c files share and nobody else needs.
 */
#ifndef KERNEL_SIGNAL_INTERNAL_H
#define KERNEL_SIGNAL_INTERNAL_H

#include <kernel/signal.h>
#include <kernel/task.h>

/* What a signal does to a process that has no handler for it. */
#define SIGNALS_STOP    (SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))
#define SIGNALS_IGNORE  (SIG_BIT(SIGCONT) | SIG_BIT(SIGCHLD) | SIG_BIT(SIGWINCH) | SIG_BIT(SIGURG))
#define SIGNALS_CORE    (SIG_BIT(SIGQUIT) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) | \
			 SIG_BIT(SIGABRT) | SIG_BIT(SIGFPE) | SIG_BIT(SIGSEGV) | \
			 SIG_BIT(SIGBUS) | SIG_BIT(SIGSYS) | SIG_BIT(SIGXCPU) | SIG_BIT(SIGXFSZ))
/* Never caught, blocked or ignored. */
#define SIGNALS_ABSOLUTE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
/* Caused by the instruction at pc: delivered first, so that pc is still its. */
#define SIGNALS_SYNC    (SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) | \
			 SIG_BIT(SIGFPE) | SIG_BIT(SIGSYS))

static inline bool signal_valid(int sig) { return sig >= 1 && sig <= NSIG; }

static inline struct sigaction *action_of(struct task_struct *t, int sig)
{
	return &t->sighand->action[sig - 1];
}

/* The first process never dies of, or stops for, a signal that it does not handle. */
static inline bool process_is_init(const struct task_struct *t) { return t->tgid == 1; }

/*
 * siglock held: queue @info (may be NULL: from the kernel) in @p.  -EAGAIN: a real-time signal
 * over the limit.
 */
int sigqueue_add(struct sigpending *p, int sig, const siginfo_t *info, unsigned long limit);

/*
 * siglock held: take the next signal that is not in @blocked; 0: none.  Shared ones last.
 * *info: SIGINFO_USED bytes of it.
 */
int dequeue_signal(struct task_struct *t, u64 blocked, siginfo_t *info);

/* siglock held: entry @at of @p's queue, left there.  False: there are not so many. */
bool sigqueue_peek(const struct sigpending *p, u64 at, siginfo_t *info);

/* siglock held: forget those of @mask that wait in @p. */
void sigpending_remove(struct sigpending *p, u64 mask);

/* siglock held: @t has something to look at; @fatal wakes it from killable sleeps and stops too. */
void signal_wake_up(struct task_struct *t, bool fatal);

/* tasklist_lock and siglock held: would @t, left to itself, not notice @sig? */
bool signal_ignored(struct task_struct *t, int sig);

/*
 * Replace the current task's mask (SIGKILL and SIGSTOP stay open); takes tasklist_lock and
 * siglock.
 */
void set_current_blocked(u64 mask);

/*
 * tasklist_lock and siglock held: SIGCONT wakes a stopped process; the CLD_ code to tell its
 * parent, or 0.
 */
int signal_continue(struct task_struct *t);

/*
 * siglock held on entry, released on return: the current thread takes part in a stop by @sig, or
 * in the one under way (0); returns once it may go on, or is to die.
 */
void signal_stop(int sig, unsigned long irqflags);

/* tasklist_lock and siglock held: end @t's process with @status; every thread wakes to exit. */
void signal_group_exit(struct task_struct *t, int status);

/* Change the alternate stack; the current stack pointer is @sp.  0, -EPERM, -EINVAL, -ENOMEM. */
int altstack_set(const struct sigaltstack *ss, vaddr_t sp);
/*
 * SS_DISABLE, SS_ONSTACK or 0 for @sp.  A stack that disarms itself is never found in use: its
 * owner may switch away from it.
 */
static inline int altstack_state(vaddr_t sp)
{
	const struct sigaltstack *ss = &current->altstack;

	if (!ss->ss_size)
		return SS_DISABLE;
	if (ss->ss_flags & (int)SS_AUTODISARM)
		return 0;
	return sp > ss->ss_sp && sp - ss->ss_sp <= ss->ss_size ? SS_ONSTACK : 0;
}

#endif
