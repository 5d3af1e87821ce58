// SPDX-License-Identifier: MIT
/*
 * The swap cache: one page for each slot, however many entries name it.
 *
 *	     own page, or of shared memory
 *	          │ add                 ▲ its last owner writes to it
 *	          ▼                     │
 *	   [ cached, in PTEs ] ⇄ [ cached, in none ] ◄── read ──┐
 *	                                │ drop                  │
 *	                                ▼                       │
 *	                         slot with users ───────────────┘
 *
 * A page in it that no PTE names is on an LRU list, where reclaim finds it; or
 * it is being written, and goes when that has ended.
 *
 * Always true:  SLOT_CACHED says that the slot has a page here, or that somebody
 *               is about to put one;
 *               a page with PG_swapcache has page->mapping and page->index of its
 *               slot; they change with the page locked;
 *               an anonymous page that is in no cache has no slot, so that it must
 *               be written before it is dropped, whatever its PTE says.
 * Lock:         as->lock for the tree, irqsave: a write that ends drops its page;
 *               swap_lock inside.  Who maps a page of the cache holds its lock: with
 *               both held, its counts say who is left.
 */
#include <mm/swap_cache.h>

#include <lib/errno.h>
#include <mm/frames.h>
#include <mm/pagecache.h>
#include <mm/pagewait.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/swap_area.h>
#include <mm/vmstat.h>

static struct swap_area *area_of(const struct page *page)
{
	return container_of(page->mapping, struct swap_area, as);
}

swp_t swap_page_slot(const struct page *page)
{
	return swp_make(area_of(page)->type, page->index);
}

struct page *swap_cache_find(swp_t s)
{
	struct swap_area *a = swap_area_of(s);
	struct page *page;
	unsigned long flags;

	if (!a)
		return NULL;
	flags = spin_lock_irqsave(&a->as.lock);
	page = radix_lookup(&a->as.pages, swp_slot(s));
	if (page)
		get_page(page);
	spin_unlock_irqrestore(&a->as.lock, flags);
	return page;
}

/* ---- in ---- */

/* From the reserve: freeing memory must not wait for memory. */
static void *node_alloc(void)
{
	return kmem_cache_alloc(&radix_node_cache, GFP_RESERVE | GFP_NOWARN);
}

static void node_free(void *node)
{
	kmem_cache_free(&radix_node_cache, node);
}

const struct radix_ops swap_node_ops = { .alloc = node_alloc, .free = node_free };

int swap_cache_insert(struct page *page, swp_t s)
{
	struct swap_area *a = swap_area_of(s);
	unsigned long flags;
	int err;

	assert(page_test(page, PG_locked) && !page_test(page, PG_swapcache));
	flags = spin_lock_irqsave(&a->as.lock);
	err = radix_insert(&a->as.pages, swp_slot(s), page);
	if (!err) {
		a->as.nr_pages++;
		get_page(page);
	}
	spin_unlock_irqrestore(&a->as.lock, flags);
	if (err) {
		assert(err == -ENOMEM);
		swap_slot_uncache(a, swp_slot(s));
		return err;
	}
	vmstat_inc(VMSTAT_nr_swapcached);
	return 0;
}

void swap_cache_own(struct page *page, swp_t s)
{
	assert(page_test(page, PG_locked) && !page->mapping);
	page->mapping = &swap_area_of(s)->as;
	page->index = swp_slot(s);
	page_set(page, PG_swapcache);
}

int swap_cache_add(struct page *page, swp_t s)
{
	int err = swap_cache_insert(page, s);

	if (!err)
		swap_cache_own(page, s);
	return err;
}

/* ---- out ---- */

/*
 * lru_putback() looks at PG_swapcache with its lock held: it comes before this
 * lru_remove(), or it does not put the page back.
 */
void swap_cache_disown(struct page *page)
{
	page->mapping = NULL;
	page_clear(page, PG_swapcache);
	lru_remove(page);
}

/* as->lock held.  The cache's reference is still to be put. */
static void tree_erase(struct swap_area *a, struct page *page, unsigned long slot)
{
	void *was = radix_delete(&a->as.pages, slot);

	assert(was == page);
	(void)was;
	a->as.nr_pages--;
	swap_slot_uncache(a, slot);
	vmstat_add(VMSTAT_nr_swapcached, -1);
}

