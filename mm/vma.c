// SPDX-License-Identifier: MIT
/*
 * The set of areas: two views, and the only code that changes them.
 *
 * The list answers "the next area", the tree "the area of this address" and
 * (gap.c) "a gap of this size".  Every tree node carries the largest gap
 * below any area of its subtree, so both questions cost the height of the
 * tree.  The gap of an area is the room between it and the one before, less
 * the guard distance when it grows down: a gap of the tree is a gap that may
 * be used.
 *
 * A new area's place in the tree follows from its place in the list: it is
 * the right child of the one before, or the left child of the one behind; one
 * of the two is always free.  So only one search, for the list, is needed.
 *
 * Always true: what vma.h promises; vma_check() in vma_check.c compares.
 * Lock: mm->lock, for writing in all that changes, which also closes the areas
 * that change (vma_lock.h); mapping->i_mmap_lock around a change of an area's
 * place in its file.
 */
#include <mm/vma.h>

#include <lib/avl_inline.h>
#include <mm/address_space.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/slab.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

unsigned int sysctl_stack_guard_gap = 256;

struct vm_area_struct *find_vma(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *v = READ_ONCE(mm->hint[0].vma), *best = NULL;
	struct avl_node *node = mm->mmap_avl.node;

	if (v && addr - v->vm_start < v->vm_end - v->vm_start)
		return v;
	while (node) {
		v = avl_vma(node);
		if (addr >= v->vm_end) {
			node = node->right;
			continue;
		}
		best = v;
		if (addr >= v->vm_start)
			break;
		node = node->left;
	}
	if (best)
		WRITE_ONCE(mm->hint[0].vma, best);
	return best;
}

struct vm_area_struct *vma_lookup(struct mm_struct *mm, vaddr_t addr)
{
	struct vm_area_struct *v = find_vma(mm, addr);

	return v && v->vm_start <= addr ? v : NULL;
}

struct vm_area_struct *vma_intersect(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct vm_area_struct *v = find_vma(mm, start);

	return v && v->vm_start < end ? v : NULL;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, vaddr_t addr,
				     struct vm_area_struct **prev)
{
	struct avl_node *node = mm->mmap_avl.node;
	struct vm_area_struct *v;

	*prev = NULL;
	while (node) {
		v = avl_vma(node);
		if (addr < v->vm_start) {
			node = node->left;
		} else {
			*prev = v;
			node = node->right;
		}
	}
	return *prev ? (*prev)->vm_next : mm->mmap;
}

/* ------------------------------------------------------------------ gaps */

static inline vaddr_t start_gap(const struct vm_area_struct *vma)
{
	unsigned long guard = (unsigned long)sysctl_stack_guard_gap << PAGE_SHIFT;

	if (likely(!(vma->vm_flags & VM_GROWSDOWN)))
		return vma->vm_start;
	return vma->vm_start > guard ? vma->vm_start - guard : 0;
}

vaddr_t vma_start_gap(const struct vm_area_struct *vma)
{
	return start_gap(vma);
}

static inline bool augment(struct avl_node *node)
{
	struct vm_area_struct *v = avl_vma(node);
	vaddr_t below = v->vm_prev ? v->vm_prev->vm_end : 0;
	vaddr_t start = start_gap(v);
	unsigned long gap = start > below ? start - below : 0, was = v->max_gap;

	if (node->left && avl_vma(node->left)->max_gap > gap)
		gap = avl_vma(node->left)->max_gap;
	if (node->right && avl_vma(node->right)->max_gap > gap)
		gap = avl_vma(node->right)->max_gap;
	v->max_gap = gap;
	return gap != was;
}

bool vma_augment(struct avl_node *node)
{
	return augment(node);
}

/* ------------------------------------------------------ the file's areas */

static void enter_mapping(struct vm_area_struct *vma, struct address_space *as)
{
	spin_lock(&as->i_mmap_lock);
	i_mmap_add(&as->i_mmap, vma);
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE))
		as->i_mmap_writable++;
	spin_unlock(&as->i_mmap_lock);
}

static void leave_mapping(struct vm_area_struct *vma, struct address_space *as)
{
	spin_lock(&as->i_mmap_lock);
	i_mmap_remove(&as->i_mmap, vma);
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE))
		as->i_mmap_writable--;
	spin_unlock(&as->i_mmap_lock);
}

void vma_mapping_link(struct vm_area_struct *vma)
{
	if (vma->vm_mapping)
		enter_mapping(vma, vma->vm_mapping);
}

void vma_mapping_unlink(struct vm_area_struct *vma)
{
	if (vma->vm_mapping)
		leave_mapping(vma, vma->vm_mapping);
}

static inline void set_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	vma->vm_pgoff += (long)(start - vma->vm_start) >> PAGE_SHIFT;
	WRITE_ONCE(vma->vm_start, start);
	WRITE_ONCE(vma->vm_end, end);
}

