// SPDX-License-Identifier: MIT
/*
 * Frames: the buddy lists, the harts' stacks in front, watermarks, sections.
 */
#include "harness.h"

#include <arch/host.h>
#include <kernel/entry.h>
#include <mm/buddy.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/page.h>
#include <mm/reclaim.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

#include "mm_world.h"

#define RAM     (16 * MiB)
#define MAX     (RAM / PAGE_SIZE)

static struct page *taken[MAX * 4];
static unsigned long nr_taken;

static unsigned long take_all(unsigned int gfp)
{
	struct page *p;

	nr_taken = 0;
	while ((p = alloc_page(gfp)))
		taken[nr_taken++] = p;
	return nr_taken;
}

static void give_all(void)
{
	while (nr_taken)
		put_page(taken[--nr_taken]);
}

static bool pa_in(paddr_t pa, paddr_t start, paddr_t end)
{
	return pa >= start && pa < end;
}

static void every_frame_is_given_once_and_none_is_reserved_or_mem_map(void **state)
{
	static bool seen[MAX];
	struct boot_info bi;
	paddr_t base;

	host_machine(RAM, 1, &bi);
	base = bi.ram[0].start;
	bi.nr_reserved = 4;
	bi.reserved[0].start = base, bi.reserved[0].end = base + 300 * KiB + 1;
	bi.reserved[1].start = base + 5 * MiB + 17, bi.reserved[1].end = base + 5 * MiB + 4097;
	bi.reserved[2].start = base + 5 * MiB, bi.reserved[2].end = base + 5 * MiB + 18;
	bi.reserved[3].start = base + RAM - 64 * KiB, bi.reserved[3].end = base + RAM;
	frames_init(&bi);
	assert_int_equal(frames_free(), frames_total);

	memset(seen, 0, sizeof(seen));
	assert_int_equal(take_all(GFP_RESERVE), frames_total);
	for (unsigned long i = 0; i < nr_taken; i++) {
		paddr_t pa = page_to_pa(taken[i]);

		assert_true(pa_in(pa, base, base + RAM) && !seen[(pa - base) >> PAGE_SHIFT]);
		seen[(pa - base) >> PAGE_SHIFT] = true;
		for (int r = 0; r < 4; r++)
			assert_false(pa_in(pa, ALIGN_DOWN(bi.reserved[r].start, PAGE_SIZE),
					   ALIGN_UP(bi.reserved[r].end, PAGE_SIZE)));
		assert_false(pa_in(pa, virt_to_pa(mem_map), virt_to_pa(mem_map + mem_map_nr)));
	}
	assert_int_equal(frames_free(), 0);
	give_all();
	assert_int_equal(frames_free(), frames_total);
}

static void a_frame_starts_clean(void **state)
{
	struct page *p;

	world(RAM, 1);
	for (int i = 0; i < 200; i++) {
		p = alloc_page(i & 1 ? GFP_ZERO : 0);
		assert_int_equal(p->flags, 0);
		assert_int_equal(atomic_read(&p->count), 1);
		assert_int_equal(atomic_read(&p->mapcount), 0);
		assert_null(p->mapping);
		if (i & 1)
			for (unsigned int b = 0; b < PAGE_SIZE; b++)
				assert_int_equal(((u8 *)page_address(p))[b], 0);
		memset(page_address(p), 0x5a, PAGE_SIZE);
		p->mapping = (void *)8;
		page_set(p, PG_dirty);
		put_page(p);
	}
}

