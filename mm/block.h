// SPDX-License-Identifier: MIT
/*
 * Anonymous memory in blocks of 64 KiB.
 */
#ifndef MM_BLOCK_H
#define MM_BLOCK_H

#include <arch/pte.h>
#include <lib/types.h>
#include <mm/fault.h>

struct mm_struct;
struct page;
struct pt_piece;

#define BLOCK_ORDER     4
#define BLOCK_SIZE      (PAGE_SIZE << BLOCK_ORDER)
_Static_assert(1U << BLOCK_ORDER == PT_BLOCK, "the frames of a block");

/* The end of huge_fault() where harts know blocks: @entry is the level-1 entry of f->addr. */
enum fault_result block_fault(struct fault *f, pte_t *entry);

/* Its table's ptl held: make the block at @first single pages / take it out; its first page. */
void block_split(pte_t *first);
struct page *block_take(pte_t *first);

/* No part of [va, end), in a piece that may have blocks, is of one.  Its table. */
struct page *block_split_range(struct mm_struct *mm, const struct pt_piece *p, vaddr_t va,
			       vaddr_t end);

/*
 * Make a plain table of *@entry, which maps @base on; not if it is something else by now.
 * Never fails.  block_unfold_held(): mm->tables_lock is held.
 */
void block_unfold(struct mm_struct *mm, pte_t *entry, vaddr_t base);
void block_unfold_held(struct mm_struct *mm, pte_t *entry, vaddr_t base);

#endif
