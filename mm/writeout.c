// SPDX-License-Identifier: MIT
/*
 * Writeout: take dirty pages of one file, in ascending order, and hand them to
 * the file system in batches.
 *
 * A batch holds its pages locked, so waiting with a batch in hand would invite a
 * deadlock between two writers: before anything that may sleep, the batch goes.
 * A sync marks the pages it found dirty (TAG_TOWRITE) and writes those, so that a
 * program which keeps dirtying behind it cannot hold it for ever.
 *
 * Lock: page locks, ascending within a file; as->lock inside, for the tags.
 */
#include <mm/writeback.h>

#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/page.h>
#include <mm/pagecache.h>

#define BATCH           32U
#define TAG_AT_ONCE     256     /* tags set with as->lock held */

struct batch {
	struct address_space *as;
	struct page *pages[BATCH];
	unsigned int nr;
	unsigned long started;
};

static void tag_for_sync(struct address_space *as, pgoff_t first, pgoff_t last);
static unsigned int find_tagged(struct address_space *as, pgoff_t *index, pgoff_t last,
				unsigned int tag, struct page **pages, unsigned int nr);
static bool page_within_file(struct page *page);
static bool page_ready(struct batch *b, struct page *page, bool sync);
static void batch_add(struct batch *b, struct page *page);
static void batch_submit(struct batch *b);

unsigned long writeout_pages(struct address_space *as, pgoff_t first, pgoff_t last, bool sync,
			     unsigned long max)
{
	struct batch b = { .as = as };
	struct page *pages[BATCH];
	unsigned int n;

	if (sync)
		tag_for_sync(as, first, last);
	while (b.started + b.nr < max && first <= last) {
		n = find_tagged(as, &first, last, sync ? TAG_TOWRITE : TAG_DIRTY, pages, BATCH);
		if (!n)
			break;
		for (unsigned int i = 0; i < n; i++) {
			if (page_ready(&b, pages[i], sync))
				batch_add(&b, pages[i]);
			else
				put_page(pages[i]);
		}
	}
	batch_submit(&b);
	return b.started;
}

static void tag_for_sync(struct address_space *as, pgoff_t first, pgoff_t last)
{
	pgoff_t index = first;
	bool more = true;

	while (more) {
		unsigned long flags = spin_lock_irqsave(&as->lock);

		for (int n = 0; n < TAG_AT_ONCE && more; n++) {
			more = radix_next_tagged(&as->pages, &index, TAG_DIRTY) && index <= last;
			if (more)
				radix_tag_set(&as->pages, index, TAG_TOWRITE);
			more = more && ++index;
		}
		spin_unlock_irqrestore(&as->lock, flags);
	}
}

/*
 * Tagged pages from *@index on, with references; *@index goes behind the last (it ends at 0 past
 * the end).
 */
static unsigned int find_tagged(struct address_space *as, pgoff_t *index, pgoff_t last,
				unsigned int tag, struct page **pages, unsigned int nr)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	unsigned int found = 0;

	while (found < nr) {
		struct page *page = radix_next_tagged(&as->pages, index, tag);

		if (!page || *index > last)
			break;
		get_page(page);
		pages[found++] = page;
		if ((*index)++ == last)
			break;
	}
	spin_unlock_irqrestore(&as->lock, flags);
	return found;
}

/* Lock the page and make it clean and under write-back, if it is ours to write. */
static bool page_ready(struct batch *b, struct page *page, bool sync)
{
	if (!trylock_page(page)) {
		if (!sync)
			return false;
		batch_submit(b);
		lock_page(page);
	}
	if (page->mapping != b->as)
		goto out;
	if (page_test(page, PG_writeback)) {
		if (!sync)
			goto out;
		batch_submit(b);
		wait_on_page_bit(page, PG_writeback);
	}
	if (page_within_file(page) && clear_page_dirty_for_io(page)) {
		set_page_writeback(page);
		return true;
	}
out:
	unlock_page(page);
	return false;
}

/*
 * What a program stored behind the end of the file through its mapping does not
 * reach the disk: zero it.  A page wholly behind the end is truncate's, or the file
 * is about to grow over it: not to be written now.  The page lock keeps write(2)
 * from growing the file over this page meanwhile.
 */
static bool page_within_file(struct page *page)
{
	u64 size = READ_ONCE(page->mapping->size), start = (u64)page->index << PAGE_SHIFT;

	if (start >= size)
		return false;
	if (size - start < PAGE_SIZE)
		memset((char *)page_address(page) + (size - start), 0, PAGE_SIZE - (size - start));
	return true;
}

/* The page's reference becomes the batch's. */
static void batch_add(struct batch *b, struct page *page)
{
	b->pages[b->nr++] = page;
	if (b->nr == BATCH)
		batch_submit(b);
}

static void batch_submit(struct batch *b)
{
	const struct address_space_operations *ops = b->as->a_ops;

	if (!b->nr)
		return;
	if (ops->writepages)
		ops->writepages(b->as, b->pages, b->nr);
	else
		for (unsigned int i = 0; i < b->nr; i++)
			ops->writepage(b->as, b->pages[i]);
	b->started += b->nr;
	while (b->nr)
		put_page(b->pages[--b->nr]);
}

/*
 * Reclaim wants this page written; its dirty successors go along, since the disk
 * likes long requests and their turn would come next.  The page lock keeps the
 * mapping until it is pinned.
 */
unsigned int writeback_page_cluster(struct page *page)
{
	struct batch b = { .as = page->mapping };
	pgoff_t next = page->index + 1;
	struct page *pages[BATCH];
	unsigned int n;

	writeback_pin(b.as);
	get_page(page);
	if (page_within_file(page) && clear_page_dirty_for_io(page)) {
		set_page_writeback(page);
		batch_add(&b, page);
	} else {
		unlock_page(page);
		put_page(page);
	}
	n = find_tagged(b.as, &next, next + BATCH - 2, TAG_DIRTY, pages, BATCH - 1);
	for (unsigned int i = 0; i < n; i++) {
		if (page_ready(&b, pages[i], false))
			batch_add(&b, pages[i]);
		else
			put_page(pages[i]);
	}
	batch_submit(&b);
	writeback_unpin(b.as);
	return b.started;
}

int filemap_write_range(struct address_space *as, loff_t start, loff_t end)
{
	u32 seq = errseq_now(&as->wb_error);

	writeout_pages(as, (u64)start >> PAGE_SHIFT, (u64)end >> PAGE_SHIFT, true, ~0UL);
	return errseq_since(&as->wb_error, seq);
}

int filemap_wait_range(struct address_space *as, loff_t start, loff_t end)
{
	pgoff_t index = (u64)start >> PAGE_SHIFT, last = (u64)end >> PAGE_SHIFT;
	u32 seq = errseq_now(&as->wb_error);
	struct page *pages[BATCH];
	unsigned int n;

	while (index <= last && (n = find_tagged(as, &index, last, TAG_WRITEBACK, pages, BATCH)))
		for (unsigned int i = 0; i < n; i++) {
			wait_on_page_bit(pages[i], PG_writeback);
			put_page(pages[i]);
		}
	return errseq_since(&as->wb_error, seq);
}
