// SPDX-License-Identifier: MIT
/*
 * An error of writing back, and who hears of it: each file that was open, once.
 *
 * usage: fsyncerr FILE PAGE, where the disk refuses to write that page of FILE.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>

#include "tap.h"

#define PAGE 4096L

static const char *path;
static off_t where;

static void bail(const char *what)
{
	perror(what);
	exit(99);
}

static int open_it(void)
{
	return open(path, O_RDWR);
}

static void soil(int fd)
{
	static char n;
	char buf[PAGE];

	memset(buf, ++n, sizeof(buf));
	if (pwrite(fd, buf, sizeof(buf), where) != sizeof(buf))
		bail("pwrite");
}

static int said(int result)
{
	return result ? errno : 0;
}

static void fsync_tells_each_file_once(int a, int b)
{
	int c;

	soil(a);
	ok(said(fsync(a)) == EIO, "fsync says EIO");
	ok(said(fsync(a)) == 0, "and once only");
	ok(said(fdatasync(b)) == EIO, "another open file hears of it from fdatasync");
	ok(said(fdatasync(b)) == 0, "and once only");
	c = open_it();
	ok(said(fsync(c)) == 0, "a file opened after it was told hears nothing");
	close(c);
}

static void an_untold_error_waits_for_the_next_to_open(int a)
{
	int c;

	soil(a);
	sync();
	c = open_it();
	ok(said(fsync(c)) == EIO, "what nobody was told, a file opened later is");
	close(c);
	ok(said(fsync(a)) == EIO, "and so is the one that was open then");
}

static void syncfs_tells_once(int a)
{
	ok(said(syncfs(a)) == EIO, "syncfs tells of the writes that failed since the file was opened");
	ok(said(syncfs(a)) == 0, "and once only");
}

static void ranges_and_mappings(int a)
{
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, a, where);

	if (map == MAP_FAILED)
		bail("mmap");
	soil(a);
	ok(said(sync_file_range(a, where, PAGE, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)) ==
	   EIO, "sync_file_range that waits says EIO");
	ok(said(sync_file_range(a, where, PAGE, SYNC_FILE_RANGE_WAIT_BEFORE)) == 0, "and once only");
	map[0]++;
	ok(said(msync(map, PAGE, MS_SYNC)) == EIO, "msync says EIO of what a mapping wrote");
	ok(said(msync(map, PAGE, MS_SYNC)) == 0, "and once only");
	munmap(map, PAGE);
}

static void arguments(int a)
{
	int p[2];

	if (pipe(p))
		bail("pipe");
	ok(said(sync_file_range(-1, 0, 0, 99)) == EBADF, "sync_file_range: the file comes first");
	ok(said(sync_file_range(a, 0, 0, 8)) == EINVAL, "unknown flags are EINVAL");
	ok(said(sync_file_range(a, -1, 0, 0)) == EINVAL, "a negative offset is EINVAL");
	ok(said(sync_file_range(a, 1, 0x7fffffffffffffff, 0)) == EINVAL, "so is a sum that overflows");
	ok(said(sync_file_range(p[0], 0, 0, 0)) == ESPIPE, "of a pipe it is ESPIPE");
	ok(said(fsync(p[0])) == EINVAL, "fsync of a pipe is EINVAL");
	ok(said(syncfs(p[0])) == 0, "syncfs of a pipe is 0");
}

int main(int argc, char **argv)
{
	int a, b;

	if (argc != 3)
		bail("usage");
	path = argv[1];
	where = atol(argv[2]) * PAGE;
	a = open_it();
	b = open_it();
	if (a < 0 || b < 0)
		bail(path);
	fsync_tells_each_file_once(a, b);
	an_untold_error_waits_for_the_next_to_open(a);
	syncfs_tells_once(a);
	ranges_and_mappings(a);
	arguments(a);
	return tap_done();
}
