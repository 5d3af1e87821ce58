// SPDX-License-Identifier: MIT
/*
 * Rmap: from a file's page to the PTEs that name it.
 *
 * A page knows its file and its place there; the file knows the areas that map
 * that place (i_mmap.c); an area and a place give an address, and the address an entry.
 * So no page carries a list, and mapping one costs nothing here.  The price is
 * that every area of the page is looked at, also those that have not touched
 * it: file pages are shared by few, and most such walks find their PTE.
 *
 * Always true:  an area in i_mmap has its page tables (areas leave it first),
 *               so no mm->lock is needed to walk them;
 *               translations are forgotten before the PTE's reference is put.
 * Lock:         i_mmap_lock, then the PTE lock of one table at a time.
 */
#include <mm/rmap.h>

#include <arch/mmu.h>
#include <mm/filemap.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pagetable.h>
#include <mm/rss.h>
#include <mm/swap.h>
#include <mm/vma.h>
#include <mm/vmstat.h>

#define ZAP_BATCH       32

/* One PTE that names the page of a walk; its lock is held. */
struct visit {
	struct page *page;
	struct vm_area_struct *vma;
	vaddr_t va;
	pte_t *pte;
	struct unmap_batch *batch;      /* of visit_unmap() */
};
typedef unsigned int (*visit_fn)(const struct visit *v);

static unsigned int rmap_walk(struct page *page, visit_fn visit);
static unsigned int rmap_walk_locked(struct page *page, visit_fn visit, struct unmap_batch *batch);
static unsigned int visit_unmap(const struct visit *v);
static unsigned int visit_young(const struct visit *v);
static unsigned int visit_mkclean(const struct visit *v);
static void zap_area(struct address_space *as, struct vm_area_struct *vma, vaddr_t start,
		     vaddr_t end, bool even_cows);

unsigned int rmap_clear_young(struct page *page)
{
	return rmap_walk(page, visit_young);
}

bool rmap_mkclean_page(struct page *page)
{
	return rmap_walk(page, visit_mkclean);
}

bool rmap_try_clear_young(struct page *page, unsigned int *young)
{
	struct address_space *as = page->mapping;

	if (!spin_trylock(&as->i_mmap_lock))
		return false;
	*young = rmap_walk_locked(page, visit_young, NULL);
	spin_unlock(&as->i_mmap_lock);
	return true;
}

bool rmap_try_unmap(struct page *page, struct unmap_batch *batch)
{
	struct address_space *as = page->mapping;

	if (!spin_trylock(&as->i_mmap_lock))
		return false;
	rmap_walk_locked(page, visit_unmap, batch);
	spin_unlock(&as->i_mmap_lock);
	return !atomic_read(&page->mapcount);
}

void unmap_batch_flush(struct unmap_batch *batch)
{
	while (batch->nr) {
		struct mm_struct *mm = batch->mm[--batch->nr];

		tlb_flush_range(&mm->context, 0, USER_END);
		mm_drop(mm);
	}
}

/* ---- one page ---- */

/* Visit every PTE of @page; the sum of what the visits said. */
static unsigned int rmap_walk(struct page *page, visit_fn visit)
{
	struct address_space *as = page->mapping;
	unsigned int sum;

	spin_lock(&as->i_mmap_lock);
	sum = rmap_walk_locked(page, visit, NULL);
	spin_unlock(&as->i_mmap_lock);
	return sum;
}

static unsigned int rmap_walk_locked(struct page *page, visit_fn visit, struct unmap_batch *batch)
{
	struct address_space *as = page->mapping;
	struct visit v = { .page = page, .batch = batch };
	unsigned int sum = 0;

	assert(page_test(page, PG_locked) && as);
	assert_held(&as->i_mmap_lock);
	for (v.vma = i_mmap_first(&as->i_mmap, page->index, page->index); v.vma;
	     v.vma = i_mmap_next(v.vma, page->index, page->index)) {
		struct page *table;
		pte_t e;

		if (!atomic_read(&page->mapcount))
			break;
		v.va = v.vma->vm_start + ((page->index - v.vma->vm_pgoff) << PAGE_SHIFT);
		v.pte = pt_walk(v.vma->vm_mm, v.va, PT_FIND, &table);
		if (!v.pte)
			continue;
		spin_lock(&table->ptl);
		e = pte_read(v.pte);
		if (pte_present(e) && !pte_special(e) && pte_pfn(e) == page_to_pfn(page))
			sum += visit(&v);
		spin_unlock(&table->ptl);
	}
	return sum;
}

/* Account for an entry @e of @page that was taken out of @mm.  Its reference is still to be put. */
static void pte_gone(struct mm_struct *mm, struct page *page, pte_t e)
{
	atomic_long_dec(&mm->rss[page_rss_counter(page)]);
	if (page_test(page, PG_anon)) {
		if (atomic_dec_and_test(&page->mapcount))
			vmstat_add(VMSTAT_nr_anon_pages, -1);
		return;
	}
	if (pte_dirty(e))
		set_page_dirty(page);
	if (atomic_dec_and_test(&page->mapcount))
		vmstat_add(VMSTAT_nr_mapped, -1);
}

