// SPDX-License-Identifier: MIT
/*
 * Zeroing a page: a loop that a fault cannot avoid.
 *
 * cbo.zero where the hart has it (one instruction a cache block); else stores
 * in long rows, 64 words a turn of the loop, so that the loop itself costs next to
 * nothing.
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
