// SPDX-License-Identifier: MIT
/*
 * limits: what bounds the memory that one program has the kernel use: of a tmpfs its size and its
 * inodes, of timers RLIMIT_SIGPENDING.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define PAGE            4096L
#define SPACE           256             /* pages of the tmpfs */
#define INODES          20

static char buf[SPACE * PAGE];

static long pages_free(void)
{
	struct statfs s;

	return statfs(".", &s) ? -1 : (long)s.f_bfree;
}

static void sparse_files(void)
{
	int fd = open("sparse", O_RDWR | O_CREAT, 0600);

	ok(pwrite(fd, buf, sizeof(buf), 16 << 20) == sizeof(buf) && pages_free() == 0,
	   "a file with a hole fills it");
	fails(ENOSPC, pwrite(fd, buf, PAGE, 0));
	ok(pwrite(fd, buf, PAGE, 16 << 20) == PAGE, "what is there can be written");
	ftruncate(fd, (16 << 20) + 10 * PAGE);
	ok(pages_free() == SPACE - 10, "what was cut off is free");
	ok(pwrite(fd, buf, sizeof(buf), 0) == sizeof(buf) - 10 * PAGE, "a write ends where room does");
	close(fd);
	unlink("sparse");
	ok(pages_free() == SPACE, "the file is gone, and all is free");
}

static int touch(char *p, long pages)
{
	int status;

	if (!fork()) {
		for (long i = 0; i < pages; i++)
			p[i * PAGE] = 1;
		_exit(0);
	}
	wait(&status);
	return status;
}

static void mapped_files(void)
{
	int fd = open("mapped", O_RDWR | O_CREAT, 0600), status;
	char *p;

	ftruncate(fd, 2 * SPACE * PAGE);
	p = mmap(NULL, 2 * SPACE * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	status = touch(p, SPACE);
	ok(WIFEXITED(status) && pages_free() == 0, "as many pages as there is room for are mapped");
	status = touch(p, SPACE + 1);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "one more: SIGBUS");
	ok(pages_free() == 0, "and is not there");
	munmap(p, 2 * SPACE * PAGE);
	close(fd);
	unlink("mapped");
}

static void allocated_files(void)
{
	int fd = open("allocated", O_RDWR | O_CREAT, 0600), other = open("o", O_RDWR | O_CREAT, 0600);

	fails(0, fallocate(other, 0, 0, 200 * PAGE));
	fails(ENOSPC, fallocate(fd, 0, 0, 100 * PAGE));
	ok(pages_free() == SPACE - 200, "of what fallocate(2) could not get, it keeps nothing");
	fails(0, fallocate(fd, 0, 0, 56 * PAGE));
	close(fd);
	close(other);
	unlink("allocated");
	unlink("o");
	ok(pages_free() == SPACE, "all is free");
}

static int make_links(void)
{
	char name[32];
	int n = 0;

	do
		snprintf(name, sizeof(name), "link%d", ++n);
	while (n < 1000 && !link("file", name));
	ok(errno == ENOSPC, "links end: %s", strerror(errno));
	return n - 1;
}

static void names(void)
{
	char name[32];
	int n, again;

	close(open("file", O_RDWR | O_CREAT, 0600));
	n = make_links();
	ok(n == INODES - 2, "each further name counts as an inode (%d)", n);
	for (int i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "link%d", i);
		unlink(name);
	}
	again = make_links();
	ok(again == n, "and no more when it is gone (%d)", again);
}

static void timers(void)
{
	struct rlimit r = { 8, 8 };
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	timer_t t[16];
	int n = 0;

	setrlimit(RLIMIT_SIGPENDING, &r);
	while (n < 16 && !timer_create(CLOCK_MONOTONIC, &ev, &t[n]))
		n++;
	ok(n == 8 && errno == EAGAIN, "RLIMIT_SIGPENDING bounds timers (%d)", n);
	timer_delete(t[0]);
	fails(0, timer_create(CLOCK_MONOTONIC, &ev, &t[0]));
}

int main(void)
{
	tap_limit(60);
	mkdir("/tmp/limits", 0700);
	if (mount("none", "/tmp/limits", "tmpfs", 0, "size=1m,nr_inodes=20") || chdir("/tmp/limits"))
		return 1;
	sparse_files();
	mapped_files();
	allocated_files();
	names();
	chdir("/");
	ok(!umount("/tmp/limits"), "umount");
	rmdir("/tmp/limits");
	timers();
	return tap_done();
}
