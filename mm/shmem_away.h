// SPDX-License-Identifier: MIT
/*
 * Pages of shared memory that are in swap: the other tree of such an
 * address_space.
 */
#ifndef MM_SHMEM_AWAY_H
#define MM_SHMEM_AWAY_H

#include <lib/radix.h>
#include <lib/types.h>
#include <mm/address_space.h>
#include <mm/swap.h>

/* [m] as->lock  [l] the list's lock */
struct shmem_away {
	struct radix_tree slots;        /* [m] index -> slot, as a value */
	unsigned long nr;               /* [m] */
	unsigned long came_back;        /* [m] grows with each page that does */
	struct list_head node;          /* [l] of all, for swapoff */
	struct address_space *as;       /* [c] */
};

/* Pages of the file that exist, in memory or not. */
static inline unsigned long shmem_nr_pages(const struct address_space *as)
{
	const struct shmem_away *away = READ_ONCE(as->away);

	return READ_ONCE(as->nr_pages) + (away ? READ_ONCE(away->nr) : 0);
}

/*
 * Reclaim: the locked page, in no PTE, gets a slot and moves to the swap cache,
 * dirty.  False: it stays; there is no room, or somebody holds it.
 */
bool shmem_swap_out(struct page *page);

/* Is the page in swap now? */
bool shmem_is_away(struct address_space *as, pgoff_t index);

/* Nothing need be read from the disk for it: what was away is in the swap cache. */
bool shmem_is_read(struct address_space *as, pgoff_t index);

/*
 * Have the page back if it is in swap: 1 it is, 0 it was not; -EIO, -ENOMEM, -EINTR.
 * Sleeps.  Beyond the end of the file nothing comes back.
 */
int shmem_bring_in(struct address_space *as, pgoff_t index, unsigned int gfp);

/*
 * The page of f->addr, of shared memory, is in swap: leave the area and have it back.  As
 * shmem_bring_in().
 */
int shmem_leave_and_bring_in(struct fault *f);

/*
 * Forget what is away of [first, last].  True: a page came back since
 * shmem_came_back() said @seen, so look for it among the pages again.
 */
bool shmem_away_drop(struct address_space *as, pgoff_t first, pgoff_t last, unsigned long seen);
static inline unsigned long shmem_came_back(const struct address_space *as)
{
	const struct shmem_away *away = READ_ONCE(as->away);

	return away ? READ_ONCE(away->came_back) : 0;
}

/* swapoff: bring everything back that is on area @type. */
int shmem_empty_area(unsigned int type);

/* How many of [first, last] are away. */
unsigned long shmem_count_away(struct address_space *as, pgoff_t first, pgoff_t last);

/* The next index at or behind *index that is away; false: none. */
bool shmem_next_away(struct address_space *as, pgoff_t *index);
/* The same up to @last, and where it is. */
bool shmem_next_slot(struct address_space *as, pgoff_t *index, pgoff_t last, swp_t *s);

/* ---- for filemap.c ---- */

/*
 * as->lock held.  May a page be put at @index?  -EEXIST: it is away; with @from,
 * -ENOENT unless it is away there.
 */
int shmem_away_check(struct address_space *as, pgoff_t index, const swp_t *from);
/* as->lock held: it is back. */
void shmem_away_forget(struct address_space *as, pgoff_t index);
/* Before the address_space goes: swapoff does not find it any more; and its memory. */
void shmem_away_unlist(struct address_space *as);
void shmem_away_destroy(struct address_space *as);

#endif
