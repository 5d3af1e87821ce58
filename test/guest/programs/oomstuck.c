// SPDX-License-Identifier: MIT
/*
 * oomstuck FILE, on a disk that takes seconds: a process is killed for want of memory
 * while one of its threads waits for that disk.  Its memory is back before it has ended.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "figures.h"
#include "tap.h"

#define PAGE    4096L
#define MIB     (1L << 20)

static const char *path;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/*
 * Pages that do not lie side by side: a request each.  They are locked into memory, or each
 * one that is written would be reclaimed for the other thread, which would creep along behind
 * the disk and be killed when nobody waits for that any more.
 */
static void *wait_for_the_disk(void *said)
{
	long size = 60 * 4 * PAGE;
	int fd = open(path, O_RDWR);
	char *file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (file == MAP_FAILED || mlock(file, size))
		_exit(1);
	for (long at = 0; at < size; at += 4 * PAGE)
		file[at] = 1;
	if (write(*(int *)said, "1", 1) != 1)
		_exit(1);
	fsync(fd);
	return NULL;
}

static void hog(int said)
{
	long room = 1L << 34;
	pthread_t other;
	char *mem = mmap(NULL, room, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	pthread_create(&other, NULL, wait_for_the_disk, &said);
	usleep(500000);
	for (long at = 0; at < room; at += PAGE)
		mem[at] = 1;
}

int main(int argc, char **argv)
{
	long before = meminfo("MemAvailable:");
	int p[2], status;
	double start;
	pid_t pid;
	char c;

	if (argc != 2 || pipe(p))
		return 99;
	path = argv[1];
	pid = fork();
	if (!pid)
		hog(p[1]);
	close(p[1]);
	if (read(p[0], &c, 1) != 1)
		return 98;
	start = now();
	while (meminfo("MemFree:") > before / 4 && now() - start < 30)
		usleep(10000);
	while (meminfo("MemFree:") < before / 2 && now() - start < 40)
		usleep(10000);
	ok(meminfo("MemFree:") >= before / 2, "the memory is back");
	ok(waitpid(pid, &status, WNOHANG) == 0, "while the process still waits for the disk");
	ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "which it had to die of");
	return tap_done();
}
