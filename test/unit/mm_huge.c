// SPDX-License-Identifier: MIT
/*
 * Anonymous memory 2 MiB at a time, and page tables that fork shares: what programs
 * see of them (nothing, but for figures), what they cost, and a random walk of a
 * family of address spaces against a model of bytes.
 */
#include "harness.h"
#include "mm_space.h"

#include <mm/huge.h>
#include <mm/pt_piece.h>

#define HBASE           0x40000000UL
#define PIECE_PAGES     ((unsigned int)PT_ENTRIES)

static struct mm_struct *mm;

static int setup(void **state)
{
	mm = space_new();
	return 0;
}

static int teardown(void **state)
{
	space_end(mm);
	assert_int_equal(vmstat_read(VMSTAT_nr_anon_transparent_hugepages), 0);
	return 0;
}

static vaddr_t page_at(unsigned int i)
{
	return HBASE + i * PAGE;
}

static void large(unsigned int pages)
{
	assert_int_equal(map_at(mm, HBASE, pages * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED), HBASE);
}

static unsigned long huge_pages(void)
{
	return vmstat_read(VMSTAT_nr_anon_transparent_hugepages);
}

static enum pt_kind kind_at(struct mm_struct *m, vaddr_t va)
{
	struct pt_piece p;

	down_read(&m->lock);
	pt_next_piece(m, va, USER_END, &p);
	up_read(&m->lock);
	return p.kind;
}

static long anon_rss(struct mm_struct *m) { return atomic_long_read(&m->rss[MM_ANONPAGES]); }

/* Every 37th page of @pages gets a byte of its own. */
static void stamp(struct mm_struct *m, unsigned int pages, u8 salt)
{
	for (unsigned int i = 0; i < pages; i += 37)
		store(m, page_at(i), i + salt);
}

static void expect_stamps(struct mm_struct *m, unsigned int pages, u8 salt)
{
	for (unsigned int i = 0; i < pages; i += 37)
		assert_int_equal(load(m, page_at(i)), (u8)(i + salt));
	host_tlb_check(m);
	space_quiet();
}

/* ---- one address space ---- */

static void one_fault_brings_2_mib_of_zeroes(void **state)
{
	unsigned long faults;

	large(2 * PIECE_PAGES);
	store(mm, page_at(5), 1);
	assert_int_equal(huge_pages(), 1);
	assert_int_equal(anon_rss(mm), PIECE_PAGES);
	faults = host_faults;
	store(mm, page_at(511), 2);
	assert_int_equal(load(mm, page_at(77)), 0);
	assert_int_equal(host_faults, faults);
	store(mm, page_at(512), 3);
	assert_int_equal(huge_pages(), 2);
	assert_int_equal(load(mm, page_at(5)), 1);
}

static void small_unaligned_or_unwanted_memory_gets_small_pages(void **state)
{
	large(2 * PIECE_PAGES);
	assert_int_equal(mm_munmap(mm, page_at(1000), PAGE), 0);
	store(mm, page_at(600), 1);
	assert_int_equal(huge_pages(), 0);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_NOHUGEPAGE), 0);
	store(mm, page_at(1), 1);
	assert_int_equal(huge_pages(), 0);
	assert_int_equal(anon_rss(mm), 2);
}

static void memory_read_first_stays_small(void **state)
{
	large(PIECE_PAGES);
	assert_int_equal(load(mm, page_at(3)), 0);
	store(mm, page_at(4), 1);
	assert_int_equal(huge_pages(), 0);
	assert_int_equal(anon_rss(mm), 1);
}

static bool fail_all(void) { return true; }
static unsigned int fail_countdown;
static bool fail_first(void) { return fail_countdown && fail_countdown-- > 0; }

static void no_block_of_2_mib_means_a_small_page(void **state)
{
	large(PIECE_PAGES);
	store(mm, page_at(PIECE_PAGES - 1), 0);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_DONTNEED), 0);
	fail_countdown = 1;
	frames_fail = fail_first;
	store(mm, page_at(9), 9);
	frames_fail = NULL;
	assert_int_equal(huge_pages(), 0);
	assert_int_equal(load(mm, page_at(9)), 9);
	assert_int_equal(vmstat_read(VMSTAT_thp_fault_fallback), 1);
}

