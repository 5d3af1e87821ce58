// SPDX-License-Identifier: MIT
/*
 * The lock of one area: faults in it against changes of it.
 *
 *	a fault         is inside the area's gate, and holds nothing else; it
 *	                finds the area without mm->lock
 *	a change        holds mm->lock for writing and has closed the gates of the
 *	                areas it changes, until it lets go of mm->lock
 *	everybody else  holds mm->lock for reading: no area changes
 *
 * An anonymous area may also grow while faults are inside.  While a single task
 * can fault, which cannot do so amid its own change, gates are not closed at all.
 *
 * So mmap, munmap and mprotect hold up the faults in the areas they change and
 * no others, and faults never hold up each other.  A fault that meets a closed
 * gate, or finds no area, asks again under mm->lock, where the answer is final.
 *
 * Under the gate: vm_start, vm_end, vm_flags, vm_prot, vm_pgoff, the file, and
 * that the area is one of the set and its page tables stay.  Not the links of
 * list and tree, nor max_gap: those belong to mm->lock alone.
 */
#ifndef MM_VMA_LOCK_H
#define MM_VMA_LOCK_H

#include <arch/cpu.h>
#include <mm/glance.h>
#include <mm/mm.h>
#include <mm/vma.h>

/* May another task bring pages in while one changes areas? */
static inline bool mm_is_shared(const struct mm_struct *mm)
{
	return READ_ONCE(mm->hint_mask);
}

/* The area last found on @hart, or NULL. */
static inline struct vm_area_struct **vma_hint(struct mm_struct *mm, unsigned int hart)
{
	return &mm->hint[hart & READ_ONCE(mm->hint_mask)].vma;
}

static __always_inline bool vma_contains(const struct vm_area_struct *vma, vaddr_t addr)
{
	vaddr_t start = READ_ONCE(vma->vm_start);

	return addr - start < READ_ONCE(vma->vm_end) - start;
}

/*
 * The rest of vma_enter(), still in its glance: leave @entered, the hint that was
 * not it (NULL: none), search the tree, end the glance.
 */
struct vm_area_struct *vma_enter_other(struct mm_struct *mm, vaddr_t addr,
				       struct vm_area_struct *entered);

/*
 * The area of @addr, entered: it stays as it is until vma_leave().  NULL:
 * there is none, or it is being changed; ask under mm->lock.
 */
static __always_inline struct vm_area_struct *vma_enter(struct mm_struct *mm, vaddr_t addr)
{
	unsigned int hart = hart_id();
	struct hart_local *g = glance_begin();
	struct vm_area_struct *vma = READ_ONCE(*vma_hint(mm, hart));

	if (unlikely(!vma || !gate_enter(&vma->vm_gate, &mm->gate_wait)))
		return vma_enter_other(mm, addr, NULL);
	if (unlikely(!vma_contains(vma, addr)))
		return vma_enter_other(mm, addr, vma);
	glance_end(g);
	return vma;
}

/* The same for @vma, found under mm->lock, which is held for reading. */
static inline void vma_enter_held(struct mm_struct *mm, struct vm_area_struct *vma)
{
	assert_held(&mm->lock);
	if (!gate_enter(&vma->vm_gate, &mm->gate_wait))
		panic("area %#lx-%#lx is closed, and mm->lock is free", vma->vm_start, vma->vm_end);
}

static __always_inline void vma_leave(struct mm_struct *mm, struct vm_area_struct *vma)
{
	gate_leave(&vma->vm_gate, &mm->gate_wait);
}

/*
 * Be alone with @vma until mm_unlock_write(): close its gate and wait until all
 * faults have left.  Sleeps; mm->lock held for writing.  May be called again.
 */
static inline void vma_close(struct mm_struct *mm, struct vm_area_struct *vma)
{
	assert_held_write(&mm->lock);
	if (!mm_is_shared(mm) || gate_is_closed(&vma->vm_gate))
		return;
	vma->vm_closed = mm->closed;
	mm->closed = vma;
	gate_close(&vma->vm_gate, &mm->gate_wait);
}

/* The same without waiting.  False: somebody is inside, and it is open as before. */
bool vma_try_close(struct mm_struct *mm, struct vm_area_struct *vma);

/* mm_share() for who holds mm->lock for writing. */
static inline void mm_share_locked(struct mm_struct *mm)
{
	WRITE_ONCE(mm->hint_mask, NR_VMA_HINTS - 1);
}

/* @vma, known to nobody yet, is one of the closed. */
static inline void vma_born_closed(struct mm_struct *mm, struct vm_area_struct *vma)
{
	assert_held_write(&mm->lock);
	if (!mm_is_shared(mm))
		return;
	vma->vm_gate.count = GATE_CLOSED;
	vma->vm_closed = mm->closed;
	mm->closed = vma;
}

void vma_open_all(struct mm_struct *mm);

/* Open all that were closed, but the dead, and let go of mm->lock. */
static inline void mm_unlock_write(struct mm_struct *mm)
{
	if (unlikely(mm->closed))
		vma_open_all(mm);
	up_write(&mm->lock);
}

/* @vma changes or is about to: nobody is inside, and mm->lock is held for writing. */
#define assert_closed(vma) \
	assert(!DEBUG || (rwsem_held_write(&(vma)->vm_mm->lock) && \
			  (!mm_is_shared((vma)->vm_mm) || gate_is_closed(&(vma)->vm_gate))))

#endif
