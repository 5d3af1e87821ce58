// SPDX-License-Identifier: MIT
/*
 * System calls about clocks: reading, setting, sleeping.
 *
 * A clock id names a clock of the system, or, negative, the CPU time of a
 * process or thread (clock.h, clock_gettime(2)).
 *
 * A sleep that a signal interrupts goes on with what is left: relative ones
 * through the restart block, which keeps the deadline.
 *
 * Unlike Linux, a sleep by the CPU time of who is gone meanwhile ends, with
 * EINVAL; there it waits for a signal.
 */
#include <kernel/clock.h>

#include <arch/cpu.h>
#include <kernel/cred.h>
#include <kernel/rusage.h>
#include <kernel/sched.h>
#include <kernel/sync.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define COARSE_NS       4000000UL
#define TIMER_ABSTIME   1

static long sleep_restart(struct restart_block *rb);

int clock_check(int id, unsigned int good)
{
	if (id < 0)
		return (id & (CPUCLOCK_THREAD | CPUCLOCK_WHICH)) == CPUCLOCK_FD ? -EOPNOTSUPP : 0;
	if (id > CLOCK_TAI || id == CLOCK_TAI - 1)
		return -EINVAL;
	return good & BIT(id) ? 0 : -EOPNOTSUPP;
}

struct task_struct *cpu_clock_task(int id, bool reading)
{
	int pid = ~(id >> 3);
	struct task_struct *t;

	if ((id & CPUCLOCK_WHICH) == CPUCLOCK_FD)
		return NULL;
	if (pid == 0) {
		task_get(current);
		return current;
	}
	t = find_task(pid);
	if (!t)
		return NULL;
	if ((id & CPUCLOCK_THREAD) ? t->tgid == current->tgid
				   : thread_group_leader(t) || (reading && t == current))
		return t;
	task_put(t);
	return NULL;
}

u64 cpu_clock_shows(int id, struct task_struct *t, const struct cpu_times *times)
{
	bool user = (id & CPUCLOCK_WHICH) == CPUCLOCK_VIRT;
	u64 ns;

	if (!(id & CPUCLOCK_THREAD))
		return user ? times->user_ns : times->total_ns;
	ns = sched_task_ns(t);
	return user ? READ_ONCE(t->utime_ns) : ns;
}

static long cpu_clock(int id, u64 *ns)
{
	struct task_struct *t = cpu_clock_task(id, true);
	struct cpu_times times;

	if (!t)
		return -EINVAL;
	if (!(id & CPUCLOCK_THREAD))
		process_cpu_times(t, &times);
	*ns = cpu_clock_shows(id, t, &times);
	task_put(t);
	return 0;
}

long clock_read(int id, u64 *ns)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_monotonic_ns();
		return 0;
	default:
		id = clock_id(id);
		return id < 0 ? cpu_clock(id, ns) : -EINVAL;
	}
}

u64 clock_to_monotonic(int id, u64 ns)
{
	u64 real = clock_realtime_ns(), mono = clock_monotonic_ns();

	if (id != CLOCK_REALTIME && id != CLOCK_TAI && id != CLOCK_REALTIME_ALARM)
		return ns;
	if (ns <= real)
		return ns + mono > real ? ns + mono - real : 0;
	return ns - real > (~0ULL >> 1) ? ~0ULL >> 1 : mono + (ns - real);
}

long sys_clock_gettime(const unsigned long *a)
{
	u64 ns;
	long err = clock_read((int)a[0], &ns);

	return err ? err : put_user(ns_to_timespec(ns), a[1]);
}

long sys_clock_getres(const unsigned long *a)
{
	int id = (int)a[0];
	bool coarse = id == CLOCK_REALTIME_COARSE || id == CLOCK_MONOTONIC_COARSE;
	u64 ns;
	long err = clock_read(id, &ns);

	if (err || !a[1])
		return err;
	return put_user(ns_to_timespec(coarse ? COARSE_NS : 1), a[1]);
}

