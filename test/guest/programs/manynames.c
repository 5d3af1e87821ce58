// SPDX-License-Identifier: MIT
/*
 * Very many names in one directory: each is found, none twice, and one more
 * costs about what it did when there were few (it is N / 10 that are compared).
 *
 *	manynames FOLDER N
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tap.h"

static int total;

static double system_ms(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (double)ru.ru_stime.tv_sec * 1e3 + (double)ru.ru_stime.tv_usec / 1e3;
}

/* Of all lengths from 5 to 60. */
static const char *name_of(int i)
{
	static char name[128];

	sprintf(name, "n%d%.*s", i, i * 7 % 55, "-a-name-that-is-longer-than-any-name-would-be-in-a-directory");
	return name;
}

static int make(int from, int to, int step)
{
	int bad = 0;

	for (int i = from; i < to; i += step) {
		int fd = open(name_of(i), O_CREAT | O_EXCL | O_WRONLY, 0644);

		bad += fd < 0;
		close(fd);
	}
	return bad;
}

static int count(void)
{
	DIR *d = opendir(".");
	static char *seen;
	int n = 0, i;
	struct dirent *e;

	free(seen);
	seen = calloc(1, (size_t)total);
	while ((e = readdir(d)))
		if (sscanf(e->d_name, "n%d", &i) == 1 && i >= 0 && i < total) {
			if (seen[i]++)
				printf("# %s twice\n", e->d_name);
			n++;
		}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	int few, bad = 0;
	double first, last, before;
	struct stat st;

	tap_limit(500);
	total = atoi(argv[2]);
	few = total / 10;
	if (chdir(argv[1]) || mkdir("manynames", 0755) || chdir("manynames"))
		return 1;
	before = system_ms();
	ok(make(0, few, 1) == 0, "%d files", few);
	first = system_ms() - before;
	ok(make(few, total - few, 1) == 0, "%d more", total - 2 * few);
	before = system_ms();
	ok(make(total - few, total, 1) == 0, "the last %d", few);
	last = system_ms() - before;
	ok(last < 3 * first + 50, "the last ones cost about what the first ones did");
	printf("# %d: %.0f ms at first, %.0f ms at last\n", few, first, last);
	ok(count() == total, "all are listed, each once");
	for (int i = 0; i < total; i += 3)
		bad += stat(name_of(i), &st) != 0;
	ok(!bad, "each is found");
	for (int i = total; i < total + few; i++)
		bad += stat(name_of(i), &st) != -1 || errno != ENOENT;
	ok(!bad, "none that is not there");
	for (int i = 0; i < total; i += 2)
		bad += unlink(name_of(i)) != 0;
	ok(!bad && count() == total / 2, "every second one is removed");
	for (int i = 0; i < few; i++)
		bad += (stat(name_of(i), &st) == 0) != (i & 1);
	ok(!bad, "and is gone");
	before = (double)stat(".", &st);
	before = (double)st.st_size;
	ok(make(0, total, 2) == 0, "they are made again");
	stat(".", &st);
	ok((double)st.st_size <= before * 1.2, "where there was room");
	for (int i = 1; i < 2 * few; i += 2) {
		char to[160];

		sprintf(to, "moved%s", name_of(i));
		bad += rename(name_of(i), to) != 0 || stat(to, &st) != 0 || stat(name_of(i), &st) == 0 ||
		       rename(to, name_of(i)) != 0;
	}
	ok(!bad, "renamed there and back");
	before = system_ms();
	for (int i = 0; i < total; i++)
		bad += unlink(name_of(i)) != 0;
	ok(!bad && count() == 0, "all are removed");
	printf("# %d removed: %.0f ms\n", total, system_ms() - before);
	if (chdir("..") || rmdir("manynames"))
		bad++;
	ok(!bad, "and the directory");
	return tap_done();
}
