// SPDX-License-Identifier: MIT
/*
 * tlbstamp: what one hart takes away is gone on all the others.
 *
 *      tlbstamp [seconds]
 *
 * A watcher on each hart has the translations of some stamped pages warm.  One
 * thread, which moves from hart to hart, takes the pages away; as soon as the
 * call has returned every watcher must fault, or find what is there instead.
 * Meanwhile watchers go on touching the pages, or sleep; and in every second
 * round another process takes turns with them, so that their hart may have left
 * this address space and must forget when it comes back.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "catch.h"
#include "tap.h"

#define PAGE            4096UL
#define PAGES_MAX       32              /* more than any kernel flushes one by one */
#define HARTS_MAX       64
#define AREA            ((char *)0x2000000000UL)
#define AWAY            ((char *)0x2100000000UL)

struct watcher {
	unsigned int hart;
	pthread_t thread;
	unsigned long wrong;            /* what it found in the last round that was not due */
};

/* One way to take pages away, and what is found there afterwards. */
struct way {
	const char *name;
	void (*take)(void);
	int writes;                     /* watchers write and do not read */
	int signal;                     /* due, or 0: */
	uint64_t (*due)(void);
	unsigned long rounds, wrong;
};

enum phase { REST, WARM, HOLD, LOOK, END };

static struct watcher watchers[HARTS_MAX];
static unsigned int nr_harts;

/* The round: written by the taker while all watchers are at rest. */
static const struct way *way;
static unsigned int nr_pages;
static int watchers_sleep;
static uint64_t stamp;
static int file;

static _Atomic uint32_t phase;          /* a futex */
static atomic_uint arrived;             /* watchers that have done what the phase asks */

