// SPDX-License-Identifier: MIT
/*
 * Where is room?  The search for a gap, and what mmap(2) makes of a hint.
 *
 * The highest gap that is long enough is wanted, below a limit: the tree is
 * walked from the right, and a subtree is entered only when its largest gap
 * would do and some gap of it starts below the limit.  A subtree with
 * max_gap >= len holds a gap that fits; only on the path along the limit may
 * the visit be in vain, so the search costs the height of the tree.
 *
 * Lock: mm->lock, for writing where the answer is to stay true.
 */
#include <mm/vma_edit.h>

#include <mm/mmap.h>

unsigned long sysctl_mmap_min_addr = 4096;

static inline bool worth(struct avl_node *node, size_t len)
{
	return node && avl_vma(node)->max_gap >= len;
}

/* Where the top @len bytes of @v's gap start, if as much of it lies in [low, high); or 0. */
static vaddr_t gap_fits(const struct vm_area_struct *v, size_t len, vaddr_t low, vaddr_t high)
{
	vaddr_t bottom = max(v->vm_prev ? v->vm_prev->vm_end : 0, low);
	vaddr_t top = min(vma_start_gap(v), high);

	return top > bottom && top - bottom >= len ? top - len : 0;
}

/* The next node to the left of a finished subtree: the first parent we are right of. */
static struct avl_node *climb(struct avl_node *node)
{
	while (node->parent && node->parent->left == node)
		node = node->parent;
	return node->parent;
}

static vaddr_t gap_in_tree(struct avl_node *node, size_t len, vaddr_t low, vaddr_t high,
			   struct vma_gap *gap)
{
	struct vm_area_struct *v;
	vaddr_t found;

	if (!worth(node, len))
		return 0;
	for (;;) {
		/* All gaps to the right start at or above this area's end. */
		while (worth(node->right, len) && avl_vma(node)->vm_end <= high - len)
			node = node->right;
		do {
			v = avl_vma(node);
			found = gap_fits(v, len, low, high);
			if (found) {
				gap->prev = v->vm_prev;
				return found;
			}
			if (v->vm_start < low + len)
				return 0;       /* only lower ones are left */
			if (worth(node->left, len))
				break;
			node = climb(node);
		} while (node);
		if (!node)
			return 0;
		node = node->left;
	}
}

vaddr_t vma_find_gap(struct mm_struct *mm, size_t len, vaddr_t low, vaddr_t high,
		     struct vma_gap *gap)
{
	struct avl_node *last = avl_last(&mm->mmap_avl);
	vaddr_t top = last ? avl_vma(last)->vm_end : 0;

	assert_held(&mm->lock);
	if (high < low || high - low < len)
		return 0;
	if (high > top && high - max(top, low) >= len) {
		gap->prev = last ? avl_vma(last) : NULL;
		return high - len;      /* above all areas */
	}
	return gap_in_tree(mm->mmap_avl.node, len, low, high, gap);
}

/* Linux keeps a hint that is free, guard distances included. */
static bool hint_is_free(struct mm_struct *mm, vaddr_t addr, size_t len)
{
	struct vm_area_struct *next = find_vma(mm, addr);

	return !next || addr + len <= vma_start_gap(next);
}

long mm_unmapped_area(struct mm_struct *mm, vaddr_t addr, size_t len, unsigned int map_flags,
		      struct vma_gap *gap)
{
	vaddr_t found, low;

	*gap = (struct vma_gap){ false, NULL };
	if (len > USER_END || len > USER_END - sysctl_mmap_min_addr)
		return -ENOMEM;
	if (map_flags & MAP_FIXED) {
		if (addr > USER_END - len)
			return -ENOMEM;
		return addr & ~PAGE_MASK ? -EINVAL : (long)addr;
	}
	low = max(ALIGN_UP(sysctl_mmap_min_addr, PAGE_SIZE), PAGE_SIZE);
	addr &= PAGE_MASK;
	if (addr) {
		addr = max(addr, low);
		if (addr <= USER_END - len && hint_is_free(mm, addr, len))
			return addr;
	}
	found = vma_find_gap(mm, len, low, mm->mmap_base, gap);
	if (unlikely(!found))   /* the room above the base is better than none */
		found = vma_find_gap(mm, len, low, USER_END, gap);
	gap->free = found;
	return found ? (long)found : -ENOMEM;
}
