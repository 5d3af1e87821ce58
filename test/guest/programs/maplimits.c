// SPDX-License-Identifier: MIT
/*
 * The limits of an address space: how many areas, how low, how much reserved.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define PG      4096UL
#define ANON    (MAP_PRIVATE | MAP_ANONYMOUS)
#define GIB     (1UL << 30)

static unsigned long setting(const char *name)
{
	char path[64], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return ~0UL;
	close(fd);
	return strtoul(text, NULL, 0);
}

static unsigned int areas(void)
{
	static char buf[1 << 16];
	unsigned int nr = 0;
	ssize_t n;
	int fd = open("/proc/self/maps", O_RDONLY);

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			nr += buf[i] == '\n';
	close(fd);
	return nr;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Every second page has another protection: as many areas as pages. */
static void many(void)
{
	unsigned long max = setting("max_map_count"), made = 0;
	unsigned int start = areas();
	char *p = mmap(NULL, 2 * max * PG, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	double t = seconds(), filled;

	ok(max == 65530, "max_map_count is 65530");
	while (made < max && mprotect(p + (2 * made + 1) * PG, PG, PROT_READ | PROT_WRITE) == 0)
		made++;
	ok(errno == ENOMEM, "then there is no more: ENOMEM");
	filled = seconds() - t;
	ok(areas() >= max - 3 && areas() <= max + 1, "the limit is the limit: %lu, %u at first, %u",
	   max, start, areas());
	fails(ENOMEM, mprotect(p + (2 * max - 1) * PG, PG, PROT_READ));
	fails(ENOMEM, munmap(p + (2 * max - 2) * PG, PG));
	for (unsigned long i = 0; i < made; i += 1000)
		p[(2 * i + 1) * PG] = i / 1000;
	int same = 1;
	for (unsigned long i = 0; i < made; i += 1000)
		same &= p[(2 * i + 1) * PG] == (char)(i / 1000);
	ok(same, "each is usable");
	printf("# %lu areas in %.1f s\n", made, filled);
	ok(filled < 60, "and they were made in a time that does not grow with its square");

	int status;
	if (fork() == 0) {
		for (unsigned long i = 0; i < made; i += 1000)
			if (p[(2 * i + 1) * PG] != (char)(i / 1000))
				_exit(1);
		_exit(0);
	}
	wait(&status);
	ok(status == 0, "a child has them all");
	fails(0, mprotect(p, 2 * max * PG, PROT_READ));
	fails(0, munmap(p, 2 * max * PG));
}

static void low(void)
{
	unsigned long least = setting("mmap_min_addr");
	void *p;
	int status;

	ok(least == 4096, "mmap_min_addr is 4096 (%lu)", least);
	p = mmap((void *)PG, PG, PROT_READ, ANON | MAP_FIXED, -1, 0);
	ok(p == (void *)PG, "the second page can be mapped");
	munmap(p, PG);
	p = mmap((void *)1, PG, PROT_READ, ANON, -1, 0);
	ok(p != MAP_FAILED && p != NULL, "a hint that is too low is only a hint");
	printf("# %p\n", p);
	if (fork() == 0) {
		if (setresuid(65534, 65534, 65534))
			_exit(2);
		p = mmap(NULL, PG, PROT_READ, ANON | MAP_FIXED, -1, 0);
		if (p != MAP_FAILED || errno != EPERM)
			_exit(1);
		p = mmap((void *)PG, PG, PROT_READ, ANON | MAP_FIXED_NOREPLACE, -1, 0);
		_exit(p == (void *)PG ? 0 : 3);
	}
	wait(&status);
	ok(status == 0, "page 0 is not for everybody: EPERM (%x)", status);
	p = mmap(NULL, PG, PROT_READ, ANON | MAP_FIXED, -1, 0);
	ok(p == NULL, "but for root");
	munmap(p, PG);
}

static void reserved(void)
{
	char *p = mmap(NULL, 100 * GIB, PROT_NONE, ANON | MAP_NORESERVE, -1, 0), *q;
	double t = seconds();
	int same = 1;

	ok(p != MAP_FAILED, "100 GiB can be reserved");
	for (unsigned long i = 0; i < 100; i++) {
		mprotect(p + i * GIB, PG, PROT_READ | PROT_WRITE);
		p[i * GIB + 5] = i;
	}
	for (unsigned long i = 0; i < 100; i++)
		same &= p[i * GIB + 5] == (char)i;
	ok(same, "and a page of each GiB used");
	fails(0, madvise(p, 100 * GIB, MADV_DONTNEED));
	ok(p[5] == 0 && p[99 * GIB + 5] == 0, "and given back");
	q = mmap(NULL, 100 * GIB, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
	ok(q != MAP_FAILED, "again");
	fails(ENOMEM, (long)mmap(NULL, 100 * GIB, PROT_NONE, ANON | MAP_NORESERVE, -1, 0));
	fails(ENOMEM, (long)mmap(NULL, 1024 * GIB, PROT_NONE, ANON | MAP_NORESERVE, -1, 0));
	fails(ENOMEM, (long)mmap(NULL, 200 * GIB, PROT_READ | PROT_WRITE, ANON, -1, 0));
	fails(0, munmap(p, 100 * GIB));
	fails(0, munmap(q, 100 * GIB));
	ok(seconds() - t < 20, "in little time");
}

int main(void)
{
	tap_limit(300);
	low();
	reserved();
	many();
	return tap_done();
}
