// SPDX-License-Identifier: MIT
/*
 * Pages in swap and who brings them back: madvise(MADV_WILLNEED) before they are touched,
 * readahead with those that are, and /proc/sys/vm/page-cluster, which says how far.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "figures.h"
#include "tap.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE    4096UL
#define PAGES   1024UL
#define SETTING "/proc/sys/vm/page-cluster"

static int set(const char *value)
{
	int fd = open(SETTING, O_WRONLY), err;

	err = write(fd, value, strlen(value)) < 0 ? errno : 0;
	close(fd);
	return err;
}

static long major(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_majflt;
}

/* Linux keeps what was written until somebody wants memory: want it. */
static void press(void)
{
	if (!fork()) {
		for (int i = 0; i < 4096 && meminfo("SwapCached:") > 256; i++)
			memset(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 1 << 20);
		_exit(0);
	}
	wait(NULL);
}

/* Pages with a number in each, all of them in swap and none in memory. */
static char *away(int flags)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(2);
	madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (unsigned long i = 0; i < PAGES; i++)
		*(unsigned long *)(p + i * PAGE) = i;
	madvise(p, PAGES * PAGE, MADV_PAGEOUT);
	usleep(300000);                         /* being written */
	press();
	return p;
}

/* Touch them all; major faults that it took, or -1 if a number is not right. */
static long touch(char *p)
{
	long before = major();

	for (unsigned long i = 0; i < PAGES; i++)
		if (*(volatile unsigned long *)(p + i * PAGE) != i)
			return -1;
	return major() - before;
}

static void willneed(int flags, const char *kind)
{
	char *p = away(flags);
	long before = figure("/proc/vmstat", "pswpin"), read = 0, faults;

	fails(0, madvise(p, PAGES * PAGE, MADV_WILLNEED));
	for (int i = 0; i < 100 && read < (long)PAGES * 15 / 16; i++) {
		usleep(50000);
		read = figure("/proc/vmstat", "pswpin") - before;
	}
	ok(read >= (long)PAGES * 15 / 16, "%s: what is needed soon is read: %ld pages", kind, read);
	usleep(200000);
	faults = touch(p);
	ok(faults >= 0 && faults < 64, "and found where it was: %ld major faults", faults);
	munmap(p, PAGES * PAGE);
}

int main(void)
{
	char was[16] = "";
	long alone, together;
	char *p;
	int fd = open(SETTING, O_RDONLY);

	tap_limit(120);
	ok(read(fd, was, sizeof(was) - 1) > 0 && atoi(was) >= 0 && atoi(was) <= 31,
	   "page-cluster is a number: %s", was);
	close(fd);
	ok(set("32\n") == EINVAL && set("-1\n") == EINVAL, "from 0 to 31");
	willneed(MAP_PRIVATE, "anonymous memory");
	willneed(MAP_SHARED, "shared memory");
	ok(set("0\n") == 0, "it can be 0");
	p = away(MAP_PRIVATE);
	alone = touch(p);
	munmap(p, PAGES * PAGE);
	ok(alone >= (long)PAGES * 15 / 16, "then each page comes alone: %ld major faults", alone);
	ok(set("3\n") == 0, "it can be 3");
	p = away(MAP_PRIVATE);
	together = touch(p);
	munmap(p, PAGES * PAGE);
	ok(together > 0 && together < alone / 3, "then pages bring others: %ld", together);
	set(was);
	return tap_done();
}
