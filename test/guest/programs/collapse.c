// SPDX-License-Identifier: MIT
/*
 * MADV_COLLAPSE: memory in small pages becomes large pages where it lies, with the same bytes.
 *
 * usage: collapse [threads SECONDS | swap]
 */
#define _GNU_SOURCE
#include "uffd.h"

#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#define COLLAPSE        25
#define PIECE           (2UL << 20)
#define PAGES           (PIECE / PG)

static long collapse(void *p, size_t len)
{
	return RESULT(madvise(p, len, COLLAPSE));
}

/* @nr pieces of address space, aligned, with a hole on both sides. */
static char *pieces(size_t nr)
{
	char *p = mmap(NULL, (nr + 2) * PIECE, RW, ANON | MAP_NORESERVE, -1, 0), *at;

	if (p == MAP_FAILED)
		exit(2);
	at = (char *)(((uintptr_t)p + PIECE) & -PIECE);
	munmap(p, at - p);
	munmap(at + nr * PIECE, p + (nr + 2) * PIECE - (at + nr * PIECE));
	madvise(at, nr * PIECE, MADV_NOHUGEPAGE);
	return at;
}

static void stamp(char *p, size_t step)
{
	for (size_t i = 0; i < PAGES; i += step)
		((volatile uint64_t *)(p + i * PG))[i % 512] = 0x9e3779b97f4a7c15UL * (i + 1);
}

/* Pages that are not as stamp() left them, and zero elsewhere. */
static size_t wrong(const char *p, size_t step)
{
	size_t n = 0;

	for (size_t i = 0; i < PAGES; i++) {
		const uint64_t *w = (const uint64_t *)(p + i * PG);
		uint64_t sum = 0;

		for (size_t k = 0; k < 512; k++)
			sum |= k == i % 512 ? 0 : w[k];
		n += sum || w[i % 512] != (i % step ? 0 : 0x9e3779b97f4a7c15UL * (i + 1));
	}
	return n;
}

/* The figure @name, in KiB, of the area that @p lies in; -1: none. */
static long area_figure(pid_t pid, const void *p, const char *name)
{
	unsigned long start, end;
	char path[64], line[256];
	int here = 0;
	long v = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "r");
	while (f && v < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (uintptr_t)p >= start && (uintptr_t)p < end;
		else if (here && !strncmp(line, name, strlen(name)))
			v = atol(line + strlen(name));
	}
	if (f)
		fclose(f);
	return v;
}

static long huge_kib(const void *p)
{
	return area_figure(getpid(), p, "AnonHugePages:");
}

/* Small pages that may become large: touched while that was not allowed. */
static char *small(size_t nr, size_t step)
{
	char *p = pieces(nr);

	for (size_t i = 0; i < nr; i++)
		stamp(p + i * PIECE, step);
	madvise(p, nr * PIECE, MADV_HUGEPAGE);
	return p;
}

static void arguments(void)
{
	char *p = pieces(2), *q;

	gives(-EINVAL, collapse(p + 1, PIECE));
	gives(-EINVAL, collapse(p, -1UL));
	gives(0, collapse(p, 0));
	gives(-EINVAL, collapse(p, PIECE));             /* not with MADV_NOHUGEPAGE */
	madvise(p, 2 * PIECE, MADV_HUGEPAGE);
	gives(-EINVAL, collapse(p, PIECE));             /* never touched */
	stamp(p, 1);
	gives(-EINVAL, collapse(p + PIECE, PIECE));     /* no table */
	gives(0, collapse(p + PG, PIECE));
	gives(-EINVAL, collapse(p + PG, PG));
	gives(0, collapse(p, PG));
	gives(0, collapse(p + PIECE - PG, PG));
	munmap(p + PIECE, PIECE);
	gives(-ENOMEM, collapse(p, 2 * PIECE));
	gives(-ENOMEM, collapse(p + PIECE, PIECE));
	munmap(p, PIECE);

	q = small(1, 1);
	munmap(q, PG);
	gives(-EINVAL, collapse(q + PG, PIECE - PG));   /* too small for one */
	gives(-ENOMEM, collapse(q - PG, 2 * PG));
	munmap(q, PIECE);
}

