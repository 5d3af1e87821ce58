// SPDX-License-Identifier: MIT
/*
 * lib/avl.c against a sorted array: after each change the tree must hold the same
 * keys in the same order, be balanced, and know the summary of each subtree.
 *
 * The summary is the one that mm needs: the largest gap between neighbours, where
 * a node's own gap is the distance from its predecessor.
 */
#include <lib/avl.h>

#include "harness.h"

#define MAX_KEYS 300

struct thing {
	struct avl_node node;
	unsigned long key, gap, max_gap;
};

static struct avl_root root;
static struct thing *model[MAX_KEYS];	/* ascending */
static int nr_model;

static struct thing *thing_of(const struct avl_node *node)
{
	return avl_entry((struct avl_node *)node, struct thing, node);
}

static unsigned long gap_below(const struct avl_node *node)
{
	return node ? thing_of(node)->max_gap : 0;
}

static bool augment(struct avl_node *node)
{
	struct thing *t = thing_of(node);
	unsigned long was = t->max_gap;

	t->max_gap = max(t->gap, max(gap_below(node->left), gap_below(node->right)));
	return t->max_gap != was;
}

static bool before(const struct avl_node *a, const struct avl_node *b)
{
	return thing_of(a)->key < thing_of(b)->key;
}

static unsigned long brute_max_gap(const struct avl_node *node)
{
	if (!node)
		return 0;
	return max(thing_of(node)->gap,
		   max(brute_max_gap(node->left), brute_max_gap(node->right)));
}

static void expect_model(void)
{
	struct avl_node *node = avl_first(&root), *back = avl_last(&root);

	assert_true(avl_check(&root, before));
	for (int i = 0; i < nr_model; i++, node = avl_next(node)) {
		assert_ptr_equal(node, &model[i]->node);
		assert_int_equal(thing_of(node)->max_gap, brute_max_gap(node));
	}
	assert_null(node);
	for (int i = nr_model; i-- > 0; back = avl_prev(back))
		assert_ptr_equal(back, &model[i]->node);
	assert_null(back);
}

static int model_find(unsigned long key)
{
	int i = 0;

	while (i < nr_model && model[i]->key < key)
		i++;
	return i;
}

/* The gap of model[i], where something changed in front of it. */
static void set_gap(int i)
{
	if (i < nr_model)
		model[i]->gap = model[i]->key - (i ? model[i - 1]->key : 0);
}

static void insert(unsigned long key)
{
	struct avl_node **link = &root.node, *parent = NULL;
	struct thing *t;
	int i = model_find(key);

	if (nr_model == MAX_KEYS || (i < nr_model && model[i]->key == key))
		return;
	t = malloc(sizeof(*t));
	t->key = key;
	memmove(&model[i + 1], &model[i], (nr_model++ - i) * sizeof(model[0]));
	model[i] = t;
	set_gap(i);
	set_gap(i + 1);

	while (*link) {
		parent = *link;
		link = key < thing_of(parent)->key ? &parent->left : &parent->right;
	}
	avl_insert_at(&root, &t->node, parent, link, augment);
	if (i + 1 < nr_model)
		avl_update(&model[i + 1]->node, augment);
}

static void erase(int i)
{
	struct thing *t = model[i];

	memmove(&model[i], &model[i + 1], (--nr_model - i) * sizeof(model[0]));
	set_gap(i);
	avl_erase(&root, &t->node, augment);
	free(t);
	if (i < nr_model)
		avl_update(&model[i]->node, augment);
}

static int empty(void **state)
{
	while (nr_model)
		erase(nr_model - 1);
	return root.node != NULL;
}

static void an_empty_tree_has_no_first_and_no_last(void **state)
{
	assert_null(avl_first(&root));
	assert_null(avl_last(&root));
	assert_true(avl_check(&root, before));
}

static void ascending_insertion_stays_balanced(void **state)
{
	for (int i = 1; i <= 255; i++) {
		insert(i);
		expect_model();
	}
	/* A full tree of 255 nodes has 8 levels; AVL may add 44 % at worst. */
	assert_in_range(root.node->height, 8, 11);
}

static void descending_insertion_stays_balanced(void **state)
{
	for (int i = 255; i >= 1; i--) {
		insert(i);
		expect_model();
	}
	assert_in_range(root.node->height, 8, 11);
}

