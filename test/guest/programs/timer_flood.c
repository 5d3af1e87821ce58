// SPDX-License-Identifier: MIT
/*
 * Hundreds of timers of a microsecond whose expirations nobody takes: they are counted, and the
 * machine has time for others.
 */
#include "tap.h"

#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

#define NR      300
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

int main(void)
{
	tap_limit(60);
	descriptors();
	return tap_done();
}
