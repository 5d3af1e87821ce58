// SPDX-License-Identifier: MIT
/*
 * Clocks and timers.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <arch/time.h>
#include <lib/avl.h>
#include <lib/types.h>

#define NSEC_PER_SEC    1000000000ULL
#define NSEC_PER_MSEC   1000000ULL
#define NSEC_PER_USEC   1000ULL

struct timespec { s64 tv_sec; s64 tv_nsec; };
struct timeval { s64 tv_sec; s64 tv_usec; };

/* CLOCK_MONOTONIC (= time_ns since boot) and CLOCK_REALTIME, in ns. */
u64 clock_monotonic_ns(void);
u64 clock_realtime_ns(void);
/* For inode times; cheap. */
struct timespec current_time(void);
void clock_set_realtime(u64 ns);
/* CLOCK_REALTIME in the clock's ticks: as cheap as it can be, and as good as its last setting. */
extern u64 realtime_ticks_offset;
static inline u64 realtime_ticks(void)
{
	return clock_ticks() + READ_ONCE(realtime_ticks_offset);
}

bool timespec_valid(const struct timespec *ts);
u64 timespec_to_ns(const struct timespec *ts);          /* saturates */
struct timespec ns_to_timespec(u64 ns);
struct timeval ns_to_timeval(u64 ns);

/*
 * A timer: @fn runs on the hart that armed it, in interrupt context, no lock
 * held, once time_ns() >= deadline.  It may arm itself again.
 */
struct timer {
	struct avl_node node;
	u64 deadline_ns;
	void (*fn)(struct timer *t);
	int hart;               /* where it is armed, or -1 */
};
void timer_init(struct timer *t, void (*fn)(struct timer *));
void timer_start(struct timer *t, u64 deadline_ns);     /* (re)arm */
/* true: was armed; waits for a running fn */
bool timer_cancel(struct timer *t);

/* Before @hart uses any. */
void timer_init_hart(unsigned int hart);

/* The scheduler wants entry_timer() on this hart by @deadline_ns.  Interrupts off. */
void timer_need_tick(u64 deadline_ns);

void time_init_clocks(void);    /* wall clock from the clock chip; once at boot */

/* A timespec of a program: 0, -EFAULT, -EINVAL. */
int timespec_from_user(struct timespec *ts, unsigned long addr);

/* Sleep until time_ns() >= @deadline_ns: 0, or -EINTR when a signal came. */
int sleep_until(u64 deadline_ns);

/* Interval timers of a process (itimer.c, posix_timer.c). */
struct cpu_times;
struct task_struct;
struct signal_struct;
/*
 * The expiry after @last of a timer with @interval, later than @now; how many were missed
 * between the two.
 */
u64 timer_next_expiry(u64 last, u64 interval, u64 now, u64 *missed);
/*
 * How often a timer that was due at *@due expired until now; *@due becomes the next time, or
 * TIMER_NEVER for @interval 0.
 */
u64 timer_count_due(u64 *due, u64 interval);
/*
 * When a timer that is next due at @due fires: then, if its signal was @taken; otherwise nobody
 * hears of it but by a count, and it looks again in a while (@waits) or soon (thrown away).
 */
enum timer_signal { TIMER_SIGNAL_TAKEN, TIMER_SIGNAL_LOST, TIMER_SIGNAL_WAITS };
u64 timer_fires_at(u64 due, enum timer_signal how);
/* siglock held: a SIGALRM of the process is being taken. */
void itimer_taken(struct signal_struct *sig);
/* CPU-time limits and timers; from the tick */
void itimers_tick(struct task_struct *t);
void posix_timers_tick(struct signal_struct *sig, const struct cpu_times *times);
/* tasklist_lock held: nobody measures @t any more, nor its process if it is the leader. */
void posix_timers_gone(struct task_struct *t);
void posix_timers_delete(struct signal_struct *sig);
/* siglock held: the signal of timer @id is being taken; how often it expired besides. */
int posix_timer_taken(struct signal_struct *sig, int id);
void process_timers_exit(struct signal_struct *sig);    /* the last thread goes; sleeps not */

#endif
