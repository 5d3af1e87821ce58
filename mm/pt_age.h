// SPDX-License-Identifier: MIT
/*
 * Advice to reclaim, written into page-table entries.
 */
#ifndef MM_PT_AGE_H
#define MM_PT_AGE_H

#include <lib/types.h>

struct vm_area_struct;

/* The pages of [start, end) were not used lately: MADV_COLD.  mm->lock for reading. */
void pt_mark_old(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/* The same for shared pages too: /proc/PID/clear_refs. */
void pt_mark_unused(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

/*
 * The contents of [start, end) may be thrown away until they are written
 * again: MADV_FREE.  Such a page has PG_swapbacked clear and a clean PTE; the
 * hart's dirty bit is how a later write keeps it.
 */
void pt_mark_free(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

#endif
