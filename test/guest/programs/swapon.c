// SPDX-License-Identifier: MIT
/*
 * swapon(2) and swapoff(2) on files: what is refused and how, what may not be done to a
 * file in use, and what is seen of pages that are away.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "figures.h"
#include "tap.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define PAGE    4096UL
#define PAGES   1024UL          /* of the swap file */
#define FILE_   "/root/swapon.test"

struct header {
	char boot[1024];
	uint32_t version, last_page, nr_badpages;
	char rest[PAGE - 1024 - 12 - 10];
	char magic[10];
};
_Static_assert(sizeof(struct header) == PAGE, "a page");

static void make_file(uint32_t version, uint32_t last, uint32_t bad, unsigned long hole)
{
	static char zero[PAGE];
	struct header h = { .version = version, .last_page = last, .nr_badpages = bad };
	int fd;

	unlink(FILE_);
	fd = open(FILE_, O_RDWR | O_CREAT | O_TRUNC, 0600);
	memcpy(h.magic, "SWAPSPACE2", 10);
	if (write(fd, &h, PAGE) != (long)PAGE)
		exit(2);
	for (unsigned long i = 1; i < PAGES; i++)
		if (i == hole ? lseek(fd, PAGE, SEEK_CUR) < 0 : write(fd, zero, PAGE) != (long)PAGE)
			exit(2);
	fsync(fd);
	close(fd);
}

static long field_of(const char *path, const char *name)
{
	char line[512];
	long sum = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			sum += atol(line + strlen(name));
	if (f)
		fclose(f);
	return sum;
}

static int in_swaps(char *line, size_t size)
{
	FILE *f = fopen("/proc/swaps", "r");
	int found = 0;

	while (!found && fgets(line, size, f))
		found = !strncmp(line, FILE_ " ", strlen(FILE_) + 1);
	fclose(f);
	return found;
}

static void refusals(void)
{
	int status;

	fails(EINVAL, swapon("/root", 0x80000));
	if (!fork()) {
		if (setuid(1000))
			_exit(9);
		_exit(swapon(FILE_, 0) == -1 && errno == EPERM && swapoff(FILE_) == -1 && errno == EPERM ? 0 : 1);
	}
	wait(&status);
	ok(!status, "who is not root gets EPERM");
	fails(ENOENT, swapon("/root/none", 0));
	fails(EISDIR, swapon("/root", 0));
	fails(EINVAL, swapon("/dev/null", 0));
	fails(EFAULT, swapon((char *)8, 0));
	fails(EINVAL, swapoff("/etc/passwd"));
	fails(ENOENT, swapoff("/root/none"));
	make_file(2, PAGES - 1, 0, 0);
	fails(EINVAL, swapon(FILE_, 0));
	make_file(1, PAGES, 0, 0);
	fails(EINVAL, swapon(FILE_, 0));
	make_file(1, 0, 0, 0);
	fails(EINVAL, swapon(FILE_, 0));
	make_file(1, PAGES - 1, 1, 0);
	fails(EINVAL, swapon(FILE_, 0));
	make_file(1, PAGES - 1, 0, 17);
	fails(EINVAL, swapon(FILE_, 0));
}

static void in_use(void)
{
	long total = meminfo("SwapTotal:");
	char line[512] = "", type[32];
	unsigned long size, used;
	struct sysinfo si;
	int fd, prio;

	make_file(1, PAGES - 1, 0, 0);
	fd = open(FILE_, O_RDWR);
	fails(0, swapon(FILE_, SWAP_FLAG_PREFER | 77));
	fails(EBUSY, swapon(FILE_, 0));
	ok(meminfo("SwapTotal:") == total + (long)(PAGES - 1) * 4, "SwapTotal has grown by its pages");
	sysinfo(&si);
	ok(si.totalswap * si.mem_unit / 1024 == (unsigned long)meminfo("SwapTotal:"), "sysinfo agrees");
	ok(in_swaps(line, sizeof(line)), "/proc/swaps shows it");
	ok(sscanf(line, "%*s %31s %lu %lu %d", type, &size, &used, &prio) == 4 && !strcmp(type, "file") &&
	   size == (PAGES - 1) * 4 && prio == 77, "with its type, size and priority: %s", line);
	fails(ETXTBSY, pwrite(fd, "x", 1, 0));
	fails(ETXTBSY, ftruncate(fd, 0));
	fails(ETXTBSY, truncate(FILE_, 4096));
	fails(ETXTBSY, open(FILE_, O_RDWR | O_TRUNC));
	fails(ETXTBSY, fallocate(fd, 0, 0, 8 * PAGES * PAGE));
	ok(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == ETXTBSY,
	   "it cannot be mapped for writing");
	fails(EPERM, unlink(FILE_));
	fails(EPERM, rename(FILE_, "/root/other"));
	fails(EPERM, rename("/etc/hostname", FILE_));
	close(fd);
}

static void pages_away(void)
{
	unsigned long n = 512, i, wrong = 0;
	char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long in_swap;

	madvise(p, n * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < n; i++)
		p[i * PAGE] = i + 1;
	fails(0, madvise(p, n * PAGE, MADV_PAGEOUT));
	in_swap = field_of("/proc/self/status", "VmSwap:");
	ok(in_swap >= (long)n * 7 / 2, "VmSwap says that they are in swap: %ld KiB", in_swap);
	ok(field_of("/proc/self/smaps", "Swap:") >= in_swap - 64, "and so does smaps");
	ok(field_of("/proc/self/smaps", "SwapPss:") >= in_swap - 64, "which are all its own");
	ok(meminfo("SwapFree:") <= meminfo("SwapTotal:") - in_swap * 7 / 8, "SwapFree is less by them");
	for (i = 0; i < n / 2; i++)
		wrong += p[i * PAGE] != (char)(i + 1);
	fails(0, swapoff(FILE_));
	ok(field_of("/proc/self/status", "VmSwap:") == 0, "swapoff has brought them back");
	for (i = 0; i < n; i++)
		wrong += p[i * PAGE] != (char)(i + 1);
	ok(!wrong, "with their bytes");
	munmap(p, n * PAGE);
}

int main(void)
{
	char line[512];

	tap_limit(300);
	refusals();
	in_use();
	pages_away();
	fails(EINVAL, swapoff(FILE_));
	ok(!in_swaps(line, sizeof(line)), "/proc/swaps does not show it any more");
	fails(0, truncate(FILE_, 4096));
	fails(0, unlink(FILE_));
	return tap_done();
}
