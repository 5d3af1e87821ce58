// SPDX-License-Identifier: MIT
/*
 * mremap(2): an area, or a part of one, gets another size or another place.
 *
 *	shrink          munmap of the tail
 *	grow in place   when the room behind is free
 *	move            a new area like the old; the entries move; the old range
 *	                is cut out (or, DONTUNMAP, stays, empty)
 *	old_len 0       a second mapping of the same shared pages
 *
 * A moved area of a userfault stays registered if that wants to be told, and only then.
 *
 * A move that fails half-way puts the entries back and takes the new area
 * down: the address space is as it was, but for what MREMAP_FIXED replaced.
 *
 * Lock: mm->lock for writing; both areas are closed while entries move.
 */
#include <mm/mmap.h>

#include <lib/err.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/userfault.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

struct remap {
	struct mm_struct *mm;
	vaddr_t old, new_addr;
	size_t old_len, new_len;
	unsigned int flags;
	struct vm_area_struct *vma;     /* the area at old */
	vaddr_t fill_start, fill_end;   /* locked pages to bring in afterwards */
	struct vma_dead dead;
	struct userfault_event *told;   /* of the move, until it is sure */
};

static int remap_check(struct remap *r);
static long remap_locked(struct remap *r);
static int remap_fixed(struct remap *r);
static int remap_grow_check(struct remap *r);
static bool remap_grow_here(struct remap *r);
static long remap_move(struct remap *r);
static void remap_moved_account(struct remap *r);

long mm_mremap(struct mm_struct *mm, vaddr_t old, size_t old_len, size_t new_len,
	       unsigned int flags, vaddr_t new_addr)
{
	struct remap r = {
		.mm = mm, .old = old, .new_addr = new_addr, .flags = flags,
		.old_len = ALIGN_UP(old_len, PAGE_SIZE), .new_len = ALIGN_UP(new_len, PAGE_SIZE),
	};
	long ret = remap_check(&r);

	if (ret)
		return ret;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	ret = remap_locked(&r);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&r.dead);
	if (r.fill_start < r.fill_end)
		mm_populate(mm, r.fill_start, r.fill_end, false);
	return ret;
}

