// SPDX-License-Identifier: MIT
/*
 * Large memory, in small pages and in large ones: fork trees with a stamp in every page,
 * parts unmapped, protected and given back, threads that write while others fork, and the
 * figures of /proc.
 *
 * usage: largefork tree|parts|snapshot|figures|swap MIB
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "tap.h"

#define PAGE    4096UL
#define PIECE   (2UL << 20)
#define MIB     (1UL << 20)

static char *map(size_t len, int advice)
{
	char *p = mmap(NULL, len + PIECE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	p = (char *)(((uintptr_t)p + PIECE - 1) & ~(PIECE - 1));
	madvise(p, len, advice);
	return p;
}

static uint64_t stamp_of(size_t i, unsigned gen)
{
	return i * 0x9e3779b97f4a7c15UL + gen;
}

static void stamp(char *p, size_t from, size_t to, unsigned gen)
{
	for (size_t i = from; i < to; i++)
		((volatile uint64_t *)(p + i * PAGE))[i % 512] = stamp_of(i, gen);
}

static size_t wrong(char *p, size_t from, size_t to, unsigned gen)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += ((volatile uint64_t *)(p + i * PAGE))[i % 512] != stamp_of(i, gen);
	return n;
}

static int reap(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- a tree: each child checks, writes its own half, forks again ---- */

static int branch(char *p, size_t pages, unsigned depth, unsigned gen)
{
	size_t half = pages / 2;
	pid_t pid[2];
	int good = 1;

	if (!depth)
		return !wrong(p, 0, pages, gen);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			size_t from = i ? half : 0;

			if (wrong(p, 0, pages, gen))
				_exit(1);
			stamp(p, from, from + half, gen + 1 + i);
			if (wrong(p, from, from + half, gen + 1 + i) ||
			    wrong(p, half - from, pages - from, gen))
				_exit(2);
			stamp(p, half - from, pages - from, gen + 1 + i);
			_exit(branch(p, pages, depth - 1, gen + 1 + i) ? 0 : 3);
		}
	}
	if (depth & 1) {                /* the parent writes while they live, or waits */
		stamp(p, 0, half / 2, gen + 7);
		good &= !wrong(p, half / 2, pages, gen) && !wrong(p, 0, half / 2, gen + 7);
	}
	good &= reap(pid[1]) & reap(pid[0]);
	return good && !wrong(p, half, pages, gen);
}

static void tree(size_t mib)
{
	size_t pages = mib * MIB / PAGE;
	char *small = map(mib * MIB, MADV_NOHUGEPAGE), *large = map(mib * MIB, MADV_HUGEPAGE);

	stamp(small, 0, pages, 1);
	ok(branch(small, pages, 2, 1), "a tree of 6 children, small pages: each sees its own");
	stamp(large, 0, pages, 2);
	ok(branch(large, pages, 2, 2), "a tree of 6 children, large pages: each sees its own");
	munmap(small, mib * MIB);
	munmap(large, mib * MIB);
}

/* ---- parts ---- */

static sigjmp_buf back;

static void on_segv(int sig)
{
	siglongjmp(back, sig);
}

static int writes(char *p)
{
	if (sigsetjmp(back, 1))
		return 0;
	*(volatile char *)p = *(volatile char *)p;
	return 1;
}

static int reads(char *p)
{
	if (sigsetjmp(back, 1))
		return 0;
	(void)*(volatile char *)p;
	return 1;
}

