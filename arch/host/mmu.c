// SPDX-License-Identifier: MIT
/*
 * The MMU in software: the walk, the translation cache, and one access.
 *
 * The translation cache remembers every walk that succeeded, for ever, until it
 * is flushed: a harsher hart than any real one.  An access that it forbids
 * walks again, as RISC-V allows; one that it permits goes through even if
 * the table no longer agrees.  So a missing flush shows as a wrong byte, or as a
 * page reached that nobody owns: a frame with count 0 panics at once.
 */
#include <arch/mmu.h>

#include <string.h>

#include <arch/host.h>
#include <lib/bug.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/uaccess.h>

#define TLB_ENTRIES     4096

struct translation {
	unsigned long id;               /* mmu_context.id; 0: empty */
	vaddr_t va;
	pte_t e;
};

static struct translation tlb[TLB_ENTRIES];
static pte_t root[PT_ENTRIES];
static unsigned long next_id;

pte_t *kernel_pgd = root;
bool mmu_software_ad, mmu_blocks;
unsigned long host_faults;

void host_mmu_reset(void);
void host_mmu_reset(void)
{
	memset(tlb, 0, sizeof(tlb));
	memset(root, 0, sizeof(root));
	next_id = 0;
	host_faults = 0;
	mmu_software_ad = mmu_blocks = false;
}

void mmu_context_init(struct mmu_context *ctx)
{
	*ctx = (struct mmu_context){ .id = ++next_id };
}

/* The kernel half: entries that nobody follows, but that must not be lost. */
void mmu_init_root(pte_t *pgd)
{
	unsigned int i;

	for (i = PT_ENTRIES / 2; i < PT_ENTRIES; i++)
		pgd[i] = (pte_t){ HPTE_PRESENT | HPTE_TABLE };
}

void mmu_switch(struct mmu_context *ctx, pte_t *pgd)
{
	ctx->harts |= BIT(host_hart);
}

/* ---- the translation cache ---- */

static struct translation *slot(unsigned long id, vaddr_t va)
{
	return &tlb[((va >> PAGE_SHIFT) ^ id * 1031) % TLB_ENTRIES];
}

void tlb_flush_range(struct mmu_context *ctx, vaddr_t start, vaddr_t end)
{
	struct translation *t;

	ctx->flushes++;
	for (t = tlb; t < tlb + TLB_ENTRIES; t++)
		if (t->id == ctx->id && t->va >= start && t->va < end)
			t->id = 0;
}

void tlb_flush_page(struct mmu_context *ctx, vaddr_t va)
{
	tlb_flush_range(ctx, va & PAGE_MASK, (va & PAGE_MASK) + PAGE_SIZE);
}

void tlb_flush_page_local(struct mmu_context *ctx, vaddr_t va)
{
	tlb_flush_page(ctx, va);
}

void tlb_flush_all(struct mmu_context *ctx)
{
	tlb_flush_range(ctx, 0, ~0UL);
}

void tlb_flush_kernel(vaddr_t start, vaddr_t end)
{
}

void icache_flush(struct mmu_context *ctx)
{
	ctx->icache_flushes++;
}

/* ---- one access ---- */

/* What the leaf entry @p says of the one page at @va. */
static pte_t entry_at(const pte_t *p, struct mm_struct *mm, vaddr_t va)
{
	const pte_t *level1 = pa_to_virt(pte_pfn(mm->pgd[pt_index(va, 2)]) << PAGE_SHIFT);

	return p == level1 + pt_index(va, 1) ? pte_huge_part(*p, pt_index(va, 0)) :
					       pte_single(*p, pt_index(va, 0));
}

/* The leaf entry of @va, which may be huge, or NULL. */
static pte_t *walk(struct mm_struct *mm, vaddr_t va)
{
	pte_t *entries = mm->pgd;
	int level;
	pte_t e;

	if (va >= USER_END)
		return NULL;
	for (level = PT_ROOT_LEVEL; level > 0; level--) {
		e = entries[pt_index(va, level)];
		if (level == 1 && pte_huge(e))
			return entries + pt_index(va, level);
		if (!pte_any_table(e))
			return NULL;
		entries = pa_to_virt(pte_pfn(e) << PAGE_SHIFT);
	}
	return entries + pt_index(va, 0);
}

static bool allows(pte_t e, enum fault_access access)
{
	if (!pte_present(e) || !pte_user(e))
		return false;
	switch (access) {
	case FAULT_READ:
		return pte_readable(e);
	case FAULT_WRITE:
		return pte_writable(e);
	default:
		return pte_execable(e);
	}
}

