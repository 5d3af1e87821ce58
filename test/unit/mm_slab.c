// SPDX-License-Identifier: MIT
/*
 * Slabs and kmalloc: objects apart and whole, frames given back, misuse found.
 */
#include "harness.h"

#include <arch/host.h>
#include <mm/frames.h>
#include <mm/page.h>
#include <mm/slab.h>

#include "mm_world.h"

#define RAM     (16 * MiB)

static bool filled(const u8 *p, size_t n, u8 with)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != with)
			return false;
	return true;
}

/* Random alloc and free on two harts; each object keeps its own pattern while it lives. */
static void exercise(size_t size, size_t align)
{
	enum { SLOTS = 300 };
	static u8 *slot[SLOTS];
	struct kmem_cache *c = kmem_cache_create("exercise", size, align);

	memset(slot, 0, sizeof(slot));
	for (int round = 0; round < 5000; round++) {
		unsigned int i = harness_below(SLOTS);

		host_run_as(&host_task0, harness_below(2));
		if (slot[i]) {
			assert_true(filled(slot[i], size, i));
			kmem_cache_free(c, slot[i]);
			slot[i] = NULL;
			continue;
		}
		slot[i] = kmem_cache_alloc(c, round & 1 ? GFP_KERNEL | GFP_ZERO : GFP_KERNEL);
		assert_non_null(slot[i]);
		assert_true(IS_ALIGNED((unsigned long)slot[i], align ? align : 8));
		if (round & 1)
			assert_true(filled(slot[i], size, 0));
		memset(slot[i], i, size);
	}
	for (int i = 0; i < SLOTS; i++)
		if (slot[i]) {
			assert_true(filled(slot[i], size, i));
			kmem_cache_free(c, slot[i]);
		}
}

static void objects_keep_their_contents_and_frames_come_back(void **state)
{
	static const struct { size_t size, align; } shapes[] = {
		{ 1, 0 }, { 8, 0 }, { 24, 0 }, { 64, 64 }, { 100, 0 }, { 200, 128 }, { 1000, 0 },
		{ 1500, 0 }, { 3000, 0 }, { 4096, 0 }, { 5000, 0 }, { 9000, 0 },
	};
	unsigned long before;

	world(RAM, 2);
	kfree(kmalloc(10, GFP_KERNEL));
	slab_shrink();
	before = slab_pages();
	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++)
		exercise(shapes[i].size, shapes[i].align);
	slab_shrink();
	/* What remains are the caches themselves. */
	assert_true(slab_pages() <= before + 4);
	assert_int_equal(frames_free() + slab_pages(), frames_total);
}

static void kmalloc_of_any_size_is_usable_and_freed(void **state)
{
	unsigned long before;

	world(RAM, 1);
	slab_shrink();
	before = frames_free();
	for (size_t size = 0; size <= 256 * KiB; size = size < 600 ? size + 1 : size + size / 3) {
		u8 *p = kmalloc(size, GFP_KERNEL), *q = kzalloc(size, GFP_KERNEL);

		assert_non_null(p);
		assert_non_null(q);
		assert_true(filled(q, size, 0));
		memset(p, 1, size);
		memset(q, 2, size);
		assert_true(filled(p, size, 1));
		kfree(p);
		kfree(q);
	}
	kfree(NULL);
	slab_shrink();
	assert_int_equal(frames_free(), before);
}

static void sizes_that_overflow_or_are_too_large_fail(void **state)
{
	world(RAM, 1);
	assert_null(kcalloc(~0UL / 2, 3, GFP_KERNEL));
	assert_null(kmalloc(257 * KiB, GFP_KERNEL));
	assert_null(kmalloc(~0UL, GFP_KERNEL));
}

static void kstrdup_keeps_the_bytes(void **state)
{
	char *s, *t;

	world(RAM, 1);
	s = kstrdup("a string of some length", GFP_KERNEL);
	assert_string_equal(s, "a string of some length");
	kfree(s);
	t = kstrndup("abcdef", 3, GFP_KERNEL);
	assert_string_equal(t, "abc");
	kfree(t);
}


static void free_it(void *p)
{
	kfree(p);
}

static void alloc_all(void *unused)
{
	for (int i = 0; i < 100; i++)
		kmalloc(40, GFP_KERNEL);
}

static void misuse_is_found(void **state)
{
	u8 *p;

	world(RAM, 1);
	p = kmalloc(40, GFP_KERNEL);
	kfree(p);
	assert_true(harness_panics(free_it, p));
	world(RAM, 1);
	p = kmalloc(48, GFP_KERNEL);    /* the class is 64: the red zone lies behind 64 */
	p[64] = 0;
	assert_true(harness_panics(free_it, p));
	world(RAM, 1);
	p = kmalloc(40, GFP_KERNEL);
	kfree(p);
	p[20] = 1;
	assert_true(harness_panics(alloc_all, NULL));
}

static long free_frames(void)
{
	slab_shrink();
	return frames_free();
}

static int three_of_each(void *unused)
{
	void *p[30] = { NULL };
	int err = 0;

	frames_fail = harness_fail_now;
	for (unsigned int i = 0; i < ARRAY_SIZE(p) && !err; i++) {
		p[i] = kmalloc(200 * (i + 1), GFP_KERNEL);
		if (!p[i])
			err = -ENOMEM;
	}
	frames_fail = NULL;
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		kfree(p[i]);
	return err;
}

static void each_allocation_may_fail(void **state)
{
	world(RAM, 1);
	harness_watch("frames", free_frames);
	assert_true(harness_each_failure(three_of_each, NULL) > 30);
	harness_each_exhaustion(three_of_each, NULL);
}

static void the_cache_list_names_every_cache(void **state)
{
	struct slab_stat st;
	unsigned int i, n = 0;
	void *obj;

	world(RAM, 1);
	obj = kmem_cache_alloc(kmem_cache_create("mine", 100, 0), GFP_KERNEL);
	assert_non_null(obj);
	for (i = 0; slab_stat(i, &st); i++)
		if (!strcmp(st.name, "mine")) {
			assert_true(st.active >= 1 && st.total >= st.active && st.slabs == 1);
			n++;
		}
	assert_int_equal(n, 1);
	assert_true(i > 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_keep_their_contents_and_frames_come_back),
		cmocka_unit_test(kmalloc_of_any_size_is_usable_and_freed),
		cmocka_unit_test(sizes_that_overflow_or_are_too_large_fail),
		cmocka_unit_test(kstrdup_keeps_the_bytes),
		cmocka_unit_test(misuse_is_found),
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(the_cache_list_names_every_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
