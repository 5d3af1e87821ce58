// SPDX-License-Identifier: MIT
/* lib/sort.c against qsort, and lib/hash.c for spread. */
#include <lib/hash.h>
#include <lib/sort.h>

#include "harness.h"

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static void any_array_comes_out_in_order(void **state)
{
	for (int round = 0; round < 3000; round++) {
		size_t n = harness_below(80);
		int *ours = malloc(n * sizeof(int)), *libcs = malloc(n * sizeof(int));

		for (size_t i = 0; i < n; i++)
			ours[i] = libcs[i] = harness_below(round % 2 ? 5 : 100000);
		sort(ours, n, sizeof(int), compare_ints, NULL);
		qsort(libcs, n, sizeof(int), compare_ints);
		assert_memory_equal(ours, libcs, n * sizeof(int));
		free(ours);
		free(libcs);
	}
}

static int compare_first_byte(const void *a, const void *b)
{
	return *(const u8 *)a - *(const u8 *)b;
}

static void elements_of_odd_size_move_whole(void **state)
{
	u8 a[50][3];

	for (int i = 0; i < 50; i++)
		a[i][0] = a[i][1] = a[i][2] = (i * 37) % 50;
	sort(a, 50, 3, compare_first_byte, NULL);
	for (int i = 0; i < 50; i++)
		for (int j = 0; j < 3; j++)
			assert_int_equal(a[i][j], i);
}

static int swaps;

static void counting_swap(void *a, void *b, size_t size)
{
	int tmp = *(int *)a;

	assert_int_equal(size, sizeof(int));
	*(int *)a = *(int *)b;
	*(int *)b = tmp;
	swaps++;
}

static void the_callers_swap_is_used_and_work_is_n_log_n(void **state)
{
	static int a[4096];

	for (int i = 0; i < 4096; i++)
		a[i] = i;
	sort(a, 4096, sizeof(int), compare_ints, counting_swap);
	for (int i = 0; i < 4096; i++)
		assert_int_equal(a[i], i);
	assert_in_range(swaps, 4096, 4096 * 12 + 4096);
}

#define BUCKET_BITS 8

/* 4096 keys in 256 buckets: 16 each on average; a bad hash puts hundreds in one. */
static void expect_spread(u64 (*hash)(int i))
{
	int used[1 << BUCKET_BITS] = { 0 };

	for (int i = 0; i < 4096; i++)
		used[hash(i) >> (64 - BUCKET_BITS)]++;
	for (int i = 0; i < 1 << BUCKET_BITS; i++)
		assert_in_range(used[i], 1, 60);
}

static u64 hash_small(int i) { return hash_u64(i); }
static u64 hash_pages(int i) { return hash_u64((u64)i << 12); }
static u64 hash_high(int i) { return hash_u64(0xffffffc000000000UL + ((u64)i << 21)); }

static u64 hash_names(int i)
{
	char name[20];

	snprintf(name, sizeof(name), "file%d", i);
	return hash_string(name, strlen(name));
}

static void hashes_spread_what_kernels_hash(void **state)
{
	expect_spread(hash_small);
	expect_spread(hash_pages);
	expect_spread(hash_high);
	expect_spread(hash_names);
	assert_true(hash_string("a", 1) != hash_string("a\0", 2));
	assert_true(hash_string("ab", 2) == hash_string("abc", 2));
	assert_in_range(hash_bits(12345, 4), 0, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_array_comes_out_in_order),
		cmocka_unit_test(elements_of_odd_size_move_whole),
		cmocka_unit_test(the_callers_swap_is_used_and_work_is_n_log_n),
		cmocka_unit_test(hashes_spread_what_kernels_hash),
	};

	return cmocka_run_group_tests_name("sort", tests, NULL, NULL);
}
