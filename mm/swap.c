// SPDX-License-Identifier: MIT
/*
 * Swap: the second home of anonymous and shared memory.  Its areas, and the
 * slots of each: who names them, which are free.
 *
 * A slot is one page on a swap disk; slot_users[] counts the entries that name
 * it, in PTEs and in shared memory.  Counts and not owners: after fork two PTEs
 * name one slot, and neither is the owner.
 *
 * Slots are given out side by side, cluster after cluster: what is written out
 * together lies together, so that the writes make one long request, and so does
 * the readahead that brings it back.  Of several areas the one with the highest
 * priority has its turn; those with the same take turns.
 *
 * Always true:  a slot with no users that no page has cached is free, or has
 *               failed and is never given out again;
 *               a page in the swap cache equals its slot, or is dirty;
 *               the memory of a struct swap_area stays when the area is off, so
 *               that a look at an old entry does no harm.
 * Lock:         swap_lock; the disk is touched without it.
 */
#include <mm/swap.h>

#include <lib/bitmap.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/commit.h>
#include <mm/filemap.h>
#include <mm/slab.h>
#include <mm/swap_area.h>
#include <mm/swap_cache.h>

struct spinlock swap_lock = SPINLOCK_INIT(RANK_SWAP);

static struct {
	struct swap_area area[SWAP_AREAS_MAX];
	struct swap_area *order[SWAP_AREAS_MAX];        /* [s] those that give, best first */
	unsigned int nr_order;                          /* [s] */
	unsigned long total, unused;                    /* [s], read freely: pages */
	unsigned long starts;                           /* [s], read freely */
} swap;

static unsigned int area_take(struct swap_area *a, swp_t *slots, unsigned int nr);
static bool seek_free(struct swap_area *a);
static bool seek_in_cluster(struct swap_area *a, unsigned long slot);
static unsigned long find_cluster(const struct swap_area *a, unsigned long nr, unsigned long from,
				  bool whole);
static void order_behind_equals(unsigned int at);
static void slot_changed(struct swap_area *a, unsigned long slot, u16 old, u16 now);
static void cluster_changed(struct swap_area *a, unsigned long c);

/* ---- figures ---- */

unsigned long swap_total(void)
{
	return READ_ONCE(swap.total);
}

unsigned long swap_starts(void)
{
	return READ_ONCE(swap.starts);
}

unsigned long swap_unused(void)
{
	return READ_ONCE(swap.unused);
}

bool swap_keeps(swp_t s)
{
	const struct swap_area *a = swap_area_of(s);

	return a && READ_ONCE(a->giving) &&
	       READ_ONCE(swap.unused) * 2 >= READ_ONCE(swap.total);
}

struct swap_area *swap_area_at(unsigned int type)
{
	return type < SWAP_AREAS_MAX ? &swap.area[type] : NULL;
}

struct swap_area *swap_area_of(swp_t s)
{
	return swap_area_at(swp_type(s));
}

/* ---- users of a slot ---- */

bool swap_dup(swp_t s)
{
	struct swap_area *a = swap_area_of(s);
	unsigned long flags;
	bool ok;

	if (!a)                         /* lost: there is nothing to count */
		return true;
	flags = spin_lock_irqsave(&swap_lock);
	assert(swp_slot(s) < a->nr_slots && a->slot_users[swp_slot(s)]);
	ok = (a->slot_users[swp_slot(s)] & SLOT_USERS) < SLOT_USERS;
	if (ok)
		slot_changed(a, swp_slot(s), a->slot_users[swp_slot(s)],
			     a->slot_users[swp_slot(s)] + 1);
	spin_unlock_irqrestore(&swap_lock, flags);
	return ok;
}

void swap_free(swp_t s)
{
	struct swap_area *a = swap_area_of(s);
	unsigned long flags;
	u16 now;

	if (!a)
		return;
	flags = spin_lock_irqsave(&swap_lock);
	assert(swp_slot(s) < a->nr_slots && a->slot_users[swp_slot(s)] & SLOT_USERS);
	now = a->slot_users[swp_slot(s)] - 1;
	slot_changed(a, swp_slot(s), now + 1, now);
	spin_unlock_irqrestore(&swap_lock, flags);
	if (!(now & SLOT_USERS) && now & SLOT_CACHED)
		swap_cache_drop_slot(s);
}

unsigned int swap_users(swp_t s)
{
	struct swap_area *a = swap_area_of(s);
	unsigned long flags;
	unsigned int n = 0;

	if (!a)
		return 0;
	flags = spin_lock_irqsave(&swap_lock);
	if (swp_slot(s) < a->nr_slots)
		n = a->slot_users[swp_slot(s)] & SLOT_USERS;
	spin_unlock_irqrestore(&swap_lock, flags);
	return n;
}

