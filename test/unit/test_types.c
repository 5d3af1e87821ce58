// SPDX-License-Identifier: MIT
/* lib/types.h, err.h, errno.h, bug.h: what the macros promise; errno as libc has it. */
#include <errno.h>

#include <lib/err.h>

#include "harness.h"

static void alignment_rounds_to_powers_of_two(void **state)
{
	assert_int_equal(ALIGN_UP(0UL, 4096), 0);
	assert_int_equal(ALIGN_UP(1UL, 4096), 4096);
	assert_int_equal(ALIGN_UP(4096UL, 4096), 4096);
	assert_int_equal(ALIGN_DOWN(8191UL, 4096), 4096);
	assert_true(IS_ALIGNED(8192UL, 4096));
	assert_false(IS_ALIGNED(8193UL, 4096));
	assert_int_equal(DIV_ROUND_UP(1, 4), 1);
	assert_int_equal(DIV_ROUND_UP(8, 4), 2);
	/* The mask is as wide as the address, also where @a is an int. */
	assert_int_equal(ALIGN_DOWN(0xffffffc000001234UL, 0x1000), 0xffffffc000001000UL);
	assert_int_equal(ALIGN_UP(0xffffffc000001234UL, 0x1000U), 0xffffffc000002000UL);
}

static void min_max_and_clamp_evaluate_each_argument_once(void **state)
{
	int calls = 0;

	assert_int_equal(min(++calls, 5), 1);
	assert_int_equal(calls, 1);
	assert_int_equal(max(2, max(7, 3)), 7);
	assert_int_equal(clamp(12, 0, 10), 10);
	assert_int_equal(clamp(-1, 0, 10), 0);
	assert_int_equal(clamp(5, 0, 10), 5);
	assert_int_equal(min_t(u8, 0x1ff, 0x7f), 0x7f);
}

static void container_of_finds_the_object_around_a_member(void **state)
{
	struct outer {
		long first;
		int inner;
	} o;

	assert_ptr_equal(container_of(&o.inner, struct outer, inner), &o);
	assert_int_equal(ARRAY_SIZE(((int[7]){ 0 })), 7);
}

static void error_pointers_carry_the_errno(void **state)
{
	int object;

	assert_true(IS_ERR(ERR_PTR(-ENOMEM)));
	assert_int_equal(PTR_ERR(ERR_PTR(-ENOMEM)), -ENOMEM);
	assert_true(IS_ERR(ERR_PTR(-MAX_ERRNO)));
	assert_false(IS_ERR(ERR_PTR(-MAX_ERRNO - 1)));
	assert_false(IS_ERR(&object));
	assert_false(IS_ERR(NULL));
	assert_true(IS_ERR_OR_NULL(NULL));
	assert_int_equal(PTR_ERR_OR_ZERO(&object), 0);
	assert_int_equal(PTR_ERR_OR_ZERO(ERR_PTR(-EIO)), -EIO);
}

/* Both headers are included above: a different spelling would not have compiled. */
static void errno_numbers_are_those_of_the_abi(void **state)
{
	assert_int_equal(EPERM, 1);
	assert_int_equal(EAGAIN, 11);
	assert_int_equal(EWOULDBLOCK, 11);
	assert_int_equal(ENOSYS, 38);
	assert_int_equal(ELOOP, 40);
	assert_int_equal(EOVERFLOW, 75);
	assert_int_equal(ETIMEDOUT, 110);
	assert_int_equal(EHWPOISON, 133);
	assert_int_equal(ERESTARTSYS, 512);
}

static void assert_that(void *truth)
{
	assert(*(bool *)truth);
}

static void a_false_assertion_panics_and_a_true_one_does_not(void **state)
{
	bool truth = false;

	assert_true(harness_panics(assert_that, &truth));
	truth = true;
	assert_false(harness_panics(assert_that, &truth));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alignment_rounds_to_powers_of_two),
		cmocka_unit_test(min_max_and_clamp_evaluate_each_argument_once),
		cmocka_unit_test(container_of_finds_the_object_around_a_member),
		cmocka_unit_test(error_pointers_carry_the_errno),
		cmocka_unit_test(errno_numbers_are_those_of_the_abi),
		cmocka_unit_test(a_false_assertion_panics_and_a_true_one_does_not),
	};

	return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
