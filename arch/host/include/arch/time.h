// SPDX-License-Identifier: MIT
/*
 * The simulated clock: it moves when somebody sleeps, or a test moves it.
 */
#ifndef ARCH_TIME_H
#define ARCH_TIME_H

#include <lib/types.h>

#define TIMER_NEVER     (~0ULL)

extern u64 host_now_ns;

static inline u64 time_ns(void)
{
	return host_now_ns;
}

static inline u64 clock_ticks(void)
{
	return host_now_ns;
}

static inline u64 ns_to_ticks(u64 ns)
{
	return ns;
}

void timer_arm(u64 deadline_ns);
u64 cpu_instret(void);
bool cpu_instret_counts(void);
bool rtc_read_ns(u64 *ns);

#endif
