// SPDX-License-Identifier: MIT
/*
 * Guard pages: marks in entries, which all that keeps entries keeps.
 */
#include "harness.h"
#include "mm_space.h"

#include <mm/huge.h>

static struct mm_struct *mm;

static int setup(void **state)
{
	mm = space_new();
	return 0;
}

static int teardown(void **state)
{
	frames_fail = NULL;
	space_end(mm);
	return 0;
}

static int advise(struct mm_struct *m, unsigned int from, unsigned int to, int advice)
{
	return mm_madvise(m, at(from), (to - from) * PAGE, advice);
}

static void a_guard_takes_the_place_of_a_page_until_it_is_removed(void **state)
{
	given(mm, "wwww");
	for (unsigned int i = 0; i < 4; i++)
		store(mm, at(i), i + 1);
	assert_int_equal(advise(mm, 1, 3, MADV_GUARD_INSTALL), 0);
	assert_int_equal(try_read(mm, at(1)), FAULT_MAPERR);
	assert_int_equal(try_write(mm, at(2), 1), FAULT_MAPERR);
	assert_int_equal(atomic_long_read(&mm->rss[MM_ANONPAGES]), 2);
	assert_int_equal(atomic_long_read(&mm->rss[MM_SWAPENTS]), 0);
	assert_int_equal(advise(mm, 0, 4, MADV_DONTNEED), 0);
	assert_int_equal(advise(mm, 0, 4, MADV_FREE), 0);
	assert_int_equal(try_read(mm, at(2)), FAULT_MAPERR);
	assert_int_equal(load(mm, at(3)), 0);
	assert_int_equal(advise(mm, 0, 2, MADV_GUARD_REMOVE), 0);
	assert_int_equal(load(mm, at(1)), 0);
	assert_int_equal(try_read(mm, at(2)), FAULT_MAPERR);
	expect_picture(mm, "wwww");
}

static void only_memory_of_ones_own_has_guards(void **state)
{
	given(mm, "a|W|A|r");
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(advise(mm, i, i + 1, MADV_GUARD_INSTALL), -EINVAL);
	assert_int_equal(advise(mm, 2, 3, MADV_GUARD_REMOVE), 0);
	assert_int_equal(advise(mm, 3, 4, MADV_GUARD_INSTALL), 0);
	assert_int_equal(advise(mm, 3, 5, MADV_GUARD_INSTALL), -ENOMEM);
}

/* Tables that parent and child share, and one of them takes pages away. */
static void a_childs_guards_are_its_own(void **state)
{
	vaddr_t base = 0x40000000;
	struct mm_struct *child;

	assert_int_equal(map_at(mm, base, 2 * HUGE_SIZE, PROT_READ | PROT_WRITE,
				MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), base);
	store(mm, base, 1);
	store(mm, base + HUGE_SIZE, 2);
	assert_int_equal(mm_madvise(mm, base + PAGE, PAGE, MADV_GUARD_INSTALL), 0);
	child = fork_mm(mm);
	assert_int_equal(mm_madvise(child, base, 2 * HUGE_SIZE, MADV_DONTNEED), 0);
	assert_int_equal(try_read(child, base + PAGE), FAULT_MAPERR);
	assert_int_equal(load(child, base), 0);
	assert_int_equal(mm_madvise(child, base, HUGE_SIZE, MADV_GUARD_REMOVE), 0);
	assert_int_equal(load(child, base + PAGE), 0);
	mm_put(child);
	assert_int_equal(try_read(mm, base + PAGE), FAULT_MAPERR);
	assert_int_equal(load(mm, base + HUGE_SIZE), 2);
}

static int install_and_fork(void *unused)
{
	struct mm_struct *child = NULL;
	int err;

	given(mm, "wwww");
	frames_fail = harness_fail_now;
	err = advise(mm, 0, 4, MADV_GUARD_INSTALL);
	if (!err) {
		child = mm_dup(mm);
		err = IS_ERR(child) ? (int)PTR_ERR(child) : 0;
	}
	if (!err) {
		err = advise(child, 0, 4, MADV_DONTNEED);
		mm_put(child);
	}
	frames_fail = NULL;
	assert_int_equal(mm_munmap(mm, BASE, PICTURE_MAX * PAGE), 0);
	space_quiet();
	return err;
}

static void each_allocation_may_fail(void **state)
{
	assert_true(harness_each_failure(install_and_fork, NULL) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(a_guard_takes_the_place_of_a_page_until_it_is_removed),
		T(only_memory_of_ones_own_has_guards),
		T(a_childs_guards_are_its_own),
		T(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
