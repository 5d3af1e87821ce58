// SPDX-License-Identifier: MIT
/*
 * Random memory calls that can be had again: operation @i of seed @s is always
 * the same, whatever came before it.  So any subset of a sequence is a sequence
 * too, and a failing one can be shrunk by leaving operations out.
 *
 * Ranges lie in an arena of MMOP_ARENA pages and are mostly short, so that
 * operations meet: the interesting cases are what one leaves for the next.
 */
#ifndef MMOPS_H
#define MMOPS_H

#include <stdint.h>

#define MMOP_ARENA      64U

enum mmop_kind {
	OP_MMAP, OP_MUNMAP, OP_MPROTECT, OP_MREMAP, OP_MADVISE, OP_MLOCK, OP_MSYNC, OP_MINCORE,
	OP_BRK, OP_FORK, OP_READ, OP_WRITE, OP_EXEC, OP_FILE, OP_RESET, NR_MMOPS
};

struct mmop {
	enum mmop_kind kind;
	unsigned int at;        /* page of the arena */
	unsigned int pages;     /* 1 ... */
	uint32_t r[6];          /* for the operation to use up */
};

static inline uint64_t mmop_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* How often each kind comes, of 256. */
static const unsigned char mmop_weight[NR_MMOPS] = {
	[OP_MMAP] = 44, [OP_MUNMAP] = 17, [OP_MPROTECT] = 28, [OP_MREMAP] = 24,
	[OP_MADVISE] = 38, [OP_MLOCK] = 12, [OP_MSYNC] = 4, [OP_MINCORE] = 8, [OP_BRK] = 8,
	[OP_FORK] = 6, [OP_READ] = 16, [OP_WRITE] = 36, [OP_EXEC] = 2, [OP_FILE] = 11,
	[OP_RESET] = 2,
};

static inline struct mmop mmop_make(uint64_t seed, unsigned int i)
{
	uint64_t x = mmop_mix(seed * 0x1000003 + i), y;
	unsigned int pick = x & 255, kind = 0;
	struct mmop op;

	while (kind < NR_MMOPS - 1 && pick >= mmop_weight[kind])
		pick -= mmop_weight[kind++];
	op.kind = (enum mmop_kind)kind;
	op.at = (x >> 8) % MMOP_ARENA;
	op.pages = 1 + (x >> 16) % 4;
	if ((x >> 24 & 3) == 0)
		op.pages = 1 + (x >> 16) % 20;
	if (op.pages > MMOP_ARENA - op.at)
		op.pages = MMOP_ARENA - op.at;
	for (int k = 0; k < 6; k += 2) {
		y = mmop_mix(x + 1 + k);
		op.r[k] = (uint32_t)y;
		op.r[k + 1] = (uint32_t)(y >> 32);
	}
	return op;
}

static const char *const mmop_name[NR_MMOPS] = {
	"mmap", "munmap", "mprotect", "mremap", "madvise", "mlock", "msync", "mincore",
	"brk", "fork", "read", "write", "exec", "file", "reset",
};

#endif
