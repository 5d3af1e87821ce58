// SPDX-License-Identifier: MIT
/*
 * Write-back: getting dirty pages and dirty inodes to the disk.
 *
 * mm keeps one list of the address_spaces that have dirty pages, a dirty
 * inode, or pages being written; the flusher thread, sync(2) and throttled
 * writers take their work from it.  The list holds no reference on an inode:
 * whoever frees one calls address_space_destroy() first, which waits for a
 * writer that is at work on it.
 *
 * What an inode cache has to do:
 *	inode changed             writeback_mark_inode(as)
 *	last name and user gone   truncate_pages(as, 0, -1), address_space_destroy(as), free
 *	evict a cached inode      skip it while address_space_busy(as); else as above
 *	sync, syncfs, umount      writeback_sync(owner, true), then flush the disk
 */
#ifndef MM_WRITEBACK_H
#define MM_WRITEBACK_H

#include <lib/types.h>
#include <mm/address_space.h>

/* Start the flusher thread; after the scheduler runs. */
void writeback_start(void);

/* as->host changed: have a_ops->write_inode called before long.  Does not sleep. */
void writeback_mark_inode(struct address_space *as);

/* Wake the flusher: too much is dirty, or memory is short. */
void writeback_wake(void);

/*
 * Write everything dirty of the address_spaces whose wb_owner is @owner (NULL:
 * all), files before block devices; with @wait until it has reached the
 * device (whose own cache the caller flushes).  Sleeps.  0, or the last -errno.
 */
int writeback_sync(const void *owner, bool wait);
static inline int writeback_sync_all(bool wait) { return writeback_sync(NULL, wait); }

/*
 * For a_ops that write pages outside this file's loops: @page is locked,
 * clear_page_dirty_for_io() said true; sets PG_writeback and the tag.
 */
void set_page_writeback(struct page *page);

/*
 * Write a locked dirty page, and its dirty neighbours with it (reclaim).
 * Consumes the lock.  The number of pages started.
 */
unsigned int writeback_page_cluster(struct page *page);

/* Settings, /proc/sys/vm/dirty_...; of a ratio (percent) and its bytes one is 0. */
extern unsigned int sysctl_dirty_ratio, sysctl_dirty_background_ratio;
extern unsigned long sysctl_dirty_bytes, sysctl_dirty_background_bytes;
extern unsigned int sysctl_dirty_expire_centisecs, sysctl_dirty_writeback_centisecs;

/* Page counts above which the flusher starts, and above which writers wait. */
void writeback_thresholds(unsigned long *background, unsigned long *hard);

/*
 * The current task made a page of a disk dirty, or dropped one that was (negative).  Provided by
 * kernel/rusage.c.
 */
void page_dirtied_hook(long bytes);

#endif
