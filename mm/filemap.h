// SPDX-License-Identifier: MIT
/*
 * The page cache: find, fill, read, write, drop and write back the pages of
 * an address_space.
 */
#ifndef MM_FILEMAP_H
#define MM_FILEMAP_H

#include <lib/types.h>
#include <mm/address_space.h>

struct iov_iter;
struct vm_area_struct;

/* Caches; once at boot, after slab_init() and before the first address_space_init(). */
void filemap_init(void);

/* State of sequential reading, one in each open file. */
struct file_ra_state {
	pgoff_t start;          /* current window */
	unsigned int size;      /* pages */
	unsigned int async;     /* start the next window when this many are left */
	unsigned int max;       /* upper limit in pages (0: default 32) */
	pgoff_t prev;           /* last page read */
};

/* The cached page with a reference, or NULL.  Does not sleep. */
struct page *filemap_find(struct address_space *as, pgoff_t index);

/*
 * Cached pages from @index on, at most @nr, consecutive or not; with references.  Returns how
 * many.
 */
unsigned int filemap_find_range(struct address_space *as, pgoff_t index, pgoff_t last,
				struct page **pages, unsigned int nr);

/*
 * The page, up to date, with a reference, not locked; reads it (with
 * readahead if @ra) when needed.  ERR_PTR(-EIO, -ENOMEM, -EINTR); -EIO also
 * beyond the end of the file.  Sleeps.
 */
struct page *filemap_read_page(struct address_space *as, pgoff_t index, struct file_ra_state *ra);

/*
 * The page, locked, with a reference, created if absent (not read: look at PG_uptodate).
 * ERR_PTR(-ENOMEM).
 */
struct page *filemap_grab_page(struct address_space *as, pgoff_t index, unsigned int gfp);

/* Put a fresh locked page into the cache (takes the cache's reference).  -EEXIST, -ENOMEM. */
int filemap_add(struct address_space *as, struct page *page, pgoff_t index, unsigned int gfp);

/* Take a locked, clean, unmapped page out (drops the cache's reference). */
void filemap_remove(struct page *page);

/* Start readahead of @nr pages at @index (madvise WILLNEED, readahead(2)); no error matters. */
void filemap_readahead(struct address_space *as, pgoff_t index, unsigned long nr);

/*
 * read(2) of a regular file below as->size; advances *pos, which is not negative.  Bytes
 * read, or -errno when none.  Sleeps; no lock held.  (In the order of file_operations.read.)
 */
ssize_t filemap_read(struct file_ra_state *ra, struct iov_iter *to, loff_t *pos,
		     struct address_space *as);

/*
 * write(2) into the cache; the inode lock held for writing.  @prepare
 * makes [from, to) of the locked page writable on disk (allocates blocks);
 * the rest of the page was read or zeroed before, unless [from, to) covers
 * it.  Grows as->size as it goes.  Bytes written or -errno when none.
 */
ssize_t filemap_write(struct address_space *as, struct iov_iter *from, loff_t *pos,
		      int (*prepare)(struct address_space *as, struct page *page,
				     unsigned int from, unsigned int to));

/*
 * The page is newer than the disk.  Its mapping must not go away meanwhile:
 * the page is locked, or a PTE names it and that PTE's lock is held, or the
 * inode is referenced.  Does not sleep.
 */
void set_page_dirty(struct page *page);
/*
 * A writable shared PTE is installed with the page locked, and the page set
 * dirty before it is unlocked: the lock keeps clear_page_dirty_for_io() from
 * coming between the two.
 */
/*
 * Clear PG_dirty for writing, collecting the dirty bits of PTEs (and write-protecting them).
 * Locked page.  True: was dirty.
 */
bool clear_page_dirty_for_io(struct page *page);
/* Forget that it was dirty (truncate). */
void cancel_dirty_page(struct page *page);

/*
 * Drop the pages of [start, end) bytes, unmapping them; end -1: to the end.
 * as->size is what it shall be already.  A page that lies in the range in part
 * is zeroed there and dirtied if it is cached; if it is not, its block is the
 * file system's business.  Sleeps.
 */
void truncate_pages(struct address_space *as, loff_t start, loff_t end);
/* Drop clean unused pages of [first, last]; returns how many. */
unsigned long invalidate_pages(struct address_space *as, pgoff_t first, pgoff_t last);

/*
 * Start writing the dirty pages of [start, end] bytes; wait for those being
 * written (-errno of a failure seen meanwhile).  fsync is write_range,
 * wait_range, the inode, then errseq_tell(&as->wb_error, ...) for the verdict.
 */
int filemap_write_range(struct address_space *as, loff_t start, loff_t end);
int filemap_wait_range(struct address_space *as, loff_t start, loff_t end);
/* A write of the file failed: every file open on it hears of it once, from fsync. */
void filemap_set_error(struct address_space *as, int error);

/*
 * Reverse map of file pages, through as->i_mmap under i_mmap_lock; mm->lock
 * is not held.  Therefore: an area's vm_start, vm_end and vm_pgoff change only
 * with i_mmap_lock held (take it off the list, change, put it back), and it
 * leaves i_mmap before any of its page tables is freed.
 *
 * A fault may map a page that it found in the cache without the page lock, if
 * it holds its reference and, with the PTE lock held, sees page->mapping still
 * set: truncation takes the page out first and then zaps once more, all other
 * removers look at the reference count.
 */

/*
 * Test and clear the accessed bits; returns how many PTEs had it; RMAP_LOCKED at least when an
 * mlock'ed area maps it.
 */
#define RMAP_LOCKED     0x10000U
unsigned int rmap_clear_young(struct page *page);
/*
 * Zap PTEs of file pages [first, last] from all areas; @even_cows: private copies too (truncate).
 */
void rmap_unmap_range(struct address_space *as, pgoff_t first, pgoff_t last, bool even_cows);
/* Write-protect and clean all PTEs of the page; true when one was dirty. */
bool rmap_mkclean_page(struct page *page);

#endif
