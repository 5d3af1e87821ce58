// SPDX-License-Identifier: MIT
/*
 * Page tables: walking them, growing them, taking them down.
 *
 * Level-0 and level-1 table pages have their own lock (page->ptl); a table
 * page is taken out only under mm->lock for writing, where no area is, or at
 * exit, and freed after glance_wait().
 */
#ifndef MM_PAGETABLE_H
#define MM_PAGETABLE_H

#include <arch/pte.h>
#include <lib/types.h>

struct mm_struct;
struct page;
struct vm_area_struct;

enum pt_mode { PT_FIND, PT_ALLOC };

/*
 * The level-0 entry of @va.  PT_FIND: NULL when there is no table of the address
 * space's own: missing, huge or shared (pt_piece.h); it may be of a block where the area
 * is anonymous.  PT_ALLOC: there is a plain table afterwards; NULL when out of memory.
 * Inside an area that contains @va, or mm->lock held; PT_FIND also in a glance.
 * *table: the page whose ptl guards the entry.
 */
pte_t *pt_walk_find(struct mm_struct *mm, vaddr_t va, struct page **table);
pte_t *pt_walk_alloc(struct mm_struct *mm, vaddr_t va, struct page **table);
static inline pte_t *pt_walk(struct mm_struct *mm, vaddr_t va, enum pt_mode mode,
			     struct page **table)
{
	return mode == PT_FIND ? pt_walk_find(mm, va, table) : pt_walk_alloc(mm, va, table);
}

/* The level-1 entry of @va, whatever stands there; NULL: out of memory.  As pt_walk(PT_ALLOC). */
pte_t *pt_walk_level1(struct mm_struct *mm, vaddr_t va);

/*
 * Hang an empty table at @entry, in which nothing stands, as @made makes it (pte_make_table, or
 * pte_make_blocks at level 1), unless somebody does so first.  False: no memory.
 */
bool pt_hang_table(struct mm_struct *mm, pte_t *entry, pte_t (*made)(unsigned long pfn));

/* The level-0 entry of @va in the kernel half (vmalloc, fixmap): no lock; PT_ALLOC makes tables. */
pte_t *pt_walk_kernel(vaddr_t va, enum pt_mode mode);

/*
 * Remove the pages of [start, end) of @vma, but not guards, flush once, and only then free the
 * frames.  The tables stay.  mm->lock held for reading at least.
 */
void pt_zap_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/*
 * Give the present pages of [start, end) the permission of @vma->vm_prot (writing only where no
 * copy is due).  After pt_unshare_range().
 */
void pt_protect_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/* Copy the entries of @src into @dst for fork, write-protecting private pages.  0 or -ENOMEM. */
int pt_copy_range(struct vm_area_struct *dst, struct vm_area_struct *src);

/* Move entries [old, old + len) of one mm to @new: mremap.  0 or -ENOMEM (what was moved stays). */
int pt_move_range(struct vm_area_struct *vma, vaddr_t old, struct vm_area_struct *new_vma,
		  vaddr_t new_start, size_t len);

#endif
