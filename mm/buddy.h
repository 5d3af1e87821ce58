// SPDX-License-Identifier: MIT
/*
 * The buddy free lists behind frames.c, which is their only caller but for the
 * watermarks, read by reclaim.c and filemap_fault.c.
 */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include <kernel/sync.h>
#include <lib/types.h>
#include <mm/frames.h>

struct boot_info;

extern struct spinlock buddy_lock;      /* RANK_FRAMES, irqsave: free lists and sections */

/* Lay mem_map out and learn which frames are ours.  Touches no free frame. */
void buddy_init(const struct boot_info *bi);

/* The head of 2^order consecutive free frames, or NULL.  buddy_lock held. */
struct page *buddy_take(unsigned int order);

/* Give them back.  buddy_lock held. */
void buddy_give(struct page *p, unsigned int order);

/* Free frames here, those of sections not yet opened included.  A hint without the lock. */
unsigned long buddy_free(void);
void buddy_count_orders(unsigned long nr[MAX_ORDER]);

/*
 * Watermarks in frames: below min only GFP_RESERVE goes on; below low the
 * reclaim thread wakes; it stops above high.
 */
unsigned long frames_min(void);
unsigned long frames_low(void);
unsigned long frames_high(void);

#endif
