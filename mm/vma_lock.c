// SPDX-License-Identifier: MIT
/*
 * Areas: finding one without mm->lock, and the gates closed for a change.
 *
 * The search reads the tree while it may be changed.  What makes that safe:
 *
 *	memory    an area that leaves the set is freed after glance_wait()
 *	an end    right links lead to higher areas in every state of the tree, so
 *	          an endless search would turn left for ever; left turns are counted
 *	a wrong   what is found is believed only inside its gate, which a change
 *	answer    closes first and a dead area never opens again; "none" is never
 *	          believed, but asked again under mm->lock
 *
 * test/model/area.pml is this file as a model.
 *
 * Lock: none for a fault; a glance.
 */
#include <mm/vma_lock.h>

#define LEFT_TURNS_MAX  64      /* no tree of areas is as high */

static struct vm_area_struct *search(struct mm_struct *mm, vaddr_t addr);

struct vm_area_struct *vma_enter_other(struct mm_struct *mm, vaddr_t addr,
				       struct vm_area_struct *entered)
{
	unsigned int hart = hart_id();
	struct vm_area_struct *vma;
	bool inside;

	if (entered)
		vma_leave(mm, entered);
	vma = search(mm, addr);
	inside = vma && gate_enter(&vma->vm_gate, &mm->gate_wait);
	glance_end(this_hart());
	if (!inside)
		return NULL;
	if (unlikely(!vma_contains(vma, addr))) {
		vma_leave(mm, vma);
		return NULL;
	}
	WRITE_ONCE(*vma_hint(mm, hart), vma);   /* who takes it out waits for us, then clears */
	return vma;
}

/* NULL may also mean that the tree is being changed; and the area may have left the set. */
static inline struct vm_area_struct *search(struct mm_struct *mm, vaddr_t addr)
{
	struct avl_node *node = READ_ONCE(mm->mmap_avl.node);
	unsigned int left = LEFT_TURNS_MAX;
	struct vm_area_struct *vma;

	while (node) {
		vma = avl_vma(node);
		if (addr >= READ_ONCE(vma->vm_end)) {
			node = READ_ONCE(node->right);
			continue;
		}
		if (addr >= READ_ONCE(vma->vm_start))
			return vma;
		if (!left--)
			break;
		node = READ_ONCE(node->left);
	}
	return NULL;
}

void mm_share(struct mm_struct *mm)
{
	if (mm_is_shared(mm))
		return;
	down_write(&mm->lock);
	mm_share_locked(mm);
	mm_unlock_write(mm);
}

bool vma_try_close(struct mm_struct *mm, struct vm_area_struct *vma)
{
	assert_held_write(&mm->lock);
	if (gate_is_closed(&vma->vm_gate))
		return true;
	if (!gate_try_close(&vma->vm_gate))
		return false;
	vma->vm_closed = mm->closed;
	mm->closed = vma;
	return true;
}

void vma_open_all(struct mm_struct *mm)
{
	struct vm_area_struct *vma = mm->closed, *next;

	mm->closed = NULL;
	for (; vma; vma = next) {
		next = vma->vm_closed;
		if (!vma->vm_dead)
			gate_open(&vma->vm_gate);
	}
}
