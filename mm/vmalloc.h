// SPDX-License-Identifier: MIT
/*
 * Kernel memory that is contiguous in addresses only, with an unmapped guard
 * page after each block; and kernel stacks, guarded below.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include <lib/types.h>

void vmalloc_init(void);

/* Zeroed; sleeps.  NULL when out of memory. */
void *vmalloc(size_t size);
void vfree(const void *p);

/*
 * KSTACK_SIZE bytes with an unmapped page below; the lowest usable address.  Recently freed ones
 * are kept per hart.
 */
void *kstack_alloc(void);
void kstack_free(void *stack);

/* Pages in use, for /proc/meminfo. */
unsigned long vmalloc_pages(void);

#endif
