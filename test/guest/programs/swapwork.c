// SPDX-License-Identifier: MIT
/*
 * swapwork: memory goes to swap and comes back, on a disk on which some request fails.
 *
 * Two processes, one with memory of its own and one with a memfd, which it maps and reads.
 * A page that cannot be had back is SIGBUS where it is touched and EIO where it is read; its
 * place is made anew and the work goes on.  A page that came back has its stamp:
 *
 *	told N          touches and reads that said so
 *	end             it did not hang
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tap.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE    4096L
#define PAGES   384L
#define ROUNDS  2L

static sigjmp_buf back;
static int told, bad, fd = -1;
static char *mem;
static uint64_t state = 1;

static void on_bus(int sig)
{
	siglongjmp(back, 1);
}

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void stamp(long n, uint64_t round)
{
	uint64_t *p = (uint64_t *)(mem + n * PAGE);

	p[0] = p[PAGE / 8 - 1] = round << 32 | n;
}

/* The page is lost: a new one in its place. */
static void replace(long n, uint64_t round)
{
	told++;
	if (fd < 0)
		mmap(mem + n * PAGE, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	else
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, n * PAGE, PAGE);
	stamp(n, round);
}

static void try_stamp(long n, uint64_t round)
{
	if (sigsetjmp(back, 1))
		replace(n, round);
	else
		stamp(n, round);
}

static void compare(long n, uint64_t want, uint64_t got)
{
	if (got == want)
		return;
	printf("BAD page %ld: %#lx instead of %#lx\n", n, (long)got, (long)want);
	bad++;
}

static void check_by_read(long n, uint64_t round)
{
	uint64_t got;

	if (pread(fd, &got, 8, n * PAGE) == 8) {
		compare(n, round << 32 | n, got);
		return;
	}
	bad += errno != EIO;
	replace(n, round);
}

static void check(long n, uint64_t round)
{
	volatile uint64_t *p = (uint64_t *)(mem + n * PAGE);

	if (fd >= 0 && n % 2) {
		check_by_read(n, round);
		return;
	}
	if (sigsetjmp(back, 1)) {
		replace(n, round);
		return;
	}
	compare(n, round << 32 | n, p[0]);
	compare(n, round << 32 | n, p[PAGE / 8 - 1]);
}

static int work(int shared)
{
	if (shared) {
		fd = memfd_create("swapwork", 0);
		if (fd < 0 || ftruncate(fd, PAGES * PAGE))
			return 2;
	}
	mem = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		   shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, fd, 0);
	if (mem == MAP_FAILED)
		return 2;
	madvise(mem, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (long round = 1; round <= ROUNDS; round++) {
		for (long n = 0; n < PAGES; n++)
			try_stamp(n, round);
		madvise(mem, PAGES * PAGE, MADV_PAGEOUT);
		for (long i = 0; i < PAGES / 2; i++)
			check((long)(random64() % PAGES), round);
		for (long n = 0; n < PAGES; n++)
			check(n, round);
		madvise(mem, PAGES * PAGE, MADV_PAGEOUT);
	}
	printf("told %d\n", told);
	fflush(stdout);
	return bad != 0;
}

int main(void)
{
	int failed = 0, status;

	signal(SIGBUS, on_bus);
	for (int shared = 0; shared < 2; shared++)
		if (!fork())
			_exit(work(shared));
	while (wait(&status) > 0)
		if (status) {
			printf("BAD status %#x\n", status);
			failed = 1;
		}
	printf("end\n");
	return failed;
}
