// SPDX-License-Identifier: MIT
/*
 * /proc/PID/numa_maps: the policy of each area, and what is there of its pages.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PG      4096UL
#define ANON    (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW      (PROT_READ | PROT_WRITE)
#define WEIGHTED        6

static void *map(size_t pages, int prot, int flags, int fd)
{
	return mmap(NULL, pages * PG, prot, flags, fd, 0);
}

/* How many pages are active is the kernel's affair. */
static void without_active(char *line)
{
	char *at = strstr(line, " active="), *rest;

	if (!at)
		return;
	rest = strchr(at + 1, ' ');
	memmove(at, rest, strlen(rest) + 1);
}

/* What @file says behind the address of the area at @p; or of the one that is @named. */
static const char *line_in(const char *file, void *p, const char *named)
{
	static char line[4096];
	char *rest;
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long start = strtoul(line, &rest, 16);

		if (p ? start != (unsigned long)p : !strstr(line, named))
			continue;
		fclose(f);
		rest[strcspn(rest, "\n")] = '\0';
		without_active(rest);
		return *rest == ' ' ? rest + 1 : rest;
	}
	if (f)
		fclose(f);
	return "none";
}

static void is(void *p, const char *wanted)
{
	const char *got = line_in("/proc/self/numa_maps", p, NULL);

	ok(!strcmp(got, wanted), "'%s': '%s'", wanted, got);
}

/* An area that no neighbour merges with. */
static char *alone(size_t pages, int prot, int flags, int fd)
{
	char *p = map(pages + 2, PROT_NONE, ANON, -1);

	return mmap(p + PG, pages * PG, prot, flags | MAP_FIXED, fd, 0);
}

static void pages_of_areas(void)
{
	char *none = alone(4, RW, ANON, -1), *some = alone(4, RW, ANON, -1);
	char *shared = alone(2, RW, MAP_SHARED | MAP_ANONYMOUS, -1), *gone = alone(1, RW, ANON, -1);
	const char *text;
	int status;

	memset(some, 1, 3 * PG);
	memset(shared, 1, 2 * PG);
	(void)*(volatile char *)none;
	munmap(gone, PG);
	is(none, "default");
	is(some, "default anon=3 dirty=3 N0=3 kernelpagesize_kB=4");
	is(shared, "default file=/dev/zero\\040(deleted) dirty=2 N0=2 kernelpagesize_kB=4");
	is(gone, "none");
	text = line_in("/proc/self/numa_maps", NULL, " stack ");
	ok(strstr(text, "default stack anon=") == text && strstr(text, " kernelpagesize_kB=4"), "%s", text);
	*(volatile char *)sbrk(2 * PG) = 1;
	text = line_in("/proc/self/numa_maps", NULL, " heap ");
	ok(strstr(text, "default heap anon=") == text, "%s", text);
	if (fork() == 0) {
		(void)*(volatile char *)some;
		text = line_in("/proc/self/numa_maps", some, NULL);
		_exit(!!strcmp(text, "default anon=3 dirty=3 mapmax=2 N0=3 kernelpagesize_kB=4"));
	}
	wait(&status);
	ok(status == 0, "after a fork two map each page");
}

static void pages_of_a_file(void)
{
	const char *name = "/root/numa maps=1";
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char page[PG], *p;

	memset(page, 'f', PG);
	for (int i = 0; i < 3; i++)
		if (write(fd, page, PG) != (long)PG)
			exit(2);
	fsync(fd);
	p = alone(3, RW, MAP_PRIVATE, fd);
	madvise(p, 3 * PG, MADV_POPULATE_READ);
	is(p, "default file=/root/numa\\040maps\\0751 mapped=3 N0=3 kernelpagesize_kB=4");
	p[0] = 1;
	is(p, "default file=/root/numa\\040maps\\0751 anon=1 dirty=1 mapped=3 N0=3 kernelpagesize_kB=4");
	munmap(p, 3 * PG);
	unlink(name);
	close(fd);
}

static void policies(void)
{
	static const struct { int mode; unsigned long nodes; const char *text; } all[] = {
		{ MPOL_PREFERRED, 1, "prefer:0" },
		{ MPOL_BIND, 1, "bind:0" },
		{ MPOL_INTERLEAVE, 1, "interleave:0" },
		{ MPOL_PREFERRED_MANY, 1, "prefer (many):0" },
		{ WEIGHTED, 1, "weighted interleave:0" },
		{ MPOL_LOCAL, 0, "local" },
		{ MPOL_PREFERRED, 0, "local" },
		{ MPOL_BIND | MPOL_F_STATIC_NODES, 3, "bind=static:0" },
		{ MPOL_INTERLEAVE | MPOL_F_RELATIVE_NODES, 4, "interleave=relative:0" },
		{ MPOL_BIND | MPOL_F_NUMA_BALANCING, 1, "bind=balancing:0" },
		{ MPOL_BIND | MPOL_F_STATIC_NODES | MPOL_F_NUMA_BALANCING, 1, "bind=static|balancing:0" },
		{ MPOL_DEFAULT, 0, "default" },
	};
	char *bound = alone(1, RW, ANON, -1), *plain = alone(1, RW, ANON, -1), file[64];

	snprintf(file, sizeof(file), "/proc/self/task/%d/numa_maps", getpid());
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		fails(0, syscall(SYS_mbind, bound, PG, all[i].mode, &all[i].nodes, 64, 0));
		is(bound, all[i].text);
		is(plain, "default");
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		unsigned long bind = 1;

		fails(0, syscall(SYS_mbind, bound, PG, MPOL_BIND, &bind, 64, 0));
		fails(0, syscall(SYS_set_mempolicy, all[i].mode, &all[i].nodes, 64));
		is(bound, "bind:0");
		is(plain, all[i].text);
		ok(!strcmp(line_in(file, plain, NULL), all[i].text), "in task/ too");
	}
}

static void not_for_everybody(void)
{
	char path[64], c;
	int status;

	snprintf(path, sizeof(path), "/proc/%d/numa_maps", getpid());
	if (fork() == 0) {
		if (setresuid(65534, 65534, 65534))
			_exit(9);
		int fd = open(path, O_RDONLY);
		_exit(fd >= 0 && read(fd, &c, 1) >= 0 ? 1 : errno == EACCES ? 0 : 2);
	}
	wait(&status);
	ok(status == 0, "another user may not look (%x)", status);
}

int main(void)
{
	tap_limit(60);
	pages_of_areas();
	pages_of_a_file();
	policies();
	not_for_everybody();
	return tap_done();
}
