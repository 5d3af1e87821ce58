// SPDX-License-Identifier: MIT
/*
 * Passing over what is empty: missing tables, empty entries.
 */
#ifndef MM_PT_USED_H
#define MM_PT_USED_H

#include <arch/pte.h>
#include <lib/types.h>
#include <mm/mm.h>
#include <mm/page.h>

/*
 * The level-0 table of @va, or NULL; and the first address after what it (or
 * the hole in the tables) covers, at most @end.  mm->lock held.
 */
static inline vaddr_t pt_next_table(struct mm_struct *mm, vaddr_t va, vaddr_t end,
				    struct page **table)
{
	pte_t e = pte_read(mm->pgd + pt_index(va, 2));
	int level = 2;
	vaddr_t next;

	_Static_assert(PT_LEVELS == 3, "two levels of tables below the root");
	if (likely(!pte_none(e))) {
		e = pte_read((pte_t *)pa_to_virt(pte_pfn(e) << PAGE_SHIFT) + pt_index(va, 1));
		level = 1;
	}
	*table = pte_none(e) ? NULL : pfn_to_page(pte_pfn(e));
	next = ALIGN_DOWN(va, PT_SPAN(level)) + PT_SPAN(level);
	return next < end ? next : end;
}

/* The first entry of @entries at or after @i, below @last, that is not none. */
static inline unsigned long pt_next_used(const pte_t *entries, unsigned long i,
					 unsigned long last)
{
	if (i < last && !pte_none(pte_read(entries + i)))
		return i;
	while (i + 4 <= last && !(pte_read(entries + i).v | pte_read(entries + i + 1).v |
				  pte_read(entries + i + 2).v | pte_read(entries + i + 3).v))
		i += 4;
	while (i < last && pte_none(pte_read(entries + i)))
		i++;
	return i;
}

#endif
