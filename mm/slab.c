// SPDX-License-Identifier: MIT
/*
 * Slab: caches of objects of one size.
 *
 * A slab is a block of frames cut into objects; its free objects are a list
 * threaded through the objects themselves.  In front of the slabs every hart
 * keeps a short list of free objects of each cache, filled and emptied a batch
 * at a time, so that the usual alloc and free are a pop and a push.
 *
 *	hart 0: o → o → o		slab_alloc, slab_free
 *	hart 1: o → o			   ⇅ a batch
 *	partial: [oo·o] ⇄ [o··o]	slabs with a free object; full ones are on no list
 *
 * With DEBUG a free object holds a pattern after its link, and ends with a red
 * zone: writing after free, writing past the end, and freeing twice panic.
 *
 * Always true:  slab_inuse counts the objects not on the slab's own list, those
 *               kept by harts included; every frame of a slab has PG_slab and
 *               slab_cache, and all but the first are SLAB_TAIL, with the head
 *               in slab_free.
 * Lock:         interrupts off for a hart's list; cache->lock behind it
 *               (irqsave: interrupts free objects).
 */
#include <mm/slab.h>

#include <kernel/sync.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab_cache.h>
#include <mm/vmstat.h>

#define SLAB_TAIL       (~0U)
#define SLAB_MAX_ORDER  3
#define EMPTY_KEPT      1               /* empty slabs that a cache keeps */
#define POISON          0x6b
#define REDZONE         0xfa11f00dfa11f00dUL
#define REDZONE_SIZE    sizeof(unsigned long)

static struct kmem_cache cache_cache;
static LIST_HEAD(caches);
static struct spinlock caches_lock = SPINLOCK_INIT(RANK_LEAF);

static __noinline void *hart_refill(struct kmem_cache *c, unsigned int gfp);
static __noinline void hart_flush(struct kmem_cache *c, struct slab_hart *h, unsigned int keep);
static struct page *slab_grow(struct kmem_cache *c, unsigned int gfp);
static void slab_put_object(struct kmem_cache *c, void *obj);
static unsigned long slab_release_empty(struct kmem_cache *c, unsigned int keep);
static void debug_freed(struct kmem_cache *c, void *obj);
static void debug_alloced(struct kmem_cache *c, void *obj);

/* ---- caches ---- */

/*
 * The smallest slab that wastes no more than an eighth; or a quarter of one frame, since single
 * frames can always be had.
 */
static unsigned int slab_order(size_t size)
{
	unsigned int order = 0;

	while (order < SLAB_MAX_ORDER) {
		size_t bytes = PAGE_SIZE << order;

		if (bytes >= size && bytes % size <= bytes / (order ? 8 : 4))
			break;
		order++;
	}
	return order;
}

void kmem_cache_setup(struct kmem_cache *c, const char *name, size_t size, size_t align)
{
	size_t real = max(size, sizeof(void *));
	bool redzone = DEBUG && real <= 1024;

	align = max(align, sizeof(void *));
	real = ALIGN_UP(real, sizeof(void *));
	memset(c, 0, sizeof(*c));
	spin_lock_init(&c->lock, RANK_SLAB);
	INIT_LIST_HEAD(&c->partial);
	c->name = name;
	c->stat = VMSTAT_nr_slab_unreclaimable;
	c->redzone = redzone ? real : 0;
	c->object_size = size;
	c->size = ALIGN_UP(real + (redzone ? REDZONE_SIZE : 0), align);
	c->order = slab_order(c->size);
	c->per_slab = (PAGE_SIZE << c->order) / c->size;
	c->batch = clamp((unsigned int)(2048 / c->size), 2U, 16U);

	spin_lock(&caches_lock);
	list_add_tail(&c->node, &caches);
	spin_unlock(&caches_lock);
}

void slab_init(void)
{
	INIT_LIST_HEAD(&caches);
	kmem_cache_setup(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), CACHE_LINE);
	kmalloc_init();
}

void kmem_cache_is_reclaimable(struct kmem_cache *c)
{
	assert(!c->nr_slabs);
	c->stat = VMSTAT_nr_slab_reclaimable;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *c = kmem_cache_alloc(&cache_cache, GFP_KERNEL);

	if (c)
		kmem_cache_setup(c, name, size, align);
	return c;
}

/* ---- alloc and free ---- */

