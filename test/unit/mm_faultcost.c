// SPDX-License-Identifier: MIT
/*
 * The kinds of faults and their figures: each fault of a program is called by
 * its kind, and none is counted before somebody asks.
 */
#include "harness.h"
#include "mm_space.h"
#include "mm_family.h"

#include <arch/time.h>
#include <mm/faultcost.h>
#include <mm/fault.h>

static struct mm_struct *mm;

static int setup(void **state)
{
	mm = space_new();
	faultcost_start();
	return 0;
}

static int teardown(void **state)
{
	faultcost_stop();
	space_end(mm);
	return 0;
}

static void fault(vaddr_t va, enum fault_access access)
{
	bool major = false;

	handle_user_fault(mm, va, access, &major);
}

static u64 count(const char *kind)
{
	struct fault_cost c;

	for (unsigned int i = 0; faultcost_row(i, &c); i++)
		if (!strcmp(c.name, kind))
			return c.count;
	fail_msg("no kind %s", kind);
	return 0;
}

static u64 count_all(void)
{
	struct fault_cost c;
	u64 sum = 0;

	for (unsigned int i = 0; faultcost_row(i, &c); i++)
		sum += c.count;
	return sum;
}

static void anonymous_memory_is_zero_then_spurious(void **state)
{
	given(mm, "ww");
	fault(at(0), FAULT_WRITE);
	fault(at(1), FAULT_READ);
	fault(at(1), FAULT_WRITE);              /* instead of the page of zeroes */
	assert_int_equal(count("zero"), 3);
	fault(at(0), FAULT_WRITE);
	fault(at(0), FAULT_READ);
	assert_int_equal(count("spurious"), 2);
	assert_int_equal(count_all(), 5);
}

static void blocks_have_a_kind_of_their_own(void **state)
{
	mmu_blocks = true;
	given(mm, "wwwwwwwwwwwwwwwwww");
	fault(at(3), FAULT_WRITE);
	fault(at(16), FAULT_WRITE);
	fault(at(4), FAULT_WRITE);
	assert_int_equal(count("zero-64k"), 1);
	assert_int_equal(count("zero"), 1);
	assert_int_equal(count("spurious"), 1);
}

static void what_may_not_be_is_killed(void **state)
{
	given(mm, "r.");
	fault(at(0), FAULT_WRITE);
	fault(at(1), FAULT_READ);
	assert_int_equal(count("killed"), 2);
	assert_int_equal(count_all(), 2);
}

static void after_fork_one_copies_and_the_last_owner_does_not(void **state)
{
	struct mm_struct *child;

	given(mm, "w");
	fault(at(0), FAULT_WRITE);
	child = fork_mm(mm);
	fault(at(0), FAULT_WRITE);
	assert_int_equal(count("copy-on-write"), 1);
	mm_put(child);
	child = fork_mm(mm);
	mm_put(child);
	fault(at(0), FAULT_WRITE);
	assert_int_equal(count("reuse"), 1);
}

static void nothing_is_counted_when_it_has_been_stopped(void **state)
{
	given(mm, "w");
	faultcost_stop();
	fault(at(0), FAULT_WRITE);
	assert_ptr_equal(handle_user_fault, handle_mm_fault);
	assert_int_equal(count_all(), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(anonymous_memory_is_zero_then_spurious),
		T(blocks_have_a_kind_of_their_own),
		T(what_may_not_be_is_killed),
		T(after_fork_one_copies_and_the_last_owner_does_not),
		T(nothing_is_counted_when_it_has_been_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
