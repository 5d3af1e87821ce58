// SPDX-License-Identifier: MIT
/*
 * Anonymous memory 64 KiB at a time: what programs see of it (nothing, but for figures), what
 * it costs, who sees through it and who ends it, and a random walk of a family of
 * address spaces, with files in the same tables, against a model of bytes.
 */
#include "harness.h"
#include "mm_space.h"

#define FAMILY_PAGES    64
#define FAMILY_LONGEST  40U
#include "mm_family.h"

#include <lib/errno.h>
#include <mm/block.h>
#include <mm/pt_piece.h>

static struct mm_struct *mm;

static int setup(void **state)
{
	mm = space_new();
	mmu_blocks = true;
	return 0;
}

static int teardown(void **state)
{
	space_end(mm);
	return 0;
}

static unsigned long made(void) { return vmstat_read(VMSTAT_napot_fault_alloc); }
static unsigned long split(void) { return vmstat_read(VMSTAT_napot_split); }
static long anon_rss(struct mm_struct *m) { return atomic_long_read(&m->rss[MM_ANONPAGES]); }

static void area(unsigned int first, unsigned int pages)
{
	map_char(mm, 'w', at(first), pages * PAGE);
}

static enum pt_kind kind_at(struct mm_struct *m, vaddr_t va)
{
	struct pt_piece p;

	pt_next_piece(m, va, USER_END, &p);
	return p.kind;
}

/* Every page from @first on gets a byte of its own. */
static void stamp(unsigned int first, unsigned int pages)
{
	for (unsigned int i = first; i < first + pages; i++)
		store(mm, at(i), i + 1);
}

static void expect_stamps(struct mm_struct *m, unsigned int first, unsigned int pages)
{
	for (unsigned int i = first; i < first + pages; i++)
		assert_int_equal(load(m, at(i)), (u8)(i + 1));
	host_tlb_check(m);
	space_quiet();
}

/* ---- the fault ---- */

static void one_fault_brings_64_kib_of_zeroes(void **state)
{
	unsigned long faults;

	area(0, 64);
	faults = host_faults;
	store(mm, at(5), 1);
	assert_int_equal(host_faults, faults + 1);
	assert_int_equal(anon_rss(mm), 16);
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(load(mm, at(i)), i == 5);
	store(mm, at(15), 2);
	assert_int_equal(host_faults, faults + 1);
	store(mm, at(16), 2);
	assert_int_equal(host_faults, faults + 2);
	assert_int_equal(made(), 2);
	assert_int_equal(vmstat_read(VMSTAT_nr_anon_pages), 32);
}

static void harts_without_blocks_get_single_pages(void **state)
{
	mmu_blocks = false;
	area(0, 64);
	stamp(0, 64);
	assert_int_equal(made(), 0);
	assert_int_equal(kind_at(mm, at(0)), PT_TABLE);
	expect_stamps(mm, 0, 64);
}

static void the_ends_of_an_area_get_single_pages_and_the_middle_blocks(void **state)
{
	area(3, 58);
	stamp(3, 58);
	assert_int_equal(made(), 2);
	assert_int_equal(anon_rss(mm), 58);
	expect_stamps(mm, 3, 58);
}

static void memory_that_was_read_first_or_is_not_wanted_large_stays_small(void **state)
{
	area(0, 64);
	assert_int_equal(load(mm, at(3)), 0);
	store(mm, at(4), 1);
	assert_int_equal(anon_rss(mm), 1);
	assert_int_equal(mm_madvise(mm, at(16), 16 * PAGE, MADV_NOHUGEPAGE), 0);
	store(mm, at(16), 1);
	assert_int_equal(anon_rss(mm), 2);
	store(mm, at(32), 1);
	assert_int_equal(anon_rss(mm), 18);
	mm->no_huge_pages = true;
	store(mm, at(48), 1);
	assert_int_equal(anon_rss(mm), 19);
}

static unsigned int fail_countdown;
static bool fail_first(void) { return fail_countdown && fail_countdown-- > 0; }
static bool fail_all(void) { return true; }

static void no_block_of_64_kib_means_a_small_page(void **state)
{
	area(0, 64);
	store(mm, at(63), 1);
	fail_countdown = 1;
	frames_fail = fail_first;
	store(mm, at(9), 9);
	frames_fail = NULL;
	assert_int_equal(made(), 1);
	assert_int_equal(anon_rss(mm), 17);
	assert_int_equal(load(mm, at(9)), 9);
}

