// SPDX-License-Identifier: MIT
/*
 * What processes have used.
 */
#ifndef KERNEL_RUSAGE_H
#define KERNEL_RUSAGE_H

#include <kernel/time.h>
#include <lib/types.h>

struct signal_struct;
struct task_struct;

struct cpu_times {
	u64 total_ns, user_ns, system_ns;       /* total = user + system */
};

/* struct rusage of getrusage(2). */
struct rusage {
	struct timeval ru_utime, ru_stime;
	long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss;
	long ru_minflt, ru_majflt, ru_nswap, ru_inblock, ru_oublock;
	long ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};

/* All threads of @t's process, dead ones too. */
void process_cpu_times(struct task_struct *t, struct cpu_times *out);
/* The same, interrupts off: the current task's process, or tasklist_lock held.  Takes siglock. */
void process_cpu_times_irq(struct task_struct *t, struct cpu_times *out);

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_BOTH     (-2)
#define RUSAGE_THREAD   1
void rusage_fill(struct task_struct *t, int who, struct rusage *ru);

/*
 * tasklist_lock held: what thread @t used goes to its process' sums / what a reaped child's
 * process used, to the parent's.
 */
void rusage_add_thread(struct signal_struct *sig, struct task_struct *t);
void rusage_add_child(struct signal_struct *parent, struct signal_struct *child);

/* All threads of @t's process, and what else it has in its sums. */
struct io_account;
void process_io(struct task_struct *t, struct io_account *sum);

#endif
