// SPDX-License-Identifier: MIT
/*
 * madvise(MADV_WILLNEED): what is in swap comes back before it is touched.
 *
 * Reading is started and not waited for; the pages are in the swap cache when
 * the program comes, and its fault finds them there.  Only private anonymous
 * areas and shared memory, as on Linux: in a private mapping of a file the
 * advice is about the file.
 *
 * Slots are noted a batch at a time with a lock held, and read without it: one
 * that is given to somebody else meanwhile is read for him.
 *
 * Lock: mm->lock for reading; ptl, or the address_space's, while slots are noted.
 */
#include <mm/swap_ahead.h>

#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_piece.h>
#include <mm/shmem_away.h>
#include <mm/swap.h>
#include <mm/swap_cache.h>
#include <mm/vma.h>

#define BATCH   32U

/* Slots in one piece from *va on.  *va: where to go on. */
static unsigned int note_slots(struct mm_struct *mm, struct pt_piece *p, vaddr_t *va, vaddr_t end,
			       swp_t *slots)
{
	unsigned int nr = 0;

	if (!pt_piece_lock(mm, p)) {
		*va = end;
		return 0;
	}
	for (; *va < end && nr < BATCH; *va += PAGE_SIZE) {
		pte_t e = pt_piece_entry(p, pt_index(*va, 0));

		if (pte_swap(e) && pte_swapped(e))
			slots[nr++] = pte_to_swp(e);
	}
	pt_piece_unlock(mm, p);
	return nr;
}

static void ahead_private(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	swp_t slots[BATCH];
	struct pt_piece p;
	vaddr_t va, next;

	for (va = start; va < end; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		while (va < next)
			if (!swap_read_ahead(slots, note_slots(mm, &p, &va, next, slots)))
				return;
	}
}

static void ahead_shared(struct address_space *as, pgoff_t first, pgoff_t last)
{
	swp_t slots[BATCH];
	unsigned int nr;

	do {
		for (nr = 0; nr < BATCH && shmem_next_slot(as, &first, last, &slots[nr]); nr++)
			first++;
	} while (nr && swap_read_ahead(slots, nr));
}

void swap_willneed(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct address_space *as = vma->vm_mapping;

	assert_held(&vma->vm_mm->lock);
	if (!as)
		ahead_private(vma, start, end);
	else if (as->flags & AS_SWAPBACKED)
		ahead_shared(as, vma_pgoff(vma, start), vma_pgoff(vma, end - 1));
}
