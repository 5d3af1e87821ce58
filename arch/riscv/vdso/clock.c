// SPDX-License-Identifier: MIT
/*
 * Reading the clock without entering the kernel (vdso(7)).  What it does not
 * know it asks the kernel for.
 */
#include "data.h"

extern const struct vdso_data vdso_data __attribute__((visibility("hidden")));

struct vdso_timespec { s64 sec, nsec; };
struct vdso_timeval { s64 sec, usec; };

enum { SYS_CLOCK_GETTIME = 113, SYS_CLOCK_GETRES = 114, SYS_GETCPU = 168, SYS_FLUSH_ICACHE = 259 };
enum {
	REALTIME = 0,
	MONOTONIC = 1,
	MONOTONIC_RAW = 4,
	REALTIME_COARSE = 5,
	MONOTONIC_COARSE = 6,
	BOOTTIME = 7
};

static long syscall3(long nr, long a, long b, long c)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a7 __asm__("a7") = nr;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

static u64 now_ns(bool real)
{
	const volatile struct vdso_data *d = &vdso_data;
	u64 ticks, ns;
	u32 seq;

	do {
		while ((seq = d->seq) & 1)
			;
		__asm__ volatile("fence r, r" : : : "memory");
		__asm__ volatile("rdtime %0" : "=r"(ticks));
		ticks -= d->boot_ticks;
		ns = d->shift ? (u64)((unsigned __int128)ticks * d->mult >> d->shift)
			      : ticks * d->mult;
		ns += real ? d->realtime_offset_ns : d->monotonic_offset_ns;
		__asm__ volatile("fence r, r" : : : "memory");
	} while (d->seq != seq);
	return ns;
}

int __vdso_clock_gettime(int clock, struct vdso_timespec *ts)
{
	u64 ns;

	if (clock == REALTIME || clock == REALTIME_COARSE)
		ns = now_ns(true);
	else if (clock == MONOTONIC || clock == MONOTONIC_RAW || clock == MONOTONIC_COARSE ||
		 clock == BOOTTIME)
		ns = now_ns(false);
	else
		return syscall3(SYS_CLOCK_GETTIME, clock, (long)ts, 0);
	ts->sec = ns / 1000000000;
	ts->nsec = ns % 1000000000;
	return 0;
}

int __vdso_gettimeofday(struct vdso_timeval *tv, int *tz)
{
	u64 ns = now_ns(true);

	if (tv) {
		tv->sec = ns / 1000000000;
		tv->usec = ns % 1000000000 / 1000;
	}
	if (tz)
		tz[0] = tz[1] = 0;
	return 0;
}

int __vdso_clock_getres(int clock, struct vdso_timespec *ts)
{
	return syscall3(SYS_CLOCK_GETRES, clock, (long)ts, 0);
}

int __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	return syscall3(SYS_GETCPU, (long)cpu, (long)node, (long)unused);
}

int __vdso_flush_icache(void *start, void *end, unsigned long flags)
{
	return syscall3(SYS_FLUSH_ICACHE, (long)start, (long)end, flags);
}
