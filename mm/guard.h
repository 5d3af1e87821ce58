// SPDX-License-Identifier: MIT
/*
 * Guard pages.
 */
#ifndef MM_GUARD_H
#define MM_GUARD_H

#include <lib/types.h>

struct vm_area_struct;

/* May guards be installed in, or removed from, @vma? */
bool guard_may(const struct vm_area_struct *vma, bool install);

/*
 * For [start, end) of an area that may.  mm->lock for reading; sleep.  -ENOMEM, -EINTR: a part is
 * done.
 */
int guard_install(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);
int guard_remove(struct vm_area_struct *vma, vaddr_t start, vaddr_t end);

#endif