static void a_split_needs_no_memory(void **state)
{
	large(2 * PIECE_PAGES);
	stamp(mm, 2 * PIECE_PAGES, 3);
	frames_fail = fail_all;
	assert_int_equal(mm_madvise(mm, page_at(100), PAGE, MADV_DONTNEED), 0);
	frames_fail = NULL;
	assert_int_equal(huge_pages(), 1);
	assert_int_equal(anon_rss(mm), 2 * PIECE_PAGES - 1);
	assert_int_equal(load(mm, page_at(100)), 0);
	expect_stamps(mm, 2 * PIECE_PAGES, 3);
}

static void a_hole_in_a_huge_page_leaves_the_rest(void **state)
{
	large(2 * PIECE_PAGES);
	stamp(mm, 2 * PIECE_PAGES, 1);
	assert_int_equal(mm_munmap(mm, page_at(38), 36 * PAGE), 0);
	assert_int_equal(try_read(mm, page_at(40)), FAULT_MAPERR);
	expect_stamps(mm, 2 * PIECE_PAGES, 1);
	assert_int_equal(mm_munmap(mm, page_at(PIECE_PAGES), HUGE_SIZE), 0);
	assert_int_equal(huge_pages(), 0);
	assert_int_equal(anon_rss(mm), PIECE_PAGES - 36);
}

static void protection_of_a_whole_huge_page_keeps_it_huge(void **state)
{
	large(PIECE_PAGES);
	stamp(mm, PIECE_PAGES, 5);
	assert_int_equal(mm_mprotect(mm, HBASE, HUGE_SIZE, PROT_READ), 0);
	assert_int_equal(try_write(mm, page_at(1), 1), FAULT_ACCERR);
	expect_stamps(mm, PIECE_PAGES, 5);
	assert_int_equal(mm_mprotect(mm, HBASE, HUGE_SIZE, PROT_NONE), 0);
	assert_int_equal(try_read(mm, page_at(1)), FAULT_ACCERR);
	assert_int_equal(mm_mprotect(mm, HBASE, HUGE_SIZE, PROT_READ | PROT_WRITE), 0);
	stamp(mm, PIECE_PAGES, 6);
	assert_int_equal(huge_pages(), 1);
	assert_int_equal(vmstat_read(VMSTAT_thp_split_pmd), 0);
}

static void protection_of_a_part_splits(void **state)
{
	large(PIECE_PAGES);
	stamp(mm, PIECE_PAGES, 5);
	assert_int_equal(mm_mprotect(mm, page_at(10), PAGE, PROT_READ), 0);
	assert_int_equal(try_write(mm, page_at(10), 1), FAULT_ACCERR);
	store(mm, page_at(11), 1);
	expect_stamps(mm, PIECE_PAGES, 5);
	assert_int_equal(huge_pages(), 0);
}

static void mremap_carries_the_bytes_along(void **state)
{
	vaddr_t to = HBASE + 16 * HUGE_SIZE + 3 * PAGE;

	large(2 * PIECE_PAGES);
	stamp(mm, 2 * PIECE_PAGES, 9);
	assert_int_equal(mm_mremap(mm, HBASE, 2 * HUGE_SIZE, 2 * HUGE_SIZE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
	for (unsigned int i = 0; i < 2 * PIECE_PAGES; i += 37)
		assert_int_equal(load(mm, to + i * PAGE), (u8)(i + 9));
	assert_int_equal(anon_rss(mm), 2 * PIECE_PAGES);
}

static void the_kernel_copies_into_huge_pages_without_splitting_them(void **state)
{
	char text[] = "across a page";
	char back[sizeof(text)];
	vaddr_t at = page_at(8) - 5;

	large(PIECE_PAGES);
	store(mm, page_at(0), 1);
	assert_int_equal(copy_to_user(at, text, sizeof(text)), 0);
	assert_int_equal(load(mm, at), 'a');
	assert_int_equal(copy_from_user(back, at, sizeof(back)), 0);
	assert_string_equal(back, text);
	assert_int_equal(mm_mprotect(mm, HBASE, HUGE_SIZE, PROT_READ), 0);
	assert_int_equal(copy_to_user(at, text, sizeof(text)), -EFAULT);
	assert_int_equal(huge_pages(), 1);
}

static void smaps_and_mincore_see_every_page(void **state)
{
	struct mm_area_stats st = { 0 };
	u8 vec[16];

	large(2 * PIECE_PAGES);
	store(mm, page_at(0), 1);
	assert_int_equal(mm_gather_stats(mm, HBASE, page_at(2 * PIECE_PAGES), &st), 0);
	assert_int_equal(st.rss, HUGE_SIZE);
	assert_int_equal(st.huge, HUGE_SIZE);
	assert_int_equal(st.private_dirty, HUGE_SIZE);
	assert_int_equal(mm_mincore(mm, page_at(504), 16 * PAGE, page_at(4)), 0);
	assert_int_equal(copy_from_user(vec, page_at(4), sizeof(vec)), 0);
	assert_int_equal(vec[7], 1);
	assert_int_equal(vec[8], 0);
}

/* ---- MADV_COLLAPSE ---- */

/* A piece in small pages, every 37th with a byte. */
static void small(void)
{
	large(PIECE_PAGES);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_NOHUGEPAGE), 0);
	stamp(mm, PIECE_PAGES, 5);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_HUGEPAGE), 0);
	assert_int_equal(huge_pages(), 0);
}

