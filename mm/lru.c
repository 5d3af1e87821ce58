// SPDX-License-Identifier: MIT
/*
 * LRU: which cached pages were used lately.
 *
 * A page comes in at the head of the inactive list and moves towards the tail as
 * others come.  Used again before it gets there, it is activated; the active list
 * is fed back into the inactive one when it outgrows it.  So a file read once
 * passes through without driving out what is used again and again.
 *
 *	add ─► [ inactive ──────► tail ]─► freed
 *	           ▲    │ used twice
 *	deactivate │    ▼
 *	        [ active ─────────────  ]
 *
 * There is a pair of lists for pages with a disk file behind them and one for
 * those without (shmem), which go to swap.  Anonymous pages are on none: they are
 * found through page tables, and the fault path need not pay for a list; but one
 * in the swap cache that no PTE names is on the inactive one.
 *
 * Always true:  PG_lru says that page->lru is on the list its other flags name.
 * Lock:         lru.lock, irqsave: the last reference may be put by an interrupt.
 */
#include <mm/lru.h>

#include <lib/list.h>
#include <mm/frames.h>
#include <mm/page.h>
#include <mm/reclaim.h>
#include <mm/vmstat.h>

static struct {
	struct spinlock lock;           /* RANK_LRU: the lists */
	struct list_head list[NR_LRU];
} lru = {
	.lock = SPINLOCK_INIT(RANK_LRU),
	.list = {
		LIST_HEAD_INIT(lru.list[0]), LIST_HEAD_INIT(lru.list[1]),
		LIST_HEAD_INIT(lru.list[2]), LIST_HEAD_INIT(lru.list[3]),
	},
};

static const enum vmstat_item lru_stat[NR_LRU] = {
	[LRU_INACTIVE_FILE] = VMSTAT_nr_inactive_file,
	[LRU_ACTIVE_FILE] = VMSTAT_nr_active_file,
	[LRU_INACTIVE_ANON] = VMSTAT_nr_inactive_anon,
	[LRU_ACTIVE_ANON] = VMSTAT_nr_active_anon,
};

static enum lru_list list_of(const struct page *page)
{
	return (page_test(page, PG_swapbacked) ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE) +
	       page_test(page, PG_active);
}

static void link_page(struct page *page, bool tail)
{
	enum lru_list l = list_of(page);

	page_set(page, PG_lru);
	if (tail)
		list_add_tail(&page->lru, &lru.list[l]);
	else
		list_add(&page->lru, &lru.list[l]);
	vmstat_inc(lru_stat[l]);
}

static void unlink_page(struct page *page)
{
	list_del(&page->lru);
	page_clear(page, PG_lru);
	vmstat_add(lru_stat[list_of(page)], -1);
}

/*
 * Not there yet: a page of the swap cache is added by whoever finds that no PTE
 * names it, and may have been isolated meanwhile.  One that has left the swap cache
 * is no longer ours to list.
 */
static bool may_link(const struct page *page)
{
	unsigned long flags = READ_ONCE(page->flags);

	return !(flags & BIT(PG_lru)) &&
	       (flags & (BIT(PG_anon) | BIT(PG_swapcache))) != BIT(PG_anon);
}

void lru_add(struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&lru.lock);

	if (may_link(page))
		link_page(page, false);
	spin_unlock_irqrestore(&lru.lock, flags);
}

void lru_remove(struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&lru.lock);

	if (page_test(page, PG_lru))
		unlink_page(page);
	spin_unlock_irqrestore(&lru.lock, flags);
}

static void activate(struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&lru.lock);

	if (page_test(page, PG_lru) && !page_test(page, PG_active)) {
		unlink_page(page);
		page_set(page, PG_active);
		link_page(page, false);
		vmstat_inc(VMSTAT_pgactivate);
	}
	page_clear(page, PG_referenced);
	spin_unlock_irqrestore(&lru.lock, flags);
}

/* The first use marks, the second activates. */
void mark_page_accessed_slow(struct page *page)
{
	unsigned long flags = READ_ONCE(page->flags);

	if (!(flags & BIT(PG_referenced)))
		page_set(page, PG_referenced);
	else if ((flags & (BIT(PG_active) | BIT(PG_lru))) == BIT(PG_lru))
		activate(page);
}

void lru_rotate_written(struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&lru.lock);

	if (page_test(page, PG_lru) && !page_test(page, PG_active))
		list_move_tail(&page->lru, &lru.list[list_of(page)]);
	vmstat_inc(VMSTAT_pgrotated);
	spin_unlock_irqrestore(&lru.lock, flags);
}

unsigned int lru_isolate(enum lru_list l, struct page **pages, unsigned int nr,
			 unsigned long *scan)
{
	unsigned long flags = spin_lock_irqsave(&lru.lock);
	unsigned int taken = 0;

	while (taken < nr && *scan && !list_empty(&lru.list[l])) {
		struct page *page = list_last_entry(&lru.list[l], struct page, lru);

		--*scan;
		if (!get_page_unless_zero(page)) {      /* being freed: its owner takes it off */
			list_move(&page->lru, &lru.list[l]);
			continue;
		}
		unlink_page(page);
		pages[taken++] = page;
	}
	spin_unlock_irqrestore(&lru.lock, flags);
	return taken;
}

bool lru_isolate_page(struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&lru.lock);
	bool listed = page_test(page, PG_lru);

	if (listed)
		unlink_page(page);
	spin_unlock_irqrestore(&lru.lock, flags);
	return listed;
}

void lru_putback(struct page *page, bool active)
{
	unsigned long flags = spin_lock_irqsave(&lru.lock);

	if (may_link(page)) {
		if (active)
			page_set(page, PG_active);
		else
			page_clear(page, PG_active);
		link_page(page, false);
	}
	spin_unlock_irqrestore(&lru.lock, flags);
	put_page(page);
}
