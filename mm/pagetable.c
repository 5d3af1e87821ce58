// SPDX-License-Identifier: MIT
/*
 * Walking page tables, and growing them.
 *
 * Faults only make the tree of tables grow: a missing table is made outside
 * any lock and put in place by one compare-and-exchange; whoever comes second
 * gives its own back.  Only the last entry, the leaf, has a lock (ptl of its
 * table).  Tables are taken out under mm->lock for writing alone, where no area
 * is any more (zap.c).  So a walk needs an area it is inside of, or mm->lock, or,
 * as it is freed after a wait, a glance.  What else may stand in place of one,
 * huge and shared entries and tables with blocks, is in pt_piece.c.
 *
 * Code that comes through a file (truncate, write-back) walks without
 * mm->lock: it holds i_mmap_lock, and areas leave their file's list before
 * their tables go.
 */
#include <mm/pagetable.h>

#include <arch/mmu.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>

static pte_t *walk_growing(struct mm_struct *mm, vaddr_t va, struct page **table);

pte_t *pt_walk_find(struct mm_struct *mm, vaddr_t va, struct page **table)
{
	return pt_find_any(mm, va, table);
}

pte_t *pt_walk_alloc(struct mm_struct *mm, vaddr_t va, struct page **table)
{
	pte_t *pte = pt_find(mm, va, table);

	return pte ? pte : walk_growing(mm, va, table);
}

static __noinline pte_t *walk_growing(struct mm_struct *mm, vaddr_t va, struct page **table)
{
	struct pt_piece p = { .base = ALIGN_DOWN(va, PT_SPAN(1)) };

	p.entry = pt_walk_level1(mm, va);
	if (!p.entry)
		return NULL;
	for (;;) {
		if (pt_own_table(mm, &p))
			return NULL;
		if (p.kind == PT_TABLE)
			break;
		if (!pt_hang_table(mm, p.entry, pte_make_table))
			return NULL;
	}
	*table = p.table;
	return pt_entries(p.table) + pt_index(va, 0);
}

pte_t *pt_walk_level1(struct mm_struct *mm, vaddr_t va)
{
	pte_t *entry = mm->pgd + pt_index(va, 2);

	if (pte_none(pte_read(entry)) && !pt_hang_table(mm, entry, pte_make_table))
		return NULL;
	return pt_entries_of(pte_read(entry)) + pt_index(va, 1);
}

bool pt_hang_table(struct mm_struct *mm, pte_t *entry, pte_t (*made)(unsigned long pfn))
{
	struct page *table = pt_alloc_table();

	if (!table)
		return false;
	if (pte_cmpxchg(entry, NO_PTE, made(page_to_pfn(table))))
		atomic_long_inc(&mm->table_pages);
	else
		pt_free_table(table);
	/* truncate reads tables after it set the size; a fault reads the size after this. */
	smp_mb();
	return true;
}

pte_t *pt_walk_kernel(vaddr_t va, enum pt_mode mode)
{
	pte_t *entries = kernel_pgd, *entry, e;
	struct page *table;
	int level;

	for (level = PT_ROOT_LEVEL; level > 0; level--) {
		entry = entries + pt_index(va, level);
		e = pte_read(entry);
		if (pte_none(e)) {
			table = mode == PT_ALLOC ? pt_alloc_table() : NULL;
			if (!table)
				return NULL;
			if (!pte_cmpxchg(entry, NO_PTE, pte_make_table(page_to_pfn(table))))
				pt_free_table(table);
			e = pte_read(entry);
		}
		if (!pte_table(e))
			panic("pt_walk_kernel: a leaf at level %d covers %#lx", level, va);
		entries = pt_entries_of(e);
	}
	return entries + pt_index(va, 0);
}
