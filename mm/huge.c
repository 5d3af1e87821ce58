// SPDX-License-Identifier: MIT
/*
 * Anonymous memory in pieces of 2 MiB: one entry, one fault, instead of 512.
 *
 * A huge page is no object.  It is 512 ordinary pages in a row, each with a count
 * and a mapcount of its own, which one level-1 leaf maps; when that is split they
 * go their own ways, and nobody who holds one of them need know what mapped it.
 *
 *	      level-1 table                    laid by: empty tables, one for
 *	      ┌──┬──┬──┬──┬──┐  ──pt_laid_by──► ┌──┐ ► ┌──┐   each huge entry
 *	      └──┴─┬┴──┴─┬┴──┘                  └──┘   └──┘
 *	           ▼     ▼
 *	      512 pages  512 pages
 *
 * The table that a split needs is there before the huge entry is, so that a
 * split cannot fail.  It is made in place, a table that says the same of each
 * page, and everything that wants single pages begins with it.
 *
 * Large memory is a wish: where no block is free at once, or memory is short, the
 * fault goes on with a small page.  Only a write makes a huge page; what is read
 * first gets the zero page, page by page.
 *
 * Always true: a level-1 table has as many tables laid by as huge entries; a huge
 *              entry is dirty if it may be written.
 * Lock:        mm->tables_lock where an entry becomes huge or stops being it, and
 *              the ptl of the level-1 table where a huge one changes (pt_piece.c).
 */
#include <mm/huge.h>

#include <arch/mmu.h>
#include <mm/anon.h>
#include <mm/block.h>
#include <mm/buddy.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/pt_alloc.h>
#include <mm/pt_gather.h>
#include <mm/pt_piece.h>
#include <mm/pt_share.h>
#include <mm/reclaim.h>
#include <mm/swap.h>
#include <mm/vma.h>
#include <mm/vma_edit.h>
#include <mm/vmstat.h>

static bool huge_new(struct fault *f, pte_t *entry);
static bool huge_install(struct fault *f, pte_t *entry, struct page *page, struct page *table);
static bool huge_allows(struct fault *f, pte_t *entry);
static bool huge_reuse(struct fault *f, pte_t *entry);

void huge_count(long n)
{
	vmstat_add(VMSTAT_nr_anon_transparent_hugepages, n);
}

/* ---- the fault ---- */

enum fault_result huge_fault(struct fault *f)
{
	pte_t *entry = pt_walk_level1(f->mm, f->addr);

	f->pte = NULL;
	if (!entry)
		return FAULT_OOM;
	if (pte_none(pte_read(entry))) {
		if (huge_wanted(f, HUGE_SIZE) && huge_new(f, entry))
			return FAULT_DONE;
	} else {
		if (pte_shared(pte_read(entry)) && pt_unshare(f->mm, entry))
			return FAULT_OOM;
		if (pte_huge(pte_read(entry)) && huge_allows(f, entry))
			return FAULT_DONE;
	}
	if (mmu_blocks)
		return block_fault(f, entry);
	f->pte = pt_walk(f->mm, f->addr, PT_ALLOC, &f->table);
	return f->pte ? FAULT_DONE : FAULT_OOM;
}

/* True: the fault is resolved, by us or by another hart.  False: small pages will do. */
static bool huge_new(struct fault *f, pte_t *entry)
{
	struct page *page = huge_alloc(HUGE_ORDER), *table;

	if (!page) {
		vmstat_inc(VMSTAT_thp_fault_fallback);
		return false;
	}
	table = pt_alloc_table();
	if (table && huge_install(f, entry, page, table))
		return true;
	if (table)
		pt_free_table(table);
	huge_free(page, HUGE_ORDER);
	return false;
}

struct page *huge_alloc(unsigned int order)
{
	struct page *page;

	if (frames_free() < 2 * frames_high() + (2UL << order))
		return NULL;
	page = alloc_pages(order, GFP_NOWARN);
	for (unsigned int i = 0; page && i < 1U << order; i++) {
		page[i].flags = BIT(PG_anon) | BIT(PG_swapbacked) | BIT(PG_uptodate);
		atomic_set(&page[i].count, 1);
		atomic_set(&page[i].mapcount, 1);
		page_zero(page_address(page + i));
	}
	return page;
}

void huge_free(struct page *page, unsigned int order)
{
	for (unsigned int i = 0; i < 1U << order; i++) {
		atomic_set(&page[i].count, !i);
		atomic_set(&page[i].mapcount, 0);
	}
	free_pages(page, order);
}

void huge_mapped(const struct fault *f, unsigned int order)
{
	atomic_long_add(1L << order, &f->mm->rss[MM_ANONPAGES]);
	vmstat_add(VMSTAT_nr_anon_pages, 1L << order);
	if (!f->vma->vm_has_anon)
		WRITE_ONCE(f->vma->vm_has_anon, true);
}

