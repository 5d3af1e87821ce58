// SPDX-License-Identifier: MIT
/*
 * Dirty: a page is newer than the disk, is being written, is clean again.
 *
 *	clean ──set_page_dirty──► dirty ──clear_page_dirty_for_io──► being written ──► clean
 *	                            ▲                                     │
 *	                            └────────── dirtied meanwhile ────────┘
 *
 * The state is in the page's flags; the tags of the radix tree are an index of
 * it, for finding dirty pages and those being written without looking at all.
 * A PTE may be dirty when the page is not: clearing collects the PTEs first.
 *
 * Always true:  a page with PG_dirty has TAG_DIRTY, or is about to get it by
 *               whoever set PG_dirty; TAG_DIRTY goes only when a write starts
 *               and PG_dirty is clear;
 *               PG_writeback keeps the page in its mapping, and the mapping.
 * Lock:         as->lock for the tags.  Pages of AS_SWAPBACKED mappings have no
 *               disk to go to: they carry PG_dirty and no tag, and are not counted.
 */
#include <mm/filemap.h>

#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/pagewait.h>
#include <mm/reclaim.h>
#include <mm/vmstat.h>
#include <mm/writeback.h>

static bool has_disk(const struct address_space *as)
{
	return as && !(as->flags & AS_SWAPBACKED);
}

void set_page_dirty(struct page *page)
{
	struct address_space *as = READ_ONCE(page->mapping);
	unsigned long flags;
	bool first = false;

	if (page_test_and_set(page, PG_dirty) || page_test(page, PG_anon) || !has_disk(as))
		return;
	vmstat_inc(VMSTAT_nr_dirty);
	page_dirtied_hook(PAGE_SIZE);
	flags = spin_lock_irqsave(&as->lock);
	if (page->mapping == as) {
		first = !radix_tagged(&as->pages, TAG_DIRTY);
		radix_tag_set(&as->pages, page->index, TAG_DIRTY);
	} else if (page_test_and_clear(page, PG_dirty)) {
		vmstat_add(VMSTAT_nr_dirty, -1);        /* truncated, and cancelled before that */
	}
	spin_unlock_irqrestore(&as->lock, flags);
	if (first) {
		writeback_remember(as);
		if (as->a_ops->dirtied)
			as->a_ops->dirtied(as);
	}
}

bool clear_page_dirty_for_io(struct page *page)
{
	assert(page_test(page, PG_locked));
	if (atomic_read(&page->mapcount) && rmap_mkclean_page(page))
		set_page_dirty(page);
	if (!page_test_and_clear(page, PG_dirty))
		return false;
	if (has_disk(page->mapping))
		vmstat_add(VMSTAT_nr_dirty, -1);
	return true;
}

void cancel_dirty_page(struct page *page)
{
	struct address_space *as = page->mapping;
	unsigned long flags;

	assert(page_test(page, PG_locked));
	if (!page_test_and_clear(page, PG_dirty) || !has_disk(as))
		return;
	vmstat_add(VMSTAT_nr_dirty, -1);
	page_dirtied_hook(-(long)PAGE_SIZE);
	flags = spin_lock_irqsave(&as->lock);
	if (!page_test(page, PG_dirty))
		radix_tag_clear(&as->pages, page->index, TAG_DIRTY);
	spin_unlock_irqrestore(&as->lock, flags);
}

void set_page_writeback(struct page *page)
{
	struct address_space *as = page->mapping;
	unsigned long flags;

	assert(page_test(page, PG_locked) && !page_test(page, PG_writeback));
	flags = spin_lock_irqsave(&as->lock);
	page_set(page, PG_writeback);
	radix_tag_set(&as->pages, page->index, TAG_WRITEBACK);
	radix_tag_clear(&as->pages, page->index, TAG_TOWRITE);
	if (!page_test(page, PG_dirty))
		radix_tag_clear(&as->pages, page->index, TAG_DIRTY);
	spin_unlock_irqrestore(&as->lock, flags);
	vmstat_inc(VMSTAT_nr_writeback);
}

/* Once PG_writeback is clear the page, and its mapping, may be gone. */
void page_end_writeback(struct page *page)
{
	struct address_space *as = page->mapping;
	unsigned long flags;

	assert(page_test(page, PG_writeback));
	if (page_test(page, PG_reclaim))
		lru_rotate_written(page);
	flags = spin_lock_irqsave(&as->lock);
	radix_tag_clear(&as->pages, page->index, TAG_WRITEBACK);
	spin_unlock_irqrestore(&as->lock, flags);
	vmstat_add(VMSTAT_nr_writeback, -1);
	vmstat_inc(VMSTAT_nr_written);
	page_clear_and_wake(page, BIT(PG_writeback) | BIT(PG_reclaim));
	writeback_ended();
}

void filemap_set_error(struct address_space *as, int error)
{
	errseq_set(&as->wb_error, error);
}
