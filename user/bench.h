// SPDX-License-Identifier: MIT
/*
 * What the benchmark's programs measure with: the clock, memory, and a file that is cached.
 */
#ifndef USER_BENCH_H
#define USER_BENCH_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE    4096UL
#define NPAGES  512UL
#define SIZE    (NPAGES * PAGE)

/* From any process: what stdio holds is its parent's. */
static inline void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static inline uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static inline char *map(size_t len, int prot, int flags, int fd)
{
	char *p = mmap(NULL, len, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* Pages of 4 KiB, whatever the kernel would choose. */
static inline char *map_anon(size_t len)
{
	char *p = map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

static inline void unmap(char *p, size_t len)
{
	if (munmap(p, len) != 0)
		die("munmap");
}

static inline void write_pages(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)p)[i * PAGE] = 1;
}

static inline void read_pages(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)((volatile char *)p)[i * PAGE];
}

/* A file of SIZE bytes at @path, open, whose pages are in memory and on the disk. */
static inline int data_file(const char *path)
{
	static char buf[65536];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		die(path);
	memset(buf, 'x', sizeof(buf));
	for (size_t done = 0; done < SIZE; done += sizeof(buf))
		if (write(fd, buf, sizeof(buf)) != (ssize_t)sizeof(buf))
			die("write");
	fsync(fd);
	return fd;
}

#endif
