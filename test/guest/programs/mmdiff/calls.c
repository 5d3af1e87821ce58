// SPDX-License-Identifier: MIT
/*
 * The calls: each is told with its arguments, made, and its result told.
 *
 * What depends on a border between two areas that agree (areas.c), mremap of more
 * than one page and MREMAP_DONTUNMAP, is done on a fresh mapping.
 */
#define _GNU_SOURCE
#include "mmdiff.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int pick_prot(uint32_t r)
{
	static const unsigned char prots[16] = { 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 0, 0, 5, 7, 2, 4 };

	return prots[r & 15];
}

/* Most operations are for the arena, some for what the kernel placed. */
unsigned long op_address(const struct mmop *op)
{
	if (op->r[5] % 8 == 0)
		return top - (MMOP_ARENA - op->at) * PG;
	return ARENA + op->at * PG;
}

static size_t length(const struct mmop *op)
{
	size_t len = op->pages * PG;

	if (op->r[5] >> 8 & 7)
		return len;
	return op->r[5] >> 11 & 15 ? len - op->r[5] % PG : 0;
}

static unsigned long odd(const struct mmop *op, unsigned long addr)
{
	return op->r[5] >> 20 & 63 ? addr : addr + 123;
}

static void do_mmap(const struct mmop *op)
{
	static const int places[8] = { MAP_FIXED, MAP_FIXED, MAP_FIXED, MAP_FIXED, 0, 0,
				       MAP_FIXED_NOREPLACE, MAP_FIXED };
	unsigned long addr = odd(op, op_address(op));
	int flags = places[op->r[0] & 7], f = -1, prot = pick_prot(op->r[1]);
	unsigned long pgoff = op->at % FILE_PAGES;

	if ((op->r[0] & 7) == 5)
		addr = 0;
	switch (op->r[0] >> 3 & 15) {
	case 0: case 1:
		flags |= MAP_SHARED | MAP_ANONYMOUS;
		break;
	case 2: case 3:
		flags |= MAP_PRIVATE, f = fd[op->r[0] >> 8 & 1];
		break;
	case 4: case 5:
		flags |= MAP_SHARED, f = fd[op->r[0] >> 8 & 7 ? F_RW : op->r[0] >> 11 & 1 ? F_RO : F_WO];
		break;
	case 6:
		flags |= MAP_PRIVATE, f = fd[F_MEM];
		break;
	case 7:
		flags |= MAP_SHARED, f = fd[op->r[0] >> 8 & 3 ? F_MEM : F_MEMRO];
		break;
	default:
		flags |= MAP_PRIVATE | MAP_ANONYMOUS;
	}
	if (op->r[2] % 8 == 0)
		flags |= MAP_NORESERVE;
	if (op->r[2] % 16 == 1)
		flags |= MAP_POPULATE;
	if (op->r[2] % 32 == 2)
		flags |= MAP_LOCKED;
	if (op->r[2] % 64 == 3 && flags & MAP_FIXED && addr < ARENA + MMOP_ARENA * PG)
		flags |= MAP_GROWSDOWN;         /* below mmap(NULL)'s areas, Linux's gap search has its whims */
	if (op->r[2] % 64 == 4)
		flags = (flags & ~MAP_TYPE) | MAP_SHARED_VALIDATE;
	if (op->r[2] % 128 == 5)
		flags |= op->r[3] & 0xffffff & ~(MAP_HUGETLB | MAP_GROWSDOWN);
	if (op->r[3] % 4 == 0)
		pgoff = op->r[3] % 40;
	tell("mmap %s %zu prot %d flags %x fd %d off %lu", addr ? rel(addr) : "0", length(op), prot,
	     flags, f < 0 ? f : f - fd[0], pgoff);
	tell_result((long)mmap((void *)addr, length(op), prot, flags, f, pgoff * PG));
}

static void do_mprotect(const struct mmop *op)
{
	unsigned long addr = odd(op, op_address(op));
	int prot = pick_prot(op->r[0]);

	if (op->r[1] % 64 == 0)
		prot |= op->r[2] & 0xff;
	tell("mprotect %s %zu %x", rel(addr), length(op), prot);
	tell_result(mprotect((void *)addr, length(op), prot));
}

