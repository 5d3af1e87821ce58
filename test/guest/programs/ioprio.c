// SPDX-License-Identifier: MIT
/*
 * ioprio_set(2) and ioprio_get(2): what is kept, and for whom.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { PROCESS = 1, PGRP, USER };
enum { NONE, RT, BE, IDLE };

#define PRIO(class_, level) ((class_) << 13 | (level))

static long set(int which, int who, int prio)
{
	return syscall(SYS_ioprio_set, which, who, prio);
}

static long get(int which, int who)
{
	return syscall(SYS_ioprio_get, which, who);
}

static void *thread(void *tid)
{
	*(int *)tid = gettid();
	return (void *)get(PROCESS, 0);
}

/* What a child does; its status is 0 when all was as it should be. */
static int child_status(int (*fn)(void))
{
	int status = -1;

	if (!fork())
		_exit(fn());
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int inherits(void)
{
	return get(PROCESS, 0) != PRIO(BE, 3);
}

static int no_root(void)
{
	if (setgid(1000) || setuid(1000))
		return 99;
	if (set(PROCESS, 0, PRIO(RT, 1)) != -1 || errno != EPERM)
		return 1;
	if (set(PROCESS, getppid(), PRIO(BE, 1)) != -1 || errno != EPERM)
		return 2;
	if (get(PROCESS, getppid()) != PRIO(BE, 3))
		return 3;
	if (set(PROCESS, 0, PRIO(IDLE, 0)) || get(PROCESS, 0) != PRIO(IDLE, 0))
		return 4;
	if (set(9, 0, PRIO(RT, 1)) != -1 || errno != EPERM)     /* before what it is for */
		return 5;
	return set(USER, 1000, PRIO(BE, 6)) || get(USER, 1000) != PRIO(BE, 6) ? 6 : 0;
}

static int of_a_group(void)
{
	int fds[2], other, bad;
	char c;

	if (setpgid(0, 0) || pipe(fds))
		return 1;
	other = fork();
	if (!other) {
		close(fds[1]);
		_exit(read(fds[0], &c, 1) != 0);
	}
	if (set(PGRP, 0, PRIO(BE, 5)) || get(PROCESS, other) != PRIO(BE, 5) || get(PROCESS, 0) != PRIO(BE, 5))
		return 2;
	if (set(PROCESS, other, PRIO(RT, 4)) || get(PGRP, getpid()) != PRIO(RT, 4))     /* the best */
		return 3;
	if (get(PROCESS, getppid()) != PRIO(BE, 3))
		return 4;
	close(fds[1]);
	wait(&bad);
	return bad;
}

int main(void)
{
	pthread_t t;
	void *seen;
	int tid, status;

	tap_limit(30);
	ok(get(PROCESS, 0) == PRIO(NONE, 0), "at first, none is set");
	ok(!set(PROCESS, 0, PRIO(BE, 3)) && get(PROCESS, 0) == PRIO(BE, 3), "best effort");
	ok(get(PROCESS, getpid()) == PRIO(BE, 3), "by number");
	ok(!child_status(inherits), "a child inherits it");
	ok(!pthread_create(&t, NULL, thread, &tid) && !pthread_join(t, &seen) && (long)seen == PRIO(BE, 3),
	   "a thread, too");
	ok(!set(PROCESS, 0, PRIO(RT, 7)) && get(PROCESS, 0) == PRIO(RT, 7), "real time, for root");
	ok(!set(PROCESS, 0, PRIO(IDLE, 7)) && get(PROCESS, 0) == PRIO(IDLE, 7), "idle");
	ok(!set(PROCESS, 0, PRIO(NONE, 0)) && get(PROCESS, 0) == PRIO(NONE, 0), "none again");
	ok(!set(PROCESS, 0, PRIO(BE, 0x1ff8)) && get(PROCESS, 0) == PRIO(BE, 0x1ff8), "hints are kept");
	set(PROCESS, 0, PRIO(BE, 3));
	fails(EINVAL, set(PROCESS, 0, PRIO(NONE, 1)));
	fails(EINVAL, set(PROCESS, 0, PRIO(4, 0)));
	fails(EINVAL, set(PROCESS, 0, PRIO(7, 0)));
	fails(EINVAL, set(PROCESS, 99999, -1));
	fails(ESRCH, set(PROCESS, 99999, PRIO(BE, 0)));
	fails(ESRCH, set(PROCESS, -1, PRIO(BE, 0)));
	fails(ESRCH, set(PGRP, 99999, PRIO(BE, 0)));
	fails(ESRCH, set(USER, 4711, PRIO(BE, 0)));
	fails(EINVAL, set(0, 0, PRIO(BE, 0)));
	fails(EINVAL, set(4, 0, PRIO(BE, 0)));
	fails(EINVAL, get(0, 0));
	fails(ESRCH, get(PROCESS, 99999));
	fails(ESRCH, get(PGRP, 99999));
	ok(get(PROCESS, 0) == PRIO(BE, 3), "what failed changed nothing");
	status = child_status(no_root);
	ok(!status, "who may set which (%d)", status);
	status = child_status(of_a_group);
	ok(!status, "a group's (%d)", status);
	return tap_done();
}
