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
__noreturn void sched_exit(void);               /* the current task is TASK_DEAD: never comes back */
void sched_yield(void);
void sched_tick(void);                          /* from entry_timer: account, preempt */
void sched_set_nice(struct task_struct *t, int nice);
int sched_set_affinity(struct task_struct *t, unsigned long mask);

unsigned int sched_nr_running(void);
unsigned long sched_nr_switches(void);
void sched_loadavg(unsigned long avg[3]);       /* fixed point, 11 bits of fraction */
/* ns a hart was idle / user / system, for /proc/stat and uptime. */
struct hart_times { u64 user_ns, system_ns, idle_ns, irq_ns; };
void sched_hart_times(unsigned int hart, struct hart_times *t);

/* Where user and kernel time part: called at trap entry/exit only if cheap; else sampled at ticks. */

/* Every task's state, wait and backtrace to the log: the magic key. */
void sched_dump(void);

#endif
