// SPDX-License-Identifier: MIT
/* lib/bitmap.c and lib/bits.c, bit by bit against arrays of bool. */
#include <lib/bitmap.h>

#include "harness.h"

#define NBITS 300		/* not a multiple of the word */

static DECLARE_BITMAP(map, NBITS);
static bool model[NBITS];

static void expect_model(unsigned long nbits)
{
	unsigned long weight = 0, next_one = nbits, next_zero = nbits;

	for (unsigned long i = nbits; i-- > 0;) {
		assert_int_equal(bitmap_test(map, i), model[i]);
		weight += model[i];
		*(model[i] ? &next_one : &next_zero) = i;
		assert_int_equal(bitmap_find_next(map, nbits, i), next_one);
		assert_int_equal(bitmap_find_next_zero(map, nbits, i), next_zero);
	}
	assert_int_equal(bitmap_find_first(map, nbits), next_one);
	assert_int_equal(bitmap_find_first_zero(map, nbits), next_zero);
	assert_int_equal(bitmap_empty(map, nbits), weight == 0);
	assert_int_equal(bitmap_full(map, nbits), weight == nbits);
}

static void ranges_and_single_bits_match_an_array(void **state)
{
	memset(map, 0, sizeof(map));
	memset(model, 0, sizeof(model));
	for (int round = 0; round < 3000; round++) {
		unsigned long start = harness_below(NBITS);
		unsigned long count = harness_below(NBITS - start + 1);
		bool value = harness_below(2);

		if (harness_below(3) == 0) {
			(value ? bitmap_set : bitmap_clear)(map, start);
			model[start] = value;
		} else {
			for (unsigned long i = start; i < start + count; i++)
				(value ? bitmap_set : bitmap_clear)(map, i);
			memset(&model[start], value, count);
		}
		expect_model(NBITS);
	}
}

static void bits_past_the_end_are_not_seen(void **state)
{
	memset(map, 0xff, sizeof(map));
	for (unsigned long nbits = 1; nbits <= 130; nbits++) {
		assert_true(bitmap_full(map, nbits));
		assert_int_equal(bitmap_find_next(map, nbits, nbits), nbits);
	}
	for (unsigned long i = 0; i < 70; i++)
		bitmap_clear(map, i);
	assert_int_equal(bitmap_find_first(map, 65), 65);
	assert_int_equal(bitmap_find_first(map, 71), 70);
}

int __ctzdi2(u64 x);
int __ctzsi2(u32 x);
int __clzdi2(u64 x);
int __clzsi2(u32 x);
int __popcountdi2(u64 x);
u64 __bswapdi2(u64 x);
u32 __bswapsi2(u32 x);

static void the_compilers_helpers_agree_with_its_instructions(void **state)
{
	for (int round = 0; round < 100000; round++) {
		u64 x = harness_random() >> harness_below(64) << harness_below(64);

		assert_int_equal(__popcountdi2(x), __builtin_popcountl(x));
		assert_true(__bswapdi2(x) == __builtin_bswap64(x));
		assert_int_equal(__bswapsi2(x), __builtin_bswap32(x));
		if (x) {
			assert_int_equal(__ctzdi2(x), __builtin_ctzl(x));
			assert_int_equal(__clzdi2(x), __builtin_clzl(x));
		}
		if ((u32)x) {
			assert_int_equal(__ctzsi2(x), __builtin_ctz(x));
			assert_int_equal(__clzsi2(x), __builtin_clz(x));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_and_single_bits_match_an_array),
		cmocka_unit_test(bits_past_the_end_are_not_seen),
		cmocka_unit_test(the_compilers_helpers_agree_with_its_instructions),
	};

	return cmocka_run_group_tests_name("bitmap", tests, NULL, NULL);
}
