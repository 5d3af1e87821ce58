// SPDX-License-Identifier: MIT
/*
 * lib/radix.c against an array of (index, tags): the same content after each
 * change, no node lost, and nothing changed by an insertion that runs out of memory.
 */
#include <lib/radix_inline.h>

#include "harness.h"

#define MAX_ITEMS 200

struct entry {
	unsigned long index;
	bool tag[RADIX_TAGS];
};

static void *node_alloc(void)
{
	return harness_alloc(radix_node_size);
}

static const struct radix_ops ops = { node_alloc, harness_free };
static struct radix_tree tree = RADIX_TREE_INIT(&ops);
static struct entry model[MAX_ITEMS];	/* ascending */
static int nr_model;

/* Items are made of their index, so that a wrong one is seen. */
static void *item_of(unsigned long index)
{
	return (void *)(index << 4 | 8 | (index >> 60 ? 0x1 : 0x2));
}

/* Indices at which trees change height or nodes begin and end, and their neighbours. */
static unsigned long random_index(void)
{
	unsigned long base = BIT(harness_below(64));

	switch (harness_below(5)) {
	case 0: return harness_below(300);
	case 1: return base - 1;
	case 2: return base + harness_below(70);
	case 3: return -1UL - harness_below(3);
	default: return harness_below(70000);
	}
}

static int model_find(unsigned long index)
{
	int i = 0;

	while (i < nr_model && model[i].index < index)
		i++;
	return i;
}

static bool model_has(unsigned long index)
{
	int i = model_find(index);

	return i < nr_model && model[i].index == index;
}

static void model_insert(unsigned long index)
{
	int i = model_find(index);

	memmove(&model[i + 1], &model[i], (nr_model++ - i) * sizeof(model[0]));
	model[i] = (struct entry){ .index = index };
}

static void model_delete(int i)
{
	memmove(&model[i], &model[i + 1], (--nr_model - i) * sizeof(model[0]));
}

/* What the leaf says of an item, whatever the nodes above say of the leaf. */
static bool has_tag(unsigned long index, unsigned int tag)
{
	const struct radix_node *node = tree.root;

	while (node && node->shift)
		node = node->slot[radix_slot_of(node, index)];
	return node && node->map[tag] & BIT(index % RADIX_SLOTS);
}

/* The tagged items by radix_next_tagged are the model's, in order. */
static void expect_tag(unsigned int tag)
{
	unsigned long index = 0;
	bool any = false;

	for (int i = 0; i < nr_model; i++) {
		assert_int_equal(has_tag(model[i].index, tag), model[i].tag[tag]);
		if (!model[i].tag[tag])
			continue;
		any = true;
		assert_ptr_equal(radix_next_tagged(&tree, &index, tag), item_of(model[i].index));
		assert_true(index == model[i].index);
		if (index++ == -1UL)
			return;
	}
	assert_null(radix_next_tagged(&tree, &index, tag));
	assert_int_equal(radix_tagged(&tree, tag), any);
}

/* Batches from a random place to a random place. */
static void expect_many(void)
{
	unsigned long from = random_index(), last = random_index();
	void *items[7];
	unsigned int n = radix_next_many(&tree, from, last, items, ARRAY_SIZE(items));
	int i = model_find(from);

	for (unsigned int k = 0; k < n; k++, i++) {
		assert_true(i < nr_model && model[i].index <= last);
		assert_ptr_equal(items[k], item_of(model[i].index));
	}
	assert_true(n == ARRAY_SIZE(items) || i == nr_model || model[i].index > last);
}

/* Slots that follow each other are those of indices that do. */
static void expect_slots(unsigned long index)
{
	void *const *slot = radix_slot_inline(&tree, index);
	unsigned long past = (index | (RADIX_SLOTS - 1)) + 1;

	do
		assert_ptr_equal(radix_lookup(&tree, index), slot ? *slot++ : NULL);
	while (++index != past);
}

