// SPDX-License-Identifier: MIT
/*
 * Sending and delivering signals.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <kernel/signal_types.h>
#include <lib/types.h>

struct task_struct;

/* Send to a process (any thread takes it) or to one thread.  @info NULL: from the kernel.  Safe from interrupts.  0, -EAGAIN (queue full). */
int send_signal_process(int sig, const siginfo_t *info, struct task_struct *t);
int send_signal_thread(int sig, const siginfo_t *info, struct task_struct *t);

/* A fault of the current task: not to be blocked or ignored. */
void force_signal(int sig, int code, vaddr_t addr);

/* From the kernel to a whole process group (tty); 0 or -ESRCH. */
int send_signal_pgrp(int sig, int pgid);

/* Kill every other thread of the current process (exec, exit_group). */
void zap_other_threads(struct task_struct *t);

/* After a change of masks or pending sets: set or clear WORK_SIGNAL.  siglock held. */
void recalc_sigpending(struct task_struct *t);

/* Is @sig blocked or ignored by @t?  For tty job control. */
bool signal_ignored_or_blocked(struct task_struct *t, int sig);

/* Deliver what is pending, or restart / fail the interrupted call; from entry_user_work. */
void do_signal(struct trapframe *tf);

/* Block @mask for the time of one call; the old mask comes back after delivery (sigsuspend, ppoll, pselect). */
void set_temporary_sigmask(u64 mask);
void restore_saved_sigmask(void);

/* Life of the shared parts, called by fork, exec and exit. */
struct sighand_struct *sighand_alloc(void);             /* all default */
struct sighand_struct *sighand_dup(struct sighand_struct *old);
void sighand_put(struct sighand_struct *s);
void sigpending_init(struct sigpending *p);
void sigpending_flush(struct sigpending *p);
void signals_exec(struct task_struct *t);               /* handlers to default, altstack off */

/* Parent's notification of a child's end / stop / continue; tasklist_lock held. */
void notify_parent(struct task_struct *t, int sig, int code);

#endif
