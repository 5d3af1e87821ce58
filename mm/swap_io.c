// SPDX-License-Identifier: MIT
/*
 * Between the swap cache and the disk.
 *
 * Writing is started and forgotten: when it has ended, the page's frame is free,
 * unless somebody has come for the page meanwhile.  Nothing here waits for
 * memory to write.  Reading brings what was wanted, and what lies around it and
 * is in use: slots were given out side by side to what was used together.
 *
 * Always true:  a page under PG_writeback is in the cache and does not change:
 *               no PTE may write to it (swap_reuse() says no).
 *               A slot that could not be read or written is not given out again;
 *               what could not be written stays in memory, dirty.
 * Lock:         the page lock from before a read until its end; PG_writeback
 *               for a write.
 */
#include <mm/swap_cache.h>

#include <lib/errno.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/pagecache.h>
#include <mm/reclaim.h>
#include <mm/swap_area.h>
#include <mm/vmstat.h>
#include <mm/workingset.h>

static atomic_long_t writing;

/*
 * The most that is read with a page, a power of two (proc(5), page-cluster).  Unlike
 * Linux, where it is 3: the window of each area shrinks to a page by itself where
 * nothing is gained by it.
 */
unsigned int sysctl_page_cluster = 5;

static int read_absent(swp_t s, unsigned int window, unsigned int gfp);
static int read_wait(struct page *page, swp_t s);
static struct page *read_page_new(unsigned int gfp);
static bool read_prepare(struct swap_area *a, struct page *page, unsigned long slot);
static void submit(bool write, struct page **pages, unsigned int nr);

unsigned long swap_writing(void)
{
	long n = atomic_long_read(&writing);

	return n > 0 ? n : 0;
}

/* ---- reading ---- */

unsigned int swap_window_max(void)
{
	unsigned int order = READ_ONCE(sysctl_page_cluster);

	return order < 32 ? min(1U << order, SWAP_WINDOW_MAX) : SWAP_WINDOW_MAX;
}

int swap_read(swp_t s, unsigned int window, unsigned int gfp)
{
	struct page *page = swap_cache_find(s);

	return page ? read_wait(page, s) : read_absent(s, window, gfp);
}

/* The slot may have lost its last user while its page was on the way. */
static void put_read(struct page *page, swp_t s)
{
	put_page(page);
	if (!swap_users(s))
		swap_cache_drop_slot(s);
}

/* Consumes the reference. */
static int read_wait(struct page *page, swp_t s)
{
	int err = wait_on_page_bit_killable(page, PG_locked);

	if (!err && page_test(page, PG_error) && !page_test(page, PG_uptodate))
		err = -EIO;
	put_read(page, s);
	return err;
}

/*
 * The wanted page's frame is had first, since that may sleep; those around it
 * come only if they cost nothing.
 */
static int read_absent(swp_t s, unsigned int window, unsigned int gfp)
{
	struct page *pages[SWAP_WINDOW_MAX], *wanted;
	unsigned long slot = swp_slot(s), first = slot & ~(window - 1UL);
	struct swap_area *a = swap_area_of(s);
	unsigned int nr = 0;

	if (!a)
		return -EIO;
	wanted = read_page_new(gfp);
	if (!wanted)
		return -ENOMEM;
	get_page(wanted);
	if (!read_prepare(a, wanted, slot)) {
		unlock_page(wanted);
		put_page(wanted);
		put_page(wanted);
		return 0;
	}
	for (unsigned long at = first; at < first + window; at++) {
		struct page *page = wanted;

		if (at != slot) {
			page = swap_users(swp_make(a->type, at)) ? read_page_new(GFP_NOWARN) : NULL;
			if (!page)
				continue;
			if (!read_prepare(a, page, at)) {
				unlock_page(page);
				put_page(page);
				continue;
			}
			page_set(page, PG_readahead);
		}
		pages[nr++] = page;
	}
	vmstat_add(VMSTAT_pswpin, nr);
	workingset_swapped_in(nr);
	submit(false, pages, nr);
	return read_wait(wanted, s);
}