static int run_on(unsigned int hart)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(hart, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* ---- watchers ---- */

/* A word of the watcher's own in each page, when it writes; the stamp is at its beginning. */
static char *word_of(const struct watcher *w, unsigned int page)
{
	return AREA + page * PAGE + (way->writes ? 64 + w->hart * 8 : 0);
}

static void warm(struct watcher *w)
{
	uint64_t value = stamp;

	for (unsigned int p = 0; p < nr_pages; p++)
		if (touch(word_of(w, p), way->writes, &value) || value != stamp)
			w->wrong++;
}

/* Until the taker is done: either answer is right. */
static void hold(const struct watcher *w)
{
	uint64_t value = stamp;

	if (watchers_sleep)
		syscall(SYS_futex, &phase, FUTEX_WAIT_PRIVATE, HOLD, NULL, NULL, 0);
	else
		for (unsigned int p = 0; atomic_load(&phase) == HOLD; p++)
			touch(word_of(w, p % nr_pages), way->writes, &value);
}

static void look(struct watcher *w)
{
	for (unsigned int p = 0; p < nr_pages; p++) {
		uint64_t value = stamp;
		int sig = touch(word_of(w, p), way->writes, &value);

		if (sig != way->signal || (!sig && value != way->due()))
			w->wrong++;
	}
}

static uint32_t await_other_than(uint32_t was)
{
	for (int spins = 0; atomic_load(&phase) == was; spins++)
		if (spins >= 1000)
			syscall(SYS_futex, &phase, FUTEX_WAIT_PRIVATE, was, NULL, NULL, 0);
	return atomic_load(&phase);
}

static void *watch(void *arg)
{
	struct watcher *w = arg;
	uint32_t now = REST;

	if (run_on(w->hart))
		w->wrong++;
	while ((now = await_other_than(now)) != END) {
		if (now == WARM)
			warm(w);
		if (now == LOOK)
			look(w);
		if (now != HOLD)
			atomic_fetch_add(&arrived, 1);
		while (now == HOLD && atomic_load(&phase) == HOLD)
			hold(w);
	}
	return NULL;
}

static void tell(enum phase next)
{
	atomic_store(&phase, next);
	syscall(SYS_futex, &phase, FUTEX_WAKE_PRIVATE, HARTS_MAX, NULL, NULL, 0);
}

static void tell_and_wait(enum phase next)
{
	atomic_store(&arrived, 0);
	tell(next);
	while (atomic_load(&arrived) < nr_harts)
		sched_yield();
}

/* ---- ways ---- */

static void must(int good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void map_area(char *at, int flags, int fd)
{
	must(mmap(at, nr_pages * PAGE, PROT_READ | PROT_WRITE, MAP_FIXED | flags, fd, 0) == at, "mmap");
}

static void put_stamps(char *at, uint64_t value)
{
	for (unsigned int p = 0; p < nr_pages; p++)
		*(volatile uint64_t *)(at + p * PAGE) = value;
}

static void take_munmap(void)
{
	must(munmap(AREA, nr_pages * PAGE) == 0, "munmap");
}

static void take_mprotect_none(void)
{
	must(mprotect(AREA, nr_pages * PAGE, PROT_NONE) == 0, "mprotect");
}

static void take_mprotect_read(void)
{
	must(mprotect(AREA, nr_pages * PAGE, PROT_READ) == 0, "mprotect");
}

static void take_dontneed(void)
{
	must(madvise(AREA, nr_pages * PAGE, MADV_DONTNEED) == 0, "madvise");
}

static void take_replace(void)
{
	map_area(AREA, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	put_stamps(AREA, stamp + 1);
}

/* Another area is moved over them. */
static void take_move_over(void)
{
	map_area(AWAY, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	put_stamps(AWAY, stamp + 1);
	must(mremap(AWAY, nr_pages * PAGE, nr_pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, AREA) == AREA,
	     "mremap");
}

static void take_move_away(void)
{
	must(mremap(AREA, nr_pages * PAGE, nr_pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, AWAY) == AWAY,
	     "mremap");
}

static void take_truncate(void)
{
	must(ftruncate(file, 0) == 0, "ftruncate");
}

/* While a child has the pages too, each write here gets a copy; the child keeps what was. */
static void take_copy(void)
{
	int status = -1, ends[2];
	pid_t child;
	char c = 0;

	must(pipe(ends) == 0, "pipe");
	child = fork();
	must(child >= 0, "fork");
	if (!child) {
		uint64_t wrong = read(ends[0], &c, 1) != 1;

		for (unsigned int p = 0; p < nr_pages; p++)
			wrong += *(volatile uint64_t *)(AREA + p * PAGE) != stamp;
		_exit(wrong != 0);
	}
	put_stamps(AREA, stamp + 1);
	must(write(ends[1], &c, 1) == 1, "write");
	must(waitpid(child, &status, 0) == child && status == 0, "the child's view");
	close(ends[0]);
	close(ends[1]);
}

static uint64_t due_zero(void) { return 0; }
static uint64_t due_next(void) { return stamp + 1; }

static struct way ways[] = {
	{ "munmap", take_munmap, 0, SIGSEGV, NULL, 0, 0 },
	{ "munmap of written pages", take_munmap, 1, SIGSEGV, NULL, 0, 0 },
	{ "mprotect to nothing", take_mprotect_none, 0, SIGSEGV, NULL, 0, 0 },
	{ "mprotect to read-only", take_mprotect_read, 1, SIGSEGV, NULL, 0, 0 },
	{ "MADV_DONTNEED", take_dontneed, 0, 0, due_zero, 0, 0 },
	{ "mmap over it", take_replace, 0, 0, due_next, 0, 0 },
	{ "mremap over it", take_move_over, 0, 0, due_next, 0, 0 },
	{ "mremap away", take_move_away, 0, SIGSEGV, NULL, 0, 0 },
	{ "ftruncate", take_truncate, 0, SIGBUS, NULL, 0, 0 },
	{ "copy-on-write", take_copy, 0, 0, due_next, 0, 0 },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* ---- the taker ---- */

static void one_round(struct way *of, unsigned int number)
{
	int cut = of->signal == SIGBUS;

	way = of;
	watchers_sleep = number & 1;
	nr_pages = number & 2 ? 1 : PAGES_MAX;
	stamp = number * 2UL + 2;
	must(run_on((number + number / 4) % nr_harts) == 0, "sched_setaffinity");
	if (cut)
		must(ftruncate(file, (off_t)(nr_pages * PAGE)) == 0, "ftruncate to grow");
	map_area(AREA, cut ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, cut ? file : -1);
	put_stamps(AREA, stamp);

	tell_and_wait(WARM);
	tell(HOLD);
	if (watchers_sleep)
		usleep(2000);
	of->take();
	tell_and_wait(LOOK);

	of->rounds++;
	for (unsigned int h = 0; h < nr_harts; h++) {
		of->wrong += watchers[h].wrong;
		watchers[h].wrong = 0;
	}
	munmap(AREA, PAGES_MAX * PAGE);
	munmap(AWAY, PAGES_MAX * PAGE);
}

/* A process of its own on @hart, which takes turns with the watcher there. */
static pid_t crowd(unsigned int hart)
{
	pid_t pid = fork();

	must(pid >= 0, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	run_on(hart);
	for (;;)
		sched_yield();
}

/* For so long, but at least so often: two, and watchers have touched the pages and slept. */
static void rounds_for(unsigned int seconds, unsigned int often, unsigned int *number)
{
	unsigned int least = *number + often * WAYS;
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (unsigned int i = 0; i < WAYS; i++)
			one_round(&ways[i], (*number)++ / WAYS);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (*number < least || now.tv_sec - start.tv_sec < (time_t)seconds);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 6, number = 0;
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	pid_t others[HARTS_MAX];

	nr_harts = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	if (nr_harts > HARTS_MAX)
		nr_harts = HARTS_MAX;
	tap_limit(seconds * 10 + 300);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	file = memfd_create("tlbstamp", 0);
	must(file >= 0, "memfd_create");
	for (unsigned int h = 0; h < nr_harts; h++) {
		watchers[h].hart = h;
		must(pthread_create(&watchers[h].thread, NULL, watch, &watchers[h]) == 0, "thread");
	}
	rounds_for(seconds / 2, 4, &number);
	for (unsigned int h = 0; h < nr_harts; h++)
		others[h] = crowd(h);
	rounds_for(seconds - seconds / 2, 2, &number);
	for (unsigned int h = 0; h < nr_harts; h++) {
		kill(others[h], SIGKILL);
		waitpid(others[h], NULL, 0);
	}
	tell(END);
	for (unsigned int h = 0; h < nr_harts; h++)
		pthread_join(watchers[h].thread, NULL);
	for (unsigned int i = 0; i < WAYS; i++)
		ok(ways[i].rounds && !ways[i].wrong, "%s: gone on each of %u harts, %lu times (%lu wrong)",
		   ways[i].name, nr_harts, ways[i].rounds, ways[i].wrong);
	return tap_done();
}