static void random_changes_match_the_sorted_array(void **state)
{
	for (int round = 0; round < 6000; round++) {
		bool growing = (round / 400) % 2 == 0;

		if (nr_model && harness_below(10) < (growing ? 3 : 7))
			erase(harness_below(nr_model));
		else
			insert(1 + harness_below(100000));
		expect_model();
	}
}

/* Every order of insertion of up to 6 keys, and every single removal from each. */
static void each_small_tree_survives_each_removal(void **state)
{
	for (int n = 1; n <= 6; n++) {
		for (int order = 0; order < 720; order++) {
			for (int victim = 0; victim < n; victim++) {
				bool used[6] = { false };

				for (int i = 0, code = order; i < n; i++) {
					int pick = code % 6;

					code /= 6 - i;
					while (used[pick % n])
						pick++;
					used[pick % n] = true;
					insert(10 * (1 + pick % n));
				}
				erase(victim);
				expect_model();
				empty(NULL);
			}
		}
	}
}

static int built;
static struct avl_node *next_built(void *arg)
{
	assert_ptr_equal(arg, &built);
	return &model[built++]->node;
}

static void a_tree_built_from_sorted_input_is_balanced_and_complete(void **state)
{
	for (int n = 0; n <= 130; n++) {
		empty(NULL);
		for (int i = 0; i < n; i++) {
			model[i] = malloc(sizeof(struct thing));
			model[i]->key = 7 * i * i + 3;
			nr_model++;
			set_gap(i);
		}
		built = 0;
		avl_build_sorted(&root, n, next_built, &built, augment);
		assert_int_equal(built, n);
		expect_model();
		insert(50);
		expect_model();
	}
}

static void replace_keeps_shape_and_order(void **state)
{
	for (int i = 1; i <= 20; i++)
		insert(10 * i);
	for (int i = 0; i < 20; i++) {
		struct thing *t = malloc(sizeof(*t)), *old = model[i];

		*t = *old;
		memset(&t->node, 0xff, sizeof(t->node));
		avl_replace(&root, &old->node, &t->node);
		model[i] = t;
		free(old);
		expect_model();
	}
}

static void a_tree_without_summaries_needs_no_callback(void **state)
{
	struct thing t[50];
	struct avl_root plain = AVL_ROOT;

	for (int i = 0; i < 50; i++) {
		struct avl_node **link = &plain.node, *parent = NULL;

		t[i].key = (i * 37) % 50;
		while (*link) {
			parent = *link;
			link = t[i].key < thing_of(parent)->key ? &parent->left : &parent->right;
		}
		avl_insert_at(&plain, &t[i].node, parent, link, NULL);
		assert_true(avl_check(&plain, before));
	}
	avl_update(&t[3].node, NULL);
	for (int i = 0; i < 50; i++) {
		avl_erase(&plain, &t[i].node, NULL);
		assert_true(avl_check(&plain, before));
	}
	assert_null(plain.node);
}

static void the_checker_sees_each_kind_of_damage(void **state)
{
	struct avl_node *node, *saved;

	for (int i = 1; i <= 15; i++)
		insert(i);
	node = root.node->left;

	node->height++;
	assert_false(avl_check(&root, before));
	node->height--;

	saved = node->left->parent;
	node->left->parent = root.node;
	assert_false(avl_check(&root, before));
	node->left->parent = saved;

	thing_of(node)->key += 100;
	assert_false(avl_check(&root, before));
	assert_true(avl_check(&root, NULL));
	thing_of(node)->key -= 100;

	saved = node->left;
	node->left = NULL;
	assert_false(avl_check(&root, before));
	node->left = saved;
	assert_true(avl_check(&root, before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_tree_has_no_first_and_no_last),
		cmocka_unit_test_teardown(ascending_insertion_stays_balanced, empty),
		cmocka_unit_test_teardown(descending_insertion_stays_balanced, empty),
		cmocka_unit_test_teardown(random_changes_match_the_sorted_array, empty),
		cmocka_unit_test_teardown(each_small_tree_survives_each_removal, empty),
		cmocka_unit_test_teardown(a_tree_built_from_sorted_input_is_balanced_and_complete, empty),
		cmocka_unit_test_teardown(replace_keeps_shape_and_order, empty),
		cmocka_unit_test(a_tree_without_summaries_needs_no_callback),
		cmocka_unit_test_teardown(the_checker_sees_each_kind_of_damage, empty),
	};

	return cmocka_run_group_tests_name("avl", tests, NULL, NULL);
}
