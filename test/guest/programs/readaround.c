// SPDX-License-Identifier: MIT
/*
 * readaround FILE: what lies around a touched page of a mapping is read with it while there is
 * plenty of memory; also what was read like this before, and went again, and nobody had used it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>

#include "tap.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE    4096UL
#define APART   32UL            /* pages from one that is touched to the next */
#define PLACES  8UL
#define PAGES   (APART * PLACES)
#define FIRST   10UL            /* in the middle of 16, wherever those begin */
#define NEAR    4UL

static volatile char *map;

/* How many pages within NEAR of those that are touched are in memory. */
static unsigned long cached(void)
{
	unsigned char in[PAGES];
	unsigned long n = 0;

	if (mincore((void *)map, PAGES * PAGE, in))
		exit(2);
	for (unsigned long i = FIRST; i < PAGES; i += APART)
		for (unsigned long near = i - NEAR; near <= i + NEAR; near++)
			n += in[near] & 1;
	return n;
}

static void touch(void)
{
	for (unsigned long i = FIRST; i < PAGES; i += APART)
		(void)map[i * PAGE];
}

/* Until as many are in memory as should be, or it has been given up. */
static int becomes(unsigned long want, int advice)
{
	for (int i = 0; i < 100 && cached() != want; i++) {
		usleep(20000);
		if (advice)
			madvise((void *)map, PAGES * PAGE, advice);
	}
	if (cached() != want)
		printf("# %lu of %lu\n", cached(), want);
	return cached() == want;
}

/* A file on the disk alone, and its mapping.  Not 0: there is none. */
static int fresh(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char page[PAGE];

	for (unsigned long i = 0; i < PAGES; i++) {
		memset(page, (int)i, PAGE);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			return -1;
	}
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	/* Aligned like the file: what is mapped together with a page is a piece of both. */
	map = mmap(NULL, 2 * PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map += -(unsigned long)map % (PAGES * PAGE);
	return mmap((void *)map, PAGES * PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED;
}

int main(int argc, char **argv)
{
	const unsigned long all = PLACES * (2 * NEAR + 1);

	tap_limit(60);
	if (argc < 2 || fresh(argv[1]))
		return 2;
	ok(becomes(0, 0), "nothing of the file is in memory");
	touch();
	ok(becomes(all, 0), "around each touched page %lu to both sides are read", NEAR);
	madvise((void *)map, PAGES * PAGE, MADV_DONTNEED);
	touch();                                /* maps what is cached around it too */
	ok(becomes(0, MADV_PAGEOUT), "they go again, and only one of each was used");
	touch();
	ok(becomes(all, 0), "and are read around it again");
	unlink(argv[1]);
	return tap_done();
}
