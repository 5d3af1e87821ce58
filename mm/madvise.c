// SPDX-License-Identifier: MIT
/*
 * madvise(2).
 *
 *	how it will be used    NORMAL RANDOM SEQUENTIAL, HUGEPAGE, DONTDUMP,
 *	                       DONTFORK, WIPEONFORK ...   flags of the area
 *	bring it in            WILLNEED, POPULATE_READ, POPULATE_WRITE
 *	let it go              DONTNEED, FREE, COLD, PAGEOUT, REMOVE
 *	make it a guard        GUARD_INSTALL, GUARD_REMOVE
 *	make it large          COLLAPSE
 *
 * A range with holes is advised as far as there are areas, and the answer is
 * -ENOMEM, as on Linux.
 *
 * Lock: mm->lock, for writing only where flags of areas or tables change.
 */
#include <mm/mmap.h>

#include <lib/err.h>
#include <mm/address_space.h>
#include <mm/filemap.h>
#include <mm/guard.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/pageout.h>
#include <mm/populate.h>
#include <mm/pt_age.h>
#include <mm/pt_share.h>
#include <mm/shmem.h>
#include <mm/swap_ahead.h>
#include <mm/userfault.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

struct advice {
	struct mm_struct *mm;
	int advice;
	struct vma_dead dead;
};

static int advise_range(struct advice *a, vaddr_t start, vaddr_t end);
static int advise_area(struct advice *a, struct vm_area_struct **vmap, vaddr_t start, vaddr_t end);
static int advise_flags(struct advice *a, struct vm_area_struct **vmap, vaddr_t start,
			vaddr_t end);
static int advise_populate(struct mm_struct *mm, vaddr_t start, vaddr_t end, int advice);
static int advise_remove(struct mm_struct *mm, vaddr_t start, vaddr_t end);
static int advise_willneed(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_WILLNEED:
	case MADV_DONTNEED: case MADV_FREE: case MADV_REMOVE: case MADV_DONTFORK:
	case MADV_DOFORK: case MADV_HUGEPAGE: case MADV_NOHUGEPAGE: case MADV_DONTDUMP:
	case MADV_DODUMP: case MADV_WIPEONFORK: case MADV_KEEPONFORK: case MADV_COLD:
	case MADV_PAGEOUT: case MADV_POPULATE_READ: case MADV_POPULATE_WRITE:
	case MADV_DONTNEED_LOCKED: case MADV_GUARD_INSTALL: case MADV_GUARD_REMOVE:
	case MADV_COLLAPSE:
		return true;
	default:
		return false;
	}
}

/* Only looks at areas: mm->lock for reading is enough. */
static bool advice_reads(int advice)
{
	switch (advice) {
	case MADV_WILLNEED: case MADV_DONTNEED: case MADV_FREE: case MADV_COLD:
	case MADV_PAGEOUT: case MADV_DONTNEED_LOCKED: case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return true;
	default:
		return false;
	}
}

int mm_madvise(struct mm_struct *mm, vaddr_t start, size_t len_in, int advice)
{
	struct advice a = { .mm = mm, .advice = advice };
	size_t len = ALIGN_UP(len_in, PAGE_SIZE);
	vaddr_t end = start + len;
	int err;

	if (!advice_known(advice) || start & ~PAGE_MASK)
		return -EINVAL;
	if ((len_in && !len) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return advise_populate(mm, start, end, advice);
	if (advice == MADV_REMOVE)
		return advise_remove(mm, start, end);
	if (advice_reads(advice)) {
		down_read(&mm->lock);
		err = advise_range(&a, start, end);
		up_read(&mm->lock);
		return err;
	}
	if (down_write_killable(&mm->lock))
		return -EINTR;
	err = advise_range(&a, start, end);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&a.dead);
	return err;
}

static int advise_range(struct advice *a, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *vma = vma_intersect(a->mm, start, end);
	int err = 0, unmapped = vma ? 0 : -ENOMEM;
	vaddr_t stop;

	while (vma && vma->vm_start < end) {
		if (vma->vm_start > start) {
			unmapped = -ENOMEM;
			start = vma->vm_start;
		}
		stop = min(vma->vm_end, end);
		err = advise_area(a, &vma, start, stop);
		if (err)
			return err;
		start = stop;
		if (vma->vm_end <= start)
			vma = vma->vm_next;
		if (start == end)
			return unmapped;
	}
	return -ENOMEM;
}

