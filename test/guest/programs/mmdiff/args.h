// SPDX-License-Identifier: MIT
/*
 * What an operation of ops.h asks for: the arguments of its call.
 *
 * Shared by the program of the guest and by the host test that drives mm/ alone
 * (test/unit/mm_diff.c), whose headers name Linux's numbers each in its own way:
 * so they have names of this header's here.
 *
 * What depends on a border between two areas that agree (areas.c), mremap of more
 * than one page and MREMAP_DONTUNMAP, is done on a fresh mapping.
 */
#ifndef MMARGS_H
#define MMARGS_H

#include "ops.h"

#include <stdbool.h>
#include <stddef.h>

#define MMOP_PAGE               4096UL
#define MMOP_FILE_PAGES         24U

/* Linux's numbers. */
enum {
	OP_SHARED = 0x1, OP_PRIVATE = 0x2, OP_VALIDATE = 0x3, OP_TYPE = 0xf, OP_FIXED = 0x10,
	OP_ANON = 0x20, OP_GROWSDOWN = 0x100, OP_LOCKED = 0x2000, OP_NORESERVE = 0x4000,
	OP_POPULATE = 0x8000, OP_HUGETLB = 0x40000, OP_NOREPLACE = 0x100000,
	OP_MAYMOVE = 1, OP_MOVEFIXED = 2, OP_DONTUNMAP = 4,
	OP_MERGEABLE = 12, OP_UNMERGEABLE = 13, OP_POPULATE_WRITE = 23, OP_COLLAPSE = 25,
	OP_MS_SYNC = 4,
};

/* The files: one on a disk (read-write, read-only, write-only), one in memory. */
enum { F_RW, F_RO, F_WO, F_MEM, F_MEMRO, NR_FD };

/* Where things are: page 0 of the arena, the heap's first byte, the end of what mmap(NULL) gets. */
struct mmop_place {
	unsigned long arena, heap, top;
};

/* Of any call; each uses what it needs. */
struct mmop_args {
	unsigned long addr;
	size_t len;
	int prot, flags;
	int file;               /* F_; -1: none */
	unsigned long pgoff;    /* of the file, pages */
	size_t new_len;
	unsigned long to;
	bool fresh;             /* mremap: mmop_fresh() first */
};

enum mmop_lock { LOCK, LOCK2, LOCK_ALL, UNLOCK_ALL, UNLOCK };
enum mmop_file { TRUNCATE, PUNCH, PWRITE, PREAD };

static inline int mmop_prot(uint32_t r)
{
	static const unsigned char prots[16] = { 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 0, 5, 7, 2, 4 };

	return prots[r & 15];
}

/* Most operations are for the arena, some for what the kernel placed. */
static inline unsigned long mmop_address(const struct mmop *op, const struct mmop_place *p)
{
	if (op->r[5] % 8 == 0)
		return p->top - (MMOP_ARENA - op->at) * MMOP_PAGE;
	return p->arena + op->at * MMOP_PAGE;
}

static inline unsigned long mmop_odd_address(const struct mmop *op, const struct mmop_place *p)
{
	return mmop_address(op, p) + (op->r[5] >> 20 & 63 ? 0 : 123);
}

static inline size_t mmop_length(const struct mmop *op)
{
	size_t len = op->pages * MMOP_PAGE;

	if (op->r[5] >> 8 & 7)
		return len;
	return op->r[5] >> 11 & 15 ? len - op->r[5] % MMOP_PAGE : 0;
}

/* The address and length of munmap, mprotect, madvise, msync and mincore. */
static inline struct mmop_args mmop_range(const struct mmop *op, const struct mmop_place *p)
{
	return (struct mmop_args){ .addr = mmop_odd_address(op, p), .len = mmop_length(op), .file = -1 };
}

