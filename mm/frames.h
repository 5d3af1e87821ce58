// SPDX-License-Identifier: MIT
/*
 * Frames: the buddy allocator with per-hart lists in front.
 */
#ifndef MM_FRAMES_H
#define MM_FRAMES_H

#include <lib/bug.h>
#include <lib/types.h>
#include <mm/page.h>

/* How hard to try, and what for. */
#define GFP_WAIT        0x01U   /* may sleep: reclaim */
#define GFP_FS          0x02U   /* reclaim may write files back, call file systems */
#define GFP_IO          0x04U   /* reclaim may start disk I/O */
#define GFP_ZERO        0x08U   /* filled with zeroes */
#define GFP_RESERVE     0x10U   /* may use the last reserve (writing out, interrupts) */
#define GFP_OOM         0x20U   /* kill a process rather than fail */
#define GFP_NOWARN      0x40U
#define GFP_DYING       0x80U   /* half of the reserve too: who asks is to die, and then frees */

#define GFP_KERNEL      (GFP_WAIT | GFP_FS | GFP_IO)
#define GFP_USER        (GFP_WAIT | GFP_FS | GFP_IO | GFP_OOM)
#define GFP_NOFS        (GFP_WAIT | GFP_IO)
#define GFP_NOIO        (GFP_WAIT)
#define GFP_ATOMIC      (GFP_RESERVE)

#define MAX_ORDER       11      /* blocks up to 2^(MAX_ORDER - 1) pages */

struct boot_info;

/* Build mem_map and the free lists from the boot memory map.  Once, one hart, before all else. */
void frames_init(const struct boot_info *bi);

/* One frame with count 1, or NULL.  Sleeps with GFP_WAIT. */
struct page *alloc_page(unsigned int gfp);

/* 2^order consecutive frames; only the first one's count is 1. */
struct page *alloc_pages(unsigned int order, unsigned int gfp);
void free_pages(struct page *p, unsigned int order);

/* A frame whose count has reached 0 already (page_free_last, page tables). */
void free_page(struct page *p);

/*
 * For a hart that has nothing else to do, on its idle task, interrupts on: zero one more frame
 * ahead of who will want it.  False: there are enough, or memory is not plenty.  Never sleeps.
 */
bool frames_zero_ahead(void);

/* Shorthands that give the direct-map address. */
static inline void *alloc_page_va(unsigned int gfp)
{
	struct page *p = alloc_page(gfp);

	return p ? page_address(p) : NULL;
}
static inline void free_page_va(void *va)
{
	put_page(virt_to_page(va));
}

/*
 * For tests, in debug builds only: asked before each allocation of frames or
 * slab objects; true: it fails.
 */
extern bool (*frames_fail)(void);
static inline bool frames_must_fail(void)
{
	return DEBUG && unlikely(frames_fail) && frames_fail();
}

/* Figures, in pages. */
extern unsigned long frames_total;      /* [c] managed by the allocator */
unsigned long frames_free(void);
/* Free blocks of each order, for /proc/buddyinfo. */
void frames_count_orders(unsigned long nr[MAX_ORDER]);

#endif