/* MADV_DONTNEED on a sealed area that may not be written would be a way around the seal. */
static bool sealed_against(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SEALED && vma_is_anonymous(vma) && !(vma->vm_flags & VM_WRITE);
}

static bool can_drop(const struct advice *a, const struct vm_area_struct *vma)
{
	unsigned long never = VM_PFNMAP | (a->advice == MADV_DONTNEED_LOCKED ? 0 : VM_LOCKED);

	return !(vma->vm_flags & never);
}

/*
 * Who brings in the pages of *vmap may want to be told that they go.  mm->lock is let go for it, so
 * look again: *vmap and *end are as they are now.
 */
static inline int advise_told(struct advice *a, struct vm_area_struct **vmap, vaddr_t start,
			      vaddr_t *end)
{
	if (likely(!userfault_tells(*vmap, UFFD_FEATURE_EVENT_REMOVE)))
		return 0;
	userfault_remove(*vmap, start, *end);
	down_read(&a->mm->lock);
	*vmap = vma_lookup(a->mm, start);
	if (!*vmap)
		return -ENOMEM;
	*end = min(*end, (*vmap)->vm_end);
	if (a->advice == MADV_FREE && !vma_is_anonymous(*vmap))
		return -EINVAL;
	return can_drop(a, *vmap) ? 0 : -EINVAL;
}

static int advise_area(struct advice *a, struct vm_area_struct **vmap, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *vma = *vmap;
	int err;

	switch (a->advice) {
	case MADV_WILLNEED:
		return advise_willneed(vma, start, end);
	case MADV_DONTNEED: case MADV_DONTNEED_LOCKED:
		if (!can_drop(a, vma))
			return -EINVAL;
		if (sealed_against(vma))
			return -EPERM;
		err = advise_told(a, vmap, start, &end);
		if (err)
			return err;
		vma = *vmap;
		if (a->mm->has_guards ? pt_unshare_range(a->mm, start, end) :
					pt_unshare_edges(a->mm, start, end))
			return -EAGAIN;
		pt_zap_range(vma, start, end);
		return 0;
	case MADV_FREE:
		if (!vma_is_anonymous(vma) || !can_drop(a, vma))
			return -EINVAL;
		if (sealed_against(vma))
			return -EPERM;
		err = advise_told(a, vmap, start, &end);
		if (err)
			return err;
		pt_mark_free(*vmap, start, end);
		return 0;
	case MADV_COLD: case MADV_PAGEOUT:
		if (!can_drop(a, vma))
			return -EINVAL;
		if (a->advice == MADV_COLD)
			pt_mark_old(vma, start, end);
		else
			page_out(vma, start, end);
		return 0;
	case MADV_GUARD_INSTALL:
		return guard_may(vma, true) ? guard_install(vma, start, end) : -EINVAL;
	case MADV_GUARD_REMOVE:
		return guard_may(vma, false) ? guard_remove(vma, start, end) : -EINVAL;
	case MADV_COLLAPSE:
		return huge_collapse(vmap, start, end);
	default:
		return advise_flags(a, vmap, start, end);
	}
}