static void expect_model(void)
{
	unsigned long index = 0;
	int i;

	assert_int_equal(radix_empty(&tree), nr_model == 0);
	for (i = 0; i < nr_model; i++) {
		assert_ptr_equal(radix_lookup(&tree, model[i].index), item_of(model[i].index));
		expect_slots(model[i].index - harness_below(3));
		assert_ptr_equal(radix_next(&tree, &index), item_of(model[i].index));
		assert_true(index == model[i].index);
		if (index++ == -1UL)
			break;
	}
	if (i == nr_model)
		assert_null(radix_next(&tree, &index));
	for (unsigned int tag = 0; tag < RADIX_TAGS; tag++)
		expect_tag(tag);
	expect_many();
}

static int empty(void **state)
{
	while (nr_model)
		radix_delete(&tree, model[--nr_model].index);
	return !(radix_empty(&tree) && tree.height == 0 && harness_live == 0);
}

static void an_empty_tree_finds_nothing(void **state)
{
	unsigned long index = 0;

	assert_null(radix_lookup(&tree, 0));
	assert_null(radix_lookup(&tree, -1UL));
	assert_null(radix_next(&tree, &index));
	assert_null(radix_delete(&tree, 5));
	assert_false(radix_tagged(&tree, 0));
	radix_tag_set(&tree, 5, 0);
	assert_false(radix_tagged(&tree, 0));
}

static void a_taken_index_refuses_a_second_item(void **state)
{
	model_insert(70);
	assert_int_equal(radix_insert(&tree, 70, item_of(70)), 0);
	assert_int_equal(radix_insert(&tree, 70, item_of(71)), -EEXIST);
	expect_model();
}

static void insert_slot_finds_or_inserts(void **state)
{
	void **slot = radix_insert_slot(&tree, 1000, item_of(1000));

	model_insert(1000);
	assert_ptr_equal(*slot, item_of(1000));
	assert_ptr_equal(radix_insert_slot(&tree, 1000, item_of(1)), slot);
	assert_ptr_equal(*slot, item_of(1000));
	assert_null(radix_lookup(&tree, 1001));
	radix_insert_slot(&tree, 1001, item_of(1001));
	model_insert(1001);
	expect_model();
}

static void the_tree_shrinks_when_high_indices_go(void **state)
{
	radix_insert(&tree, 3, item_of(3));
	assert_int_equal(tree.height, 1);
	assert_int_equal(harness_live, 1);
	radix_insert(&tree, -1UL, item_of(-1UL));
	assert_int_equal(tree.height, RADIX_LEVELS);
	assert_int_equal(harness_live, 2 * RADIX_LEVELS - 1);
	assert_ptr_equal(radix_delete(&tree, -1UL), item_of(-1UL));
	assert_int_equal(tree.height, 1);
	assert_int_equal(harness_live, 1);
	model_insert(3);
	expect_model();
}

static void deletion_takes_the_tags_along(void **state)
{
	radix_insert(&tree, 4096, item_of(4096));
	radix_tag_set(&tree, 4096, 2);
	radix_delete(&tree, 4096);
	assert_false(radix_tagged(&tree, 2));
	radix_insert(&tree, 4096, item_of(4096));
	model_insert(4096);
	expect_model();
}

static void random_changes_match_the_array(void **state)
{
	for (int round = 0; round < 20000; round++) {
		unsigned long index = random_index();
		bool growing = (round / 500) % 2 == 0;
		int i = nr_model ? harness_below(nr_model) : 0;
		unsigned int tag = harness_below(RADIX_TAGS);

		switch (harness_below(growing ? 6 : 4)) {
		case 0:
			if (nr_model) {
				index = model[i].index;
				model_delete(i);
				assert_ptr_equal(radix_delete(&tree, index), item_of(index));
			}
			break;
		case 1:
			if (nr_model) {
				model[i].tag[tag] = true;
				radix_tag_set(&tree, model[i].index, tag);
			}
			break;
		case 2:
			if (nr_model) {
				model[i].tag[tag] = false;
				radix_tag_clear(&tree, model[i].index, tag);
			}
			break;
		case 3:
			if (!growing && nr_model && !model_has(index)) {
				radix_tag_set(&tree, index, tag);
				assert_null(radix_delete(&tree, index));
			}
			break;
		default:
			if (nr_model == MAX_ITEMS)
				break;
			if (model_has(index)) {
				assert_int_equal(radix_insert(&tree, index, item_of(1)), -EEXIST);
			} else {
				model_insert(index);
				assert_int_equal(radix_insert(&tree, index, item_of(index)), 0);
			}
		}
		expect_model();
	}
}

