// SPDX-License-Identifier: MIT
/*
 * Buddy: free frames in blocks of 2^order, and mem_map.
 *
 * A block of order o starts at a multiple of 2^o; its buddy is the other half
 * of the block twice its size.  Freeing joins buddies, taking splits them.
 *
 *	order 2   [       0..3        ]
 *	order 1   [ 0..1  ] [  2..3   ]     the buddy of 2 at order 1 is 2 ^ (1 << 1)
 *
 * mem_map of a large machine is itself large (12 MiB a GiB), so writing it all
 * at boot would cost more than booting.  It is written a section at a time, when
 * the lists have nothing to give: a section is one block of the highest order,
 * and blocks of that order have no buddy, so no one ever looks into a section
 * that is not open.
 *
 * Always true:  a free block's head has PG_buddy and its order in index, and no
 *               other frame has PG_buddy;
 *               a frame of an open section that is not ours has PG_reserved.
 * Lock:         buddy_lock guards the lists and the sections; irqsave, because
 *               interrupt handlers free pages.
 */
#include <mm/buddy.h>

#include <kernel/entry.h>
#include <lib/string.h>

#define SECTION_PAGES   (1UL << (MAX_ORDER - 1))
#define NR_USABLE       64

struct page *mem_map;
unsigned long mem_map_base;
unsigned long mem_map_zero;
unsigned long mem_map_nr;
unsigned long frames_total;
struct spinlock buddy_lock = SPINLOCK_INIT(RANK_FRAMES);

struct pfn_range {
	unsigned long start, end;       /* frames; end exclusive */
};

static struct {
	struct list_head free[MAX_ORDER];
	unsigned long nr[MAX_ORDER];    /* blocks on each list */
	unsigned long nr_free;          /* frames on the lists */
	unsigned long deferred;         /* free frames of sections not yet open */
	unsigned long next_section;     /* the first one not yet open */
	struct pfn_range usable[NR_USABLE];     /* [c] RAM that is ours */
	unsigned int nr_usable;
} buddy;

static void usable_collect(const struct boot_info *bi);
static void usable_cut(struct pfn_range cut);
static void usable_limit(void);
static void mem_map_place(void);
static bool open_section(void);
static void give_range(unsigned long start, unsigned long end);

void buddy_init(const struct boot_info *bi)
{
	for (unsigned int o = 0; o < MAX_ORDER; o++)
		INIT_LIST_HEAD(&buddy.free[o]);
	buddy.nr_usable = 0;
	buddy.nr_free = 0;
	buddy.next_section = 0;
	memset(buddy.nr, 0, sizeof(buddy.nr));

	usable_collect(bi);
	usable_limit();
	mem_map_place();

	frames_total = 0;
	for (unsigned int i = 0; i < buddy.nr_usable; i++)
		frames_total += buddy.usable[i].end - buddy.usable[i].start;
	buddy.deferred = frames_total;
}

struct page *buddy_take(unsigned int order)
{
	unsigned int o = order;
	struct page *p;

	assert_held(&buddy_lock);
	while (list_empty(&buddy.free[o])) {
		if (++o < MAX_ORDER)
			continue;
		if (!open_section())
			return NULL;
		o = order;
	}

	p = list_first_entry(&buddy.free[o], struct page, lru);
	list_del(&p->lru);
	buddy.nr[o]--;
	buddy.nr_free -= 1UL << order;
	p->flags = 0;
	while (o > order) {             /* keep the lower half, list the upper */
		struct page *upper = p + (1UL << --o);

		upper->flags = BIT(PG_buddy);
		upper->index = o;
		list_add(&upper->lru, &buddy.free[o]);
		buddy.nr[o]++;
	}
	return p;
}

void buddy_give(struct page *p, unsigned int order)
{
	unsigned long nr = (unsigned long)(p - mem_map);

	assert_held(&buddy_lock);
	assert(IS_ALIGNED(nr, 1UL << order) && !page_test(p, PG_buddy));
	buddy.nr_free += 1UL << order;
	while (order < MAX_ORDER - 1) {
		struct page *other = mem_map + (nr ^ 1UL << order);

		if (!page_test(other, PG_buddy) || other->index != order)
			break;
		list_del(&other->lru);
		buddy.nr[order]--;
		other->flags = 0;
		nr &= ~(1UL << order);
		order++;
	}
	p = mem_map + nr;
	p->flags = BIT(PG_buddy);
	p->index = order;
	list_add(&p->lru, &buddy.free[order]);
	buddy.nr[order]++;
}

unsigned long buddy_free(void)
{
	return READ_ONCE(buddy.nr_free) + READ_ONCE(buddy.deferred);
}

void buddy_count_orders(unsigned long nr[MAX_ORDER])
{
	unsigned long flags = spin_lock_irqsave(&buddy_lock);

	memcpy(nr, buddy.nr, sizeof(buddy.nr));
	nr[MAX_ORDER - 1] += buddy.deferred / SECTION_PAGES;
	spin_unlock_irqrestore(&buddy_lock, flags);
}

/* ---- sections ---- */

