// SPDX-License-Identifier: MIT
/*
 * Level-0 tables that several address spaces have since a fork.
 */
#ifndef MM_PT_SHARE_H
#define MM_PT_SHARE_H

#include <arch/pte.h>
#include <lib/types.h>

struct mm_struct;
struct page;
struct pt_piece;
struct vm_area_struct;

/* May fork share the tables that lie wholly in @vma? */
bool pt_may_share(const struct vm_area_struct *vma);

/*
 * fork: @new, a child of @old, gets the piece of @old whose level-1 entry is
 * @from at its own entry @to.  Both mm->locks for writing; the caller flushes @old.  Not
 * one with blocks: block_unfold() before.
 */
void pt_share(struct mm_struct *old, pte_t *from, struct mm_struct *new, pte_t *to);

/*
 * Make *@entry, if it is shared, a table or huge entry of @mm's own.  Sleeps.
 * mm->lock, or inside the area.  -ENOMEM: it is shared still.
 */
int pt_unshare(struct mm_struct *mm, pte_t *entry);

/* The same for all of [start, end), or for the tables in which it begins and ends. */
int pt_unshare_range(struct mm_struct *mm, vaddr_t start, vaddr_t end);
int pt_unshare_edges(struct mm_struct *mm, vaddr_t start, vaddr_t end);

/* Fill a folded table, whose ptl is held: eviction wants single pages. */
void pt_unfold(struct page *table);

/*
 * Take a whole shared piece out of @mm.  False: nobody else has it any more, and
 * it is a table or huge entry again, to be taken out as such.  @figures: mm->rss
 * is still wanted.
 */
bool pt_share_drop(struct mm_struct *mm, struct pt_piece *p, bool figures);

#endif
