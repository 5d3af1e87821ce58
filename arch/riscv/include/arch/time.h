// SPDX-License-Identifier: MIT
/*
 * The machine's clock and its one timer per hart.
 */
#ifndef ARCH_TIME_H
#define ARCH_TIME_H

#include <lib/types.h>

#define TIMER_NEVER     (~0ULL)

/* Nanoseconds since the machine's clock started; never goes back, the same on all harts. */
u64 time_ns(void);

/* The clock itself, in ticks of its own, and what @ns are in those. */
static __always_inline u64 clock_ticks(void)
{
	u64 t;

	__asm__ volatile("rdtime %0" : "=r"(t));
	return t;
}
u64 ns_to_ticks(u64 ns);

/* Interrupt this hart (entry_timer) once time_ns() >= @deadline_ns; TIMER_NEVER: not at all. */
void timer_arm(u64 deadline_ns);

/* Instructions this hart has retired, where the counter counts; else clock ticks. */
u64 cpu_instret(void);

/* Does it count instructions?  QEMU's does with -icount alone. */
bool cpu_instret_counts(void);

/* Seconds since 1970 and nanoseconds from a clock chip, at boot; false when there is none. */
bool rtc_read_ns(u64 *ns);

#endif
