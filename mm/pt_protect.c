// SPDX-License-Identifier: MIT
/*
 * New permission for the pages that are present: mprotect.
 *
 * A page is made writable here only where no step of the fault path would be
 * left out by that: a private page that is the process' own and nobody
 * else's, or one that was writable before.  All others are write-protected
 * and take their fault.
 *
 * More permission needs no flush: a hart with the old translation faults once
 * and finds it done.  Less does.
 *
 * Lock: mm->lock for writing, @vma closed; ptl around the entries of one table.
 */
#include <mm/pagetable.h>

#include <arch/mmu.h>
#include <mm/anon.h>
#include <mm/block.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/vma.h>
#include <mm/vma_lock.h>

static __always_inline pte_t protected(const struct vm_area_struct *vma, pte_t e)
{
	pte_t new = pte_modify(e, vma->vm_prot);

	if (!pte_writable(new) || pte_writable(e))
		return new;
	if (!pte_special(e) && !(vma->vm_flags & VM_SHARED) && pte_dirty(e) &&
	    anon_exclusive(pfn_to_page(pte_pfn(e))))
		return new;
	return pte_wrprotect(new);
}

/* True: some hart may hold more permission than is left. */
static __always_inline bool protect_table(struct vm_area_struct *vma, struct page *table,
					  vaddr_t va, vaddr_t end)
{
	pte_t *p = pt_entries(table) + pt_index(va, 0), e, new;
	bool flush = false;

	spin_lock(&table->ptl);
	for (; va < end; va += PAGE_SIZE, p++) {
		e = pte_read(p);
		if (!pte_present(e))
			continue;
		for (;; e = pte_read(p)) {      /* again: a hart has set accessed or dirty */
			new = protected(vma, e);
			if (pte_same(e, new) || pte_cmpxchg(p, e, new))
				break;
		}
		flush |= pte_takes_away(e, new);
	}
	spin_unlock(&table->ptl);
	return flush;
}

/* False: eviction has made it a table, nothing is done. */
static bool protect_huge(struct vm_area_struct *vma, pte_t *entry, bool *flush)
{
	struct page *l1 = virt_to_page(entry);
	pte_t e, new;

	spin_lock(&l1->ptl);
	for (;;) {
		e = pte_read(entry);
		if (!pte_huge(e))
			break;
		new = pte_modify(e, vma->vm_prot);
		if (!pte_writable(e))
			new = pte_wrprotect(new);       /* the fault sees whose they are */
		if (pte_same(e, new) || pte_cmpxchg(entry, e, new)) {
			*flush |= pte_takes_away(e, new);
			break;
		}
	}
	spin_unlock(&l1->ptl);
	return pte_huge(e);
}

/*
 * Huge: a whole one keeps being one, a part makes it a table.  Blocks of the area, which is
 * closed and gets no new ones, are split.  Shared ones there are none.
 */
static __noinline bool protect_rare(struct vm_area_struct *vma, pte_t *entry, vaddr_t va,
				    vaddr_t end)
{
	struct pt_piece p = pt_piece_at(entry, va);
	bool flush = false;

	if (p.kind == PT_BLOCKS)
		return protect_table(vma, block_split_range(vma->vm_mm, &p, va, end), va, end);
	if (p.kind == PT_HUGE && end - va == HUGE_SIZE && protect_huge(vma, p.entry, &flush))
		return flush;
	if (pt_own_table(vma->vm_mm, &p))
		panic("mprotect of a shared table at %#lx", p.base);
	return p.kind == PT_TABLE && protect_table(vma, p.table, va, end);
}

void pt_protect_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	bool flush = false;
	struct pt_piece p;
	vaddr_t va, next;

	assert_closed(vma);
	for (va = start; va < end; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		if (likely(p.kind == PT_TABLE))
			flush |= protect_table(vma, p.table, va, next);
		else if (p.kind != PT_NOTHING)
			flush |= protect_rare(vma, p.entry, va, next);
	}
	if (flush)
		tlb_flush_range(&mm->context, start, end);
	if (vma->vm_flags & VM_EXEC)
		icache_flush(&mm->context);
}