/* A walk of the file's areas sees the old ends or the new, never a mixture. */
static __noinline void set_range_in_file(struct address_space *as, struct vm_area_struct *vma,
					 vaddr_t start, vaddr_t end)
{
	spin_lock(&as->i_mmap_lock);
	i_mmap_remove(&as->i_mmap, vma);
	set_range(vma, start, end);
	i_mmap_add(&as->i_mmap, vma);
	spin_unlock(&as->i_mmap_lock);
}

static inline void vma_set_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	if (vma->vm_mapping)
		set_range_in_file(vma->vm_mapping, vma, start, end);
	else
		set_range(vma, start, end);
}

/* ------------------------------------------------------------ link, unlink */

/*
 * @vma, in the list already, gets its place in the tree.  The gap of the one behind
 * it is another now: as its parent it is looked at anyway.
 */
static void tree_insert(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;
	struct avl_node *parent = NULL, **link = &mm->mmap_avl.node;

	if (prev && !prev->vm_avl.right) {
		parent = &prev->vm_avl;
		link = &parent->right;
	} else if (next) {
		parent = &next->vm_avl;
		link = &parent->left;
	}
	avl_insert_inline(&mm->mmap_avl, &vma->vm_avl, parent, link, augment);
	if (next && parent != &next->vm_avl)
		avl_update_inline(&next->vm_avl, augment);
}

static void tree_update(struct vm_area_struct *vma)
{
	avl_update_inline(&vma->vm_avl, augment);
}

/* @next, behind it in the list, has more room below now. */
static void tree_erase(struct mm_struct *mm, struct vm_area_struct *vma,
		       struct vm_area_struct *next)
{
	const struct avl_node *node = &vma->vm_avl;
	bool seen = next && node->parent == &next->vm_avl && !(node->left && node->right);

	avl_erase_inline(&mm->mmap_avl, &vma->vm_avl, augment);
	if (next && !seen)
		tree_update(next);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;

	assert_held_write(&mm->lock);
	assert(vma->vm_start < vma->vm_end && vma->vm_mm == mm);
	assert(!prev || prev->vm_end <= vma->vm_start);
	assert(!next || next->vm_start >= vma->vm_end);

	vma_born_closed(mm, vma);
	vma->vm_prev = prev;
	vma->vm_next = next;
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	if (next)
		next->vm_prev = vma;

	tree_insert(mm, vma);
	if (vma->vm_mapping)
		enter_mapping(vma, vma->vm_mapping);
	mm->map_count++;
}

/* It has left the set: no fault finds it by a hint, or opens it again. */
static inline void forget(struct mm_struct *mm, struct vm_area_struct *vma)
{
	WRITE_ONCE(mm->hint[0].vma, NULL);
	if (unlikely(mm_is_shared(mm))) {
		vma->vm_dead = true;
		for (unsigned int i = 1; i < NR_VMA_HINTS; i++)
			WRITE_ONCE(mm->hint[i].vma, NULL);
	}
}

void vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;

	assert_closed(vma);
	if (vma->vm_mapping)
		leave_mapping(vma, vma->vm_mapping);
	if (prev)
		prev->vm_next = next;
	else
		mm->mmap = next;
	if (next)
		next->vm_prev = prev;
	tree_erase(mm, vma, next);
	forget(mm, vma);
	mm->map_count--;
}

static struct avl_node *next_in_list(void *arg)
{
	struct vm_area_struct **at = arg, *vma = *at;

	*at = vma->vm_next;
	return &vma->vm_avl;
}

void vma_build_tree(struct mm_struct *mm)
{
	struct vm_area_struct *at = mm->mmap;

	avl_build_sorted(&mm->mmap_avl, mm->map_count, next_in_list, &at, augment);
}

/* Taking many out of few that stay costs less by making the tree anew. */
void vma_unlink_run(struct mm_struct *mm, struct vm_area_struct *first, unsigned int nr,
		    struct vma_dead *dead)
{
	unsigned int left = mm->map_count - nr, i;
	struct vm_area_struct *prev = first->vm_prev, *vma = first, *next;
	bool anew = nr > 4 && nr > left / 4;

	assert_held_write(&mm->lock);
	for (i = 0; i < nr; i++, vma = next) {
		next = vma->vm_next;
		assert_closed(vma);
		if (vma->vm_mapping)
			leave_mapping(vma, vma->vm_mapping);
		if (!anew)
			tree_erase(mm, vma, NULL);
		forget(mm, vma);
		vma_die(dead, vma);
	}
	if (prev)
		prev->vm_next = vma;
	else
		mm->mmap = vma;
	if (vma)
		vma->vm_prev = prev;
	mm->map_count = left;
	if (anew)
		vma_build_tree(mm);
	else if (vma)
		tree_update(vma);
}

/*
 * Heaps, stacks and mappings that continue one another grow under the eyes of
 * faults: those in an anonymous area ask for nothing but that it contains them.
 */
static inline bool grows_unseen(const struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	return vma_is_anonymous(vma) && start <= vma->vm_start && end >= vma->vm_end;
}

