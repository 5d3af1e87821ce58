// SPDX-License-Identifier: MIT
/*
 * Zeroing and copying a page: the two loops that a fault cannot avoid.
 *
 * cbo.zero where the hart has it (one instruction a cache block); else eight
 * stores and one branch for 64 bytes.
 */
#include <arch/page.h>

#include "boot.h"

static void zero_by_blocks(void *page)
{
	char *p = page, *end = p + PAGE_SIZE;
	unsigned int step = zicboz_block;

	do {
		/* cbo.zero (p): Zicboz, MISC-MEM with funct3 2, imm 4 */
		__asm__ volatile(".insn i 0x0f, 2, x0, %0, 4" : : "r"(p) : "memory");
		p += step;
	} while (p < end);
}

void page_zero(void *page)
{
	u64 *p = page, *end = p + PAGE_SIZE / sizeof(u64);

	if (zicboz_block) {
		zero_by_blocks(page);
		return;
	}
	do {
		p[0] = 0; p[1] = 0; p[2] = 0; p[3] = 0; p[4] = 0; p[5] = 0; p[6] = 0; p[7] = 0;
		p[8] = 0; p[9] = 0; p[10] = 0; p[11] = 0;
		p[12] = 0; p[13] = 0; p[14] = 0; p[15] = 0;
		p += 16;
		/* stays a loop of stores, not a memset call */
		__asm__ volatile("" : : : "memory");
	} while (p < end);
}

void page_copy(void *dst, const void *src)
{
	u64 *d = dst;
	const u64 *s = src, *end = s + PAGE_SIZE / sizeof(u64);

	do {
		u64 a = s[0], b = s[1], c = s[2], e = s[3], f = s[4], g = s[5], h = s[6], i = s[7];

		d[0] = a; d[1] = b; d[2] = c; d[3] = e; d[4] = f; d[5] = g; d[6] = h; d[7] = i;
		d += 8;
		s += 8;
		__asm__ volatile("" : : : "memory");
	} while (s < end);
}
