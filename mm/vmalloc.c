// SPDX-License-Identifier: MIT
/*
 * vmalloc: single frames under consecutive kernel addresses.
 *
 * For what is too large to hope for consecutive frames, and for what wants a
 * hole after its end.  Blocks are few, so they are one list in address order,
 * searched from the front for the first gap; each is followed by an unmapped
 * page.  Kernel stacks have their own part of the range (kstack.c).
 *
 * Always true:  blocks do not overlap or touch; every page of one is mapped
 *               from when vmalloc returns until vfree.
 * Lock:         vmalloc.lock guards the list.  A block that is on it belongs to
 *               its owner: its entries are written without a lock.
 */
#include <mm/vmalloc.h>

#include <arch/mmu.h>
#include <kernel/sync.h>
#include <lib/list.h>
#include <mm/kstack.h>
#include <mm/page.h>
#include <mm/pagetable.h>
#include <mm/slab.h>
#include <mm/vmap.h>

struct vm_block {
	struct list_head node;
	vaddr_t start;
	unsigned long nr_pages;         /* mapped; the guard page not counted */
};

static struct {
	struct spinlock lock;           /* RANK_VMALLOC: the list */
	struct list_head blocks;        /* ascending */
	atomic_long_t nr_pages;
} vmalloc_state = {
	.lock = SPINLOCK_INIT(RANK_VMALLOC),
	.blocks = LIST_HEAD_INIT(vmalloc_state.blocks),
};

static bool block_place(struct vm_block *b);
static struct vm_block *block_find(vaddr_t start);
static void block_remove(struct vm_block *b);

void vmalloc_init(void)
{
	kstack_init();
}

void *vmalloc(size_t size)
{
	struct vm_block *b;

	if (!size || size > VMALLOC_BLOCKS_END - VMALLOC_START)
		return NULL;
	b = kmalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return NULL;
	b->nr_pages = DIV_ROUND_UP(size, PAGE_SIZE);
	if (!block_place(b))
		goto err_block;
	if (vmap_frames(b->start, b->nr_pages, GFP_KERNEL | GFP_ZERO))
		goto err_place;
	return (void *)b->start;

err_place:
	block_remove(b);
err_block:
	kfree(b);
	return NULL;
}

void vfree(const void *p)
{
	struct vm_block *b;

	if (!p)
		return;
	b = block_find((vaddr_t)p);
	if (!b)
		panic("vfree: %p is no block's start", p);
	vunmap_frames(b->start, b->nr_pages);
	block_remove(b);
	kfree(b);
}

unsigned long vmalloc_pages(void)
{
	return atomic_long_read(&vmalloc_state.nr_pages);
}

/* ---- places ---- */

/* Give @b the first gap that takes it and a guard page, and list it there. */
static bool block_place(struct vm_block *b)
{
	size_t want = (b->nr_pages + 1) * PAGE_SIZE;
	vaddr_t at = VMALLOC_START;
	struct vm_block *next;

	spin_lock(&vmalloc_state.lock);
	list_for_each_entry(next, &vmalloc_state.blocks, node) {
		if (next->start - at >= want)
			break;
		at = next->start + (next->nr_pages + 1) * PAGE_SIZE;
	}
	if (VMALLOC_BLOCKS_END - at < want) {
		spin_unlock(&vmalloc_state.lock);
		return false;
	}
	b->start = at;
	list_add_tail(&b->node, &next->node);   /* before @next, or last */
	spin_unlock(&vmalloc_state.lock);
	return true;
}

static struct vm_block *block_find(vaddr_t start)
{
	struct vm_block *b, *found = NULL;

	spin_lock(&vmalloc_state.lock);
	list_for_each_entry(b, &vmalloc_state.blocks, node) {
		if (b->start != start)
			continue;
		found = b;
		break;
	}
	spin_unlock(&vmalloc_state.lock);
	return found;
}

static void block_remove(struct vm_block *b)
{
	spin_lock(&vmalloc_state.lock);
	list_del(&b->node);
	spin_unlock(&vmalloc_state.lock);
}

/* ---- mapping ---- */

int vmap_frames(vaddr_t start, unsigned long nr, unsigned int gfp)
{
	pteprot_t prot = pte_kernel_prot(VM_READ | VM_WRITE, false);

	for (unsigned long i = 0; i < nr; i++) {
		pte_t *pte = pt_walk_kernel(start + i * PAGE_SIZE, PT_ALLOC);
		struct page *p = pte ? alloc_page(gfp) : NULL;

		if (!p) {
			vunmap_frames(start, i);
			return -ENOMEM;
		}
		pte_set(pte, pte_make(page_to_pfn(p), prot));
		atomic_long_inc(&vmalloc_state.nr_pages);
	}
	return 0;
}

/* No hart may reach the frames through these addresses once they are freed: flush in between. */
void vunmap_frames(vaddr_t start, unsigned long nr)
{
	struct page *frames = NULL;

	for (unsigned long i = 0; i < nr; i++) {
		pte_t old = pte_xchg(pt_walk_kernel(start + i * PAGE_SIZE, PT_FIND), NO_PTE);
		struct page *p = pfn_to_page(pte_pfn(old));

		p->private_[0] = (unsigned long)frames;
		frames = p;
	}
	if (nr)
		tlb_flush_kernel(start, start + nr * PAGE_SIZE);
	while (frames) {
		struct page *p = frames;

		frames = (struct page *)p->private_[0];
		put_page(p);
		atomic_long_dec(&vmalloc_state.nr_pages);
	}
}