/* A model of who has which frame: blocks are aligned and never overlap. */
static void blocks_of_all_orders_are_aligned_and_apart(void **state)
{
	enum { SLOTS = 200 };
	static struct { struct page *p; unsigned int order; } slot[SLOTS];
	static u8 owner[MAX];
	unsigned long before;

	world(RAM, 2);
	before = frames_free();
	memset(slot, 0, sizeof(slot));
	memset(owner, 0, sizeof(owner));
	for (int round = 0; round < 20000; round++) {
		unsigned int i = harness_below(SLOTS), order = harness_below(7);
		unsigned long first;

		host_run_as(&host_task0, harness_below(2));
		if (slot[i].p) {
			first = (unsigned long)(slot[i].p - mem_map);
			for (unsigned long f = 0; f < 1UL << slot[i].order; f++)
				owner[first + f] = 0;
			if (slot[i].order)
				free_pages(slot[i].p, slot[i].order);
			else
				put_page(slot[i].p);
			slot[i].p = NULL;
			continue;
		}
		slot[i].p = alloc_pages(order, GFP_RESERVE);
		slot[i].order = order;
		if (!slot[i].p)
			continue;
		first = (unsigned long)(slot[i].p - mem_map);
		assert_true(IS_ALIGNED(page_to_pfn(slot[i].p), 1UL << order));
		for (unsigned long f = 0; f < 1UL << order; f++)
			assert_int_equal(owner[first + f]++, 0);
	}
	for (int i = 0; i < SLOTS; i++)
		if (slot[i].p)
			free_pages(slot[i].p, slot[i].order);
	assert_int_equal(frames_free(), before);
}

/* Make every hart give back what it keeps: an allocation that tries all it can. */
static void drain(void)
{
	unsigned int was = sysctl_min_free_kbytes;

	sysctl_min_free_kbytes = ~0U;
	assert_null(alloc_pages(1, GFP_KERNEL));
	sysctl_min_free_kbytes = was;
}

static void freed_frames_join_into_the_blocks_they_came_from(void **state)
{
	unsigned long before[MAX_ORDER], after[MAX_ORDER];

	world(RAM, 1);
	take_all(GFP_RESERVE);
	give_all();
	drain();
	frames_count_orders(before);
	assert_int_equal(before[MAX_ORDER - 1], RAM / (4 * MiB) - 1);   /* less mem_map's */
	take_all(GFP_RESERVE);
	for (unsigned long i = nr_taken; i > 1; i--) {
		unsigned long j = harness_below(i);

		swap_values(taken[i - 1], taken[j]);
	}
	give_all();
	drain();
	frames_count_orders(after);
	assert_memory_equal(after, before, sizeof(after));
}

static void mem_map_is_not_written_before_it_is_needed(void **state)
{
	struct boot_info bi;
	unsigned long touched = 0;
	u8 *map;

	host_machine(256 * MiB, 1, &bi);
	memset(pa_to_virt(bi.ram[0].start), 0xaa, 256 * MiB);
	frames_init(&bi);
	for (int i = 0; i < 100; i++)
		assert_non_null(alloc_page(0));
	map = (u8 *)mem_map;
	for (unsigned long i = 0; i < mem_map_nr * sizeof(struct page); i++)
		touched += map[i] != 0xaa;
	assert_true(touched <= 1024 * sizeof(struct page));
	assert_int_equal(frames_free(), frames_total - 100);
}

static void only_the_reserve_goes_below_the_minimum(void **state)
{
	unsigned long normal;

	world(RAM, 1);
	normal = take_all(0);
	assert_true(frames_total - normal >= frames_min() - 1);
	assert_true(frames_total - normal <= frames_min() + 128);
	assert_null(alloc_pages(2, 0));
	for (struct page *p; (p = alloc_page(GFP_RESERVE));)
		taken[nr_taken++] = p;
	assert_int_equal(nr_taken, frames_total);
	give_all();
	assert_int_equal(frames_free(), frames_total);
}

static void frames_that_another_hart_keeps_are_found(void **state)
{
	unsigned long all;

	world(RAM, 4);
	take_all(GFP_RESERVE);
	all = nr_taken;
	for (int i = 0; i < 200; i++) {
		host_run_as(&host_task0, i % 4);
		put_page(taken[--nr_taken]);
	}
	host_run_as(&host_task0, 0);
	sysctl_min_free_kbytes = 0;     /* the watermarks are another test's */
	for (int i = 0; i < 200; i++)
		taken[nr_taken++] = alloc_page(GFP_KERNEL);
	for (unsigned long i = 0; i < nr_taken; i++)
		assert_non_null(taken[i]);
	assert_int_equal(nr_taken, all);
	assert_null(alloc_page(GFP_KERNEL));
	give_all();
}

