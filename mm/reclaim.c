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
 * Here it is decided how many pages are looked at, and how hard; what becomes of
 * each is in disposal.c.
 *
 * Shmem pages are on lists of their own, and go to swap instead of to a file;
 * anonymous ones are on none: the clock hand (evict.c) finds them.  Who reclaims
 * for himself may start such writes: they take no lock of a file system.
 *
 * Lock: a page lock, by trylock; shrinkers_lock, to add to the list of shrinkers.
 */
#include <mm/reclaim.h>

#include <arch/time.h>
#include <mm/balance.h>
#include <mm/buddy.h>
#include <mm/disposal.h>
#include <mm/evict.h>
#include <mm/lru.h>
#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/rmap.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/swap_cache.h>
#include <mm/vmstat.h>
#include <mm/workingset.h>
#include <mm/writeback.h>

#define PRIORITY        5       /* the first pass looks at 1/32 of a list, the last at all */
#define MILLISECOND     1000000UL
#define WAIT_NS         (50 * MILLISECOND)
#define DIRECT_WAITS    20      /* a second in all */
#define THREAD_FAILS    8       /* then sleep until somebody asks again */

static struct {
	struct wait_queue wq;
	bool wanted;
	unsigned long activations;      /* [a] of file pages that came back, when last looked */
	struct spinlock shrinkers_lock;
	struct list_head shrinkers;
} reclaim = {
	.wq = WAIT_QUEUE_INIT(reclaim.wq),
	.shrinkers_lock = SPINLOCK_INIT(RANK_LEAF),
	.shrinkers = LIST_HEAD_INIT(reclaim.shrinkers),
};

static void reclaim_main(void *unused);
static bool has_enough(const struct scan *s);
static bool frames_there(unsigned long nr);
static bool wait_for_frames(unsigned long nr, u64 timeout_ns);
static void shrink_passes(struct scan *s);
static void shrink_pass(struct scan *s);
static void shrink_anon(struct scan *s, unsigned long scan);
static void shrink_inactive(struct scan *s, enum lru_list l, unsigned long scan);
static void shrink_active(struct scan *s, enum lru_list l, unsigned long scan);
static void shrink_caches(struct scan *s);

/* ---- who asks ---- */

static bool has_enough(const struct scan *s)
{
	return s->freed + s->started >= s->wanted;
}

/* Since the last round that anybody made. */
static bool refaults_since(void)
{
	unsigned long now = workingset_file_activations();

	return xchg(&reclaim.activations, now) != now;
}

/*
 * How far what is free, with what is being written to swap, is below the high watermark.  On a slow
 * disk that is all the difference: who counts only what is free sends out every page there is.
 */
static unsigned long frames_missing(void)
{
	unsigned long there = buddy_free() + swap_writing(), high = frames_high() + PAGE_BATCH;

	return high > there ? high - there : 0;
}

/* While something goes to swap somebody gets frames: to have had none so far is no end. */
unsigned long reclaim_pages(unsigned long nr, unsigned int gfp)
{
	struct scan s = { .gfp = gfp, .wanted = nr, .refaults = refaults_since() };
	unsigned int waits = gfp & GFP_IO ? DIRECT_WAITS : 1;

	reclaim_wake();
	for (unsigned int i = 0; ; i++) {
		bool coming = !frames_missing();

		if (coming && frames_there(nr))
			return nr;
		if (!coming || i == waits)
			shrink_passes(&s);
		if (s.freed || !(coming || s.skipped || s.started) || fatal_signal_pending())
			return s.freed;
		if (i == waits)
			return swap_writing() ? 1 : 0;
		writeback_wake();
		if (wait_for_frames(nr, WAIT_NS))
			return nr;
	}
}

/* @nr frames, with no need to touch what is always kept back. */
static bool frames_there(unsigned long nr)
{
	return buddy_free() >= frames_min() + nr;
}