static void files(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), data = open("/root/collapse.tmp", O_RDWR | O_CREAT, 0600);
	char *p = pieces(4);

	if (fd < 0 || data < 0 || ftruncate(data, 2 * PIECE))
		exit(2);
	mmap(p, PIECE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
	gives(-EINVAL, collapse(p, PIECE));
	mmap(p, PIECE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0);
	gives(-EINVAL, collapse(p, PIECE));
	mmap(p, PIECE, RW, MAP_PRIVATE | MAP_FIXED, data, 0);
	stamp(p, 1);
	gives(-EINVAL, collapse(p, PIECE));
	mmap(p, PIECE, RW, MAP_SHARED | MAP_FIXED, data, 0);
	stamp(p, 1);
	gives(-EINVAL, collapse(p, PIECE));
	ok(wrong(p, 1) == 0, "pages of a file stay");
	unlink("/root/collapse.tmp");
	munmap(p, 4 * PIECE);
}

static void becomes_large(void)
{
	char *p = pieces(1);

	stamp(p, 1);
	ok(huge_kib(p) == 0, "small pages");
	gives(-EINVAL, collapse(p, PIECE));
	ok(huge_kib(p) == 0, "which may not be large");
	madvise(p, PIECE, MADV_HUGEPAGE);
	gives(0, collapse(p, PIECE));
	ok(huge_kib(p) == 2048, "512 small pages are a large one (%ld)", huge_kib(p));
	ok(wrong(p, 1) == 0, "with their bytes (%zu)", wrong(p, 1));
	gives(0, collapse(p, PIECE));
	stamp(p, 1);
	madvise(p + 5 * PG, PG, MADV_DONTNEED);
	((volatile uint64_t *)(p + 5 * PG))[5] = 0x9e3779b97f4a7c15UL * 6;
	ok(wrong(p, 1) == 0, "and a part of it goes (%zu)", wrong(p, 1));
	gives(0, collapse(p, PIECE));
	ok(huge_kib(p) == 2048, "and it is large once more");
	ok(wrong(p, 1) == 0, "with its bytes (%zu)", wrong(p, 1));
	munmap(p, PIECE);

	p = small(1, 7);
	gives(0, collapse(p, PIECE));
	ok(huge_kib(p) == 2048 && area_figure(getpid(), p, "Rss:") == 2048, "what was missing is filled");
	ok(wrong(p, 7) == 0, "with zeroes (%zu)", wrong(p, 7));
	munmap(p, PIECE);

	p = small(1, 1);
	mlock(p, PIECE);
	gives(0, collapse(p, PIECE));
	ok(huge_kib(p) == 2048 && wrong(p, 1) == 0, "locked memory too");
	munmap(p, PIECE);

	p = small(3, 1);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	gives(-EINVAL, collapse(p, PIECE));
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	gives(0, collapse(p + PG, 3 * PIECE - PG));
	ok(huge_kib(p) == 4096 && wrong(p, 1) + wrong(p + PIECE, 1) + wrong(p + 2 * PIECE, 1) == 0,
	   "whole pieces of a range (%ld)", huge_kib(p));
	munmap(p, 3 * PIECE);
}

static int sum_of(const char *p)
{
	volatile const char *v = p;
	int sum = 0;

	for (size_t i = 0; i < PAGES; i++)
		sum += v[i * PG];
	return sum;
}

static void what_is_not(void)
{
	char *p = pieces(1);
	size_t faults;

	sum_of(p);
	madvise(p, PIECE, MADV_HUGEPAGE);
	gives(-EINVAL, collapse(p, PIECE));             /* only read: the area has nothing of its own */
	munmap(p, PIECE);

	p = small(1, 1);
	mprotect(p, PIECE, PROT_READ);
	gives(-EINVAL, collapse(p, PIECE));             /* no page that may be written */
	mprotect(p, PIECE, RW);
	gives(0, collapse(p, PIECE));
	ok(wrong(p, 1) == 0, "when they may it is one (%zu)", wrong(p, 1));
	munmap(p, PIECE);

	p = pieces(3);
	for (int i = 0; i < 3; i += 2)
		stamp(p + i * PIECE, 1);
	madvise(p, 3 * PIECE, MADV_HUGEPAGE);
	gives(-EINVAL, collapse(p, 3 * PIECE));
	ok(huge_kib(p) == 2048, "an empty piece ends it (%ld)", huge_kib(p));
	munmap(p, 3 * PIECE);

	p = pieces(3);
	for (int i = 0; i < 3; i += 2)
		stamp(p + i * PIECE, 1);
	sum_of(p + PIECE);
	madvise(p, 3 * PIECE, MADV_HUGEPAGE);
	gives(-EINVAL, collapse(p, 3 * PIECE));
	ok(huge_kib(p) == 4096, "one that was only read does not (%ld)", huge_kib(p));
	faults = wrong(p, 1) + wrong(p + 2 * PIECE, 1) + wrong(p + PIECE, 1);
	ok(faults == PAGES, "and all bytes are there (%zu)", faults);
	munmap(p, 3 * PIECE);
}

