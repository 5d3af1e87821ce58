// SPDX-License-Identifier: MIT
/*
 * /proc/PID/mem, pagemap, clear_refs and personality: the memory of a process as files.
 */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <stdint.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>

#define PG      4096UL
#define ANON    (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW      (PROT_READ | PROT_WRITE)

static void *volatile nowhere = (void *)8;

static void *map(size_t pages, int prot, int flags, int fd)
{
	return mmap(NULL, pages * PG, prot, flags, fd, 0);
}

static int open_of(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags);
}

static long at(void *p)
{
	return (long)p;
}

/* ---- mem ---- */

static void own_memory(void)
{
	int fd = open("/proc/self/mem", O_RDWR), file = open("/root/procmem", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *p = map(4, RW, ANON, -1), buf[2 * PG], *f, *s;

	memset(p, 'a', 4 * PG);
	munmap(p + 2 * PG, PG);
	ok(pread(fd, buf, 10, at(p) + 5) == 10 && buf[9] == 'a', "reading");
	ok(pwrite(fd, "bcd", 3, at(p) + PG - 1) == 3 && p[PG - 1] == 'b' && p[PG + 1] == 'd', "writing, across pages");
	ok(pread(fd, buf, 2 * PG, at(p) + PG + 10) == (long)PG - 10, "up to a hole");
	fails(EIO, pread(fd, buf, 1, at(p) + 2 * PG));
	fails(EIO, pwrite(fd, buf, 1, at(p) + 2 * PG));
	fails(EIO, pread(fd, buf, 1, 0));
	ok(pread(fd, buf, 0, at(p) + 2 * PG) == 0, "nothing, from anywhere");
	fails(EFAULT, pread(fd, nowhere, 10, at(p)));
	mprotect(p, PG, PROT_NONE);
	ok(pread(fd, buf, 1, at(p)) == 1 && buf[0] == 'a', "what is forbidden to the program can be read");
	ok(pwrite(fd, "x", 1, at(p)) == 1, "and written");
	mprotect(p, PG, PROT_READ);
	ok(p[0] == 'x', "so that it is seen later");

	if (ftruncate(file, PG) || pwrite(file, "file", 4, 0) != 4)
		exit(2);
	f = map(1, PROT_READ, MAP_PRIVATE, file);
	s = map(1, PROT_READ, MAP_SHARED, file);
	ok(pwrite(fd, "mine", 4, at(f)) == 4 && f[0] == 'm' && s[0] == 'f', "a private page of a file is copied first");
	fails(EIO, pwrite(fd, "mine", 4, at(s)));
	ok(pread(file, buf, 4, 0) == 4 && buf[0] == 'f', "the file is as it was");
	ok(lseek(fd, at(p), SEEK_SET) == at(p) && read(fd, buf, 3) == 3 && lseek(fd, 1, SEEK_CUR) == at(p) + 4,
	   "it has a position");
	fails(EINVAL, lseek(fd, 0, SEEK_END));
	close(fd);
	close(file);
	unlink("/root/procmem");
	fd = open("/proc/self/mem", O_RDONLY);
	fails(EBADF, pwrite(fd, "x", 1, at(p)));
	close(fd);
}

static void other_memory(void)
{
	char *p = map(1, RW, ANON, -1), c;
	int to[2], fd, status;
	pid_t pid;

	p[0] = 'p';
	if (pipe(to))
		exit(2);
	pid = fork();
	if (pid == 0) {
		p[0] = 'c';
		while (p[0] == 'c' || p[0] == 'd')
			usleep(1000);
		execl("/proc/self/exe", "procmem", "wait", NULL);
		_exit(1);
	}
	fd = open_of(pid, "mem", O_RDWR);
	while (pread(fd, &c, 1, at(p)) == 1 && c != 'c')
		usleep(1000);
	ok(c == 'c' && p[0] == 'p', "another's memory");
	if (fork() == 0) {
		if (setresuid(65534, 65534, 65534))
			_exit(9);
		int wrong = open_of(pid, "mem", O_RDONLY) != -1 || errno != EACCES;
		wrong |= (open_of(pid, "pagemap", O_RDONLY) != -1 || errno != EACCES) << 1;
		wrong |= (open_of(pid, "clear_refs", O_WRONLY) != -1 || errno != EACCES) << 2;
		wrong |= (open_of(pid, "personality", O_RDONLY) != -1 || errno != EACCES) << 3;
		_exit(wrong);
	}
	wait(&status);
	ok(status == 0, "which is not for everybody (%x)", status);
	ok(pwrite(fd, "e", 1, at(p)) == 1, "it can be written");
	while (pread(fd, &c, 1, at(p)) == 1)
		usleep(1000);
	ok(pread(fd, &c, 1, at(p)) == 0, "after its exec there is nothing: the file is the old program's");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ok(pread(fd, &c, 1, at(p)) == 0, "nor after its end");
	close(fd);
	munmap(p, PG);
}

/* ---- pagemap ---- */

#define PRESENT         (1ULL << 63)
#define SWAPPED         (1ULL << 62)
#define FILE_SHARED     (1ULL << 61)
#define EXCLUSIVE       (1ULL << 56)
#define PFN             ((1ULL << 55) - 1)

static uint64_t entry(int fd, void *p)
{
	uint64_t e = 0;

	if (pread(fd, &e, 8, at(p) / PG * 8) != 8)
		return ~0ULL;
	return e;
}

static void page_map(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY), status;
	char *p = map(4, RW, ANON, -1), *s = map(1, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
	volatile char *v = p;
	uint64_t e, many[4];

	mprotect(p, PG, RW);
	p[0] = 1;
	(void)v[PG];
	s[0] = 1;
	e = entry(fd, p);
	ok((e & ~PFN) == (PRESENT | EXCLUSIVE) && e & PFN, "a page of its own: %llx", (long long)e);
	e = entry(fd, p + PG);
	ok((e & ~PFN) == PRESENT, "the page of zeroes: %llx", (long long)e);
	ok(entry(fd, p + 2 * PG) == 0, "none");
	e = entry(fd, s);
	ok((e & ~PFN) == (PRESENT | FILE_SHARED | EXCLUSIVE), "shared memory: %llx", (long long)e);
	ok(pread(fd, many, 32, at(p) / PG * 8) == 32 && many[0] == entry(fd, p) && many[2] == 0, "four at once");
	if (fork() == 0) {
		if (setresuid(65534, 65534, 65534))
			_exit(9);
		int mine = open("/proc/self/pagemap", O_RDONLY);
		e = entry(mine, p);
		_exit(mine < 0 ? 0 : e & PFN ? 1 : (e & ~PFN) == PRESENT ? 0 : 2);
	}
	wait(&status);
	ok(status == 0, "which frame it is, is a privilege; after a fork the page is not exclusive (%x)", status);
	fails(EINVAL, pread(fd, many, 8, 4));
	fails(EINVAL, pread(fd, many, 12, 0));
	ok(pread(fd, many, 0, 0) == 0, "nothing");
	ok(pread(fd, many, 8, 0x4000000000 / PG * 8) == 0, "past the address space it ends");
	fails(EBADF, pwrite(fd, many, 8, 0));
	munmap(p, 4 * PG);
	ok(entry(fd, p) == 0, "unmapped");
	close(fd);
}

/* ---- clear_refs ---- */

/* KiB of field @name in the part of /proc/self/smaps of the area at @p; or of status. */
static long field(void *p, const char *name)
{
	char line[512];
	unsigned long start, end;
	int here = !p;
	long kib = -1;
	FILE *f = fopen(p ? "/proc/self/smaps" : "/proc/self/status", "r");

	while (fgets(line, sizeof(line), f)) {
		if (p && sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start == (unsigned long)p;
		if (here && !strncmp(line, name, strlen(name)))
			kib = strtol(line + strlen(name), NULL, 10);
	}
	fclose(f);
	return kib;
}

static void references(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);
	char *p = map(4, RW, MAP_SHARED | MAP_ANONYMOUS, -1), *a = map(3, RW, ANON, -1), *big;

	mprotect(a, PG, PROT_NONE);
	mprotect(a + 2 * PG, PG, PROT_NONE);
	a += PG;
	memset(p, 1, 4 * PG);
	a[0] = 1;
	ok(field(p, "Referenced:") == 16 && field(a, "Referenced:") == 4, "used pages");
	ok(write(fd, "1", 1) == 1 && field(p, "Referenced:") == 0 && field(a, "Referenced:") == 0, "1: all are unused");
	p[0] = a[0] = 1;
	ok(field(p, "Referenced:") == 4 && field(a, "Referenced:") == 4, "but those that were used since");
	ok(write(fd, "2\n", 2) == 2 && field(p, "Referenced:") == 4 && field(a, "Referenced:") == 0, "2: anonymous");
	a[0] = 1;
	ok(write(fd, "3", 1) == 1 && field(p, "Referenced:") == 0 && field(a, "Referenced:") == 4, "3: of files");
	ok(p[3 * PG] == 1 && a[0] == 1, "no byte has changed");
	big = map(2048, RW, ANON, -1);
	memset(big, 1, 2048 * PG);
	munmap(big, 2048 * PG);
	ok(field(NULL, "VmHWM:") > field(NULL, "VmRSS:") + 4096, "a peak");
	ok(write(fd, "5", 1) == 1 && field(NULL, "VmHWM:") < field(NULL, "VmRSS:") + 1024, "5: it is forgotten");
	ok(write(fd, "4", 1) == 1, "4: soft-dirty bits, which this machine has none of");
	fails(EINVAL, write(fd, "0", 1));
	fails(EINVAL, write(fd, "6", 1));
	fails(EINVAL, write(fd, "x", 1));
	fails(EINVAL, write(fd, "-1", 2));
	close(fd);
	fd = open("/proc/self/clear_refs", O_RDONLY);
	fails(EINVAL, read(fd, &fd, 1));
	close(fd);
}

static void own_personality(void)
{
	char text[16] = "";
	int fd = open("/proc/self/personality", O_RDONLY);

	ok(read(fd, text, 15) == 9 && !strcmp(text, "00000000\n"), "personality");
	personality(ADDR_NO_RANDOMIZE);
	ok(pread(fd, text, 15, 0) == 9 && !strcmp(text, "00040000\n"), "changed: %s", text);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		pause();
		return 0;
	}
	tap_limit(60);
	own_memory();
	other_memory();
	page_map();
	references();
	own_personality();
	return tap_done();
}
