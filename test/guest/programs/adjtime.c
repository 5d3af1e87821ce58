// SPDX-License-Identifier: MIT
/*
 * adjtimex(2), clock_adjtime(2) and adjtime(3): how well the time is kept, by nobody.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>

static struct timex tx;

static struct timex *ask(unsigned int modes)
{
	memset(&tx, 0, sizeof(tx));
	tx.modes = modes;
	return &tx;
}

static int no_root(void)
{
	if (setgid(1000) || setuid(1000))
		return 99;
	if (adjtimex(ask(0)) != TIME_ERROR)
		return 1;
	if (adjtimex(ask(ADJ_FREQUENCY)) != -1 || errno != EPERM)
		return 2;
	if (adjtimex(ask(ADJ_OFFSET_SINGLESHOT)) != -1 || errno != EPERM)
		return 3;
	return adjtimex(ask(ADJ_OFFSET_SS_READ)) != TIME_ERROR ? 4 : 0;
}

int main(void)
{
	struct timespec cpu;
	struct timeval now, left;
	int status;

	tap_limit(30);
	ok(adjtimex(ask(0)) == TIME_ERROR && (tx.status & STA_UNSYNC), "nothing keeps the time");
	gettimeofday(&now, NULL);
	ok(now.tv_sec - tx.time.tv_sec <= 1 && tx.time.tv_usec >= 0 && tx.time.tv_usec < 1000000, "which it is");
	ok(tx.maxerror == 16000000 && tx.esterror == 16000000 && tx.tolerance == 500 << 16 && tx.tick == 10000 &&
	   tx.precision == 1 && tx.constant == 2, "and how it would be kept");
	ok(!tx.offset && !tx.freq && !tx.modes && !tx.shift && !tx.ppsfreq && !tx.tai, "it is not adjusted");
	ok(clock_adjtime(CLOCK_REALTIME, ask(0)) == TIME_ERROR && tx.tick == 10000, "by the name of the clock");
	ok(!adjtime(NULL, &left) && !left.tv_sec && !left.tv_usec, "adjtime has nothing left to do");
	fails(EFAULT, syscall(SYS_adjtimex, 8));
	fails(EFAULT, syscall(SYS_clock_adjtime, 99, 8));
	fails(EINVAL, clock_adjtime(99, ask(0)));
	fails(EOPNOTSUPP, clock_adjtime(CLOCK_MONOTONIC, ask(0)));
	fails(EOPNOTSUPP, clock_adjtime(CLOCK_THREAD_CPUTIME_ID, ask(0)));
	fails(EOPNOTSUPP, clock_adjtime(CLOCK_TAI, ask(0)));
	fails(EOPNOTSUPP, clock_adjtime(-6, ask(0)));           /* one's CPU time */
	fails(EINVAL, clock_adjtime((clockid_t)(~1000U << 3 | 3), ask(0))); /* a descriptor's */
	ok(!clock_getres(-6, &cpu), "(there is that clock)");
	if (!fork())
		_exit(no_root());
	wait(&status);
	ok(!status, "anybody may read, and not write (%#x)", status);
	return tap_done();
}
