// SPDX-License-Identifier: MIT
/*
 * The calls: each is told with its arguments (args.h), made, and its result told.
 */
#define _GNU_SOURCE
#include "mmdiff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(OP_SHARED == MAP_SHARED && OP_PRIVATE == MAP_PRIVATE && OP_FIXED == MAP_FIXED &&
	       OP_ANON == MAP_ANONYMOUS && OP_GROWSDOWN == MAP_GROWSDOWN && OP_LOCKED == MAP_LOCKED &&
	       OP_NORESERVE == MAP_NORESERVE && OP_POPULATE == MAP_POPULATE &&
	       OP_HUGETLB == MAP_HUGETLB && OP_NOREPLACE == MAP_FIXED_NOREPLACE &&
	       OP_VALIDATE == MAP_SHARED_VALIDATE && OP_TYPE == MAP_TYPE, "mmap");
_Static_assert(OP_MAYMOVE == MREMAP_MAYMOVE && OP_MOVEFIXED == MREMAP_FIXED &&
	       OP_DONTUNMAP == MREMAP_DONTUNMAP && OP_MS_SYNC == MS_SYNC &&
	       OP_POPULATE_WRITE == MADV_POPULATE_WRITE, "mremap, msync, madvise");

static void do_mmap(const struct mmop *op)
{
	struct mmop_args a = mmop_mmap(op, &place);

	tell("mmap %s %zu prot %d flags %x fd %d off %lu", a.addr ? rel(a.addr) : "0", a.len, a.prot,
	     a.flags, a.file, a.pgoff);
	tell_result((long)mmap((void *)a.addr, a.len, a.prot, a.flags, a.file < 0 ? -1 : fd[a.file],
			       a.pgoff * PG));
}

static void do_mprotect(const struct mmop *op)
{
	struct mmop_args a = mmop_range(op, &place);
	int prot = mmop_new_prot(op);

	tell("mprotect %s %zu %x", rel(a.addr), a.len, prot);
	tell_result(mprotect((void *)a.addr, a.len, prot));
}

/* One area of @len bytes at @addr, with something in it. */
static void fresh(const struct mmop *op, unsigned long addr, size_t len)
{
	struct mmop_args a = mmop_fresh(op, addr, len);
	void *p = mmap((void *)a.addr, a.len, a.prot, a.flags, a.file < 0 ? -1 : fd[a.file], a.pgoff * PG);

	tell("fresh %x", a.flags & ~MAP_FIXED);
	tell_result((long)p);
	if (p == MAP_FAILED)
		return;
	for (size_t i = 0; i < len; i += PG)
		if (mmop_fresh_page(op, i / PG))
			write_page((unsigned char *)p + i, op->r[4] + i / PG);
}

static void do_mremap(const struct mmop *op)
{
	struct mmop_args a = mmop_mremap(op, &place);

	if (a.fresh)
		fresh(op, a.addr, a.len);
	tell("mremap %s %zu %zu %x %s", rel(a.addr), a.len, a.new_len, a.flags, rel(a.to));
	/* Not by libc, whose versions differ in when they pass on where to. */
	tell_result(syscall(SYS_mremap, a.addr, a.len, a.new_len, a.flags, a.to));
}

static void do_madvise(const struct mmop *op)
{
	struct mmop_args a = mmop_range(op, &place);
	int advice = mmop_advice(op);

	tell("madvise %s %zu %d", rel(a.addr), a.len, advice);
	if (advice == 102 || advice == 103) {                   /* guards: EINVAL until Linux 6.13 */
		errno = EINVAL;
		tell_result(-1);
		return;
	}
	tell_result(madvise((void *)a.addr, a.len, advice));
}

static void do_mlock(const struct mmop *op)
{
	struct mmop_args a;
	enum mmop_lock call = mmop_mlock(op, &place, &a);
	long r;

	tell("mlock %s %zu %u", rel(a.addr), a.len, op->r[0] % 8);
	switch (call) {
	case LOCK:
		r = mlock((void *)a.addr, a.len);
		break;
	case LOCK2:
		r = syscall(SYS_mlock2, a.addr, a.len, a.flags);
		break;
	case LOCK_ALL: case UNLOCK_ALL:
		r = call == LOCK_ALL ? mlockall(a.flags) : munlockall();
		if (!r)
			all_locked = call == LOCK_ALL;
		break;
	default:
		r = munlock((void *)a.addr, a.len);
	}
	tell_result(r);
}

static void do_msync(const struct mmop *op)
{
	struct mmop_args a = mmop_range(op, &place);
	int flags = mmop_sync_flags(op);

	tell("msync %s %zu %x", rel(a.addr), a.len, flags);
	tell_result(msync((void *)a.addr, a.len, flags));
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
	struct mmop_args a = mmop_range(op, &place);
	uint64_t disk = disk_pages(a.addr);
	unsigned char vec[64] = { 0 };
	long r = mincore((void *)a.addr, a.len, vec);

	tell("mincore %s %zu ", rel(a.addr), a.len);
	for (unsigned int i = 0; !r && i < (a.len + PG - 1) / PG; i++)
		tell("%c", disk >> i & 1 ? 'f' : '0' + vec[i]);
	tell_result(r);
}

static void do_brk(const struct mmop *op)
{
	unsigned long heap = place.heap, want = mmop_brk(op, &place), now;

	now = syscall(SYS_brk, want);
	tell("brk %lx = %s\n", want - heap, rel(now));
	if (op->r[2] & 1 && now > heap) {
		write_page((unsigned char *)heap + op->r[3] % 24 * PG, op->r[4]);
		read_page((unsigned char *)heap + op->r[4] % 24 * PG);
	}
	tell("\n");
}

static void do_file(const struct mmop *op)
{
	struct mmop_args a;
	enum mmop_file call = mmop_file(op, &a);
	uint64_t h = 0;
	char c = op->r[2];
	long r;

	switch (call) {
	case TRUNCATE:
		tell("ftruncate %d %lu", a.file, a.pgoff);
		r = ftruncate(fd[a.file], a.pgoff * PG);
		break;
	case PUNCH:
		tell("punch %lu", a.pgoff);
		r = fallocate(fd[a.file], FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, a.pgoff * PG,
			      op->pages * PG);
		break;
	case PWRITE:
		tell("pwrite %d %lu", a.file, a.pgoff);
		r = pwrite(fd[a.file], &c, 1, a.pgoff * PG + a.len);
		break;
	default:
		tell("pread %d %lu", a.file, a.pgoff);
		memset(buf, 0, PG);
		r = pread(fd[a.file], buf, PG, a.pgoff * PG);
		for (unsigned int i = 0; i < PG; i++)
			h = (h ^ (unsigned char)buf[i]) * 0x100000001b3ULL;
		tell(" %08x", (uint32_t)(h >> 16));
	}
	tell_result(r);
}

static void do_munmap(const struct mmop *op)
{
	struct mmop_args a = mmop_range(op, &place);

	tell("munmap %s %zu", rel(a.addr), a.len);
	tell_result(munmap((void *)a.addr, a.len));
}

/* Nothing of ours is left: the next operations find a fresh arena. */
static void do_reset(const struct mmop *op)
{
	munmap((void *)(ARENA - ARENA_SPAN), 2 * ARENA_SPAN);
	tell("reset");
	tell_result(munmap((void *)(place.top - TOP_SPAN), TOP_SPAN));
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
