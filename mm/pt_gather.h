// SPDX-License-Identifier: MIT
/*
 * Taking pages out of page tables: gathered, flushed once, and only then
 * freed, so that no hart can reach a frame that is somebody else's already.
 *
 *	pt_gather_begin(&g, mm, start, end);
 *	pt_zap(&g, vma, start, end);            any number of times
 *	pt_unhook_tables(&g, ...);
 *	pt_gather_end(&g);                      flush, free
 *
 * A full gather flushes and frees by itself.  Nothing here
 * sleeps; end takes no lock that ranks below the page-table locks.
 */
#ifndef MM_PT_GATHER_H
#define MM_PT_GATHER_H

#include <lib/types.h>
#include <mm/mm.h>

struct page;
struct vm_area_struct;

#define GATHER_INLINE   24

struct pt_gather {
	struct mm_struct *mm;
	vaddr_t start, end;             /* to flush; empty: start >= end */
	vaddr_t from, to;               /* everything in this range goes, in one call or more */
	bool all;                       /* that is, the whole address space */
	bool keeps_guards;              /* the areas stay, and so do guards (guard.h) */
	struct page *tables;            /* unhooked table pages, chained by pt_laid_by */
	struct page **pages;            /* low bits: what is to be done for it (zap.c) */
	unsigned int nr, max;
	long rss[NR_MM_COUNTERS];       /* to take off */
	long unmapped_anon;             /* pages that no PTE names any more */
	long unmapped_file;
	struct page *extra;             /* a whole page for pages[] */
	struct page *inline_pages[GATHER_INLINE];
};

/* Nothing is gathered. */
static inline void pt_gather_empty(struct pt_gather *g)
{
	unsigned int i;

	g->start = ~0UL;
	g->end = 0;
	g->nr = 0;
	g->unmapped_anon = 0;
	g->unmapped_file = 0;
	for (i = 0; i < NR_MM_COUNTERS; i++)
		g->rss[i] = 0;
}

/* All that [from, to) maps is to go; it may be done area by area. */
static inline void pt_gather_begin(struct pt_gather *g, struct mm_struct *mm, vaddr_t from,
				   vaddr_t to)
{
	g->mm = mm;
	g->from = from;
	g->to = to;
	g->all = false;
	g->keeps_guards = false;
	g->tables = NULL;
	g->extra = NULL;
	g->pages = g->inline_pages;
	g->max = GATHER_INLINE;
	pt_gather_empty(g);
}

void pt_gather_finish(struct pt_gather *g);
static inline void pt_gather_end(struct pt_gather *g)
{
	if (g->tables || g->start < g->end || g->extra)
		pt_gather_finish(g);
}

/* The huge entry of @va is gone, @page its first; @unmapped of them are named by no PTE now. */
void pt_gather_huge(struct pt_gather *g, struct page *page, vaddr_t va, long unmapped);

/* What of [va, end) one level-1 entry maps; where to go on. */
vaddr_t pt_zap_piece(struct pt_gather *g, vaddr_t va, vaddr_t end);

/*
 * Remove the pages of [start, end), a part of @vma.  Tables that others share lie
 * wholly in the gather's range: pt_unshare_edges() before.
 */
static inline void pt_zap(struct pt_gather *g, struct vm_area_struct *vma, vaddr_t start,
			  vaddr_t end)
{
	assert_held(&g->mm->lock);
	while (start < end)
		start = pt_zap_piece(g, start, end);
}

/*
 * Take the tables out that only serve [start, end), which no area covers any
 * more; the neighbours end at @floor and start at @ceiling.  The areas have left
 * their files' lists.  mm->lock for writing.
 */
void pt_unhook_tables(struct pt_gather *g, vaddr_t start, vaddr_t end, vaddr_t floor,
		      vaddr_t ceiling);

#endif
