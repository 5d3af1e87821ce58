// SPDX-License-Identifier: MIT
/*
 * Readahead: bring pages before they are asked for.
 *
 * A reader who goes on where he stopped gets a window of pages read at once, and
 * each window is twice the one before, up to a limit.  Inside a window one page
 * carries PG_readahead: touching it starts the next window, so that a steady
 * reader never waits.
 *
 *	   start                start + size
 *	     |  ···  | mark  ···  |  next window ...
 *	              <- async ->
 *
 * A reader who jumps gets what he asked for and no more.  Readahead is a guess:
 * no failure of it is reported, and the page that was really wanted is read again
 * by whoever wants it.
 *
 * Lock: none.  The state belongs to one open file; two readers at once may spoil
 * the guess, not the data.
 */
#include <mm/pagecache.h>

#include <mm/frames.h>
#include <mm/page.h>

#define RA_MAX          32U             /* pages: 128 KiB */
#define RA_BATCH        64U             /* pages handed to readpages at once */
#define RA_GFP          (GFP_KERNEL | GFP_NOWARN)

static void window_read(struct address_space *as, const struct file_ra_state *ra);
static void range_read(struct address_space *as, pgoff_t index, unsigned long nr, pgoff_t mark);
static bool page_cached(struct address_space *as, pgoff_t index);
static void batch_submit(struct address_space *as, struct page **pages, unsigned int *nr);

static unsigned int ra_limit(const struct file_ra_state *ra)
{
	return ra->max ? ra->max : RA_MAX;
}

/* The first window of a sequential reader who asks for @nr pages a time. */
static unsigned int first_size(unsigned long nr, unsigned int limit)
{
	unsigned int size = 1;

	while (size < nr && size < limit)
		size *= 2;
	if (size <= limit / 8)
		size *= 4;
	else
		size *= 2;
	return min(size, limit);
}

static unsigned int next_size(unsigned int size, unsigned int limit)
{
	return min(size < limit / 8 ? size * 4 : size * 2, limit);
}

/* A window of full size takes the rest of the file too, where that is no more than another. */
static unsigned int to_the_end(const struct address_space *as, pgoff_t start, unsigned int size,
			       unsigned int limit)
{
	pgoff_t end = DIV_ROUND_UP(READ_ONCE(as->size), PAGE_SIZE);

	if (size < limit || start >= end || end - start > 2UL * limit)
		return size;
	return (unsigned int)(end - start);
}

void readahead_miss(struct address_space *as, struct file_ra_state *ra, pgoff_t index,
		    unsigned long nr_wanted)
{
	unsigned int limit = ra_limit(ra);
	unsigned int wanted = min_t(unsigned long, nr_wanted, limit);
	bool follows = ra->size && index == ra->start + ra->size;
	bool sequential = !index || index - ra->prev <= 1 || nr_wanted >= limit;

	if (follows)
		ra->size = next_size(ra->size, limit);
	else
		ra->size = sequential ? first_size(nr_wanted, limit) : wanted;
	ra->start = index;
	ra->size = to_the_end(as, index, ra->size, limit);
	ra->async = ra->size > wanted ? ra->size - wanted : follows || sequential ? ra->size : 0;
	if (ra->async == ra->size)
		ra->async = ra->size / 2;       /* the mark must lie behind the page waited for */
	window_read(as, ra);
}

void readahead_hit(struct address_space *as, struct file_ra_state *ra, struct page *page)
{
	unsigned int limit = ra_limit(ra);
	pgoff_t index = page->index;

	if (!page_test_and_clear(page, PG_readahead))
		return;
	if (ra->size && index == ra->start + ra->size - ra->async) {
		ra->start += ra->size;
		ra->size = next_size(ra->size, limit);
	} else {                /* somebody else's mark: go on behind what is cached */
		pgoff_t start = index + 1;

		while (start - index < limit && page_cached(as, start))
			start++;
		ra->size = next_size(start - index, limit);
		ra->start = start;
	}
	ra->size = to_the_end(as, ra->start, ra->size, limit);
	ra->async = ra->size;
	window_read(as, ra);
}

void filemap_readahead(struct address_space *as, pgoff_t index, unsigned long nr)
{
	range_read(as, index, min(nr, frames_free() / 2), ~0UL);
}

static void window_read(struct address_space *as, const struct file_ra_state *ra)
{
	range_read(as, ra->start, ra->size,
		   ra->async ? ra->start + ra->size - ra->async : ~0UL);
}

/*
 * Start reading those of [index, index + nr) that lie in the file and are not cached; stop when
 * memory is short.
 */
static void range_read(struct address_space *as, pgoff_t index, unsigned long nr, pgoff_t mark)
{
	u64 size = READ_ONCE(as->size);
	pgoff_t end = DIV_ROUND_UP(size, PAGE_SIZE);
	struct page *batch[RA_BATCH];
	unsigned int n = 0;

	if (index >= end)
		return;
	end = index + min(nr, end - index);
	for (; index < end; index++) {
		struct page *page;
		int err;

		if (n == RA_BATCH || page_cached(as, index)) {
			batch_submit(as, batch, &n);
			if (page_cached(as, index))
				continue;
		}
		page = page_alloc_locked(RA_GFP);
		if (!page)
			break;
		if (index == mark)
			page_set(page, PG_readahead);
		err = filemap_add(as, page, index, RA_GFP);
		if (err) {
			unlock_page(page);
			put_page(page);
			if (err != -EEXIST)
				break;
			batch_submit(as, batch, &n);
			continue;
		}
		if (filemap_beyond_end(page)) {
			put_page(page);
			break;
		}
		batch[n++] = page;
	}
	batch_submit(as, batch, &n);
}

static bool page_cached(struct address_space *as, pgoff_t index)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	bool cached = radix_lookup(&as->pages, index);

	spin_unlock_irqrestore(&as->lock, flags);
	return cached;
}

/* Pages with consecutive indexes, locked, with our reference: start their reading, and let go. */
static void batch_submit(struct address_space *as, struct page **pages, unsigned int *nr)
{
	if (!*nr)
		return;
	if (as->a_ops->readpages)
		as->a_ops->readpages(as, pages, *nr);
	else
		for (unsigned int i = 0; i < *nr; i++)
			as->a_ops->readpage(as, pages[i]);
	for (unsigned int i = 0; i < *nr; i++)
		put_page(pages[i]);
	*nr = 0;
}
