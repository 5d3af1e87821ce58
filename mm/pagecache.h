// SPDX-License-Identifier: MIT
/*
 * The page cache from inside: what its files tell one another.
 */
#ifndef MM_PAGECACHE_H
#define MM_PAGECACHE_H

#include <lib/types.h>
#include <mm/address_space.h>
#include <mm/filemap.h>
#include <mm/slab_cache.h>
#include <mm/swap.h>

/* ---- filemap.c ---- */

extern struct kmem_cache radix_node_cache;

/* A fresh frame with the page lock held, in no mapping.  NULL: no memory. */
struct page *page_alloc_locked(unsigned int gfp);

/*
 * filemap_add() of the page that comes back from slot @from: only while @index is
 * away there, which it is not any more then.  -ENOENT: it has gone, or is there.
 */
int filemap_add_from(struct address_space *as, struct page *page, pgoff_t index, const swp_t *from,
		     unsigned int gfp);

/* As filemap_read_page(), for a reader who wants @nr_wanted pages from @index on. */
struct page *filemap_fetch(struct address_space *as, pgoff_t index, unsigned long nr_wanted,
			   struct file_ra_state *ra);

/* Read a locked page that is not up to date and wait; unlocked on return.  0, -EIO, -EINTR, ... */
int page_read_locked(struct address_space *as, struct page *page);

/*
 * To be asked after a page was put into the cache to be read: true when the file
 * has shrunk meanwhile, and then the page is out again and unlocked.  (Truncate
 * sets the size and then looks for pages; the reader adds a page and then looks
 * at the size: one of the two sees the other.)
 */
bool filemap_beyond_end(struct page *page);

/*
 * Take a locked page out of its mapping if nobody but the cache and the
 * caller has a reference, and it is clean.  True: out, the caller's reference
 * is the last.
 */
bool filemap_remove_unused(struct page *page);

/*
 * A removal in two steps.  as->lock held: the locked @page is in the tree no more, and @nodes are
 * the tree's that have become empty.  Then, with no spinlock held: when no glance can have come to
 * them any more, they and the cache's reference of @page are let go of.  @as may be gone by then.
 */
void filemap_take_out(struct address_space *as, struct page *page, struct radix_spare *nodes);
void filemap_let_go(struct page *page, struct radix_spare *nodes);

/* ---- readahead.c ---- */

/* @index is not cached: start reading it, with what is likely to follow. */
void readahead_miss(struct address_space *as, struct file_ra_state *ra, pgoff_t index,
		    unsigned long nr_wanted);

/* A reader has come to @page, which has PG_readahead: start the next window. */
void readahead_hit(struct address_space *as, struct file_ra_state *ra, struct page *page);

/* ---- page.c ---- */

int wait_on_page_bit_killable(struct page *p, enum page_flag f);        /* 0 or -EINTR */

/* ---- writeout.c ---- */

/*
 * Start writing dirty pages of [first, last], in ascending order and not more
 * than @max.  @sync: wait for pages that are locked or being written already,
 * so that what was dirty before is on its way after; otherwise skip them.
 * The number of pages started.
 */
unsigned long writeout_pages(struct address_space *as, pgoff_t first, pgoff_t last, bool sync,
			     unsigned long max);

/* ---- writeback.c ---- */

#define WRITEBACK_CHUNK 1024UL  /* pages of one file before the next has its turn */

/* Off the list; waits for a writer at work. */
void writeback_forget(struct address_space *as);

/* @as has its first dirty page, or a dirty inode.  Does not sleep. */
void writeback_remember(struct address_space *as);

/* Keep @as from being freed while its pages are written; the caller knows that it is alive now. */
void writeback_pin(struct address_space *as);
void writeback_unpin(struct address_space *as);

/* ---- throttle.c ---- */

/* A page was written: writers and reclaim may be waiting for that.  From interrupts too. */
void writeback_ended(void);

/* Sleep until a page was written, or @timeout_ns later. */
void writeback_wait_progress(u64 timeout_ns);

#endif
