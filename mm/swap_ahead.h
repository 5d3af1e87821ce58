// SPDX-License-Identifier: MIT
/*
 * Pages come back from swap because a program says that it will need them.
 */
#ifndef MM_SWAP_AHEAD_H
#define MM_SWAP_AHEAD_H

#include <lib/types.h>

struct vm_area_struct;

/*
 * Start reading what is away of [start, end) of @vma, until there is no memory for it.
 * mm->lock held for reading.  Sleeps, but not for the disk.
 */
void swap_willneed(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

#endif