static void small_pages_are_one_after_collapse(void **state)
{
	unsigned long anon = vmstat_read(VMSTAT_nr_anon_pages);

	small();
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_COLLAPSE), 0);
	assert_int_equal(huge_pages(), 1);
	assert_int_equal(anon_rss(mm), PIECE_PAGES);
	assert_int_equal(vmstat_read(VMSTAT_nr_anon_pages), anon + PIECE_PAGES);
	assert_int_equal(kind_at(mm, HBASE), PT_HUGE);
	expect_stamps(mm, PIECE_PAGES, 5);
	assert_int_equal(load(mm, page_at(38)), 0);
}

static void a_page_that_somebody_holds_keeps_all_small(void **state)
{
	struct user_page up;

	small();
	assert_int_equal(user_page_get(mm, page_at(37), FAULT_WRITE, &up), 0);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_COLLAPSE), -EAGAIN);
	*(u8 *)up.kaddr = 37 + 5;
	assert_int_equal(huge_pages(), 0);
	user_page_put(&up);
	expect_stamps(mm, PIECE_PAGES, 5);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_COLLAPSE), 0);
	expect_stamps(mm, PIECE_PAGES, 5);
}

static void without_memory_or_with_a_guard_nothing_becomes_large(void **state)
{
	small();
	frames_fail = fail_all;
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_COLLAPSE), -ENOMEM);
	frames_fail = NULL;
	assert_int_equal(mm_madvise(mm, page_at(3), PAGE, MADV_GUARD_INSTALL), 0);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_COLLAPSE), -EINVAL);
	assert_int_equal(huge_pages(), 0);
	expect_stamps(mm, PIECE_PAGES, 5);
	assert_int_equal(mm_madvise(mm, page_at(3), PAGE, MADV_GUARD_REMOVE), 0);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_COLLAPSE), 0);
	expect_stamps(mm, PIECE_PAGES, 5);
}

/* ---- fork ---- */

static void fork_shares_tables_and_takes_no_memory_for_them(void **state)
{
	struct mm_struct *child;
	unsigned long before;

	large(4 * PIECE_PAGES);
	assert_int_equal(mm_madvise(mm, HBASE, 2 * HUGE_SIZE, MADV_NOHUGEPAGE), 0);
	stamp(mm, 4 * PIECE_PAGES, 1);
	before = frames_free();
	child = fork_mm(mm);
	assert_true(before - frames_free() <= 3);       /* a root, a level-1 table, a slab */
	assert_int_equal(kind_at(mm, HBASE), PT_SHARED);
	assert_int_equal(kind_at(child, page_at(3 * PIECE_PAGES)), PT_SHARED);
	assert_int_equal(anon_rss(child), anon_rss(mm));
	mm_put(child);
	assert_int_equal(kind_at(mm, HBASE), PT_SHARED);
	expect_stamps(mm, 4 * PIECE_PAGES, 1);
	assert_int_equal(kind_at(mm, HBASE), PT_TABLE);
	assert_int_equal(kind_at(mm, page_at(3 * PIECE_PAGES)), PT_HUGE);
	stamp(mm, 4 * PIECE_PAGES, 2);
	assert_int_equal(vmstat_read(VMSTAT_pgcow), 0);
	assert_int_equal(vmstat_read(VMSTAT_pgreuse), 0);
}

