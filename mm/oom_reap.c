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
 * data was (and write them to a file, say): an area is closed to faults, and when
 * it was emptied it gets operations that refuse.  So the fault path pays nothing
 * for this.
 *
 * Lock: mm->lock for writing, and the areas closed.  The OOM killer tries, and takes what
 * nobody is inside of, since who holds it may be waiting for us; process_mrelease(2) waits.
 */
#include <mm/oom.h>

#include <mm/fault.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/pt_gather.h>
#include <mm/vma.h>
#include <mm/vma_lock.h>

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

/* False: faults are under way in some area, which is left open. */
static bool try_close_reapable(struct mm_struct *mm)
{
	bool all = true;

	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		if (reapable(vma))
			all &= vma_try_close(mm, vma);
	return all;
}

static struct vm_area_struct *next_busy(struct vm_area_struct *vma)
{
	while (vma && (!reapable(vma) || gate_is_closed(&vma->vm_gate)))
		vma = vma->vm_next;
	return vma;
}

/*
 * The closed areas from @vma to @busy.  Tables that others share, and huge entries,
 * go as wholes: all that they map is the process' own, but where a part of the 2 MiB
 * lies in a busy area.
 */
static void reap_until(struct pt_gather *g, struct vm_area_struct *vma,
		       const struct vm_area_struct *busy)
{
	vaddr_t start, end;

	g->to = busy ? ALIGN_DOWN(busy->vm_start, HUGE_SIZE) : USER_END;
	for (; vma != busy; vma = vma->vm_next) {
		if (!reapable(vma))
			continue;
		vma->vm_ops = &reaped_vm_ops;
		start = max(vma->vm_start, g->from);
		end = min(vma->vm_end, g->to);
		if (start < end)
			pt_zap(g, vma, start, end);
	}
}

/* mm->lock held for writing, areas closed. */
static void reap_closed(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *busy;
	struct pt_gather g;

	pt_gather_begin(&g, mm, 0, USER_END);
	for (vma = mm->mmap; vma; vma = busy ? busy->vm_next : NULL) {
		busy = next_busy(vma);
		reap_until(&g, vma, busy);
		if (busy)
			g.from = ALIGN_UP(busy->vm_end, HUGE_SIZE);
	}
	pt_gather_end(&g);
}

bool mm_oom_reap(struct mm_struct *mm)
{
	bool all;

	if (!down_write_trylock(&mm->lock))
		return false;
	mm_share_locked(mm);            /* even its only task may be amid a fault */
	all = try_close_reapable(mm);
	reap_closed(mm);
	mm_unlock_write(mm);
	return all;
}

int mm_reap(struct mm_struct *mm)
{
	if (down_write_killable(&mm->lock))
		return -EINTR;
	mm_share_locked(mm);
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->vm_next)
		if (reapable(vma))
			vma_close(mm, vma);
	reap_closed(mm);
	mm_unlock_write(mm);
	return 0;
}
