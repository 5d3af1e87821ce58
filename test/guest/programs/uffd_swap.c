// SPDX-License-Identifier: MIT
/*
 * userfaultfd and swap: registered pages that go to swap come back without being asked for, are
 * moved from there, and continued from there.  Needs swap.
 */
#define _GNU_SOURCE
#include "uffd.h"

#define PAGES 512

static long swapped(void)
{
	long kb = -1;
	char *p = strstr(slurp("/proc/self/status"), "VmSwap:");

	sscanf(p, "VmSwap: %ld", &kb);
	return kb / 4;
}

static char *paged_out(char *p)
{
	madvise(p, PAGES * PG, MADV_NOHUGEPAGE);
	for (int i = 0; i < PAGES; i++)
		*(uint64_t *)(p + i * PG) = 1000 + i;
	madvise(p, PAGES * PG, MADV_PAGEOUT);
	return p;
}

/* How many pages hold what paged_out() wrote. */
static int right(char *p)
{
	int n = 0;

	for (int i = 0; i < PAGES; i++)
		n += *(uint64_t *)(p + i * PG) == 1000UL + i;
	return n;
}

static int moves(int fd, char *to, char *from)
{
	int n = 0;

	for (int i = 0; i < PAGES; i++)
		n += u_move(fd, to + i * PG, from + i * PG, PG, 0) == 0;
	return n;
}

static void private_pages(int fd)
{
	char *p = area(PAGES), *q = area(PAGES), *from;
	int n = 0;

	madvise(p, PAGES * PG, MADV_NOHUGEPAGE);
	u_register(fd, p, PAGES * PG, MISSING);
	for (int i = 0; i < PAGES; i++)
		n += u_copy(fd, p + i * PG, page_of(1000 + i), PG, 0) == 0;
	gives(PAGES, n);
	madvise(p, PAGES * PG, MADV_PAGEOUT);
	ok(swapped() > PAGES / 2, "filled pages go to swap: %ld", swapped());
	gives(PAGES, right(p));
	gives(0, u_poll(fd));

	madvise(q, PAGES * PG, MADV_NOHUGEPAGE);
	u_register(fd, q, PAGES * PG, MISSING);
	from = paged_out(area(PAGES));
	ok(swapped() > PAGES / 2, "others too: %ld", swapped());
	gives(PAGES, moves(fd, q, from));
	gives(PAGES, right(q));
	gives(0, peek(from));
	gives(0, u_poll(fd));
	madvise(q, PAGES * PG, MADV_PAGEOUT);
	gives(0, munmap(q, PAGES * PG));
	munmap(p, PAGES * PG);
	munmap(from, PAGES * PG);
}

static void shared_pages(int fd)
{
	int mem = memfd_create("s", 0), n = 0;
	struct toucher *t;
	struct uffd_msg m;
	char *p, *q;

	ftruncate(mem, PAGES * PG);
	p = mmap(NULL, PAGES * PG, RW, MAP_SHARED, mem, 0);
	q = paged_out(mmap(NULL, PAGES * PG, RW, MAP_SHARED, mem, 0));
	u_register(fd, p, PAGES * PG, MINOR | MISSING);
	t = touch_begin(p + 9 * PG, 0, 0);
	ok(u_next(fd, &m) && m.arg.pagefault.flags == UFFD_PAGEFAULT_FLAG_MINOR,
	   "a page in swap is a minor fault");
	gives(0, u_continue(fd, p + 9 * PG, PG, 0));
	gives(1009, touch_end(t));
	gives(-EEXIST, u_copy(fd, p + 10 * PG, page_of(1), PG, 0));
	for (int i = 0; i < PAGES; i++)
		n += u_continue(fd, p + i * PG, PG, 0) == 0;
	gives(PAGES - 1, n);
	gives(PAGES, right(p));
	gives(PAGES, right(q));
	munmap(p, PAGES * PG);
	munmap(q, PAGES * PG);
	close(mem);
}

int main(void)
{
	int fd;

	tap_limit(100);
	catch_faults();
	fd = u_new(0);
	private_pages(fd);
	shared_pages(fd);
	close(fd);
	return tap_done();
}