static int touch_all(void *arg)
{
	enum fault_result r = FAULT_DONE;

	frames_fail = harness_fail_now;
	for (unsigned int i = 0; i < 40 && r == FAULT_DONE; i++)
		r = try_write(mm, at(i), i);
	frames_fail = NULL;
	assert_int_equal(mm_madvise(mm, at(0), 40 * PAGE, MADV_DONTNEED), 0);
	return r == FAULT_DONE ? 0 : -ENOMEM;
}

static void without_memory_a_fault_leaves_nothing_behind(void **state)
{
	area(0, 40);
	store(mm, at(0), 1);
	assert_int_equal(mm_madvise(mm, at(0), 40 * PAGE, MADV_DONTNEED), 0);
	harness_watch("frames", world_frames_in_use);
	assert_true(harness_each_failure(touch_all, NULL) > 5);
	assert_true(harness_each_exhaustion(touch_all, NULL) > 5);
}

static void a_page_that_may_run_is_not_run_before_instructions_are_forgotten(void **state)
{
	unsigned long before = mm->context.icache_flushes;

	assert_int_equal(map_at(mm, at(0), 16 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), at(0));
	store(mm, at(0), 1);
	assert_true(mm->context.icache_flushes > before);
	assert_int_equal(made(), 1);
}

/* ---- the end of blocks ---- */

static void a_hole_splits_what_it_cuts_and_needs_no_memory(void **state)
{
	area(0, 64);
	stamp(0, 64);
	frames_fail = fail_all;
	assert_int_equal(mm_madvise(mm, at(20), 24 * PAGE, MADV_DONTNEED), 0);
	frames_fail = NULL;
	assert_int_equal(split(), 2);
	assert_int_equal(kind_at(mm, at(0)), PT_BLOCKS);
	assert_int_equal(anon_rss(mm), 40);
	expect_stamps(mm, 0, 20);
	expect_stamps(mm, 44, 20);
	for (unsigned int i = 20; i < 44; i++)
		assert_int_equal(load(mm, at(i)), 0);
}

static void whole_blocks_go_as_one_and_may_come_again(void **state)
{
	long before = frames_free();

	area(0, 64);
	stamp(0, 64);
	assert_int_equal(mm_madvise(mm, at(16), 32 * PAGE, MADV_DONTNEED), 0);
	assert_int_equal(split(), 0);
	assert_int_equal(anon_rss(mm), 32);
	assert_true(before - (long)frames_free() <= 32 + 4);
	store(mm, at(17), 9);
	assert_int_equal(made(), 5);
	assert_int_equal(load(mm, at(16)), 0);
	expect_stamps(mm, 0, 16);
}

static void a_page_that_is_held_outlives_its_block(void **state)
{
	struct user_page up;

	area(0, 16);
	stamp(0, 16);
	assert_int_equal(user_page_get(mm, at(7), FAULT_READ, &up), 0);
	assert_int_equal(mm_munmap(mm, at(0), 16 * PAGE), 0);
	assert_int_equal(atomic_read(&up.page->count), 1);
	assert_int_equal(*(u8 *)up.kaddr, 8);
	user_page_put(&up);
}

static void protection_splits_what_it_cuts_and_leaves_the_neighbours(void **state)
{
	area(0, 64);
	stamp(0, 64);
	assert_int_equal(mm_mprotect(mm, at(18), 2 * PAGE, PROT_READ), 0);
	assert_int_equal(split(), 1);
	assert_int_equal(try_write(mm, at(18), 1), FAULT_ACCERR);
	store(mm, at(17), 18);
	assert_int_equal(mm_mprotect(mm, at(18), 2 * PAGE, PROT_NONE), 0);
	assert_int_equal(try_read(mm, at(19)), FAULT_ACCERR);
	assert_int_equal(mm_mprotect(mm, at(0), 64 * PAGE, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(split(), 1);
	expect_stamps(mm, 0, 64);
	stamp(0, 64);
}

static void mremap_carries_the_bytes_along(void **state)
{
	area(0, 48);
	stamp(0, 48);
	assert_int_equal(mm_mremap(mm, at(5), 30 * PAGE, 30 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				   at(600)), at(600));
	for (unsigned int i = 5; i < 35; i++)
		assert_int_equal(load(mm, at(600 + i - 5)), i + 1);
	expect_stamps(mm, 0, 5);
	expect_stamps(mm, 35, 13);
	assert_int_equal(anon_rss(mm), 48);
}

static void advice_about_use_reaches_single_pages(void **state)
{
	area(0, 32);
	stamp(0, 32);
	assert_int_equal(mm_madvise(mm, at(3), PAGE, MADV_COLD), 0);
	assert_int_equal(kind_at(mm, at(0)), PT_TABLE);
	assert_int_equal(mm_madvise(mm, at(20), PAGE, MADV_FREE), 0);
	expect_stamps(mm, 0, 32);
	area(512, 32);
	stamp(512, 32);
	assert_int_equal(kind_at(mm, at(512)), PT_BLOCKS);
	assert_int_equal(mm_madvise(mm, at(512), 32 * PAGE, MADV_PAGEOUT), 0);
	assert_int_equal(kind_at(mm, at(512)), PT_TABLE);
	expect_stamps(mm, 512, 32);
}

/* Once plain, a table stays so: what was seen to be one needs no second look. */
static void a_plain_table_gets_no_blocks_until_it_goes(void **state)
{
	area(0, 64);
	stamp(0, 16);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_COLD), 0);
	stamp(16, 16);
	assert_int_equal(made(), 1);
	assert_int_equal(mm_munmap(mm, at(0), 64 * PAGE), 0);
	area(0, 64);
	stamp(0, 16);
	assert_int_equal(made(), 2);
}

