// SPDX-License-Identifier: MIT
/*
 * When reading a file moves its time of last access: mount(8), relatime, strictatime
 * and noatime; open(2), O_NOATIME.
 *
 *	atimes DIR	root: it sets the clock, and mounts a tmpfs at DIR/atimes
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

static char dir[64], name[96], other[96];

static struct timespec atime_of(void)
{
	struct stat st;

	if (stat(name, &st))
		perror(name);
	return st.st_atim;
}

/* Linux' file times are those of its last tick. */
static void ticks(void)
{
	usleep(30000);
}

/* Read a byte of @fd: did atime move? */
static bool moves(int fd)
{
	struct timespec before = atime_of(), after;
	char byte;

	ticks();
	if (pread(fd, &byte, 1, 0) != 1)
		perror("pread");
	after = atime_of();
	return before.tv_sec != after.tv_sec || before.tv_nsec != after.tv_nsec;
}

static void once(int fd, const char *what)
{
	bool first = moves(fd), second = moves(fd), third = moves(fd);

	if (!ok(first && !second && !third, "the first read moves it, no other: %s", what))
		printf("# %d %d %d\n", first, second, third);
}

static void set_clock(long seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	if (clock_settime(CLOCK_REALTIME, &now))
		perror("clock_settime");
}

static int made(void)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, "x", 1) != 1)
		perror(name);
	return fd;
}

static void relatime(void)
{
	struct timespec past[2] = { { .tv_sec = time(NULL) - 172800 }, { .tv_nsec = UTIME_OMIT } };
	struct timespec future[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time(NULL) + 3600 } };
	int fd = made(), quiet = open(name, O_RDONLY | O_NOATIME);

	once(fd, "a new file");
	ticks();
	if (pwrite(fd, "y", 1, 0) != 1)
		perror("pwrite");
	ok(!moves(quiet), "O_NOATIME moves nothing");
	once(fd, "a write");
	ticks();
	fchmod(fd, 0600);
	once(fd, "chmod");
	ticks();
	link(name, other);
	once(fd, "a second name");
	ticks();
	unlink(other);
	once(fd, "a name less");
	ticks();
	rename(name, other);
	rename(other, name);
	once(fd, "rename");
	ticks();
	futimens(fd, past);
	once(fd, "a time of access two days ago");
	ticks();
	futimens(fd, future);
	ok(moves(fd) && moves(fd) && moves(fd), "each read, while the file is newer than that");
	ticks();
	futimens(fd, (struct timespec[2]){ { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } });
	once(fd, "times of now");
	set_clock(86400 + 60);
	once(fd, "a day passed");
	set_clock(43200);
	ok(!moves(fd), "half a day is not enough");
	set_clock(-86400 - 60 - 43200);
	ok(!moves(fd), "nor is going back");
	ticks();
	fchmod(fd, 0644);
	moves(fd);
	close(fd);
	close(quiet);
}

static void mount_flags(void)
{
	int fd;

	if (mount("none", dir, "tmpfs", 0, NULL))
		perror("mount");
	fd = made();
	once(fd, "a new file on a tmpfs");
	if (mount(NULL, dir, NULL, MS_REMOUNT | MS_STRICTATIME, NULL))
		perror("remount");
	ok(moves(fd) && moves(fd), "strictatime: each read moves it");
	if (mount(NULL, dir, NULL, MS_REMOUNT | MS_NOATIME, NULL))
		perror("remount");
	pwrite(fd, "z", 1, 0);
	ok(!moves(fd) && !moves(fd), "noatime: none does");
	if (mount(NULL, dir, NULL, MS_REMOUNT | MS_RELATIME, NULL))
		perror("remount");
	once(fd, "relatime again");
	close(fd);
	umount(dir);
	if (mount("none", dir, "tmpfs", MS_STRICTATIME, NULL))
		perror("mount");
	fd = made();
	ok(moves(fd) && moves(fd), "mounted with strictatime: each read moves it");
	close(fd);
	umount(dir);
}

int main(int argc, char **argv)
{
	tap_limit(120);
	snprintf(dir, sizeof(dir), "%s/atimes", argc > 1 ? argv[1] : "/tmp");
	snprintf(name, sizeof(name), "%s/file", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	mkdir(dir, 0755);
	relatime();
	unlink(name);
	mount_flags();
	rmdir(dir);
	return tap_done();
}