/* Where the pages come from: type and file. */
static inline void mmop_origin(const struct mmop *op, struct mmop_args *a)
{
	switch (op->r[0] >> 3 & 15) {
	case 0: case 1:
		a->flags |= OP_SHARED | OP_ANON;
		break;
	case 2: case 3:
		a->flags |= OP_PRIVATE, a->file = op->r[0] >> 8 & 1;
		break;
	case 4: case 5:
		a->flags |= OP_SHARED;
		a->file = op->r[0] >> 8 & 7 ? F_RW : op->r[0] >> 11 & 1 ? F_RO : F_WO;
		break;
	case 6:
		a->flags |= OP_PRIVATE, a->file = F_MEM;
		break;
	case 7:
		a->flags |= OP_SHARED, a->file = op->r[0] >> 8 & 3 ? F_MEM : F_MEMRO;
		break;
	default:
		a->flags |= OP_PRIVATE | OP_ANON;
	}
}

static inline struct mmop_args mmop_mmap(const struct mmop *op, const struct mmop_place *p)
{
	static const int places[8] = { OP_FIXED, OP_FIXED, OP_FIXED, OP_FIXED, 0, 0, OP_NOREPLACE,
				       OP_FIXED };
	struct mmop_args a = mmop_range(op, p);

	a.flags = places[op->r[0] & 7];
	a.prot = mmop_prot(op->r[1]);
	if ((op->r[0] & 7) == 5)
		a.addr = 0;
	mmop_origin(op, &a);
	if (op->r[2] % 8 == 0)
		a.flags |= OP_NORESERVE;
	if (op->r[2] % 16 == 1)
		a.flags |= OP_POPULATE;
	if (op->r[2] % 32 == 2)
		a.flags |= OP_LOCKED;
	if (op->r[2] % 64 == 3 && a.flags & OP_FIXED && a.addr < p->arena + MMOP_ARENA * MMOP_PAGE)
		a.flags |= OP_GROWSDOWN;        /* below mmap(NULL)'s areas, Linux's gap search has its whims */
	if (op->r[2] % 64 == 4)
		a.flags = (a.flags & ~OP_TYPE) | OP_VALIDATE;
	if (op->r[2] % 128 == 5)
		a.flags |= op->r[3] & 0xffffff & ~(OP_HUGETLB | OP_GROWSDOWN);
	a.pgoff = op->r[3] % 4 ? op->at % MMOP_FILE_PAGES : op->r[3] % 40;
	return a;
}

static inline int mmop_new_prot(const struct mmop *op)
{
	return mmop_prot(op->r[0]) | (op->r[1] % 64 ? 0 : op->r[2] & 0xff);
}

/* One area at @addr, to be mapped before an mremap of it; page i is written where mmop_fresh_page(). */
static inline struct mmop_args mmop_fresh(const struct mmop *op, unsigned long addr, size_t len)
{
	static const int kinds[4] = { OP_PRIVATE | OP_ANON, OP_SHARED | OP_ANON, OP_PRIVATE, OP_SHARED };
	int kind = kinds[op->r[4] & 3];

	return (struct mmop_args){
		.addr = addr & -MMOP_PAGE, .len = len, .prot = 3, .flags = kind | OP_FIXED,
		.file = kind & OP_ANON ? -1 : op->r[4] & 4 ? F_RW : F_MEM, .pgoff = op->at % 20,
	};
}

static inline bool mmop_fresh_page(const struct mmop *op, unsigned int i)
{
	return op->r[4] >> (8 + i) & 1;
}

static inline struct mmop_args mmop_mremap(const struct mmop *op, const struct mmop_place *p)
{
	static const int all[8] = { OP_MAYMOVE, OP_MAYMOVE, 0, OP_MAYMOVE | OP_MOVEFIXED,
		OP_MAYMOVE | OP_MOVEFIXED, OP_MAYMOVE | OP_DONTUNMAP,
		OP_MAYMOVE | OP_MOVEFIXED | OP_DONTUNMAP, OP_MAYMOVE | OP_MOVEFIXED };
	struct mmop_args a = mmop_range(op, p);

	a.flags = op->r[0] % 64 == 5 ? (int)(op->r[2] & 15) : all[op->r[0] & 7];
	a.to = p->arena + op->r[1] % MMOP_ARENA * MMOP_PAGE;
	a.new_len = (1 + op->r[2] % 8) * MMOP_PAGE;
	if (op->r[3] % 3 == 0 || (op->r[0] & 7) == 5 || (op->r[0] & 7) == 6)
		a.new_len = a.len;
	if (op->r[3] % 32 == 1)
		a.len = 0;
	if (op->r[3] % 128 == 2)
		a.to += 8;
	a.fresh = a.flags & OP_DONTUNMAP || (a.len > MMOP_PAGE && op->r[3] % 16);
	if (!a.fresh && a.len > MMOP_PAGE)
		a.len = MMOP_PAGE;
	return a;
}