/* ---- who sees through them ---- */

static void the_kernel_copies_into_blocks_without_splitting_them(void **state)
{
	char text[] = "across a page";
	char back[sizeof(text)];
	static u8 all[40 * PAGE], again[40 * PAGE];
	vaddr_t where = at(8) - 5;

	area(0, 64);
	assert_int_equal(copy_to_user(where, text, sizeof(text)), 0);
	assert_int_equal(made(), 1);
	assert_int_equal(load(mm, where), 'a');
	assert_int_equal(copy_from_user(back, where, sizeof(back)), 0);
	assert_string_equal(back, text);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = harness_below(256);
	assert_int_equal(copy_to_user(at(10) + 77, all, sizeof(all)), 0);
	assert_int_equal(copy_from_user(again, at(10) + 77, sizeof(again)), 0);
	assert_memory_equal(all, again, sizeof(all));
	for (unsigned int i = 0; i < sizeof(all); i += 501)
		assert_int_equal(load(mm, at(10) + 77 + i), all[i]);
	assert_int_equal(clear_user(at(20) + 1, 3 * PAGE), 0);
	assert_int_equal(load(mm, at(22)), 0);
	assert_int_equal(split(), 0);
	assert_int_equal(mm_mprotect(mm, at(0), 16 * PAGE, PROT_READ), 0);
	assert_int_equal(copy_to_user(at(8), text, sizeof(text)), -EFAULT);
}

static void a_debugger_writes_beside_blocks(void **state)
{
	u8 b = 77;

	area(0, 32);
	stamp(0, 32);
	map_char(mm, 'R', at(40), 4 * PAGE);
	assert_int_equal(load(mm, at(41)), file_byte(41, 0));
	assert_int_equal(mm_mprotect(mm, at(2), PAGE, PROT_READ), 0);
	assert_int_equal(mm_access(mm, at(41), &b, 1, true, true), 1);
	assert_int_equal(mm_access(mm, at(2), &b, 1, true, true), 1);
	assert_int_equal(mm_access(mm, at(20), &b, 1, true, true), 1);
	assert_int_equal(load(mm, at(41)), 77);
	assert_int_equal(load(mm, at(2)), 77);
	assert_int_equal(load(mm, at(20)), 77);
	assert_int_equal(try_write(mm, at(41), 1), FAULT_ACCERR);
	assert_int_equal(kind_at(mm, at(0)), PT_BLOCKS);
}

static void smaps_mincore_and_pagemap_see_every_page(void **state)
{
	struct mm_area_stats st = { 0 };
	u64 map[64];
	u8 vec[64];

	area(0, 64);
	store(mm, at(20), 1);
	assert_int_equal(mm_gather_stats(mm, at(0), at(64), &st), 0);
	assert_int_equal(st.rss, BLOCK_SIZE);
	assert_int_equal(st.private_dirty, BLOCK_SIZE);
	assert_int_equal(st.referenced, BLOCK_SIZE);
	assert_int_equal(st.huge, 0);
	assert_int_equal(mm_pagemap(mm, at(0), map, 64), 0);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(map[i] & (PM_OF_PROGRAMS | PM_FRAME), i / 16 == 1 ? BIT(63) | BIT(56) |
			((map[16] & 0xffffffffffff) + i - 16) : 0);
	assert_int_equal(mm_mincore(mm, at(0), 64 * PAGE, at(21)), 0);
	assert_int_equal(copy_from_user(vec, at(21), sizeof(vec)), 0);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(vec[i], i / 16 == 1);
	assert_int_equal(split(), 0);
}

/* ---- files in the same table ---- */