/* Remember that @mm has @e at @va; of a block, all of it, as the specification allows. */
static void remember(struct mm_struct *mm, vaddr_t va, pte_t e, bool block)
{
	unsigned int nr = block ? PT_BLOCK : 1, first = pt_index(va, 0) & -nr;

	va &= ~(nr * PAGE_SIZE - 1);
	for (unsigned int i = 0; i < nr; i++, va += PAGE_SIZE)
		*slot(mm->context.id, va) = (struct translation){
			mm->context.id, va, block ? pte_single(e, first + i) : e };
}

/* A hart may use any entry of a block for all of it: they are the same, with nothing to set. */
static void check_block(const pte_t *p, vaddr_t va)
{
	const pte_t *first = p - pt_index(va, 0) % PT_BLOCK;

	for (unsigned int i = 0; i < PT_BLOCK; i++)
		if (!pte_same(first[i], *p) || !pte_young(*p) || !pte_dirty(*p))
			panic("host: the block at %#lx is broken at entry %u", va, i);
}

/* Walk as the MMU does: accessed and dirty are set, or (software) their lack is a fault. */
static bool translate(struct mm_struct *mm, vaddr_t va, enum fault_access access, pte_t *result)
{
	struct translation *t = slot(mm->context.id, va);
	pte_t *p, want;

	va &= PAGE_MASK;
	if (t->id == mm->context.id && t->va == va && allows(t->e, access) &&
	    (access != FAULT_WRITE || pte_dirty(t->e))) {
		*result = t->e;
		return true;
	}
	p = walk(mm, va);
	if (!p || !allows(*p, access))
		return false;
	if (pte_block(*p))
		check_block(p, va);
	want = pte_mkyoung(access == FAULT_WRITE ? pte_mkdirty(*p) : *p);
	if (mmu_software_ad && !pte_same(want, *p))
		return false;
	*p = want;
	*result = entry_at(p, mm, va);
	remember(mm, va, pte_block(*p) ? *p : *result, pte_block(*p));
	return true;
}

static u8 *frame_at(pte_t e, vaddr_t va)
{
	struct page *page = pfn_to_page(pte_pfn(e));

	if (!pfn_valid(pte_pfn(e)) || atomic_read(&page->count) <= 0)
		panic("host: %#lx is translated to frame %#lx, which is free", va, pte_pfn(e));
	return (u8 *)page_address(page) + (va & ~PAGE_MASK);
}

enum fault_result host_access(struct mm_struct *mm, vaddr_t va, enum fault_access access,
			      void *buf, size_t len)
{
	enum fault_result r;
	unsigned int tries;
	u8 *bytes = buf;
	size_t n;
	pte_t e;

	for (; len; len -= n, va += n, bytes += n) {
		n = PAGE_SIZE - (va & ~PAGE_MASK);
		if (n > len)
			n = len;
		for (tries = 0; !translate(mm, va, access, &e); tries++) {
			if (tries == 8)
				panic("host: fault at %#lx comes back for ever", va);
			host_faults++;
			r = handle_mm_fault(mm, va, access, NULL);
			if (r != FAULT_DONE)
				return r;
		}
		if (access == FAULT_WRITE)
			memcpy(frame_at(e, va), bytes, n);
		else
			memcpy(bytes, frame_at(e, va), n);
	}
	return FAULT_DONE;
}

const u8 *host_peek(struct mm_struct *mm, vaddr_t va, enum fault_access access)
{
	pte_t *p = walk(mm, va);

	return p && allows(*p, access) ? frame_at(entry_at(p, mm, va), va) : NULL;
}

void host_tlb_check(struct mm_struct *mm)
{
	const struct translation *t;
	pte_t *p;

	for (t = tlb; t < tlb + TLB_ENTRIES; t++) {
		if (t->id != mm->context.id)
			continue;
		p = walk(mm, t->va);
		if (!p || !pte_present(*p) || pte_pfn(entry_at(p, mm, t->va)) != pte_pfn(t->e))
			panic("host: a translation of %#lx was not flushed", t->va);
		if ((pte_writable(t->e) && !pte_writable(*p)) ||
		    (pte_readable(t->e) && !pte_readable(*p)) ||
		    (pte_execable(t->e) && !pte_execable(*p)))
			panic("host: a translation of %#lx allows more than its entry", t->va);
	}
}
