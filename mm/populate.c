// SPDX-License-Identifier: MIT
/*
 * Bringing pages in before they are touched: MAP_POPULATE, mlock,
 * MADV_POPULATE_*.
 *
 * Each page takes the ordinary fault, without the trap.  An area that may be
 * written privately is faulted for writing, so that no copy is due later; a
 * shared one for reading, so that nothing becomes dirty by it.
 *
 * Lock: mm->lock for reading, for one look at an area; none across faults.
 */
#include <mm/populate.h>

#include <lib/errno.h>
#include <mm/fault.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/vma.h>

#define PAUSE_EVERY     (64 * PAGE_SIZE)        /* an area may be larger than all memory */

/* The area at or after @addr: its end, flags, and where to start.  False: nothing before @end. */
static bool next_area(struct mm_struct *mm, vaddr_t *addr, vaddr_t end, vaddr_t *stop,
		      unsigned long *flags, bool *hole)
{
	struct vm_area_struct *vma;

	down_read(&mm->lock);
	vma = vma_intersect(mm, *addr, end);
	if (vma) {
		*hole = vma->vm_start > *addr;
		*addr = max(*addr, vma->vm_start);
		*stop = min(end, vma->vm_end);
		*flags = vma->vm_flags;
	}
	up_read(&mm->lock);
	return vma;
}

static int fault_errno(enum fault_result r)
{
	switch (r) {
	case FAULT_OOM:
		return -ENOMEM;
	case FAULT_KILLED:
		return -EINTR;
	default:
		return -EFAULT;
	}
}

int mm_fault_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, enum fault_access access)
{
	enum fault_result r;

	for (; start < end; start += PAGE_SIZE) {
		if (unlikely(!(start & (PAUSE_EVERY - 1)))) {
			if (fatal_signal_pending())
				return -EINTR;
			cond_resched();
		}
		r = handle_mm_fault(mm, start, access, NULL);
		if (r != FAULT_DONE)
			return fault_errno(r);
	}
	return 0;
}

/* Areas with all of @need. */
static int populate(struct mm_struct *mm, vaddr_t start, vaddr_t end, bool must, unsigned long need)
{
	enum fault_access access;
	unsigned long flags;
	vaddr_t stop;
	bool hole;
	int err;

	/* Eviction that has not seen what was locked just now is over. */
	spin_lock(&mm->tables_lock);
	spin_unlock(&mm->tables_lock);
	/* start == end lies in an area that goes on behind end. */
	for (; start < end && next_area(mm, &start, end, &stop, &flags, &hole); start = stop) {
		if (hole && must)
			return -ENOMEM;
		if (flags & (VM_PFNMAP | VM_IO | VM_LOCKONFAULT) || need & ~flags)
			continue;
		if (!(flags & VM_ACCESS)) {
			if (must)
				return -EFAULT;
			continue;
		}
		access = FAULT_READ;
		if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
			access = FAULT_WRITE;
		else if (!(flags & (VM_READ | VM_WRITE)))
			access = FAULT_EXEC;
		err = mm_fault_range(mm, start, stop, access);
		if (err && must)
			return err;
		if (err == -EINTR || err == -ENOMEM)
			return err;
	}
	return must && start < end ? -ENOMEM : 0;
}

int mm_populate(struct mm_struct *mm, vaddr_t start, vaddr_t end, bool must)
{
	return populate(mm, start, end, must, 0);
}

void mm_populate_locked(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	populate(mm, start, end, false, VM_LOCKED);
}