bool swap_slot_cache(struct swap_area *a, unsigned long slot)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);
	bool ok = false;

	if (slot < a->nr_slots) {
		u16 was = a->slot_users[slot];

		ok = was & SLOT_USERS && !(was & SLOT_CACHED);
		if (ok)
			slot_changed(a, slot, was, was | SLOT_CACHED);
	}
	spin_unlock_irqrestore(&swap_lock, flags);
	return ok;
}

void swap_slot_uncache(struct swap_area *a, unsigned long slot)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);
	u16 was = a->slot_users[slot];

	assert(was & SLOT_CACHED);
	slot_changed(a, slot, was, was & ~SLOT_CACHED);
	spin_unlock_irqrestore(&swap_lock, flags);
}

void swap_slot_failed(struct swap_area *a, unsigned long slot)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);
	u16 was = a->slot_users[slot];

	assert(was & ~SLOT_FAILED);
	slot_changed(a, slot, was, was | SLOT_FAILED);
	spin_unlock_irqrestore(&swap_lock, flags);
}

/* What may be used of the area has become less or more. */
static void count_unused(const struct swap_area *a, long n)
{
	if (a->giving)
		WRITE_ONCE(swap.unused, swap.unused + n);
}

/* swap_lock held. */
static void slot_changed(struct swap_area *a, unsigned long slot, u16 old, u16 now)
{
	bool used = old & ~SLOT_FAILED, uses = now & ~SLOT_FAILED;

	assert_held(&swap_lock);
	a->slot_users[slot] = now;
	if (used == uses)
		return;
	a->nr_used += uses ? 1 : -1;
	if (now == SLOT_FAILED) {       /* one page less than there was */
		a->nr_pages--;
		if (a->giving)
			WRITE_ONCE(swap.total, swap.total - 1);
		return;
	}
	a->cluster_free[slot / CLUSTER] += uses ? -1 : 1;
	count_unused(a, uses ? -1 : 1);
	if (unlikely(a->stale))
		cluster_changed(a, slot / CLUSTER);
}

/* ---- clusters to discard ---- */

static unsigned long cluster_size(const struct swap_area *a, unsigned long c)
{
	return min(CLUSTER, a->nr_slots - c * CLUSTER);
}

static void set_stale(struct swap_area *a, unsigned long c, bool stale)
{
	if (bitmap_test(a->stale, c) == stale)
		return;
	if (stale)
		bitmap_set(a->stale, c);
	else
		bitmap_clear(a->stale, c);
	a->nr_stale += stale ? 1 : -1;
}

/* swap_lock held.  It is stale when its last slot has become free, until one is used again. */
static void cluster_changed(struct swap_area *a, unsigned long c)
{
	set_stale(a, c, a->cluster_free[c] == cluster_size(a, c));
	if (bitmap_test(a->stale, c))
		swap_discard_wake();
}

bool swap_clusters_stale(void)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);
	bool any = false;

	for (unsigned int i = 0; i < swap.nr_order && !any; i++)
		any = swap.order[i]->nr_stale;
	spin_unlock_irqrestore(&swap_lock, flags);
	return any;
}

unsigned int swap_cluster_take(struct swap_area **ap, unsigned long *first)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock), nr, c;
	struct swap_area *a = NULL;
	unsigned int size = 0;

	for (unsigned int i = 0; i < swap.nr_order && !a; i++)
		if (swap.order[i]->nr_stale)
			a = swap.order[i];
	if (a) {
		nr = DIV_ROUND_UP(a->nr_slots, CLUSTER);
		c = bitmap_find_next(a->stale, nr, 0);
		size = cluster_size(a, c);
		*first = c * CLUSTER;
		*ap = a;
		for (unsigned int i = 0; i < size; i++)
			slot_changed(a, *first + i, 0, SLOT_CACHED);
	}
	spin_unlock_irqrestore(&swap_lock, flags);
	return size;
}

void swap_cluster_give(struct swap_area *a, unsigned long first, unsigned int nr)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);

	for (unsigned int i = 0; i < nr; i++)
		slot_changed(a, first + i, SLOT_CACHED, 0);
	set_stale(a, first / CLUSTER, false);
	spin_unlock_irqrestore(&swap_lock, flags);
}

/* ---- giving slots out ---- */

unsigned int swap_slots_take(swp_t *slots, unsigned int nr)
{
	unsigned int taken = 0;
	unsigned long flags;

	if (!READ_ONCE(swap.unused))
		return 0;
	flags = spin_lock_irqsave(&swap_lock);
	for (unsigned int i = 0; i < swap.nr_order && !taken; i++) {
		taken = area_take(swap.order[i], slots, nr);    /* of one area, to lie together */
		if (taken)
			order_behind_equals(i);
	}
	spin_unlock_irqrestore(&swap_lock, flags);
	return taken;
}

static unsigned int area_take(struct swap_area *a, swp_t *slots, unsigned int nr)
{
	unsigned int taken = 0;

	while (taken < nr && seek_free(a)) {
		slot_changed(a, a->next, 0, SLOT_CACHED);
		slots[taken++] = swp_make(a->type, a->next++);
	}
	return taken;
}