/* One area of @len bytes at @addr, with something in it. */
static void fresh(unsigned long addr, size_t len, const struct mmop *op)
{
	static const int kinds[4] = { MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS,
				      MAP_PRIVATE, MAP_SHARED };
	int kind = kinds[op->r[4] & 3];
	void *p = mmap((void *)(addr & -PG), len, PROT_READ | PROT_WRITE, kind | MAP_FIXED,
		       kind & MAP_ANONYMOUS ? -1 : fd[op->r[4] & 4 ? F_RW : F_MEM], op->at % 20 * PG);

	tell("fresh %x", kind);
	tell_result((long)p);
	if (p == MAP_FAILED)
		return;
	for (size_t i = 0; i < len; i += PG)
		if (op->r[4] >> (8 + i / PG) & 1)
			write_page((unsigned char *)p + i, op->r[4] + i / PG);
}

static void do_mremap(const struct mmop *op)
{
	static const int all[8] = { MREMAP_MAYMOVE, MREMAP_MAYMOVE, 0, MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, MREMAP_MAYMOVE | MREMAP_FIXED };
	int flags = op->r[0] % 64 == 5 ? (int)(op->r[2] & 15) : all[op->r[0] & 7];
	unsigned long addr = odd(op, op_address(op)), to = ARENA + op->r[1] % MMOP_ARENA * PG;
	size_t from = length(op), len = (1 + op->r[2] % 8) * PG;

	if (op->r[3] % 3 == 0 || (op->r[0] & 7) == 5 || (op->r[0] & 7) == 6)
		len = from;
	if (op->r[3] % 32 == 1)
		from = 0;
	if (op->r[3] % 128 == 2)
		to += 8;
	if (flags & MREMAP_DONTUNMAP || (from > PG && op->r[3] % 16))
		fresh(addr, from, op);
	else if (from > PG)
		from = PG;
	tell("mremap %s %zu %zu %x %s", rel(addr), from, len, flags, rel(to));
	tell_result((long)mremap((void *)addr, from, len, flags, to));
}

static void do_madvise(const struct mmop *op)
{
	static const unsigned char often[8] = { MADV_DONTNEED, MADV_DONTNEED, MADV_FREE, MADV_DONTFORK,
		MADV_DOFORK, MADV_WIPEONFORK, MADV_REMOVE, MADV_RANDOM };
	int advice = op->r[0] & 1 ? (int)often[op->r[1] & 7] : (int)(op->r[1] % 26);
	unsigned long addr = odd(op, op_address(op));

	if (advice == 12 || advice == 13 || advice == 25)       /* KSM, COLLAPSE: a matter of taste */
		advice = MADV_POPULATE_WRITE;
	if (op->r[0] % 128 == 2)
		advice = op->r[2] & 0xff ? 100 + (int)(op->r[2] % 4) : -1;
	if (advice == 100 || advice == 101)                     /* hardware poison */
		advice = 200;
	tell("madvise %s %zu %d", rel(addr), length(op), advice);
	tell_result(madvise((void *)addr, length(op), advice));
}

static void do_mlock(const struct mmop *op)
{
	unsigned long addr = op->r[0] & 64 ? op_address(op) : odd(op, op_address(op));
	long r;

	tell("mlock %s %zu %u", rel(addr), length(op), op->r[0] % 8);
	switch (op->r[0] % 8) {
	case 0: case 1:
		r = mlock((void *)addr, length(op));
		break;
	case 2:
		r = syscall(SYS_mlock2, addr, length(op), op->r[1] % 16 ? 1 : op->r[2] & 3);
		break;
	case 3:
		r = op->r[1] % 4 ? munlockall() : mlockall(op->r[1] >> 4 & 5);
		if (!r)
			all_locked = op->r[1] % 4 == 0;
		break;
	default:
		r = munlock((void *)addr, length(op));
	}
	tell_result(r);
}

static void do_msync(const struct mmop *op)
{
	unsigned long addr = odd(op, op_address(op));
	int flags = op->r[0] % 4 ? MS_SYNC : op->r[1] & 7;

	tell("msync %s %zu %x", rel(addr), length(op), flags);
	tell_result(msync((void *)addr, length(op), flags));
}