static void after_fork(void)
{
	char *p = small(1, 1);
	int go[2], status;
	pid_t pid;
	char c;

	if (pipe(go))
		exit(2);
	pid = fork();
	if (pid == 0) {
		if (read(go[0], &c, 1) != 1 || wrong(p, 1))
			_exit(1);
		p[PG + 100] = 1;
		if (collapse(p, PIECE) || huge_kib(p) != 2048)
			_exit(2);
		p[PG + 100] = 0;
		_exit(wrong(p, 1) ? 3 : 0);
	}
	gives(-EINVAL, collapse(p, PIECE));             /* all pages wait for a copy */
	p[17 * PG + 8] = 5;
	gives(0, collapse(p, PIECE));
	ok(huge_kib(p) == 2048, "what a child shares becomes large (%ld)", huge_kib(p));
	p[30 * PG + 8] = 6;
	p[17 * PG + 8] = 0;
	if (write(go[1], "x", 1) != 1)
		exit(2);
	waitpid(pid, &status, 0);
	ok(status == 0, "the child has its own bytes, and becomes large too (%x)", status);
	ok(p[30 * PG + 8] == 6, "the parent its");
	p[30 * PG + 8] = 0;
	ok(wrong(p, 1) == 0, "all of them (%zu)", wrong(p, 1));
	munmap(p, PIECE);
	close(go[0]);
	close(go[1]);
}

static void of_another(void)
{
	struct iovec two[2] = { { small(2, 1), PIECE } };
	char *p = two[0].iov_base;
	int fd, status;
	pid_t pid = fork();

	if (pid == 0) {
		stamp(p, 1);
		stamp(p + PIECE, 1);
		raise(SIGSTOP);
		_exit(wrong(p, 1) + wrong(p + PIECE, 1) ? 1 : 0);
	}
	waitpid(pid, &status, WUNTRACED);
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	two[1] = (struct iovec){ p + PIECE, PIECE };
	gives(2 * PIECE, RESULT(syscall(SYS_process_madvise, fd, two, 2, COLLAPSE, 0)));
	ok(area_figure(pid, p, "AnonHugePages:") == 4096, "another's memory becomes large");
	two[1].iov_base = p + 2 * PIECE;
	gives(PIECE, RESULT(syscall(SYS_process_madvise, fd, two, 2, COLLAPSE, 0)));
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	ok(status == 0, "and it sees its bytes");
	gives(-ESRCH, RESULT(syscall(SYS_process_madvise, fd, two, 2, COLLAPSE, 0)));
	close(fd);
	munmap(p, 2 * PIECE);
}

static void who_asks_for_pages(void)
{
	char *p = small(1, 2);
	int fd = u_open(O_CLOEXEC | O_NONBLOCK);
	struct uffdio_register r = { .range = { (uintptr_t)p, PIECE }, .mode = MISSING };

	u_api(fd, 0);
	if (ioctl(fd, UFFDIO_REGISTER, &r))
		exit(2);
	gives(-EBUSY, collapse(p, PIECE));              /* what is missing is asked for */
	close(fd);
	gives(0, collapse(p, PIECE));
	ok(wrong(p, 2) == 0, "and is not when nobody answers");
	munmap(p, PIECE);
}

