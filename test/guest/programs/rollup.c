// SPDX-License-Identifier: MIT
/*
 * rollup: /proc/self/smaps_rollup: shares by kind, and what is locked; which of large pages, groups and
 * limits the neighbouring files tell.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "tap.h"

#define SIZE (1L << 20)

static char text[40000];

static const char *read_all(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n, got = 0;

	while (fd >= 0 && (n = read(fd, text + got, sizeof(text) - 1 - got)) > 0)
		got += n;
	text[got] = 0;
	close(fd);
	return text;
}

static long field(const char *path, const char *name)
{
	const char *at = strstr(read_all(path), name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static long sum(const char *name)
{
	return field("/proc/self/smaps_rollup", name);
}

static char *map(int flags, int fd)
{
	return mmap(NULL, SIZE, PROT_READ | (fd < 0 ? PROT_WRITE : 0), flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
}

static void kinds(void)
{
	int fd = open("/usr/bin/bash", O_RDONLY);
	volatile char *file = map(MAP_PRIVATE, fd);
	long anon = sum("\nPss_Anon:"), files = sum("\nPss_File:"), shmem = sum("\nPss_Shmem:");
	char *own, *shared;

	ok(anon > 0 && files >= 0 && shmem >= 0, "shares by kind: %ld, %ld, %ld", anon, files, shmem);
	own = map(MAP_PRIVATE, -1);
	memset(own, 1, SIZE);
	ok(sum("\nPss_Anon:") >= anon + 1024 && sum("\nPss_Shmem:") == shmem, "anonymous memory");
	shared = map(MAP_SHARED, -1);
	memset(shared, 1, SIZE);
	ok(sum("\nPss_Shmem:") == shmem + 1024 && sum("\nPss_File:") < files + 100, "shared memory");
	anon = sum("\nPss_Anon:");
	for (long i = 0; i < SIZE; i += 4096)
		(void)file[i];
	ok(sum("\nPss_File:") > files && sum("\nPss_Anon:") <= anon + 8, "a file");
	long all = sum("\nPss_Anon:") + sum("\nPss_File:") + sum("\nPss_Shmem:"), pss = sum("\nPss:");
	ok(all >= pss - 4 && all <= pss + 4, "%ld of them are all %ld", all, pss);
	ok(sum("\nLocked:") == 0, "nothing is locked");
	mlock(own, SIZE);
	ok(sum("\nLocked:") == 1024, "a MiB is");
	munmap(own, SIZE);
	ok(sum("\nLocked:") == 0, "and gone with it");
	read_all("/proc/self/smaps_rollup");
	ok(strstr(text, "[rollup]\n") == text + 73, "the name is where names of areas are");
}

static void status(void)
{
	gid_t groups[] = { 7, 9 };

	ok(strstr(read_all("/proc/self/status"), "\nTHP_enabled:\t1\nuntag_mask:\t0xffffffffffffffff\n") != NULL,
	   "large pages may be given, and addresses are whole");
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	ok(field("/proc/self/status", "\nTHP_enabled:") == 0, "no large pages any more");
	setgroups(2, groups);
	ok(strstr(read_all("/proc/self/status"), "\nGroups:\t7 9 \n") != NULL, "two groups");
	setgroups(0, NULL);
	ok(strstr(read_all("/proc/self/status"), "\nGroups:\t \n") != NULL, "none");
	read_all("/proc/self/limits");
	ok(strstr(text, "Max nice priority         0                    0                    \n") != NULL,
	   "a limit without a unit ends where the next column began");
}

int main(void)
{
	tap_limit(30);
	kinds();
	status();
	return tap_done();
}
