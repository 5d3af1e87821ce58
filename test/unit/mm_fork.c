// SPDX-License-Identifier: MIT
/*
 * fork and copy-on-write: what child and parent see of each other, and what it
 * costs; and a random walk of a family of address spaces against a model of bytes.
 */
#include "harness.h"
#include "mm_space.h"
#include "mm_family.h"

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

static long anon_rss(struct mm_struct *m) { return atomic_long_read(&m->rss[MM_ANONPAGES]); }

static void child_sees_the_bytes_and_shares_the_frames(void **state)
{
	struct mm_struct *child;
	unsigned long before;

	given(mm, "wwww|rr");
	for (unsigned int i = 0; i < 4; i++)
		store(mm, at(i), i + 1);
	before = frames_free();
	child = fork_mm(mm);
	assert_true(before - frames_free() < 8);        /* tables, no pages */
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(load(child, at(i)), i + 1);
	assert_ptr_equal(host_peek(mm, at(2), FAULT_READ), host_peek(child, at(2), FAULT_READ));
	assert_int_equal(anon_rss(child), 4);
	mm_put(child);
	assert_int_equal(load(mm, at(1)), 2);
}

static void child_write_leaves_parent_page_alone(void **state)
{
	struct mm_struct *child;

	given(mm, "ww");
	store(mm, at(0), 1);
	child = fork_mm(mm);
	store(child, at(0), 2);
	assert_int_equal(load(mm, at(0)), 1);
	assert_int_equal(load(child, at(0)), 2);
	mm_put(child);
}

static void parent_write_leaves_child_page_alone(void **state)
{
	struct mm_struct *child;

	given(mm, "ww");
	store(mm, at(0), 1);
	child = fork_mm(mm);
	store(mm, at(0), 2);
	assert_int_equal(load(child, at(0)), 1);
	assert_int_equal(load(mm, at(0)), 2);
	mm_put(child);
}

static void last_owner_writes_in_place(void **state)
{
	struct mm_struct *child;
	const u8 *frame;

	given(mm, "ww");
	store(mm, at(0), 1);
	frame = host_peek(mm, at(0), FAULT_READ);
	child = fork_mm(mm);
	mm_put(child);
	store(mm, at(0), 2);
	assert_ptr_equal(host_peek(mm, at(0), FAULT_WRITE), frame);
	assert_int_equal(vmstat_read(VMSTAT_pgreuse), 1);
	assert_int_equal(vmstat_read(VMSTAT_pgcow), 0);
}

static void file_pages_are_not_copied_but_written_ones_are(void **state)
{
	struct mm_struct *child;

	given(mm, "RRRR|WWWW|SSSS");
	for (unsigned int i = 0; i < 12; i++)
		load(mm, at(i));
	store(mm, at(5), 55);
	store(mm, at(9), 99);
	child = fork_mm(mm);
	assert_int_equal(mm_rss(child), 1);
	assert_int_equal(load(child, at(5)), 55);
	assert_int_equal(load(child, at(6)), file_byte(6, 0));
	assert_int_equal(load(child, at(9)), 99);
	store(child, at(9), 98);
	assert_int_equal(load(mm, at(9)), 98);
	mm_put(child);
}

static void a_page_that_changed_areas_is_copied_all_the_same(void **state)
{
	struct mm_struct *child;

	given(mm, "wwww");
	assert_int_equal(mm_madvise(mm, at(0), 2 * PAGE, MADV_DONTDUMP), 0);
	store(mm, at(1), 5);
	assert_int_equal(mm_madvise(mm, at(1), PAGE, MADV_DODUMP), 0);
	expect_picture(mm, "w|www");
	child = fork_mm(mm);
	assert_int_equal(load(child, at(1)), 5);
	mm_put(child);

	given(mm, "wwww");
	assert_int_equal(mm_madvise(mm, at(2), 2 * PAGE, MADV_DONTDUMP), 0);
	store(mm, at(2), 6);
	assert_int_equal(mm_madvise(mm, at(2), PAGE, MADV_DODUMP), 0);
	expect_picture(mm, "www|w");
	child = fork_mm(mm);
	assert_int_equal(load(child, at(2)), 6);
	mm_put(child);
}

static void shared_memory_stays_shared(void **state)
{
	struct mm_struct *child;

	given(mm, "aa");
	store(mm, at(0), 1);
	child = fork_mm(mm);
	assert_int_equal(load(child, at(0)), 1);
	store(child, at(0), 2);
	store(child, at(1), 3);
	assert_int_equal(load(mm, at(0)), 2);
	assert_int_equal(load(mm, at(1)), 3);
	mm_put(mm);
	assert_int_equal(load(child, at(1)), 3);
	mm = child;
	host_current->mm = mm;
}