/* Linux lends the page itself: EAGAIN.  Where the pipe has a copy nothing is in the way. */
static void held(void)
{
	char *p = small(2, 1), got[PG];
	struct iovec v = { p + 9 * PG, PG };
	int pipe_[2];
	long r;

	if (pipe(pipe_) || vmsplice(pipe_[1], &v, 1, 0) != (long)PG)
		exit(2);
	r = collapse(p, 2 * PIECE);
	ok(r == -EAGAIN || r == 0, "a pipe has one of the pages (%ld)", r);
	ok(huge_kib(p) == (r ? 2048 : 4096), "the other piece is large (%ld)", huge_kib(p));
	if (read(pipe_[0], got, PG) != (long)PG)
		exit(2);
	gives(0, collapse(p, 2 * PIECE));
	ok(!memcmp(got, p + 9 * PG, PG) && wrong(p, 1) + wrong(p + PIECE, 1) == 0, "with its bytes");
	close(pipe_[0]);
	close(pipe_[1]);
	munmap(p, 2 * PIECE);
}

/* ---- while threads work in it ---- */

#define WRITERS 3

static char *shared;
static atomic_int stop, bad;

/* Its own words count on; what it wrote last it must find, by loads and through the kernel. */
static void *writer(void *arg)
{
	size_t me = (size_t)arg;
	uint64_t n = 0, seen;
	int p[2];

	if (pipe(p))
		exit(2);
	for (; !stop; n++)
		for (size_t i = me; i < 2 * PAGES; i += 5) {
			volatile uint64_t *w = (volatile uint64_t *)(shared + i * PG + 64 * me);

			if (*w != n)
				atomic_fetch_add(&bad, 1);
			if (i % 64 == me) {
				seen = n + 1;
				if (write(p[1], &seen, 8) != 8 || read(p[0], (void *)w, 8) != 8)
					exit(2);
			} else {
				*w = n + 1;
			}
		}
	return NULL;
}

static void threads(int seconds)
{
	pthread_t t[WRITERS];
	long large = 0, rounds = 0;
	time_t end = time(NULL) + seconds;

	shared = small(2, PAGES);
	for (size_t i = 0; i < 2; i++)
		memset(shared + i * PIECE, 0, PIECE);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_create(&t[i], NULL, writer, (void *)i);
	for (; time(NULL) < end && !bad; rounds++) {
		large += !collapse(shared, 2 * PIECE);
		/* split: a page that nobody writes goes */
		madvise(shared + 4 * PG, PG, MADV_DONTNEED);
		if (rounds % 16 == 15) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(collapse(shared, PIECE) == -EBUSY);
			waitpid(pid, NULL, 0);
		}
	}
	stop = 1;
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
	ok(!bad, "no write is lost (%d), %ld rounds", bad, rounds);
	ok(large > 0, "while it becomes large again and again (%ld)", large);
}

static void from_swap(void)
{
	char *p = small(2, 1);
	int status;
	pid_t pid;

	madvise(p, PIECE, MADV_PAGEOUT);
	ok(area_figure(getpid(), p, "Swap:") > 1024, "paged out (%ld)", area_figure(getpid(), p, "Swap:"));
	p[3 * PG + 4000] = 0;
	gives(0, collapse(p, 2 * PIECE));
	ok(huge_kib(p) == 4096, "what is in swap comes back large (%ld)", huge_kib(p));
	ok(area_figure(getpid(), p, "Swap:") == 0, "none is left there");
	ok(wrong(p, 1) + wrong(p + PIECE, 1) == 0, "with its bytes");
	madvise(p, 2 * PIECE, MADV_PAGEOUT);
	pid = fork();
	if (pid == 0) {
		p[8] = 0;
		_exit(collapse(p, PIECE) || huge_kib(p) != 2048 || wrong(p, 1) + wrong(p + PIECE, 1) != 0);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "and so a child's (%x)", status);
	ok(wrong(p, 1) + wrong(p + PIECE, 1) == 0, "the parent has all");
	munmap(p, 2 * PIECE);
}

int main(int argc, char **argv)
{
	tap_limit(100);
	if (argc > 2) {
		threads(atoi(argv[2]));
	} else if (argc > 1) {
		from_swap();
	} else {
		arguments();
		files();
		becomes_large();
		what_is_not();
		after_fork();
		of_another();
		who_asks_for_pages();
		held();
	}
	return tap_done();
}
