// SPDX-License-Identifier: MIT
/*
 * munmap(2): cut a range out of an address space.
 *
 *	     start              end
 *	      |                  |
 *	aaaaaaaaa   bbbb   ccccccccc        a loses its tail, c its head, b goes
 *	aaaaaaa|..................|aa       a hole in one area: the only case that
 *	                                    needs a new one, allocated first
 *
 * Nothing is split that need not be: trimming an area costs no allocation, so
 * only the hole can fail.
 *
 * The order matters.  Areas are closed to faults, which would bring pages back
 * while they are taken out.  Pages go first, while the areas can still be found
 * through their files (truncate waits for them); then the areas leave tree,
 * list and file; then empty tables, which nobody can walk to any more; then
 * one flush; then frames are freed.
 *
 * Lock: mm->lock for writing; files are let go after it is released.
 */
#include <mm/mmap.h>

#include <mm/address_space.h>
#include <mm/mm.h>
#include <mm/pt_gather.h>
#include <mm/pt_share.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static void close_areas(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t end);
static int unmap_hole(struct pt_gather *g, struct vm_area_struct *vma, vaddr_t start,
		      vaddr_t end);
static void unmap_areas(struct pt_gather *g, struct vm_area_struct *vma, vaddr_t start,
			vaddr_t end, struct vma_dead *dead);

int mm_munmap(struct mm_struct *mm, vaddr_t start, size_t len)
{
	struct vma_dead dead = { .first = NULL };
	int err;

	if (start & ~PAGE_MASK || start > USER_END || len > USER_END - start)
		return -EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len)
		return -EINVAL;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	err = mm_unmap_locked(mm, start, start + len, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	return err;
}

int mm_unmap_locked(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct vma_dead *dead)
{
	struct vm_area_struct *vma, *prev, *next;
	struct pt_gather g;
	int err = 0;

	assert_held_write(&mm->lock);
	vma = vma_intersect(mm, start, end);
	if (!vma)
		return 0;
	if (vma_range_sealed(vma, end))
		return -EPERM;
	if (unlikely(mm->nr_shared) && pt_unshare_edges(mm, start, end))
		return -ENOMEM;
	if (unlikely(mm->has_userfault) && userfault_unmap(vma, start, end, dead))
		return -ENOMEM;
	close_areas(mm, vma, end);
	pt_gather_begin(&g, mm, start, end);
	if (vma->vm_start < start && vma->vm_end > end) {
		err = unmap_hole(&g, vma, start, end);
	} else {
		prev = vma->vm_start < start ? vma : vma->vm_prev;
		unmap_areas(&g, vma, start, end, dead);
		next = prev ? prev->vm_next : mm->mmap;
		pt_unhook_tables(&g, start, end, prev ? prev->vm_end : 0,
				 next ? next->vm_start : USER_END);
	}
	pt_gather_end(&g);
	return err;
}

/* All of them first: a piece of 2 MiB goes as a whole, whatever areas it lies in. */
static void close_areas(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t end)
{
	if (!mm_is_shared(mm))
		return;
	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		vma_close(mm, vma);
}

static void unaccount(struct mm_struct *mm, const struct vm_area_struct *vma,
		      unsigned long pages)
{
	vm_stat_account(mm, vma->vm_flags, -(long)pages);
	if (vma->vm_flags & VM_ACCOUNT)
		vm_uncommit(mm, pages);
}

static int unmap_hole(struct pt_gather *g, struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *upper;

	if (mm->map_count >= sysctl_max_map_count)
		return -ENOMEM;
	upper = vma_alloc();
	if (!upper)
		return -ENOMEM;
	pt_zap(g, vma, start, end);
	vma_split(mm, vma, end, upper);
	vma_resize(mm, vma, vma->vm_start, start);
	pt_unhook_tables(g, start, end, start, end);
	unaccount(mm, vma, (end - start) >> PAGE_SHIFT);
	return 0;
}

/* From @vma on: trim the first and the last, and take out those in between. */
static void unmap_areas(struct pt_gather *g, struct vm_area_struct *vma, vaddr_t start,
			vaddr_t end, struct vma_dead *dead)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *first = NULL, *next;
	unsigned int whole = 0;
	vaddr_t from, to;

	for (; vma && vma->vm_start < end; vma = next) {
		next = vma->vm_next;
		from = max(start, vma->vm_start);
		to = min(end, vma->vm_end);
		pt_zap(g, vma, from, to);
		unaccount(mm, vma, (to - from) >> PAGE_SHIFT);
		if (vma->vm_start < from) {
			vma_resize(mm, vma, vma->vm_start, from);
		} else if (vma->vm_end > to) {
			vma_resize(mm, vma, to, vma->vm_end);
		} else {
			if (!whole++)
				first = vma;
		}
	}
	if (whole == 1) {
		vma_unlink(mm, first);
		vma_die(dead, first);
	} else if (whole) {
		vma_unlink_run(mm, first, whole, dead);
	}
}
