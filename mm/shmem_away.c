// SPDX-License-Identifier: MIT
/*
 * Shared memory in swap.
 *
 * Beside the tree of its pages such an address_space has a tree of slots.  An
 * index is in one of the two: reclaim moves it from the pages to the slots,
 * with its page going to the swap cache; whoever wants the page moves it back.
 * Each move is one step under as->lock, so that a look at both finds the page.
 * Two trees and not values among the pages: all that deals with files need not
 * know.
 *
 *	as->pages [ page ]        ──swap_out──►  as->away [ slot ] + swap cache
 *	          [ page, dirty ] ◄──bring_in──
 *
 * Always true:  each entry in the tree of slots is a user of its slot;
 *               who moves a page back holds the lock of the swap cache's page, so
 *               nobody else does at the same time;
 *               an address_space with slots is on the list of all.
 * Lock:         as->lock for both trees; list.lock for the list, and to pin one.
 */
#include <mm/shmem_away.h>

#include <lib/err.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <mm/swap_area.h>
#include <mm/swap_cache.h>
#include <mm/vmstat.h>

#define WINDOW          8U      /* slots to read at once, at most */

static struct {
	struct spinlock lock;           /* RANK_ICACHE: those that have had pages in swap */
	struct list_head all;
} away_list = { .lock = SPINLOCK_INIT(RANK_ICACHE), .all = LIST_HEAD_INIT(away_list.all) };

static bool move_out(struct address_space *as, struct page *page, swp_t s);
static int move_in(struct address_space *as, pgoff_t index, swp_t s, struct page *page,
		   unsigned int gfp);

/* In the tree, a slot: never NULL. */
static void *value_of(swp_t s) { return (void *)(s.v << 1 | 1); }
static swp_t slot_of(void *value) { return (swp_t){ (unsigned long)value >> 1 }; }

static bool lookup(struct address_space *as, pgoff_t index, swp_t *s)
{
	struct shmem_away *away = READ_ONCE(as->away);
	unsigned long flags;
	void *value;

	if (!away)
		return false;
	flags = spin_lock_irqsave(&as->lock);
	value = radix_lookup(&away->slots, index);
	spin_unlock_irqrestore(&as->lock, flags);
	if (value)
		*s = slot_of(value);
	return value;
}

bool shmem_is_away(struct address_space *as, pgoff_t index)
{
	swp_t s;

	return lookup(as, index, &s);
}

bool shmem_is_read(struct address_space *as, pgoff_t index)
{
	struct page *page = NULL;
	bool read = true;
	swp_t s;

	if (lookup(as, index, &s)) {
		page = swap_cache_find(s);
		read = page && page_test(page, PG_uptodate);
	}
	if (page)
		put_page(page);
	return read;
}

bool shmem_next_away(struct address_space *as, pgoff_t *index)
{
	struct shmem_away *away = READ_ONCE(as->away);
	unsigned long flags;
	bool found;

	if (!away)
		return false;
	flags = spin_lock_irqsave(&as->lock);
	found = radix_next(&away->slots, index);
	spin_unlock_irqrestore(&as->lock, flags);
	return found;
}

bool shmem_next_slot(struct address_space *as, pgoff_t *index, pgoff_t last, swp_t *s)
{
	while (shmem_next_away(as, index) && *index <= last) {
		if (lookup(as, *index, s))
			return true;            /* else it has just come back */
	}
	return false;
}

unsigned long shmem_count_away(struct address_space *as, pgoff_t first, pgoff_t last)
{
	unsigned long n = 0;

	for (; first <= last && shmem_next_away(as, &first) && first <= last; first++)
		n++;
	return n;
}

/* ---- out ---- */

/* The page lock keeps the address_space. */
static struct shmem_away *away_of(struct address_space *as)
{
	struct shmem_away *away = READ_ONCE(as->away), *was;

	if (away)
		return away;
	away = kmalloc(sizeof(*away), GFP_RESERVE | GFP_NOWARN);
	if (!away)
		return NULL;
	*away = (struct shmem_away){ .as = as };
	radix_init(&away->slots, &swap_node_ops);
	INIT_LIST_HEAD(&away->node);
	was = cmpxchg(&as->away, NULL, away);
	if (was) {
		kfree(away);
		return was;
	}
	spin_lock(&away_list.lock);
	list_add_tail(&away->node, &away_list.all);
	spin_unlock(&away_list.lock);
	return away;
}

bool shmem_swap_out(struct page *page)
{
	struct address_space *as = page->mapping;
	swp_t s;

	assert(page_test(page, PG_locked) && !atomic_read(&page->mapcount));
	if (READ_ONCE(as->flags) & AS_UNEVICTABLE)      /* SHM_LOCK */
		return false;
	if (!swap_unused() || !away_of(as) || !swap_slots_take(&s, 1))
		return false;
	if (swap_cache_insert(page, s))
		return false;
	if (!swap_dup(s) || !move_out(as, page, s)) {
		swap_cache_erase(page, s);
		return false;
	}
	swap_cache_own(page, s);
	return true;
}

/* References: the two caches' and the caller's.  False: somebody has one more, or no node. */
static bool move_out(struct address_space *as, struct page *page, swp_t s)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	struct shmem_away *away = as->away;
	struct radix_spare nodes;
	bool ok = atomic_read(&page->count) == 3 &&
		  !radix_insert(&away->slots, page->index, value_of(s));

	if (ok) {
		filemap_take_out(as, page, &nodes);
		away->nr++;
	}
	spin_unlock_irqrestore(&as->lock, flags);
	if (!ok) {
		swap_free(s);
		return false;
	}
	filemap_let_go(page, &nodes);
	return true;
}