void *kmem_cache_alloc(struct kmem_cache *c, unsigned int gfp)
{
	unsigned long flags;
	struct slab_hart *h;
	void *obj;

	if (frames_must_fail())
		return NULL;
	flags = irq_save();
	h = &c->hart[hart_id()];
	obj = h->free;
	if (likely(obj)) {
		h->free = *(void **)obj;
		h->nr--;
		irq_restore(flags);
	} else {
		irq_restore(flags);
		obj = hart_refill(c, gfp);
		if (!obj)
			return NULL;
	}
	if (DEBUG)
		debug_alloced(c, obj);
	if (gfp & GFP_ZERO)
		memset(obj, 0, c->object_size);
	return obj;
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	unsigned long flags;
	struct slab_hart *h;

	if (DEBUG)
		debug_freed(c, obj);
	flags = irq_save();
	h = &c->hart[hart_id()];
	*(void **)obj = h->free;
	h->free = obj;
	if (unlikely(++h->nr > 2 * c->batch))
		hart_flush(c, h, c->batch);
	irq_restore(flags);
}

/* ---- between the hart's list and the slabs ---- */

/* Take up to a batch of objects off the partial slabs.  c->lock held. */
static void *take_batch(struct kmem_cache *c, struct slab_hart *h)
{
	void *first = NULL;

	for (unsigned int n = 0; n < c->batch && !list_empty(&c->partial); n++) {
		struct page *p = list_first_entry(&c->partial, struct page, lru);
		void *obj = p->slab_free;

		if (!p->slab_inuse)
			c->nr_empty--;
		p->slab_free = *(void **)obj;
		p->slab_inuse++;
		c->inuse++;
		if (!p->slab_free)
			list_del_init(&p->lru);
		if (!first) {
			first = obj;
			continue;
		}
		*(void **)obj = h->free;
		h->free = obj;
		h->nr++;
	}
	return first;
}

static void *hart_refill(struct kmem_cache *c, unsigned int gfp)
{
	unsigned long flags;
	struct page *slab;
	void *obj;

	for (;;) {
		flags = spin_lock_irqsave(&c->lock);
		obj = take_batch(c, &c->hart[hart_id()]);
		spin_unlock_irqrestore(&c->lock, flags);
		if (obj)
			return obj;

		slab = slab_grow(c, gfp & ~GFP_ZERO);
		if (!slab)
			return NULL;
		flags = spin_lock_irqsave(&c->lock);
		list_add(&slab->lru, &c->partial);
		c->nr_slabs++;
		c->nr_empty++;
		spin_unlock_irqrestore(&c->lock, flags);
	}
}

/* A new slab, all objects free, on no list.  May sleep. */
static struct page *slab_grow(struct kmem_cache *c, unsigned int gfp)
{
	struct page *head = alloc_pages(c->order, gfp);
	char *base;

	if (!head)
		return NULL;
	base = page_address(head);
	for (unsigned int i = 0; i < 1U << c->order; i++) {
		struct page *p = head + i;

		p->flags = BIT(PG_slab);
		p->slab_cache = c;
		p->slab_inuse = i ? SLAB_TAIL : 0;
		p->slab_free = i ? (void *)head : base;
	}
	for (unsigned int i = 0; i < c->per_slab; i++) {
		char *obj = base + i * c->size;

		if (DEBUG)
			debug_freed(c, memset(obj, 0, c->size));
		*(void **)obj = i + 1 < c->per_slab ? obj + c->size : NULL;
	}
	vmstat_add(c->stat, 1L << c->order);
	return head;
}

/* Leave @keep objects on the hart's list.  Interrupts off. */
static void hart_flush(struct kmem_cache *c, struct slab_hart *h, unsigned int keep)
{
	unsigned int spare;

	spin_lock(&c->lock);
	while (h->nr > keep) {
		void *obj = h->free;

		h->free = *(void **)obj;
		h->nr--;
		slab_put_object(c, obj);
	}
	spare = c->nr_empty;
	spin_unlock(&c->lock);
	if (spare > EMPTY_KEPT)
		slab_release_empty(c, EMPTY_KEPT);
}