static void parts_of(char *p, size_t pages, const char *what)
{
	size_t a = 100, b = 700, end = pages;

	stamp(p, 0, pages, 1);
	ok(munmap(p + a * PAGE, 50 * PAGE) == 0 && !reads(p + (a + 20) * PAGE) &&
	   !wrong(p, 0, a, 1) && !wrong(p, a + 50, end, 1), "%s: a hole, the rest stays", what);
	ok(mprotect(p + b * PAGE, 30 * PAGE, PROT_READ) == 0 && !writes(p + (b + 3) * PAGE) &&
	   writes(p + (b + 30) * PAGE) && !wrong(p, a + 50, end, 1), "%s: a part read-only", what);
	ok(mprotect(p + b * PAGE, 30 * PAGE, PROT_NONE) == 0 && !reads(p + (b + 3) * PAGE),
	   "%s: a part with no access", what);
	ok(mprotect(p + b * PAGE, 30 * PAGE, PROT_READ | PROT_WRITE) == 0 &&
	   !wrong(p, b, b + 30, 1) && writes(p + b * PAGE), "%s: and back", what);
	ok(madvise(p + 1024 * PAGE, 600 * PAGE, MADV_DONTNEED) == 0 &&
	   p[1024 * PAGE + 1024 % 512 * 8] == 0 && !wrong(p, 1624, end, 1) &&
	   !wrong(p, 800, 1024, 1), "%s: a part given back is zero, the rest stays", what);
}