static void neither_side_sees_what_the_other_writes(void **state)
{
	for (unsigned int first = 0; first < 2; first++) {
		struct mm_struct *child, *a, *b;

		large(4 * PIECE_PAGES);
		assert_int_equal(mm_madvise(mm, HBASE, 2 * HUGE_SIZE, MADV_NOHUGEPAGE), 0);
		stamp(mm, 4 * PIECE_PAGES, 1);
		child = fork_mm(mm);
		a = first ? mm : child;
		b = first ? child : mm;
		stamp(a, 4 * PIECE_PAGES, 2);
		expect_stamps(b, 4 * PIECE_PAGES, 1);
		stamp(b, 4 * PIECE_PAGES, 3);
		expect_stamps(a, 4 * PIECE_PAGES, 2);
		mm_put(child);
		expect_stamps(mm, 4 * PIECE_PAGES, first ? 2 : 3);
		assert_int_equal(mm_munmap(mm, HBASE, 4 * HUGE_SIZE), 0);
		assert_int_equal(anon_rss(mm), 0);
	}
}

static void figures_are_true_after_each_order_of_exits(void **state)
{
	for (unsigned int order = 0; order < 6; order++) {
		struct mm_struct *child[3];
		static const u8 orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
						 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

		large(2 * PIECE_PAGES);
		assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_NOHUGEPAGE), 0);
		stamp(mm, 2 * PIECE_PAGES, 1);
		for (unsigned int i = 0; i < 3; i++)
			child[i] = fork_mm(i == 2 ? child[1] : mm);
		store(child[1], page_at(0), 99);
		store(child[1], page_at(600), 99);
		assert_int_equal(anon_rss(child[1]), anon_rss(mm));
		for (unsigned int i = 0; i < 3; i++) {
			expect_stamps(mm, 2 * PIECE_PAGES, 1);
			mm_put(child[orders[order][i]]);
		}
		stamp(mm, 2 * PIECE_PAGES, 7);
		assert_int_equal(anon_rss(mm), 14 + PIECE_PAGES);
		assert_int_equal(mm_munmap(mm, HBASE, 2 * HUGE_SIZE), 0);
		assert_int_equal(anon_rss(mm), 0);
	}
}

static void a_child_may_unmap_or_protect_parts(void **state)
{
	struct mm_struct *child;

	large(4 * PIECE_PAGES);
	assert_int_equal(mm_madvise(mm, HBASE, 2 * HUGE_SIZE, MADV_NOHUGEPAGE), 0);
	stamp(mm, 4 * PIECE_PAGES, 1);
	child = fork_mm(mm);
	assert_int_equal(mm_munmap(child, page_at(100), 1800 * PAGE), 0);
	assert_int_equal(try_read(child, page_at(1000)), FAULT_MAPERR);
	assert_int_equal(load(child, page_at(74)), (u8)75);
	assert_int_equal(load(child, page_at(1924)), (u8)1925);
	assert_int_equal(mm_mprotect(child, page_at(0), 50 * PAGE, PROT_READ), 0);
	assert_int_equal(try_write(child, page_at(37), 1), FAULT_ACCERR);
	expect_stamps(mm, 4 * PIECE_PAGES, 1);
	stamp(mm, 4 * PIECE_PAGES, 2);
	assert_int_equal(load(child, page_at(37)), 38);
	mm_put(child);
	expect_stamps(mm, 4 * PIECE_PAGES, 2);
}

static void areas_that_fork_leaves_out_do_not_count(void **state)
{
	struct mm_struct *child;

	large(4 * PIECE_PAGES);
	assert_int_equal(mm_madvise(mm, HBASE, 4 * HUGE_SIZE, MADV_NOHUGEPAGE), 0);
	stamp(mm, 4 * PIECE_PAGES, 1);
	assert_int_equal(mm_madvise(mm, HBASE, HUGE_SIZE, MADV_DONTFORK), 0);
	assert_int_equal(mm_madvise(mm, HBASE + HUGE_SIZE, HUGE_SIZE, MADV_WIPEONFORK), 0);
	child = fork_mm(mm);
	assert_int_equal(try_read(child, page_at(0)), FAULT_MAPERR);
	assert_int_equal(load(child, page_at(518)), 0);
	assert_int_equal(load(child, page_at(1036)), (u8)1037);
	assert_int_equal(anon_rss(child), 28);
	mm_put(child);
}

