// SPDX-License-Identifier: MIT
/*
 * The stack grows when it is touched below its end, however far below: as on
 * Linux the stack pointer is not asked, only the limits are.
 *
 * What stops it: RLIMIT_STACK and the other limits, and the guard distance to
 * whatever lies below, so that an overflow meets nothing instead of another
 * area's bytes.  An area nobody may access is such a guard itself.
 *
 * Lock: mm->lock for writing; the fault that found the need has let go of
 * it and starts over afterwards.
 */
#include <mm/stack.h>

#include <lib/errno.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static bool guard_kept(const struct vm_area_struct *vma, vaddr_t start)
{
	const struct vm_area_struct *prev = vma->vm_prev;
	unsigned long guard = (unsigned long)sysctl_stack_guard_gap << PAGE_SHIFT;

	if (!prev)
		return true;
	if (prev->vm_end > start)
		return false;
	return prev->vm_flags & VM_GROWSDOWN || !(prev->vm_flags & VM_ACCESS) ||
	       start - prev->vm_end >= guard;
}

static int grow_to(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t start)
{
	unsigned long pages = (vma->vm_start - start) >> PAGE_SHIFT;

	if (start < sysctl_mmap_min_addr || !guard_kept(vma, start))
		return -ENOMEM;
	if (vma->vm_end - start > READ_ONCE(mm->rlim_stack))
		return -ENOMEM;
	if (!may_expand_vm(mm, vma->vm_flags, pages) || mlock_exceeds(mm, vma->vm_flags, pages))
		return -ENOMEM;
	if (vma->vm_flags & VM_ACCOUNT && vm_commit(mm, pages))
		return -ENOMEM;
	vm_stat_account(mm, vma->vm_flags, pages);
	vma_resize(mm, vma, start, vma->vm_end);
	return 0;
}

int stack_grow(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *vma;
	int err = -ENOMEM;

	addr &= PAGE_MASK;
	if (down_write_killable(&mm->lock))
		return 0;               /* the fault finds the fatal signal itself */
	vma = find_vma(mm, addr);
	if (vma && vma->vm_start <= addr)
		err = 0;
	else if (vma && vma->vm_flags & VM_GROWSDOWN)
		err = grow_to(mm, vma, addr);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	return err;
}
