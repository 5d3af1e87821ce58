// SPDX-License-Identifier: MIT
/*
 * Reclaim: frames from pages that can be had again.
 *
 * Clean file pages are unmapped and dropped, dirty ones are written and dropped
 * when they come past again.  The reclaim thread works from the low watermark up
 * to the high one; who finds nothing below the minimum reclaims for himself, but
 * never writes: he may hold a file system's locks, and his stack is half used.
 * He waits for the thread's and the flusher's writes instead, always with a limit.
 *
 *	free  min      low            high
 *	  |----|--------|--------------|------------>
 *	  reserve  thread wakes    thread sleeps
 *	       '-- direct reclaim, then oom_kill()
 *
 * A page is looked at in one order: used since → keep; mapped → unmap; dirty →
 * write; clean, and only the cache and we hold it → free.
 *
 * Shmem and anonymous pages stay: swap is where they will go, and page_dispose()
 * is the place that will send them there.
 *
 * Lock: the page lock of one page at a time, by trylock.
 */
#include <mm/reclaim.h>

#include <arch/time.h>
#include <mm/buddy.h>
#include <mm/filemap.h>
#include <mm/lru.h>
#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <mm/writeback.h>

#define BATCH           32U
#define PRIORITY        5       /* the first pass looks at 1/32 of a list, the last at all */
#define MILLISECOND     1000000UL
#define WAIT_NS         (50 * MILLISECOND)
#define DIRECT_WAITS    20      /* a second in all */
#define THREAD_FAILS    8       /* then sleep until somebody asks again */

struct scan {
	unsigned int gfp;
	bool thread;            /* the reclaim thread: may write, counts as kswapd */
	bool unmapped_only;     /* drop_caches: leave what is in use */
	int priority;
	unsigned long wanted;
	unsigned long freed;
	unsigned long skipped;  /* pages not freed because they are dirty or being written */
};

enum disposal { PAGE_KEEP, PAGE_ACTIVATE, PAGE_FREE, PAGE_GONE };

static struct {
	struct wait_queue wq;
	bool wanted;
	struct spinlock shrinkers_lock;
	struct list_head shrinkers;
} reclaim = {
	.wq = WAIT_QUEUE_INIT(reclaim.wq),
	.shrinkers_lock = SPINLOCK_INIT(RANK_LEAF),
	.shrinkers = LIST_HEAD_INIT(reclaim.shrinkers),
};

unsigned int sysctl_swappiness = 60;

static void reclaim_main(void *unused);
static void shrink_pass(struct scan *s);
static void shrink_inactive(struct scan *s, unsigned long scan);
static void shrink_active(struct scan *s, unsigned long scan);
static enum disposal page_dispose(struct scan *s, struct page *page);
static enum disposal page_used(struct scan *s, struct page *page);
static enum disposal page_write(struct scan *s, struct page *page);
static void shrink_caches(struct scan *s);

/* ---- who asks ---- */

unsigned long reclaim_pages(unsigned long nr, unsigned int gfp)
{
	struct scan s = { .gfp = gfp, .wanted = nr };
	unsigned int waits = gfp & GFP_IO ? DIRECT_WAITS : 1;

	reclaim_wake();
	for (unsigned int i = 0; ; i++) {
		s.skipped = 0;
		for (s.priority = PRIORITY; s.priority >= 0 && s.freed < nr; s.priority--)
			shrink_pass(&s);
		if (s.freed || !s.skipped || i == waits || fatal_signal_pending())
			return s.freed;
		writeback_wake();
		writeback_wait_progress(WAIT_NS);
	}
}

void reclaim_wake(void)
{
	if (READ_ONCE(reclaim.wanted))
		return;
	WRITE_ONCE(reclaim.wanted, true);
	wake_up(&reclaim.wq);
}

void reclaim_start(void)
{
	kthread_run(reclaim_main, NULL, "kswapd");
}

static void reclaim_main(void *unused)
{
	for (;;) {
		struct scan s = { .gfp = GFP_KERNEL, .thread = true };
		unsigned int fails = 0;

		(void)wait_event_interruptible(&reclaim.wq, READ_ONCE(reclaim.wanted));
		while (fails < THREAD_FAILS && buddy_free() < frames_high()) {
			s.wanted = frames_high() - buddy_free() + BATCH;
			s.freed = 0;
			for (s.priority = PRIORITY; s.priority >= 0 && s.freed < s.wanted;
			     s.priority--)
				shrink_pass(&s);
			fails = s.freed ? 0 : fails + 1;
			if (s.freed < s.wanted)
				writeback_wait_progress(WAIT_NS);
		}
		WRITE_ONCE(reclaim.wanted, false);
	}
}

/* ---- one pass over the lists ---- */

static void shrink_pass(struct scan *s)
{
	unsigned long inactive = vmstat_read(VMSTAT_nr_inactive_file);
	unsigned long active = vmstat_read(VMSTAT_nr_active_file);

	if (active > inactive)
		shrink_active(s, max(active >> s->priority, (unsigned long)BATCH));
	shrink_inactive(s, max(inactive >> s->priority, (unsigned long)BATCH));
	if (s->freed < s->wanted && s->gfp & GFP_FS)
		shrink_caches(s);
}