static int fork_and_write(void *unused)
{
	enum fault_result r = FAULT_DONE;
	struct mm_struct *child;
	int err = 0;

	frames_fail = harness_fail_now;
	child = mm_dup(mm);
	if (!IS_ERR(child)) {
		for (unsigned int i = 0; i < 3 * PIECE_PAGES && r == FAULT_DONE; i += 111)
			r = try_write(child, page_at(i), 200);
		err = mm_munmap(child, page_at(3 * PIECE_PAGES + 5), PAGE);
		if (!err)
			err = mm_mprotect(child, page_at(3 * PIECE_PAGES), PAGE, PROT_READ);
	}
	frames_fail = NULL;
	space_quiet();
	host_tlb_check(mm);
	if (IS_ERR(child))
		return PTR_ERR(child);
	mm_put(child);
	expect_stamps(mm, 4 * PIECE_PAGES, 1);
	return r == FAULT_DONE ? err : -ENOMEM;
}

static void a_failure_on_the_way_leaves_both_sides_whole(void **state)
{
	large(4 * PIECE_PAGES);
	assert_int_equal(mm_madvise(mm, HBASE, 2 * HUGE_SIZE, MADV_NOHUGEPAGE), 0);
	stamp(mm, 4 * PIECE_PAGES, 1);
	harness_watch("frames", world_frames_in_use);
	assert_true(harness_each_failure(fork_and_write, NULL) > 8);
}

/* ---- a family at random, against bytes ---- */

enum { FAMILY = 3, PAGES = 3 * 512 };

/* First byte of each page as the program must see it; -1: no area. */
struct member {
	struct mm_struct *mm;
	s16 byte[PAGES];
	bool writable[PAGES];
};

static struct member family[FAMILY];

static void check_page(struct member *m, unsigned int i)
{
	if (m->byte[i] == -1)
		assert_int_equal(try_read(m->mm, page_at(i)), FAULT_MAPERR);
	else
		assert_int_equal(load(m->mm, page_at(i)), m->byte[i]);
}

static void set_pages(struct member *m, unsigned int i, unsigned int n, int byte)
{
	for (; n--; i++)
		m->byte[i] = byte;
}

static void do_map(struct member *m, unsigned int i, unsigned int n)
{
	map_char(m->mm, 'w', page_at(i), n * PAGE);
	set_pages(m, i, n, 0);
	memset(m->writable + i, true, n);
}

static void do_unmap(struct member *m, unsigned int i, unsigned int n)
{
	assert_int_equal(mm_munmap(m->mm, page_at(i), n * PAGE), 0);
	set_pages(m, i, n, -1);
}

static void do_write(struct member *m, unsigned int i)
{
	u8 b = harness_below(256);
	enum fault_result r = try_write(m->mm, page_at(i), b);

	assert_int_equal(r, m->byte[i] == -1 ? FAULT_MAPERR :
			    m->writable[i] ? FAULT_DONE : FAULT_ACCERR);
	if (r == FAULT_DONE)
		m->byte[i] = b;
}

static void do_protect(struct member *m, unsigned int i, unsigned int n)
{
	bool writable = harness_below(3);

	mm_mprotect(m->mm, page_at(i), n * PAGE, writable ? PROT_READ | PROT_WRITE : PROT_READ);
	for (; n-- && m->byte[i] != -1; i++)
		m->writable[i] = writable;
}

static void do_dontneed(struct member *m, unsigned int i, unsigned int n)
{
	mm_madvise(m->mm, page_at(i), n * PAGE, MADV_DONTNEED);
	for (; n--; i++)
		if (m->byte[i] != -1)
			m->byte[i] = 0;
}

static void do_flags(struct member *m, unsigned int i, unsigned int n)
{
	static const int advice[] = { MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLD, MADV_DONTDUMP,
				      MADV_DODUMP, MADV_PAGEOUT };

	mm_madvise(m->mm, page_at(i), n * PAGE, advice[harness_below(ARRAY_SIZE(advice))]);
}

