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

bool timespec_valid(const struct timespec *ts);
u64 timespec_to_ns(const struct timespec *ts);          /* saturates */
struct timespec ns_to_timespec(u64 ns);

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
bool timer_cancel(struct timer *t);                     /* true: was armed; waits for a running fn */

u64 hart_next_timer(void);      /* used by the scheduler to arm the hart */

#endif
