// SPDX-License-Identifier: MIT
/*
 * Growth of areas that grow down.
 */
#ifndef MM_STACK_H
#define MM_STACK_H

#include <lib/types.h>

struct mm_struct;

/*
 * Grow the area above @addr, if it is of that kind, down to it.  0: @addr is
 * in an area now; -ENOMEM: limit, guard gap, or no memory.  Takes mm->lock.
 */
int stack_grow(struct mm_struct *mm, vaddr_t addr);

#endif
