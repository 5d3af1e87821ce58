// SPDX-License-Identifier: MIT
/*
 * Kernel stacks, for mm/ alone; vmalloc.h has the rest.
 */
#ifndef MM_KSTACK_H
#define MM_KSTACK_H

void kstack_init(void);

#endif
