// SPDX-License-Identifier: MIT
/*
 * Pages for a core file: those that are there, without making the others.
 *
 * Lock: mm->lock for reading.
 */
#include <mm/dump.h>

#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/uaccess.h>

static bool untouched(struct mm_struct *mm, vaddr_t va)
{
	struct page *table;
	pte_t *pte;
	bool none;

	down_read(&mm->lock);
	pte = pt_walk(mm, va, PT_FIND, &table);
	none = !pte || pte_none(pte_read(pte));
	up_read(&mm->lock);
	return none;
}

bool mm_dump_page(struct mm_struct *mm, vaddr_t va, bool file, void *buf)
{
	if (!file && untouched(mm, va))
		return false;
	return mm_access(mm, va, buf, PAGE_SIZE, false, true) == PAGE_SIZE;
}
