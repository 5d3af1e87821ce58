// SPDX-License-Identifier: MIT
/*
 * The kernel at a program's memory: copies that cross pages which were never
 * touched, bad addresses anywhere, held pages, a debugger's force; and iov_iter.
 */
#include "harness.h"
#include "mm_space.h"

#include <mm/iov.h>

static struct mm_struct *mm;

static int setup(void **state)
{
	mm = space_new();
	return 0;
}

static int teardown(void **state)
{
	space_end(mm);
	return 0;
}

static u8 pattern[8 * PAGE_SIZE], got[8 * PAGE_SIZE];

static void fill(void)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i * 13 + i / 256;
	memset(got, 0xee, sizeof(got));
}

static void copies_fault_pages_in(void **state)
{
	fill();
	given(mm, "wwww|RRRR");
	assert_int_equal(copy_to_user(at(0) + 100, pattern, 3 * PAGE), 0);
	assert_int_equal(host_faults, 0);
	assert_int_equal(copy_from_user(got, at(0) + 100, 3 * PAGE), 0);
	assert_memory_equal(got, pattern, 3 * PAGE);
	assert_int_equal(load(mm, at(1)), pattern[PAGE - 100]);
	assert_int_equal(copy_from_user(got, at(4) + 10, 2 * PAGE), 0);
	assert_int_equal(got[PAGE], file_byte(5, 10));
	assert_int_equal(clear_user(at(0) + 200, 2 * PAGE), 0);
	assert_int_equal(load(mm, at(1)), 0);
	assert_int_equal(load(mm, at(0) + 199), pattern[99]);
}

static void bad_addresses_are_efault_wherever_they_are(void **state)
{
	fill();
	given(mm, "ww.rr|--");
	assert_int_equal(copy_to_user(at(1) + 1, pattern, PAGE), -EFAULT);
	assert_int_equal(copy_to_user_partial(at(1) + 1, pattern, PAGE), PAGE - 1);
	assert_int_equal(copy_from_user(got, at(2), 1), -EFAULT);
	assert_int_equal(copy_to_user(at(3), pattern, 1), -EFAULT);
	assert_int_equal(copy_from_user(got, at(3), 2 * PAGE), 0);
	assert_int_equal(copy_from_user(got, at(5), 1), -EFAULT);
	assert_int_equal(copy_from_user(got, at(4) + 8, 2 * PAGE), -EFAULT);
	assert_int_equal(copy_from_user(got, 0, 1), -EFAULT);
	assert_int_equal(copy_from_user(got, USER_END - 1, 2), -EFAULT);
	assert_int_equal(copy_from_user(got, USER_END, 1), -EFAULT);
	assert_int_equal(copy_from_user(got, ~0UL, 1), -EFAULT);
	assert_int_equal(copy_from_user(got, ~0UL - 4, 16), -EFAULT);
	assert_int_equal(copy_from_user(got, (vaddr_t)page_address(pfn_to_page(zero_pfn)), 1),
			 -EFAULT);
	assert_int_equal(clear_user(at(3), 1), -EFAULT);
	assert_int_equal(copy_from_user(got, at(0), 0), 0);
	host_current->mm = NULL;
	assert_int_equal(copy_from_user(got, at(0), 1), -EFAULT);
	host_current->mm = mm;
}

static void a_write_through_the_kernel_breaks_sharing(void **state)
{
	struct mm_struct *child;

	fill();
	given(mm, "ww|SS|r");
	store(mm, at(0), 1);
	load(mm, at(1));
	child = mm_dup(mm);
	assert_int_equal(copy_to_user(at(0), pattern + 50, 2 * PAGE), 0);
	assert_int_equal(load(child, at(0)), 1);
	assert_int_equal(load(child, at(1)), 0);
	assert_int_equal(load(mm, at(0)), pattern[50]);
	assert_int_equal(copy_to_user(at(2), pattern, 4), 0);
	assert_int_equal(test_file.mkwrites, 1);
	assert_int_equal(mm_msync(mm, at(2), PAGE, MS_SYNC), 0);
	assert_int_equal(test_file.disk[2][1], pattern[1]);
	mm_put(child);
}

static void a_copy_marks_the_entry_used_and_written(void **state)
{
	struct mm_area_stats st = { 0 };

	given(mm, "w");
	store(mm, at(0), 1);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_FREE), 0);
	assert_int_equal(copy_to_user(at(0), "x", 1), 0);
	assert_int_equal(mm_gather_stats(mm, at(0), at(1), &st), 0);
	assert_int_equal(st.private_dirty, PAGE);
	assert_int_equal(st.referenced, PAGE);
}

