// SPDX-License-Identifier: MIT
/*
 * What becomes of pages that reclaim has taken off their lists.
 */
#ifndef MM_DISPOSAL_H
#define MM_DISPOSAL_H

#include <lib/types.h>

#define PAGE_BATCH      32U

struct page;

/* One round of reclaim: who asks, how hard it is tried, what has come of it. */
struct scan {
	unsigned int gfp;
	bool thread;            /* the reclaim thread: may write, counts as kswapd */
	bool unmapped_only;     /* drop_caches: leave what is in use */
	int priority;           /* 0: nothing else is left */
	unsigned long wanted;
	unsigned long freed;
	unsigned long started;  /* on their way to swap: their frames follow by themselves */
	unsigned long skipped;  /* pages not freed because they are dirty or being written */
	bool refaults;          /* file pages have come back since the round before */
};

enum disposal { PAGE_KEEP, PAGE_ACTIVATE, PAGE_FREE, PAGE_GONE };

/* Isolated pages on their way; what is to become of each. */
struct page_batch {
	struct page *page[PAGE_BATCH];
	enum disposal fate[PAGE_BATCH];
	unsigned int nr;
	struct page *write[PAGE_BATCH]; /* to swap; locked, referenced */
	unsigned int nr_write;
};

/*
 * Unmap those that may go, flush once, then free them.  The fate says which to put back:
 * PAGE_KEEP and PAGE_ACTIVATE; the others' references are consumed.  Adds to @s->freed, started
 * and skipped.  Sleeps when it writes.
 */
void batch_dispose(struct scan *s, struct page_batch *b);

#endif
