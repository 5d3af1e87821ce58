// SPDX-License-Identifier: MIT
/*
 * Faulting pages in on purpose; see also mm_populate() in mmap.h.
 */
#ifndef MM_POPULATE_H
#define MM_POPULATE_H

#include <kernel/entry.h>
#include <lib/types.h>

struct mm_struct;

/* Fault in all of [start, end) for @access.  -EFAULT, -ENOMEM, -EINTR at the first that fails. */
int mm_fault_range(struct mm_struct *mm, vaddr_t start, vaddr_t end, enum fault_access access);

/* The locked areas of [start, end), as mlock would have them. */
void mm_populate_locked(struct mm_struct *mm, vaddr_t start, vaddr_t end);

#endif