static void strings_end_or_are_refused(void **state)
{
	char s[64];

	given(mm, "ww.w");
	assert_int_equal(copy_to_user(at(1) - 3, "abcdef", 7), 0);
	assert_int_equal(strncpy_from_user(s, at(1) - 3, sizeof(s)), 6);
	assert_string_equal(s, "abcdef");
	assert_int_equal(strncpy_from_user(s, at(1) - 3, 6), -ENAMETOOLONG);
	assert_int_equal(strncpy_from_user(s, at(1) - 3, 7), 6);
	assert_int_equal(strncpy_from_user(s, at(2), 7), -EFAULT);
	store(mm, at(2) - 1, 'x');
	assert_int_equal(strncpy_from_user(s, at(2) - 1, 7), -EFAULT);
	assert_int_equal(strncpy_from_user(s, at(2) - 1, 1), -ENAMETOOLONG);
}

static void a_held_page_outlives_its_mapping(void **state)
{
	struct user_page up;

	given(mm, "w|S|r");
	store(mm, at(0) + 5, 7);
	assert_int_equal(user_page_get(mm, at(0) + 5, FAULT_READ, &up), 0);
	assert_int_equal(up.len, PAGE - 5);
	assert_int_equal(*(u8 *)up.kaddr, 7);
	assert_int_equal(mm_munmap(mm, at(0), PAGE), 0);
	assert_int_equal(*(u8 *)up.kaddr, 7);
	user_page_put(&up);

	assert_int_equal(user_page_get(mm, at(1), FAULT_WRITE, &up), 0);
	assert_int_equal(mm_msync(mm, at(1), PAGE, MS_SYNC), 0);        /* cleaned meanwhile */
	*(u8 *)up.kaddr = 9;
	user_page_put(&up);
	assert_int_equal(mm_msync(mm, at(1), PAGE, MS_SYNC), 0);
	assert_int_equal(test_file.disk[1][0], 9);

	assert_int_equal(user_page_get(mm, at(2), FAULT_READ, &up), 0);
	assert_null(up.page);                                           /* the page of zeroes */
	user_page_put(&up);
	assert_int_equal(user_page_get(mm, at(2), FAULT_WRITE, &up), -EFAULT);
	assert_int_equal(user_page_get(mm, at(9), FAULT_READ, &up), -EFAULT);
}

static void a_writer_copies_while_the_kernel_holds_the_page(void **state)
{
	struct user_page up;
	struct mm_struct *child;

	given(mm, "w");
	store(mm, at(0), 1);
	child = mm_dup(mm);
	mm_put(child);
	assert_int_equal(user_page_get(mm, at(0), FAULT_READ, &up), 0);
	store(mm, at(0), 2);
	assert_int_equal(*(u8 *)up.kaddr, 1);
	user_page_put(&up);
	assert_int_equal(load(mm, at(0)), 2);
}

static void a_debugger_writes_where_the_program_may_not(void **state)
{
	u8 b = 0x73;
	struct mm_struct *child;

	given(mm, "X|r|-|T");
	load(mm, at(0));
	assert_int_equal(mm_access(mm, at(0) + 4, &b, 1, true, false), 0);
	assert_int_equal(mm_access(mm, at(0) + 4, &b, 1, true, true), 1);
	assert_int_equal(load(mm, at(0) + 4), 0x73);
	assert_int_equal(load(mm, at(0) + 5), file_byte(0, 5));
	assert_int_equal(try_write(mm, at(0), 1), FAULT_ACCERR);
	assert_int_equal(mm_access(mm, at(1), &b, 1, true, true), 1);
	assert_int_equal(load(mm, at(1)), 0x73);
	b = 1;
	assert_int_equal(mm_access(mm, at(2), &b, 1, false, false), 0);
	assert_int_equal(mm_access(mm, at(2), &b, 1, false, true), 1);
	assert_int_equal(b, 0);
	assert_int_equal(mm_access(mm, at(3), &b, 1, true, true), 0);
	assert_int_equal(mm_access(mm, at(7), &b, 1, false, true), 0);
	/* A breakpoint of the parent is not the child's. */
	child = mm_dup(mm);
	b = 0x11;
	assert_int_equal(mm_access(child, at(0) + 4, &b, 1, true, true), 1);
	assert_int_equal(load(mm, at(0) + 4), 0x73);
	assert_int_equal(load(child, at(0) + 4), 0x11);
	mm_put(child);
	given(mm, "X");
	assert_int_equal(load(mm, at(0) + 4), file_byte(0, 4));
}

