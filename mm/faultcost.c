// SPDX-License-Identifier: MIT
/*
 * What a fault costs: a clock around handle_mm_fault(), by kind.
 *
 * Programs' faults go through a pointer, which leads straight to
 * handle_mm_fault() until somebody asks.  Then it leads here: what stands at the
 * address is looked at before and after, and that tells the kind.  So the steps
 * of a fault know nothing of this, and nobody pays for it but who wants to know.
 *
 * The cost is that of handle_mm_fault() alone, without the trap around it; of a
 * fault that waits for the disk, with what ran meanwhile.  The two looks are
 * outside the clock.  For the percentile a cost is kept as its first binary digit
 * and the three behind it: exact to 12 %.
 *
 * Another thread may change what stands there between the looks: then one fault
 * is called by a wrong kind.
 *
 * Lock: none; the figures are atomics.
 */
#include <mm/faultcost.h>

#include <arch/time.h>
#include <lib/string.h>
#include <mm/fault.h>
#include <mm/mm.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/vma_edit.h>

#define KINDS(X) \
	X(ZERO, "zero")                 /* anonymous memory, for the first time */ \
	X(LARGE, "zero-2m")             /* 2 MiB of it */ \
	X(BLOCK, "zero-64k") \
	X(FILE_HIT, "file-hit")         /* the page was in the cache */ \
	X(FILE_READ, "file-read")       /* from the disk */ \
	X(FILE_WRITE, "file-write")     /* first write to a shared page */ \
	X(COPY, "copy-on-write") \
	X(REUSE, "reuse")               /* written by its last owner */ \
	X(UNSHARE, "unshare")           /* a page table shared since fork, and more */ \
	X(SWAP_IN, "swap-in") \
	X(SPURIOUS, "spurious")         /* the entry allowed it already */ \
	X(KILLED, "killed")             /* a signal instead */

enum kind {
#define X(id, name) id,
	KINDS(X)
#undef X
	NR_KINDS
};

static const char *const names[NR_KINDS] = {
#define X(id, name) [id] = name,
	KINDS(X)
#undef X
};

#define DIGITS  3
#define STEPS   (1U << DIGITS)  /* buckets from one power of two to the next */
#define POWERS  32U
#define BUCKETS (POWERS * STEPS)

struct figures {
	u64 count, sum, least;  /* [a] least: 0 before the first */
	u64 bucket[BUCKETS];    /* [a] */
};

/* What stood at an address. */
struct look {
	enum pt_kind piece;
	bool block;             /* it is of one */
	bool anon, shared;      /* its area */
	pte_t e;
};

static struct figures figures[NR_KINDS];
static bool by_instructions;            /* [a] as the first start found it */

static enum fault_result measured_fault(struct mm_struct *mm, vaddr_t addr,
					enum fault_access access, bool *major);
static void look_at(struct mm_struct *mm, vaddr_t addr, struct look *l);
static enum kind kind_of(const struct look *before, const struct look *after,
			 enum fault_access access, enum fault_result r, bool major);
static void note(struct figures *f, u64 cost);

enum fault_result (*handle_user_fault)(struct mm_struct *mm, vaddr_t addr,
				       enum fault_access access, bool *major) = handle_mm_fault;

void faultcost_start(void)
{
	if (READ_ONCE(handle_user_fault) == measured_fault)
		return;
	by_instructions = cpu_instret_counts();
	smp_store_release(&handle_user_fault, measured_fault);
}

void faultcost_stop(void)
{
	WRITE_ONCE(handle_user_fault, handle_mm_fault);
	memset(figures, 0, sizeof(figures));
}

const char *faultcost_unit(void)
{
	return by_instructions ? "instructions" : "nanoseconds";
}

/* ---- measuring ---- */

static u64 now(void)
{
	return by_instructions ? cpu_instret() : time_ns();
}

static enum fault_result measured_fault(struct mm_struct *mm, vaddr_t addr,
					enum fault_access access, bool *major)
{
	struct look before, after;
	enum fault_result r;
	u64 cost;

