// SPDX-License-Identifier: MIT
/*
 * Page-table pages: where they come from and go.
 */
#ifndef MM_PT_ALLOC_H
#define MM_PT_ALLOC_H

#include <arch/pte.h>
#include <lib/types.h>
#include <mm/page.h>

/* An empty table page (all entries none), its lock ready; NULL: no memory.  Sleeps. */
struct page *pt_alloc_table(void);

/* A table page, all of whose entries are none again, that no hart can reach. */
void pt_free_table(struct page *table);

/* A root with the kernel half in place / back, its user half empty. */
pte_t *pt_alloc_root(void);
void pt_free_root(pte_t *root);

/* Nothing is kept yet; once at boot. */
void pt_cache_init(void);

/* Give the tables this hart keeps for reuse back to the allocator; returns how many. */
unsigned long pt_cache_drain(void);

static inline pte_t *pt_entries(struct page *table)
{
	return page_address(table);
}

#endif
