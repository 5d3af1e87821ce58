// SPDX-License-Identifier: MIT
/*
 * Anonymous memory in blocks of 64 KiB, where harts have Svnapot: one fault, and one
 * translation, instead of 16.
 *
 * A block is 16 entries in a row that all say the same: the frame of the first page, and
 * that it is one of 16.  As with what is huge (huge.c) its pages are no object; each has its
 * count and mapcount, and when the block is split they go their own ways.
 *
 *	level 1            level 0: single pages and blocks beside each other
 *	┌──────────┐       ┌─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─┬─
 *	│ blocks ──┼──────►│7│ │8│ │B│B│B│B│B│B│B│B│B│B│B│B│B│ ...
 *	└──────────┘       └─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─
 *
 * A table in which they may stand is a kind of its own (pt_piece.h).  The harts follow it like
 * any; in the kernel only what knows blocks does, and pt_find() finds nothing there.  So
 * on harts without Svnapot nothing is slower for it.  Who must have single pages
 * unfolds the table: each block is rewritten in place, which needs no memory, and
 * the table is a plain one until it goes.  Those who take away or protect a range split
 * the blocks of that alone, for in one table may be several areas.
 *
 * As with what is huge, memory is a wish, and only a write makes a block.
 *
 * Always true: the entries of a block are the same, accessed, dirty and writable, so no hart
 *              ever changes one; they lie in private anonymous areas; its pages are
 *              named by nothing else;
 *              of where a block was no hart keeps a translation once it is split, which the
 *              flush of a single page might miss (privileged 1.12, 5.1: one entry of a
 *              block may be remembered for all).
 * Lock:        ptl of the table, also for whether it may have blocks; mm->tables_lock
 *              where that ends.
 */
#include <mm/block.h>

#include <arch/mmu.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pagetable.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_used.h>
#include <mm/vma.h>
#include <mm/vma_edit.h>
#include <mm/vmstat.h>

static bool block_new(struct fault *f, pte_t *entry);
static bool block_install(struct fault *f, pte_t *entry, pte_t *first, pte_t e);

/* ---- the fault ---- */

enum fault_result block_fault(struct fault *f, pte_t *entry)
{
	const struct vm_area_struct *vma = f->vma;
	pte_t e;

	if (pte_none(pte_read(entry)) && vma_is_anonymous(vma) && vma->vm_flags & VM_WRITE &&
	    size_eligible(vma->vm_start, vma->vm_end, vma->vm_flags, BLOCK_SIZE) &&
	    !pt_hang_table(f->mm, entry, pte_make_blocks))
		return FAULT_OOM;
	e = pte_read(entry);
	if (!pte_blocks(e)) {
		f->pte = pt_walk(f->mm, f->addr, PT_ALLOC, &f->table);
		return f->pte ? FAULT_DONE : FAULT_OOM;
	}
	f->table = pfn_to_page(pte_pfn(e));
	f->pte = pt_entries(f->table) + pt_index(f->addr, 0);
	if (huge_wanted(f, BLOCK_SIZE) && block_new(f, entry))
		f->pte = NULL;
	return FAULT_DONE;
}

static bool all_none(const pte_t *first)
{
	return pt_next_used(first, 0, PT_BLOCK) == PT_BLOCK;
}

/* True: the fault is resolved.  False: a single page will do, or is there. */
static bool block_new(struct fault *f, pte_t *entry)
{
	pte_t *first = f->pte - pt_index(f->addr, 0) % PT_BLOCK;
	struct page *page = all_none(first) ? huge_alloc(BLOCK_ORDER) : NULL;
	pte_t e;

	if (!page)
		return false;
	e = pte_mkdirty(pte_make(page_to_pfn(page), f->vma->vm_prot));
	if (!block_install(f, entry, first, pte_make_block(e))) {
		huge_free(page, BLOCK_ORDER);
		return false;
	}
	huge_mapped(f, BLOCK_ORDER);
	vmstat_inc(VMSTAT_napot_fault_alloc);
	return true;
}

static bool block_install(struct fault *f, pte_t *entry, pte_t *first, pte_t e)
{
	bool empty;

	if (f->vma->vm_flags & VM_EXEC)
		icache_flush(&f->mm->context);
	smp_wmb();                      /* zeroes before what leads to them */
	spin_lock(&f->table->ptl);
	empty = pte_blocks(pte_read(entry)) && all_none(first);
	for (unsigned int i = 0; empty && i < PT_BLOCK; i++)
		pte_init(first + i, e);
	spin_unlock(&f->table->ptl);
	return empty;
}

/* ---- the end of a block ---- */

/* A hart may see some of the entries the one way and some the other: they say the same. */
void block_split(pte_t *first)
{
	pte_t e = pte_read(first);

	for (unsigned int i = 0; i < PT_BLOCK; i++)
		pte_init(first + i, pte_single(e, i));
	vmstat_inc(VMSTAT_napot_split);
}

struct page *block_take(pte_t *first)
{
	struct page *page = pfn_to_page(pte_pfn(pte_single(pte_read(first), 0)));

	for (unsigned int i = 0; i < PT_BLOCK; i++)
		pte_init(first + i, NO_PTE);
	return page;
}

/* The ptl held.  No entry from @i to @last is of a block afterwards. */
static void split_entries(struct mm_struct *mm, struct page *table, vaddr_t base, unsigned int i,
			  unsigned int last)
{
	bool any = false;

	i -= i % PT_BLOCK;
	for (vaddr_t from = base + i * PAGE_SIZE; ; i += PT_BLOCK) {
		if (i >= last) {
			if (any)
				tlb_flush_range(&mm->context, from, base + i * PAGE_SIZE);
			return;
		}
		if (!pte_block(pte_read(pt_entries(table) + i)))
			continue;
		block_split(pt_entries(table) + i);
		any = true;
	}
}

struct page *block_split_range(struct mm_struct *mm, const struct pt_piece *p, vaddr_t va,
			       vaddr_t end)
{
	struct page *table = pfn_to_page(pte_pfn(pte_read(p->entry)));
	unsigned int i = pt_index(va, 0);

	spin_lock(&table->ptl);
	split_entries(mm, table, p->base, i, i + ((end - va) >> PAGE_SHIFT));
	spin_unlock(&table->ptl);
	return table;
}

void block_unfold(struct mm_struct *mm, pte_t *entry, vaddr_t base)
{
	spin_lock(&mm->tables_lock);
	block_unfold_held(mm, entry, base);
	spin_unlock(&mm->tables_lock);
}

void block_unfold_held(struct mm_struct *mm, pte_t *entry, vaddr_t base)
{
	pte_t e = pte_read(entry);
	struct page *table;

	assert_held(&mm->tables_lock);
	if (!pte_blocks(e))
		return;
	table = pfn_to_page(pte_pfn(e));
	spin_lock(&table->ptl);
	split_entries(mm, table, base, 0, PT_ENTRIES);
	pte_set(entry, pte_make_table(page_to_pfn(table)));
	spin_unlock(&table->ptl);
}
