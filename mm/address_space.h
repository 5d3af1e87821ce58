// SPDX-License-Identifier: MIT
/*
 * What mm knows of a file: its cached pages, who maps them, and how to move
 * a page between memory and disk.
 */
#ifndef MM_ADDRESS_SPACE_H
#define MM_ADDRESS_SPACE_H

#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/errseq.h>
#include <lib/list.h>
#include <lib/radix.h>
#include <lib/types.h>
#include <mm/i_mmap.h>
#include <mm/page.h>

struct address_space;
struct file;
struct inode;
struct writeback_control;

/* Tags of the radix tree. */
enum { TAG_DIRTY, TAG_WRITEBACK, TAG_TOWRITE };

struct address_space_operations {
	/*
	 * Start reading one locked page that is not up to date; unlocks it
	 * when done (PG_uptodate or PG_error set).  -errno: nothing started,
	 * page unlocked.
	 */
	int (*readpage)(struct address_space *as, struct page *page);
	/*
	 * As readpage for @nr locked pages with ascending consecutive
	 * indexes; consumes no references.  NULL: readpage one by one.
	 */
	void (*readpages)(struct address_space *as, struct page **pages, unsigned int nr);
	/*
	 * Start writing one locked page whose PG_dirty was cleared and
	 * PG_writeback set by the caller.  In every case, failure included:
	 * unlocks it, and page_end_writeback() when done.  What could not be
	 * written: filemap_set_error() (and the file system's own books), or
	 * set_page_dirty() again to retry (out of memory).  Sleeps.  Must not wait for
	 * memory that only writing can free: allocate with GFP_NOIO | GFP_RESERVE.
	 */
	int (*writepage)(struct address_space *as, struct page *page);
	/*
	 * As writepage for @nr pages with ascending (not always consecutive)
	 * indexes.  NULL: writepage one by one.
	 */
	int (*writepages)(struct address_space *as, struct page **pages, unsigned int nr);
	/*
	 * The page, locked, is about to be written by a program (shared
	 * mapping): allocate its blocks.  0 or -ENOSPC, -EIO, ...
	 */
	int (*page_mkwrite)(struct address_space *as, struct page *page);
	/* An area of this file comes to be (by mmap, fork, split) or goes: references of @file. */
	void (*file_get)(struct file *file);
	void (*file_put)(struct file *file);
	/*
	 * msync(2): as fdatasync(2) of @file for its bytes [start, end].  NULL where there is no
	 * disk.
	 */
	int (*file_sync)(struct file *file, loff_t start, loff_t end);
	/*
	 * Free [off, off + len) of the file, as fallocate(2) punches a hole:
	 * MADV_REMOVE.  Takes the inode's lock.  0 or -errno.
	 */
	int (*punch_hole)(struct file *file, loff_t off, loff_t len);
	/*
	 * A clean mapping got its first dirty page.  The flusher knows already
	 * (writeback.h): this is for the owner's own books.  A PTE lock may be
	 * held: no sleeping, only locks above RANK_PT.  May be NULL.
	 */
	void (*dirtied)(struct address_space *as);
	/*
	 * Write the inode itself (times, size, block pointers); the flusher
	 * calls it after the pages when writeback_mark_inode() was called.
	 * @wait: until it is on the disk.  Sleeps.  0 or -errno.  May be NULL.
	 */
	int (*write_inode)(struct address_space *as, bool wait);
};

/* What many files may have together, in memory and in swap: a mounted tmpfs. */
struct page_quota {
	atomic_long_t pages;            /* [a] */
	u64 max;                        /* [a] 0: no limit */
};

/* [m] lock  [i] i_mmap_lock  [w] write-back's lock  [c] constant once shared  [a] atomic */
struct address_space {
	struct inode *host;                             /* [c] */
	const struct address_space_operations *a_ops;   /* [c] */
	struct spinlock lock;                           /* RANK_MAPPING, irqsave: tags */
	struct radix_tree pages;                        /* [m] index -> struct page */
	unsigned long nr_pages;                         /* [m] */
	struct spinlock i_mmap_lock;                    /* RANK_I_MMAP */
	struct i_mmap i_mmap;                           /* [i] the areas that map it */
	u32 i_mmap_writable;                            /* [i] shared areas that may write */
	u32 seals;                                      /* [i] F_SEAL_, of memory files (shmem.h) */
	u64 size;                                       /* [a] of the file, bytes */
	struct errseq wb_error;                         /* [a] failed writes, for fsync to tell */
	unsigned long flags;                            /* [a] AS_ */
	struct list_head wb_node;                       /* [w] dirty, or being written */
	u64 wb_since;                                   /* [w] time_ns() it was listed */
	u32 wb_busy;                                    /* [w] writers at work: not to be freed */
	u32 wb_pass;                                    /* [w] the last sync that looked at it */
	const void *wb_owner;                           /* [c] for writeback_sync(); or NULL */
	struct shmem_away *away;                        /* [m] pages in swap; NULL: never any */
	struct page_quota *quota;                       /* [c] of AS_CHARGED; NULL: none */
};

#define AS_SWAPBACKED   (1UL << 0)      /* tmpfs, shmem: pages go to swap, not to a disk file */
#define AS_UNEVICTABLE  (1UL << 1)
#define AS_METADATA     (1UL << 2)      /* a block device: written after the files that dirty it */
#define AS_INODE_DIRTY  (1UL << 3)      /* write_inode is due */
#define AS_CHARGED      (1UL << 4)      /* pages count one by one: the commit limit, a quota */

void address_space_init(struct address_space *as, struct inode *host,
			const struct address_space_operations *ops);

/*
 * Before the memory of @as goes: no page may be left (truncate_pages), no
 * area maps it.  Takes it off write-back's list and waits until the flusher
 * has let go of it, so the caller holds no lock that writing needs.  Sleeps.
 */
void address_space_destroy(struct address_space *as);

/*
 * Pages or inode are dirty or being written: not to be evicted now.  A hint unless the owner
 * excludes writers.
 */
bool address_space_busy(struct address_space *as);

#endif
