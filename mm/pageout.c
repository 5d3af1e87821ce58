// SPDX-License-Identifier: MIT
/*
 * Pages that their own program says will not be needed soon go at once.
 *
 * Anonymous pages take the way of the clock hand, those of files and of shared
 * memory the one of the ageing lists, each a table's worth at a time.  A page
 * that others have mapped too stays: one process' advice says nothing about
 * another's use.
 *
 * Lock: mm->lock for reading; ptl while pages are noted.
 */
#include <mm/pageout.h>

#include <mm/evict.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/reclaim.h>
#include <mm/vma.h>

#define BATCH   32U

/* Cached pages from *va on in one table, referenced.  *va: where to go on. */
static unsigned int note_cached(struct page *table, vaddr_t *va, vaddr_t end, struct page **pages)
{
	unsigned int nr = 0;

	spin_lock(&table->ptl);
	for (; *va < end && nr < BATCH; *va += PAGE_SIZE) {
		pte_t e = pte_read(pt_entries(table) + pt_index(*va, 0));
		struct page *page;

		if (!pte_present(e) || pte_special(e))
			continue;
		page = pfn_to_page(pte_pfn(e));
		if (page_test(page, PG_anon) || atomic_read(&page->mapcount) != 1)
			continue;
		get_page(page);
		page_clear(page, PG_referenced);
		pages[nr++] = page;
	}
	spin_unlock(&table->ptl);
	return nr;
}

void page_out(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct page *pages[BATCH];
	vaddr_t va = start, next;
	struct pt_piece p;

	evict_range(vma, start, end);           /* leaves plain tables where blocks were */
	if (!vma->vm_mapping)
		return;
	for (; va < end; va = next) {
		next = pt_next_piece(vma->vm_mm, va, end, &p);
		while (p.kind == PT_TABLE && va < next)
			reclaim_these(pages, note_cached(p.table, &va, next, pages));
	}
}