/* Have a->next name a free slot: on in its cluster, or in the next one. */
static bool seek_free(struct swap_area *a)
{
	unsigned long nr = DIV_ROUND_UP(a->nr_slots, CLUSTER), c;

	if (a->nr_used == a->nr_pages)
		return false;
	if (a->next % CLUSTER && seek_in_cluster(a, a->next))
		return true;
	c = find_cluster(a, nr, a->next / CLUSTER, true);
	if (c == nr)
		c = find_cluster(a, nr, a->next / CLUSTER, false);
	return c < nr && seek_in_cluster(a, c * CLUSTER);
}

static bool seek_in_cluster(struct swap_area *a, unsigned long slot)
{
	unsigned long end = min(ALIGN_DOWN(slot, CLUSTER) + CLUSTER, a->nr_slots);

	while (slot < end && a->slot_users[slot])
		slot++;
	a->next = slot;
	return slot < end;
}

/* From cluster @from on, and round: the first that is free, or (not @whole) has a free slot. */
static unsigned long find_cluster(const struct swap_area *a, unsigned long nr, unsigned long from,
				  bool whole)
{
	for (unsigned long i = 0; i < nr; i++) {
		unsigned long c = (from + i) % nr;
		unsigned long size = min(CLUSTER, a->nr_slots - c * CLUSTER);

		if (a->cluster_free[c] >= (whole ? size : 1))
			return c;
	}
	return nr;
}

/* ---- the order of areas ---- */

/* order[at] had its turn: those of the same priority come first now. */
static void order_behind_equals(unsigned int at)
{
	struct swap_area *a = swap.order[at];

	for (; at + 1 < swap.nr_order && swap.order[at + 1]->prio == a->prio; at++)
		swap.order[at] = swap.order[at + 1];
	swap.order[at] = a;
}

static void order_insert(struct swap_area *a)
{
	unsigned int at = swap.nr_order++;

	for (; at && swap.order[at - 1]->prio < a->prio; at--)
		swap.order[at] = swap.order[at - 1];
	swap.order[at] = a;
}

static void order_remove(struct swap_area *a)
{
	unsigned int at = 0;

	while (swap.order[at] != a)
		at++;
	for (swap.nr_order--; at < swap.nr_order; at++)
		swap.order[at] = swap.order[at + 1];
}

/* ---- areas come and go ---- */

struct swap_area *swap_area_of_owner(const void *owner)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);
	struct swap_area *a = NULL;

	for (unsigned int i = 0; i < swap.nr_order && !a; i++)
		if (swap.order[i]->dev->owner == owner)
			a = swap.order[i];
	spin_unlock_irqrestore(&swap_lock, flags);
	return a;
}

struct swap_area *swap_area_new(void)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);
	struct swap_area *a = NULL;

	for (unsigned int i = 0; i < SWAP_AREAS_MAX && !a; i++)
		if (!swap.area[i].on)
			a = &swap.area[i];
	if (a) {
		a->on = true;
		a->type = a - swap.area;
	}
	spin_unlock_irqrestore(&swap_lock, flags);
	return a;
}

/* Its pages count. */
static void area_gives(struct swap_area *a)
{
	a->giving = true;
	order_insert(a);
	WRITE_ONCE(swap.total, swap.total + a->nr_pages);
	WRITE_ONCE(swap.starts, swap.starts + 1);
	count_unused(a, (long)(a->nr_pages - a->nr_used));
}

void swap_area_start(struct swap_area *a)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);

	area_gives(a);
	spin_unlock_irqrestore(&swap_lock, flags);
	vm_swap_resize((long)a->nr_pages);
}

bool swap_area_stop(struct swap_area *a)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock), nr = a->nr_pages;
	bool gave = a->giving;

	if (gave) {
		count_unused(a, -(long)(nr - a->nr_used));
		WRITE_ONCE(swap.total, swap.total - nr);
		WRITE_ONCE(a->giving, false);
		order_remove(a);
	}
	spin_unlock_irqrestore(&swap_lock, flags);
	if (gave)
		vm_swap_resize(-(long)nr);
	return gave;
}

void swap_area_resume(struct swap_area *a)
{
	swap_area_start(a);
}

void swap_area_end(struct swap_area *a)
{
	unsigned long flags = spin_lock_irqsave(&swap_lock);
	u16 *users = a->slot_users, *clusters = a->cluster_free;
	unsigned long *stale = a->stale;

	assert(!a->nr_used && !a->as.nr_pages);
	a->nr_slots = a->nr_pages = 0;
	a->slot_users = a->cluster_free = NULL;
	a->stale = NULL;
	a->nr_stale = 0;
	spin_unlock_irqrestore(&swap_lock, flags);
	kvfree(users);
	kvfree(clusters);
	kvfree(stale);
	flags = spin_lock_irqsave(&swap_lock);
	a->on = false;                  /* somebody may have it now */
	spin_unlock_irqrestore(&swap_lock, flags);
}
