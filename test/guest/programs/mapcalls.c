// SPDX-License-Identifier: MIT
/*
 * mmap, munmap, mprotect, mremap, msync, mincore, mlock, madvise and brk: each flag and each errno.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PG      4096UL
#define ANON    (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW      (PROT_READ | PROT_WRITE)
#define NOWHERE ((void *)0x7000000000)  /* above what a program may have */

static sigjmp_buf back;
static volatile int got_sig, got_code;

static void on_signal(int sig, siginfo_t *si, void *uc)
{
	got_sig = sig;
	got_code = si->si_code;
	siglongjmp(back, 1);
}

/* 0, or the signal of reading, or writing, at @p. */
static int touch(volatile char *p, int write)
{
	got_sig = 0;
	if (!sigsetjmp(back, 1)) {
		if (write)
			*p = 1;
		else
			(void)*p;
	}
	return got_sig;
}

static char *map(size_t pages, int prot, int flags, int fd)
{
	return mmap(NULL, pages * PG, prot, flags, fd, 0);
}

/* @pages mapped, with nothing around them. */
static char *alone(size_t pages, int prot)
{
	static char *next = (char *)0x1000000000;

	next += 256 * PG;
	return mmap(next, pages * PG, prot, ANON | MAP_FIXED_NOREPLACE, -1, 0);
}

static long m(void *a, size_t len, int prot, int flags, int fd, long off)
{
	return (long)syscall(SYS_mmap, a, len, prot, flags, fd, off);
}

