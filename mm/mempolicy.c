// SPDX-License-Identifier: MIT
/*
 * Memory policies of areas.
 *
 * A policy is a few bits of vm_flags (mempolicy.h), so setting one is what mprotect
 * does too: cut areas out at both ends, and merge those that agree then.
 *
 * Unlike Linux, the policy of shared memory is the area's that set it and not the
 * memory's; and mbind does not look at the pages that are there, since all are on
 * the node that every policy leads to.
 *
 * Lock: mm->lock for writing; an area is closed while its flags change.
 */
#include <mm/mempolicy.h>

#include <lib/err.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/pt_piece.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

#define VM_POLICY_SHIFT __builtin_ctzl(VM_POLICY)

static unsigned int policy_of(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_POLICY) >> VM_POLICY_SHIFT;
}

/* The area after, or ERR_PTR(-ENOMEM). */
static struct vm_area_struct *set_policy(struct vm_area_struct *vma, vaddr_t start, vaddr_t end,
					 unsigned int policy, struct vma_dead *dead)
{
	unsigned long flags = vma->vm_flags & ~VM_POLICY;

	vma_close(vma->vm_mm, vma);
	return vma_modify(vma->vm_mm, vma, max(start, vma->vm_start), min(end, vma->vm_end),
			  flags | (unsigned long)policy << VM_POLICY_SHIFT, dead);
}

/* ---- mbind ---- */

/* May [start, end) be given a policy?  The default may go over holes. */
static bool bindable(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned int policy)
{
	struct vm_area_struct *vma = vma_intersect(mm, start, end);

	if (!policy)
		return vma;
	for (; vma && vma->vm_start <= start; vma = vma->vm_next) {
		start = vma->vm_end;
		if (start >= end)
			return true;
	}
	return false;
}

static int bind_areas(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned int policy,
		      struct vma_dead *dead)
{
	struct vm_area_struct *vma = vma_intersect(mm, start, end);

	if (!bindable(mm, start, end, policy))
		return -EFAULT;
	for (; vma && vma->vm_start < end; vma = vma_intersect(mm, start, end)) {
		vaddr_t stop = vma->vm_end;

		vma = set_policy(vma, start, end, policy, dead);
		if (IS_ERR(vma))
			return PTR_ERR(vma);
		start = stop;
		if (start >= end)
			break;
	}
	return 0;
}

/* ---- the home node ---- */

static int home_areas(struct mm_struct *mm, vaddr_t start, vaddr_t end, unsigned int home,
		      struct vma_dead *dead)
{
	struct vm_area_struct *vma;
	int err = -ENOENT;

	while (start < end && (vma = vma_intersect(mm, start, end))) {
		unsigned int policy = policy_of(vma), mode = policy & MPOL_MODE;
		vaddr_t stop = vma->vm_end;

		if (policy && mode != MPOL_BIND && mode != MPOL_PREFERRED_MANY)
			return -EOPNOTSUPP;
		if (policy) {
			vma = set_policy(vma, start, end, policy | home, dead);
			if (IS_ERR(vma))
				return PTR_ERR(vma);
			err = 0;
		}
		start = stop;
	}
	return err;
}

/* ---- the calls ---- */

/* @edit the areas of a range, with @arg. */
static int edit_range(struct mm_struct *mm, vaddr_t start, size_t len, unsigned int arg,
		      int (*edit)(struct mm_struct *mm, vaddr_t start, vaddr_t end,
				  unsigned int arg, struct vma_dead *dead))
{
	struct vma_dead dead = { .first = NULL };
	vaddr_t end = start + ALIGN_UP(len, PAGE_SIZE);
	int err;

	if (start & ~PAGE_MASK || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (down_write_killable(&mm->lock))
		return -EINTR;
	err = edit(mm, start, end, arg, &dead);
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	return err;
}

int mm_bind(struct mm_struct *mm, vaddr_t start, size_t len, unsigned int policy)
{
	return edit_range(mm, start, len, policy, bind_areas);
}

int mm_set_home_node(struct mm_struct *mm, vaddr_t start, size_t len)
{
	return edit_range(mm, start, len, MPOL_HOME, home_areas);
}

/* ---- asking ---- */

int mm_policy_at(struct mm_struct *mm, vaddr_t addr)
{
	const struct vm_area_struct *vma;
	int policy = -EFAULT;

	down_read(&mm->lock);
	vma = vma_lookup(mm, addr);
	if (vma)
		policy = (int)policy_of(vma);
	up_read(&mm->lock);
	return policy;
}

/* The entry at @va, or NO_PTE. */
static pte_t entry_at(struct mm_struct *mm, vaddr_t va)
{
	struct pt_piece p;
	pte_t e = NO_PTE;

	pt_next_piece(mm, va, va + PAGE_SIZE, &p);
	if (pt_piece_lock(mm, &p)) {
		e = pt_piece_entry(&p, pt_index(va, 0));
		pt_piece_unlock(mm, &p);
	}
	return e;
}

int mm_page_node(struct mm_struct *mm, vaddr_t addr)
{
	const struct vm_area_struct *vma;
	int node = -EFAULT;
	pte_t e;

	down_read(&mm->lock);
	vma = vma_lookup(mm, addr);
	if (vma) {
		e = entry_at(mm, addr & PAGE_MASK);
		if (!pte_present(e))
			node = -ENOENT;
		else if (!pte_special(e))
			node = 0;
	}
	up_read(&mm->lock);
	return node;
}