static void advice_for_fork_is_kept(void **state)
{
	struct mm_struct *child;
	char picture[2 * PICTURE_MAX + 1];

	given(mm, "w|rr|w|A");
	given(mm, "wwwwww");
	for (unsigned int i = 0; i < 6; i++)
		store(mm, at(i), i + 1);
	mm_madvise(mm, at(1), PAGE, MADV_DONTFORK);
	mm_madvise(mm, at(3), PAGE, MADV_WIPEONFORK);
	mm_mlock(mm, at(5), PAGE, false);
	child = fork_mm(mm);
	draw(child, picture);
	assert_string_equal(picture, "w.w|w|w|w");
	assert_int_equal(load(child, at(0)), 1);
	assert_int_equal(try_read(child, at(1)), FAULT_MAPERR);
	assert_int_equal(load(child, at(3)), 0);
	assert_int_equal(load(child, at(4)), 5);
	assert_int_equal(child->locked_vm, 0);
	mm_put(child);
}

static void three_hundred_children_and_the_right_bytes(void **state)
{
	static struct mm_struct *children[300];

	given(mm, "wwwwwwww");
	for (unsigned int i = 0; i < 8; i++)
		store(mm, at(i), i);
	for (unsigned int c = 0; c < 300; c++)
		children[c] = fork_mm(mm);
	for (unsigned int c = 0; c < 300; c++)
		store(children[c], at(c % 8), c);
	for (unsigned int c = 0; c < 300; c++) {
		for (unsigned int i = 0; i < 8; i++)
			assert_int_equal(load(children[c], at(i)), i == c % 8 ? (u8)c : i);
		mm_put(children[c]);
	}
}

static void a_large_sparse_space_forks_by_what_was_touched(void **state)
{
	struct mm_struct *child;
	long huge;

	sysctl_overcommit_memory = 1;
	huge = map_at(mm, 0, 64 * GiB, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
	assert_false(IS_ERR_VALUE(huge));
	assert_int_equal(mm_madvise(mm, huge, 64 * GiB, MADV_NOHUGEPAGE), 0);
	for (unsigned int i = 0; i < 64; i++)
		store(mm, huge + i * GiB + i * PAGE, i);
	child = fork_mm(mm);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(load(child, huge + i * GiB + i * PAGE), i);
	assert_int_equal(anon_rss(child), 64);
	mm_put(child);
	assert_int_equal(mm_munmap(mm, huge, 64 * GiB), 0);
	sysctl_overcommit_memory = 0;
}

static int fork_and_write(void *unused)
{
	struct mm_struct *child;
	enum fault_result r = FAULT_DONE;

	frames_fail = harness_fail_now;
	child = mm_dup(mm);
	for (unsigned int i = 0; !IS_ERR(child) && i < 12 && r == FAULT_DONE; i++)
		r = try_write(child, at(i), 7);
	frames_fail = NULL;
	space_quiet();
	host_tlb_check(mm);
	if (!IS_ERR(child))
		mm_put(child);
	for (unsigned int i = 0; i < 12; i++)
		if (i != 5)
			assert_int_equal(load(mm, at(i)), i < 8 ? i + 1 : load(mm, at(i)));
	if (IS_ERR(child))
		return PTR_ERR(child);
	return r == FAULT_DONE ? 0 : -ENOMEM;
}

static void a_fork_that_fails_leaves_everything_as_it_was(void **state)
{
	given(mm, "wwww|WWWW|SSSS");
	for (unsigned int i = 0; i < 12; i++)
		store(mm, at(i), i + 1);
	harness_watch("frames", world_frames_in_use);
	assert_true(harness_each_failure(fork_and_write, NULL) > 10);
	assert_true(harness_each_exhaustion(fork_and_write, NULL) > 10);
}

static void a_family_of_spaces_agrees_with_the_model(void **state)
{
	mm = family_walk(mm, 30000, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(child_sees_the_bytes_and_shares_the_frames),
		T(child_write_leaves_parent_page_alone),
		T(parent_write_leaves_child_page_alone),
		T(last_owner_writes_in_place),
		T(file_pages_are_not_copied_but_written_ones_are),
		T(a_page_that_changed_areas_is_copied_all_the_same),
		T(shared_memory_stays_shared),
		T(advice_for_fork_is_kept),
		T(three_hundred_children_and_the_right_bytes),
		T(a_large_sparse_space_forks_by_what_was_touched),
		T(a_fork_that_fails_leaves_everything_as_it_was),
		T(a_family_of_spaces_agrees_with_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
