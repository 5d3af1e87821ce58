// SPDX-License-Identifier: MIT
/*
 * Where page tables and the rest of mm meet swap.
 *
 * A page that is away is named by a slot of a swap area.  A PTE of it is a swap
 * entry; each such entry is a user of the slot.  While a page is on its way, or
 * equals its slot still, it is in the swap cache (swap_cache.h) as well.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include <arch/pte.h>
#include <lib/bug.h>
#include <lib/types.h>
#include <mm/fault.h>
#include <mm/page.h>

/* A slot: which area, which page of it. */
typedef struct {
	unsigned long v;
} swp_t;

#define SWAP_TYPE_BITS  5
#define SWAP_AREAS_MAX  29      /* as many as Linux with its usual options */
#define SWAP_TYPE_GUARD 29      /* no page at all: an access is SIGSEGV (guard.h) */
#define SWAP_TYPE_POISON 30     /* no page at all: an access is SIGBUS (UFFDIO_POISON) */
#define SWAP_TYPE_LOST  31      /* no area: what was there could not be read when it went */

static inline swp_t swp_make(unsigned int type, unsigned long slot)
{
	return (swp_t){ slot << SWAP_TYPE_BITS | type };
}
static inline unsigned int swp_type(swp_t s) { return s.v & (BIT(SWAP_TYPE_BITS) - 1); }
static inline unsigned long swp_slot(swp_t s) { return s.v >> SWAP_TYPE_BITS; }

static inline swp_t pte_to_swp(pte_t e)
{
	return swp_make(pte_swap_type(e), pte_swap_offset(e));
}
static inline pte_t swp_to_pte(swp_t s)
{
	return pte_make_swap(swp_type(s), swp_slot(s));
}

/* Marks in a PTE that are no page: nothing is counted, and nobody brings them in. */
static inline bool pte_guard(pte_t e)
{
	return pte_swap(e) && pte_swap_type(e) == SWAP_TYPE_GUARD;
}
static inline bool pte_poison(pte_t e)
{
	return pte_swap(e) && pte_swap_type(e) == SWAP_TYPE_POISON;
}

/* Pages in swap (MM_SWAPENTS) that an entry which is not present stands for. */
static inline long pte_swapped(pte_t e)
{
	return pte_swap_type(e) - SWAP_TYPE_GUARD > SWAP_TYPE_POISON - SWAP_TYPE_GUARD;
}

/* ---- swap.c ---- */

/* A user of the slot less; with the last one the slot, and its cached page, are free. */
void swap_free(swp_t s);

/* One more.  False: the slot has as many as can be counted. */
bool swap_dup(swp_t s);

/* The entry is gone (munmap, exit). */
static inline void swap_free_entry(pte_t e)
{
	assert(pte_swap(e));
	swap_free(pte_to_swp(e));
}

/* fork copies it.  False: it cannot be copied. */
static inline bool swap_dup_entry(pte_t e)
{
	return swap_dup(pte_to_swp(e));
}

/* PTEs (and places of shared memory) that name the slot. */
unsigned int swap_users(swp_t s);

extern unsigned int sysctl_page_cluster;        /* /proc/sys/vm/page-cluster */

/* Pages, for meminfo, sysinfo and the balance of reclaim. */
unsigned long swap_total(void);
unsigned long swap_unused(void);

/* How often an area has begun to give slots, or begun again: what was full may not be any more. */
unsigned long swap_starts(void);

/*
 * A slot is kept for a page that is back in memory: less than half of all swap
 * is used, and the area of @s is not being emptied.
 */
bool swap_keeps(swp_t s);

/* ---- swap_fault.c ---- */

/* The program touched it: the PTE is a swap entry. */
enum fault_result swap_fault(struct fault *f);

/*
 * Have @page, which a PTE names whose lock is held, leave the swap cache, if
 * that PTE is then all there is.  True: it is the process' own now.
 */
bool swap_reuse(struct page *page);

/* put_page() by who has taken out a PTE of @page, after the flush; not for PG_swapcache only. */
void swap_put_unmapped(struct page *page);
static inline void put_unmapped_page(struct page *page)
{
	if (unlikely(page_test(page, PG_swapcache)))
		swap_put_unmapped(page);
	else
		put_page(page);
}

#endif
