// SPDX-License-Identifier: MIT
/*
 * Guard pages: MADV_GUARD_INSTALL and MADV_GUARD_REMOVE (madvise(2), of Linux 6.13).
 *
 * A guard is a mark in the entry of a page: access is SIGSEGV.  So a stack's end
 * costs no area of its own, as with PROT_NONE.  What was mapped there goes.  A
 * guard stays through fork, mprotect and mremap, for those keep entries, and
 * through MADV_DONTNEED and MADV_FREE, which know it (zap.c, pt_age.c); of tables
 * that a child has too, the former takes its own first (mm->has_guards).
 *
 * Lock: mm->lock for reading; ptl around the entries of one table.
 */
#include <mm/guard.h>

#include <lib/errno.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_share.h>
#include <mm/swap.h>
#include <mm/vma_edit.h>

bool guard_may(const struct vm_area_struct *vma, bool install)
{
	unsigned long never = VM_IO | VM_DONTEXPAND | VM_PFNMAP | (install ? VM_LOCKED : 0);

	return vma_is_anonymous(vma) && (vma->vm_flags & (VM_MAYWRITE | never)) == VM_MAYWRITE;
}

/* Marks from *va on, all in one table, up to what a fault has brought in meanwhile. */
static int mark(struct mm_struct *mm, vaddr_t *va, vaddr_t end)
{
	struct page *table;
	pte_t *pte = pt_walk(mm, *va, PT_ALLOC, &table), e;

	if (!pte)
		return -ENOMEM;
	end = min(end, ALIGN_DOWN(*va, PT_SPAN(1)) + PT_SPAN(1));
	spin_lock(&table->ptl);
	for (; *va < end; *va += PAGE_SIZE, pte++) {
		e = pte_read(pte);
		if (!pte_none(e) && !pte_guard(e))
			break;
		pte_set(pte, pte_make_swap(SWAP_TYPE_GUARD, 0));
	}
	spin_unlock(&table->ptl);
	return 0;
}

int guard_install(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	vaddr_t va = start;
	int err = pt_unshare_range(vma->vm_mm, start, end);

	WRITE_ONCE(vma->vm_mm->has_guards, true);
	WRITE_ONCE(vma->vm_has_anon, true);
	for (; va < end && !err; cond_resched()) {
		if (fatal_signal_pending())
			return -EINTR;
		pt_zap_range(vma, va, end);
		do {
			start = va;
			err = mark(vma->vm_mm, &va, end);
		} while (!err && va < end && va != start);
	}
	return err;
}

int guard_remove(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	vaddr_t va = start, next;
	struct pt_piece p;
	int err = 0;

	for (; va < end && !err; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		if (p.kind == PT_SHARED)        /* where blocks may stand there are no guards */
			err = pt_own_table(mm, &p);
		if (err || p.kind != PT_TABLE || !pt_piece_lock(mm, &p))
			continue;
		for (pte_t *pte = pt_entries(p.table) + pt_index(va, 0); va < next;
		     va += PAGE_SIZE, pte++)
			if (pte_guard(pte_read(pte)))
				pte_set(pte, NO_PTE);
		pt_piece_unlock(mm, &p);
	}
	return err;
}
