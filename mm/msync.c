// SPDX-License-Identifier: MIT
/*
 * msync(2): shared pages of a file to its disk, and wait.
 *
 * The page cache knows which pages are dirty (a PTE becomes writable only
 * together with that), so nothing is collected from page tables here.  MS_ASYNC
 * starts nothing, as on Linux: write-back comes by itself.
 *
 * The file's own fsync does the work: blocks that the file got through the mapping
 * are of no use after a power cut without what says where they are.
 *
 * Lock: mm->lock for reading, released while the file is written.
 */
#include <mm/mmap.h>

#include <lib/errno.h>
#include <mm/address_space.h>
#include <mm/mm.h>
#include <mm/vma.h>

/* [start, end) of @vma to the disk.  Returns without mm->lock. */
static int sync_area(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct address_space *as = vma->vm_mapping;
	struct file *file = vma->vm_file;
	loff_t first = (loff_t)vma_pgoff(vma, start) << PAGE_SHIFT;
	loff_t last = first + (loff_t)(end - start) - 1;
	int err;

	as->a_ops->file_get(file);
	up_read(&vma->vm_mm->lock);
	err = as->a_ops->file_sync ? as->a_ops->file_sync(file, first, last) : 0;
	as->a_ops->file_put(file);
	return err;
}

static bool needs_sync(const struct vm_area_struct *vma, int flags)
{
	return flags & MS_SYNC && vma->vm_flags & VM_SHARED && vma->vm_file && vma->vm_mapping;
}

int mm_msync(struct mm_struct *mm, vaddr_t start, size_t len, int flags)
{
	struct vm_area_struct *vma;
	int err = 0, unmapped = 0;
	vaddr_t end, stop;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || start & ~PAGE_MASK)
		return -EINVAL;
	if (flags & MS_ASYNC && flags & MS_SYNC)
		return -EINVAL;
	end = start + ALIGN_UP(len, PAGE_SIZE);
	if (end < start)
		return -ENOMEM;
	if (end == start)
		return 0;
	while (start < end) {
		down_read(&mm->lock);
		vma = vma_intersect(mm, start, end);
		if (!vma || vma->vm_start > start)
			unmapped = -ENOMEM;
		if (!vma || (flags & MS_INVALIDATE && vma->vm_flags & VM_LOCKED)) {
			err = vma ? -EBUSY : -ENOMEM;
			up_read(&mm->lock);
			return err;
		}
		start = max(start, vma->vm_start);
		stop = min(end, vma->vm_end);
		if (needs_sync(vma, flags))
			err = sync_area(vma, start, stop);
		else
			up_read(&mm->lock);
		if (err)
			return err;
		start = stop;
	}
	return unmapped;
}