static void futex_words_change_atomically_or_fault(void **state)
{
	u32 v;

	given(mm, "w|r");
	assert_int_equal(user_load32(at(0), &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(user_cmpxchg32(at(0), 0, 5, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(user_cmpxchg32(at(0), 0, 6, &v), 0);
	assert_int_equal(v, 5);
	assert_int_equal(load(mm, at(0)), 5);
	assert_int_equal(user_load32(at(0) + 2, &v), -EFAULT);
	assert_int_equal(user_cmpxchg32(at(1), 0, 5, &v), -EFAULT);
	assert_int_equal(user_load32(at(3), &v), -EFAULT);
}

/* ---- iov_iter ---- */

static void an_iterator_walks_its_segments(void **state)
{
	struct iovec segs[] = { { at(0) + 10, 5 }, { at(1), 0 }, { at(1) - 3, 20 }, { at(3), 100 } };
	struct iov_iter it, saved;
	struct user_page up;

	fill();
	given(mm, "ww.w");
	iov_iter_user(&it, segs, 4, 125);
	saved = it;
	assert_int_equal(copy_to_iter(pattern, 7, &it), 7);
	assert_int_equal(copy_to_iter(pattern + 7, 118, &it), 118);
	assert_int_equal(it.count, 0);
	assert_int_equal(copy_to_iter(pattern, 1, &it), 0);
	iov_iter_revert(&it, &saved);
	assert_int_equal(copy_from_iter(got, 200, &it), 125);
	assert_memory_equal(got, pattern, 125);
	assert_int_equal(load(mm, at(1) - 3), pattern[5]);

	iov_iter_revert(&it, &saved);
	iov_iter_advance(&it, 6);
	assert_int_equal(it.count, 119);
	assert_int_equal(iov_iter_hold(&it, false, &up), 0);
	assert_int_equal(up.len, 2);            /* to the end of the page */
	assert_memory_equal(up.kaddr, pattern + 6, 2);
	iov_iter_unhold(&it, &up, 2);
	assert_int_equal(it.count, 117);
	assert_int_equal(zero_to_iter(3, &it), 3);
	assert_int_equal(load(mm, at(1)), 0);
}

static void an_iterator_stops_at_a_bad_address(void **state)
{
	struct iovec segs[] = { { at(0), 5 }, { at(2) - 4, 20 }, { at(3), 100 } };
	struct iov_iter it;
	struct user_page up;

	fill();
	given(mm, "ww.w");
	iov_iter_user(&it, segs, 3, 125);
	assert_int_equal(copy_to_iter(pattern, 125, &it), 9);
	assert_int_equal(it.count, 116);
	assert_int_equal(iov_iter_hold(&it, true, &up), -EFAULT);
	iov_iter_kernel(&it, got, 10);
	assert_int_equal(copy_to_iter(pattern, 20, &it), 10);
	assert_memory_equal(got, pattern, 10);
}

static int copy_both_ways(void *unused)
{
	int err;

	fill();
	given(mm, "wwww");
	frames_fail = harness_fail_now;
	err = copy_to_user(at(0) + 9, pattern, 3 * PAGE);
	if (!err)
		err = copy_from_user(got, at(0) + 9, 3 * PAGE);
	frames_fail = NULL;
	if (!err)
		assert_memory_equal(got, pattern, 3 * PAGE);
	assert_int_equal(mm_munmap(mm, BASE, PICTURE_MAX * PAGE), 0);
	space_quiet();
	return err ? -ENOMEM : 0;
}

static void copies_survive_a_lack_of_memory(void **state)
{
	harness_watch("frames", world_frames_in_use);
	assert_true(harness_each_failure(copy_both_ways, NULL) >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(copies_fault_pages_in),
		T(bad_addresses_are_efault_wherever_they_are),
		T(a_write_through_the_kernel_breaks_sharing),
		T(a_copy_marks_the_entry_used_and_written),
		T(strings_end_or_are_refused),
		T(a_held_page_outlives_its_mapping),
		T(a_writer_copies_while_the_kernel_holds_the_page),
		T(a_debugger_writes_where_the_program_may_not),
		T(futex_words_change_atomically_or_fault),
		T(an_iterator_walks_its_segments),
		T(an_iterator_stops_at_a_bad_address),
		T(copies_survive_a_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
