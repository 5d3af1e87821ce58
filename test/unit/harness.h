// SPDX-License-Identifier: MIT
/*
 * What every host test needs: a panic that fails the test, random numbers that can
 * be had again, and scenarios in which each allocation fails in its turn.
 *
 * A test program is one .c file, and this header belongs to that file: it defines
 * functions, panic() among them, and is included exactly once.
 *
 *	static int insert_three(void *tree) { ... return -ENOMEM or 0 ... }
 *
 *	harness_watch("nodes", nodes_in_use);
 *	harness_each_failure(insert_three, tree);	// 1st fails, 2nd fails, ...
 *
 * Whatever allocates asks harness_fail_now() first: harness_alloc() does, and mm/
 * does after frames_fail = harness_fail_now.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lib/bug.h>
#include <lib/errno.h>
#include <lib/types.h>

/* ---- panic ---- */

static jmp_buf harness_panic_jump;
static bool harness_panic_expected;

__noreturn void panic(const char *fmt, ...)
{
	va_list ap;

	if (harness_panic_expected)
		longjmp(harness_panic_jump, 1);
	va_start(ap, fmt);
	fputs("panic: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}

/* Does fn(arg) panic?  For assertions, which must not be reachable in any other way. */
static inline bool harness_panics(void (*fn)(void *arg), void *arg)
{
	bool panicked = true;

	harness_panic_expected = true;
	if (!setjmp(harness_panic_jump)) {
		fn(arg);
		panicked = false;
	}
	harness_panic_expected = false;
	return panicked;
}

/* ---- random numbers ---- */

static u64 harness_seed;

/* The same sequence in each run, unless HARNESS_SEED says otherwise. */
static inline u64 harness_random(void)
{
	const char *env;

	if (!harness_seed) {
		env = getenv("HARNESS_SEED");
		harness_seed = (env ? strtoul(env, NULL, 0) : 0) | 1UL << 63;
	}
	harness_seed ^= harness_seed << 13;
	harness_seed ^= harness_seed >> 7;
	harness_seed ^= harness_seed << 17;
	return harness_seed * 0x2545f4914f6cdd1dUL;
}

/* One of 0 ... n - 1. */
static inline u64 harness_below(u64 n)
{
	return (harness_random() >> 11) % n;
}

/* ---- allocations that fail ---- */

static unsigned long harness_allocations;	/* asked for since the scenario began */
static unsigned long harness_fail_at;		/* the one that fails; 0: none */
static bool harness_fail_later_too;		/* and all that follow it */
static long harness_live;			/* blocks of harness_alloc not freed */

/* To be called once per allocation.  True: this one must fail. */
bool harness_fail_now(void);
bool harness_fail_now(void)
{
	harness_allocations++;
	return harness_allocations == harness_fail_at ||
	       (harness_fail_later_too && harness_fail_at && harness_allocations > harness_fail_at);
}

static inline void *harness_alloc(size_t size)
{
	void *p = harness_fail_now() ? NULL : malloc(size);

	if (p) {
		memset(p, 0xa5, size);
		harness_live++;
	}
	return p;
}

static inline void harness_free(void *p)
{
	if (p)
		harness_live--;
	free(p);
}

static inline long harness_live_blocks(void)
{
	return harness_live;
}

#define HARNESS_WATCHES 16

static struct {
	const char *name;
	long (*count)(void);
	long before;
} harness_watched[HARNESS_WATCHES];
static int harness_nr_watched;

/* Count this too: a scenario must leave it as it was.  Until the program ends. */
static inline void harness_watch(const char *name, long (*count)(void))
{
	for (int i = 0; i < harness_nr_watched; i++)
		if (harness_watched[i].count == count)
			return;
	assert_true(harness_nr_watched < HARNESS_WATCHES);
	harness_watched[harness_nr_watched].name = name;
	harness_watched[harness_nr_watched++].count = count;
}

static inline void harness_remember_counts(void)
{
	for (int i = 0; i < harness_nr_watched; i++)
		harness_watched[i].before = harness_watched[i].count();
}

static inline void harness_compare_counts(void)
{
	for (int i = 0; i < harness_nr_watched; i++) {
		long now = harness_watched[i].count();

		if (now != harness_watched[i].before)
			fail_msg("allocation %lu failing: %s: %ld before, %ld after",
				 harness_fail_at, harness_watched[i].name,
				 harness_watched[i].before, now);
	}
}

/*
 * Run @scenario with its first allocation failing, then its second, until one run
 * does not reach the one that would fail; that run must return 0.  The scenario
 * cleans up behind itself; it returns 0 or -ENOMEM (0 also where it coped), and
 * after each run all counts are as before.  Returns how many could fail.
 */
static inline unsigned long harness_each_failure(int (*scenario)(void *arg), void *arg)
{
	int err;

	harness_watch("blocks", harness_live_blocks);
	for (harness_fail_at = 1;; harness_fail_at++) {
		harness_remember_counts();
		harness_allocations = 0;
		err = scenario(arg);
		harness_compare_counts();
		if (harness_allocations < harness_fail_at)
			break;
		if (err && err != -ENOMEM)
			fail_msg("allocation %lu failing: returned %d", harness_fail_at, err);
	}
	assert_int_equal(err, 0);
	harness_fail_at = 0;
	return harness_allocations;
}

/* The same, but from the failing allocation on none succeeds: memory is used up. */
static inline unsigned long harness_each_exhaustion(int (*scenario)(void *arg), void *arg)
{
	unsigned long allocations;

	harness_fail_later_too = true;
	allocations = harness_each_failure(scenario, arg);
	harness_fail_later_too = false;
	return allocations;
}

#endif
