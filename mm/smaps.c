// SPDX-License-Identifier: MIT
/*
 * Looking at an address space from outside: areas, and what stands in their
 * page tables.
 *
 * Lock: mm->lock for reading; ptl of a table while its entries are read.
 */
#include <mm/smaps.h>

#include <lib/errno.h>
#include <lib/string.h>
#include <mm/address_space.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_age.h>
#include <mm/pt_piece.h>
#include <mm/rss.h>
#include <mm/shmem_away.h>
#include <mm/swap.h>
#include <mm/vma.h>

int mm_areas(struct mm_struct *mm, vaddr_t addr, struct mm_area *areas, unsigned int max)
{
	struct vm_area_struct *vma;
	const char *name;
	unsigned int nr;

	if (down_read_killable(&mm->lock))
		return -EINTR;
	vma = find_vma(mm, addr);
	for (nr = 0; vma && nr < max; vma = vma->vm_next, nr++) {
		areas[nr] = (struct mm_area){
			.start = vma->vm_start,
			.end = vma->vm_end,
			.flags = vma->vm_flags,
			.pgoff = vma->vm_mapping ? vma->vm_pgoff : 0,
			.file = vma->vm_mapping ? vma->vm_file : NULL,
			.mapping = vma->vm_mapping,
			.has_anon = vma->vm_has_anon,
		};
		name = vma_name(vma);
		if (name)
			strscpy(areas[nr].name, name, sizeof(areas[nr].name));
		if (areas[nr].file)
			vma->vm_mapping->a_ops->file_get(vma->vm_file);
	}
	up_read(&mm->lock);
	return nr;
}

void mm_area_put(struct mm_area *area)
{
	if (area->file)
		area->mapping->a_ops->file_put(area->file);
	area->file = NULL;
}

/* @more: address spaces beyond the first that have the table of the entry. */
static void count_page(pte_t e, int more, struct mm_area_stats *st)
{
	const struct page *page = pfn_to_page(pte_pfn(e));
	int shares = atomic_read(&page->mapcount) + more;
	bool dirty = pte_dirty(e) || page_test(page, PG_dirty);
	unsigned long share = (PAGE_SIZE << 12) / (shares > 0 ? shares : 1);

	st->rss += PAGE_SIZE;
	st->pss_shifted += share;
	if (dirty)
		st->pss_dirty_shifted += share;
	if (shares > 1)
		*(dirty ? &st->shared_dirty : &st->shared_clean) += PAGE_SIZE;
	else
		*(dirty ? &st->private_dirty : &st->private_clean) += PAGE_SIZE;
	if (pte_young(e) || page_test(page, PG_referenced))
		st->referenced += PAGE_SIZE;
	if (page_test(page, PG_active) || page_test(page, PG_mlocked))
		st->active += PAGE_SIZE;
	if (page_test(page, PG_swapcache))
		st->swapcache += PAGE_SIZE;
	if (page_test(page, PG_writeback))
		st->writeback += PAGE_SIZE;
	st->most_mapped = max(st->most_mapped, shares);
	if (!page_test(page, PG_anon)) {
		if (page_rss_counter(page) == MM_SHMEMPAGES)
			st->pss_shmem_shifted += share;
		else
			st->pss_file_shifted += share;
	} else {
		st->pss_anon_shifted += share;
		st->anonymous += PAGE_SIZE;
		if (!page_test(page, PG_swapbacked) && !dirty)
			st->lazyfree += PAGE_SIZE;
	}
}

static void count_swapped(pte_t e, int more, struct mm_area_stats *st)
{
	unsigned int users = swap_users(pte_to_swp(e)) + more;

	if (!pte_swapped(e))
		return;
	st->swap += PAGE_SIZE;
	st->swap_pss_shifted += (PAGE_SIZE << 12) / (users ? users : 1);
}

