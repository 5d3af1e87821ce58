// SPDX-License-Identifier: MIT
/*
 * cachestat(2): how much of a file is in memory.
 *
 * usage: cachestats [evicted]
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PG      4096UL

struct range { uint64_t off, len; };
struct stats { uint64_t cache, dirty, writeback, evicted, recent; };

static struct stats s;

static long cachestat(int fd, uint64_t off, uint64_t len)
{
	struct range r = { off, len };

	memset(&s, 0x55, sizeof(s));
	return syscall(451, fd, &r, &s, 0);
}

static int is(uint64_t cache, uint64_t dirty)
{
	int good = s.cache == cache && s.dirty + s.writeback == dirty;

	if (!good)
		printf("# %lu cached, %lu dirty, %lu being written, %lu evicted\n", (long)s.cache, (long)s.dirty,
		       (long)s.writeback, (long)s.evicted);
	return good;
}

static void fill(int fd, size_t pages)
{
	char page[PG];

	memset(page, 7, sizeof(page));
	for (size_t i = 0; i < pages; i++)
		if (pwrite(fd, page, PG, i * PG) != (long)PG)
			exit(2);
}

static void of_a_file(void)
{
	int fd = open("/root/cachestats.tmp", O_RDWR | O_CREAT | O_TRUNC, 0644);
	char *p;

	ok(cachestat(fd, 0, 0) == 0 && is(0, 0), "an empty file");
	fill(fd, 16);
	ok(cachestat(fd, 0, 0) == 0 && is(16, 16), "what was written is dirty");
	ok(cachestat(fd, 5 * PG, 3 * PG) == 0 && is(3, 3), "a range");
	ok(cachestat(fd, 5 * PG + 1, PG) == 0 && is(2, 2), "bytes of two pages");
	ok(cachestat(fd, 5 * PG, 1) == 0 && is(1, 1), "a byte");
	ok(cachestat(fd, 14 * PG, 100 * PG) == 0 && is(2, 2), "past the end");
	ok(cachestat(fd, 16 * PG, 0) == 0 && is(0, 0), "behind it");
	ok(cachestat(fd, -PG, 0) == 0 && is(0, 0), "far behind it");
	fsync(fd);
	ok(cachestat(fd, 0, 0) == 0 && is(16, 0), "after fsync they are clean");
	p = mmap(NULL, 16 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[3 * PG] = 1;
	ok(cachestat(fd, 0, 0) == 0 && is(16, 1), "a page written through a mapping");
	munmap(p, 16 * PG);
	fsync(fd);
	posix_fadvise(fd, 4 * PG, 8 * PG, POSIX_FADV_DONTNEED);
	ok(cachestat(fd, 0, 0) == 0 && is(8, 0), "eight were let go");
	ok(s.evicted == 0 && s.recent == 0, "because nobody wants them (%lu, %lu)", (long)s.evicted, (long)s.recent);
	ok(ftruncate(fd, 2 * PG) == 0 && cachestat(fd, 0, 0) == 0 && is(2, 0), "truncated");
	unlink("/root/cachestats.tmp");
	close(fd);
}

static void of_others(void)
{
	int fd = memfd_create("x", 0), p[2], dir = open("/root", O_RDONLY | O_DIRECTORY);
	int null = open("/dev/null", O_RDWR);

	fill(fd, 4);
	ok(cachestat(fd, 0, 0) == 0 && is(4, 0), "memory's own file has nothing to write");
	if (pipe(p))
		exit(2);
	ok(cachestat(p[0], 0, 0) == 0 && is(0, 0), "a pipe");
	ok(cachestat(dir, 0, 0) == 0, "a directory");
	ok(cachestat(null, 0, 0) == 0 && is(0, 0), "a device");
	close(fd);
	close(dir);
	close(null);
	close(p[0]);
	close(p[1]);
}

static void errors(void)
{
	int fd = open("/root/cachestats.tmp", O_RDWR | O_CREAT, 0644), path = open("/root", O_PATH), status;
	struct range r = { 0, 0 };

	fails(EBADF, cachestat(-1, 0, 0));
	fails(EBADF, cachestat(path, 0, 0));
	fails(EBADF, syscall(451, -1, 8, &s, 1));
	fails(EFAULT, syscall(451, fd, 8, &s, 1));
	fails(EINVAL, syscall(451, fd, &r, &s, 1));
	fails(EINVAL, syscall(451, fd, &r, 8, 1));
	fails(EFAULT, syscall(451, fd, &r, 8, 0));
	if (fork() == 0) {
		int bad = 0, other = open("/etc/passwd", O_RDONLY), own = open("/root/cachestats.tmp", O_RDONLY);

		if (fchown(own, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(99);
		bad |= cachestat(other, 0, 0) != -1 || errno != EPERM;
		bad |= (syscall(451, other, &r, &s, 1) != -1 || errno != EPERM) << 1;
		bad |= (cachestat(own, 0, 0) != 0) << 2;
		bad |= (cachestat(fd, 0, 0) != 0) << 3;
		_exit(bad);
	}
	wait(&status);
	ok(status == 0, "only for whose file it is, or who may write it (%x)", status);
	unlink("/root/cachestats.tmp");
	close(fd);
	close(path);
}

/* A file larger than memory is read: of what is not there any more some is remembered. */
static void evicted(size_t mib)
{
	int fd = open("/root/cachestats.big", O_RDWR | O_CREAT | O_TRUNC, 0644);
	size_t pages = mib << 8;
	char buf[65536];

	fill(fd, pages);
	fsync(fd);
	for (int i = 0; i < 2; i++) {
		lseek(fd, 0, SEEK_SET);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
	}
	ok(cachestat(fd, 0, 0) == 0, "a file of %zu pages: %lu are there, %lu were, %lu not long ago", pages,
	   (long)s.cache, (long)s.evicted, (long)s.recent);
	ok(s.cache > 0 && s.cache < pages && s.evicted > pages / 16 && s.cache + s.evicted <= pages &&
	   s.recent <= s.evicted, "as many as can be");
	unlink("/root/cachestats.big");
	close(fd);
}

int main(int argc, char **argv)
{
	tap_limit(200);
	if (argc > 2) {
		evicted((size_t)atoi(argv[2]));
		return tap_done();
	}
	of_a_file();
	of_others();
	errors();
	return tap_done();
}