void swap_cache_erase(struct page *page, swp_t s)
{
	struct swap_area *a = swap_area_of(s);
	unsigned long flags = spin_lock_irqsave(&a->as.lock);

	tree_erase(a, page, swp_slot(s));
	spin_unlock_irqrestore(&a->as.lock, flags);
	put_page(page);
}

static void erase_and_disown(struct swap_area *a, struct page *page)
{
	tree_erase(a, page, page->index);
	swap_cache_disown(page);
}

bool swap_cache_drop(struct page *page, int refs, bool clean_too)
{
	struct swap_area *a = area_of(page);
	unsigned long flags;
	bool out;

	assert(page_test(page, PG_locked) && page_test(page, PG_swapcache));
	flags = spin_lock_irqsave(&a->as.lock);
	out = !page_test(page, PG_writeback) &&
	      (!refs || atomic_read(&page->count) == refs) &&
	      ((clean_too && !page_test(page, PG_dirty)) || !swap_users(swap_page_slot(page)));
	if (out)
		erase_and_disown(a, page);
	spin_unlock_irqrestore(&a->as.lock, flags);
	if (out)
		put_page(page);
	return out;
}

void swap_cache_remove(struct page *page)
{
	struct swap_area *a = area_of(page);
	unsigned long flags = spin_lock_irqsave(&a->as.lock);

	assert(page_test(page, PG_locked) && !page_test(page, PG_writeback));
	erase_and_disown(a, page);
	spin_unlock_irqrestore(&a->as.lock, flags);
	put_page(page);
}

/* as->lock held: only the cache has it, and it is needed no more, or @clean. */
static bool only_cached(const struct page *page, bool clean)
{
	return atomic_read(&page->count) == 1 &&
	       !(READ_ONCE(page->flags) & (BIT(PG_locked) | BIT(PG_writeback))) &&
	       ((clean && !page_test(page, PG_dirty)) || !swap_users(swap_page_slot(page)));
}

void swap_cache_drop_slot(swp_t s)
{
	struct swap_area *a = swap_area_of(s);
	unsigned long flags = spin_lock_irqsave(&a->as.lock);
	struct page *page = radix_lookup(&a->as.pages, swp_slot(s));
	bool out = page && only_cached(page, false);

	if (out)
		erase_and_disown(a, page);
	spin_unlock_irqrestore(&a->as.lock, flags);
	if (out)
		put_page(page);
}

/* A write has ended: what was written for its frame gives it back. */
void swap_cache_written(struct page *page)
{
	struct swap_area *a = area_of(page);
	unsigned long flags = spin_lock_irqsave(&a->as.lock);
	bool out;

	page_clear_and_wake(page, BIT(PG_writeback) | BIT(PG_reclaim));
	out = only_cached(page, true);
	if (out)
		erase_and_disown(a, page);
	else
		lru_add(page);          /* it was remapped, or could not be written */
	spin_unlock_irqrestore(&a->as.lock, flags);
	if (out)
		put_page(page);
}

/* ---- references of those who had it mapped, or locked ---- */

void swap_page_release(struct page *page)
{
	if (page_test(page, PG_swapcache) && !atomic_read(&page->mapcount) &&
	    !swap_cache_drop(page, 0, false))
		lru_add(page);
	unlock_page(page);
	/* Who took out its last PTE meanwhile, and found it locked, leaves it to us. */
	if (page_test(page, PG_swapcache) && !atomic_read(&page->mapcount) &&
	    !page_test(page, PG_lru) && !page_test(page, PG_writeback))
		lru_add(page);
	put_page(page);
}

/* Whoever has the page locked looks at its counts when he lets go of it. */
void swap_put_unmapped(struct page *page)
{
	if (!atomic_read(&page->mapcount) && trylock_page(page))
		swap_page_release(page);
	else
		put_page(page);
}

bool swap_reuse(struct page *page)
{
	bool ours;

	if (!trylock_page(page))
		return false;
	ours = page_test(page, PG_swapcache) && atomic_read(&page->mapcount) == 1 &&
	       swap_cache_drop(page, 2, false);
	unlock_page(page);
	return ours;
}
