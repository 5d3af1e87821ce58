// SPDX-License-Identifier: MIT
/*
 * /proc/PID/map_files: the files of an address space as links, by the addresses they are mapped at.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PG      4096UL
#define FILE_   "/root/mapfiles"

static char name[96], target[256];

/* The link of [p, p + pages) of process @pid. */
static const char *link_of(pid_t pid, void *p, size_t pages)
{
	snprintf(name, sizeof(name), "/proc/%d/map_files/%lx-%lx", pid, (long)p, (long)p + pages * PG);
	return name;
}

static const char *target_of(pid_t pid, void *p, size_t pages)
{
	ssize_t n = readlink(link_of(pid, p, pages), target, sizeof(target) - 1);

	target[n < 0 ? 0 : n] = '\0';
	return target;
}

static mode_t mode_of(void *p, size_t pages)
{
	struct stat st;

	return lstat(link_of(getpid(), p, pages), &st) ? 0 : st.st_mode;
}

/* How many links there are, and whether that of [p, p + pages) is one of them. */
static int links(void *p, size_t pages, bool *found)
{
	DIR *d = opendir("/proc/self/map_files");
	const char *wanted = strrchr(link_of(getpid(), p, pages), '/') + 1;
	struct dirent *e;
	int n = 0;

	*found = false;
	while (d && (e = readdir(d))) {
		n += e->d_name[0] != '.' && e->d_type == DT_LNK;
		*found |= !strcmp(e->d_name, wanted);
	}
	if (d)
		closedir(d);
	return n;
}

static void an_ordinary_user(pid_t other, void *p)
{
	struct stat st;

	if (setgid(1000) || setuid(1000))
		_exit(99);
	if (readlink(link_of(other, p, 2), target, sizeof(target)) != -1 || errno != EACCES)
		_exit(1);
	if (stat(link_of(other, p, 2), &st) != -1 || errno != EACCES)
		_exit(2);
	_exit(0);
}

int main(void)
{
	int fd = open(FILE_, O_RDWR | O_CREAT | O_TRUNC, 0600), ro = open(FILE_, O_RDONLY), fd2, n, status;
	struct stat st, want;
	bool found;
	char *p, *q, c;

	tap_limit(30);
	ok(!ftruncate(fd, 4 * PG) && !fstat(fd, &want), "a file");
	p = mmap(NULL, 2 * PG, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PG);
	q = mmap(NULL, PG, PROT_READ, MAP_PRIVATE, ro, 0);
	ok(!strcmp(target_of(getpid(), p, 2), FILE_), "a link names the file");
	ok(!stat(link_of(getpid(), p, 2), &st) && st.st_ino == want.st_ino && st.st_size == want.st_size,
	   "and is the file");
	ok(mode_of(p, 2) == (S_IFLNK | 0600), "it may be read and written, as the file was opened");
	ok(mode_of(q, 1) == (S_IFLNK | 0400), "or only read");
	n = links(p, 2, &found);
	ok(found, "the folder lists it");
	fails(ENOENT, stat(link_of(getpid(), p, 1), &st));
	fails(ENOENT, stat(link_of(getpid(), p + PG, 1), &st));
	fails(ENOENT, stat("/proc/self/map_files/1-", &st));
	fails(ENOENT, stat("/proc/self/map_files/x-y", &st));
	snprintf(name, sizeof(name), "/proc/self/map_files/0%lx-%lx", (long)p, (long)p + 2 * PG);
	fails(ENOENT, stat(name, &st));
	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx0", (long)p, (long)p + 2 * PG);
	fails(ENOENT, stat(name, &st));
	ok(!lstat("/proc/self/map_files", &st) && st.st_mode == (S_IFDIR | 0500), "the folder is its owner's");
	fails(ENOENT, stat("/proc/thread-self/map_files", &st));

	status = -1;
	if (!fork())
		an_ordinary_user(getppid(), p);
	wait(&status);
	ok(!status, "another user may not look");

	fd2 = open(link_of(getpid(), p, 2), O_RDWR);
	ok(fd2 >= 0 && pwrite(fd2, "z", 1, PG) == 1 && p[0] == 'z', "opened through the link, it is what is mapped");
	unlink(FILE_);
	ok(!strcmp(target_of(getpid(), p, 2), FILE_ " (deleted)"), "a file without a name says so");
	ok(!stat(link_of(getpid(), p, 2), &st) && st.st_ino == want.st_ino && pread(fd2, &c, 1, PG) == 1 && c == 'z',
	   "and is still reached");
	mprotect(p, PG, PROT_READ);
	fails(ENOENT, stat(link_of(getpid(), p, 2), &st));
	ok(!stat(link_of(getpid(), p, 1), &st) && !stat(link_of(getpid(), p + PG, 1), &st),
	   "an area cut in two has two links");
	ok(links(p, 1, &found) == n + 1 && found, "which are listed");
	munmap(p, 2 * PG);
	ok(links(p, 1, &found) == n - 1 && !found, "and are gone with it");
	p = mmap(NULL, PG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fails(ENOENT, stat(link_of(getpid(), p, 1), &st));
	return tap_done();
}