/*
 * Until there are @nr frames (true), the time is over, or a page was written and none is on its
 * way to swap.
 */
static bool wait_for_frames(unsigned long nr, u64 timeout_ns)
{
	u64 now = time_ns(), until = now + timeout_ns;

	do {
		writeback_wait_progress(until - now);
		if (frames_there(nr))
			return true;
		now = time_ns();
	} while (now < until && swap_writing() && !fatal_signal_pending());
	return false;
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
		vmstat_inc(VMSTAT_pageoutrun);
		while (fails < THREAD_FAILS && buddy_free() < frames_high()) {
			s.wanted = frames_missing();
			if (!s.wanted) {
				writeback_wait_progress(WAIT_NS);
				continue;
			}
			s.freed = 0;
			s.refaults = refaults_since();
			shrink_passes(&s);
			fails = s.freed ? 0 : fails + 1;
			if (s.freed < s.wanted)
				writeback_wait_progress(WAIT_NS);
		}
		WRITE_ONCE(reclaim.wanted, false);
	}
}

/* ---- one pass over the lists ---- */

/*
 * Harder and harder, until as much as is wanted is free or on its way.  Not until it is
 * free: a disk takes longer than all passes, and the last of them spare nothing.
 */
static void shrink_passes(struct scan *s)
{
	s->skipped = s->started = 0;
	for (s->priority = PRIORITY; s->priority >= 0 && !has_enough(s); s->priority--)
		shrink_pass(s);
}

static void shrink_pass(struct scan *s)
{
	unsigned long inactive = vmstat_read(VMSTAT_nr_inactive_file);
	unsigned long active = vmstat_read(VMSTAT_nr_active_file);
	bool short_of_cold = active > inactive || s->refaults;
	struct balance b = scan_balance(s->gfp, s->priority, !short_of_cold);

	if (short_of_cold)
		shrink_active(s, LRU_ACTIVE_FILE,
			      max(active >> s->priority, (unsigned long)PAGE_BATCH));
	shrink_inactive(s, LRU_INACTIVE_FILE, b.file);
	if (b.anon)
		shrink_anon(s, b.anon);
	if (!has_enough(s) && s->gfp & GFP_FS)
		shrink_caches(s);
}

/* /proc/vmstat: by whom, and of what kind. */
static void count_scan(const struct scan *s, bool anon, unsigned long scanned, unsigned long stolen)
{
	vmstat_add(s->thread ? VMSTAT_pgscan_kswapd : VMSTAT_pgscan_direct, (long)scanned);
	vmstat_add(anon ? VMSTAT_pgscan_anon : VMSTAT_pgscan_file, (long)scanned);
	vmstat_add(s->thread ? VMSTAT_pgsteal_kswapd : VMSTAT_pgsteal_direct, (long)stolen);
	vmstat_add(anon ? VMSTAT_pgsteal_anon : VMSTAT_pgsteal_file, (long)stolen);
}

/*
 * Pages of the swap cache that no PTE names, then the clock hand.  What it has
 * started to write is as good as freed: the frames follow by themselves.
 */
static void shrink_anon(struct scan *s, unsigned long scan)
{
	struct evict e = { .scan = scan, .even_young = !s->priority };
	unsigned long listed = vmstat_read(VMSTAT_nr_inactive_anon);
	unsigned long active = vmstat_read(VMSTAT_nr_active_anon);

	if (active > listed)
		shrink_active(s, LRU_ACTIVE_ANON,
			      max(active >> s->priority, (unsigned long)PAGE_BATCH));
	/* Not a batch at least: of a short list that would be what was read ahead just now. */
	if (listed >> s->priority)
		shrink_inactive(s, LRU_INACTIVE_ANON, listed >> s->priority);
	if (has_enough(s) || (!swap_unused() && s->priority > 1))
		return;
	e.wanted = s->wanted - s->freed - s->started;
	evict_anon(&e);
	s->freed += e.freed;
	s->started += e.started;
	count_scan(s, true, e.scanned, e.freed + e.started);
	vmstat_add(VMSTAT_nr_vmscan_write, e.started);
}