static void a_file_beside_blocks_is_cut_off_and_comes_back(void **state)
{
	area(0, 32);
	stamp(0, 32);
	map_char(mm, 'S', at(40), 4 * PAGE);
	map_char(mm, 'W', at(44), 4 * PAGE);
	store(mm, at(41), 99);
	store(mm, at(45), 98);
	assert_int_equal(load(mm, at(42)), file_byte(42, 0));
	assert_int_equal(kind_at(mm, at(0)), PT_BLOCKS);
	test_file.as.size = 40 * PAGE;
	truncate_pages(&test_file.as, 40, -1);
	assert_int_equal(try_read(mm, at(41)), FAULT_BUS);
	assert_int_equal(try_read(mm, at(45)), FAULT_BUS);
	expect_stamps(mm, 0, 32);
	test_file.as.size = FILE_PAGES * PAGE;
	assert_int_equal(load(mm, at(46)), file_byte(46, 0));
}

/* ---- fork ---- */

static void neither_side_of_a_fork_sees_what_the_other_writes(void **state)
{
	struct mm_struct *child;

	area(0, 64);
	stamp(0, 64);
	child = fork_mm(mm);
	assert_int_equal(anon_rss(child), 64);
	for (unsigned int i = 0; i < 64; i += 3)
		store(child, at(i), 200);
	expect_stamps(mm, 0, 64);
	for (unsigned int i = 1; i < 64; i += 3)
		store(mm, at(i), 201);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(load(child, at(i)), i % 3 ? i + 1 : 200);
	mm_put(child);
	stamp(0, 64);
	expect_stamps(mm, 0, 64);
}

/* ... also of a table that is shared as a whole: the area has grown since it got it. */
static void a_fork_shares_the_table_of_what_was_blocks(void **state)
{
	struct mm_struct *child;

	area(512, 88);
	stamp(512, 88);
	assert_int_equal(made(), 5);
	area(600, 424);
	child = fork_mm(mm);
	assert_int_equal(kind_at(child, at(512)), PT_SHARED);
	expect_stamps(child, 512, 88);
	mm_put(child);
	stamp(512, 88);
	expect_stamps(mm, 512, 88);
}

/* ---- at random ---- */

static void figures_and_tables(struct mm_struct *who)
{
	struct mm_area_stats st = { 0 };
	static const int advice[] = { MADV_COLD, MADV_PAGEOUT, MADV_NOHUGEPAGE, MADV_HUGEPAGE };
	unsigned int i = harness_below(PAGES);

	switch (harness_below(64)) {
	case 0:
		assert_int_equal(mm_gather_stats(who, at(0), at(PAGES), &st), 0);
		assert_int_equal(anon_rss(who), st.anonymous >> PAGE_SHIFT);
		host_tlb_check(who);
		break;
	case 1:
		mm_madvise(who, at(i), (1 + harness_below(PAGES - i)) * PAGE,
			   advice[harness_below(ARRAY_SIZE(advice))]);
		break;
	default:
		break;
	}
}

static void a_family_with_blocks_agrees_with_the_model(void **state)
{
	mm = family_walk(mm, 300000, figures_and_tables);
	assert_true(made() > 300);
	assert_true(split() > 200);
}

static void the_same_where_only_the_fault_sets_accessed_and_dirty(void **state)
{
	mmu_software_ad = true;
	mm = family_walk(mm, 100000, figures_and_tables);
	assert_true(made() > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(one_fault_brings_64_kib_of_zeroes),
		T(harts_without_blocks_get_single_pages),
		T(the_ends_of_an_area_get_single_pages_and_the_middle_blocks),
		T(memory_that_was_read_first_or_is_not_wanted_large_stays_small),
		T(no_block_of_64_kib_means_a_small_page),
		T(without_memory_a_fault_leaves_nothing_behind),
		T(a_page_that_may_run_is_not_run_before_instructions_are_forgotten),
		T(a_hole_splits_what_it_cuts_and_needs_no_memory),
		T(whole_blocks_go_as_one_and_may_come_again),
		T(a_page_that_is_held_outlives_its_block),
		T(protection_splits_what_it_cuts_and_leaves_the_neighbours),
		T(mremap_carries_the_bytes_along),
		T(advice_about_use_reaches_single_pages),
		T(a_plain_table_gets_no_blocks_until_it_goes),
		T(the_kernel_copies_into_blocks_without_splitting_them),
		T(a_debugger_writes_beside_blocks),
		T(smaps_mincore_and_pagemap_see_every_page),
		T(a_file_beside_blocks_is_cut_off_and_comes_back),
		T(neither_side_of_a_fork_sees_what_the_other_writes),
		T(a_fork_shares_the_table_of_what_was_blocks),
		T(a_family_with_blocks_agrees_with_the_model),
		T(the_same_where_only_the_fault_sets_accessed_and_dirty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
