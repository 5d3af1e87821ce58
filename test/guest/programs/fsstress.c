// SPDX-License-Identifier: MIT
/*
 * fsstress: processes that make, move and remove the same few names at once,
 * and then a tree that must be whole: every name leads somewhere, links are
 * counted right, and all of it can be removed.  Arguments: a directory, and
 * seconds (default 3).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tap.h"

#define WORKERS 6

static unsigned int seed;
static char buffer[9000];

static unsigned int rnd(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

/* One of few paths, up to three levels deep. */
static const char *path(char *buf)
{
	int depth = (int)rnd(3), n = 0;

	for (int i = 0; i <= depth; i++)
		n += sprintf(buf + n, "%s%c%u", i ? "/" : "", i < depth ? 'd' : rnd(2) ? 'd' : 'f',
			     rnd(4));
	return buf;
}

static void use_file(const char *p)
{
	int fd = open(p, O_RDWR | O_CREAT, 0644);

	if (fd < 0)
		return;
	switch (rnd(4)) {
	case 0:
		if (write(fd, buffer, rnd(sizeof(buffer))) < 0)
			break;
		break;
	case 1:
		if (pwrite(fd, buffer, 100, rnd(100000)) < 0)
			break;
		break;
	case 2:
		if (ftruncate(fd, rnd(50000)))
			break;
		break;
	default:
		if (pread(fd, buffer, sizeof(buffer), 0) < 0)
			break;
		break;
	}
	close(fd);
}

static void list(const char *p)
{
	DIR *d = opendir(p);

	if (!d)
		return;
	while (readdir(d))
		;
	closedir(d);
}

static void one_step(void)
{
	char a[40], b[40];
	struct stat st;

	path(a);
	path(b);
	switch (rnd(14)) {
	case 0:
	case 1:
		mkdir(a, 0755);
		break;
	case 2:
		rmdir(a);
		break;
	case 3:
		unlink(a);
		break;
	case 4:
	case 5:
		rename(a, b);
		break;
	case 6:
		renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
		break;
	case 7:
		if (link(a, b))
			break;
		break;
	case 8:
		if (symlink(a, b))
			break;
		break;
	case 9:
		stat(a, &st);
		lstat(b, &st);
		break;
	case 10:
		list(a);
		break;
	case 11:
		chmod(a, 0700 + rnd(64));
		break;
	default:
		use_file(a);
		break;
	}
}

static void work(int who, int seconds)
{
	time_t end = time(NULL) + seconds;

	seed = (unsigned int)(who * 7919 + 1);
	while (time(NULL) < end)
		for (int i = 0; i < 50; i++)
			one_step();
	_exit(0);
}

static int names, bad_names, bad_links;

/*
 * Check and remove what is in the working directory, from below.  Renames
 * nest directories in each other without end, far deeper than a path is long:
 * so the way down is chdir, and no directory stays open on it.
 */
static void sweep(void)
{
	char found[16][256];
	unsigned int subs = 0, n = 0;
	struct dirent *e;
	struct stat st, self;
	DIR *d = opendir(".");

	if (!d || fstat(dirfd(d), &self)) {
		bad_names++;
		return;
	}
	while (n < 16 && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(found[n++], sizeof(found[0]), "%s", e->d_name);
	}
	closedir(d);
	names += n;
	for (unsigned int i = 0; i < n; i++) {
		if (lstat(found[i], &st))
			bad_names++;
		else
			subs += S_ISDIR(st.st_mode) ? 1 : 0;
	}
	if (self.st_nlink != subs + 2) {
		printf("# a directory has %u directories and %lu links\n", subs,
		       (unsigned long)self.st_nlink);
		bad_links++;
	}
	for (unsigned int i = 0; i < n; i++) {
		if (lstat(found[i], &st))
			continue;
		if (!S_ISDIR(st.st_mode)) {
			bad_names += unlink(found[i]) != 0;
		} else if (chdir(found[i])) {
			bad_names++;
		} else {
			sweep();
			if (chdir(".."))
				exit(1);
			bad_names += rmdir(found[i]) != 0;
		}
	}
}

int main(int argc, char **argv)
{
	int seconds = argc > 2 ? atoi(argv[2]) : 3, status, good = 0;
	char dir[200];

	tap_limit(100 + (unsigned int)seconds);
	snprintf(dir, sizeof(dir), "%s/fsstress.%d", argc > 1 ? argv[1] : "/tmp", getpid());
	if (mkdir(dir, 0755) || chdir(dir)) {
		perror(dir);
		return 2;
	}
	fflush(stdout);
	for (int i = 0; i < WORKERS; i++)
		if (!fork())
			work(i, seconds);
	while (wait(&status) > 0)
		good += status == 0;
	ok(good == WORKERS, "all %d workers end", WORKERS);
	sweep();
	ok(bad_names == 0, "%d names, each leads somewhere and can be removed (%d not)", names,
	   bad_names);
	ok(bad_links == 0, "directories count their subdirectories");
	chdir("/");
	fails(0, rmdir(dir));
	return tap_done();
}
