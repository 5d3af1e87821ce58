// SPDX-License-Identifier: MIT
/* hog: takes memory, page by page, until somebody stops it. */
#include <stdlib.h>
#include <sys/mman.h>

int main(void)
{
	for (;;) {
		volatile char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p == MAP_FAILED)
			return 1;
		for (long at = 0; at < 1 << 20; at += 4096)
			p[at] = 1;
	}
}
