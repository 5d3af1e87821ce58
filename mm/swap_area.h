// SPDX-License-Identifier: MIT
/*
 * Swap areas from inside: what swap.c, swap_cache.c, swap_io.c, swapon.c and
 * swapoff.c tell one another.
 */
#ifndef MM_SWAP_AREA_H
#define MM_SWAP_AREA_H

#include <kernel/sync.h>
#include <lib/types.h>
#include <mm/address_space.h>
#include <mm/swap.h>
#include <mm/swapon.h>

/*
 * slot_users[]: what is known of a slot.  0: free.  SLOT_FAILED alone: never to be
 * used, because the header says so or because the disk could not.
 */
#define SLOT_USERS      0x3fffU         /* how many entries name it */
#define SLOT_FAILED     0x4000U         /* the disk refused it: not to be given out again */
#define SLOT_CACHED     0x8000U         /* a page of the swap cache is it */

#define CLUSTER         256UL           /* slots looked for together: a long request's worth */

/* [c] constant while the area is on  [s] swap_lock  [a] atomic */
struct swap_area {
	struct address_space as;        /* the swap cache: slot -> page */
	unsigned int type;              /* [c] for ever: index of the area */
	bool on;                        /* [s] exists */
	bool giving;                    /* [s] slots may be given out */
	int prio;                       /* [c] */
	u16 *slot_users;                /* [s] */
	u16 *cluster_free;              /* [s] free slots of each cluster */
	unsigned long *stale;           /* [s] clusters to discard; NULL: not wished */
	unsigned long nr_stale;         /* [s] */
	unsigned long nr_slots;         /* [s] header and bad ones included */
	unsigned long nr_pages;         /* [s] that can be used */
	unsigned long nr_used;          /* [s] */
	unsigned long next;             /* [s] where to look for the next free slot */
	struct swap_device *dev;        /* [c] */
};

extern struct spinlock swap_lock;       /* RANK_SWAP, irqsave: areas and their slots */

/* The area of @s, which may be off by now.  NULL: of none. */
struct swap_area *swap_area_of(swp_t s);

/* The @type-th, or NULL. */
struct swap_area *swap_area_at(unsigned int type);

/* The area of this owner's device that gives slots, or NULL. */
struct swap_area *swap_area_of_owner(const void *owner);

/* Up to @nr free slots, marked SLOT_CACHED, of the area that is due.  How many. */
unsigned int swap_slots_take(swp_t *slots, unsigned int nr);

/* Its page leaves the swap cache. */
void swap_slot_uncache(struct swap_area *a, unsigned long slot);

/* Have the slot cached: it has users, and no page yet.  False: not so. */
bool swap_slot_cache(struct swap_area *a, unsigned long slot);

/* The disk failed at it. */
void swap_slot_failed(struct swap_area *a, unsigned long slot);

/* The extent that has page @at of the device. */
const struct swap_extent *swap_extent_of(const struct swap_device *dev, unsigned long at);

/* swapoff.c: memory for one page more may be taken: 0 or -ENOMEM.  Sleeps. */
int swapoff_room(void);

/* ---- discard ---- */

/* Are there clusters of free slots whose disk does not know? */
bool swap_clusters_stale(void);
/* Take all slots of one from *first on: how many, or 0: there is none.  Give them back. */
unsigned int swap_cluster_take(struct swap_area **a, unsigned long *first);
void swap_cluster_give(struct swap_area *a, unsigned long first, unsigned int nr);

/* swap_discard.c: nothing of it is used yet; have a thread for clusters; it has work. */
void swap_discard_area(const struct swap_area *a);
void swap_discard_start(void);
void swap_discard_wake(void);

/* ---- an area comes and goes ---- */

/* A fresh area, not on yet; NULL: too many. */
struct swap_area *swap_area_new(void);
/* It can be used from now on. */
void swap_area_start(struct swap_area *a);
/* No slot is given out any more.  False: so it was already. */
bool swap_area_stop(struct swap_area *a);
/* Undo that. */
void swap_area_resume(struct swap_area *a);
/* Nothing is used in it: it is off. */
void swap_area_end(struct swap_area *a);

#endif
