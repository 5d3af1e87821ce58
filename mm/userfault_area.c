// SPDX-License-Identifier: MIT
/*
 * userfaultfd: which areas are registered, and with whom.
 *
 * An area that is has VM_UFFD_ flags and, in vm_private, its struct userfault;
 * so areas of two of them never become one, and what asks nothing of an area but
 * its vm_ops and flags need know nothing of it.  The area holds no reference:
 * closing the descriptor goes through all areas.
 *
 * Others than the memory's own tasks may bring pages in from then on (who has
 * the descriptor), and change its areas (who closes it): so it is shared
 * (vma_lock.h), and stays so.
 *
 * Lock: mm->lock for writing; the areas that change are closed.
 */
#include <mm/userfault.h>

#include <lib/err.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/shmem.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static int may_register(const struct userfault *u, const struct vm_area_struct *vma, vaddr_t end,
			unsigned long flags);
static int set_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct userfault *u,
		     unsigned long flags, struct vma_dead *dead);
static int set_area(struct vm_area_struct **vmap, vaddr_t start, vaddr_t end, struct userfault *u,
		    unsigned long flags, struct vma_dead *dead);

static bool can_userfault(const struct vm_area_struct *vma, unsigned long flags)
{
	if (vma_is_shmem(vma))
		return true;
	return vma_is_anonymous(vma) && !(flags & VM_UFFD_MINOR);
}

/* 0: its users and, for writing, its lock are held. */
static int lock_mm(struct userfault *u)
{
	if (!mm_get_unless_zero(u->mm))
		return -ENOMEM;
	if (down_write_killable(&u->mm->lock)) {
		mm_put(u->mm);
		return -EINTR;
	}
	return 0;
}

static void unlock_mm(struct userfault *u, struct vma_dead *dead)
{
	if (DEBUG)
		vma_check(u->mm);
	mm_unlock_write(u->mm);
	vma_bury(dead);
	mm_put(u->mm);
}

int userfault_register(struct userfault *u, vaddr_t start, vaddr_t end, unsigned long vm_flags)
{
	struct vma_dead dead = { .first = NULL };
	int err = lock_mm(u);

	if (err)
		return err;
	err = may_register(u, vma_intersect(u->mm, start, end), end, vm_flags);
	if (!err) {
		mm_share_locked(u->mm);
		u->mm->has_userfault = true;
		err = set_range(u->mm, start, end, u, vm_flags, &dead);
	}
	unlock_mm(u, &dead);
	return err;
}

/* All areas from @vma on that start below @end, before one is changed. */
static int may_register(const struct userfault *u, const struct vm_area_struct *vma, vaddr_t end,
			unsigned long flags)
{
	if (!vma)
		return -EINVAL;
	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		if (!can_userfault(vma, flags))
			return -EINVAL;
		if (!(vma->vm_flags & VM_MAYWRITE))
			return -EPERM;          /* a file that is not to be written has holes too */
		if (vma->vm_flags & VM_UFFD && vma->vm_private != u)
			return -EBUSY;
	}
	return 0;
}

int userfault_unregister(struct userfault *u, vaddr_t start, vaddr_t end)
{
	struct vma_dead dead = { .first = NULL };
	struct vm_area_struct *vma;
	int err = lock_mm(u);

	if (err)
		return err;
	vma = vma_intersect(u->mm, start, end);
	err = vma ? 0 : -EINVAL;
	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		if (!can_userfault(vma, vma->vm_flags))
			err = -EINVAL;
	if (!err)
		err = set_range(u->mm, start, end, NULL, 0, &dead);
	unlock_mm(u, &dead);
	return err;
}

/* As mprotect: what was done before an error stays.  @u NULL: with nobody. */
static int set_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct userfault *u,
		     unsigned long flags, struct vma_dead *dead)
{
	struct vm_area_struct *vma = vma_intersect(mm, start, end);
	int err = 0;

	for (; vma && vma->vm_start < end && !err; vma = vma->vm_next) {
		vaddr_t from = max(start, vma->vm_start), to = min(end, vma->vm_end);

		if (vma->vm_private == u && (vma->vm_flags & flags) == flags)
			continue;
		err = set_area(&vma, from, to, u, flags, dead);
	}
	return err;
}

/*
 * *vmap becomes the area that holds [start, end) afterwards.  Cannot fail for the whole of an
 * area.  Who waits for a page of it looks again, when it may be entered.
 */
static int set_area(struct vm_area_struct **vmap, vaddr_t start, vaddr_t end, struct userfault *u,
		    unsigned long flags, struct vma_dead *dead)
{
	struct vm_area_struct *vma = *vmap;
	struct mm_struct *mm = vma->vm_mm;

	vma_close(mm, vma);
	if (vma->vm_flags & VM_UFFD)
		userfault_wake(vma->vm_private, start, end - start);
	flags |= vma->vm_flags & ~VM_UFFD;
	vma = vma_modify(mm, vma, start, end, flags | VM_UFFD_ALONE, dead);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma->vm_flags = flags;
	vma->vm_private = u;
	*vmap = vma_merge_around(mm, vma, dead);
	return 0;
}

/* ---- the end of it ---- */

static void forget_areas(struct userfault *u)
{
	struct vma_dead dead = { .first = NULL };
	struct vm_area_struct *vma;

	down_write(&u->mm->lock);
	for (vma = u->mm->mmap; vma; vma = vma->vm_next)
		if (vma->vm_flags & VM_UFFD && vma->vm_private == u)
			set_area(&vma, vma->vm_start, vma->vm_end, NULL, 0, &dead);
	if (DEBUG)
		vma_check(u->mm);
	mm_unlock_write(u->mm);
	vma_bury(&dead);
}

void userfault_release(struct userfault *u)
{
	spin_lock(&u->lock);
	u->released = true;
	spin_unlock(&u->lock);
	if (mm_get_unless_zero(u->mm)) {
		forget_areas(u);
		mm_put(u->mm);
	}
	userfault_wake(u, 0, 0);
	wake_up_all(&u->told);
	wake_up_all(&u->readers);
}
