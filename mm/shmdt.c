// SPDX-License-Identifier: MIT
/*
 * shmdt(2): the areas that are left of one shmat(2) go.
 *
 * A program may have cut the attached range, or mapped other things over
 * parts of it; an area belongs to the attachment if it lies where its page of
 * the segment was put.
 *
 * Lock: mm->lock for writing.
 */
#include <mm/mmap.h>

#include <mm/address_space.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static bool attached_at(const struct vm_area_struct *vma, vaddr_t addr, const struct vm_ops *ops)
{
	return vma->vm_ops == ops && vma->vm_start - addr == vma->vm_pgoff << PAGE_SHIFT;
}

static int detach(struct mm_struct *mm, vaddr_t addr, const struct vm_ops *ops,
		  struct vma_dead *dead)
{
	struct vm_area_struct *vma = find_vma(mm, addr), *next;
	const struct file *file;
	size_t size;
	int err = 0;

	while (vma && (vma->vm_start < addr || !attached_at(vma, addr, ops)))
		vma = vma->vm_next;
	if (!vma)
		return -EINVAL;
	file = vma->vm_file;
	size = ALIGN_UP(vma->vm_mapping->size, PAGE_SIZE);
	for (; vma && vma->vm_end - addr <= size && !err; vma = next) {
		next = vma->vm_next;
		if (attached_at(vma, addr, ops) && vma->vm_file == file)
			err = mm_unmap_locked(mm, vma->vm_start, vma->vm_end, dead);
	}
	return err;
}

int mm_shmdt(struct mm_struct *mm, vaddr_t addr, const struct vm_ops *ops)
{
	struct vma_dead dead = { .first = NULL };
	int err;

	if (addr & ~PAGE_MASK)
		return -EINVAL;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	err = detach(mm, addr, ops, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	return err;
}
