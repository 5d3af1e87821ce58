// SPDX-License-Identifier: MIT
/*
 * What memory keeps of pages it has let go: enough to know, when one comes back,
 * whether it should have stayed, and on which side reclaim takes too much.
 */
#ifndef MM_WORKINGSET_H
#define MM_WORKINGSET_H

#include <lib/types.h>
#include <mm/page.h>

struct address_space;

void workingset_init(void);     /* once, when frames_total is known */

/*
 * Reclaim has let go of page @index of @as.  @active: it had been in active use; @used: somebody
 * had used it since it came.
 */
void workingset_evicted(struct address_space *as, pgoff_t index, bool active, bool used);

/*
 * @page, locked and not yet on a list, comes into the cache.  If it was used, and
 * let go not long ago, it starts out active.
 */
void workingset_arrived(struct page *page);

/* Was page @index of @as let go not long ago, and nobody had used it?  It is not in the cache. */
bool workingset_was_unused(const struct address_space *as, pgoff_t index);

/*
 * Was page @index of @as, which is not in the cache, let go not long ago?  2: it would start out
 * active.  One answer in some hundreds may be about another page.
 */
int workingset_remembers(const struct address_space *as, pgoff_t index);

/* @nr pages came back from swap. */
void workingset_swapped_in(unsigned long nr);

/*
 * How dear it has been lately to take from files, and from anonymous memory: the
 * pages that had to be fetched again, recent ones counting more.
 */
void workingset_costs(unsigned long *file, unsigned long *anon);

/* Grows with each file page that came back and should have stayed. */
unsigned long workingset_file_activations(void);

#endif
