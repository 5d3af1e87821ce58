// SPDX-License-Identifier: MIT
/*
 * System calls about clocks: reading, setting, sleeping.
 *
 * A clock id names a clock of the system, or, negative, the CPU time of a
 * process or thread: ~pid << 3 | per-thread << 2 | which (clock_gettime(2),
 * pthread_getcpuclockid(3)).
 *
 * A sleep that a signal interrupts goes on with what is left: relative ones
 * through the restart block, which keeps the deadline.
 */
#include <kernel/clock.h>

#include <kernel/cred.h>
#include <kernel/rusage.h>
#include <kernel/sched.h>
#include <kernel/sync.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define COARSE_NS       4000000UL
#define CPUCLOCK_THREAD 4
#define TIMER_ABSTIME   1

static long cpu_clock(int id, u64 *ns);
static long sleep_restart(struct restart_block *rb);

/* The task that a CPU-time clock id names, with a reference; NULL: no such. */
static struct task_struct *cpu_clock_task(int id)
{
	int pid = ~(id >> 3);
	struct task_struct *t;

	if (id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID || pid == 0) {
		task_get(current);
		return current;
	}
	if ((id & 3) == 3)
		return NULL;
	t = find_task(pid);
	if (!t)
		return NULL;
	if ((id & CPUCLOCK_THREAD) ? t->tgid == current->tgid : thread_group_leader(t))
		return t;
	task_put(t);
	return NULL;
}

static long cpu_clock(int id, u64 *ns)
{
	struct task_struct *t = cpu_clock_task(id);
	struct cpu_times times;

	if (!t)
		return -EINVAL;
	if (id == CLOCK_THREAD_CPUTIME_ID || (id < 0 && (id & CPUCLOCK_THREAD))) {
		*ns = sched_task_ns(t);
	} else {
		process_cpu_times(t, &times);
		*ns = times.total_ns;
	}
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
		if (id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID || id < 0)
			return cpu_clock(id, ns);
		return -EINVAL;
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

/* restart.arg: deadline, where to write what is left (0: nowhere). */
static long sleep_relative(u64 deadline, vaddr_t left)
{
	u64 now;

	if (!sleep_until(deadline))
		return 0;
	now = time_ns();
	if (left && put_user(ns_to_timespec(deadline > now ? deadline - now : 0), left))
		return -EFAULT;
	current->restart.fn = sleep_restart;
	current->restart.arg[0] = deadline;
	current->restart.arg[1] = left;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_restart(struct restart_block *rb)
{
	return sleep_relative(rb->arg[0], rb->arg[1]);
}

static u64 deadline_after(const struct timespec *ts)
{
	return time_ns() + timespec_to_ns(ts);
}

long sys_nanosleep(const unsigned long *a)
{
	struct timespec ts;
	int err = timespec_from_user(&ts, a[0]);

	return err ? err : sleep_relative(deadline_after(&ts), a[1]);
}

/* Until the process has used that much CPU time: looked at as often as its own ticks come. */
static long sleep_cpu_clock(int id, u64 until)
{
	for (;;) {
		u64 now;
		long err = clock_read(id, &now);

		if (err || now >= until)
			return err;
		if (sleep_until(time_ns() + max(until - now, (u64)NSEC_PER_MSEC)))
			return -ERESTARTNOHAND;
	}
}

long sys_clock_nanosleep(const unsigned long *a)
{
	int id = (int)a[0], err;
	bool absolute = a[1] & TIMER_ABSTIME;
	struct timespec ts;
	u64 now;
	long bad = clock_read(id, &now);

	if (bad)
		return bad;
	if (id == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	if (id == CLOCK_MONOTONIC_RAW || id == CLOCK_REALTIME_COARSE ||
	    id == CLOCK_MONOTONIC_COARSE)
		return -EOPNOTSUPP;
	err = timespec_from_user(&ts, a[2]);
	if (err)
		return err;
	if (id == CLOCK_PROCESS_CPUTIME_ID || id < 0)
		return sleep_cpu_clock(id,
				       absolute ? timespec_to_ns(&ts) : now + timespec_to_ns(&ts));
	if (!absolute)
		return sleep_relative(deadline_after(&ts), a[3]);
	return sleep_until(clock_to_monotonic(id, timespec_to_ns(&ts))) ? -ERESTARTNOHAND : 0;
}