/* What shared memory has in swap in this part of it: no PTE tells. */
static unsigned long shared_away(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	const struct vm_area_struct *vma = vma_lookup(mm, start);

	if (!vma || !vma->vm_mapping || end > vma->vm_end)
		return 0;
	return shmem_count_away(vma->vm_mapping, vma_pgoff(vma, start), vma_pgoff(vma, end) - 1) <<
	       PAGE_SHIFT;
}

static void count_piece(const struct pt_piece *p, vaddr_t va, vaddr_t end,
			struct mm_area_stats *st)
{
	unsigned int i = pt_index(va, 0), last = i + ((end - va) >> PAGE_SHIFT);
	int more = pt_piece_shares(p) - 1;
	pte_t e;

	for (i = pt_piece_next(p, i, last); i < last; i = pt_piece_next(p, i + 1, last)) {
		e = pt_piece_entry(p, i);
		if (!pte_present(e))
			count_swapped(e, more, st);
		else if (!pte_special(e))
			count_page(e, more, st);
	}
	if (pte_huge(p->huge))
		st->huge += end - va;
}

void pt_gather_stats(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct mm_area_stats *st)
{
	struct pt_piece p;
	vaddr_t va, next;

	assert_held(&mm->lock);
	for (va = start; va < end; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		if (pt_piece_lock(mm, &p)) {
			count_piece(&p, va, next, st);
			pt_piece_unlock(mm, &p);
		}
	}
}

int mm_gather_stats(struct mm_struct *mm, vaddr_t start, vaddr_t end, struct mm_area_stats *st)
{
	if (down_read_killable(&mm->lock))
		return -EINTR;
	pt_gather_stats(mm, start, end, st);
	st->swap += shared_away(mm, start, end);
	up_read(&mm->lock);
	return 0;
}

static u64 pagemap_entry(pte_t e, int more)
{
	const struct page *page;
	u64 v;

	if (pte_none(e))
		return 0;
	if (!pte_present(e))
		return PM_SWAPPED | pte_swap_offset(e) << 5 | pte_swap_type(e);
	v = PM_PRESENT | pte_pfn(e);
	if (pte_special(e))
		return v;
	page = pfn_to_page(pte_pfn(e));
	if (!page_test(page, PG_anon))
		v |= PM_FILE;
	if (atomic_read(&page->mapcount) + more == 1)
		v |= PM_EXCLUSIVE;
	return v;
}

int mm_pagemap(struct mm_struct *mm, vaddr_t addr, u64 *entries, unsigned int nr)
{
	vaddr_t end = addr + ((vaddr_t)nr << PAGE_SHIFT), va, next;
	struct pt_piece p;
	unsigned int i;

	if (addr > USER_END || end > USER_END)
		return -EINVAL;
	memset(entries, 0, nr * sizeof(*entries));
	if (down_read_killable(&mm->lock))
		return -EINTR;
	for (va = addr; va < end; va = next) {
		next = pt_next_piece(mm, va, end, &p);
		if (!pt_piece_lock(mm, &p))
			continue;
		for (i = pt_index(va, 0); va < next; va += PAGE_SIZE, i++)
			entries[(va - addr) >> PAGE_SHIFT] =
				pagemap_entry(pt_piece_entry(&p, i), pt_piece_shares(&p) - 1) |
				(pte_huge(p.huge) ? PM_TABLE | PM_HUGE : PM_TABLE);
		pt_piece_unlock(mm, &p);
	}
	up_read(&mm->lock);
	return 0;
}

int mm_clear_refs(struct mm_struct *mm, int what)
{
	struct vm_area_struct *vma;

	if (what == 5) {
		mm->hiwater_rss = mm_rss(mm);
		return 0;
	}
	if (what < 1 || what > 4)
		return -EINVAL;
	if (what == 4)
		return 0;
	if (down_read_killable(&mm->lock))
		return -EINTR;
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (what == 1 || (what == 2) == !vma->vm_mapping)
			pt_mark_unused(vma, vma->vm_start, vma->vm_end);
	up_read(&mm->lock);
	return 0;
}
