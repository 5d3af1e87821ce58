// SPDX-License-Identifier: MIT
/*
 * The ageing lists, as reclaim uses them.  What others may do is in reclaim.h.
 */
#ifndef MM_LRU_H
#define MM_LRU_H

#include <lib/types.h>

struct page;

enum lru_list { LRU_INACTIVE_FILE, LRU_ACTIVE_FILE, LRU_INACTIVE_ANON, LRU_ACTIVE_ANON, NR_LRU };

/*
 * Take up to @nr pages off the tail of a list, each with a reference; looks at no
 * more than *@scan, which it counts down.  How many.
 */
unsigned int lru_isolate(enum lru_list l, struct page **pages, unsigned int nr,
			 unsigned long *scan);

/* Take this one off its list; the caller has a reference.  False: it is on none. */
bool lru_isolate_page(struct page *page);

/* Put an isolated page back at a list's head, and its reference. */
void lru_putback(struct page *page, bool active);

#endif