void vma_resize(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	bool start_moves = start != vma->vm_start, end_moves = end != vma->vm_end;

	assert_held_write(&mm->lock);
	assert(start < end);
	assert(!vma->vm_prev || vma->vm_prev->vm_end <= start);
	assert(!vma->vm_next || vma->vm_next->vm_start >= end);
	if (!grows_unseen(vma, start, end))
		vma_close(mm, vma);
	vma_set_range(vma, start, end);
	if (start_moves)
		tree_update(vma);
	if (end_moves && vma->vm_next)
		tree_update(vma->vm_next);
}

/* ---------------------------------------------------------- split and merge */

struct vm_area_struct *vma_new_anon(struct mm_struct *mm, vaddr_t start, vaddr_t end,
				    unsigned long flags)
{
	struct vm_area_struct *vma = vma_alloc();

	if (!vma)
		return NULL;
	vma->vm_start = start;          /* vma_link() sees to the links */
	vma->vm_end = end;
	vma->vm_flags = flags;
	vma->vm_prot = pte_prot(flags);
	vma->vm_ops = &anon_vm_ops;
	vma->vm_mm = mm;
	vma->vm_pgoff = start >> PAGE_SHIFT;
	vma->vm_file = NULL;
	vma->vm_mapping = NULL;
	vma->vm_private = NULL;
	vma->vm_gate.count = 0;
	vma->vm_has_anon = false;
	vma->vm_dead = false;
	return vma;
}

static inline void get_refs(struct vm_area_struct *vma)
{
	if (vma->vm_file && vma->vm_mapping)
		vma->vm_mapping->a_ops->file_get(vma->vm_file);
	if (vma->vm_ops->open)
		vma->vm_ops->open(vma);
}

void vma_get_refs(struct vm_area_struct *vma)
{
	get_refs(vma);
}

void vma_put_refs(struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;
	void (*file_put)(struct file *) = file && vma->vm_mapping ?
		vma->vm_mapping->a_ops->file_put : NULL;

	if (vma->vm_ops->close)
		vma->vm_ops->close(vma);
	if (file_put)
		file_put(file);
}

void vma_split(struct mm_struct *mm, struct vm_area_struct *vma, vaddr_t addr,
	       struct vm_area_struct *upper)
{
	assert(addr > vma->vm_start && addr < vma->vm_end);
	assert_closed(vma);
	vma_copy(upper, vma);
	upper->vm_start = addr;
	upper->vm_pgoff = vma_pgoff(vma, addr);
	get_refs(upper);
	vma_set_range(vma, vma->vm_start, addr);
	vma_link(mm, upper, vma);
}

static inline bool joinable(const struct vm_area_struct *left, const struct vm_area_struct *right)
{
	return left->vm_end == right->vm_start && left->vm_flags == right->vm_flags &&
	       left->vm_ops == right->vm_ops && left->vm_mapping == right->vm_mapping &&
	       left->vm_file == right->vm_file && left->vm_private == right->vm_private &&
	       left->vm_pgoff + vma_pages(left) == right->vm_pgoff &&
	       !(left->vm_flags & (VM_PFNMAP | VM_IO | VM_DONTEXPAND));
}

/* @left takes the place of @right too. */
static void vma_absorb(struct mm_struct *mm, struct vm_area_struct *left,
		       struct vm_area_struct *right, struct vma_dead *dead)
{
	vma_close(mm, left);
	vma_close(mm, right);
	left->vm_has_anon |= right->vm_has_anon;
	vma_set_range(left, left->vm_start, right->vm_end);
	vma_unlink(mm, right);
	vma_die(dead, right);
}

struct vm_area_struct *vma_merge_around(struct mm_struct *mm, struct vm_area_struct *vma,
					struct vma_dead *dead)
{
	struct vm_area_struct *prev = vma->vm_prev, *next = vma->vm_next;

	if (next && joinable(vma, next))
		vma_absorb(mm, vma, next, dead);
	if (prev && joinable(prev, vma)) {
		vma_absorb(mm, prev, vma, dead);
		return prev;
	}
	return vma;
}

static bool anon_takes(const struct vm_area_struct *vma, unsigned long flags)
{
	return vma->vm_ops == &anon_vm_ops && vma->vm_flags == flags;
}

struct vm_area_struct *vma_extend_anon(struct mm_struct *mm, struct vm_area_struct *prev,
				       vaddr_t start, vaddr_t end, unsigned long flags,
				       struct vma_dead *dead)
{
	struct vm_area_struct *next = prev ? prev->vm_next : mm->mmap;

	if (prev && prev->vm_end == start && anon_takes(prev, flags)) {
		vma_resize(mm, prev, prev->vm_start, end);
		if (next && joinable(prev, next))
			vma_absorb(mm, prev, next, dead);
		return prev;
	}
	if (next && next->vm_start == end && anon_takes(next, flags)) {
		vma_resize(mm, next, start, next->vm_end);
		return next;
	}
	return NULL;
}
