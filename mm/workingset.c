// SPDX-License-Identifier: MIT
/*
 * The working set: pages that were let go too early.
 *
 * Evictions are counted, and a page that goes leaves a note with the count.  When
 * it comes back, what the count has grown by is its refault distance: how many
 * more frames the inactive list would have needed to keep it.  Had all the active
 * pages given way, it would have stayed if the distance is no longer than they
 * are many; then it competes with them: it starts out active.  Only a page that was
 * used while it was here: most that are read around a fault never are, and had they
 * come back active they would have driven out what is.
 *
 * What nobody used is, while memory is short, not read around a fault again (filemap_fault.c).
 *
 * The notes are in one table of fixed size, hashed by file and place, the oldest of
 * a bucket giving way; as many as there are frames, if that fits in one block, for
 * a longer distance does not matter.  Notes in the files' trees instead (Linux's way)
 * would be exact, and would need nodes, in which all who walk a tree must step over them, and a
 * shrinker for files that are only notes.  A note of a file that is gone does no
 * harm: it ages away, and one time in some thousands a page is taken for another.
 *
 *	note:   tag 14 | used 1 | active 1 | count >> shift 16
 *
 * Lock: none.  A note that two harts write at once is one's or the other's.
 */
#include <mm/workingset.h>

#include <lib/atomic.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/address_space.h>
#include <mm/frames.h>
#include <mm/swap.h>
#include <mm/vmstat.h>

#define WAYS            16U             /* notes of a bucket: a cache line */
#define TIME_BITS       16U
#define TIME_MASK       ((1U << TIME_BITS) - 1)
#define NOTE_ACTIVE     (1U << TIME_BITS)
#define NOTE_USED       (1U << (TIME_BITS + 1))
#define TAG_SHIFT       (TIME_BITS + 2)
#define SPAN            8U              /* distances up to so many times all frames fit a note */

struct bucket {
	u32 note[WAYS];
} __aligned(CACHE_LINE);

static struct {
	struct bucket *table;           /* [c] NULL: no memory for one */
	unsigned int bits;              /* [c] of a bucket's number */
	unsigned int shift;             /* [c] of the count in a note */
	atomic_long_t evictions;        /* [a] */
	atomic_long_t file_cost, anon_cost;     /* [a] */
} ws;

/* Of the number of a bucket in a table of @bytes. */
static unsigned int bits_for(size_t bytes)
{
	unsigned int bits = 0;

	while (sizeof(struct bucket) << (bits + 1) <= bytes)
		bits++;
	return bits;
}

void workingset_init(void)
{
	unsigned int order = 0;
	struct page *block;

	memset(&ws, 0, sizeof(ws));
	while (order + 1 < MAX_ORDER && (PAGE_SIZE << order) / sizeof(u32) < frames_total)
		order++;
	block = alloc_pages(order, GFP_KERNEL | GFP_ZERO);
	if (!block)
		return;
	ws.table = page_address(block);
	ws.bits = bits_for(PAGE_SIZE << order);
	while (frames_total * SPAN >> ws.shift > TIME_MASK)
		ws.shift++;
}

/* ---- notes ---- */

static u64 key_of(const struct address_space *as, pgoff_t index)
{
	return hash_u64((u64)as + index * 0x100000001b3UL);
}

static struct bucket *bucket_of(u64 key)
{
	return &ws.table[key >> (64 - ws.bits)];
}

/* Never 0, which is no note. */
static u32 tag_of(u64 key)
{
	return ((u32)(key >> 8) | 1) << TAG_SHIFT;
}

static u32 time_now(void)
{
	return (u32)(atomic_long_read(&ws.evictions) >> ws.shift) & TIME_MASK;
}

/* In units of 1 << shift. */
static u32 age_of(u32 note, u32 now)
{
	return (now - note) & TIME_MASK;
}

void workingset_evicted(struct address_space *as, pgoff_t index, bool active, bool used)
{
	u64 key = key_of(as, index);
	struct bucket *b;
	unsigned int oldest = 0;
	u32 flags = (active ? NOTE_ACTIVE : 0) | (used ? NOTE_USED : 0);
	u32 now;

	atomic_long_inc(&ws.evictions);
	if (!ws.table)
		return;
	b = bucket_of(key);
	now = time_now();
	for (unsigned int i = 0; i < WAYS; i++) {
		u32 note = READ_ONCE(b->note[i]);

		if (!note) {
			oldest = i;
			break;
		}
		if (age_of(note, now) > age_of(READ_ONCE(b->note[oldest]), now))
			oldest = i;
	}
	WRITE_ONCE(b->note[oldest], tag_of(key) | flags | now);
}

/* The note of that page, and, if @take, out with it; 0: none. */
static u32 find_note(const struct address_space *as, pgoff_t index, bool take)
{
	u64 key = key_of(as, index);
	struct bucket *b = bucket_of(key);
	u32 tag = tag_of(key);

	for (unsigned int i = 0; i < WAYS; i++) {
		u32 note = READ_ONCE(b->note[i]);

		if ((note ^ tag) >> TAG_SHIFT == 0) {
			if (take)
				WRITE_ONCE(b->note[i], 0);
			return note;
		}
	}
	return 0;
}

bool workingset_was_unused(const struct address_space *as, pgoff_t index)
{
	u32 note = ws.table ? find_note(as, index, false) : 0;

	return note && !(note & NOTE_USED);
}

/* ---- coming back ---- */

/* Pages that would have given way to one that came back. */
static unsigned long in_use(void)
{
	unsigned long nr = vmstat_read(VMSTAT_nr_active_file);

	if (swap_unused())
		nr += vmstat_read(VMSTAT_nr_anon_pages);
	return nr;
}

/* Costs are forgotten by halves, as memory turns over. */
static void add_cost(atomic_long_t *cost, unsigned long nr)
{
	if ((unsigned long)atomic_long_add_return((long)nr, cost) > frames_total / 4) {
		atomic_long_set(&ws.file_cost, atomic_long_read(&ws.file_cost) / 2);
		atomic_long_set(&ws.anon_cost, atomic_long_read(&ws.anon_cost) / 2);
	}
}

static __noinline bool is_recent(u32 note)
{
	return note & NOTE_USED && (unsigned long)age_of(note, time_now()) << ws.shift <= in_use();
}

int workingset_remembers(const struct address_space *as, pgoff_t index)
{
	u32 note = ws.table ? find_note(as, index, false) : 0;

	return !note ? 0 : 1 + is_recent(note);
}

void workingset_arrived(struct page *page)
{
	u32 note;

	if (likely(!atomic_long_read(&ws.evictions)) || !ws.table)
		return;
	note = find_note(page->mapping, page->index, true);
	if (!note)
		return;
	vmstat_inc(VMSTAT_workingset_refault_file);
	if (!is_recent(note))
		return;
	page_set(page, PG_active);
	vmstat_inc(VMSTAT_workingset_activate_file);
	if (note & NOTE_ACTIVE)
		vmstat_inc(VMSTAT_workingset_restore_file);
	add_cost(&ws.file_cost, 1);
}

void workingset_swapped_in(unsigned long nr)
{
	vmstat_add(VMSTAT_workingset_refault_anon, (long)nr);
	add_cost(&ws.anon_cost, nr);
}

void workingset_costs(unsigned long *file, unsigned long *anon)
{
	*file = (unsigned long)max(atomic_long_read(&ws.file_cost), 0L);
	*anon = (unsigned long)max(atomic_long_read(&ws.anon_cost), 0L);
}

unsigned long workingset_file_activations(void)
{
	return vmstat_read(VMSTAT_workingset_activate_file);
}