static struct page *victim;

static bool kill_victim(unsigned int gfp)
{
	if (!victim)
		return false;
	put_page(victim);
	victim = NULL;
	return true;
}

static void a_process_is_killed_only_for_those_who_ask_and_last_of_all(void **state)
{
	struct page *p;

	world(RAM, 1);
	world_oom = kill_victim;
	sysctl_min_free_kbytes = 0;
	take_all(GFP_RESERVE);
	victim = taken[--nr_taken];
	assert_null(alloc_page(GFP_KERNEL));
	assert_non_null(victim);
	p = alloc_page(GFP_USER);
	assert_non_null(p);
	assert_null(victim);
	assert_null(alloc_page(GFP_USER));
	put_page(p);
	give_all();
	world_oom = NULL;
}

static void free_twice(void *p)
{
	free_page(p);
}

static void a_frame_in_use_is_not_freed(void **state)
{
	struct page *p;

	world(RAM, 1);
	p = alloc_page(0);
	assert_true(harness_panics(free_twice, p));             /* count is 1 */
	page_set(p, PG_locked);
	atomic_set(&p->count, 0);
	assert_true(harness_panics(free_twice, p));
}

/* To the limit, counted as free, for those alone who ask for zeroes, and nobody goes short for them. */
static void an_idle_hart_zeroes_frames_ahead(void **state)
{
	unsigned long before, ahead = 0;
	struct page *first, *p;

	world(RAM, 1);
	before = frames_free();
	while (frames_zero_ahead())
		ahead++;
	assert_in_range(ahead, 4, MAX / 64);
	assert_int_equal(vmstat_read(VMSTAT_pgzeroed_ahead), ahead);
	assert_int_equal(frames_free(), before);
	first = alloc_page(GFP_ZERO);                   /* the last one that was zeroed */
	memset(page_address(first), 0x5a, PAGE_SIZE);
	put_page(first);
	assert_ptr_equal(p = alloc_page(0), first);     /* not one of the zeroed */
	put_page(p);
	assert_true(frames_zero_ahead() && !frames_zero_ahead());
	for (unsigned long i = 0; i < ahead; i++) {
		p = taken[nr_taken++] = alloc_page(GFP_ZERO);
		assert_int_equal(atomic_read(&p->count), 1);
		for (unsigned int b = 0; b < PAGE_SIZE; b++)
			assert_int_equal(((u8 *)page_address(p))[b], 0);
	}
	give_all();
	while (frames_zero_ahead())
		continue;
	assert_int_equal(take_all(GFP_RESERVE), before);
	assert_false(frames_zero_ahead());              /* memory is not plenty */
	give_all();
	assert_int_equal(frames_free(), before);
}

static void banks_far_apart_do_not_cost_more_than_they_bring(void **state)
{
	struct boot_info bi;

	host_machine(RAM, 1, &bi);
	bi.nr_ram = 2;
	bi.ram[1].start = bi.ram[0].start + 64 * GiB;
	bi.ram[1].end = bi.ram[1].start + 8 * MiB;
	frames_init(&bi);
	assert_true(frames_total <= MAX && frames_total > MAX - MAX / 50);
	assert_false(pfn_valid(bi.ram[1].start >> PAGE_SHIFT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_frame_is_given_once_and_none_is_reserved_or_mem_map),
		cmocka_unit_test(a_frame_starts_clean),
		cmocka_unit_test(blocks_of_all_orders_are_aligned_and_apart),
		cmocka_unit_test(freed_frames_join_into_the_blocks_they_came_from),
		cmocka_unit_test(mem_map_is_not_written_before_it_is_needed),
		cmocka_unit_test(only_the_reserve_goes_below_the_minimum),
		cmocka_unit_test(frames_that_another_hart_keeps_are_found),
		cmocka_unit_test(a_process_is_killed_only_for_those_who_ask_and_last_of_all),
		cmocka_unit_test(a_frame_in_use_is_not_freed),
		cmocka_unit_test(an_idle_hart_zeroes_frames_ahead),
		cmocka_unit_test(banks_far_apart_do_not_cost_more_than_they_bring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
