// SPDX-License-Identifier: MIT
/*
 * The scheduler, as the rest of kernel/ sees it (sleeping: kernel/sync.h).
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/task.h>
#include <lib/types.h>

void sched_init(void);                          /* boot hart; makes the idle task current */
struct task_struct *sched_idle_task(unsigned int hart);
__noreturn void sched_idle_loop(void);          /* a hart's idle task ends up here */

void sched_fork(struct task_struct *child);     /* set up scheduling state */
void sched_start(struct task_struct *t);        /* first wake-up of a new task */
/* The current task's last state, TASK_ZOMBIE or TASK_DEAD: no wake-up changes it any more. */
void sched_set_exit_state(enum task_state state);
__noreturn void sched_exit(void);               /* in its last state: never comes back */
/*
 * Give the current task the address space @mm, or none, and load it.
 * Returns the one before with its reference, for mm_put(), or NULL.
 */
struct mm_struct *sched_set_mm(struct mm_struct *mm);
void sched_yield(void);
/* from entry_timer: account, preempt; when to call again */
u64 sched_tick(u64 now);
int sched_set_policy(struct task_struct *t, int policy, int rt_priority);       /* checked values */
/* What those who wait for @t's locks lend it; true: its priority has changed. */
bool sched_boost(struct task_struct *t, int rt_priority);
/* ns the task has run, up to now. */
u64 sched_task_ns(struct task_struct *t);
extern unsigned int sched_slice_ns;             /* how long a task runs while others wait */

enum { SCHED_NORMAL, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE = 5 };
#define SCHED_RESET_ON_FORK 0x40000000
void sched_set_nice(struct task_struct *t, int nice);
int sched_set_affinity(struct task_struct *t, unsigned long mask);

/* sched_syscalls.c: what @pid names (0: the current task), with a reference, or NULL. */
struct task_struct *sched_task(int pid);
/* Is @t one of those that (@which: PRIO_PROCESS, ..., @who) names?  tasklist_lock held. */
bool sched_names(struct task_struct *t, int which, unsigned int who);
/* The same changes, checked: valid values (-EINVAL), rights (-EPERM; nice: -EACCES). */
int sched_apply_policy(struct task_struct *t, int policy, int rt_priority, bool reset_on_fork);
int sched_apply_nice(struct task_struct *t, int nice);
/* How late its timers may be; 0: as it was born.  A task of real time has none. */
void sched_set_slack(struct task_struct *t, unsigned long ns);

unsigned int sched_nr_running(void);
unsigned long sched_nr_blocked(void);           /* in sleeps that no signal ends */
unsigned long sched_nr_switches(void);
int sched_nr_stopped(void);                     /* tasks in TASK_STOPPED */
void sched_loadavg(unsigned long avg[3]);       /* fixed point, 11 bits of fraction */
/* ns a hart was idle / user / system, for /proc/stat and uptime. */
struct hart_times { u64 user_ns, system_ns, idle_ns, irq_ns; };
void sched_hart_times(unsigned int hart, struct hart_times *t);

/* Every task's state, wait and backtrace to the log: the magic key. */
void sched_dump(void);

#endif