/* c->lock held. */
static void slab_put_object(struct kmem_cache *c, void *obj)
{
	struct page *p = virt_to_page(obj);

	if (p->slab_inuse == SLAB_TAIL)
		p = p->slab_free;
	if (!p->slab_free)
		list_add(&p->lru, &c->partial);
	*(void **)obj = p->slab_free;
	p->slab_free = obj;
	c->inuse--;
	if (!--p->slab_inuse) {
		list_move_tail(&p->lru, &c->partial);   /* taken last, found first below */
		c->nr_empty++;
	}
}

/* Give empty slabs back to the frames, but @keep; frames freed. */
static unsigned long slab_release_empty(struct kmem_cache *c, unsigned int keep)
{
	unsigned long freed = 0, flags = spin_lock_irqsave(&c->lock);
	struct page *p, *tmp;
	LIST_HEAD(gone);

	list_for_each_entry_reverse(p, &c->partial, lru) {
		if (p->slab_inuse || c->nr_empty <= keep)
			break;
		c->nr_empty--;
		c->nr_slabs--;
		freed += 1UL << c->order;
		tmp = list_next_entry(p, lru);
		list_move(&p->lru, &gone);
		p = tmp;
	}
	spin_unlock_irqrestore(&c->lock, flags);

	list_for_each_entry_safe(p, tmp, &gone, lru) {
		for (unsigned int i = 0; i < 1U << c->order; i++) {
			p[i].flags = 0;
			p[i].slab_inuse = 0;
		}
		free_pages(p, c->order);
	}
	vmstat_add(c->stat, -(long)freed);
	return freed;
}

/* ---- giving back, and figures ---- */

static void flush_this_hart(void *unused)
{
	unsigned long flags = irq_save();
	struct kmem_cache *c;

	list_for_each_entry(c, &caches, node)
		hart_flush(c, &c->hart[hart_id()], 0);
	irq_restore(flags);
}

/*
 * Caches are only ever added, at the end and complete, so walking them needs no
 * lock.
 */
unsigned long slab_shrink(void)
{
	ipi_call_others(flush_this_hart, NULL);
	return slab_shrink_here();
}

unsigned long slab_shrink_here(void)
{
	unsigned long freed = 0;
	struct kmem_cache *c;

	flush_this_hart(NULL);
	list_for_each_entry(c, &caches, node)
		freed += slab_release_empty(c, 0);
	return freed;
}

bool slab_stat(unsigned int i, struct slab_stat *st)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &caches, node) {
		if (i--)
			continue;
		*st = (struct slab_stat){
			.name = c->name, .active = c->inuse, .total = c->nr_slabs * c->per_slab,
			.size = c->size, .per_slab = c->per_slab,
			.pages_per_slab = 1UL << c->order, .slabs = c->nr_slabs,
		};
		return true;
	}
	return false;
}

unsigned long slab_pages(void)
{
	return vmstat_read(VMSTAT_nr_slab_reclaimable) +
	       vmstat_read(VMSTAT_nr_slab_unreclaimable);
}

/* ---- debug ---- */

static unsigned long *redzone_of(struct kmem_cache *c, void *obj)
{
	return (unsigned long *)((char *)obj + c->redzone);
}

/* Check the object that comes back, and fill it.  A first filling finds zeroes. */
static void debug_freed(struct kmem_cache *c, void *obj)
{
	struct page *p = virt_to_page(obj);
	size_t len = c->redzone ? c->redzone : c->size;

	if (!page_test(p, PG_slab) || p->slab_cache != c)
		panic("%s: free of %p, which is not its own", c->name, obj);
	if (c->redzone) {
		unsigned long zone = *redzone_of(c, obj);

		if (zone == ~REDZONE)
			panic("%s: %p freed twice", c->name, obj);
		if (zone && zone != REDZONE)
			panic("%s: written past the end of %p: %#lx", c->name, obj, zone);
		*redzone_of(c, obj) = ~REDZONE;
	}
	memset(obj, POISON, len);
}

static void debug_alloced(struct kmem_cache *c, void *obj)
{
	size_t len = c->redzone ? c->redzone : c->size;
	const u8 *bytes = obj;

	if (c->redzone) {
		if (*redzone_of(c, obj) != ~REDZONE)
			panic("%s: red zone of free %p written", c->name, obj);
		*redzone_of(c, obj) = REDZONE;
	}
	for (size_t i = sizeof(void *); i < len; i++)
		if (bytes[i] != POISON)
			panic("%s: %p written after free, byte %zu is %#x", c->name, obj, i,
			      bytes[i]);
}
