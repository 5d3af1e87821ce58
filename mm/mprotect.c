// SPDX-License-Identifier: MIT
/*
 * mprotect(2): other permission for a range, area by area.
 *
 * As on Linux a hole, or an area that forbids it, stops the walk with an
 * error, and the areas before it keep their new permission.  Within one area
 * it is all or nothing.
 *
 * A private area that becomes writable is promised memory then, if it was
 * not before; and if it is locked, its pages are copied at once.
 *
 * Lock: mm->lock for writing.
 */
#include <mm/mmap.h>

#include <lib/err.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/populate.h>
#include <mm/pt_share.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

#define PROT_KNOWN      (0UL | PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN | \
			 PROT_GROWSUP)

static bool locked_and_read_only(struct mm_struct *mm, vaddr_t start, vaddr_t end);
static int protect_locked(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned int prot,
			  struct vma_dead *dead);
static int protect_first(struct mm_struct *mm, vaddr_t *start, vaddr_t end, unsigned int prot,
			 struct vm_area_struct **vmap);
static int protect_growing(const struct vm_area_struct *vma, vaddr_t *start, vaddr_t end,
			   unsigned int prot);
static int protect_area(struct mm_struct *mm, struct vm_area_struct **vmap, vaddr_t start,
			vaddr_t end, unsigned int prot, struct vma_dead *dead);

int mm_mprotect(struct mm_struct *mm, vaddr_t start, size_t len, unsigned long prot)
{
	struct vma_dead dead = { .first = NULL };
	bool fill = false;
	vaddr_t end;
	int err;

	if ((prot & (PROT_GROWSDOWN | PROT_GROWSUP)) == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (!len)
		return 0;
	len = ALIGN_UP(len, PAGE_SIZE);
	end = start + len;
	if (end <= start)
		return -ENOMEM;
	if (prot & ~PROT_KNOWN)
		return -EINVAL;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	if (unlikely(mm->locked_vm) && prot & PROT_WRITE)
		fill = locked_and_read_only(mm, start, end);
	err = protect_locked(mm, start, end, (unsigned int)prot, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	if (unlikely(fill))
		mm_populate_locked(mm, start, end);
	return err;
}

/* Are there locked private pages that will be written for the first time?  mm->lock held. */
static __noinline bool locked_and_read_only(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	const struct vm_area_struct *vma = vma_intersect(mm, start, end);

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if ((vma->vm_flags & (VM_LOCKED | VM_WRITE | VM_SHARED)) == VM_LOCKED)
			return true;
	return false;
}

static int protect_locked(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned int prot,
			  struct vma_dead *dead)
{
	struct vm_area_struct *vma;
	vaddr_t stop;
	int err;

	err = protect_first(mm, &start, end, prot, &vma);
	if (err)
		return err;
	if (vma_range_sealed(vma, end))
		return -EPERM;
	prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
	for (;;) {
		stop = min(vma->vm_end, end);
		err = protect_area(mm, &vma, start, stop, prot, dead);
		if (err || stop == end)
			return err;
		/* Where [start, stop) ended up, the next area begins; or there is a hole. */
		start = stop;
		if (vma->vm_end <= start)
			vma = vma->vm_next;
		if (!vma || vma->vm_start > start)
			return -ENOMEM;
	}
}

/* The first area, and where to start in it: with PROT_GROWSDOWN at its start. */
static int protect_first(struct mm_struct *mm, vaddr_t *start, vaddr_t end, unsigned int prot,
			 struct vm_area_struct **vmap)
{
	struct vm_area_struct *vma = find_vma(mm, *start);

	*vmap = vma;
	if (!vma)
		return -ENOMEM;
	if (unlikely(prot & (PROT_GROWSDOWN | PROT_GROWSUP)))
		return protect_growing(vma, start, end, prot);
	return vma->vm_start > *start ? -ENOMEM : 0;
}

static __noinline int protect_growing(const struct vm_area_struct *vma, vaddr_t *start,
				      vaddr_t end, unsigned int prot)
{
	if (prot & PROT_GROWSUP)        /* no area grows up */
		return vma->vm_start > *start ? -ENOMEM : -EINVAL;
	if (vma->vm_start >= end)
		return -ENOMEM;
	*start = vma->vm_start;
	return vma->vm_flags & VM_GROWSDOWN ? 0 : -EINVAL;
}

/* What the new flags cost: a promise of memory, room under RLIMIT_DATA. */
static int protect_charge(struct mm_struct *mm, const struct vm_area_struct *vma,
			  unsigned long *flags, unsigned long pages)
{
	unsigned long old = vma->vm_flags;

	if (*flags & VM_WRITE) {
		if (!(old & VM_WRITE) && !may_expand_vm(mm, *flags, pages) &&
		    may_expand_vm(mm, old, pages))
			return -ENOMEM;
		if (!(old & (VM_ACCOUNT | VM_WRITE | VM_SHARED | VM_NORESERVE))) {
			if (vm_commit(mm, pages))
				return -ENOMEM;
			*flags |= VM_ACCOUNT;
		}
	} else if (old & VM_ACCOUNT && vma_is_anonymous(vma) && !vma->vm_has_anon) {
		*flags &= ~VM_ACCOUNT;  /* nothing in it that could need the promise */
	}
	return 0;
}

/* [start, end) of *vmap, which becomes the area that holds it afterwards. */
static int protect_area(struct mm_struct *mm, struct vm_area_struct **vmap, vaddr_t start,
			vaddr_t end, unsigned int prot, struct vma_dead *dead)
{
	struct vm_area_struct *vma = *vmap, *changed;
	unsigned long old = vma->vm_flags, flags = (old & ~VM_ACCESS) | prot;
	unsigned long pages = (end - start) >> PAGE_SHIFT;
	int err;

	if (flags & ~(flags >> 4) & VM_ACCESS)
		return -EACCES;
	if (flags == old)
		return 0;
	vma_close(mm, vma);
	err = mm->nr_shared ? pt_unshare_range(mm, start, end) : 0;
	if (!err)
		err = protect_charge(mm, vma, &flags, pages);
	if (err)
		return err;
	changed = vma_modify(mm, vma, start, end, flags, dead);
	if (IS_ERR(changed)) {
		if (flags & ~old & VM_ACCOUNT)
			vm_uncommit(mm, pages);
		return PTR_ERR(changed);
	}
	if (old & ~flags & VM_ACCOUNT)
		vm_uncommit(mm, pages);
	vm_stat_change(mm, old, flags, (long)pages);
	pt_protect_range(changed, start, end);
	mm->hint[0].vma = *vmap = changed;
	return 0;
}
