// SPDX-License-Identifier: MIT
/*
 * Hundreds of timers of a microsecond whose expirations nobody takes: they are counted, and the
 * machine has time for others.
 */
#include "tap.h"

#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#define NR      300
#define CHILDREN 100
#define US      1000L

static const struct itimerspec often = { { 0, US }, { 0, US } };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Twenty sleeps of 10 ms; how long they took. */
static double twenty_sleeps(void)
{
	struct timespec ms = { 0, 10000 * US };
	double start = seconds();

	for (int i = 0; i < 20; i++)
		nanosleep(&ms, NULL);
	return seconds() - start;
}

static void descriptors(void)
{
	double start = seconds(), took;
	int fds[NR], low = 0;
	uint64_t ticks;

	for (int i = 0; i < NR; i++) {
		fds[i] = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
		timerfd_settime(fds[i], 0, &often, NULL);
	}
	took = twenty_sleeps();
	printf("# %.3f s\n", took);
	ok(took < 3, "beside 300 timerfds twenty sleeps of 10 ms take no seconds");
	for (int i = 0; i < NR; i++) {
		ticks = 0;
		if (read(fds[i], &ticks, sizeof(ticks)) != sizeof(ticks) || ticks < 200000 ||
		    (double)ticks > (seconds() - start) * 1e6 + 10)
			low++;
		close(fds[i]);
	}
	ok(!low, "each has counted its expirations");
}

static void signals(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct timespec none = { 0, 0 };
	timer_t timers[NR];
	int made = 0, low = 0, taken = 0;
	siginfo_t info;
	sigset_t set;
	double took;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	while (made < NR && timer_create(CLOCK_MONOTONIC, &ev, &timers[made]) == 0)
		timer_settime(timers[made++], 0, &often, NULL);
	ok(made == NR, "300 timers that send a signal, which is blocked");
	took = twenty_sleeps();
	printf("# %.3f s\n", took);
	ok(took < 3, "beside them the sleeps take no seconds either");
	for (int i = 0; i < NR; i++) {
		if (sigtimedwait(&set, &info, &none) != SIGRTMIN)
			break;
		taken++;
		low += info.si_overrun < 100000;
	}
	printf("# %d taken, %d with few overruns\n", taken, low);
	ok(taken == NR && !low, "a signal waits of each, and its overruns are counted");
	for (int i = 0; i < made; i++)
		timer_delete(timers[i]);
}

static void processes(void)
{
	struct itimerval every = { { 0, 1 }, { 0, 1 } };
	pid_t children[CHILDREN];
	sigset_t set;
	double took;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			setitimer(ITIMER_REAL, &every, NULL);
			pause();
			_exit(1);
		}
	}
	took = twenty_sleeps();
	printf("# %.3f s\n", took);
	ok(took < 3, "nor beside 100 processes with an interval timer and SIGALRM blocked");
	for (int i = 0; i < CHILDREN; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
}

/* A signal waits from 20 ms on and is taken after 110; the timer keeps its beat. */
static void beat(void)
{
	struct itimerval every = { { 0, 20000 }, { 0, 20000 } }, left, never = { { 0 } };
	struct timespec wait = { 0, 110000 * US }, more = { 1, 0 };
	double start = seconds();
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	setitimer(ITIMER_REAL, &every, NULL);
	nanosleep(&wait, NULL);
	getitimer(ITIMER_REAL, &left);
	ok(left.it_value.tv_usec <= 20000 && left.it_interval.tv_usec == 20000,
	   "a timer whose signal waits shows what is left of its interval");
	ok(sigtimedwait(&set, NULL, &more) == SIGALRM && sigtimedwait(&set, NULL, &more) == SIGALRM,
	   "the signal is taken, and the next one comes");
	start = seconds() - start;
	printf("# %.3f s\n", start);
	ok(start > 0.119 && start < 0.9, "at a multiple of the interval");
	setitimer(ITIMER_REAL, &never, NULL);
}

int main(void)
{
	tap_limit(60);
	descriptors();
	signals();
	processes();
	beat();
	return tap_done();
}
