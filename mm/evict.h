// SPDX-License-Identifier: MIT
/*
 * Anonymous pages go to swap: found through page tables.
 */
#ifndef MM_EVICT_H
#define MM_EVICT_H

#include <lib/types.h>

struct mm_struct;
struct vm_area_struct;

/* What a scan is for, and what came of it. */
struct evict {
	unsigned long scan;     /* pages to look at; counts down */
	unsigned long wanted;   /* pages */
	unsigned long freed;    /* frames given back */
	unsigned long started;  /* pages being written: their frames follow */
	unsigned long scanned;  /* pages looked at */
	bool even_young;        /* nothing else is left */
};

/*
 * Move the clock hand over the page tables of all processes: pages that were
 * not used since it last passed go.  Starts writes; waits for none of them, nor
 * for memory.  No spinlock is held; mm->lock may be, and any page lock.
 */
void evict_anon(struct evict *e);

/* The anonymous pages of [start, end) that no other process has.  mm->lock held. */
void evict_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/* The areas of @mm are gone: the hand moves on. */
void evict_forget(struct mm_struct *mm);

#endif
