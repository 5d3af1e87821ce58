// SPDX-License-Identifier: MIT
/*
 * How much is mlock'ed: counted when somebody asks.
 *
 * That a page stays is a property of the areas that map it, and reclaim asks them;
 * so no page carries a mark that each fault, fork and exit would have to keep
 * right.  The figure is the sum over areas of the pages that are there: unlike
 * Linux, a page that two processes have locked counts in both.
 *
 * Lock: mm->lock for reading, by trylock: a space that is being changed is left out.
 */
#include <mm/mlocked.h>

#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/pt_piece.h>
#include <mm/vma.h>

static unsigned long present_in(struct vm_area_struct *vma)
{
	unsigned long nr = 0;
	struct mm_struct *mm = vma->vm_mm;
	struct pt_piece p;
	vaddr_t va, next;

	for (va = vma->vm_start; va < vma->vm_end; va = next) {
		next = pt_next_piece(mm, va, vma->vm_end, &p);
		if (!pt_piece_lock(mm, &p))
			continue;
		for (; va < next; va += PAGE_SIZE) {
			pte_t e = pt_piece_entry(&p, pt_index(va, 0));

			nr += pte_present(e) && !pte_special(e);
		}
		pt_piece_unlock(mm, &p);
	}
	return nr;
}

static unsigned long locked_in(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	unsigned long nr = 0;

	if (!down_read_trylock(&mm->lock))
		return 0;
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (vma->vm_flags & VM_LOCKED)
			nr += present_in(vma);
	up_read(&mm->lock);
	return nr;
}

unsigned long mlocked_pages(void)
{
	struct mm_struct *mm;
	unsigned long nr = 0;

	for (mm = mm_next(NULL); mm; mm = mm_next(mm))
		if (READ_ONCE(mm->locked_vm))
			nr += locked_in(mm);
	return nr;
}