static bool huge_install(struct fault *f, pte_t *entry, struct page *page, struct page *table)
{
	struct vm_area_struct *vma = f->vma;
	pte_t e = pte_mkdirty(pte_make(page_to_pfn(page), vma->vm_prot));
	bool first;

	if (vma->vm_flags & VM_EXEC)
		icache_flush(&f->mm->context);
	spin_lock(&f->mm->tables_lock);
	first = pte_cmpxchg(entry, NO_PTE, e);
	if (first)
		huge_lay_by(entry, table);
	spin_unlock(&f->mm->tables_lock);
	if (!first)
		return false;
	atomic_long_inc(&f->mm->table_pages);
	huge_mapped(f, HUGE_ORDER);
	vmstat_inc(VMSTAT_thp_fault_alloc);
	huge_count(1);
	return true;
}

/* The entry is there: does it allow the access, or can it be made to? */
static bool huge_allows(struct fault *f, pte_t *entry)
{
	pte_t e = pte_read(entry), want;

	if (!pte_huge(e))
		return false;
	if (f->access == FAULT_WRITE && !pte_writable(e))
		return huge_reuse(f, entry);
	if (!(f->access == FAULT_EXEC ? pte_execable(e) : pte_readable(e)))
		return false;
	want = f->access == FAULT_WRITE ? pte_mkdirty(pte_mkyoung(e)) : pte_mkyoung(e);
	if (!pte_same(want, e))
		pte_cmpxchg(entry, e, want);
	tlb_flush_page_local(&f->mm->context, f->addr);
	return true;
}

/* All ours alone again, after fork or mprotect: then it may be written as a whole. */
static bool huge_reuse(struct fault *f, pte_t *entry)
{
	struct page *l1 = virt_to_page(entry), *page;
	unsigned int i = 0;
	pte_t e;

	if (!(f->vma->vm_flags & VM_WRITE))
		return false;
	spin_lock(&l1->ptl);
	e = pte_read(entry);
	if (pte_huge(e)) {
		page = pfn_to_page(pte_pfn(e));
		while (i < PT_ENTRIES && anon_exclusive(page + i))
			i++;
		if (i == PT_ENTRIES)
			pte_set(entry, pte_mkwrite(pte_mkdirty(pte_mkyoung(e))));
	}
	spin_unlock(&l1->ptl);
	return i == PT_ENTRIES;
}

/* ---- splitting ---- */

void huge_lay_by(pte_t *entry, struct page *table)
{
	struct page *l1 = virt_to_page(entry);

	table->pt_laid_by = l1->pt_laid_by;
	l1->pt_laid_by = table;
}

struct page *huge_take_laid_by(pte_t *entry)
{
	struct page *l1 = virt_to_page(entry), *table = l1->pt_laid_by;

	assert(table);
	l1->pt_laid_by = table->pt_laid_by;
	table->pt_laid_by = NULL;
	return table;
}

void huge_split(struct mm_struct *mm, pte_t *entry, vaddr_t va)
{
	spin_lock(&mm->tables_lock);
	huge_split_held(mm, entry, va);
	spin_unlock(&mm->tables_lock);
}

/* Used and dirty are assumed of each page: the hart may set them while this is done. */
void huge_split_held(struct mm_struct *mm, pte_t *entry, vaddr_t va)
{
	struct page *l1 = virt_to_page(entry), *table;
	pte_t e;

	assert_held(&mm->tables_lock);
	if (!pte_huge(pte_read(entry)))
		return;
	table = huge_take_laid_by(entry);
	spin_lock(&l1->ptl);
	e = pte_mkyoung(pte_read(entry));
	if (pte_writable(e))
		e = pte_mkdirty(e);
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		pte_init(pt_entries(table) + i, pte_huge_part(e, i));
	pte_set(entry, pte_make_table(page_to_pfn(table)));
	tlb_flush_range(&mm->context, va, va + HUGE_SIZE);
	spin_unlock(&l1->ptl);
	vmstat_inc(VMSTAT_thp_split_pmd);
	huge_count(-1);
}

/* ---- unmap ---- */

void huge_zap(struct pt_gather *g, struct pt_piece *p)
{
	struct mm_struct *mm = g->mm;
	struct page *table = NULL, *page;
	unsigned long unmapped = 0;
	pte_t e = NO_PTE;

	spin_lock(&mm->tables_lock);
	if (pte_huge(pte_read(p->entry))) {
		struct page *l1 = virt_to_page(p->entry);

		table = huge_take_laid_by(p->entry);
		spin_lock(&l1->ptl);
		e = pte_xchg(p->entry, NO_PTE);
		spin_unlock(&l1->ptl);
	}
	spin_unlock(&mm->tables_lock);
	if (!table)
		return;
	pt_free_table(table);
	atomic_long_dec(&mm->table_pages);
	huge_count(-1);
	page = pfn_to_page(pte_pfn(e));
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		unmapped += atomic_dec_and_test(&page[i].mapcount);
	pt_gather_huge(g, page, p->base, unmapped);
}

void huge_put_pages(struct page *page, unsigned int order)
{
	unsigned int i = 0, nr = 1U << order;

	while (i < nr && atomic_read(&page[i].count) == 1 &&
	       !(READ_ONCE(page[i].flags) & (BIT(PG_swapcache) | BIT(PG_locked) | BIT(PG_lru))))
		i++;
	if (i == nr) {
		huge_free(page, order);
		return;
	}
	for (i = 0; i < nr; i++)
		put_unmapped_page(page + i);
}
