// SPDX-License-Identifier: MIT
/*
 * Truncate: pages leave the cache because their part of the file is gone, or
 * because nobody needs them.
 *
 * A fault may be mapping a page while it is truncated: it holds a reference from
 * the cache and will look at page->mapping with the PTE locked.  So the PTEs are
 * zapped first (most of them, cheaply), then the pages leave, and then they are
 * zapped once more: a PTE made before its page left is found now, and none can be
 * made later.
 *
 * Lock: the page lock around each removal; none across pages.
 */
#include <mm/pagecache.h>

#include <lib/string.h>
#include <mm/frames.h>
#include <mm/page.h>
#include <mm/shmem_away.h>
#include <mm/writeback.h>

#define BATCH   16U

static void zero_part(struct address_space *as, pgoff_t index, unsigned int from, unsigned int to);
static void drop_range(struct address_space *as, pgoff_t first, pgoff_t last);
static void drop_page(struct address_space *as, struct page *page);

void truncate_pages(struct address_space *as, loff_t start, loff_t end)
{
	pgoff_t first = DIV_ROUND_UP((u64)start, PAGE_SIZE);
	/* first page that stays whole */
	pgoff_t stop = end == -1 ? ~0UL : (u64)end >> PAGE_SHIFT;
	/* Past the end of the file a private copy is of nothing; a hole is only the file's. */
	bool even_cows = end == -1;
	unsigned long seen;
	unsigned int head = start & ~PAGE_MASK, tail = end == -1 ? 0 : end & ~PAGE_MASK;

	if (head)
		zero_part(as, first - 1, head, first - 1 == stop ? tail : PAGE_SIZE);
	if (tail && stop >= first)
		zero_part(as, stop, 0, tail);
	if (first >= stop)
		return;
	rmap_unmap_range(as, first, stop - 1, even_cows);
	do {
		seen = shmem_came_back(as);
		drop_range(as, first, stop - 1);
	} while (unlikely(as->away) && shmem_away_drop(as, first, stop - 1, seen));
	rmap_unmap_range(as, first, stop - 1, even_cows);
}

static void zero_part(struct address_space *as, pgoff_t index, unsigned int from, unsigned int to)
{
	struct page *page;

	if (unlikely(as->away) && from < to)
		shmem_bring_in(as, index, GFP_USER);    /* if it cannot be read it is lost anyway */
	page = filemap_find(as, index);
	if (!page || from >= to)
		goto out;
	lock_page(page);
	if (page->mapping == as && page_test(page, PG_uptodate)) {
		memset((char *)page_address(page) + from, 0, to - from);
		set_page_dirty(page);
	}
	unlock_page(page);
out:
	if (page)
		put_page(page);
}

static void drop_range(struct address_space *as, pgoff_t first, pgoff_t last)
{
	struct page *pages[BATCH];
	unsigned int n;

	while ((n = filemap_find_range(as, first, last, pages, BATCH))) {
		first = pages[n - 1]->index + 1;
		for (unsigned int i = 0; i < n; i++) {
			drop_page(as, pages[i]);
			put_page(pages[i]);
		}
		if (!first || first > last)
			return;
	}
}

static void drop_page(struct address_space *as, struct page *page)
{
	lock_page(page);
	if (page->mapping == as) {
		wait_on_page_bit(page, PG_writeback);
		cancel_dirty_page(page);
		filemap_remove(page);
	}
	unlock_page(page);
}

unsigned long invalidate_pages(struct address_space *as, pgoff_t first, pgoff_t last)
{
	struct page *pages[BATCH];
	unsigned long dropped = 0;
	unsigned int n;

	while ((n = filemap_find_range(as, first, last, pages, BATCH))) {
		first = pages[n - 1]->index + 1;
		for (unsigned int i = 0; i < n; i++) {
			if (trylock_page(pages[i])) {
				if (pages[i]->mapping == as && filemap_remove_unused(pages[i]))
					dropped++;
				unlock_page(pages[i]);
			}
			put_page(pages[i]);
		}
		if (!first || first > last)
			break;
	}
	return dropped;
}
