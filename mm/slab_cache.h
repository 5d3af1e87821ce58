// SPDX-License-Identifier: MIT
/*
 * A slab cache from inside: for slab.c and kmalloc.c.
 */
#ifndef MM_SLAB_CACHE_H
#define MM_SLAB_CACHE_H

#include <arch/cpu.h>
#include <kernel/sync.h>
#include <lib/list.h>
#include <mm/vmstat.h>
#include <lib/types.h>

struct slab_hart {
	void *free;             /* objects linked through their first word */
	unsigned int nr;
};

/* [c] constant  [h] the hart, interrupts off  [l] lock */
struct kmem_cache {
	const char *name;               /* [c] */
	size_t object_size;             /* [c] as asked for */
	size_t size;                    /* [c] from one object to the next */
	size_t redzone;                 /* [c] offset of the red zone; 0: none */
	unsigned int order;             /* [c] of a slab */
	unsigned int per_slab;          /* [c] objects */
	unsigned int batch;             /* [c] moved between a hart and the slabs at once */
	enum vmstat_item stat;          /* [c] where its pages count */
	struct list_head node;          /* [c] in the list of all caches */
	struct spinlock lock;           /* RANK_SLAB */
	struct list_head partial;       /* [l] slabs with a free object, empty ones last */
	unsigned int nr_empty;          /* [l] slabs on partial without an object in use */
	unsigned long nr_slabs;         /* [l] */
	unsigned long inuse;            /* [l] objects handed out or kept by harts */
	struct slab_hart hart[NR_HARTS_MAX];    /* [h] */
};

/* A cache in the caller's memory. */
void kmem_cache_setup(struct kmem_cache *c, const char *name, size_t size, size_t align);
void kmalloc_init(void);

#endif
