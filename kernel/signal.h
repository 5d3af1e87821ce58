// SPDX-License-Identifier: MIT
/*
 * Sending and delivering signals.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <kernel/signal_types.h>
#include <lib/types.h>

struct task_struct;

/*
 * Send to a process (any thread takes it) or to one thread.  @info NULL: from the kernel.  Safe
 * from interrupts.  0, -EAGAIN (queue full).
 */
int send_signal_process(int sig, const siginfo_t *info, struct task_struct *t);
int send_signal_thread(int sig, const siginfo_t *info, struct task_struct *t);

/* A fault of the current task: not to be blocked or ignored. */
void force_signal(int sig, int code, vaddr_t addr);

/* From the kernel to a whole process group (tty); 0 or -ESRCH. */
int send_signal_pgrp(int sig, int pgid);

/* As above for a caller that holds tasklist_lock; @t is not released. */
int send_signal_process_locked(int sig, const siginfo_t *info, struct task_struct *t);
int send_signal_thread_locked(int sig, const siginfo_t *info, struct task_struct *t);

/*
 * Kill every other thread of @t's process (exec, exit_group): SIGKILL is pending for them and
 * they are awake.  tasklist_lock and t->sighand->siglock held.
 */
void zap_other_threads(struct task_struct *t);

/*
 * The current thread is about to exit while others go on: hand them what only it would have
 * taken, and let a group stop go on without it.  PF_EXITING is set; tasklist_lock held, siglock
 * not.
 */
void signal_thread_exit(struct task_struct *t);

/* After a change of masks or pending sets: set or clear WORK_SIGNAL.  siglock held. */
void recalc_sigpending(struct task_struct *t);

/* Is @sig blocked or ignored by @t?  For tty job control. */
bool signal_ignored_or_blocked(struct task_struct *t, int sig);

/* Deliver what is pending, or restart / fail the interrupted call; from entry_user_work. */
void do_signal(struct trapframe *tf);

/*
 * Block @mask for the time of one call; the old mask comes back after delivery (sigsuspend, ppoll,
 * pselect).
 */
void set_temporary_sigmask(u64 mask);
void restore_saved_sigmask(void);

/*
 * Job control: has the group no one to continue it (@without: a task that leaves it, or NULL)?
 * tasklist_lock held.
 */
bool pgrp_orphaned(int pgid, const struct task_struct *without);
bool current_pgrp_orphaned(void);       /* takes tasklist_lock */

void signals_init(void);        /* caches; once at boot, after the slabs */

/* Life of the shared parts, called by fork, exec and exit. */
struct sighand_struct *sighand_alloc(void);             /* all default */
struct sighand_struct *sighand_dup(struct sighand_struct *old);
void sighand_put(struct sighand_struct *s);
void sigpending_init(struct sigpending *p);
void sigpending_flush(struct sigpending *p);
/*
 * exec: @t takes *own (unless NULL) as its table, filled from the shared one; *own is then the old
 * one.
 */
void signals_unshare(struct task_struct *t, struct sighand_struct **own);
void signals_exec(struct task_struct *t);               /* handlers to default, altstack off */

/*
 * Tell the parent of a child's end / stop / continue: signal @sig (0: none) with CLD_ @code, and
 * wake waiters; tasklist_lock held, no siglock.  True for an end that nobody will wait for
 * (SIGCHLD ignored, SA_NOCLDWAIT): reap at once.
 */
bool notify_parent(struct task_struct *t, int sig, int code);

/* The same for the tracer of @t: SIGCHLD, and wake waiters.  tasklist_lock held, no siglock. */
bool notify_tracer(struct task_struct *t, int code);

#endif
