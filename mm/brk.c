// SPDX-License-Identifier: MIT
/*
 * brk(2): the heap, one anonymous area above the program's data.
 *
 * The system call has no error: what could not be done leaves the break as it
 * was, and the caller sees that.
 *
 * Lock: mm->lock for writing.
 */
#include <mm/mmap.h>

#include <mm/mm.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

#define HEAP_FLAGS (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT)

static bool brk_grow(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct vma_dead *dead);

/* RLIMIT_DATA, as far as the heap goes. */
static bool brk_in_limit(const struct mm_struct *mm, vaddr_t brk)
{
	return brk - mm->start_brk + (mm->end_data - mm->start_data) <= READ_ONCE(mm->rlim_data);
}

static bool brk_set(struct mm_struct *mm, vaddr_t brk, struct vma_dead *dead)
{
	vaddr_t old = ALIGN_UP(mm->brk, PAGE_SIZE), new = ALIGN_UP(brk, PAGE_SIZE);

	if (brk < mm->start_brk || brk > USER_END || !brk_in_limit(mm, brk))
		return false;
	if (new < old && mm_unmap_locked(mm, new, old, dead))
		return false;
	if (new > old && !brk_grow(mm, old, new, dead))
		return false;
	mm->brk = brk;
	return true;
}

long mm_brk(struct mm_struct *mm, vaddr_t brk)
{
	struct vma_dead dead = { .first = NULL };
	vaddr_t old, now;
	bool locked;

	if (down_write_killable(&mm->lock))
		return -EINTR;
	old = mm->brk;
	locked = brk_set(mm, brk, &dead) && mm->brk > old &&
		 (mm->def_flags & (VM_LOCKED | VM_LOCKONFAULT)) == VM_LOCKED;
	now = mm->brk;
	if (DEBUG)
		vma_check(mm);
	mm_unlock_write(mm);
	vma_bury(&dead);
	if (locked)
		mm_populate(mm, ALIGN_UP(old, PAGE_SIZE), ALIGN_UP(now, PAGE_SIZE), false);
	return now;
}

static bool brk_grow(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct vma_dead *dead)
{
	unsigned long flags = HEAP_FLAGS | mm->def_flags, pages = (end - start) >> PAGE_SHIFT;
	struct vm_area_struct *prev, *next, *vma;

	next = find_vma_prev(mm, start, &prev);
	if (prev && prev->vm_end > start)
		return false;
	if (next && end + PAGE_SIZE > vma_start_gap(next))
		return false;           /* as Linux: at least one page stays free */
	if (mm->map_count > sysctl_max_map_count || !may_expand_vm(mm, flags, pages) ||
	    mlock_exceeds(mm, flags, pages) || vm_commit(mm, pages))
		return false;
	if (!vma_extend_anon(mm, prev, start, end, flags, dead)) {
		vma = vma_new_anon(mm, start, end, flags);
		if (!vma) {
			vm_uncommit(mm, pages);
			return false;
		}
		vma_link(mm, vma, prev);
	}
	vm_stat_account(mm, flags, pages);
	return true;
}