/* The flags of @vma after the advice, or -EINVAL where it does not fit. */
static long advised_flags(const struct vm_area_struct *vma, int advice)
{
	unsigned long flags = vma->vm_flags;

	switch (advice) {
	case MADV_NORMAL:
		return flags & ~(VM_RAND_READ | VM_SEQ_READ);
	case MADV_RANDOM:
		return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
	case MADV_SEQUENTIAL:
		return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
	case MADV_DONTFORK:
		return flags | VM_DONTCOPY;
	case MADV_DOFORK:
		return flags & VM_IO ? -EINVAL : (long)(flags & ~VM_DONTCOPY);
	case MADV_WIPEONFORK:
		return vma_is_anonymous(vma) ? (long)(flags | VM_WIPEONFORK) : -EINVAL;
	case MADV_KEEPONFORK:
		return flags & ~VM_WIPEONFORK;
	case MADV_DONTDUMP:
		return flags | VM_DONTDUMP;
	case MADV_DODUMP:
		return flags & (VM_IO | VM_DONTEXPAND | VM_PFNMAP) ?
			-EINVAL : (long)(flags & ~VM_DONTDUMP);
	case MADV_HUGEPAGE:
		return flags & (VM_IO | VM_DONTEXPAND | VM_PFNMAP) ?
			-EINVAL : (long)((flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE);
	case MADV_NOHUGEPAGE:
		return flags & (VM_IO | VM_DONTEXPAND | VM_PFNMAP) ?
			-EINVAL : (long)((flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE);
	default:
		return -EINVAL;
	}
}

static int advise_flags(struct advice *a, struct vm_area_struct **vmap, vaddr_t start, vaddr_t end)
{
	long flags = advised_flags(*vmap, a->advice);
	struct vm_area_struct *vma;

	if (IS_ERR_VALUE(flags))
		return flags;
	vma_close(a->mm, *vmap);
	vma = vma_modify(a->mm, *vmap, start, end, flags, &a->dead);
	if (IS_ERR(vma))
		/* madvise(2): a kernel resource was temporarily unavailable */
		return -EAGAIN;
	*vmap = vma;
	return 0;
}

static int advise_willneed(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	if (!vma->vm_mapping || vma->vm_mapping->flags & AS_SWAPBACKED) {
		swap_willneed(vma, start, end);
		return 0;
	}
	if (!vma->vm_mapping->a_ops->readpage)
		return 0;
	filemap_readahead(vma->vm_mapping, vma_pgoff(vma, start), (end - start) >> PAGE_SHIFT);
	return 0;
}

/* ---- what leaves mm->lock in the middle ---- */

/*
 * A hole in the memory or the file behind @vma.  Returns without mm->lock.  1: somebody wanted to
 * be told first, and has been; look again.
 */
static int remove_in_area(struct vm_area_struct *vma, vaddr_t start, vaddr_t end, bool told)
{
	struct address_space *as = vma->vm_mapping;
	loff_t from = (loff_t)vma_pgoff(vma, start) << PAGE_SHIFT;
	struct file *file = vma->vm_file;
	int err = 0;

	if (vma->vm_flags & VM_LOCKED || !as)
		err = -EINVAL;
	else if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		err = -EACCES;
	else if (!told && userfault_tells(vma, UFFD_FEATURE_EVENT_REMOVE)) {
		userfault_remove(vma, start, end);
		return 1;
	} else if (!file)
		shmem_truncate(as, from, from + (loff_t)(end - start));
	else if (!as->a_ops->punch_hole)
		err = -EOPNOTSUPP;
	if (err || !file) {
		up_read(&vma->vm_mm->lock);
		return err;
	}
	as->a_ops->file_get(file);
	up_read(&vma->vm_mm->lock);
	err = as->a_ops->punch_hole(file, from, (loff_t)(end - start));
	as->a_ops->file_put(file);
	return err;
}

static int advise_remove(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *vma;
	int err = 0, unmapped = 0;
	bool told = false;
	vaddr_t stop;

	for (; start < end && err >= 0; start = told ? start : stop) {
		down_read(&mm->lock);
		vma = vma_intersect(mm, start, end);
		if (!vma || vma->vm_start > start)
			unmapped = -ENOMEM;
		if (!vma) {
			up_read(&mm->lock);
			break;
		}
		start = max(start, vma->vm_start);
		stop = min(end, vma->vm_end);
		err = remove_in_area(vma, start, stop, told);
		told = err > 0;
	}
	return err < 0 ? err : unmapped;
}

/* The end of the area at @start; -EINVAL: it does not permit the access; -ENOMEM: there is none. */
static long populate_stop(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned long need)
{
	struct vm_area_struct *vma;
	long stop;

	down_read(&mm->lock);
	vma = vma_lookup(mm, start);
	if (!vma)
		stop = -ENOMEM;
	else if (vma->vm_flags & (VM_PFNMAP | VM_IO) || !(vma->vm_flags & need))
		stop = -EINVAL;
	else
		stop = (long)min(vma->vm_end, end);
	up_read(&mm->lock);
	return stop;
}

/* Area by area: what comes before the first that fails is populated. */
static int advise_populate(struct mm_struct *mm, vaddr_t start, vaddr_t end, int advice)
{
	bool write = advice == MADV_POPULATE_WRITE;
	int err = 0;
	long stop;

	for (; start < end && !err; start = stop) {
		stop = populate_stop(mm, start, end, write ? VM_WRITE : VM_READ);
		if (IS_ERR_VALUE(stop))
			return (int)stop;
		err = mm_fault_range(mm, start, stop, write ? FAULT_WRITE : FAULT_READ);
	}
	return err;
}