	look_at(mm, addr, &before);
	cost = now();
	r = handle_mm_fault(mm, addr, access, major);
	cost = now() - cost;
	look_at(mm, addr, &after);
	note(&figures[kind_of(&before, &after, access, r, *major)], cost);
	return r;
}

static void look_at(struct mm_struct *mm, vaddr_t addr, struct look *l)
{
	struct vm_area_struct *vma;
	struct pt_piece p;

	*l = (struct look){ .piece = PT_NOTHING, .e = NO_PTE };
	down_read(&mm->lock);
	vma = vma_lookup(mm, addr);
	if (vma) {
		l->anon = vma_is_anonymous(vma);
		l->shared = vma->vm_flags & VM_SHARED;
		pt_next_piece(mm, addr, USER_END, &p);
		if (pt_piece_lock(mm, &p)) {
			l->piece = p.kind;
			l->e = pt_piece_entry(&p, pt_index(addr, 0));
			l->block = p.kind == PT_BLOCKS &&
				   pte_block(pt_entries(p.table)[pt_index(addr, 0)]);
			pt_piece_unlock(mm, &p);
		}
	}
	up_read(&mm->lock);
}

static enum kind kind_of_nothing(const struct look *before, const struct look *after,
				 enum fault_access access, bool major)
{
	if (before->anon && after->block)
		return BLOCK;
	if (before->anon)
		return after->piece == PT_HUGE ? LARGE : ZERO;
	if (major)
		return FILE_READ;
	return access == FAULT_WRITE && !before->shared ? COPY : FILE_HIT;
}

static enum kind kind_of(const struct look *before, const struct look *after,
			 enum fault_access access, enum fault_result r, bool major)
{
	if (r != FAULT_DONE)
		return KILLED;
	if (before->piece == PT_SHARED)
		return UNSHARE;
	if (pte_none(before->e))
		return kind_of_nothing(before, after, access, major);
	if (!pte_present(before->e))
		return SWAP_IN;
	if (access != FAULT_WRITE || pte_writable(before->e))
		return SPURIOUS;
	if (before->shared)
		return FILE_WRITE;
	if (pte_special(before->e))
		return ZERO;
	return pte_pfn(before->e) == pte_pfn(after->e) ? REUSE : COPY;
}

/* ---- figures ---- */

static unsigned int bucket_of(u64 cost)
{
	unsigned int power = cost < STEPS ? 0 : 64 - DIGITS - __builtin_clzl(cost);

	if (power >= POWERS)
		return BUCKETS - 1;
	return power ? power * STEPS + (cost >> (power - 1)) % STEPS : cost;
}

/* The largest cost in bucket @i. */
static u64 bucket_top(unsigned int i)
{
	unsigned int power = i / STEPS;

	return power ? ((STEPS + i % STEPS + 1UL) << (power - 1)) - 1 : i;
}

static void note(struct figures *f, u64 cost)
{
	u64 least = READ_ONCE(f->least), was;

	__atomic_fetch_add(&f->count, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&f->sum, cost, __ATOMIC_RELAXED);
	__atomic_fetch_add(&f->bucket[bucket_of(cost)], 1, __ATOMIC_RELAXED);
	for (; !least || cost < least; least = was) {
		was = cmpxchg(&f->least, least, cost);
		if (was == least)
			break;
	}
}

/* No more than one in a hundred of @count cost more. */
static u64 percentile(const struct figures *f, u64 count)
{
	u64 above = count / 100;
	unsigned int i = BUCKETS;

	while (--i && f->bucket[i] <= above)
		above -= f->bucket[i];
	return bucket_top(i);
}

bool faultcost_row(unsigned int i, struct fault_cost *c)
{
	const struct figures *f = figures + i;

	if (i >= NR_KINDS)
		return false;
	*c = (struct fault_cost){ .name = names[i], .count = READ_ONCE(f->count) };
	if (c->count) {
		c->least = READ_ONCE(f->least);
		c->mean = READ_ONCE(f->sum) / c->count;
		c->p99 = percentile(f, c->count);
	}
	return true;
}
