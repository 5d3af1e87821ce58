// SPDX-License-Identifier: MIT
/*
 * The vmalloc range: who has which part, and frames mapped into it.
 *
 *	VMALLOC_START        VMALLOC_BLOCKS_END      VMALLOC_END
 *	| blocks of vmalloc()        | kernel stacks         |
 */
#ifndef MM_VMAP_H
#define MM_VMAP_H

#include <arch/page.h>
#include <arch/thread.h>
#include <lib/types.h>

/* A stack's slot: its guard page, then the stack. */
#define KSTACK_SLOT             (KSTACK_SIZE + PAGE_SIZE)
#define KSTACKS_MAX             32768UL
#define VMALLOC_BLOCKS_END      (VMALLOC_END - KSTACKS_MAX * KSTACK_SLOT)

/*
 * Fresh frames at [start, start + nr pages), none of them mapped before.  Sleeps.  0, or -ENOMEM:
 * none is.
 */
int vmap_frames(vaddr_t start, unsigned long nr, unsigned int gfp);

/* Unmap and free them.  Does not sleep; interrupts on. */
void vunmap_frames(vaddr_t start, unsigned long nr);

#endif
