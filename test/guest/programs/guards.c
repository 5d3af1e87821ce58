// SPDX-License-Identifier: MIT
/*
 * Guard pages, as madvise(2) of Linux 6.13 has them.
 */
#define _GNU_SOURCE
#include "catch.h"
#include "tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PG      4096UL
#define HUGE    (512 * PG)
#define RW      (PROT_READ | PROT_WRITE)
#define ANON    (MAP_PRIVATE | MAP_ANONYMOUS)
#define INSTALL 102
#define REMOVE  103

static char *area(size_t len)
{
	return mmap(NULL, len, RW, ANON, -1, 0);
}

static int reads(char *p)
{
	uint64_t v = 0;

	return touch(p, 0, &v) ? -1 : (int)v;
}

static int writes(char *p, uint64_t v)
{
	return touch(p, 1, &v);
}

/* One character a page: a guard, or what is there. */
static void is(char *p, const char *want)
{
	char got[32];
	int i;

	for (i = 0; want[i]; i++)
		got[i] = reads(p + i * PG) < 0 ? 'G' : '0' + (char)reads(p + i * PG);
	got[i] = 0;
	if (!ok(!strcmp(got, want), "%s", want))
		printf("# got %s\n", got);
}

static char *numbered(int pages)
{
	char *p = area(pages * PG);

	for (int i = 0; i < pages; i++)
		p[i * PG] = (char)(i + 1);
	return p;
}

