// SPDX-License-Identifier: MIT
/*
 * Anonymous memory in areas where 64 KiB fit but not 2 MiB: how many faults it takes to touch it,
 * and that each page keeps its stamp whatever is done to its neighbours, by the program,
 * by the kernel on its behalf, by another process, by reclaim.
 *
 * usage: blocks touch|parts|calls|files|threads|cost, blocks swap MIB
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "figures.h"
#include "tap.h"

#define PAGE    4096UL
#define BLOCK   (64UL << 10)
#define MIB     (1UL << 20)
#define PAGES   (MIB / PAGE)            /* of one area */

/* Areas of 1 MiB, 1 MiB apart, each at a border of 2 MiB. */
static char *areas(size_t n)
{
	char *p = mmap(NULL, (n + 1) * 2 * MIB, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	p = (char *)(((uintptr_t)p + 2 * MIB - 1) & ~(2 * MIB - 1));
	for (size_t i = 0; i < n; i++)
		if (mmap(p + i * 2 * MIB, MIB, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
			perror("mmap");
			exit(1);
		}
	return p;
}

static uint64_t stamp_of(const char *p, unsigned gen)
{
	return (uintptr_t)p / PAGE * 0x9e3779b97f4a7c15UL + gen;
}

static volatile uint64_t *word(char *page)
{
	return (uint64_t *)page + (uintptr_t)page / PAGE % 512;
}

static void stamp(char *p, size_t pages, unsigned gen)
{
	for (char *end = p + pages * PAGE; p < end; p += PAGE)
		*word(p) = stamp_of(p, gen);
}

static size_t wrong(char *p, size_t pages, unsigned gen)
{
	size_t n = 0;

	for (char *end = p + pages * PAGE; p < end; p += PAGE)
		n += *word(p) != stamp_of(p, gen);
	return n;
}

/* All bytes of the pages are zero. */
static int zero(const char *p, size_t pages)
{
	for (size_t i = 0; i < pages * PAGE; i += sizeof(uint64_t))
		if (*(const uint64_t *)(p + i))
			return 0;
	return 1;
}

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, sig);
}

static int signal_of_write(char *p)
{
	int sig = sigsetjmp(back, 1);

	if (!sig)
		*(volatile char *)p = *(volatile char *)p;
	return sig;
}

/* Run @fn(@p) in a child.  Whether it returned true. */
static int in_child(int (*fn)(char *p), char *p)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(!fn(p));
	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- touch ---- */

static long minor_faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt;
}

static void touch(void)
{
	char *p = areas(4);
	long before = figure("/proc/vmstat", "napot_fault_alloc "), faults = minor_faults(), made;

	for (int i = 0; i < 4; i++)
		stamp(p + i * 2 * MIB, PAGES, 1);
	faults = minor_faults() - faults;
	made = figure("/proc/vmstat", "napot_fault_alloc ") - before;
	printf("# %ld faults, %ld blocks\n", faults, made);
	if (made)
		ok(made >= 64 && faults >= 64 && faults <= 72, "4 MiB take a fault for each 64 KiB");
	else
		ok(faults >= 1024 && faults <= 1100, "4 MiB take a fault for each page");
	for (int i = 0; i < 4; i++)
		ok(!wrong(p + i * 2 * MIB, PAGES, 1), "area %d has what was written", i);
	p = areas(1);
	*p = 1;
	ok(*p == 1 && zero(p + PAGE, PAGES - 1), "the rest is zeroes");
}

/* ---- parts ---- */

