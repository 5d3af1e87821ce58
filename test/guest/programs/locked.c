// SPDX-License-Identifier: MIT
/*
 * locked MiB: have so much mlock'ed, half anonymous and half of a file, until SIGUSR1;
 * then say whether all of it was still there without a fault.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "tap.h"

int main(int argc, char **argv)
{
	long half = atol(argv[1]) << 19, sum = 0;
	struct rusage before, after;
	char *anon, *file;
	sigset_t set;
	int sig, fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = open("/root/locked", O_RDWR | O_CREAT, 0600);
	if (ftruncate(fd, half))
		return 99;
	anon = mmap(NULL, half, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	file = mmap(NULL, half, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mlock(anon, half) || mlock(file, half))
		return 98;
	sigwait(&set, &sig);
	getrusage(RUSAGE_SELF, &before);
	for (long at = 0; at < half; at += 4096)
		sum += anon[at] + file[at];
	getrusage(RUSAGE_SELF, &after);
	unlink("/root/locked");
	printf("%s %ld\n", before.ru_majflt == after.ru_majflt ? "ok" : "fetched again", sum);
	return 0;
}