bool swap_read_ahead(const swp_t *slots, unsigned int nr)
{
	struct page *pages[SWAP_WINDOW_MAX], *page = NULL;
	unsigned int i, n = 0;

	assert(nr <= SWAP_WINDOW_MAX);
	for (i = 0; i < nr; i++) {
		struct swap_area *a = swap_area_of(slots[i]);

		if (!a)
			continue;
		if (!page)
			page = read_page_new(GFP_KERNEL | GFP_NOWARN);
		if (!page)
			break;
		if (read_prepare(a, page, swp_slot(slots[i]))) {
			pages[n++] = page;
			page = NULL;
		}
	}
	if (page) {
		unlock_page(page);
		put_page(page);
	}
	vmstat_add(VMSTAT_pswpin, n);
	workingset_swapped_in(n);
	submit(false, pages, n);
	return i == nr;
}

static struct page *read_page_new(unsigned int gfp)
{
	struct page *page = alloc_page(gfp);

	if (page)
		page->flags = BIT(PG_locked) | BIT(PG_swapbacked);
	return page;
}

/* Put @page into the cache for @slot, if that has users and no page.  Does not sleep. */
static bool read_prepare(struct swap_area *a, struct page *page, unsigned long slot)
{
	if (!swap_slot_cache(a, slot) || swap_cache_add(page, swp_make(a->type, slot)))
		return false;
	lru_add(page);
	return true;
}

void swap_read_done(struct page *page, int err)
{
	swp_t s = swap_page_slot(page);

	if (err) {
		swap_slot_failed(container_of(page->mapping, struct swap_area, as), page->index);
		page_set(page, PG_error);
		swap_cache_remove(page);
	} else {
		page_set(page, PG_uptodate);
	}
	unlock_page(page);
	put_read(page, s);              /* the reader's; he who waits has one more */
}

/* ---- writing ---- */

void swap_write(struct page **pages, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct page *page = pages[i];

		assert(page_test(page, PG_locked) && page_test(page, PG_swapcache));
		assert(!page_test(page, PG_writeback));
		page_clear(page, PG_dirty);
		page_set(page, PG_reclaim);
		page_set(page, PG_writeback);
		unlock_page(page);
		put_page(page);         /* under write-back the cache does not let go */
	}
	vmstat_add(VMSTAT_nr_writeback, nr);
	vmstat_add(VMSTAT_pswpout, nr);
	atomic_long_add(nr, &writing);
	submit(true, pages, nr);
}

void swap_write_done(struct page *page, int err)
{
	if (err) {
		swap_slot_failed(container_of(page->mapping, struct swap_area, as), page->index);
		page_set(page, PG_dirty);
	}
	atomic_long_dec(&writing);
	vmstat_add(VMSTAT_nr_writeback, -1);
	swap_cache_written(page);
	writeback_ended();
}

/* ---- to the device ---- */

const struct swap_extent *swap_extent_of(const struct swap_device *dev, unsigned long at)
{
	unsigned int low = 0, high = dev->nr_extents;

	while (high - low > 1) {
		unsigned int mid = low + (high - low) / 2;

		if (dev->extents[mid].page <= at)
			low = mid;
		else
			high = mid;
	}
	return &dev->extents[low];
}

/* Pages that follow one another in slots and on the disk go together. */
static void submit(bool write, struct page **pages, unsigned int nr)
{
	while (nr) {
		struct swap_area *a = container_of(pages[0]->mapping, struct swap_area, as);
		unsigned long slot = pages[0]->index;
		const struct swap_extent *e = swap_extent_of(a->dev, slot);
		unsigned long room = e->page + e->nr - slot;
		unsigned int n = 1;

		while (n < nr && n < room && pages[n]->mapping == &a->as &&
		       pages[n]->index == slot + n)
			n++;
		a->dev->ops->submit(a->dev, write,
				    e->sector + (slot - e->page) * (PAGE_SIZE / 512), pages, n);
		pages += n;
		nr -= n;
	}
}
