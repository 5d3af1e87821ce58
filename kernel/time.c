// SPDX-License-Identifier: MIT
/*
 * Clocks: what time it is, and who may change it.
 *
 * There is one counter, time_ns(), which is CLOCK_MONOTONIC.  The wall clock
 * is that plus an offset, read from the clock chip at boot and changed by
 * clock_settime(2); programs read both through the vDSO without a call.
 *
 * Always true: CLOCK_MONOTONIC never goes back.
 * Lock:        the offset is one word, changed as a whole.
 */
#include <kernel/time.h>

#include <arch/vdso.h>
#include <kernel/cred.h>
#include <kernel/sync.h>
#include <lib/errno.h>
#include <mm/uaccess.h>

static s64 realtime_offset;     /* [a] CLOCK_REALTIME - CLOCK_MONOTONIC, ns */
u64 realtime_ticks_offset;      /* [a] CLOCK_REALTIME - the clock, ticks */

void time_init_clocks(void)
{
	u64 ns;

	if (rtc_read_ns(&ns))
		clock_set_realtime(ns);
	else
		clock_set_realtime(0);
}

u64 clock_monotonic_ns(void)
{
	return time_ns();
}

u64 clock_realtime_ns(void)
{
	return time_ns() + (u64)READ_ONCE(realtime_offset);
}

void clock_set_realtime(u64 ns)
{
	s64 offset = (s64)(ns - time_ns());

	WRITE_ONCE(realtime_offset, offset);
	WRITE_ONCE(realtime_ticks_offset, ns_to_ticks(ns) - clock_ticks());
	vdso_set_clock(offset, 0);
}

struct timespec current_time(void)
{
	return ns_to_timespec(clock_realtime_ns());
}

bool timespec_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < (s64)NSEC_PER_SEC;
}

/* Past 292 years the sum would not fit: as good as never. */
u64 timespec_to_ns(const struct timespec *ts)
{
	u64 limit = (~0ULL >> 1) / NSEC_PER_SEC;

	if ((u64)ts->tv_sec >= limit)
		return ~0ULL >> 1;
	return (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
}

struct timespec ns_to_timespec(u64 ns)
{
	return (struct timespec){ .tv_sec = (s64)(ns / NSEC_PER_SEC),
				  .tv_nsec = (s64)(ns % NSEC_PER_SEC) };
}

int timespec_from_user(struct timespec *ts, unsigned long addr)
{
	if (get_user(ts, addr))
		return -EFAULT;
	return timespec_valid(ts) ? 0 : -EINVAL;
}

int sleep_until(u64 deadline_ns)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending()) {
			set_current_state(TASK_RUNNING);
			return time_ns() >= deadline_ns ? 0 : -EINTR;
		}
		if (!schedule_until(deadline_ns))
			return 0;
	}
}