static void kinds(void)
{
	char *p = area(4 * PG), *s = mmap(NULL, PG, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *f = mmap(NULL, PG, PROT_READ, MAP_PRIVATE, open("/proc/self/exe", O_RDONLY), 0);

	fails(EINVAL, madvise(p + 1, PG, INSTALL));
	fails(EINVAL, madvise(s, PG, INSTALL));
	fails(EINVAL, madvise(f, PG, INSTALL));
	fails(EINVAL, madvise(s, PG, REMOVE));
	fails(0, madvise(p, 0, INSTALL));
	mlock(p, PG);
	fails(EINVAL, madvise(p, PG, INSTALL));
	fails(0, madvise(p, PG, REMOVE));
	munlock(p, PG);
	fails(0, madvise(p, PG, INSTALL));
	fails(0, mprotect(p, PG, PROT_NONE));
	fails(0, madvise(p, 2 * PG, INSTALL));
	munmap(p + 2 * PG, PG);
	fails(ENOMEM, madvise(p + PG, 3 * PG, INSTALL));
	ok(reads(p + 3 * PG) < 0, "behind a hole too");
	munmap(p, 4 * PG);
	munmap(s, PG);
	munmap(f, PG);
}

static void stays(void)
{
	char *p = numbered(8), *q;
	int status, pipes[2];
	pid_t pid;

	is(p, "12345678");
	fails(0, madvise(p + 2 * PG, 2 * PG, INSTALL));
	is(p, "12GG5678");
	ok(writes(p + 2 * PG, 1) == SIGSEGV, "a write is SIGSEGV too");
	fails(0, madvise(p + 3 * PG, 2 * PG, INSTALL));
	is(p, "12GGG678");
	fails(0, madvise(p, 8 * PG, MADV_DONTNEED));
	is(p, "00GGG000");
	fails(0, madvise(p, 8 * PG, MADV_FREE));
	fails(0, madvise(p, 8 * PG, 20));
	fails(0, madvise(p, 8 * PG, 21));
	fails(0, madvise(p, 8 * PG, MADV_WILLNEED));
	is(p, "00GGG000");
	fails(0, mprotect(p + 2 * PG, PG, PROT_READ));
	fails(0, mprotect(p + 2 * PG, PG, RW));
	is(p, "00GGG000");
	fails(EFAULT, madvise(p, 8 * PG, 22));
	fails(EFAULT, madvise(p, 8 * PG, 23));
	fails(ENOMEM, mlock(p, 8 * PG));
	munlock(p, 8 * PG);
	pipe(pipes);
	fails(EFAULT, write(pipes[1], p + 2 * PG, 1));
	pid = fork();
	if (!pid)
		_exit(reads(p + PG) == 0 && reads(p + 2 * PG) < 0 && !madvise(p, 8 * PG, MADV_DONTNEED) &&
		      reads(p + 3 * PG) < 0 && !madvise(p, 8 * PG, REMOVE) && reads(p + 2 * PG) == 0 ? 0 : 1);
	waitpid(pid, &status, 0);
	ok(status == 0, "a child has them, and may remove its own");
	is(p, "00GGG000");
	q = mremap(p + 2 * PG, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, area(2 * PG));
	is(q, "GG");
	is(p + 4 * PG, "G000");
	p[5 * PG] = 7;
	fails(0, madvise(p + 4 * PG, 4 * PG, REMOVE));
	is(p + 4 * PG, "0700");
	munmap(q, 2 * PG);
	ok(mmap(q, 2 * PG, RW, ANON | MAP_FIXED, -1, 0) == q, "mapped anew");
	is(q, "00");
	madvise(p + 4 * PG, PG, MADV_WIPEONFORK);
	madvise(p + 4 * PG, PG, INSTALL);
	pid = fork();
	if (!pid)
		_exit(reads(p + 4 * PG) == 0 ? 0 : 1);
	waitpid(pid, &status, 0);
	ok(status == 0, "but MADV_WIPEONFORK wipes them");
	munmap(p + 4 * PG, 4 * PG);
	munmap(q, 2 * PG);
}

/* Tables and pages of 2 MiB, and tables that a child has too. */
static void large(void)
{
	char *p = area(4 * HUGE), *h = (char *)(((uintptr_t)p + HUGE - 1) & -HUGE);
	int status, bad = 0;
	pid_t pid;

	memset(h, 1, 2 * HUGE);
	fails(0, madvise(h + 5 * PG, PG, INSTALL));
	ok(reads(h + 5 * PG) < 0 && reads(h + 6 * PG) == 0x01010101 && reads(h + HUGE) == 0x01010101,
	   "one page of 2 MiB");
	fails(0, madvise(h + HUGE, HUGE, INSTALL));
	for (unsigned long i = 0; i < 512; i++)
		bad += reads(h + HUGE + i * PG) >= 0;
	ok(!bad, "a whole 2 MiB");
	pid = fork();
	if (!pid) {
		madvise(h, 2 * HUGE, MADV_DONTNEED);
		_exit(reads(h + 5 * PG) < 0 && reads(h + HUGE) < 0 && reads(h + 4 * PG) == 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "a child's MADV_DONTNEED keeps them");
	pid = fork();
	if (!pid)
		_exit(!madvise(h, 2 * HUGE, REMOVE) && reads(h + 5 * PG) == 0 && reads(h + HUGE) == 0 ? 0 : 1);
	waitpid(pid, &status, 0);
	ok(status == 0 && reads(h + 5 * PG) < 0, "a child's removing is its own");
	fails(0, madvise(h, 2 * HUGE, REMOVE));
	ok(reads(h + 5 * PG) == 0 && reads(h + HUGE) == 0 && reads(h + 6 * PG) == 0x01010101, "removed");
	ok(writes(h + HUGE, 3) == 0 && reads(h + HUGE) == 3, "and written");
	munmap(p, 4 * HUGE);
}

static volatile int stop;

static void *writer(void *at)
{
	while (!stop)
		for (int i = 0; i < 64; i++)
			writes((char *)at + i * PG, 5);
	return NULL;
}

static void races(void)
{
	char *p = area(64 * PG);
	int bad = 0;
	pthread_t th[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&th[i], NULL, writer, p);
	for (int round = 0; round < 200; round++) {
		bad += madvise(p, 64 * PG, INSTALL) != 0;
		madvise(p, 64 * PG, MADV_DONTNEED);
		for (int i = 0; i < 64; i++)
			bad += reads(p + i * PG) >= 0;
		madvise(p, 64 * PG, REMOVE);
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(th[i], NULL);
	ok(!bad, "installed while others write");
	munmap(p, 64 * PG);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	tap_limit(60);
	sigaction(SIGSEGV, &sa, NULL);
	kinds();
	stays();
	large();
	races();
	return tap_done();
}
