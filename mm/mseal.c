// SPDX-License-Identifier: MIT
/*
 * mseal(2): areas that stay as they are until exec or exit.
 *
 * A sealed area is not unmapped, moved, resized, made accessible otherwise, or
 * mapped over, and its pages are not thrown away behind a missing right to write.
 * Who does these things asks (vma_range_sealed, madvise's sealed_against); here
 * is only the flag.  There is no way back, so a second mseal changes nothing.
 *
 * Lock: mm->lock for writing; each area is closed while its flag changes.
 */
#include <mm/mmap.h>

#include <lib/err.h>
#include <mm/mm.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

/* Is there an area at every address of [start, end)? */
static bool all_mapped(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *vma = vma_lookup(mm, start);

	for (; vma && vma->vm_start <= start; vma = vma->vm_next) {
		start = vma->vm_end;
		if (start >= end)
			return true;
	}
	return false;
}

static int seal_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct vma_dead *dead)
{
	struct vm_area_struct *vma;
	vaddr_t stop;

	for (; start < end; start = stop) {
		vma = vma_lookup(mm, start);
		stop = min(vma->vm_end, end);
		vma_close(mm, vma);
		vma = vma_modify(mm, vma, start, stop, vma->vm_flags | VM_SEALED, dead);
		if (IS_ERR(vma))
			return PTR_ERR(vma);
	}
	return 0;
}

int mm_mseal(struct mm_struct *mm, vaddr_t start, size_t len_in)
{
	size_t len = ALIGN_UP(len_in, PAGE_SIZE);
	struct vma_dead dead = { .first = NULL };
	vaddr_t end = start + len;
	int err;

	if (start & ~PAGE_MASK || (len_in && !len) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	err = all_mapped(mm, start, end) ? seal_range(mm, start, end, &dead) : -ENOMEM;
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	return err;
}
