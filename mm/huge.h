// SPDX-License-Identifier: MIT
/*
 * Anonymous memory in pieces of 2 MiB.
 */
#ifndef MM_HUGE_H
#define MM_HUGE_H

#include <arch/pte.h>
#include <lib/types.h>
#include <mm/fault.h>

struct mm_struct;
struct page;
struct pt_gather;
struct pt_piece;
struct vm_area_struct;

#define HUGE_ORDER      PT_BITS
#define HUGE_SIZE       PT_SPAN(1)

/* May memory of [start, end) with these VM_ flags be huge at all?  For private anonymous areas. */
static inline bool huge_eligible(vaddr_t start, vaddr_t end, unsigned long flags)
{
	vaddr_t first = ALIGN_UP(start, HUGE_SIZE);

	return !(flags & (VM_NOHUGEPAGE | VM_GROWSDOWN | VM_SHARED | VM_PFNMAP | VM_IO)) &&
	       first >= start && first < end && end - first >= HUGE_SIZE;
}

/*
 * No level-0 table maps f->addr.  FAULT_DONE: with f->pte NULL the fault is
 * resolved; else f->pte and f->table are the entry to go on with.
 */
enum fault_result huge_fault(struct fault *f);

/*
 * Make a table of the huge entry *@entry, which maps @va on; not if it is something
 * else by now.  Never fails.  huge_split_held(): mm->tables_lock is held.
 */
void huge_split(struct mm_struct *mm, pte_t *entry, vaddr_t va);
void huge_split_held(struct mm_struct *mm, pte_t *entry, vaddr_t va);

/* Tables laid by for huge entries, by the level-1 table of @entry.  mm->tables_lock held. */
void huge_lay_by(pte_t *entry, struct page *table);
struct page *huge_take_laid_by(pte_t *entry);

/* Take a whole huge piece out; its pages go with the gather. */
void huge_zap(struct pt_gather *g, struct pt_piece *p);

/* The pages of a huge entry that is gone, in @page and behind it, when no hart can reach them. */
void huge_put_pages(struct page *page);

/* One that is not huge any more / is: for AnonHugePages. */
void huge_count(long n);

#endif
