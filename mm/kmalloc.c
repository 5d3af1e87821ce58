// SPDX-License-Identifier: MIT
/*
 * kmalloc: memory of any size.
 *
 * Up to 8 KiB from a slab cache of the next size class; larger blocks are whole
 * frames whose order is in the first one's index; kvmalloc goes on to vmalloc
 * where no such run of frames can be had.  kfree asks the frame which it was.
 *
 * Class sizes are powers of two and the halves between, which bounds the waste
 * to a third.
 */
#include <mm/slab.h>

#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab_cache.h>
#include <mm/vmalloc.h>
#include <mm/vmstat.h>

#define NR_CLASSES      14
#define SMALL_MAX       1024            /* sizes below are looked up, above searched for */
#define SMALL_STEP      16
#define KMALLOC_MAX     (256 * KiB)

static const struct { unsigned short size; const char *name; } classes[NR_CLASSES] = {
	{ 16, "kmalloc-16" }, { 32, "kmalloc-32" }, { 64, "kmalloc-64" }, { 96, "kmalloc-96" },
	{ 128, "kmalloc-128" }, { 192, "kmalloc-192" }, { 256, "kmalloc-256" },
	{ 384, "kmalloc-384" }, { 512, "kmalloc-512" }, { 768, "kmalloc-768" },
	{ 1024, "kmalloc-1k" }, { 2048, "kmalloc-2k" }, { 4096, "kmalloc-4k" },
	{ 8192, "kmalloc-8k" },
};

static struct kmem_cache kmalloc_caches[NR_CLASSES];
static u8 small_class[SMALL_MAX / SMALL_STEP + 1];      /* [size in steps, rounded up] */

void kmalloc_init(void)
{
	unsigned int class = 0;

	for (unsigned int i = 0; i < NR_CLASSES; i++)
		kmem_cache_setup(&kmalloc_caches[i], classes[i].name, classes[i].size, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(small_class); i++) {
		if (i * SMALL_STEP > classes[class].size)
			class++;
		small_class[i] = class;
	}
}

static struct kmem_cache *class_of(size_t size)
{
	unsigned int i = NR_CLASSES - 1;

	if (likely(size <= SMALL_MAX))
		return &kmalloc_caches[small_class[DIV_ROUND_UP(size, SMALL_STEP)]];
	while (i && classes[i - 1].size >= size)
		i--;
	return &kmalloc_caches[i];
}

static void *kmalloc_frames(size_t size, unsigned int gfp)
{
	unsigned int order = 0;
	struct page *p;

	if (size > KMALLOC_MAX)
		return NULL;
	while (PAGE_SIZE << order < size)
		order++;
	p = alloc_pages(order, gfp);
	if (!p)
		return NULL;
	p->index = order;
	return page_address(p);
}

void *kmalloc(size_t size, unsigned int gfp)
{
	if (likely(size <= classes[NR_CLASSES - 1].size))
		return kmem_cache_alloc(class_of(size), gfp);
	return kmalloc_frames(size, gfp);
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_page(p);
	if (likely(page_test(page, PG_slab)))
		kmem_cache_free(page->slab_cache, (void *)p);
	else
		free_pages(page, page->index);
}

void *kcalloc(size_t n, size_t size, unsigned int gfp)
{
	if (size && n > ~0UL / size)
		return NULL;
	return kzalloc(n * size, gfp);
}

char *kstrndup(const char *s, size_t n, unsigned int gfp)
{
	size_t len = strnlen(s, n);
	char *to = kmalloc(len + 1, gfp);

	if (!to)
		return NULL;
	memcpy(to, s, len);
	to[len] = '\0';
	return to;
}

char *kstrdup(const char *s, unsigned int gfp)
{
	return kstrndup(s, strlen(s), gfp);
}

void *kvmalloc(size_t size, unsigned int gfp)
{
	void *p = NULL;

	if (size <= KMALLOC_MAX)
		p = kmalloc(size, size > PAGE_SIZE ? (gfp & ~GFP_OOM) | GFP_NOWARN : gfp);
	if (!p && gfp & GFP_WAIT)
		p = vmalloc(size);
	return p;
}

void kvfree(const void *p)
{
	if ((vaddr_t)p >= VMALLOC_START && (vaddr_t)p < VMALLOC_END)
		vfree(p);
	else
		kfree(p);
}
