// SPDX-License-Identifier: MIT
/*
 * fork's half that is memory: a second address space like the first.
 *
 * One walk over the list copies areas and, where an area has pages of its
 * own, their entries; the tree is built from the finished list, with no search
 * and no rotation.  One flush at the end takes the parent's right to write
 * away on every hart.
 *
 * When it fails half-way the child is taken down like any other; the parent
 * has only lost the right to write some pages, which it gets back by a
 * fault.
 *
 * Lock: both mm->locks for writing, the child's nested in the parent's.  The
 * parent's areas are closed until after the flush: a fault meanwhile would copy
 * a page to which another hart may still write.
 */
#include <mm/mm.h>

#include <arch/mmu.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/address_space.h>
#include <mm/glance.h>
#include <mm/pagetable.h>
#include <mm/smaps.h>
#include <mm/userfault.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static void dup_fields(struct mm_struct *new, struct mm_struct *old);
static int dup_areas(struct mm_struct *new, struct mm_struct *old);
static void dup_figures(struct mm_struct *new, struct mm_struct *old);
static int dup_area(struct mm_struct *new, struct vm_area_struct *src,
		    struct vm_area_struct *prev);

struct mm_struct *mm_dup(struct mm_struct *old)
{
	struct mm_struct *new = mm_alloc_unevictable();
	struct userfault_event *told = NULL;
	int err;

	if (!new)
		return ERR_PTR(-ENOMEM);
	if (down_write_killable(&old->lock)) {
		mm_put(new);
		return ERR_PTR(-EINTR);
	}
	down_write_nested(&new->lock);
	dup_fields(new, old);
	err = dup_areas(new, old);
	if (unlikely(old->has_userfault) && !err)
		err = userfault_fork(new, &told);
	tlb_flush_range(&old->context, 0, USER_END);
	if (new->nr_shared) {
		glance_wait();          /* who found a table before it was shared */
		dup_figures(new, old);
	}
	if (!err) {
		vma_build_tree(new);
		if (DEBUG)
			vma_check(new);
		smp_store_release(&new->evictable, true);
	}
	mm_unlock_write(new);
	mm_unlock_write(old);
	if (err)
		mm_put(new);
	if (unlikely(told))
		userfault_tell(told, !err);
	if (err)
		return ERR_PTR(err);
	return new;
}

static void dup_fields(struct mm_struct *new, struct mm_struct *old)
{
	new->mmap_base = old->mmap_base;
	new->start_code = old->start_code;
	new->end_code = old->end_code;
	new->start_data = old->start_data;
	new->end_data = old->end_data;
	new->start_brk = old->start_brk;
	new->brk = old->brk;
	new->start_stack = old->start_stack;
	new->arg_start = old->arg_start;
	new->arg_end = old->arg_end;
	new->env_start = old->env_start;
	new->env_end = old->env_end;
	new->vdso = old->vdso;
	memcpy(new->auxv, old->auxv, sizeof(new->auxv));
	new->dumpable = old->dumpable;
	new->no_huge_pages = old->no_huge_pages;
	new->dump_filter = old->dump_filter;
	new->has_guards = READ_ONCE(old->has_guards);
	new->membarrier = READ_ONCE(old->membarrier);
	new->rlim_as = old->rlim_as;
	new->rlim_data = old->rlim_data;
	new->rlim_stack = old->rlim_stack;
	new->rlim_memlock = old->rlim_memlock;
	new->exe_get = old->exe_get;
	new->exe_put = old->exe_put;
	if (old->exe_file && old->exe_get) {
		old->exe_get(old->exe_file);
		new->exe_file = old->exe_file;
	}
}

static int dup_areas(struct mm_struct *new, struct mm_struct *old)
{
	struct vm_area_struct *src, *last = NULL;
	int err;

	for (src = old->mmap; src; src = src->vm_next) {
		if (src->vm_flags & VM_DONTCOPY)
			continue;
		err = dup_area(new, src, last);
		if (err)
			return err;
		last = last ? last->vm_next : new->mmap;
	}
	return 0;
}

/*
 * Nobody has counted what is in shared tables: the child has as many pages as its
 * parent, but for areas that it did not get.  Eviction may be at work; it corrects
 * itself with each shared table that is left.
 */
static void dup_figures(struct mm_struct *new, struct mm_struct *old)
{
	unsigned long anon = atomic_long_read(&old->rss[MM_ANONPAGES]);
	unsigned long swap = atomic_long_read(&old->rss[MM_SWAPENTS]);
	const struct vm_area_struct *vma;
	struct mm_area_stats st = { 0 };

	for (vma = old->mmap; vma; vma = vma->vm_next)
		if (vma->vm_has_anon && vma->vm_flags & (VM_DONTCOPY | VM_WIPEONFORK))
			pt_gather_stats(old, vma->vm_start, vma->vm_end, &st);
	atomic_long_set(&new->rss[MM_ANONPAGES], anon - min(anon, st.anonymous >> PAGE_SHIFT));
	atomic_long_set(&new->rss[MM_SWAPENTS], swap - min(swap, st.swap >> PAGE_SHIFT));
}

/* The copy of @src, last in the list. */
static int dup_area(struct mm_struct *new, struct vm_area_struct *src,
		    struct vm_area_struct *prev)
{
	unsigned long pages = vma_pages(src);
	struct vm_area_struct *vma;

	vma_close(src->vm_mm, src);
	if (src->vm_flags & VM_ACCOUNT && vm_commit(new, pages))
		return -ENOMEM;
	vma = vma_alloc();
	if (!vma) {
		if (src->vm_flags & VM_ACCOUNT)
			vm_uncommit(new, pages);
		return -ENOMEM;
	}
	vma_copy(vma, src);
	vma->vm_gate.count = 0;
	vma->vm_mm = new;
	vma->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	vma->vm_prev = prev;
	vma->vm_next = NULL;
	if (prev)
		prev->vm_next = vma;
	else
		new->mmap = vma;
	new->map_count++;
	vm_stat_account(new, vma->vm_flags, pages);
	vma_get_refs(vma);
	vma_mapping_link(vma);
	if (vma->vm_flags & VM_WIPEONFORK)
		vma->vm_has_anon = false;
	if (!vma->vm_has_anon || vma->vm_flags & (VM_SHARED | VM_PFNMAP))
		return 0;
	return pt_copy_range(vma, src);
}
