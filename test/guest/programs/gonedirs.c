// SPDX-License-Identifier: MIT
/*
 * gonedirs: directories come and go while others ask for names in them that do not
 * exist.  What is remembered of such a name keeps no directory: its inode is free again.
 * Argument: a directory on the disk.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "tap.h"

#define THREADS 3
#define ROUNDS  20000

static volatile int done;

static void *ask(void *unused)
{
	struct stat st;

	while (!done)
		(void)!stat("d/none", &st);
	return NULL;
}

static long free_inodes(void)
{
	struct statfs fs;

	return statfs(".", &fs) ? -1 : (long)fs.f_ffree;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS];
	long before, after;
	int made = 0;

	tap_limit(100);
	if (argc < 2 || chdir(argv[1]))
		return 2;
	before = free_inodes();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, ask, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		if (mkdir("d", 0755))
			break;
		made += !rmdir("d");
	}
	done = 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	ok(made == ROUNDS, "%d directories come and go", made);
	after = free_inodes();
	ok(before > 0 && after == before, "no inode is kept (%ld are)", before - after);
	return tap_done();
}
