// SPDX-License-Identifier: MIT
/*
 * The reverse map as reclaim uses it: many pages, and no waiting.  filemap.h has
 * the rest.
 *
 * Many harts may reclaim at once, and what they look at is often the one library
 * that everybody maps: they try its lock, and leave the page if it is taken.
 */
#ifndef MM_RMAP_H
#define MM_RMAP_H

#include <lib/types.h>

struct mm_struct;
struct page;

#define UNMAP_BATCH_MMS 16

/* Address spaces that may still hold translations of pages that were unmapped. */
struct unmap_batch {
	struct mm_struct *mm[UNMAP_BATCH_MMS];  /* held */
	unsigned int nr;
};

/* As rmap_clear_young(); false: the lock was taken, nothing done. */
bool rmap_try_clear_young(struct page *page, unsigned int *young);

/*
 * Unmap the locked page.  True: no PTE names it; but its frame may be given away
 * only after unmap_batch_flush().
 */
bool rmap_try_unmap(struct page *page, struct unmap_batch *batch);
void unmap_batch_flush(struct unmap_batch *batch);

#endif
