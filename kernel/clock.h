// SPDX-License-Identifier: MIT
/*
 * Clock ids of clock_gettime(2), for the calls that take one.
 */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <kernel/time.h>
#include <lib/types.h>

#define CLOCK_REALTIME                  0
#define CLOCK_MONOTONIC                 1
#define CLOCK_PROCESS_CPUTIME_ID        2
#define CLOCK_THREAD_CPUTIME_ID         3
#define CLOCK_MONOTONIC_RAW             4
#define CLOCK_REALTIME_COARSE           5
#define CLOCK_MONOTONIC_COARSE          6
#define CLOCK_BOOTTIME                  7
#define CLOCK_REALTIME_ALARM            8
#define CLOCK_BOOTTIME_ALARM            9
#define CLOCK_TAI                       11

/*
 * Negative ids: the CPU time of a process or thread, ~pid << 3 | per-thread << 2 | which
 * (pthread_getcpuclockid(3)); pid 0: the caller's.  The last "which" is no CPU time at all.
 */
#define CPUCLOCK_THREAD                 4
#define CPUCLOCK_WHICH                  3
#define CPUCLOCK_VIRT                   1       /* user time alone */
#define CPUCLOCK_SCHED                  2
#define CPUCLOCK_FD                     3       /* a descriptor's clock: we have none */

struct cpu_times;
struct task_struct;

/* The negative id of a CPU-time clock with a name of its own; others stay. */
static inline int clock_id(int id)
{
	if (id == CLOCK_PROCESS_CPUTIME_ID)
		return ~7 | CPUCLOCK_SCHED;
	return id == CLOCK_THREAD_CPUTIME_ID ? ~7 | CPUCLOCK_THREAD | CPUCLOCK_SCHED : id;
}

/*
 * May clock @id, one of the bits in @good or negative, do what the caller wants?
 * -EINVAL: no such clock; -EOPNOTSUPP: it does not do that.
 */
int clock_check(int id, unsigned int good);

/*
 * The task that a negative id names (a process: its leader, or the current task), with a
 * reference; NULL: no such, or a thread of another process.  @reading: a thread's number
 * may stand for its own process.
 */
struct task_struct *cpu_clock_task(int id, bool reading);

/* What @id shows of thread @t, or of the process that has used @times. */
u64 cpu_clock_shows(int id, struct task_struct *t, const struct cpu_times *times);

/* What clock @id shows now; -EINVAL: no such clock, or no such process. */
long clock_read(int id, u64 *ns);

/* The time_ns() at which clock @id, one of the system's, shows @ns; as things stand now. */
u64 clock_to_monotonic(int id, u64 ns);

#endif
