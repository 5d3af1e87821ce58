// SPDX-License-Identifier: MIT
/*
 * Entries move to another place of the same address space: mremap.  Huge ones
 * move as small ones.
 *
 * No page is touched and no count changes; the old translations are flushed
 * before anybody can come through the file, or as eviction through the tables: he
 * would take an entry out, flush the new address alone and give the page away.
 * Nothing need be undone when a table for the new
 * place cannot be had: what has moved can be moved back, since the old tables
 * are still there.
 *
 * Lock: mm->lock for writing, and both areas are closed, so that faults are kept
 * out; i_mmap_lock keeps out those who come through the file, who could otherwise
 * miss an entry on its way, and tables_lock eviction; ptl of the table that loses
 * the entries.
 */
#include <mm/pagetable.h>

#include <arch/mmu.h>
#include <lib/errno.h>
#include <mm/address_space.h>
#include <mm/mm.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_used.h>
#include <mm/vma.h>
#include <mm/vma_lock.h>

/* Entries of one old table that belong into one new table. */
static void move_piece(struct vm_area_struct *vma, struct page *table, vaddr_t old, pte_t *to,
		       unsigned int nr)
{
	struct mmu_context *ctx = &vma->vm_mm->context;
	struct address_space *as = vma->vm_mapping;
	pte_t *from = pt_entries(table) + pt_index(old, 0);
	unsigned int i;

	if (as)
		spin_lock(&as->i_mmap_lock);
	spin_lock(&vma->vm_mm->tables_lock);
	spin_lock(&table->ptl);
	for (i = pt_next_used(from, 0, nr); i < nr; i = pt_next_used(from, i + 1, nr))
		pte_set(to + i, pte_xchg(from + i, NO_PTE));
	spin_unlock(&table->ptl);
	tlb_flush_range(ctx, old, old + nr * PAGE_SIZE);
	spin_unlock(&vma->vm_mm->tables_lock);
	if (as)
		spin_unlock(&as->i_mmap_lock);
}

int pt_move_range(struct vm_area_struct *vma, vaddr_t old, struct vm_area_struct *new_vma,
		  vaddr_t new_start, size_t len)
{
	struct mm_struct *mm = vma->vm_mm;
	vaddr_t va = old, end = old + len, next, to_va;
	struct page *to_table;
	struct pt_piece p;
	int err = 0;
	pte_t *to;

	assert_closed(vma);
	assert_closed(new_vma);
	for (; va < end && !err; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		if (unlikely(p.kind > PT_TABLE))
			err = pt_own_table(mm, &p);
		if (err || p.kind == PT_NOTHING)
			continue;
		to_va = new_start + (va - old);
		if (ALIGN_DOWN(to_va, PT_SPAN(1)) + PT_SPAN(1) - to_va < next - va)
			next = va + (ALIGN_DOWN(to_va, PT_SPAN(1)) + PT_SPAN(1) - to_va);
		to = pt_walk(mm, to_va, PT_ALLOC, &to_table);
		if (to)
			move_piece(vma, p.table, va, to, (next - va) >> PAGE_SHIFT);
		else
			err = -ENOMEM;
	}
	return err;
}
