// SPDX-License-Identifier: MIT
/*
 * Zeroing and copying a page: the two loops that a fault cannot avoid.
 *
 * cbo.zero where the hart has it (one instruction a cache block); else stores
 * in long rows, 64 words a turn of the loop (copying: eight loads at a time ahead
 * of their stores), so that the loop itself costs next to nothing.
 */
#include <arch/page.h>

#include "boot.h"

#define FOUR(word, i)    word((i)); word((i) + 1); word((i) + 2); word((i) + 3)
#define SIXTEEN(word, i) \
	FOUR(word, (i)); FOUR(word, (i) + 4); FOUR(word, (i) + 8); FOUR(word, (i) + 12)

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

static __always_inline void copy_eight(u64 *d, const u64 *s)
{
	u64 a = s[0], b = s[1], c = s[2], e = s[3], f = s[4], g = s[5], h = s[6], i = s[7];

	d[0] = a; d[1] = b; d[2] = c; d[3] = e; d[4] = f; d[5] = g; d[6] = h; d[7] = i;
}

void page_zero(void *page)
{
	u64 *p = page, *end = p + PAGE_SIZE / sizeof(u64);

#define ZERO_WORD(i) p[i] = 0
	if (zicboz_block) {
		zero_by_blocks(page);
		return;
	}
	do {
		SIXTEEN(ZERO_WORD, 0); SIXTEEN(ZERO_WORD, 16);
		SIXTEEN(ZERO_WORD, 32); SIXTEEN(ZERO_WORD, 48);
		p += 64;
		/* stays a loop of stores, not a memset call */
		__asm__ volatile("" : : : "memory");
	} while (p < end);
#undef ZERO_WORD
}

void page_copy(void *dst, const void *src)
{
	u64 *d = dst;
	const u64 *s = src, *end = s + PAGE_SIZE / sizeof(u64);

	do {
		copy_eight(d, s);
		copy_eight(d + 8, s + 8);
		copy_eight(d + 16, s + 16);
		copy_eight(d + 24, s + 24);
		copy_eight(d + 32, s + 32);
		copy_eight(d + 40, s + 40);
		copy_eight(d + 48, s + 48);
		copy_eight(d + 56, s + 56);
		d += 64;
		s += 64;
		__asm__ volatile("" : : : "memory");
	} while (s < end);
}
