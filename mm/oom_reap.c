// SPDX-License-Identifier: MIT
/*
 * The memory of a process that is to die, before it does.
 *
 * The victim of the OOM killer, or of process_mrelease(2), may be asleep where no
 * signal reaches it, or wait for memory itself.  What is its own is of no use to it
 * any more, so it is taken out of its page tables here; areas, tables and files go
 * when it exits.
 *
 * It may still run inside the kernel meanwhile, and must not read zeroes where its
 * data was (and write them to a file, say): with mm->lock held for writing no
 * fault is under way, and each area that was emptied gets operations that refuse.
 * So the fault path pays nothing for this.
 *
 * Lock: mm->lock for writing; the OOM killer by trylock, since its holder may be waiting
 * for us, process_mrelease(2) not.
 */
#include <mm/oom.h>

#include <mm/fault.h>
#include <mm/mm.h>
#include <mm/pt_gather.h>
#include <mm/vma.h>

static enum fault_result reaped_fault(struct fault *f)
{
	return FAULT_BUS;
}

static const struct vm_ops reaped_vm_ops = { .fault = reaped_fault };

/* Its pages are the process' own, and nobody counts on its operations. */
static bool reapable(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_SHARED | VM_PFNMAP | VM_IO)) && !vma->vm_ops->open &&
	       !vma->vm_ops->close;
}

static void reap_locked(struct mm_struct *mm)
{
	struct vm_area_struct *vma;
	struct pt_gather g;

	assert_held(&mm->lock);
	/* Tables that others share go as wholes: all that they map is the process' own. */
	pt_gather_begin(&g, mm, 0, USER_END);
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (!reapable(vma))
			continue;
		vma->vm_ops = &reaped_vm_ops;
		pt_zap(&g, vma, vma->vm_start, vma->vm_end);
	}
	pt_gather_end(&g);
}

bool mm_oom_reap(struct mm_struct *mm)
{
	if (!down_write_trylock(&mm->lock))
		return false;
	reap_locked(mm);
	up_write(&mm->lock);
	return true;
}

int mm_reap(struct mm_struct *mm)
{
	if (down_write_killable(&mm->lock))
		return -EINTR;
	reap_locked(mm);
	up_write(&mm->lock);
	return 0;
}
