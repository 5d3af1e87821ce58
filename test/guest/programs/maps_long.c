// SPDX-License-Identifier: MIT
/*
 * /proc/self/maps and smaps of some thousand areas: all of them, in order, however they are read;
 * and a reader costs the kernel a page or two, not as much as the text is long.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#define PG      4096UL
#define AREAS   3000UL
#define READERS 16
#define LONG    (2UL << 20)

static char whole[LONG], pieces[LONG];
static char *base;

/* The file's text by reads of @step bytes; its length. */
static size_t text(const char *name, char *buf, size_t step)
{
	int fd = open(name, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	while (len + step < LONG && (n = read(fd, buf + len, step)) > 0)
		len += (size_t)n;
	close(fd);
	buf[len] = '\0';
	return len;
}

/* How many of base's pages stand as an area of their own, each after the one before; -1: out of order. */
static long count_areas(const char *s)
{
	unsigned long start, end, last = 0;
	long found = 0;

	for (; *s; s = strchr(s, '\n') + 1) {
		if (sscanf(s, "%lx-%lx ", &start, &end) != 2 || start < last)
			return -1;
		last = end;
		if (start >= (unsigned long)base && end <= (unsigned long)base + AREAS * PG)
			found += end - start == PG;
	}
	return found;
}

static long count_word(const char *s, const char *word)
{
	long n = 0;

	for (; (s = strstr(s, word)); s++)
		n++;
	return n;
}

static void reads(void)
{
	char part[3000];
	size_t len = text("/proc/self/maps", whole, PG);
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t n;

	ok(count_areas(whole) == (long)AREAS, "maps has each of 3,000 areas once, in order");
	ok(text("/proc/self/maps", pieces, 61) == len && !strcmp(whole, pieces),
	   "reads of 61 bytes give the same text");
	n = pread(fd, part, sizeof(part), (off_t)len / 2);
	ok(n > 0 && !memcmp(part, whole + len / 2, (size_t)n), "pread in the middle does");
	n = pread(fd, part, 100, 10);
	ok(n > 0 && !memcmp(part, whole + 10, (size_t)n), "and after it one near the start");
	close(fd);
}

/* Whole lines are counted, and what is left of one waits for its end. */
static void smaps(void)
{
	int fd = open("/proc/self/smaps", O_RDONLY);
	long first = 0, middle = 0, last = 0;
	size_t left = 0;
	ssize_t n;

	while ((n = read(fd, whole + left, PG)) > 0) {
		char *rest;

		whole[left + (size_t)n] = '\0';
		rest = strrchr(whole, '\n') + 1;
		strcpy(pieces, rest);
		*rest = '\0';
		first += count_word(whole, "KernelPageSize:");
		middle += count_word(whole, "Private_Dirty:");
		last += count_word(whole, "VmFlags:");
		left = strlen(pieces);
		memcpy(whole, pieces, left);
	}
	close(fd);
	printf("# %ld %ld %ld\n", first, middle, last);
	ok(first > (long)AREAS && middle == first && last == first, "smaps has all lines of each area");
}

static void half_read(void)
{
	static char buf[PG];
	struct sysinfo before, after;
	int fds[READERS];

	sysinfo(&before);
	for (int i = 0; i < READERS; i++) {
		fds[i] = open("/proc/self/smaps", O_RDONLY);
		for (int k = 0; k < 100; k++)
			if (read(fds[i], buf, sizeof(buf)) <= 0)
				break;
	}
	sysinfo(&after);
	printf("# %lu KiB free, then %lu\n", before.freeram >> 10, after.freeram >> 10);
	ok(after.freeram + (8UL << 20) > before.freeram, "16 that read smaps hold no text of 4 MiB");
	for (int i = 0; i < READERS; i++)
		close(fds[i]);
}

int main(void)
{
	base = mmap(NULL, AREAS * PG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (unsigned long i = 0; i < AREAS; i += 2)
		mprotect(base + i * PG, PG, PROT_NONE);
	reads();
	smaps();
	half_read();
	return tap_done();
}