static void shrink_inactive(struct scan *s, enum lru_list l, unsigned long scan)
{
	struct page_batch b;

	while (!has_enough(s) &&
	       (b.nr = lru_isolate(l, b.page, PAGE_BATCH, &scan))) {
		unsigned long before = s->freed;

		batch_dispose(s, &b);
		for (unsigned int i = 0; i < b.nr; i++)
			if (b.fate[i] == PAGE_KEEP || b.fate[i] == PAGE_ACTIVATE)
				lru_putback(b.page[i], b.fate[i] == PAGE_ACTIVATE);
		count_scan(s, l >= LRU_INACTIVE_ANON, b.nr, s->freed - before);
	}
}

/* The active list's tail goes to the inactive one, but for code that is running. */
static void shrink_active(struct scan *s, enum lru_list l, unsigned long scan)
{
	struct page *pages[PAGE_BATCH];
	unsigned int n;

	while ((n = lru_isolate(l, pages, PAGE_BATCH, &scan))) {
		vmstat_add(VMSTAT_pgrefill, n);
		for (unsigned int i = 0; i < n; i++) {
			unsigned int young = 0;
			bool used = false;

			if (atomic_read(&pages[i]->mapcount) && trylock_page(pages[i])) {
				used = pages[i]->mapping && s->priority &&
				       !page_test(pages[i], PG_anon) &&
				       (!rmap_try_clear_young(pages[i], &young) || young);
				unlock_page(pages[i]);
			}
			page_clear(pages[i], PG_referenced);
			if (!used) {
				vmstat_inc(VMSTAT_pgdeactivate);
				page_set(pages[i], PG_workingset);
			}
			lru_putback(pages[i], used);
		}
	}
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
	unsigned long nr = (unsigned long)PAGE_BATCH << (PRIORITY - s->priority);
	struct shrinker *sh;

	list_for_each_entry(sh, &reclaim.shrinkers, node)
		vmstat_add(VMSTAT_slabs_scanned, (long)sh->shrink(nr, s->gfp));
	if (!s->priority)
		s->freed += slab_shrink_here();
}

/* ---- what a program gives up itself ---- */

unsigned long reclaim_these(struct page **pages, unsigned int nr)
{
	struct scan s = { .gfp = GFP_KERNEL };
	struct page_batch b = { .nr = 0 };

	assert(nr <= PAGE_BATCH);
	for (unsigned int i = 0; i < nr; i++) {
		if (lru_isolate_page(pages[i]))
			b.page[b.nr++] = pages[i];
		else
			put_page(pages[i]);
	}
	batch_dispose(&s, &b);
	for (unsigned int i = 0; i < b.nr; i++)
		if (b.fate[i] == PAGE_KEEP || b.fate[i] == PAGE_ACTIVATE)
			lru_putback(b.page[i], false);
	return s.freed + b.nr_write;
}

/* ---- drop_caches ---- */

static void drop_list(enum lru_list l)
{
	struct scan s = { .gfp = GFP_KERNEL, .unmapped_only = true };
	unsigned long scan = vmstat_read(VMSTAT_nr_inactive_file) +
			     vmstat_read(VMSTAT_nr_active_file);
	struct page_batch b;

	while ((b.nr = lru_isolate(l, b.page, PAGE_BATCH, &scan))) {
		batch_dispose(&s, &b);
		for (unsigned int i = 0; i < b.nr; i++)
			if (b.fate[i] == PAGE_KEEP || b.fate[i] == PAGE_ACTIVATE)
				lru_putback(b.page[i], l == LRU_ACTIVE_FILE);
	}
}

void drop_caches(int what)
{
	struct shrinker *sh;

	if (what & 2) {
		vmstat_inc(VMSTAT_drop_slab);
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