static inline int mmop_advice(const struct mmop *op)
{
	/* DONTNEED, FREE, DONTFORK, DOFORK, WIPEONFORK, REMOVE, RANDOM */
	static const unsigned char often[8] = { 4, 4, 8, 10, 11, 18, 9, 1 };
	int advice = op->r[0] & 1 ? (int)often[op->r[1] & 7] : (int)(op->r[1] % 26);

	if (advice == OP_MERGEABLE || advice == OP_UNMERGEABLE || advice == OP_COLLAPSE)
		advice = OP_POPULATE_WRITE;                     /* a matter of taste */
	if (op->r[0] % 128 == 2)
		advice = op->r[2] & 0xff ? 100 + (int)(op->r[2] % 4) : -1;
	if (advice == 100 || advice == 101)                     /* hardware poison */
		advice = 200;
	return advice;
}

/* Which call of mlock's family, and its flags. */
static inline enum mmop_lock mmop_mlock(const struct mmop *op, const struct mmop_place *p,
					struct mmop_args *a)
{
	*a = mmop_range(op, p);
	if (op->r[0] & 64)
		a->addr = mmop_address(op, p);
	switch (op->r[0] % 8) {
	case 0: case 1:
		return LOCK;
	case 2:
		a->flags = op->r[1] % 16 ? 1 : op->r[2] & 3;
		return LOCK2;
	case 3:
		a->flags = op->r[1] >> 4 & 5;
		return op->r[1] % 4 ? UNLOCK_ALL : LOCK_ALL;
	default:
		return UNLOCK;
	}
}

static inline int mmop_sync_flags(const struct mmop *op)
{
	return op->r[0] % 4 ? OP_MS_SYNC : op->r[1] & 7;
}

/* The new break. */
static inline unsigned long mmop_brk(const struct mmop *op, const struct mmop_place *p)
{
	if (op->r[2] % 64 == 0)
		return p->heap - 0x4000000;
	return p->heap + op->r[0] % 24 * MMOP_PAGE + (op->r[1] & 3 ? 0 : op->r[1] % MMOP_PAGE);
}

/* The files behind mappings change: what is done to a->file at page a->pgoff, byte a->len of it. */
static inline enum mmop_file mmop_file(const struct mmop *op, struct mmop_args *a)
{
	*a = (struct mmop_args){
		.file = op->r[0] & 1 ? F_RW : F_MEM, .pgoff = op->r[1] % MMOP_FILE_PAGES,
		.len = 8 + op->r[4] % 4000,
	};
	switch (op->r[3] % 4) {
	case 0:
		a->pgoff = op->r[1] % 4 ? MMOP_FILE_PAGES : op->r[2] % (MMOP_FILE_PAGES + 4);
		return TRUNCATE;
	case 1:
		a->file = F_MEM;
		return PUNCH;
	case 2:
		return PWRITE;
	default:
		return PREAD;
	}
}

/* For how many operations a child lives. */
static inline unsigned int mmop_child_life(const struct mmop *op)
{
	return 1 + op->r[0] % 10;
}

/* Of a byte written to a page: which, and what.  The first stay zero: a jump there is illegal. */
static inline unsigned int mmop_write_at(uint32_t r)
{
	return 8 + r % (MMOP_PAGE - 8);
}

static inline unsigned char mmop_write_byte(uint32_t r)
{
	return r >> 16;
}

#endif
