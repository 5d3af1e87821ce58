// SPDX-License-Identifier: MIT
/*
 * A file's page that the cache is told to drop, while others map it: whoever
 * has it mapped afterwards sees what is written to the file then.
 *
 *	dropped DIR [SECONDS]
 *
 * Each round begins with all pages cached, clean and mapped nowhere.  One thread
 * drops them and two others touch them through mappings of their own; then all
 * stand still, the file is written anew, and each mapping must show that.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE    4096
#define PAGES   64
#define AREAS   8               /* mappings of each who touches */
#define TOUCHERS 2

static pthread_barrier_t begin, end;
static unsigned char *areas[TOUCHERS][AREAS];
static volatile int over;
static int fd;

static void touch(unsigned char *area)
{
	for (int i = 0; i < PAGES; i += 16)
		(void)*(volatile unsigned char *)(area + i * PAGE);
}

static void *toucher(void *arg)
{
	unsigned char **mine = arg;

	for (;;) {
		pthread_barrier_wait(&begin);
		if (over)
			return NULL;
		for (int i = 0; i < AREAS; i++)
			touch(mine[i]);
		pthread_barrier_wait(&end);
	}
}

static void *dropper(void *arg)
{
	(void)arg;
	for (;;) {
		pthread_barrier_wait(&begin);
		if (over)
			return NULL;
		for (int i = 0; i < 4; i++)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		pthread_barrier_wait(&end);
	}
}

/* All of it written, on the disk, cached, and mapped by nobody. */
static void fill(int byte)
{
	static char page[PAGE];

	memset(page, byte, PAGE);
	for (int i = 0; i < PAGES; i++)
		if (pwrite(fd, page, PAGE, (off_t)i * PAGE) != PAGE)
			perror("pwrite");
}

static void settle(void)
{
	if (fdatasync(fd))
		perror("fdatasync");
	for (int t = 0; t < TOUCHERS; t++)
		for (int i = 0; i < AREAS; i++)
			madvise(areas[t][i], PAGES * PAGE, MADV_DONTNEED);
}

static unsigned long stale(int byte)
{
	unsigned long n = 0;

	for (int t = 0; t < TOUCHERS; t++)
		for (int i = 0; i < AREAS; i++)
			for (int p = 0; p < PAGES; p++)
				n += *(volatile unsigned char *)(areas[t][i] + p * PAGE) != byte;
	return n;
}

int main(int argc, char **argv)
{
	time_t last = time(NULL) + (argc > 2 ? atoi(argv[2]) : 4);
	unsigned long rounds = 0, bad = 0;
	pthread_t ids[TOUCHERS + 1];
	char name[64];

	tap_limit(120);
	snprintf(name, sizeof(name), "%s/dropped.data", argc > 1 ? argv[1] : "/root");
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	fill(0);
	for (int t = 0; t < TOUCHERS; t++)
		for (int i = 0; i < AREAS; i++)
			areas[t][i] = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	pthread_barrier_init(&begin, NULL, TOUCHERS + 2);
	pthread_barrier_init(&end, NULL, TOUCHERS + 2);
	pthread_create(&ids[TOUCHERS], NULL, dropper, NULL);
	for (int t = 0; t < TOUCHERS; t++)
		pthread_create(&ids[t], NULL, toucher, areas[t]);

	while (time(NULL) < last) {
		settle();
		pthread_barrier_wait(&begin);
		pthread_barrier_wait(&end);
		fill((int)(++rounds & 0xff));
		bad += stale((int)(rounds & 0xff));
	}
	over = 1;
	pthread_barrier_wait(&begin);
	for (int t = 0; t <= TOUCHERS; t++)
		pthread_join(ids[t], NULL);
	if (!ok(!bad && rounds, "what is written to a file is seen where pages were mapped while they were dropped"))
		printf("# %lu stale pages in %lu rounds\n", bad, rounds);
	unlink(name);
	return tap_done();
}