/* Which of [addr, addr + 64 pages) are of the disk's file: the cache decides there. */
static uint64_t disk_pages(unsigned long addr)
{
	unsigned long start, end;
	uint64_t mask = 0;
	char *line;
	int at;

	slurp("/proc/self/maps");
	for (line = buf; line && *line; line = strchr(line, '\n') + 1)
		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &start, &end, &at) >= 2 &&
		    strstr(line, "mmdiff.dat") && strstr(line, "mmdiff.dat") < strchr(line, '\n'))
			for (int i = 0; i < 64; i++)
				if (addr + i * PG >= start && addr + i * PG < end)
					mask |= 1UL << i;
	return mask;
}

static void do_mincore(const struct mmop *op)
{
	unsigned long addr = odd(op, op_address(op));
	uint64_t disk = disk_pages(addr);
	unsigned char vec[64] = { 0 };
	long r = mincore((void *)addr, length(op), vec);

	tell("mincore %s %zu ", rel(addr), length(op));
	for (unsigned int i = 0; !r && i < (length(op) + PG - 1) / PG; i++)
		tell("%c", disk >> i & 1 ? 'f' : '0' + vec[i]);
	tell_result(r);
}

static void do_brk(const struct mmop *op)
{
	unsigned long want = heap + op->r[0] % 24 * PG + (op->r[1] & 3 ? 0 : op->r[1] % PG), now;

	if (op->r[2] % 64 == 0)
		want = heap - 0x4000000;
	now = syscall(SYS_brk, want);
	tell("brk %lx = %s\n", want - heap, rel(now));
	if (op->r[2] & 1 && now > heap) {
		write_page((unsigned char *)heap + op->r[3] % 24 * PG, op->r[4]);
		read_page((unsigned char *)heap + op->r[4] % 24 * PG);
	}
	tell("\n");
}

/* The files behind mappings change. */
static void do_file(const struct mmop *op)
{
	int which = op->r[0] & 1 ? F_RW : F_MEM;
	unsigned long page = op->r[1] % FILE_PAGES;
	char c = op->r[2];
	long r;

	switch (op->r[3] % 4) {
	case 0:
		page = op->r[1] % 4 ? FILE_PAGES : op->r[2] % (FILE_PAGES + 4);
		tell("ftruncate %d %lu", which, page);
		r = ftruncate(fd[which], page * PG);
		break;
	case 1:
		tell("punch %lu", page);
		r = fallocate(fd[F_MEM], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page * PG,
			      op->pages * PG);
		break;
	case 2:
		tell("pwrite %d %lu", which, page);
		r = pwrite(fd[which], &c, 1, page * PG + 8 + op->r[4] % 4000);
		break;
	default:
		tell("pread %d %lu", which, page);
		memset(buf, 0, PG);
		r = pread(fd[which], buf, PG, page * PG);
		uint64_t h = 0;
		for (unsigned int i = 0; i < PG; i++)
			h = (h ^ (unsigned char)buf[i]) * 0x100000001b3ULL;
		tell(" %08x", (uint32_t)(h >> 16));
	}
	tell_result(r);
}

static void do_munmap(const struct mmop *op)
{
	tell("munmap %s %zu", rel(odd(op, op_address(op))), length(op));
	tell_result(munmap((void *)odd(op, op_address(op)), length(op)));
}

/* Nothing of ours is left: the next operations find a fresh arena. */
static void do_reset(const struct mmop *op)
{
	munmap((void *)(ARENA - ARENA_SPAN), 2 * ARENA_SPAN);
	tell("reset");
	tell_result(munmap((void *)(top - TOP_SPAN), TOP_SPAN));
}

void do_call(const struct mmop *op)
{
	static void (*const calls[NR_MMOPS])(const struct mmop *op) = {
		[OP_MMAP] = do_mmap, [OP_MUNMAP] = do_munmap, [OP_MPROTECT] = do_mprotect,
		[OP_MREMAP] = do_mremap, [OP_MADVISE] = do_madvise, [OP_MLOCK] = do_mlock,
		[OP_MSYNC] = do_msync, [OP_MINCORE] = do_mincore, [OP_BRK] = do_brk,
		[OP_READ] = do_touch, [OP_WRITE] = do_touch, [OP_EXEC] = do_touch,
		[OP_FILE] = do_file, [OP_RESET] = do_reset,
	};

	calls[op->kind](op);
}
