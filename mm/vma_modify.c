// SPDX-License-Identifier: MIT
/*
 * New flags for a part of an area: mprotect, madvise and mlock.
 *
 *	before   pppp|vvvvvvvv|nnnn        the part [s,e) of v gets p's flags
 *
 *	[s,e) = head    pppppp|vvvvvv|nnnn      the border to p moves
 *	[s,e) = tail    pppp|vvvvvv|nnnnnn      (with n's flags) to n
 *	[s,e) = all     pppppppppppp|nnnn       p absorbs v
 *	otherwise       pppp|vv|mmm|vv|nnnn     up to two splits
 *
 * Moving a border allocates nothing and leaves the tree alone, since the gap
 * between the two is none before and after.  The spare areas of the last row
 * are allocated before anything changes.
 *
 * Lock: mm->lock for writing; the areas that change are closed.
 */
#include <mm/vma_edit.h>

#include <lib/err.h>
#include <mm/address_space.h>
#include <mm/mmap.h>
#include <mm/vma_lock.h>

static bool border_to_prev(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t end,
			   unsigned long flags);
static bool border_to_next(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t start,
			   unsigned long flags);
static int split_out(struct mm_struct *mm, struct vm_area_struct **vmap, vaddr_t start,
		     vaddr_t end);

struct vm_area_struct *vma_modify(struct mm_struct *mm, struct vm_area_struct *vma,
				  vaddr_t start, vaddr_t end, unsigned long flags,
				  struct vma_dead *dead)
{
	bool head = start == vma->vm_start, tail = end == vma->vm_end;
	int err;

	assert_closed(vma);
	assert(start >= vma->vm_start && end <= vma->vm_end && start < end);
	if (flags == vma->vm_flags)
		return vma;
	if (head && !tail && border_to_prev(mm, vma, end, flags))
		return vma->vm_prev;
	if (tail && !head && border_to_next(mm, vma, start, flags))
		return vma->vm_next;
	err = split_out(mm, &vma, start, end);
	if (err)
		return ERR_PTR(err);
	vma->vm_flags = flags;
	vma->vm_prot = pte_prot(flags);
	return vma_merge_around(mm, vma, dead);
}

/* Would @vma with @flags be one with @other? */
static bool alike(const struct vm_area_struct *vma, const struct vm_area_struct *other,
		  unsigned long flags)
{
	return other->vm_flags == flags && other->vm_ops == vma->vm_ops &&
	       other->vm_mapping == vma->vm_mapping && other->vm_file == vma->vm_file &&
	       other->vm_private == vma->vm_private &&
	       !(flags & (VM_PFNMAP | VM_IO | VM_DONTEXPAND));
}

static inline void set_border(struct vm_area_struct *left, struct vm_area_struct *right,
			      vaddr_t border)
{
	left->vm_end = border;
	right->vm_pgoff += (long)(border - right->vm_start) >> PAGE_SHIFT;
	right->vm_start = border;
}

/* Both areas change together for those who walk the file's areas. */
static __noinline void set_border_in_file(struct address_space *as, struct vm_area_struct *left,
					  struct vm_area_struct *right, vaddr_t border)
{
	spin_lock(&as->i_mmap_lock);
	i_mmap_remove(&as->i_mmap, left);
	i_mmap_remove(&as->i_mmap, right);
	set_border(left, right, border);
	i_mmap_add(&as->i_mmap, left);
	i_mmap_add(&as->i_mmap, right);
	spin_unlock(&as->i_mmap_lock);
}

static void move_border(struct mm_struct *mm, struct vm_area_struct *left,
			struct vm_area_struct *right, vaddr_t border)
{
	assert_closed(left);
	assert_closed(right);
	if (left->vm_mapping)
		set_border_in_file(left->vm_mapping, left, right, border);
	else
		set_border(left, right, border);
	left->vm_has_anon |= right->vm_has_anon;
	right->vm_has_anon |= left->vm_has_anon;
}

static bool border_to_prev(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t end,
			   unsigned long flags)
{
	struct vm_area_struct *prev = vma->vm_prev;

	if (!prev || prev->vm_end != vma->vm_start || !alike(vma, prev, flags) ||
	    prev->vm_pgoff + vma_pages(prev) != vma->vm_pgoff)
		return false;
	vma_close(mm, prev);
	move_border(mm, prev, vma, end);
	return true;
}

static bool border_to_next(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t start,
			   unsigned long flags)
{
	struct vm_area_struct *next = vma->vm_next;

	if (!next || next->vm_start != vma->vm_end || !alike(vma, next, flags) ||
	    vma->vm_pgoff + vma_pages(vma) != next->vm_pgoff)
		return false;
	vma_close(mm, next);
	move_border(mm, vma, next, start);
	return true;
}

/* Make [start, end) an area of its own; *vmap is it afterwards. */
static int split_out(struct mm_struct *mm, struct vm_area_struct **vmap, vaddr_t start,
		     vaddr_t end)
{
	struct vm_area_struct *vma = *vmap, *upper = NULL, *middle = NULL;
	bool head = start == vma->vm_start, tail = end == vma->vm_end;

	if (head && tail)
		return 0;
	if (mm->map_count + !head + !tail > sysctl_max_map_count)
		return -ENOMEM;
	if (!tail && !(upper = vma_alloc()))
		return -ENOMEM;
	if (!head && !(middle = vma_alloc())) {
		if (upper)
			vma_free(upper);
		return -ENOMEM;
	}
	if (upper)
		vma_split(mm, vma, end, upper);
	if (middle) {
		vma_split(mm, vma, start, middle);
		*vmap = middle;
	}
	return 0;
}
