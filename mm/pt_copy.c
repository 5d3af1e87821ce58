// SPDX-License-Identifier: MIT
/*
 * The page tables of a child: fork.
 *
 * Tables that lie wholly in an anonymous area are shared until one side needs
 * them (pt_share.c).  Of others only what cannot be had again is copied: entries
 * of pages that are a process' own.  Pages of a file, the zero page's neighbours
 * in a private file mapping and the frames of the vDSO come back by a fault,
 * which is cheaper for the many that the child never touches.
 *
 * Both sides lose the right to write; the first who writes copies.
 *
 * The child's tables need no lock: the child does not run, its mm->lock is
 * held by its maker, and who comes through a file only takes entries away,
 * one atomic word each.
 *
 * Lock: both mm->locks for writing, the parent's area closed; ptl of the
 * parent's tables.  The caller flushes the parent's translations.
 */
#include <mm/pagetable.h>

#include <lib/errno.h>
#include <mm/block.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_share.h>
#include <mm/pt_used.h>
#include <mm/swap.h>
#include <mm/vma.h>
#include <mm/vma_lock.h>

struct copied {
	long anon, swap;
};

static int share_piece(struct mm_struct *src_mm, struct vm_area_struct *dst, struct pt_piece *p);
static int copy_table(struct vm_area_struct *dst, struct page *table, vaddr_t va, vaddr_t end,
		      struct copied *n);

int pt_copy_range(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	struct mm_struct *mm = src->vm_mm;
	vaddr_t va = src->vm_start, next;
	struct copied n = { 0, 0 };
	bool may_share = pt_may_share(src);
	struct pt_piece p;
	int err = 0;

	assert_closed(src);
	for (; va < src->vm_end && !err; va = next) {
		next = pt_next_piece(mm, va, src->vm_end, &p);
		if (p.kind == PT_NOTHING)
			continue;
		if (may_share && next - va == HUGE_SIZE) {
			err = share_piece(mm, dst, &p);
			continue;
		}
		if (unlikely(p.kind != PT_TABLE))
			err = pt_own_table(mm, &p);
		if (!err)
			err = copy_table(dst, p.table, va, next, &n);
	}
	atomic_long_add(n.anon, &dst->vm_mm->rss[MM_ANONPAGES]);
	atomic_long_add(n.swap, &dst->vm_mm->rss[MM_SWAPENTS]);
	return err;
}

static int share_piece(struct mm_struct *src_mm, struct vm_area_struct *dst, struct pt_piece *p)
{
	pte_t *to = pt_walk_level1(dst->vm_mm, p->base);

	if (!to)
		return -ENOMEM;
	if (p->kind == PT_BLOCKS)
		block_unfold(src_mm, p->entry, p->base);
	pt_share(src_mm, p->entry, dst->vm_mm, to);
	return 0;
}

/* One entry for the child; none when the child can do without. */
static pte_t copy_one(pte_t *from, struct copied *n)
{
	pte_t e = pte_read(from);
	struct page *page;

	if (unlikely(!pte_present(e))) {
		n->swap += pte_swapped(e);
		return e;
	}
	if (pte_special(e))
		return e;
	page = pfn_to_page(pte_pfn(e));
	if (!page_test(page, PG_anon))
		return NO_PTE;
	get_page(page);
	atomic_inc(&page->mapcount);
	n->anon++;
	while (pte_writable(e) && !pte_cmpxchg(from, e, pte_wrprotect(e)))
		e = pte_read(from);     /* a hart has set accessed or dirty */
	return pte_wrprotect(e);
}

static int copy_table(struct vm_area_struct *dst, struct page *table, vaddr_t va, vaddr_t end,
		      struct copied *n)
{
	pte_t *from = pt_entries(table), *to, e;
	unsigned long i = pt_index(va, 0), last = i + ((end - va) >> PAGE_SHIFT);
	struct page *to_table;
	int err = 0;

	i = pt_next_used(from, i, last);
	if (i == last)
		return 0;
	to = pt_walk(dst->vm_mm, va, PT_ALLOC, &to_table);
	if (!to)
		return -ENOMEM;
	to = pt_entries(to_table);
	spin_lock(&table->ptl);
	for (; i < last; i = pt_next_used(from, i + 1, last)) {
		e = pte_read(from + i);
		if (!pte_present(e) && !swap_dup_entry(e)) {
			err = -ENOMEM;
			break;
		}
		e = copy_one(from + i, n);
		if (!pte_none(e))
			pte_init(to + i, e);
	}
	spin_unlock(&table->ptl);
	return err;
}
