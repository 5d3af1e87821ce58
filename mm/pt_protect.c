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
 * Lock: mm->lock for writing; ptl around the entries of one table.
 */
#include <mm/pagetable.h>

#include <arch/mmu.h>
#include <mm/anon.h>
#include <mm/mm.h>
#include <mm/pt_alloc.h>
#include <mm/pt_used.h>
#include <mm/vma.h>

static pte_t protected(const struct vm_area_struct *vma, pte_t e)
{
	pte_t new = pte_modify(e, vma->vm_prot);

	if (!pte_writable(new) || pte_writable(e))
		return new;
	if (!pte_special(e) && !(vma->vm_flags & VM_SHARED) && pte_dirty(e) &&
	    anon_exclusive(pfn_to_page(pte_pfn(e))))
		return new;
	return pte_wrprotect(new);
}

static bool takes_away(pte_t old, pte_t new)
{
	return (pte_readable(old) && !pte_readable(new)) ||
	       (pte_writable(old) && !pte_writable(new)) ||
	       (pte_execable(old) && !pte_execable(new));
}

/* True: some hart may hold more permission than is left. */
static bool protect_table(struct vm_area_struct *vma, struct page *table, vaddr_t va, vaddr_t end)
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
		flush |= takes_away(e, new);
	}
	spin_unlock(&table->ptl);
	return flush;
}

void pt_protect_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *table;
	bool flush = false;
	vaddr_t va, next;

	assert_held_write(&mm->lock);
	for (va = start; va < end; va = next) {
		next = pt_next_table(mm, va, end, &table);
		if (table)
			flush |= protect_table(vma, table, va, next);
	}
	if (flush)
		tlb_flush_range(&mm->context, start, end);
	if (vma->vm_flags & VM_EXEC)
		icache_flush(&mm->context);
}