static void unmap_and_protect(void)
{
	char *p = areas(1);

	stamp(p, PAGES, 2);
	ok(!munmap(p + 20 * PAGE, 50 * PAGE), "munmap from inside one block to inside another");
	ok(signal_of_write(p + 20 * PAGE) == SIGSEGV && signal_of_write(p + 69 * PAGE) == SIGSEGV,
	   "what was unmapped is not there");
	ok(!wrong(p, 20, 2) && !wrong(p + 70 * PAGE, PAGES - 70, 2), "the rest is");
	ok(!mprotect(p + 100 * PAGE, 10 * PAGE, PROT_READ), "mprotect of a part of a block");
	ok(signal_of_write(p + 105 * PAGE) == SIGSEGV && !signal_of_write(p + 99 * PAGE) &&
	   !signal_of_write(p + 110 * PAGE), "forbids writing there and nowhere else");
	ok(!mprotect(p + 70 * PAGE, (PAGES - 70) * PAGE, PROT_NONE) &&
	   signal_of_write(p + 128 * PAGE) == SIGSEGV, "whole blocks to PROT_NONE");
	ok(!mprotect(p + 70 * PAGE, (PAGES - 70) * PAGE, PROT_READ | PROT_WRITE) &&
	   !wrong(p + 70 * PAGE, PAGES - 70, 2), "and back, with their bytes");
	stamp(p + 70 * PAGE, PAGES - 70, 3);
	ok(!wrong(p + 70 * PAGE, PAGES - 70, 3), "and they can be written");
}

