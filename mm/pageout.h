// SPDX-License-Identifier: MIT
/*
 * MADV_PAGEOUT.
 */
#ifndef MM_PAGEOUT_H
#define MM_PAGEOUT_H

#include <lib/types.h>

struct vm_area_struct;

/* Reclaim the pages of [start, end) now, those that no other process has.  mm->lock held. */
void page_out(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

#endif