static void search_begins_anywhere(void **state)
{
	for (int n = 0; n < 60; n++) {
		unsigned long index = random_index();

		if (!model_has(index)) {
			model_insert(index);
			radix_insert(&tree, index, item_of(index));
		}
	}
	for (int round = 0; round < 20000; round++) {
		unsigned long index = random_index();
		int i = model_find(index);
		void *item = radix_next(&tree, &index);

		if (i == nr_model) {
			assert_null(item);
		} else {
			assert_true(index == model[i].index);
			assert_ptr_equal(item, item_of(index));
		}
	}
}

/* Insert a set that makes the tree grow, branch and grow again; always clean up. */
static int insert_some(void *unused)
{
	static const unsigned long indices[] = { 5, 64, 100000, 1UL << 40, 6, -1UL };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(indices) && !err; i++) {
		err = radix_insert(&tree, indices[i], item_of(indices[i]));
		if (!err)
			model_insert(indices[i]);
		expect_model();
	}
	assert_int_equal(empty(NULL), 0);
	return err;
}

static void an_insertion_without_memory_changes_nothing(void **state)
{
	assert_true(harness_each_failure(insert_some, NULL) >= 20);
	assert_true(harness_each_exhaustion(insert_some, NULL) >= 20);
}

/* One node at a time, until they are enough. */
static int insert_spare(unsigned long index, struct radix_spare *spare)
{
	unsigned long before = harness_allocations;
	int err;

	while ((err = radix_insert_spare(&tree, index, item_of(index), spare)) == -EAGAIN) {
		assert_int_equal(harness_allocations, before);
		expect_model();
		assert_true(spare->nr < RADIX_SPARES);
		spare->node[spare->nr] = node_alloc();
		if (!spare->node[spare->nr])
			return -ENOMEM;
		spare->nr++;
		before = harness_allocations;
	}
	assert_int_equal(harness_allocations, before);
	return err;
}

static int insert_with_spares(void *unused)
{
	struct radix_spare spare = RADIX_SPARE_INIT;
	int err = 0;

	for (int i = 0; i < 40 && !err; i++) {
		unsigned long index = i % 2 ? BIT(i) : 64UL * i + 1;

		err = insert_spare(index, &spare);
		if (err)
			break;
		assert_int_equal(spare.nr, 0);
		model_insert(index);
		expect_model();
		assert_int_equal(insert_spare(index, &spare), -EEXIST);
	}
	radix_spare_free(&tree, &spare);
	assert_int_equal(empty(NULL), 0);
	return err;
}

static void a_preallocated_insertion_allocates_nothing(void **state)
{
	assert_true(harness_each_failure(insert_with_spares, NULL) >= 20);
}

static void a_tree_that_grew_meanwhile_asks_for_more_spares(void **state)
{
	struct radix_spare spare = RADIX_SPARE_INIT;

	spare.node[spare.nr++] = node_alloc();          /* enough while the tree is empty */
	radix_insert(&tree, 1UL << 30, item_of(1UL << 30));
	model_insert(1UL << 30);
	assert_int_equal(radix_insert_spare(&tree, 3, item_of(3), &spare), -EAGAIN);
	assert_int_equal(insert_spare(3, &spare), 0);
	radix_spare_free(&tree, &spare);
	model_insert(3);
	expect_model();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_tree_finds_nothing),
		cmocka_unit_test_teardown(a_taken_index_refuses_a_second_item, empty),
		cmocka_unit_test_teardown(insert_slot_finds_or_inserts, empty),
		cmocka_unit_test_teardown(the_tree_shrinks_when_high_indices_go, empty),
		cmocka_unit_test_teardown(deletion_takes_the_tags_along, empty),
		cmocka_unit_test_teardown(random_changes_match_the_array, empty),
		cmocka_unit_test_teardown(search_begins_anywhere, empty),
		cmocka_unit_test_teardown(an_insertion_without_memory_changes_nothing, empty),
		cmocka_unit_test_teardown(a_preallocated_insertion_allocates_nothing, empty),
		cmocka_unit_test_teardown(a_tree_that_grew_meanwhile_asks_for_more_spares, empty),
	};

	return cmocka_run_group_tests_name("radix", tests, NULL, NULL);
}