static void mapping(void)
{
	char *p = alone(4, RW), *q;

	fails(EINVAL, m(NULL, 0, RW, ANON, -1, 0));
	fails(EINVAL, m(NULL, PG, RW, MAP_ANONYMOUS, -1, 0));
	fails(EINVAL, m(NULL, PG, RW, ANON, -1, 1));
	fails(EINVAL, m(p + 1, PG, RW, ANON | MAP_FIXED, -1, 0));
	fails(ENOMEM, m(NULL, -PG, RW, ANON, -1, 0));
	fails(ENOMEM, m(NULL, -1UL, RW, ANON, -1, 0));
	fails(ENOMEM, m(NOWHERE, PG, RW, ANON | MAP_FIXED, -1, 0));
	ok(m(NOWHERE, PG, RW, ANON, -1, 0) > 0, "a hint that cannot be");
	fails(EBADF, m(NULL, PG, RW, MAP_PRIVATE, -1, 0));
	fails(EBADF, m(NULL, PG, RW, MAP_PRIVATE, 999, 0));
	ok(m(NULL, PG, RW, ANON, 999, 0) > 0, "a descriptor is of no interest to MAP_ANONYMOUS");
	fails(EEXIST, m(p, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	fails(EEXIST, m(p - PG, 2 * PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0));
	ok(m(p + 4 * PG, PG, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == (long)(p + 4 * PG), "where nothing is");
	munmap(p + 4 * PG, PG);
	p[0] = 'a';
	ok(m(p, PG, RW, ANON | MAP_FIXED, -1, 0) == (long)p && p[0] == 0, "MAP_FIXED replaces");
	q = (char *)m(p, PG, RW, ANON, -1, 0);
	ok(q > (char *)0 && q != p, "a hint where something is, is not taken");
	munmap(q, PG);
	q = (char *)m(p + 123, PG, RW, ANON | MAP_NORESERVE | MAP_STACK, -1, 0);
	ok(!((unsigned long)q % PG), "a hint is rounded");
	munmap(q, PG);
	q = (char *)m(NULL, PG, RW, ANON | MAP_POPULATE, -1, 0);
	unsigned char vec = 0;
	mincore(q, PG, &vec);
	ok(vec & 1, "MAP_POPULATE");
	munmap(q, PG);
	q = (char *)m(NULL, 1, PROT_WRITE, ANON, -1, 0);
	ok(touch(q + PG - 1, 1) == 0 && touch(q, 0) == 0, "a byte is a page, and what can be written can be read");
	munmap(q, 1);
	q = (char *)m(NULL, PG, PROT_EXEC, ANON, -1, 0);
	ok(touch(q, 1) == SIGSEGV && got_code == SEGV_ACCERR, "PROT_EXEC alone is not written");
	munmap(q, PG);
	ok(touch(q, 0) == SIGSEGV && got_code == SEGV_MAPERR, "nothing there: SEGV_MAPERR");
	munmap(p, 4 * PG);
}

static void files(void)
{
	int rw = open("/root/mapcalls", O_RDWR | O_CREAT | O_TRUNC, 0600), ro = open("/root/mapcalls", O_RDONLY),
	    wo = open("/root/mapcalls", O_WRONLY), dir = open("/root", O_RDONLY | O_DIRECTORY),
	    path = open("/root/mapcalls", O_PATH), null = open("/dev/null", O_RDWR),
	    zero = open("/dev/zero", O_RDWR), to[2];
	char *p, *q;

	if (pipe(to) || ftruncate(rw, PG + 100))
		exit(2);
	fails(EACCES, m(NULL, PG, RW, MAP_SHARED, ro, 0));
	ok(m(NULL, PG, RW, MAP_PRIVATE, ro, 0) > 0, "private, of a file that is only read");
	fails(EACCES, m(NULL, PG, PROT_READ, MAP_SHARED, wo, 0));
	fails(EACCES, m(NULL, PG, PROT_READ, MAP_PRIVATE, wo, 0));
	fails(EACCES, m(NULL, PG, PROT_NONE, MAP_PRIVATE, wo, 0));
	fails(EBADF, m(NULL, PG, PROT_READ, MAP_PRIVATE, path, 0));
	fails(ENODEV, m(NULL, PG, PROT_READ, MAP_PRIVATE, dir, 0));
	fails(ENODEV, m(NULL, PG, PROT_READ, MAP_PRIVATE, null, 0));
	fails(ENODEV, m(NULL, PG, PROT_READ, MAP_PRIVATE, to[0], 0));
	fails(EINVAL, m(NULL, PG, PROT_READ, 0, rw, 0));
	fails(EINVAL, m(NULL, PG, PROT_READ, MAP_PRIVATE, rw, 100));
	fails(EOVERFLOW, m(NULL, 2 * PG, PROT_READ, MAP_PRIVATE, rw, -(long)PG));
	fails(EINVAL, m(NULL, 0, PROT_READ, MAP_PRIVATE, rw, 0));
	fails(EOPNOTSUPP, m(NULL, PG, RW, MAP_SHARED_VALIDATE | MAP_SYNC, rw, 0));
	fails(EOPNOTSUPP, m(NULL, PG, RW, MAP_SHARED_VALIDATE | (1 << 25), rw, 0));
	ok(m(NULL, PG, RW, MAP_SHARED | (1 << 25), rw, 0) > 0, "MAP_SHARED lets unknown flags pass");
	p = (char *)m(NULL, 3 * PG, RW, MAP_SHARED_VALIDATE, rw, 0);
	ok(touch(p + PG + 99, 1) == 0 && touch(p + 2 * PG - 1, 1) == 0, "the rest of the last page is there");
	ok(touch(p + 2 * PG, 0) == SIGBUS && got_code == BUS_ADRERR, "past the end of the file: SIGBUS");
	q = (char *)m(NULL, 2 * PG, PROT_READ, MAP_PRIVATE, ro, 0);
	char c = 9;
	ok(pwrite(rw, "x", 1, 3 * PG) == 1 && pread(rw, &c, 1, 2 * PG - 1) == 1 && c == 0,
	   "what was written behind the end is not the file's when that grows");
	p[5] = 'p';
	ok(q[5] == 'p', "private and untouched, it shows what is written");
	fails(EACCES, mprotect(m(NULL, PG, PROT_READ, MAP_SHARED, ro, 0) + (char *)0, PG, RW));
	ok(mprotect(q, PG, RW) == 0 && (q[6] = 'q') && p[6] == 0, "a private one may be made writable");
	p = (char *)m(NULL, PG, RW, MAP_PRIVATE, zero, 0);
	ok(p[0] == 0 && touch(p, 1) == 0, "/dev/zero");
	p = (char *)m(NULL, PG, RW, MAP_SHARED, zero, 0);
	if (fork() == 0) {
		p[0] = 'z';
		_exit(0);
	}
	wait(NULL);
	ok(p[0] == 'z', "/dev/zero, shared with a child");
	close(rw), close(ro), close(wo), close(dir), close(path), close(null), close(zero);
	unlink("/root/mapcalls");
	ok(q[5] == 'p', "a mapping outlives its file's name and descriptors");
}

static void unmapping(void)
{
	char *p = alone(4, RW);

	fails(EINVAL, munmap(p + 1, PG));
	fails(EINVAL, munmap(p, 0));
	fails(EINVAL, munmap(p, -1UL));
	fails(EINVAL, munmap(NOWHERE, PG));
	fails(0, munmap(p + PG, 1));
	ok(touch(p + PG, 0) == SIGSEGV && touch(p + 2 * PG, 0) == 0, "a byte is a page");
	fails(0, munmap(p + PG, PG));
	fails(0, munmap(p - 2 * PG, 8 * PG));
}

static void protecting(void)
{
	char *p = alone(6, RW);

	fails(EINVAL, mprotect(p + 1, PG, PROT_READ));
	fails(ENOMEM, mprotect(p, -PG, PROT_READ));
	fails(0, mprotect(p, 0, PROT_READ));
	fails(0, mprotect(NOWHERE, 0, PROT_READ));
	fails(ENOMEM, mprotect(NOWHERE, PG, PROT_READ));
	fails(EINVAL, mprotect(p, PG, 0x100));
	fails(EINVAL, mprotect(p, PG, PROT_READ | PROT_GROWSDOWN));
	fails(EINVAL, mprotect(p, PG, PROT_READ | PROT_GROWSUP));
	fails(EINVAL, mprotect(p, PG, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
	munmap(p + 3 * PG, PG);
	fails(ENOMEM, mprotect(p + PG, 4 * PG, PROT_READ));
	ok(touch(p + PG, 1) == SIGSEGV && touch(p + 4 * PG, 1) == 0, "what is before the hole is done");
	fails(ENOMEM, mprotect(p + 3 * PG, 2 * PG, PROT_READ));
	ok(touch(p + 4 * PG, 1) == 0, "a hole at the start: nothing is done");
	fails(0, mprotect(p + PG, 1, PROT_NONE));
	ok(touch(p + PG, 0) == SIGSEGV && got_code == SEGV_ACCERR, "PROT_NONE: SEGV_ACCERR");
	munmap(p, 6 * PG);
}

/* What is locked shall not fault for want of a page, so a private page is copied in time. */
static void protecting_locked(void)
{
	int fd = memfd_create("m", 0);
	char *p;

	ftruncate(fd, 2 * PG);
	p = map(2, PROT_READ, MAP_PRIVATE, fd);
	fails(0, mlock(p, PG));
	fails(0, mprotect(p, 2 * PG, RW));
	ok(pwrite(fd, "b", 1, 0) == 1 && pwrite(fd, "b", 1, PG) == 1, "the file changes");
	ok(p[0] == 0, "a locked private page that may be written from now on has been copied");
	ok(p[PG] == 'b', "one that is not locked has not");
	munmap(p, 2 * PG);
	close(fd);
}

static void moving(void)
{
	char *p = alone(6, RW), *to = alone(6, RW), *q;

	p[0] = 'a', p[PG] = 'b', p[2 * PG] = 'c';
	fails(EINVAL, (long)mremap(p + 1, PG, PG, 0));
	fails(EINVAL, (long)mremap(p, PG, 0, 0));
	fails(EINVAL, (long)mremap(p, PG, PG, 8));
	fails(EINVAL, (long)mremap(p, PG, PG, MREMAP_FIXED, to));
	fails(EINVAL, (long)mremap(p, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, to + 1));
	fails(EINVAL, (long)mremap(p, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, p + PG));
	fails(EINVAL, (long)mremap(p, PG, PG, MREMAP_MAYMOVE | MREMAP_FIXED, NOWHERE));
	fails(EINVAL, (long)mremap(p, PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
	fails(EINVAL, (long)mremap(p, PG, PG, MREMAP_DONTUNMAP, NULL));
	fails(EINVAL, (long)mremap(p, 0, PG, MREMAP_MAYMOVE));
	fails(EFAULT, (long)mremap(p + 6 * PG, PG, PG, MREMAP_MAYMOVE));
	fails(EFAULT, (long)mremap(p + 5 * PG, 2 * PG, 3 * PG, MREMAP_MAYMOVE));
	fails(ENOMEM, (long)mremap(p, PG, 2 * PG, 0));
	fails(ENOMEM, (long)mremap(p, PG, 1UL << 40, MREMAP_MAYMOVE));
	ok(mremap(p, 3 * PG, PG, 0) == p && touch(p + PG, 0) == SIGSEGV, "it shrinks in place");
	ok(mremap(p, PG, 3 * PG, 0) == p && p[0] == 'a' && p[PG] == 0, "and grows in place, where there is room");
	q = mmap(p + 5 * PG, PG, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0);
	ok(q == p + 5 * PG, "an area that grows down is mapped behind it");
	fails(ENOMEM, (long)mremap(p, 3 * PG, 4 * PG, 0));
	munmap(q, PG);
	p[PG] = 'b';
	ok(mremap(p, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to && to[PG] == 'b' &&
	   touch(p, 0) == SIGSEGV, "MREMAP_FIXED moves");
	ok(mremap(to, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, p) == p && p[PG] == 'b' &&
	   to[PG] == 0, "MREMAP_DONTUNMAP leaves an empty area");
	q = mremap(p, PG, 64 * PG, MREMAP_MAYMOVE);
	ok(q != MAP_FAILED && q != p && q[0] == 'a' && touch(q + 63 * PG, 1) == 0, "MREMAP_MAYMOVE finds room");
	munmap(q, 64 * PG);
	munmap(p, 6 * PG);
	munmap(to, 6 * PG);

	p = map(2, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	p[0] = 's';
	q = mremap(p, 0, PG, MREMAP_MAYMOVE);
	ok(q != MAP_FAILED && q != p && q[0] == 's', "of nothing: a shared page once more");
	q[0] = 't';
	ok(p[0] == 't', "which is the same");
	munmap(q, PG);
	q = mremap(p, 2 * PG, 2 * PG, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	ok(q != MAP_FAILED && q[0] == 't' && p[0] == 't', "MREMAP_DONTUNMAP of shared memory: in both");
	munmap(q, 2 * PG);
	munmap(p, 2 * PG);
}

static void syncing(void)
{
	char *p = alone(4, RW);

	fails(EINVAL, msync(p + 1, PG, MS_SYNC));
	fails(EINVAL, msync(p, PG, MS_SYNC | MS_ASYNC));
	fails(EINVAL, msync(p, PG, 8));
	fails(0, msync(p, PG, 0));
	fails(0, msync(p, 4 * PG, MS_SYNC));
	fails(0, msync(p, 0, MS_SYNC));
	fails(ENOMEM, msync(p, -PG, MS_SYNC));
	fails(ENOMEM, msync(p, 5 * PG, MS_SYNC));
	fails(ENOMEM, msync(p - PG, 2 * PG, MS_ASYNC));
	mlock(p, PG);
	fails(EBUSY, msync(p, PG, MS_INVALIDATE));
	fails(0, msync(p + PG, PG, MS_INVALIDATE));
	munmap(p, 4 * PG);
}

static void in_core(void)
{
	char *p = alone(4, RW);
	unsigned char vec[8];

	fails(EINVAL, mincore(p + 1, PG, vec));
	fails(ENOMEM, mincore(p, 5 * PG, vec));
	fails(ENOMEM, mincore(NOWHERE, PG, vec));
	fails(EFAULT, mincore(p, PG, (void *)8));
	fails(0, mincore(p, 0, (void *)8));
	memset(vec, 9, sizeof(vec));
	p[PG] = 1;
	ok(mincore(p, 4 * PG, vec) == 0 && vec[0] == 0 && vec[1] == 1 && vec[2] == 0 && vec[4] == 9,
	   "a byte for each page");
	munmap(p, 4 * PG);
}

static void locking(void)
{
	char *p = alone(4, RW);
	unsigned char vec[4];
	int status;

	fails(0, mlock(p + 100, PG));
	mincore(p, 4 * PG, vec);
	ok(vec[0] == 1 && vec[1] == 1 && vec[2] == 0, "mlock rounds, and brings in");
	fails(0, munlock(p, 4 * PG));
	fails(ENOMEM, mlock(p, 5 * PG));
	fails(ENOMEM, munlock(p + 4 * PG, PG));
	fails(EINVAL, mlock(p, -1UL - PG));
	fails(0, mlock(p, 0));
	fails(EINVAL, mlock2(p, PG, 2));
	fails(0, mlock2(p + 2 * PG, PG, 1));
	mincore(p, 4 * PG, vec);
	ok(vec[2] == 0, "MLOCK_ONFAULT does not bring in");
	fails(EINVAL, madvise(p + 2 * PG, PG, MADV_DONTNEED));
	fails(0, madvise(p + 2 * PG, PG, 24));          /* MADV_DONTNEED_LOCKED */
	fails(EINVAL, mlockall(0));
	fails(EINVAL, mlockall(8));
	fails(EINVAL, mlockall(4));
	munlock(p, 4 * PG);
	mprotect(p, PG, PROT_NONE);
	fails(ENOMEM, mlock(p, PG));
	if (fork() == 0) {
		struct rlimit none = { 0, 0 }, few = { 2 * PG, 2 * PG };
		int bad = 0;

		munlockall();
		setrlimit(RLIMIT_MEMLOCK, &few);
		if (setresuid(65534, 65534, 65534))
			_exit(99);
		p = alone(4, RW);
		bad |= mlock(p, 3 * PG) != -1 || errno != ENOMEM;
		bad |= (mlock(p, 2 * PG) != 0) << 1;
		bad |= (mlock(p, 2 * PG) != 0) << 2;
		bad |= (map(1, RW, ANON | MAP_LOCKED, -1) != MAP_FAILED || errno != EAGAIN) << 3;
		bad |= (mlockall(MCL_CURRENT) != -1 || errno != ENOMEM) << 4;
		setrlimit(RLIMIT_MEMLOCK, &none);
		munlock(p, 4 * PG);
		bad |= (mlock(p, PG) != -1 || errno != EPERM) << 5;
		bad |= (map(1, RW, ANON | MAP_LOCKED, -1) != MAP_FAILED || errno != EPERM) << 6;
		_exit(bad);
	}
	wait(&status);
	ok(status == 0, "RLIMIT_MEMLOCK, for who may not (%x)", status);
	if (fork() == 0) {
		struct rlimit none = { 0, 0 };
		int bad = 0;

		munlockall();
		setrlimit(RLIMIT_MEMLOCK, &none);
		p = alone(4, RW);
		bad |= mlock(p, 4 * PG) != 0;
		bad |= (map(4, RW, ANON | MAP_LOCKED, -1) == MAP_FAILED) << 1;
		bad |= (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) << 2;
		bad |= (map(4, RW, ANON, -1) == MAP_FAILED) << 3;
		bad |= (mremap(p, 4 * PG, 8 * PG, MREMAP_MAYMOVE) == MAP_FAILED) << 4;
		bad |= (sbrk(4 * PG) == (void *)-1) << 5;
		if (setresuid(65534, 65534, 65534))
			_exit(99);
		bad |= (map(4, RW, ANON, -1) != MAP_FAILED || errno != EAGAIN) << 6;
		_exit(bad);
	}
	wait(&status);
	ok(status == 0, "no limit binds CAP_IPC_LOCK (%x)", status);
	munmap(p, 4 * PG);
}

static void advising(void)
{
	char *p = alone(4, RW), *s = map(2, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	int fd = open("/proc/self/exe", O_RDONLY), status;
	char *f = map(1, PROT_READ, MAP_PRIVATE, fd);

	fails(EINVAL, madvise(p + 1, PG, MADV_NORMAL));
	fails(EINVAL, madvise(p, -PG, MADV_NORMAL));
	fails(0, madvise(p, 0, MADV_DONTNEED));
	fails(EINVAL, madvise(p, 0, 99));
	fails(ENOMEM, madvise(p, 5 * PG, MADV_NORMAL));
	p[0] = 'a', s[0] = 's';
	fails(ENOMEM, madvise(p - PG, 2 * PG, MADV_DONTNEED));
	ok(p[0] == 0, "what is there is advised all the same");
	fails(0, madvise(s, PG, MADV_DONTNEED));
	ok(s[0] == 's', "shared memory keeps its bytes");
	fails(0, madvise(s, PG, MADV_REMOVE));
	ok(s[0] == 0, "but for MADV_REMOVE");
	fails(EINVAL, madvise(p, PG, MADV_REMOVE));
	fails(EACCES, madvise(f, PG, MADV_REMOVE));
	fails(EINVAL, madvise(s, PG, MADV_FREE));
	fails(0, madvise(p, PG, MADV_FREE));
	fails(EINVAL, madvise(s, PG, MADV_WIPEONFORK));
	fails(0, madvise(p, PG, MADV_WIPEONFORK));
	fails(0, madvise(p + PG, PG, MADV_DONTFORK));
	fails(0, madvise(p + 2 * PG, PG, MADV_COLD));
	fails(0, madvise(p + 2 * PG, PG, MADV_PAGEOUT));
	fails(0, madvise(p + 2 * PG, PG, MADV_DONTDUMP));
	fails(0, madvise(p + 2 * PG, PG, MADV_DODUMP));
	fails(0, madvise(f, PG, MADV_WILLNEED));
	fails(0, madvise(f, PG, MADV_SEQUENTIAL));
	fails(0, madvise(f, PG, MADV_RANDOM));
	p[0] = p[PG] = p[2 * PG] = 'x';
	if (fork() == 0)
		_exit(p[0] || touch(p + PG, 0) != SIGSEGV || p[2 * PG] != 'x');
	wait(&status);
	ok(status == 0, "a child finds zeroes, nothing, and a copy");
	fails(0, madvise(p, PG, MADV_KEEPONFORK));
	fails(0, madvise(p + PG, PG, MADV_DOFORK));
	if (fork() == 0)
		_exit(p[0] != 'x' || touch(p + PG, 0) || p[PG] != 'x');
	wait(&status);
	ok(status == 0, "and then copies");
	fails(0, madvise(p, 4 * PG, 23));               /* MADV_POPULATE_WRITE */
	fails(0, madvise(f, PG, 22));
	fails(EINVAL, madvise(f, PG, 23));
	fails(ENOMEM, madvise(p, 5 * PG, 22));
	close(fd);
	munmap(p, 4 * PG);
}

static long brk_(long at)
{
	return syscall(SYS_brk, at);
}

static void breaking(void)
{
	long start = brk_(0), top;
	struct rlimit was, data;
	volatile char *p;

	top = (start + 2 * (long)PG) & -(long)PG;
	ok(brk_(top + PG + 5) == top + (long)PG + 5, "the break is where it is set, to the byte");
	p = (char *)top;
	ok(touch(p + PG + 4, 1) == 0 && touch(p + 2 * PG - 1, 1) == 0, "to the end of its page");
	ok(touch(p + 2 * PG, 0) == SIGSEGV, "and not after");
	p[0] = 'b';
	ok(brk_(top) == top && touch(p, 0) == SIGSEGV, "it shrinks");
	ok(brk_(top + PG) == top + (long)PG && p[0] == 0, "and grows with zeroes");
	ok(brk_(1) == top + (long)PG, "below the heap: as it was");
	ok(brk_((long)NOWHERE) == top + (long)PG, "nor above the address space");
	m((void *)(top + 4 * PG), PG, RW, ANON | MAP_FIXED, -1, 0);
	ok(brk_(top + 5 * PG) == top + (long)PG, "nor into another area");
	munmap((void *)(top + 4 * PG), PG);
	getrlimit(RLIMIT_DATA, &was);
	data = was;
	data.rlim_cur = PG;
	setrlimit(RLIMIT_DATA, &data);
	ok(brk_(top + 2 * PG) == top + (long)PG, "nor beyond RLIMIT_DATA");
	setrlimit(RLIMIT_DATA, &was);
	ok(brk_(start) == start, "back");
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	tap_limit(60);
	mapping();
	files();
	unmapping();
	protecting();
	protecting_locked();
	moving();
	syncing();
	in_core();
	locking();
	advising();
	breaking();
	return tap_done();
}