/* ---- in ---- */

int shmem_bring_in(struct address_space *as, pgoff_t index, unsigned int gfp)
{
	struct page *page;
	swp_t s;
	int err;

	while (lookup(as, index, &s)) {
		if (swp_type(s) == SWAP_TYPE_LOST)
			return -EIO;
		page = swap_cache_find(s);
		if (!page || !page_test(page, PG_uptodate)) {
			if (page)
				put_page(page);
			err = swap_read(s, min(WINDOW, swap_window_max()), gfp);
			if (err)
				return err;
			continue;
		}
		err = lock_page_killable(page);
		if (err) {
			put_page(page);
			return err;
		}
		wait_on_page_bit(page, PG_writeback);
		err = move_in(as, index, s, page, gfp);
		if (err != -EAGAIN)
			return err ? err : 1;
	}
	return 0;
}

/* Consumes lock and reference.  -EAGAIN: look again. */
static int move_in(struct address_space *as, pgoff_t index, swp_t s, struct page *page,
		   unsigned int gfp)
{
	int err;

	if (!page_test(page, PG_swapcache) || swap_page_slot(page).v != s.v) {
		swap_page_release(page);
		return -EAGAIN;
	}
	swap_cache_disown(page);
	err = filemap_add_from(as, page, index, &s, gfp);
	if (err) {
		swap_cache_own(page, s);
		swap_page_release(page);
		return err == -ENOENT || err == -EEXIST ? -EAGAIN : err;
	}
	page_clear(page, PG_readahead);
	swap_cache_erase(page, s);
	swap_free(s);
	set_page_dirty(page);
	if (index >= DIV_ROUND_UP(READ_ONCE(as->size), PAGE_SIZE)) {
		cancel_dirty_page(page);        /* truncated meanwhile */
		filemap_remove(page);
	}
	unlock_page(page);
	put_page(page);
	return 0;
}

/* ---- what filemap.c asks ---- */

int shmem_away_check(struct address_space *as, pgoff_t index, const swp_t *from)
{
	void *value = radix_lookup(&as->away->slots, index);

	assert_held(&as->lock);
	if (!from)
		return value ? -EEXIST : 0;
	return value == value_of(*from) ? 0 : -ENOENT;
}

void shmem_away_forget(struct address_space *as, pgoff_t index)
{
	radix_delete(&as->away->slots, index);
	as->away->nr--;
	as->away->came_back++;
}

/* ---- truncate, and the end ---- */

/* The first slot of [*index, last], out of the tree. */
static bool take_slot(struct address_space *as, pgoff_t *index, pgoff_t last, swp_t *s)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	void *value = radix_next(&as->away->slots, index);

	if (value && *index <= last) {
		radix_delete(&as->away->slots, *index);
		as->away->nr--;
		*s = slot_of(value);
	} else {
		value = NULL;
	}
	spin_unlock_irqrestore(&as->lock, flags);
	return value;
}

/*
 * Truncate drops the pages first, then this.  A page that goes to swap between is
 * seen here; one that comes back is not, and is looked for again.
 */
bool shmem_away_drop(struct address_space *as, pgoff_t first, pgoff_t last, unsigned long seen)
{
	swp_t s;

	while (take_slot(as, &first, last, &s)) {
		swap_free(s);
		if (as->flags & AS_CHARGED)
			shmem_uncharge(as);
	}
	return shmem_came_back(as) != seen;
}

void shmem_away_unlist(struct address_space *as)
{
	spin_lock(&away_list.lock);
	list_del_init(&as->away->node);
	spin_unlock(&away_list.lock);
}

void shmem_away_destroy(struct address_space *as)
{
	assert(!as->away->nr);
	kfree(as->away);
	as->away = NULL;
}

/* ---- swapoff ---- */

/* The first entry at or behind *index that is on area @type. */
static bool next_on(struct address_space *as, unsigned int type, pgoff_t *index)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	void *value;

	while ((value = radix_next(&as->away->slots, index)) && swp_type(slot_of(value)) != type)
		++*index;
	spin_unlock_irqrestore(&as->lock, flags);
	return value;
}

static int empty_one(struct address_space *as, unsigned int type)
{
	pgoff_t index = 0;
	int err = 0;

	for (; err >= 0 && next_on(as, type, &index); index++) {
		err = signal_pending() ? -EINTR : swapoff_room();
		if (!err)
			err = shmem_bring_in(as, index, GFP_KERNEL);
		cond_resched();
	}
	return err < 0 ? err : 0;
}

/* The first in the list, pinned, which goes to the list's end: each has its turn. */
static struct address_space *pin_next(void)
{
	struct shmem_away *away;

	spin_lock(&away_list.lock);
	away = list_first_entry_or_null(&away_list.all, struct shmem_away, node);
	if (away) {
		list_move_tail(&away->node, &away_list.all);
		writeback_pin(away->as);
	}
	spin_unlock(&away_list.lock);
	return away ? away->as : NULL;
}

static unsigned long list_length(void)
{
	struct list_head *p;
	unsigned long n = 0;

	spin_lock(&away_list.lock);
	list_for_each(p, &away_list.all)
		n++;
	spin_unlock(&away_list.lock);
	return n;
}

int shmem_empty_area(unsigned int type)
{
	struct address_space *as;
	int err = 0;

	for (unsigned long n = list_length(); n && !err && (as = pin_next()); n--) {
		err = empty_one(as, type);
		writeback_unpin(as);
	}
	return err;
}