static void parts(size_t mib)
{
	size_t pages = mib * MIB / PAGE;

	signal(SIGSEGV, on_segv);
	for (int large = 0; large < 2; large++) {
		const char *size = large ? "large" : "small";
		char *p = map(mib * MIB, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		pid_t pid;

		stamp(p, 0, pages, 1);
		pid = fork();
		if (pid == 0) {
			int before = tap_failed;

			printf("# in a child that shares all\n");
			parts_of(p, pages, size);
			exit(tap_failed != before);
		}
		ok(reap(pid), "%s: all of that in a child that shares the memory", size);
		ok(!wrong(p, 0, pages, 1), "%s: and the parent's memory is as it was", size);
		parts_of(p, pages, size);
		munmap(p, mib * MIB);
	}
}

/* ---- a snapshot: while threads count in every page, a child's pages stand still ---- */

static volatile int stop;
static char *counters;
static size_t nr_counters;

static void *count(void *arg)
{
	for (size_t i = (size_t)arg; !stop; i = (i + 7) % nr_counters)
		((volatile uint64_t *)(counters + i * PAGE))[(size_t)arg]++;
	return NULL;
}

static int stands_still(void)
{
	uint64_t first = 0, again = 0;

	for (size_t i = 0; i < nr_counters; i++)
		for (size_t t = 0; t < 3; t++)
			first += ((volatile uint64_t *)(counters + i * PAGE))[t];
	for (size_t i = 0; i < nr_counters; i += 3)
		((volatile uint64_t *)(counters + i * PAGE))[9] = i;
	for (size_t i = 0; i < nr_counters; i++)
		for (size_t t = 0; t < 3; t++)
			again += ((volatile uint64_t *)(counters + i * PAGE))[t];
	return first == again;
}

static void snapshot(size_t mib)
{
	for (int large = 0; large < 2; large++) {
		pthread_t t[3];
		int good = 1;

		nr_counters = mib * MIB / PAGE;
		counters = map(mib * MIB, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		stamp(counters, 0, nr_counters, 0);
		stop = 0;
		for (size_t i = 0; i < 3; i++)
			pthread_create(&t[i], NULL, count, (void *)i);
		for (int round = 0; round < 15; round++) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(!stands_still());
			if (round & 1)
				madvise(counters + (round % 4) * 100 * PAGE, 50 * PAGE, MADV_COLD);
			good &= reap(pid);
		}
		stop = 1;
		for (size_t i = 0; i < 3; i++)
			pthread_join(t[i], NULL);
		for (size_t i = 0; i < nr_counters; i += 3)
			good &= ((volatile uint64_t *)(counters + i * PAGE))[9] != i || i % 512 == 9 || !i;
		ok(good, "15 children of a process whose threads write: %s pages stand still",
		   large ? "large" : "small");
		munmap(counters, mib * MIB);
	}
}

/* ---- figures ---- */

static long status_kib(const char *file, const char *key)
{
	FILE *f = fopen(file, "r");
	char line[256];
	long sum = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			sum += atol(line + strlen(key));
	if (f)
		fclose(f);
	return sum;
}

static long rss(void) { return status_kib("/proc/self/status", "VmRSS:"); }

static int close_to(long kib, long want)
{
	printf("# %ld KiB, wanted %ld\n", kib, want);
	return kib > want - 2200 && kib < want + 2200;
}

/* A kernel need not give large pages, but then it must not say so. */
static int large_kib_agree(int wanted)
{
	long own = status_kib("/proc/self/smaps", "AnonHugePages:");
	long all = status_kib("/proc/meminfo", "AnonHugePages:");

	printf("# AnonHugePages: %ld KiB of %ld\n", own, all);
	return own <= all && (wanted ? !own == !all : !own);
}

static int child_rss(char *p, size_t len, int how)
{
	pid_t pid = fork();

	if (pid == 0) {
		long before = rss();
		int good = how > 1 || close_to(before, len / 1024);

		if (how == 1) {
			munmap(p, len);
			good &= rss() < 2200;
		} else if (how == 2) {
			stamp(p, 0, len / PAGE / 2, 5);
			good &= close_to(rss(), len / 1024);
		}
		_exit(!good);
	}
	return reap(pid);
}

static void figures(size_t mib)
{
	size_t len = mib * MIB;

	for (int large = 0; large < 2; large++) {
		const char *size = large ? "large" : "small";
		char *p = map(len, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		long base = rss();

		stamp(p, 0, len / PAGE, 1);
		ok(close_to(rss() - base, len / 1024), "%s: VmRSS has what was touched", size);
		ok(child_rss(p, len, 0), "%s: and so has a child's", size);
		ok(child_rss(p, len, 1), "%s: the child unmaps all of it", size);
		ok(child_rss(p, len, 2), "%s: the child writes half of it", size);
		ok(close_to(rss() - base, len / 1024), "%s: the parent's is as before", size);
		ok(large_kib_agree(large), "%s: smaps and meminfo agree on what is large", size);
		munmap(p + len / 2, len / 2);
		ok(close_to(rss() - base, len / 2048), "%s: half unmapped, half left", size);
		munmap(p, len / 2);
		ok(close_to(rss() - base, 0), "%s: none left", size);
	}
	ok(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0 && prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1,
	   "PR_SET_THP_DISABLE");
	stamp(map(len, MADV_HUGEPAGE), 0, len / PAGE, 1);
	ok(status_kib("/proc/self/smaps", "AnonHugePages:") == 0, "and no large pages come then");
}

/* ---- more than there is memory, in a family: with swap ---- */

static void swapped(size_t mib)
{
	size_t pages = mib * MIB / PAGE;

	for (int large = 0; large < 2; large++) {
		char *p = map(mib * MIB, large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		pid_t pid[3];
		int good = 1;

		stamp(p, 0, pages, 1);
		for (int i = 0; i < 3; i++) {
			pid[i] = fork();
			if (pid[i] == 0) {
				size_t from = pages / 3 * i, to = from + pages / 3;

				stamp(p, from, to, 2 + i);
				_exit(wrong(p, from, to, 2 + i) || wrong(p, 0, from, 1) ||
				      wrong(p, to, pages, 1));
			}
		}
		for (int i = 0; i < 3; i++)
			good &= reap(pid[i]);
		ok(good && !wrong(p, 0, pages, 1), "%s pages of a family are right through swap",
		   large ? "large" : "small");
		munmap(p, mib * MIB);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(size_t mib);
	} parts_of_it[] = {
		{ "tree", tree }, { "parts", parts }, { "snapshot", snapshot },
		{ "figures", figures }, { "swap", swapped },
	};

	tap_limit(600);
	if (argc != 3)
		return 1;
	for (size_t i = 0; i < sizeof(parts_of_it) / sizeof(parts_of_it[0]); i++)
		if (!strcmp(argv[1], parts_of_it[i].name))
			parts_of_it[i].fn(strtoul(argv[2], NULL, 10));
	return tap_done();
}