static void give_back_and_move(void)
{
	char *p = areas(2), *to = p + 2 * MIB;
	unsigned char vec[PAGES];
	size_t there = 0;

	stamp(p, PAGES, 4);
	ok(!madvise(p + 8 * PAGE, 32 * PAGE, MADV_DONTNEED) && zero(p + 8 * PAGE, 32) &&
	   !wrong(p, 8, 4) && !wrong(p + 40 * PAGE, PAGES - 40, 4), "MADV_DONTNEED of two halves and a whole");
	stamp(p, PAGES, 5);
	ok(!madvise(p, MIB, MADV_COLD) && !wrong(p, PAGES, 5), "MADV_COLD loses nothing");
	ok(!mincore(p, MIB, vec), "mincore");
	for (size_t i = 0; i < PAGES; i++)
		there += vec[i] & 1;
	ok(there == PAGES, "all of it is there");
	ok(!madvise(p + 64 * PAGE, 64 * PAGE, MADV_FREE) && !wrong(p, 64, 5) &&
	   !wrong(p + 128 * PAGE, PAGES - 128, 5), "MADV_FREE of a part leaves the rest");
	stamp(p, PAGES, 6);
	ok(mremap(p + 24 * PAGE, 100 * PAGE, 100 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to,
	   "mremap from inside a block to a border");
	for (size_t i = there = 0; i < 100; i++)
		there += ((uint64_t *)(to + i * PAGE))[(uintptr_t)(p + (24 + i) * PAGE) / PAGE % 512] ==
			 stamp_of(p + (24 + i) * PAGE, 6);
	ok(there == 100 && !wrong(p, 24, 6) && !wrong(p + 124 * PAGE, PAGES - 124, 6),
	   "carries the bytes and leaves the others");
	stamp(to, PAGES, 7);
	ok(!wrong(to, PAGES, 7), "the new place can be written");
}

static int sees_6_writes_7(char *p)
{
	if (wrong(p, PAGES, 6))
		return 0;
	for (size_t i = 0; i < PAGES; i += 3)
		stamp(p + i * PAGE, 1, 7);
	for (size_t i = 0; i < PAGES; i++)
		if (wrong(p + i * PAGE, 1, i % 3 ? 6 : 7))
			return 0;
	return munmap(p, 10 * PAGE) == 0 && !wrong(p + 10 * PAGE, 2, 6);
}

static void fork_and_lock(void)
{
	char *p = areas(1);

	stamp(p, PAGES, 6);
	ok(in_child(sees_6_writes_7, p), "a child sees the bytes and writes its own");
	ok(!wrong(p, PAGES, 6), "the parent does not see them");
	stamp(p, PAGES, 8);
	ok(!wrong(p, PAGES, 8), "and writes in place afterwards");
	p = areas(1);
	ok(!mlock(p, MIB / 2) && !wrong(p, 0, 8) && zero(p, PAGES), "mlock of what was not touched");
	stamp(p, PAGES, 6);
	ok(!munlock(p + 5 * PAGE, 20 * PAGE) && !wrong(p, PAGES, 6), "munlock of a part");
	ok(in_child(sees_6_writes_7, p), "a child of locked memory");
	ok(!wrong(p, PAGES, 6), "and its parent");
}

/* A function that returns 7, and one that returns 8. */
static void run_what_was_written(void)
{
	uint32_t *p = mmap(NULL, BLOCK * 4, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int good = 0;

	for (size_t i = 0; i < 4 * BLOCK / PAGE; i++) {
		uint32_t *code = p + i * PAGE / 4;

		code[0] = 0x00000513 | (i & 0x7ff) << 20;       /* li a0, i */
		code[1] = 0x00008067;                           /* ret */
		__builtin___clear_cache((char *)code, (char *)(code + 2));
		good += ((int (*)(void))code)() == (int)i;
	}
	ok(good == 4 * BLOCK / PAGE, "code written there runs");
}

static void parts(void)
{
	unmap_and_protect();
	give_back_and_move();
	fork_and_lock();
	run_what_was_written();
}

/* ---- calls ---- */

static char *other;

static int reads_and_writes_parent(char *p)
{
	struct iovec local = { other, MIB }, remote = { p, MIB };

	if (process_vm_readv(getppid(), &local, 1, &remote, 1, 0) != (ssize_t)MIB ||
	    memcmp(other, p, MIB))
		return 0;
	memset(other, 0x5a, MIB);
	local.iov_len = remote.iov_len = 40 * PAGE;
	return process_vm_writev(getppid(), &local, 1, &remote, 1, 0) == 40 * (ssize_t)PAGE;
}

static void calls(void)
{
	char *p = areas(3), *q = p + 2 * MIB;
	int fd = open("/root/blocks.data", O_RDWR | O_CREAT | O_TRUNC, 0600), ends[2];
	long split = figure("/proc/vmstat", "napot_split ");
	ssize_t n = 0;

	other = p + 4 * MIB;
	for (size_t i = 0; i < MIB; i++)
		p[i] = i * 31 + i / PAGE;
	ok(pwrite(fd, p, MIB, 0) == (ssize_t)MIB, "a file is written from blocks");
	ok(pread(fd, q + 5, MIB - 5, 5) == (ssize_t)MIB - 5 && !memcmp(p + 5, q + 5, MIB - 5) && !q[0],
	   "and read into memory that nobody has touched");
	memset(q, 0, MIB);
	ok(pread(fd, q + 3 * PAGE + 7, 300000, 3 * PAGE + 7) == 300000 &&
	   !memcmp(p + 3 * PAGE + 7, q + 3 * PAGE + 7, 300000), "and again, where they are");
	ok(!pipe(ends), "a pipe");
	for (size_t at = 0; at + 24576 + 100 <= MIB; at += 24576 + 4096) {
		memset(q, 0, 24576);
		n += write(ends[1], p + at, 24576);
		n -= read(ends[0], q + at % 100, 24576);
		n += memcmp(p + at, q + at % 100, 24576) != 0;
	}
	ok(!n, "what goes through a pipe comes out");
	ok(figure("/proc/vmstat", "napot_split ") == split, "and nothing was split for that");
	ok(in_child(reads_and_writes_parent, p), "another process reads and writes them");
	n = 0;
	for (size_t i = 0; i < MIB; i++)
		n += p[i] != (i < 40 * PAGE ? 0x5a : (char)(i * 31 + i / PAGE));
	ok(!n, "and nothing else");
	unlink("/root/blocks.data");
}

/* ---- files ---- */

static void files(void)
{
	char *p = areas(1), *file = p + MIB, *own = file + 16 * PAGE;
	int fd = open("/root/blocks.map", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char page[PAGE];

	for (int i = 0; i < 16; i++) {
		memset(page, 'a' + i, PAGE);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			perror("write");
	}
	stamp(p, PAGES, 1);
	mmap(file, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
	mmap(own, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0);
	ok(file[3 * PAGE] == 'd' && own[4 * PAGE] == 'e', "a file mapped beside blocks");
	file[3 * PAGE] = 'X';
	own[4 * PAGE] = 'Y';
	ok(!msync(file, 16 * PAGE, MS_SYNC) && pread(fd, page, 1, 3 * PAGE) == 1 && page[0] == 'X',
	   "is written back");
	file[3 * PAGE] = 'Z';
	ok(pread(fd, page, 1, 3 * PAGE) == 1 && page[0] == 'Z', "and again");
	ok(!ftruncate(fd, 2 * PAGE), "it is cut off");
	ok(signal_of_write(file + 3 * PAGE) == SIGBUS && signal_of_write(own + 4 * PAGE) == SIGBUS &&
	   !signal_of_write(file + PAGE), "what is behind its end is SIGBUS");
	ok(!wrong(p, PAGES, 1), "the blocks are whole");
	ok(!ftruncate(fd, 16 * PAGE) && !file[3 * PAGE] && !own[4 * PAGE], "and zeroes when it grows");
	unlink("/root/blocks.map");
}

/* ---- cost: under -icount a nanosecond is an instruction ---- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The least of nine, for each of @pages. */
static void cost_of(const char *what, size_t pages, void (*prepare)(char *p), void (*fn)(char *p))
{
	double least = 1e18;

	for (int i = 0; i < 9; i++) {
		char *p = areas(2);
		double before;

		prepare(p);
		before = now();
		fn(p);
		before = now() - before;
		least = before < least ? before : least;
		munmap(p, 4 * MIB);
	}
	printf("# %-40s %8.1f\n", what, least / pages);
}

static int zeroes, nowhere, copier[2];

static void nothing(char *p) { (void)p; }
static void touch_one(char *p) { for (size_t i = 0; i < PAGES; i++) p[i * PAGE] = 1; }
static void unmap_one(char *p) { munmap(p, MIB); }
static void read_one(char *p) { if (read(zeroes, p, MIB) < 0) perror("read"); }
static void write_one(char *p) { if (write(nowhere, p, MIB) < 0) perror("write"); }

static void bytes(char *p)
{
	for (size_t i = 0; i < PAGES; i++)
		if (write(copier[1], p + i * PAGE, 1) != 1 || read(copier[0], p + i * PAGE, 1) != 1)
			perror("pipe");
}

static void fork_one(char *p)
{
	pid_t pid = fork();

	(void)p;
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void fork_and_write(char *p)
{
	fork_one(p);
	touch_one(p);
}

static void cost(void)
{
	zeroes = open("/dev/zero", O_RDONLY);
	nowhere = open("/root/blocks.cost", O_RDWR | O_CREAT | O_TRUNC, 0600);
	unlink("/root/blocks.cost");
	ok(zeroes >= 0 && nowhere >= 0 && !pipe(copier), "instructions, of a page:");
	touch_one(areas(1));
	cost_of("first write, a byte", PAGES, nothing, touch_one);
	cost_of("munmap", PAGES, touch_one, unmap_one);
	cost_of("read of /dev/zero, what was touched", PAGES, touch_one, read_one);
	cost_of("write to a file, from what was touched", PAGES, touch_one, write_one);
	cost_of("a byte through a pipe and back", PAGES, touch_one, bytes);
	cost_of("fork, a child that leaves", PAGES, touch_one, fork_one);
	cost_of("the same, and all written again", PAGES, touch_one, fork_and_write);
}

/* ---- threads ---- */

#define THREADS 4
static char *shared;
static volatile int stop;

/*
 * Every thread has each fourth page, so a block's pages are first touched by all of them at once.
 * Meanwhile one gives advice that is about single pages.  Each round has a new table.
 */
static void *toucher(void *arg)
{
	size_t me = (size_t)arg, bad = 0;
	pthread_barrier_t *b = (pthread_barrier_t *)(shared + 3 * MIB);

	for (unsigned round = 0; round < 200; round++) {
		pthread_barrier_wait(b);
		for (size_t i = me; i < PAGES; i += THREADS) {
			stamp(shared + i * PAGE, 1, round);
			if (me == 1 && i / THREADS == round % 50)
				madvise(shared, PAGE, MADV_COLD);
		}
		for (size_t i = me; i < PAGES; i += THREADS)
			bad += wrong(shared + i * PAGE, 1, round);
		pthread_barrier_wait(b);
		if (me == 0 && round % 2)
			madvise(shared, MIB, MADV_DONTNEED);
		if (me == 0 && !munmap(shared, 2 * MIB))
			mmap(shared, MIB, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	return (void *)bad;
}

/* Pages of the second half MiB keep their stamps while the neighbours in their blocks come and go. */
static void *keeper(void *arg)
{
	char *mine = shared + 2 * MIB + (size_t)arg * PAGE;
	size_t bad = 0;

	for (unsigned gen = 0; !stop; gen++) {
		for (size_t i = 0; i < PAGES; i += 8)
			stamp(mine + i * PAGE, 1, gen);
		for (size_t i = 0; i < PAGES; i += 8)
			bad += wrong(mine + i * PAGE, 1, gen);
	}
	return (void *)bad;
}

static void disturb(char *p, unsigned i)
{
	char *at = p + (i * 7 % 32) * 8 * PAGE + 4 * PAGE;

	switch (i % 5) {
	case 0: madvise(at, 4 * PAGE, MADV_DONTNEED); break;
	case 1: mprotect(at, 2 * PAGE, PROT_READ); break;
	case 2: mprotect(at, 4 * PAGE, PROT_READ | PROT_WRITE); break;
	case 3:
		munmap(at, 3 * PAGE);
		mmap(at, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		     -1, 0);
		break;
	default:
		if (i % 50 == 4 && !fork())
			_exit(0);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static size_t join(pthread_t *t, size_t n)
{
	size_t bad = 0;
	void *r;

	for (size_t i = 0; i < n; i++) {
		pthread_join(t[i], &r);
		bad += (size_t)r;
	}
	return bad;
}

static void threads(void)
{
	pthread_t t[THREADS];
	char *p = areas(2);
	long rss, memory = meminfo("MemFree:");

	shared = p;
	rss = figure("/proc/self/status", "RssAnon:");
	mmap(p + 3 * MIB, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	pthread_barrier_init((pthread_barrier_t *)(p + 3 * MIB), NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(t + i, NULL, toucher, (void *)i);
	ok(!join(t, THREADS), "threads that touch one block at once see their own stamps");
	rss = figure("/proc/self/status", "RssAnon:") - rss;
	if (!ok(rss < 512, "and what they unmapped is gone"))
		printf("# %ld KiB are left\n", rss);
	memory -= meminfo("MemFree:");
	if (!ok(memory < 16384, "and its frames are free"))
		printf("# %ld KiB less are free\n", memory);
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(t + i, NULL, keeper, (void *)i);
	for (unsigned i = 0; i < 3000; i++)
		disturb(p + 2 * MIB, i);
	stop = 1;
	ok(!join(t, THREADS), "threads keep theirs while the neighbours are unmapped and protected");
}

/* ---- swap ---- */

static void swap(size_t mib)
{
	char *p = areas(mib);
	size_t bad = 0;

	for (unsigned gen = 0; gen < 3; gen++) {
		for (size_t i = 0; i < mib; i++) {
			bad += gen && wrong(p + i * 2 * MIB, PAGES, gen - 1);
			stamp(p + i * 2 * MIB, PAGES, gen);
		}
		if (gen == 1)           /* anew, so that there are blocks again */
			for (size_t i = 0; i < mib; i += 3) {
				madvise(p + i * 2 * MIB + 5 * PAGE, 40 * PAGE, MADV_DONTNEED);
				bad += !zero(p + i * 2 * MIB + 5 * PAGE, 40);
				stamp(p + i * 2 * MIB + 5 * PAGE, 40, gen);
			}
	}
	for (size_t i = 0; i < mib; i++)
		bad += wrong(p + i * 2 * MIB, PAGES, 2);
	ok(!bad, "%zu MiB through swap keep their stamps", mib);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	tap_limit(300);
	if (argc == 3 && !strcmp(argv[1], "swap"))
		swap(atol(argv[2]));
	else if (argc == 2 && !strcmp(argv[1], "touch"))
		touch();
	else if (argc == 2 && !strcmp(argv[1], "parts"))
		parts();
	else if (argc == 2 && !strcmp(argv[1], "calls"))
		calls();
	else if (argc == 2 && !strcmp(argv[1], "files"))
		files();
	else if (argc == 2 && !strcmp(argv[1], "cost"))
		cost();
	else if (argc == 2 && !strcmp(argv[1], "threads"))
		threads();
	else
		return fprintf(stderr, "usage: blocks touch|parts|calls|files|threads|cost, blocks swap MIB\n"), 2;
	return tap_done();
}
