// SPDX-License-Identifier: MIT
/*
 * mapread FILE PAGE...: read a byte of page 0 and of each page named, through
 * a mapping; say for each whether it was read or gave SIGBUS.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "tap.h"

static sigjmp_buf back;

static void on_bus(int sig)
{
	siglongjmp(back, 1);
}

static void page(volatile char *map, long n)
{
	if (sigsetjmp(back, 1) == 0) {
		(void)map[n * 4096];
		printf("page %ld read\n", n);
	} else {
		printf("page %ld SIGBUS\n", n);
	}
}

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDONLY);
	char *map = mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, fd, 0);

	if (fd < 0 || map == MAP_FAILED)
		return 99;
	madvise(map, 1 << 20, MADV_RANDOM);
	signal(SIGBUS, on_bus);
	page(map, 0);
	for (int i = 2; i < argc; i++)
		page(map, atol(argv[i]));
	return 0;
}