/* Have the translations of @mm forgotten later.  False: no room to remember it. */
static bool batch_add_mm(struct unmap_batch *batch, struct mm_struct *mm)
{
	for (unsigned int i = 0; i < batch->nr; i++)
		if (batch->mm[i] == mm)
			return true;
	if (batch->nr == UNMAP_BATCH_MMS)
		return false;
	mm_hold(mm);
	batch->mm[batch->nr++] = mm;
	return true;
}

/*
 * The flush may wait only where a hart that still uses the old translation can do
 * no harm to a page that stays allocated: it may read, not write.
 */
static unsigned int visit_unmap(const struct visit *v)
{
	struct mm_struct *mm = v->vma->vm_mm;
	pte_t old = pte_xchg(v->pte, NO_PTE);

	if (pte_writable(old) || !batch_add_mm(v->batch, mm))
		tlb_flush_page(&mm->context, v->va);
	pte_gone(mm, v->page, old);
	put_page(v->page);              /* never the last: the cache's and the caller's remain */
	return 1;
}

/*
 * The hart may go on using a translation that says accessed, and so not set the
 * bit again until it forgets it: a page may look unused for as long as a time
 * slice.  That is less wrong than a flush for each page looked at is dear.
 */
static unsigned int visit_young(const struct visit *v)
{
	pte_t e;

	if (v->vma->vm_flags & VM_LOCKED)
		return RMAP_LOCKED;
	do {
		e = pte_read(v->pte);
		if (!pte_young(e))
			return 0;
	} while (!pte_cmpxchg(v->pte, e, pte_mkold(e)));
	return 1;
}

/* 1: it was dirty.  The next write faults, and page_mkwrite makes the page dirty again. */
static unsigned int visit_mkclean(const struct visit *v)
{
	pte_t e;

	do {
		e = pte_read(v->pte);
		if (!pte_dirty(e) && !pte_writable(e))
			return 0;
	} while (!pte_cmpxchg(v->pte, e, pte_mkclean(pte_wrprotect(e))));
	tlb_flush_page(&v->vma->vm_mm->context, v->va);
	return pte_dirty(e);
}

/* ---- a range of a file ---- */

void rmap_unmap_range(struct address_space *as, pgoff_t first, pgoff_t last, bool even_cows)
{
	struct vm_area_struct *vma;

	spin_lock(&as->i_mmap_lock);
	for (vma = i_mmap_first(&as->i_mmap, first, last); vma;
	     vma = i_mmap_next(vma, first, last)) {
		pgoff_t from = max(first, vma->vm_pgoff);
		pgoff_t to = min(last, vma->vm_pgoff + vma_pages(vma) - 1);

		zap_area(as, vma, vma->vm_start + ((from - vma->vm_pgoff) << PAGE_SHIFT),
			 vma->vm_start + ((to - vma->vm_pgoff + 1) << PAGE_SHIFT), even_cows);
	}
	spin_unlock(&as->i_mmap_lock);
}

/* Frames whose entries are gone, until the translations are too. */
struct zap_batch {
	struct vm_area_struct *vma;
	vaddr_t start, end;             /* to flush */
	unsigned int nr;
	struct page *pages[ZAP_BATCH];
};

static void batch_flush(struct zap_batch *b)
{
	if (!b->nr)
		return;
	tlb_flush_range(&b->vma->vm_mm->context, b->start, b->end);
	while (b->nr)
		put_unmapped_page(b->pages[--b->nr]);
}

static void zap_entry(struct zap_batch *b, vaddr_t va, pte_t *pte)
{
	pte_t e = pte_xchg(pte, NO_PTE);
	struct page *page;

	if (!pte_present(e)) {
		swap_free_entry(e);
		atomic_long_sub(pte_swapped(e), &b->vma->vm_mm->rss[MM_SWAPENTS]);
		return;
	}
	page = pfn_to_page(pte_pfn(e));
	pte_gone(b->vma->vm_mm, page, e);
	if (!b->nr)
		b->start = va;
	b->end = va + PAGE_SIZE;
	b->pages[b->nr++] = page;
}

/* Is @e a page of the file, or (@even_cows) a private copy of one? */
static bool zap_wanted(pte_t e, bool even_cows)
{
	if (pte_none(e) || (pte_present(e) && pte_special(e)))
		return false;
	if (!pte_present(e))
		return even_cows;
	return even_cows || !page_test(pfn_to_page(pte_pfn(e)), PG_anon);
}

static void zap_area(struct address_space *as, struct vm_area_struct *vma, vaddr_t start,
		     vaddr_t end, bool even_cows)
{
	struct zap_batch b = { .vma = vma };

	for (vaddr_t va = start; va < end;) {
		vaddr_t table_end = min(end, ALIGN_DOWN(va, PT_SPAN(1)) + PT_SPAN(1));
		struct page *table;
		pte_t *pte = pt_walk(vma->vm_mm, va, PT_FIND, &table);

		if (!pte) {
			va = table_end;
			continue;
		}
		spin_lock(&table->ptl);
		for (; va < table_end && b.nr < ZAP_BATCH; va += PAGE_SIZE, pte++)
			if (zap_wanted(pte_read(pte), even_cows))
				zap_entry(&b, va, pte);
		spin_unlock(&table->ptl);
		if (b.nr == ZAP_BATCH)
			batch_flush(&b);
	}
	batch_flush(&b);
}