/* mremap(2), ERRORS: EINVAL. */
static int remap_check(struct remap *r)
{
	if (r->flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return -EINVAL;
	if (r->flags & MREMAP_FIXED && !(r->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (r->flags & MREMAP_DONTUNMAP &&
	    (!(r->flags & MREMAP_MAYMOVE) || r->old_len != r->new_len))
		return -EINVAL;
	if (r->old & ~PAGE_MASK || !r->new_len)
		return -EINVAL;
	return 0;
}

static long remap_locked(struct remap *r)
{
	int err;

	r->vma = vma_lookup(r->mm, r->old);
	if (!r->vma)
		return -EFAULT;
	if (vma_range_sealed(r->vma, r->old + max(r->old_len, PAGE_SIZE)))
		return -EPERM;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		err = remap_fixed(r);
		return err ? err : remap_move(r);
	}
	if (r->old_len >= r->new_len) {
		if (r->old > USER_END || r->old_len > USER_END - r->old)
			return -EINVAL;
		err = r->old_len == r->new_len ? 0 :
			mm_unmap_locked(r->mm, r->old + r->new_len, r->old + r->old_len, &r->dead);
		return err ? err : (long)r->old;
	}
	err = remap_grow_check(r);
	if (err)
		return err;
	if (remap_grow_here(r))
		return r->old;
	if (!(r->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	r->new_addr = 0;
	return remap_move(r);
}

/* MREMAP_FIXED, MREMAP_DONTUNMAP: check the new place and clear it; cut what shrinks. */
static int remap_fixed(struct remap *r)
{
	int err;

	if (r->new_addr & ~PAGE_MASK)
		return -EINVAL;
	if (r->new_len > USER_END || r->new_addr > USER_END - r->new_len)
		return -EINVAL;
	if (r->old_len > USER_END - r->old)
		return -EINVAL;
	if (r->old + r->old_len > r->new_addr && r->new_addr + r->new_len > r->old)
		return -EINVAL;
	if (r->mm->map_count + 2 >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (r->flags & MREMAP_FIXED) {
		if (r->new_addr < sysctl_mmap_min_addr)
			return -EPERM;
		err = mm_unmap_locked(r->mm, r->new_addr, r->new_addr + r->new_len, &r->dead);
		if (err)
			return err;
	}
	if (r->old_len > r->new_len) {
		err = mm_unmap_locked(r->mm, r->old + r->new_len, r->old + r->old_len, &r->dead);
		if (err)
			return err;
		r->old_len = r->new_len;
	}
	r->vma = vma_lookup(r->mm, r->old);
	return r->vma ? remap_grow_check(r) : -EFAULT;
}

/* May [old, old + old_len) become @new_len long, here or elsewhere? */
static int remap_grow_check(struct remap *r)
{
	const struct vm_area_struct *vma = r->vma;
	unsigned long more = (r->new_len - r->old_len) >> PAGE_SHIFT;
	pgoff_t pgoff;

	if (!r->old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return -EINVAL;
	if (r->flags & MREMAP_DONTUNMAP && vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return -EINVAL;
	if (r->old_len > vma->vm_end - r->old)
		return -EFAULT;
	if (r->new_len == r->old_len)
		return 0;
	pgoff = vma_pgoff(vma, r->old);
	if (pgoff + (r->new_len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (vma->vm_flags & (VM_DONTEXPAND | VM_PFNMAP))
		return -EFAULT;
	if (mlock_exceeds(r->mm, vma->vm_flags, more))
		return -EAGAIN;
	if (!may_expand_vm(r->mm, vma->vm_flags, more))
		return -ENOMEM;
	return 0;
}

/* True: the area reaches to its new end. */
static bool remap_grow_here(struct remap *r)
{
	struct vm_area_struct *vma = r->vma, *next = vma->vm_next;
	unsigned long more = (r->new_len - r->old_len) >> PAGE_SHIFT;
	vaddr_t end;

	if (r->old_len != vma->vm_end - r->old || r->new_len > USER_END - r->old)
		return false;
	end = r->old + r->new_len;
	if (next && vma_start_gap(next) < end)
		return false;
	if (vma->vm_flags & VM_ACCOUNT && vm_commit(r->mm, more))
		return false;
	vm_stat_account(r->mm, vma->vm_flags, more);
	if (vma->vm_flags & VM_LOCKED) {
		r->fill_start = vma->vm_end;
		r->fill_end = end;
	}
	vma_resize(r->mm, vma, vma->vm_start, end);
	vma_merge_around(r->mm, vma, &r->dead);
	return true;
}

/* The area at the new place: like the old one, not linked yet. */
static struct vm_area_struct *moved_area(struct remap *r, vaddr_t to)
{
	struct vm_area_struct *new = vma_alloc();

	if (!new)
		return NULL;
	vma_copy(new, r->vma);
	new->vm_start = to;
	new->vm_end = to + r->new_len;
	new->vm_pgoff = vma_is_anonymous(new) ? to >> PAGE_SHIFT : vma_pgoff(r->vma, r->old);
	vma_get_refs(new);
	if (unlikely(new->vm_flags & VM_UFFD) && !r->told)
		userfault_forget_area(new);
	return new;
}

static void link_at(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev;

	find_vma_prev(mm, vma->vm_start, &prev);
	vma_link(mm, vma, prev);
}

/* Moving out of the middle leaves two areas: make the second one while failing is easy. */
static int remap_split(struct remap *r)
{
	struct vm_area_struct *upper;

	if (!r->old_len || r->flags & MREMAP_DONTUNMAP || r->old == r->vma->vm_start ||
	    r->old + r->old_len == r->vma->vm_end)
		return 0;
	upper = vma_alloc();
	if (!upper)
		return -ENOMEM;
	vma_split(r->mm, r->vma, r->old + r->old_len, upper);
	return 0;
}

static long remap_move(struct remap *r)
{
	struct mm_struct *mm = r->mm;
	unsigned long flags = r->vma->vm_flags, pages = r->new_len >> PAGE_SHIFT;
	struct vm_area_struct *new;
	struct vma_gap gap;
	long to;
	int err;

	if (mm->map_count >= sysctl_max_map_count - 3)
		return -ENOMEM;
	if (r->flags & MREMAP_DONTUNMAP && !may_expand_vm(mm, flags, pages))
		return -ENOMEM;
	to = mm_unmapped_area(mm, r->new_addr, r->new_len,
			      r->flags & MREMAP_FIXED ? MAP_FIXED : 0, &gap);
	if (IS_ERR_VALUE(to))
		return to;
	if (flags & VM_ACCOUNT && vm_commit(mm, pages))
		return -ENOMEM;
	err = -ENOMEM;
	if (unlikely(userfault_tells(r->vma, UFFD_FEATURE_EVENT_REMAP)) &&
	    !(r->told = userfault_remap(r->vma, r->old, to, r->old_len)))
		goto uncommit;
	vma_close(mm, r->vma);
	err = remap_split(r);
	if (err)
		goto uncommit;
	new = moved_area(r, to);
	if (!new) {
		err = -ENOMEM;
		goto merge;
	}
	link_at(mm, new);
	err = pt_move_range(r->vma, r->old, new, to, r->old_len);
	if (err) {
		if (pt_move_range(new, to, r->vma, r->old, r->old_len))
			panic("mremap: no way back from %#lx to %#lx", to, r->old);
		vma_unlink(mm, new);
		vma_die(&r->dead, new);
		goto merge;
	}
	vm_stat_account(mm, flags, pages);
	r->new_addr = to;
	if (unlikely(r->told))
		userfault_remapped(&r->dead, r->told);
	remap_moved_account(r);
	vma_merge_around(mm, new, &r->dead);
	return to;
merge:
	vma_merge_around(mm, r->vma, &r->dead);
uncommit:
	if (flags & VM_ACCOUNT)
		vm_uncommit(mm, pages);
	userfault_tell(r->told, false);
	return err;
}

/* The pages have moved: what becomes of the range they left. */
static void remap_moved_account(struct remap *r)
{
	struct mm_struct *mm = r->mm;
	unsigned long pages = r->old_len >> PAGE_SHIFT;

	if (r->vma->vm_flags & VM_LOCKED) {
		r->fill_start = r->new_addr + r->old_len;
		r->fill_end = r->new_addr + r->new_len;
	}
	if (r->flags & MREMAP_DONTUNMAP) {      /* Linux: the old range is not locked any more */
		if (r->vma->vm_flags & VM_LOCKED && r->old == r->vma->vm_start &&
		    r->old_len == r->vma->vm_end - r->vma->vm_start) {
			r->vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
			mm->locked_vm -= pages;
		}
		return;
	}
	if (r->old_len)         /* no hole in an area any more: cannot fail */
		mm_unmap_locked(mm, r->old, r->old + r->old_len, &r->dead);
}