static void do_fork(unsigned int from, unsigned int to)
{
	if (from == to)
		return;
	mm_put(family[to].mm);
	family[to] = family[from];
	family[to].mm = fork_mm(family[from].mm);
}

/* Sometimes whole pieces, sometimes parts. */
static void pick_range(unsigned int *i, unsigned int *n)
{
	if (harness_below(2)) {
		*i = harness_below(3) * PIECE_PAGES;
		*n = (1 + harness_below(3 - *i / PIECE_PAGES)) * PIECE_PAGES;
	} else {
		*i = harness_below(PAGES);
		*n = 1 + harness_below(min(PAGES - *i, harness_below(2) ? 8U : 700U));
	}
}

static void true_figures(struct member *m)
{
	struct mm_area_stats st = { 0 };

	assert_int_equal(mm_gather_stats(m->mm, HBASE, page_at(PAGES), &st), 0);
	assert_int_equal(anon_rss(m->mm), st.anonymous >> PAGE_SHIFT);
}

static void a_family_with_huge_pages_agrees_with_the_model(void **state)
{
	for (unsigned int k = 0; k < FAMILY; k++) {
		family[k].mm = k ? fork_mm(mm) : mm;
		set_pages(&family[k], 0, PAGES, -1);
	}
	for (int round = 0; round < 20000; round++) {
		struct member *m = &family[harness_below(FAMILY)];
		unsigned int i, n;

		pick_range(&i, &n);
		switch (harness_below(24)) {
		case 0: case 1: do_map(m, i, n); break;
		case 2: do_unmap(m, i, n); break;
		case 3: do_protect(m, i, n); break;
		case 4: do_dontneed(m, i, n); break;
		case 5: do_flags(m, i, n); break;
		case 6: case 7:
			if (harness_below(2))
				do_fork(m - family, harness_below(FAMILY));
			break;
		case 8:
			true_figures(m);
			host_tlb_check(m->mm);
			vma_check(m->mm);
			break;
		case 9:
			for (i = 0; i < PAGES; i += PIECE_PAGES)
				mm_madvise(m->mm, page_at(i), HUGE_SIZE, MADV_COLLAPSE);
			break;
		case 10: case 11: case 12:
			check_page(m, harness_below(PAGES));
			break;
		default:
			do_write(m, harness_below(PAGES));
		}
		space_quiet();
	}
	for (unsigned int k = 0; k < FAMILY; k++)
		for (unsigned int i = 0; i < PAGES; i++)
			check_page(&family[k], i);
	for (unsigned int k = 1; k < FAMILY; k++)
		mm_put(family[k].mm);
	mm = family[0].mm;
	assert_true(vmstat_read(VMSTAT_thp_fault_alloc) > 50);
	assert_true(vmstat_read(VMSTAT_thp_split_pmd) > 20);
	assert_true(vmstat_read(VMSTAT_thp_collapse_alloc) > 5);
	assert_true(vmstat_read(VMSTAT_pt_unshared) > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(one_fault_brings_2_mib_of_zeroes),
		T(small_unaligned_or_unwanted_memory_gets_small_pages),
		T(memory_read_first_stays_small),
		T(no_block_of_2_mib_means_a_small_page),
		T(a_split_needs_no_memory),
		T(a_hole_in_a_huge_page_leaves_the_rest),
		T(protection_of_a_whole_huge_page_keeps_it_huge),
		T(protection_of_a_part_splits),
		T(mremap_carries_the_bytes_along),
		T(the_kernel_copies_into_huge_pages_without_splitting_them),
		T(smaps_and_mincore_see_every_page),
		T(small_pages_are_one_after_collapse),
		T(a_page_that_somebody_holds_keeps_all_small),
		T(without_memory_or_with_a_guard_nothing_becomes_large),
		T(fork_shares_tables_and_takes_no_memory_for_them),
		T(neither_side_sees_what_the_other_writes),
		T(figures_are_true_after_each_order_of_exits),
		T(a_child_may_unmap_or_protect_parts),
		T(areas_that_fork_leaves_out_do_not_count),
		T(a_failure_on_the_way_leaves_both_sides_whole),
		T(a_family_with_huge_pages_agrees_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
