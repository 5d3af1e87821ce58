// SPDX-License-Identifier: MIT
/*
 * diskwork DIR: a bit of everything on a disk on which some request fails.
 *
 * Files are written and fsynced, mapped, read back uncached, renamed and removed.
 * An operation may fail with EIO (or SIGBUS, through a mapping) and with nothing
 * else; whoever depends on what failed is left out.  At the end:
 *
 *	told N          operations that said EIO or SIGBUS
 *	kept NAME SEED  a file that was fsynced and never failed since
 *	end             it did not hang
 *
 * diskwork -v DIR < those lines: every file that was kept has its bytes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tap.h"

#define FILES   20
#define PAGE    4096L
#define PAGES   24L

static int told, bad;
static bool kept[FILES];
static sigjmp_buf back;

static void on_bus(int sig)
{
	siglongjmp(back, 1);
}

/* It succeeded, or said EIO.  Anything else is a failure of the test. */
static int did(long result, const char *what, const char *name)
{
	if (result >= 0)
		return 1;
	if (errno == EIO) {
		told++;
	} else {
		printf("BAD %s %s: %s\n", what, name, strerror(errno));
		bad++;
	}
	return 0;
}

static void stamp(unsigned long *page, long file, long n)
{
	for (long i = 0; i < PAGE / 8; i++)
		page[i] = file * 1000003 + n * 257 + i;
}

static bool stamped(const unsigned long *page, long file, long n)
{
	unsigned long want[PAGE / 8];

	stamp(want, file, n);
	return !memcmp(page, want, PAGE);
}

static void name_of(char *name, int i)
{
	sprintf(name, "f%d", i);
}

static void uncached(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0 || write(fd, "3", 1) != 1)
		printf("BAD drop_caches\n");
	close(fd);
}

/* Even files by write(2), odd ones through a mapping. */
static bool fill(int fd, int i, const char *name)
{
	unsigned long page[PAGE / 8];
	char *map;

	if (i % 2 == 0) {
		for (long n = 0; n < PAGES; n++) {
			stamp(page, i, n);
			if (!did(pwrite(fd, page, PAGE, n * PAGE), "pwrite", name))
				return false;
		}
		return true;
	}
	if (!did(ftruncate(fd, PAGES * PAGE), "ftruncate", name))
		return false;
	map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return did(-1, "mmap", name);
	if (sigsetjmp(back, 1)) {
		told++;
		munmap(map, PAGES * PAGE);
		return false;
	}
	for (long n = 0; n < PAGES; n++)
		stamp((unsigned long *)(map + n * PAGE), i, n);
	if (i % 4 == 1 && !did(msync(map, PAGES * PAGE, MS_SYNC), "msync", name)) {
		munmap(map, PAGES * PAGE);
		return false;
	}
	return !munmap(map, PAGES * PAGE);
}

static void make(int i)
{
	char name[16];
	bool good;
	int fd;

	name_of(name, i);
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);
	if (!did(fd, "create", name))
		return;
	good = fill(fd, i, name);
	if (good && i % 4 == 2)
		good = did(fdatasync(fd), "fdatasync", name);
	else
		good &= did(fsync(fd), "fsync", name);
	kept[i] = good;
	close(fd);
}

static void read_back(int i)
{
	unsigned long page[PAGE / 8];
	char name[16];
	int fd;

	name_of(name, i);
	fd = open(name, O_RDONLY);
	if (!did(fd, "open", name))
		return;
	for (long n = 0; n < PAGES; n++) {
		ssize_t got = pread(fd, page, PAGE, n * PAGE);

		if (did(got, "pread", name) && (got != PAGE || !stamped(page, i, n))) {
			printf("BAD contents of %s, page %ld\n", name, n);
			bad++;
		}
	}
	close(fd);
}

static void read_mapped(int i)
{
	char name[16], *map;
	int fd;

	name_of(name, i);
	fd = open(name, O_RDONLY);
	if (!did(fd, "open", name))
		return;
	map = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	for (volatile long n = 0; n < PAGES; n++) {
		if (sigsetjmp(back, 1))
			told++;
		else if (!stamped((unsigned long *)(map + n * PAGE), i, n))
			printf("BAD contents of %s, mapped page %ld\n", name, n), bad++;
	}
	munmap(map, PAGES * PAGE);
}

static void names(void)
{
	struct dirent *e;
	int fd, found = 0;
	DIR *d;

	if (!did(mkdir("dir", 0755), "mkdir", "dir"))
		return;
	for (int i = 0; i < 20; i++) {
		char name[300];

		sprintf(name, "dir/%0*d", 200, i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (did(fd, "create", name + 196)) {
			found++;
			close(fd);
		}
	}
	did(rename("dir", "moved"), "rename", "dir");
	uncached();
	d = opendir("moved");
	if (!d) {
		if (errno != ENOENT)
			did(-1, "opendir", "moved");
		return;
	}
	errno = 0;
	while ((e = readdir(d)))
		found -= e->d_name[0] != '.';
	if (errno)
		did(-1, "readdir", "moved");
	else if (found)
		printf("BAD %d names are missing\n", found), bad++;
	closedir(d);
}

static void away(int i)
{
	char name[16];

	name_of(name, i);
	kept[i] = false;
	did(truncate(name, 3 * PAGE + 7), "truncate", name);
	did(unlink(name), "unlink", name);
}

static int verify(void)
{
	unsigned long page[PAGE / 8];
	char name[64];
	int i, wrong = 0, nr = 0;

	while (scanf("kept %63s %d\n", name, &i) == 2) {
		int fd = open(name, O_RDONLY);

		nr++;
		for (long n = 0; n < PAGES; n++) {
			if (pread(fd, page, PAGE, n * PAGE) != PAGE || !stamped(page, i, n)) {
				printf("BAD %s lost page %ld: %s\n", name, n, strerror(errno));
				wrong++;
				break;
			}
		}
		close(fd);
	}
	printf("verified %d\n", nr);
	return wrong != 0;
}

int main(int argc, char **argv)
{
	bool check = argc == 3 && !strcmp(argv[1], "-v");

	if (argc < 2 || chdir(argv[argc - 1])) {
		perror("chdir");
		return 99;
	}
	if (check)
		return verify();
	signal(SIGBUS, on_bus);
	for (int i = 0; i < FILES; i++)
		make(i);
	uncached();
	for (int i = 0; i < FILES; i++)
		if (kept[i])
			i % 3 ? read_back(i) : read_mapped(i);
	names();
	for (int i = 0; i < FILES; i += 5)
		if (kept[i])
			away(i);
	did(syncfs(open(".", O_RDONLY)), "syncfs", ".");
	printf("told %d\n", told);
	for (int i = 0; i < FILES; i++)
		if (kept[i])
			printf("kept f%d %d\n", i, i);
	printf("end\n");
	return bad != 0;
}
