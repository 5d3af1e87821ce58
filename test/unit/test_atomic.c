// SPDX-License-Identifier: MIT
/* lib/atomic.h: results of each operation, and that two threads lose nothing. */
#include <pthread.h>

#include <lib/atomic.h>

#include "harness.h"

#define ROUNDS 10000000
#define LOCKED_ROUNDS 100000

static void each_operation_returns_what_its_name_says(void **state)
{
	atomic_t a = ATOMIC_INIT(5);

	assert_int_equal(atomic_read(&a), 5);
	atomic_add(3, &a);
	atomic_sub(1, &a);
	atomic_inc(&a);
	atomic_dec(&a);
	assert_int_equal(atomic_read(&a), 7);
	assert_int_equal(atomic_add_return(3, &a), 10);
	assert_int_equal(atomic_sub_return(4, &a), 6);
	assert_int_equal(atomic_inc_return(&a), 7);
	assert_int_equal(atomic_dec_return(&a), 6);
	assert_int_equal(atomic_fetch_add(1, &a), 6);
	assert_int_equal(atomic_fetch_sub(1, &a), 7);
	assert_int_equal(atomic_xchg(&a, 9), 6);
	assert_int_equal(atomic_cmpxchg(&a, 8, 1), 9);
	assert_int_equal(atomic_read(&a), 9);
	assert_int_equal(atomic_cmpxchg(&a, 9, 1), 9);
	assert_int_equal(atomic_read(&a), 1);
	assert_true(atomic_inc_not_zero(&a));
	assert_false(atomic_dec_and_test(&a));
	assert_true(atomic_dec_and_test(&a));
	assert_false(atomic_inc_not_zero(&a));
	assert_int_equal(atomic_read(&a), 0);
	assert_false(atomic_add_unless(&a, 2, 0));
	assert_true(atomic_add_unless(&a, 2, 1));
	assert_true(atomic_sub_and_test(2, &a));
}

static void the_long_family_is_64_bits_wide(void **state)
{
	atomic_long_t a = ATOMIC_LONG_INIT(1L << 40);

	assert_int_equal(atomic_long_inc_return(&a), (1L << 40) + 1);
	assert_int_equal(atomic_long_xchg(&a, -1), (1L << 40) + 1);
	assert_true(atomic_long_read(&a) == -1);
}

static void bits_live_in_the_word_they_belong_to(void **state)
{
	unsigned long w[2] = { 0, 0 };

	set_bit(3, w);
	set_bit(64, w);
	__set_bit(127, w);
	assert_int_equal(w[0], 8);
	assert_int_equal(w[1], 1 | 1UL << 63);
	assert_true(test_bit(127, w));
	assert_false(test_bit(126, w));
	clear_bit(127, w);
	__clear_bit(64, w);
	assert_int_equal(w[1], 0);
	assert_false(test_and_set_bit(70, w));
	assert_true(test_and_set_bit(70, w));
	assert_true(test_and_clear_bit(70, w));
	assert_false(test_and_clear_bit(70, w));
	set_bit(70, w);
	clear_bit_unlock(70, w);
	assert_int_equal(w[1], 0);
}

static atomic_t counter;
static unsigned long lock_word, guarded;

static pthread_barrier_t start;

static void *count_up(void *unused)
{
	pthread_barrier_wait(&start);
	for (int i = 0; i < ROUNDS; i++)
		atomic_inc(&counter);
	for (int i = 0; i < LOCKED_ROUNDS; i++) {
		while (test_and_set_bit(5, &lock_word))
			;
		guarded++;
		clear_bit_unlock(5, &lock_word);
	}
	return unused;
}

static void two_threads_lose_no_update(void **state)
{
	pthread_t other;

	pthread_barrier_init(&start, NULL, 2);
	assert_int_equal(pthread_create(&other, NULL, count_up, NULL), 0);
	count_up(NULL);
	pthread_join(other, NULL);
	assert_int_equal(atomic_read(&counter), 2 * ROUNDS);
	assert_int_equal(guarded, 2 * LOCKED_ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operation_returns_what_its_name_says),
		cmocka_unit_test(the_long_family_is_64_bits_wide),
		cmocka_unit_test(bits_live_in_the_word_they_belong_to),
		cmocka_unit_test(two_threads_lose_no_update),
	};

	return cmocka_run_group_tests_name("atomic", tests, NULL, NULL);
}
