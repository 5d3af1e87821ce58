// SPDX-License-Identifier: MIT
/*
 * mlock(2) and its kin: pages that stay in memory.
 *
 * Locking is a property of the area; reclaim asks the area.  mlock marks the
 * range and then brings its pages in; MLOCK_ONFAULT leaves that to the
 * faults.
 *
 * Lock: mm->lock for writing while areas change, none while pages come in.
 */
#include <mm/mmap.h>

#include <lib/err.h>
#include <mm/mm.h>
#include <mm/pt_share.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

#define LOCK_FLAGS (VM_LOCKED | VM_LOCKONFAULT)

/* Areas that are never locked: they have nothing that could be reclaimed. */
static bool never_locked(const struct vm_area_struct *vma)
{
	return vma->vm_flags & (VM_PFNMAP | VM_IO | VM_DONTEXPAND);
}

static int lock_area(struct mm_struct *mm, struct vm_area_struct **vmap, vaddr_t start,
		     vaddr_t end, unsigned long lock, struct vma_dead *dead)
{
	struct vm_area_struct *vma = *vmap;
	unsigned long old = vma->vm_flags, flags = (old & ~LOCK_FLAGS) | lock;
	long pages = (end - start) >> PAGE_SHIFT;

	if (flags == old || never_locked(vma))
		return 0;
	/* Eviction reaches a shared table by the other address spaces too. */
	if (lock && mm->nr_shared && pt_unshare_range(mm, start, end))
		return -ENOMEM;
	vma_close(mm, vma);
	vma = vma_modify(mm, vma, start, end, flags, dead);
	if (IS_ERR(vma))
		return -ENOMEM;
	mm->locked_vm += ((flags & VM_LOCKED) ? pages : 0) - ((old & VM_LOCKED) ? pages : 0);
	*vmap = vma;
	return 0;
}

/* -ENOMEM for a hole (what lies before it has changed), as mlock(2) has it. */
static int lock_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned long lock,
		      struct vma_dead *dead)
{
	struct vm_area_struct *vma = vma_lookup(mm, start);
	vaddr_t stop;
	int err;

	while (vma && vma->vm_start <= start) {
		stop = min(vma->vm_end, end);
		err = lock_area(mm, &vma, start, stop, lock, dead);
		if (err || stop == end)
			return err;
		start = stop;
		if (vma->vm_end <= start)
			vma = vma->vm_next;
	}
	return -ENOMEM;
}

/* Page-align [start, start + len); 1: nothing to do. */
static int lock_bounds(vaddr_t *start, size_t len, vaddr_t *end)
{
	len = ALIGN_UP(len + (*start & ~PAGE_MASK), PAGE_SIZE);
	*start &= PAGE_MASK;
	*end = *start + len;
	if (*end < *start)
		return -EINVAL;
	return *end == *start;
}

/* Pages of [start, end) that are locked already: they count once. */
static unsigned long locked_in(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *v;
	unsigned long nr = 0;

	for (v = vma_intersect(mm, start, end); v && v->vm_start < end; v = v->vm_next)
		if (v->vm_flags & VM_LOCKED)
			nr += (min(v->vm_end, end) - max(v->vm_start, start)) >> PAGE_SHIFT;
	return nr;
}

/* mlock(2): ENOMEM for pages that cannot be had, EAGAIN where only memory is short. */
static int populate_errno(int err)
{
	return err == -EFAULT ? -ENOMEM : err == -ENOMEM ? -EAGAIN : err;
}

int mm_mlock(struct mm_struct *mm, vaddr_t start, size_t len, bool on_fault)
{
	struct vma_dead dead = { .first = NULL };
	unsigned long limit = READ_ONCE(mm->rlim_memlock) >> PAGE_SHIFT, pages;
	vaddr_t end;
	int err = lock_bounds(&start, len, &end);

	if (!READ_ONCE(mm->rlim_memlock) && !mlock_unlimited())
		return -EPERM;
	if (err)
		return err < 0 ? err : 0;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	pages = (end - start) >> PAGE_SHIFT;
	if (mm->locked_vm + pages > limit &&
	    mm->locked_vm + pages - locked_in(mm, start, end) > limit && !mlock_unlimited())
		err = -ENOMEM;
	else
		err = lock_range(mm, start, end,
				 on_fault ? LOCK_FLAGS : VM_LOCKED, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	if (err || on_fault)
		return err;
	return populate_errno(mm_populate(mm, start, end, true));
}

int mm_munlock(struct mm_struct *mm, vaddr_t start, size_t len)
{
	struct vma_dead dead = { .first = NULL };
	vaddr_t end;
	int err = lock_bounds(&start, len, &end);

	if (err)
		return err < 0 ? err : 0;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	err = lock_range(mm, start, end, 0, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	return err;
}

/* Every area; what cannot be split for want of memory stays as it was, as on Linux. */
static void lock_all(struct mm_struct *mm, unsigned long lock, struct vma_dead *dead)
{
	struct vm_area_struct *vma;

	for (vma = mm->mmap; vma; vma = vma->vm_next)
		lock_area(mm, &vma, vma->vm_start, vma->vm_end, lock, dead);
}

int mm_mlockall(struct mm_struct *mm, int flags)
{
	unsigned long lock = flags & MCL_ONFAULT ? LOCK_FLAGS : VM_LOCKED;
	struct vma_dead dead = { .first = NULL };
	int err = 0;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
		return -EINVAL;
	if (!READ_ONCE(mm->rlim_memlock) && !mlock_unlimited())
		return -EPERM;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	if (flags & MCL_CURRENT && mm->total_vm > READ_ONCE(mm->rlim_memlock) >> PAGE_SHIFT &&
	    !mlock_unlimited()) {
		err = -ENOMEM;
	} else {
		mm->def_flags = flags & MCL_FUTURE ? lock : 0;
		if (flags & MCL_CURRENT)
			lock_all(mm, lock, &dead);
	}
	mm_unlock_write(mm);
	vma_bury(&dead);
	if (!err && flags & MCL_CURRENT && !(flags & MCL_ONFAULT))
		mm_populate(mm, 0, USER_END, false);
	return err;
}

int mm_munlockall(struct mm_struct *mm)
{
	struct vma_dead dead = { .first = NULL };

	if (down_write_killable(&mm->lock))
		return -EINTR;
	mm->def_flags = 0;
	lock_all(mm, 0, &dead);
	mm_unlock_write(mm);
	vma_bury(&dead);
	return 0;
}