static void shrink_inactive(struct scan *s, unsigned long scan)
{
	struct page *pages[BATCH];
	unsigned int n;

	while (s->freed < s->wanted &&
	       (n = lru_isolate(LRU_INACTIVE_FILE, pages, BATCH, &scan))) {
		unsigned long before = s->freed;

		for (unsigned int i = 0; i < n; i++) {
			enum disposal d = page_dispose(s, pages[i]);

			if (d == PAGE_KEEP || d == PAGE_ACTIVATE) {
				lru_putback(pages[i], d == PAGE_ACTIVATE);
				continue;
			}
			put_page(pages[i]);
			s->freed += d == PAGE_FREE;
		}
		vmstat_add(s->thread ? VMSTAT_pgscan_kswapd : VMSTAT_pgscan_direct, n);
		vmstat_add(s->thread ? VMSTAT_pgsteal_kswapd : VMSTAT_pgsteal_direct,
			   s->freed - before);
	}
}

/* The active list's tail goes to the inactive one, but for code that is running. */
static void shrink_active(struct scan *s, unsigned long scan)
{
	struct page *pages[BATCH];
	unsigned int n;

	while ((n = lru_isolate(LRU_ACTIVE_FILE, pages, BATCH, &scan)))
		for (unsigned int i = 0; i < n; i++) {
			bool used = false;

			if (atomic_read(&pages[i]->mapcount) && trylock_page(pages[i])) {
				used = pages[i]->mapping && rmap_clear_young(pages[i]) &&
				       s->priority;
				unlock_page(pages[i]);
			}
			page_clear(pages[i], PG_referenced);
			if (!used)
				vmstat_inc(VMSTAT_pgdeactivate);
			lru_putback(pages[i], used);
		}
}

/* ---- one page: isolated, referenced ---- */

static enum disposal page_dispose(struct scan *s, struct page *page)
{
	enum disposal d = PAGE_KEEP;

	if (!trylock_page(page))
		return PAGE_KEEP;
	if (!page->mapping) {                   /* truncated: ours is one of the last references */
		unlock_page(page);
		return PAGE_GONE;
	}
	if (page_test(page, PG_writeback)) {
		page_set(page, PG_reclaim);
		s->skipped++;
		goto out;
	}
	if (atomic_read(&page->mapcount)) {
		d = page_used(s, page);
		if (d != PAGE_FREE)
			goto out;
		rmap_unmap_page(page);
		d = PAGE_KEEP;
	}
	if (page_test(page, PG_dirty))
		return page_write(s, page);
	if (filemap_remove_unused(page))
		d = PAGE_FREE;
out:
	unlock_page(page);
	return d;
}

/* PAGE_FREE: programs do not use it enough to keep it. */
static enum disposal page_used(struct scan *s, struct page *page)
{
	unsigned int young = rmap_clear_young(page);
	bool before = page_test_and_clear(page, PG_referenced);

	if (young >= RMAP_LOCKED)
		return PAGE_ACTIVATE;
	if (s->unmapped_only)
		return PAGE_KEEP;
	if (!young || !s->priority)
		return PAGE_FREE;
	if (before || young > 1)
		return PAGE_ACTIVATE;
	page_set(page, PG_referenced);          /* once more round: then it is freed or active */
	return PAGE_KEEP;
}

/* Consumes the page lock.  The page comes back to the tail once it is written. */
static enum disposal page_write(struct scan *s, struct page *page)
{
	s->skipped++;
	if (!s->thread) {
		unlock_page(page);
		return PAGE_KEEP;
	}
	page_set(page, PG_reclaim);
	writeback_page_cluster(page);
	return PAGE_KEEP;
}

/* ---- caches of objects ---- */

void shrinker_register(struct shrinker *sh)
{
	spin_lock(&reclaim.shrinkers_lock);
	list_add_tail(&sh->node, &reclaim.shrinkers);
	spin_unlock(&reclaim.shrinkers_lock);
}

/* Shrinkers are never unregistered: the list may be walked while it grows at its end. */
static void shrink_caches(struct scan *s)
{
	struct shrinker *sh;

	list_for_each_entry(sh, &reclaim.shrinkers, node)
		sh->shrink((unsigned long)BATCH << (PRIORITY - s->priority), s->gfp);
	if (!s->priority)
		s->freed += slab_shrink_here();
}

/* ---- drop_caches ---- */

static void drop_list(enum lru_list l)
{
	struct scan s = { .gfp = GFP_KERNEL, .unmapped_only = true };
	unsigned long scan = vmstat_read(VMSTAT_nr_inactive_file) +
			     vmstat_read(VMSTAT_nr_active_file);
	struct page *pages[BATCH];
	unsigned int n;

	while ((n = lru_isolate(l, pages, BATCH, &scan)))
		for (unsigned int i = 0; i < n; i++) {
			if (page_dispose(&s, pages[i]) >= PAGE_FREE)
				put_page(pages[i]);
			else
				lru_putback(pages[i], l == LRU_ACTIVE_FILE);
		}
}

void drop_caches(int what)
{
	struct shrinker *sh;

	if (what & 2) {
		list_for_each_entry(sh, &reclaim.shrinkers, node)
			sh->shrink(~0UL >> 1, GFP_KERNEL);
	}
	if (what & 1) {
		vmstat_inc(VMSTAT_drop_pagecache);
		drop_list(LRU_INACTIVE_FILE);
		drop_list(LRU_ACTIVE_FILE);
	}
	if (what & 2)
		slab_shrink();
}
