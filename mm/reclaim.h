// SPDX-License-Identifier: MIT
/*
 * Getting frames back: ageing lists, the reclaim thread, and write-back of
 * dirty file pages.
 */
#ifndef MM_RECLAIM_H
#define MM_RECLAIM_H

#include <lib/list.h>
#include <lib/types.h>
#include <mm/page.h>

/*
 * LRU of cached pages: one comes in inactive, is activated when used again.
 * Anonymous pages are not on it: swap finds them through page tables.
 */
void lru_add(struct page *page);
void lru_remove(struct page *page);             /* from page_free_last */
void mark_page_accessed_slow(struct page *page);
static inline void mark_page_accessed(struct page *page)
{
	unsigned long known = BIT(PG_referenced) | BIT(PG_active);

	if ((READ_ONCE(page->flags) & known) != known)
		mark_page_accessed_slow(page);
}
/* A page that reclaim had written is clean: next in line to be freed.  From interrupts too. */
void lru_rotate_written(struct page *page);

/*
 * Called by the allocator when frames run low: try to free @nr pages; how many were, or @nr where
 * as many are free by now.  Not 0 while pages go to swap: it is worth asking again.  Sleeps.
 */
unsigned long reclaim_pages(unsigned long nr, unsigned int gfp);
/*
 * Try to free these pages of files and shared memory, used or not; their references
 * are consumed.  How many were, or are being written to swap.  Sleeps.
 */
unsigned long reclaim_these(struct page **pages, unsigned int nr);
/* Wake the reclaim thread: below the low watermark. */
void reclaim_wake(void);
void reclaim_start(void);                       /* starts its thread; after the scheduler runs */

/* Caches that can shrink: returns objects or pages freed for @nr asked. */
struct shrinker {
	unsigned long (*shrink)(unsigned long nr, unsigned int gfp);
	struct list_head node;
};
void shrinker_register(struct shrinker *s);

/* The reclaim thread's entry is started through this, provided by kernel/kthread.c. */
struct task_struct *kthread_run(void (*fn)(void *), void *arg, const char *name);

/* drop_caches: 1 pages, 2 inodes and dentries, 3 both. */
void drop_caches(int what);

/* Throttle a writer while too much is dirty.  Sleeps; may hold the inode's lock, no page lock. */
void balance_dirty_pages(struct address_space *as);

extern unsigned int sysctl_min_free_kbytes;
extern unsigned int sysctl_swappiness;

#endif
