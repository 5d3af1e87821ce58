// SPDX-License-Identifier: MIT
/*
 * Looking into, and holding, another task.
 */
#ifndef KERNEL_PTRACE_H
#define KERNEL_PTRACE_H

#include <kernel/entry.h>
#include <lib/types.h>

struct clone_args;
struct list_head;
struct siginfo;
struct task_struct;
struct tracee;

/* By which ids the asker is judged: procfs looks as files are looked at, ptrace(2) by real ones. */
enum ptrace_mode { PTRACE_MODE_FSCREDS, PTRACE_MODE_REALCREDS };

/* ptrace(2), "ptrace access mode checking": may the current task look into @t?  Spinlocks only. */
bool ptrace_may_access(struct task_struct *t, enum ptrace_mode mode);

enum ptrace_event {
	PTRACE_EVENT_FORK = 1, PTRACE_EVENT_VFORK, PTRACE_EVENT_CLONE, PTRACE_EVENT_EXEC,
	PTRACE_EVENT_VFORK_DONE, PTRACE_EVENT_EXIT, PTRACE_EVENT_STOP = 128,
};

/*
 * task->thread.trace: why its system calls take the long way, and, in the half below, how many go
 * by the table (kernel/entry.h).
 */
#define TRACE_LOG       (1U << 16)      /* a line in the log for each call */
#define TRACE_PTRACE    (1U << 17)      /* its tracer asked for syscall stops */
#define TRACE_FLAGS     (TRACE_LOG | TRACE_PTRACE)

/* thread.trace of a program that is traced for @flags, which may be 0. */
static inline u32 trace_word(u32 flags)
{
	return flags ? flags : NR_SYSCALLS;
}

/* @t is traced for @set as well, and for @clear no more.  Atomic; no locks. */
void trace_change(struct task_struct *t, u32 set, u32 clear);

/*
 * What the tracee does, in its own time.  All are cheap when it has no tracer.
 */

/* Stop for @event, with @message, if the tracer wants it.  Sleeps. */
void ptrace_event(enum ptrace_event event, unsigned long message);
/* A program begins: PTRACE_EVENT_EXEC, or SIGTRAP for a tracer of the old kind. */
void ptrace_exec(int old_pid);
/* Syscall stops.  enter: false if the call is not to be made. */
bool ptrace_syscall_enter(void);
void ptrace_syscall_exit(void);
/*
 * @sig was taken from the queue and is about to be acted on: the tracer sees it first, and may
 * change it and *@info.  siglock held, before and after.  The signal to act on, or 0.
 */
int ptrace_signal(int sig, struct siginfo *info, unsigned long *irqflags);
/* The current task has been told to trap (attach, PTRACE_INTERRUPT, a group stop).  As above. */
void ptrace_trap(unsigned long *irqflags);
/*
 * It takes part in a group stop: as the tracer's prisoner.  @last: all have stopped now, and the
 * parent is to hear of it.  As above.
 */
void ptrace_group_stop(bool last, unsigned long *irqflags);

/* siglock held: must @t trap before it goes on? */
bool ptrace_must_trap(const struct task_struct *t);
/* siglock held: a group stop begins or ends; a tracer that seized @t hears of it. */
bool ptrace_trap_notify(struct task_struct *t);
/* siglock held: @t is stopped, and its tracer is busy with it. */
bool ptrace_frozen(const struct task_struct *t);

/*
 * Births and deaths (ptrace.c).  tasklist_lock held where it says locked.
 */
/* The event that the current task's tracer wants for this clone, or 0. */
int ptrace_clone_event(const struct clone_args *args);
/* fork: the child's record, to be used by ptrace_fork_locked() or freed.  NULL: no memory. */
struct tracee *ptrace_tracee_alloc(void);
void ptrace_tracee_free(struct tracee *p);
/* The child @t has the current task's tracer too.  Takes *@fresh.  siglock held too. */
void ptrace_fork_locked(struct task_struct *t, struct tracee **fresh);
/* Is @t traced by another process than its parent's? */
bool ptrace_by_other_locked(const struct task_struct *t);
/* @t's process is traced by the current one? */
bool ptrace_by_us_locked(const struct task_struct *t);
/* @t has no tracer any more. */
void ptrace_unlink_locked(struct task_struct *t);
/* The current task ends, and lets go of all it traces; the ended ones are released to @released. */
void ptrace_exit_tracer_locked(struct list_head *released);

/* The tracer's number for /proc, or 0. */
int ptrace_tracer_pid_locked(const struct task_struct *t);

#endif
