// SPDX-License-Identifier: MIT
/*
 * Accessed and dirty bits taken back on advice: MADV_COLD, MADV_FREE.
 *
 * Only pages that no other process has are marked: one process' advice says
 * nothing about another's use.
 *
 * Lock: mm->lock for reading; ptl of each table.
 */
#include <mm/pt_age.h>

#include <arch/mmu.h>
#include <mm/anon.h>
#include <mm/block.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_used.h>
#include <mm/swap.h>
#include <mm/vma.h>

typedef bool mark_fn(pte_t *pte, struct page *page);

static bool mark_unused(pte_t *pte, struct page *page)
{
	pte_t e = pte_read(pte);

	page_clear(page, PG_referenced);
	return pte_young(e) && pte_cmpxchg(pte, e, pte_mkold(e));
}

static bool mark_old(pte_t *pte, struct page *page)
{
	return atomic_read(&page->mapcount) == 1 && mark_unused(pte, page);
}

static bool mark_free(pte_t *pte, struct page *page)
{
	pte_t e = pte_read(pte);

	if (!anon_exclusive(page) && !(page_test(page, PG_swapcache) && swap_reuse(page)))
		return false;
	page_clear(page, PG_swapbacked);
	page_clear(page, PG_referenced);
	return pte_cmpxchg(pte, e, pte_mkclean(pte_mkold(e)));
}

static bool mark_table(struct mm_struct *mm, struct page *table, vaddr_t va, vaddr_t end,
		       mark_fn *mark)
{
	pte_t *entries = pt_entries(table), e;
	unsigned int i = pt_index(va, 0), last = i + ((end - va) >> PAGE_SHIFT);
	bool changed = false;
	long dropped = 0;

	for (i = pt_next_used(entries, i, last); i < last; i = pt_next_used(entries, i + 1, last)) {
		e = pte_read(entries + i);
		if (pte_present(e) && !pte_special(e)) {
			changed |= mark(entries + i, pfn_to_page(pte_pfn(e)));
		} else if (mark == mark_free && pte_swap(e) && !pte_guard(e)) {
			pte_set(entries + i, NO_PTE);   /* away, and not wanted back */
			swap_free_entry(e);
			dropped += pte_swapped(e);
		}
	}
	if (dropped)
		atomic_long_sub(dropped, &mm->rss[MM_SWAPENTS]);
	return changed;
}

/* Locked.  What others have too is only marked where that says nothing of its use or contents. */
static bool mark_piece(struct mm_struct *mm, struct pt_piece *p, vaddr_t va, vaddr_t end,
		       mark_fn *mark)
{
	pte_t e = p->huge;

	if (p->kind == PT_SHARED && (mark != mark_unused || p->table->pt_folded))
		return false;
	if (p->kind != PT_HUGE)
		return mark_table(mm, p->table, va, end, mark);
	return pte_young(e) && pte_cmpxchg(p->entry, e, pte_mkold(e));
}

static void mark_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, mark_fn *mark)
{
	struct mm_struct *mm = vma->vm_mm;
	bool changed = false;
	struct pt_piece p;
	vaddr_t va, next;

	assert_held(&mm->lock);
	for (va = start; va < end; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		if (p.kind == PT_HUGE && (mark == mark_free || next - va < HUGE_SIZE))
			huge_split(mm, p.entry, p.base);
		if (p.kind == PT_BLOCKS)
			block_unfold(mm, p.entry, p.base);
		if (pt_piece_lock(mm, &p)) {
			changed |= mark_piece(mm, &p, va, next, mark);
			pt_piece_unlock(mm, &p);
		}
	}
	if (changed)
		tlb_flush_range(&mm->context, start, end);
}

void pt_mark_old(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	mark_range(vma, start, end, mark_old);
}

void pt_mark_unused(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	mark_range(vma, start, end, mark_unused);
}

void pt_mark_free(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	mark_range(vma, start, end, mark_free);
}
