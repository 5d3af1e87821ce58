// SPDX-License-Identifier: MIT
/*
 * bench_swap: programs that need more memory than there is, for test/bench/swap.py.
 *
 *	sort MIB        records of 64 bytes, in an order that is random, sorted in place
 *	random MIB N    all of it is written, then N pages in random order, every second one anew
 *	tree DIR MIB    files of 256 KiB with lines of text, for grep
 *	cycle MIB N     the same pages written N times in order: each goes out and comes in
 *	out MIB         written, then paged out by advice: MB/s until the disk has it all
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE    4096UL
#define MIB     (1UL << 20)

struct record {
	uint64_t key;
	char rest[56];
};

static uint64_t state = 88172645463325252UL;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void *memory(unsigned long bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return p;
}

/* ---- sort ---- */

static void swap_records(struct record *a, struct record *b)
{
	struct record t = *a;

	*a = *b;
	*b = t;
}

/* Quicksort: each level goes over its part once, from both ends. */
static void sort_records(struct record *r, long nr)
{
	while (nr > 1) {
		uint64_t pivot = r[nr / 2].key;
		long i = 0, j = nr - 1;

		while (i <= j) {
			while (r[i].key < pivot)
				i++;
			while (r[j].key > pivot)
				j--;
			if (i <= j)
				swap_records(&r[i++], &r[j--]);
		}
		if (j + 1 < nr - i) {
			sort_records(r, j + 1);
			r += i;
			nr -= i;
		} else {
			sort_records(r + i, nr - i);
			nr = j + 1;
		}
	}
}

static int sort(unsigned long mib)
{
	long nr = mib * MIB / sizeof(struct record);
	struct record *r = memory(mib * MIB);

	for (long i = 0; i < nr; i++)
		r[i].key = random64();
	sort_records(r, nr);
	for (long i = 1; i < nr; i++)
		if (r[i - 1].key > r[i].key)
			return 1;
	return 0;
}

/* ---- pages ---- */

static int at_random(unsigned long mib, unsigned long n)
{
	unsigned long pages = mib * MIB / PAGE, wrong = 0;
	volatile uint64_t *p = memory(mib * MIB);

	for (unsigned long i = 0; i < pages; i++)
		p[i * PAGE / 8] = i + 1;
	while (n--) {
		unsigned long i = random64() % pages;

		wrong += p[i * PAGE / 8] != i + 1;
		if (n % 2)
			p[i * PAGE / 8 + 1] = n;
	}
	return wrong != 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static long vmstat(const char *name)
{
	char line[128];
	long v = -1;
	FILE *f = fopen("/proc/vmstat", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			v = atol(line + strlen(name) + 1);
	if (f)
		fclose(f);
	return v;
}

/* Seconds in which the hart had work: neither idle nor waiting for a disk. */
static double busy(void)
{
	double up;
	long idle, wait;
	FILE *f = fopen("/proc/uptime", "r"), *stat = fopen("/proc/stat", "r");

	if (!f || !stat || fscanf(f, "%lf", &up) != 1 ||
	    fscanf(stat, "cpu %*d %*d %*d %ld %ld", &idle, &wait) != 2)
		exit(2);
	fclose(f);
	fclose(stat);
	return up - (idle + wait) / 100.0;
}

static int cycle(unsigned long mib, unsigned long n)
{
	unsigned long pages = mib * MIB / PAGE;
	volatile uint64_t *p = memory(mib * MIB);
	long in = 0, gone = 0;
	double start = 0;

	for (unsigned long round = 0; round <= n; round++) {
		if (round == 1) {               /* the first one only makes the pages */
			in = vmstat("pswpin");
			gone = vmstat("pswpout");
			start = busy();
		}
		for (unsigned long i = 0; i < pages; i++)
			p[i * PAGE / 8]++;
	}
	printf("cycle %ld %ld %.2f\n", vmstat("pswpin") - in, vmstat("pswpout") - gone,
	       busy() - start);
	return 0;
}

static int out(unsigned long mib)
{
	long before = vmstat("pswpout"), pages;
	char *p = memory(mib * MIB);
	double start;

	memset(p, 1, mib * MIB);
	start = now();
	madvise(p, mib * MIB, MADV_PAGEOUT);
	while (vmstat("nr_writeback ") > 0)
		usleep(1000);
	pages = vmstat("pswpout") - before;
	printf("rate %.1f\n", pages * PAGE / 1e6 / (now() - start));
	return 0;
}

/* ---- files ---- */

#define FILE_SIZE       (256UL << 10)

static int tree(const char *dir, unsigned long mib)
{
	char *text = malloc(FILE_SIZE + 128), name[256];

	mkdir(dir, 0755);
	for (unsigned long n = 0; n < mib * MIB / FILE_SIZE; n++) {
		int fd;

		for (unsigned long at = 0; at < FILE_SIZE;)
			at += sprintf(text + at, "%016lx is a word of line %lu, which has a few\n",
				      (unsigned long)random64(), at);
		sprintf(name, "%s/%lu", dir, n / 64);
		mkdir(name, 0755);
		sprintf(name, "%s/%lu/%lu", dir, n / 64, n);
		fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (fd < 0 || write(fd, text, FILE_SIZE) != (long)FILE_SIZE)
			return 2;
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long mib = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	unsigned long n = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;

	if (mib && !strcmp(argv[1], "sort"))
		return sort(mib);
	if (n && !strcmp(argv[1], "random"))
		return at_random(mib, n);
	if (n && !strcmp(argv[1], "cycle"))
		return cycle(mib, n);
	if (mib && !strcmp(argv[1], "out"))
		return out(mib);
	if (n && !strcmp(argv[1], "tree"))
		return tree(argv[2], n);
	fprintf(stderr, "usage: bench_swap sort MIB | random MIB N | cycle MIB N | out MIB | tree DIR MIB\n");
	return 2;
}