long sys_clock_settime(const unsigned long *a)
{
	struct timespec ts;
	int err;

	if ((int)a[0] != CLOCK_REALTIME)
		return -EINVAL;
	err = timespec_from_user(&ts, a[1]);
	if (err)
		return err;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	clock_set_realtime(timespec_to_ns(&ts));
	return 0;
}

long sys_gettimeofday(const unsigned long *a)
{
	u64 ns = clock_realtime_ns();
	struct timeval tv = { (s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
	int zone[2] = { 0, 0 };

	if (a[0] && put_user(tv, a[0]))
		return -EFAULT;
	return a[1] ? copy_to_user(a[1], zone, sizeof(zone)) : 0;
}

/* The time zone has no meaning here: it is read, checked and forgotten. */
long sys_settimeofday(const unsigned long *a)
{
	struct timeval tv;
	int zone[2];

	if (a[0]) {
		if (get_user(&tv, a[0]))
			return -EFAULT;
		if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000)
			return -EINVAL;
	}
	if (a[1] && get_user(&zone, a[1]))
		return -EFAULT;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	if (a[0]) {
		struct timespec ts = { tv.tv_sec, tv.tv_usec * (s64)NSEC_PER_USEC };

		clock_set_realtime(timespec_to_ns(&ts));
	}
	return 0;
}

/* ------------------------------------------------------- sleeping */

/*
 * Until time_ns() is @until, or CPU-time clock @id (negative) shows that: looked at again when
 * it can be, were every hart at work for it, and as often as ticks come.
 * restart.arg: @until, @left: where to write what is left (0: nowhere), @id.
 */
static long sleep_on(int id, u64 until, bool absolute, vaddr_t left)
{
	struct restart_block *rb = &current->restart;
	int interrupted = 0;
	u64 now;

	for (;;) {
		long err = clock_read(id < 0 ? id : CLOCK_MONOTONIC, &now);

		if (err || now >= until)
			return err;
		if (interrupted)
			break;
		interrupted = sleep_until(id < 0 ? time_ns() + max((until - now) / nr_harts,
								   (u64)NSEC_PER_MSEC) : until);
	}
	if (absolute)
		return -ERESTARTNOHAND;
	if (left && put_user(ns_to_timespec(until - now), left))
		return -EFAULT;
	rb->fn = sleep_restart;
	rb->arg[0] = until;
	rb->arg[1] = left;
	rb->arg[2] = (unsigned long)id;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_restart(struct restart_block *rb)
{
	return sleep_on((int)rb->arg[2], rb->arg[0], false, rb->arg[1]);
}

long sys_nanosleep(const unsigned long *a)
{
	struct timespec ts;
	int err = timespec_from_user(&ts, a[0]);

	return err ? err : sleep_on(0, time_ns() + timespec_to_ns(&ts), false, a[1]);
}

/* Asleep, a thread cannot use any of its own. */
static int cpu_sleep_check(int id)
{
	struct task_struct *t = cpu_clock_task(id, false);

	if (!t)
		return -EINVAL;
	task_put(t);
	return (id & CPUCLOCK_THREAD) && t == current ? -EINVAL : 0;
}

long sys_clock_nanosleep(const unsigned long *a)
{
	int id = (int)a[0], err;
	bool absolute = a[1] & TIMER_ABSTIME;
	struct timespec ts;
	u64 until, now;

	err = clock_check(id, BIT(CLOCK_REALTIME) | BIT(CLOCK_MONOTONIC) | BIT(CLOCK_BOOTTIME) |
				      BIT(CLOCK_REALTIME_ALARM) | BIT(CLOCK_BOOTTIME_ALARM) |
				      BIT(CLOCK_TAI) | BIT(CLOCK_PROCESS_CPUTIME_ID));
	id = clock_id(id);
	if (!err)
		err = timespec_from_user(&ts, a[2]);
	if (!err && id < 0)
		err = cpu_sleep_check(id);
	if (err)
		return err;
	until = timespec_to_ns(&ts);
	if (!absolute) {
		if (clock_read(id < 0 ? id : CLOCK_MONOTONIC, &now))
			return -EINVAL;
		until += now;
	} else if (id >= 0) {
		until = clock_to_monotonic(id, until);
	}
	return sleep_on(id, until, absolute, a[3]);
}
