// SPDX-License-Identifier: MIT
/*
 * sched_setattr(2) and sched_getattr(2).
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tap.h"

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static long set(struct attr *a, unsigned int flags)
{
	return syscall(SYS_sched_setattr, 0, a, flags);
}

static struct attr get(void)
{
	struct attr a;

	memset(&a, 0xee, sizeof(a));
	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0))
		a.size = 0;
	return a;
}

int main(void)
{
	struct attr a = { .size = sizeof(a) };
	struct { struct attr a; char more[8]; } big = { .a = { .size = sizeof(big) } };
	int status;

	tap_limit(30);
	ok(get().size == sizeof(a) && get().policy == SCHED_OTHER && get().nice == 0 &&
	   get().priority == 0 && get().flags == 0, "an ordinary task");
	fails(EINVAL, syscall(SYS_sched_getattr, 0, &a, 47, 0));
	fails(EINVAL, syscall(SYS_sched_getattr, 0, &a, sizeof(a), 1));
	fails(EINVAL, syscall(SYS_sched_getattr, -1, &a, sizeof(a), 0));
	fails(ESRCH, syscall(SYS_sched_getattr, 99999, &a, sizeof(a), 0));
	fails(EFAULT, syscall(SYS_sched_getattr, 0, 8, sizeof(a), 0));
	fails(EINVAL, set(NULL, 0));
	fails(EINVAL, set(&a, 1));
	a.size = 20;
	fails(E2BIG, set(&a, 0));
	ok(a.size >= sizeof(a), "and the size that it knows");
	big.more[3] = 1;
	fails(E2BIG, set(&big.a, 0));
	big.a.size = sizeof(big);
	big.more[3] = 0;
	big.a.policy = SCHED_BATCH;
	big.a.nice = 5;
	fails(0, set(&big.a, 0));
	ok(get().policy == SCHED_BATCH && get().nice == 5 && getpriority(PRIO_PROCESS, 0) == 5,
	   "policy and nice in one");
	a = (struct attr){ .policy = SCHED_OTHER, .nice = -100 };
	fails(0, set(&a, 0));
	ok(get().policy == SCHED_OTHER && get().nice == -20, "a size of 0 is the first; nice is clamped");
	a = (struct attr){ .size = sizeof(a), .policy = SCHED_FIFO };
	fails(EINVAL, set(&a, 0));
	a.priority = 100;
	fails(EINVAL, set(&a, 0));
	a.priority = 10;
	a.flags = 1;
	fails(0, set(&a, 0));
	ok(get().policy == SCHED_FIFO && get().priority == 10 && get().flags == 1 &&
	   sched_getscheduler(0) == (SCHED_FIFO | 0x40000000), "real time, reset on fork");
	if (fork() == 0)
		_exit(get().policy != SCHED_OTHER || get().flags != 0);
	wait(&status);
	ok(status == 0, "a child is ordinary");
	a = (struct attr){ .size = sizeof(a), .policy = SCHED_OTHER, .priority = 3 };
	fails(EINVAL, set(&a, 0));
	a.priority = 0;
	a.flags = 0x1000;
	fails(EINVAL, set(&a, 0));
	a.flags = 0;
	a.policy = 77;
	fails(EINVAL, set(&a, 0));
	a.policy = (uint32_t)-1;
	fails(EINVAL, set(&a, 0));
	a.policy = SCHED_OTHER;
	fails(0, set(&a, 0));
	if (fork() == 0) {
		int bad = setuid(1000) != 0;

		a.nice = -5;
		bad |= (set(&a, 0) != -1 || errno != EPERM) << 1;
		a.nice = 7;
		bad |= (set(&a, 0) != 0) << 2;
		a = (struct attr){ .size = sizeof(a), .policy = SCHED_RR, .priority = 1 };
		bad |= (set(&a, 0) != -1 || errno != EPERM) << 3;
		_exit(bad);
	}
	wait(&status);
	ok(status == 0, "without privilege only down (%x)", status);
	return tap_done();
}
