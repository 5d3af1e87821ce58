// SPDX-License-Identifier: MIT
/*
 * Disposal: what becomes of a page that reclaim looks at.
 *
 * In one order: used since → keep; mapped → unmap; dirty → write; clean, and only
 * the cache and we hold it → free.  A batch at a time, so that the TLBs are flushed
 * once for all that were unmapped, and pages go to swap in one stretch.
 *
 * Always true: nobody finds the page on a list meanwhile: it is isolated, and we
 *              hold a reference.
 * Lock:        the page locks of one batch, by trylock.
 */
#include <mm/disposal.h>

#include <mm/frames.h>
#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/rmap.h>
#include <mm/shmem_away.h>
#include <mm/swap.h>
#include <mm/swap_cache.h>
#include <mm/vmstat.h>
#include <mm/workingset.h>
#include <mm/writeback.h>

static enum disposal page_select(struct scan *s, struct page *page, struct unmap_batch *unmap);
static enum disposal page_used(struct scan *s, struct page *page);
static enum disposal page_release(struct scan *s, struct page *page);
static enum disposal page_release_swapped(struct scan *s, struct page_batch *b, struct page *page);
static enum disposal page_write(struct scan *s, struct page *page);

void batch_dispose(struct scan *s, struct page_batch *b)
{
	struct unmap_batch unmap = { .nr = 0 };

	b->nr_write = 0;
	for (unsigned int i = 0; i < b->nr; i++)
		b->fate[i] = page_select(s, b->page[i], &unmap);
	unmap_batch_flush(&unmap);
	for (unsigned int i = 0; i < b->nr; i++) {
		if (b->fate[i] == PAGE_FREE)
			b->fate[i] = page_test(b->page[i], PG_swapbacked) ?
				     page_release_swapped(s, b, b->page[i]) :
				     page_release(s, b->page[i]);
		if (b->fate[i] == PAGE_KEEP || b->fate[i] == PAGE_ACTIVATE)
			continue;
		s->freed += b->fate[i] == PAGE_FREE;
		put_unmapped_page(b->page[i]);
	}
	if (b->nr_write)
		swap_write(b->write, b->nr_write);
}

/* PAGE_FREE: locked, and no PTE names it. */
static enum disposal page_select(struct scan *s, struct page *page, struct unmap_batch *unmap)
{
	enum disposal d = PAGE_FREE;

	if (!trylock_page(page))
		return PAGE_KEEP;
	if (!page->mapping) {                   /* truncated: ours is one of the last references */
		d = PAGE_GONE;
	} else if (page_test(page, PG_anon) && atomic_read(&page->mapcount)) {
		d = PAGE_GONE;                  /* mapped again: the clock hand will find it */
	} else if (page_test(page, PG_writeback)) {
		page_set(page, PG_reclaim);
		s->skipped++;
		d = PAGE_KEEP;
	} else if (atomic_read(&page->mapcount)) {
		d = page_used(s, page);
		if (d == PAGE_FREE && !rmap_try_unmap(page, unmap))
			d = PAGE_KEEP;
	}
	if (d != PAGE_FREE)
		unlock_page(page);
	return d;
}

/* Consumes the page lock. */
static enum disposal page_release(struct scan *s, struct page *page)
{
	struct address_space *as = page->mapping;
	pgoff_t index = page->index;
	bool was_active = page_test(page, PG_workingset);
	enum disposal d;

	if (page_test(page, PG_dirty))
		return page_write(s, page);
	d = filemap_remove_unused(page) ? PAGE_FREE : PAGE_KEEP;
	if (d == PAGE_FREE && !s->unmapped_only)
		workingset_evicted(as, index, was_active,
				   was_active || page_test(page, PG_referenced));
	unlock_page(page);
	return d;
}

/*
 * Consumes the page lock.  Of shared memory, or in the swap cache: with the slot
 * it has, or gets now, it is dropped or will be written.
 */
static enum disposal page_release_swapped(struct scan *s, struct page_batch *b, struct page *page)
{
	if (!page_test(page, PG_swapcache) && (!(s->gfp & GFP_IO) || !shmem_swap_out(page))) {
		unlock_page(page);
		return PAGE_ACTIVATE;
	}
	if (swap_cache_drop(page, 2, true)) {
		unlock_page(page);
		return PAGE_FREE;
	}
	if (!page_test(page, PG_dirty) || !(s->gfp & GFP_IO)) {
		unlock_page(page);
		return PAGE_KEEP;
	}
	get_page(page);
	b->write[b->nr_write++] = page;
	s->started++;
	return PAGE_GONE;
}

/* PAGE_FREE: programs do not use it enough to keep it. */
static enum disposal page_used(struct scan *s, struct page *page)
{
	unsigned int young;
	bool before;

	if (!rmap_try_clear_young(page, &young))
		return PAGE_KEEP;
	before = page_test_and_clear(page, PG_referenced);
	if (young >= RMAP_LOCKED)
		return PAGE_ACTIVATE;
	if (s->unmapped_only)
		return PAGE_KEEP;
	if (before || young)
		page_set(page, PG_referenced);  /* for page_release(): it was of use */
	if (!young || !s->priority)
		return PAGE_FREE;
	if (before || young > 1)
		return PAGE_ACTIVATE;
	return PAGE_KEEP;                       /* once more round: then it is freed or active */
}

/* Consumes the page lock.  The page comes back to the tail once it is written. */
static enum disposal page_write(struct scan *s, struct page *page)
{
	s->skipped++;
	if (!s->thread) {
		unlock_page(page);
		return PAGE_KEEP;
	}
	page_set(page, PG_reclaim);
	vmstat_add(VMSTAT_nr_vmscan_write, writeback_page_cluster(page));
	return PAGE_KEEP;
}
