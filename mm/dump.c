// SPDX-License-Identifier: MIT
/*
 * Pages for a core file: those that are there, without making the others.
 *
 * Lock: mm->lock for reading.
 */
#include <mm/dump.h>

#include <mm/mm.h>
#include <mm/pt_piece.h>
#include <mm/uaccess.h>

static bool untouched(struct mm_struct *mm, vaddr_t va)
{
	struct pt_piece p;
	bool none = true;

	down_read(&mm->lock);
	pt_next_piece(mm, va, USER_END, &p);
	if (pt_piece_lock(mm, &p)) {
		none = pte_none(pt_piece_entry(&p, pt_index(va, 0)));
		pt_piece_unlock(mm, &p);
	}
	up_read(&mm->lock);
	return none;
}

bool mm_dump_page(struct mm_struct *mm, vaddr_t va, bool file, void *buf)
{
	if (!file && untouched(mm, va))
		return false;
	return mm_access(mm, va, buf, PAGE_SIZE, false, true) == PAGE_SIZE;
}
