// SPDX-License-Identifier: MIT
/*
 * read(2) of a cached file: whatever the length, the place in the file and the
 * place in memory, the bytes are the file's, and those beside them are not touched.
 *
 *	reads DIR	every length in words, at the places that matter; and a file that others cut
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#define PAGE 4096
#define PAGES 4

static uint64_t *data;                  /* what is in the file */
static unsigned char *area;             /* where it is read to: pages between two that are not there */

static char name[64];

/* Read @len bytes at @at to @off in the area.  Are all the bytes right, and no others changed? */
static bool right(int fd, size_t at, size_t off, size_t len)
{
	size_t size = PAGES * PAGE, end = off + len < size ? off + len : size;

	memset(area, 0xa5, size);
	if (pread(fd, area + off, len, (off_t)at) != (ssize_t)(end - off))
		return false;
	for (size_t i = off > 64 ? off - 64 : 0; i < off; i++)
		if (area[i] != 0xa5)
			return false;
	for (size_t i = end; i < end + 64 && i < size; i++)
		if (area[i] != 0xa5)
			return false;
	return !memcmp(area + off, (char *)data + at, end - off);
}

static size_t wrong(int fd, size_t at, size_t off, size_t step)
{
	size_t n = 0;

	for (size_t len = step; len <= PAGE; len += step)
		if (!right(fd, at, off, len) && !n++)
			printf("# first at %zu of the file, to %zu, %zu bytes\n", at, off, len);
	return n;
}

static void lengths(void)
{
	static const size_t offs[] = { 0, 8, 1024, PAGE - 1024, PAGE - 8, PAGE, PAGE + 2048, 3 * PAGE - 512 };
	int fd = open(name, O_RDONLY);

	for (size_t i = 0; i < sizeof(offs) / sizeof(offs[0]); i++)
		ok(!wrong(fd, 0, offs[i], 8), "any number of words from a page's begin to %zu", offs[i]);
	ok(!wrong(fd, 8, PAGE + 16, 8), "any number of words from a page's second to its next page");
	ok(!wrong(fd, 2048, PAGE - 2048, 8), "from a page's middle to a page's middle");
	ok(!wrong(fd, 0, PAGE - 3, 257), "to a place that is no word's");
	ok(!wrong(fd, 5, PAGE - 8, 257), "from a place that is no word's");
	ok(!wrong(fd, 8, PAGE - 16, 1), "any number of bytes from a page's second word across two pages");
	ok(!right(fd, 0, PAGES * PAGE, 8), "not beyond what is mapped");
	ok(right(fd, 0, PAGES * PAGE - 1024, 4096) || errno == EFAULT,
	   "as far as there is memory, or not at all");
	close(fd);
}

/* -------------------------------------------- beside one who cuts the file */

static volatile bool stop;

static void *cutter(void *arg)
{
	int fd = open(name, O_RDWR);

	for (int i = 0; !stop; i++) {
		if (ftruncate(fd, PAGE) || pwrite(fd, data, PAGES * PAGE, 0) != PAGES * PAGE)
			break;
		if (i % 64 == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
			break;
	}
	close(fd);
	return NULL;
}

/* The frames that the cutter frees are soon this one's, and full of what no file has. */
static void *taker(void *arg)
{
	while (!stop) {
		void *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			break;
		memset(p, 0xff, PAGES * PAGE);
		munmap(p, PAGES * PAGE);
	}
	return NULL;
}

/*
 * The words that are read last are the file's, or what lies behind the end of one that is shorter just
 * now.  Reading on in a page is the quickest way of all, and most of the time shall go into copying.
 */
static void beside_a_cutter(void)
{
	int fd = open(name, O_RDONLY);
	uint64_t *to = (uint64_t *)(area + PAGE - 64);
	size_t bad = 0, short_reads = 0, whole = 0, part = PAGE / 2, last = part / 8 - 1;
	pthread_t t, other;

	pthread_create(&t, NULL, cutter, NULL);
	pthread_create(&other, NULL, taker, NULL);
	for (time_t end = time(NULL) + 4, i = 0; time(NULL) < end; i++) {
		size_t at = (size_t)i * part % (PAGES * PAGE) / 8;
		ssize_t n = pread(fd, to, part, (off_t)at * 8);

		short_reads += n >= 0 && n < (ssize_t)part;
		if (n != (ssize_t)part)
			continue;
		whole++;
		bad += (to[last] != data[at + last] && to[last]) ||
		       (to[last / 2] != data[at + last / 2] && to[last / 2]);
	}
	stop = true;
	pthread_join(t, NULL);
	pthread_join(other, NULL);
	if (!ok(!bad && whole, "reads of a file that is cut and written anew see nothing else"))
		printf("# %zu wrong of %zu reads that were whole, %zu short\n", bad, whole, short_reads);
	close(fd);
}

int main(int argc, char **argv)
{
	int fd;

	tap_limit(120);
	snprintf(name, sizeof(name), "%s/reads.data", argc > 1 ? argv[1] : "/tmp");
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	data = malloc(PAGES * PAGE);
	for (size_t i = 0; i < PAGES * PAGE / 8; i++)
		data[i] = (i + 1) * 0x9e3779b97f4a7c15;
	if (write(fd, data, PAGES * PAGE) != PAGES * PAGE)
		perror("write");
	close(fd);
	area = mmap(NULL, (PAGES + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area += PAGE;
	mprotect(area, PAGES * PAGE, PROT_READ | PROT_WRITE);
	lengths();
	beside_a_cutter();
	unlink(name);
	return tap_done();
}