/* Write the page structs of the next section that has frames of ours, and list those. */
static bool open_section(void)
{
	unsigned long before = buddy.nr_free;

	while (buddy.nr_free == before) {
		unsigned long start = buddy.next_section * SECTION_PAGES;
		unsigned long first = mem_map_base + start;

		if (!buddy.deferred || start >= mem_map_nr)
			return false;
		buddy.next_section++;
		memset(mem_map + start, 0, SECTION_PAGES * sizeof(struct page));
		for (unsigned long i = 0; i < SECTION_PAGES; i++)
			mem_map[start + i].flags = BIT(PG_reserved);
		for (unsigned int i = 0; i < buddy.nr_usable; i++) {
			const struct pfn_range *u = &buddy.usable[i];

			give_range(max(u->start, first), min(u->end, first + SECTION_PAGES));
		}
	}
	return true;
}

/*
 * Free frames [start, end) of an open section (nothing if empty), in the largest blocks that fit.
 */
static void give_range(unsigned long start, unsigned long end)
{
	if (start >= end)
		return;
	buddy.deferred -= end - start;
	for (unsigned long pfn = start; pfn < end; pfn++)
		pfn_to_page(pfn)->flags = 0;
	while (start < end) {
		unsigned int order = 0;

		while (order < MAX_ORDER - 1 && IS_ALIGNED(start, 2UL << order) &&
		       start + (2UL << order) <= end)
			order++;
		buddy_give(pfn_to_page(start), order);
		start += 1UL << order;
	}
}

/* ---- the boot memory map ---- */

static void usable_collect(const struct boot_info *bi)
{
	for (unsigned int i = 0; i < bi->nr_ram && i < ARRAY_SIZE(bi->ram); i++) {
		unsigned long start = DIV_ROUND_UP(bi->ram[i].start, PAGE_SIZE);
		unsigned long end = bi->ram[i].end >> PAGE_SHIFT;

		if (start < end)
			buddy.usable[buddy.nr_usable++] = (struct pfn_range){ start, end };
	}
	for (unsigned int i = 0; i < bi->nr_reserved && i < ARRAY_SIZE(bi->reserved); i++)
		usable_cut((struct pfn_range){ bi->reserved[i].start >> PAGE_SHIFT,
					       DIV_ROUND_UP(bi->reserved[i].end, PAGE_SIZE) });
	if (!buddy.nr_usable)
		panic("no usable RAM: %u ranges, %u reserved", bi->nr_ram, bi->nr_reserved);
}

/* Take @cut out of every range; a range cut in the middle becomes two. */
static void usable_cut(struct pfn_range cut)
{
	for (unsigned int i = 0; i < buddy.nr_usable; i++) {
		struct pfn_range *u = &buddy.usable[i], was = *u;

		if (cut.start >= cut.end || cut.start >= was.end || cut.end <= was.start)
			continue;
		u->end = max(cut.start, was.start);
		if (cut.end < was.end) {
			if (u->start == u->end)
				u->start = cut.end, u->end = was.end;
			else if (buddy.nr_usable < NR_USABLE)
				buddy.usable[buddy.nr_usable++] =
					(struct pfn_range){ cut.end, was.end };
		}
		if (u->start == u->end)
			*u-- = buddy.usable[--buddy.nr_usable], i--;
	}
}

/*
 * mem_map is one array from the first frame to the last.  Where RAM lies in
 * banks so far apart that it would take more than an eighth of all RAM, do
 * without the farthest bank.
 */
static void usable_limit(void)
{
	for (;;) {
		unsigned long first = ~0UL, last = 0, total = 0, nr_map_pages;
		unsigned int far = 0;

		for (unsigned int i = 0; i < buddy.nr_usable; i++) {
			const struct pfn_range *u = &buddy.usable[i];

			first = min(first, u->start);
			total += u->end - u->start;
			if (u->end > last)
				last = u->end, far = i;
		}
		mem_map_base = ALIGN_DOWN(first, SECTION_PAGES);
		mem_map_nr = ALIGN_UP(last, SECTION_PAGES) - mem_map_base;
		nr_map_pages = mem_map_nr * sizeof(struct page) / PAGE_SIZE;
		if (buddy.nr_usable == 1 || nr_map_pages <= total / 8 + SECTION_PAGES / 8)
			return;
		buddy.usable[far] = buddy.usable[--buddy.nr_usable];
	}
}

/* Carve mem_map out of the end of the highest range with room for it. */
static void mem_map_place(void)
{
	unsigned long need = DIV_ROUND_UP(mem_map_nr * sizeof(struct page), PAGE_SIZE);
	struct pfn_range *best = NULL;

	for (unsigned int i = 0; i < buddy.nr_usable; i++) {
		struct pfn_range *u = &buddy.usable[i];

		if (u->end - u->start > need && (!best || u->start > best->start))
			best = u;
	}
	if (!best)
		panic("no room for mem_map: %lu pages for %lu frames", need, mem_map_nr);
	best->end -= need;
	mem_map = pa_to_virt(best->end << PAGE_SHIFT);
	mem_map_zero = (unsigned long)mem_map - mem_map_base * sizeof(struct page);
}
