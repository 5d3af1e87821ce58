// SPDX-License-Identifier: MIT
/*
 * remap_file_pages(2): another part of the file at the same addresses.
 *
 * As on Linux since 4.0 it is a mapping made anew over the old one, an area of
 * its own: the call is for old programs only, and costs what mmap costs.
 *
 * Lock: mm->lock for writing.
 */
#include <mm/mmap.h>

#include <mm/mm.h>
#include <mm/shmem.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

/* One shared area, or adjacent ones of one file and kind, up to @end.  NULL: no. */
static struct vm_area_struct *remappable(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *first = vma_lookup(mm, start), *vma = first;

	if (!first || !(first->vm_flags & VM_SHARED) || !first->vm_mapping)
		return NULL;
	for (; vma->vm_end < end; vma = vma->vm_next) {
		const struct vm_area_struct *next = vma->vm_next;

		if (!next || next->vm_start != vma->vm_end || next->vm_flags != first->vm_flags ||
		    next->vm_file != first->vm_file || next->vm_mapping != first->vm_mapping)
			return NULL;
	}
	return first;
}

/* Between the old area's end and the new one's begin no seal may be added. */
static int seals_permit(struct vm_area_struct *new)
{
	struct address_space *as = new->vm_mapping;

	return new->vm_file && as->flags & AS_SWAPBACKED ? shmem_map_begin(as, new) : 0;
}

static int remap_pages(struct mm_struct *mm, vaddr_t start, vaddr_t end, pgoff_t pgoff,
		       bool *locked, struct vma_dead *dead)
{
	struct vm_area_struct *vma = remappable(mm, start, end), *new, *prev;
	int err;

	if (!vma)
		return -EINVAL;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	new = vma_alloc();
	if (!new)
		return -ENOMEM;
	vma_copy(new, vma);
	new->vm_start = start;
	new->vm_end = end;
	new->vm_pgoff = pgoff;
	new->vm_has_anon = false;
	vma_get_refs(new);
	err = seals_permit(new);
	if (!err) {
		err = mm_unmap_locked(mm, start, end, dead);
		if (err)
			shmem_map_end(new);
	}
	if (err) {
		vma_die(dead, new);
		return err;
	}
	*locked = new->vm_flags & VM_LOCKED;
	find_vma_prev(mm, start, &prev);
	vm_stat_account(mm, new->vm_flags, vma_pages(new));
	vma_link(mm, new, prev);
	shmem_map_end(new);
	vma_merge_around(mm, new, dead);
	return 0;
}

int mm_remap_file_pages(struct mm_struct *mm, vaddr_t start, size_t size, pgoff_t pgoff,
			bool populate)
{
	struct vma_dead dead = { .first = NULL };
	bool locked = false;
	vaddr_t end;
	int err;

	start &= PAGE_MASK;
	size &= PAGE_MASK;
	end = start + size;
	if (end <= start || pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	err = remap_pages(mm, start, end, pgoff, &locked, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	if (!err && (populate || locked))
		mm_populate(mm, start, end, false);
	return err;
}
