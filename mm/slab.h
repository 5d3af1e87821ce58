// SPDX-License-Identifier: MIT
/*
 * Slab caches: objects of one size, and kmalloc on top of them.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <lib/types.h>
#include <mm/frames.h>

struct kmem_cache;

void slab_init(void);

/*
 * @name stays referenced; @align 0: natural (8).  Never fails during boot; NULL later when out of
 * memory.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align);
/* A shrinker can empty it, so its slabs count as such.  Before the first allocation. */
void kmem_cache_is_reclaimable(struct kmem_cache *c);
void *kmem_cache_alloc(struct kmem_cache *c, unsigned int gfp);
void kmem_cache_free(struct kmem_cache *c, void *obj);

/*
 * Any size; large ones (> 8 KiB) come as whole pages, larger than 256 KiB from vmalloc through
 * kvmalloc only.
 */
void *kmalloc(size_t size, unsigned int gfp);
static inline void *kzalloc(size_t size, unsigned int gfp) { return kmalloc(size, gfp | GFP_ZERO); }
void *kcalloc(size_t n, size_t size, unsigned int gfp);         /* zeroed; NULL on overflow */
void kfree(const void *p);              /* NULL is fine */
char *kstrdup(const char *s, unsigned int gfp);
char *kstrndup(const char *s, size_t n, unsigned int gfp);

void *kvmalloc(size_t size, unsigned int gfp);
void kvfree(const void *p);

/*
 * Give empty slabs back; returns pages freed.  _here leaves alone what other
 * harts keep: interrupting them all is dear.
 */
unsigned long slab_shrink(void);
unsigned long slab_shrink_here(void);

struct slab_stat {
	const char *name;
	unsigned long active, total, size, per_slab, pages_per_slab, slabs;
};
/* The @i-th cache for /proc/slabinfo; false past the last. */
bool slab_stat(unsigned int i, struct slab_stat *st);
/* Pages held by slabs. */
unsigned long slab_pages(void);

#endif
