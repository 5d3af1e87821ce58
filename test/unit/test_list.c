// SPDX-License-Identifier: MIT
/* lib/list.h: rings and hash chains against the order they should have. */
#include <lib/list.h>

#include "harness.h"

struct item {
	int value;
	struct list_head link;
	struct hlist_node hash;
};

/* The values of @head's list, as a string of digits; checks the back links too. */
static const char *picture(const struct list_head *head)
{
	static char buf[32];
	const struct item *it;
	int n = 0;

	list_for_each_entry(it, head, link) {
		assert_ptr_equal(it->link.next->prev, &it->link);
		assert_ptr_equal(it->link.prev->next, &it->link);
		buf[n++] = '0' + it->value;
	}
	buf[n] = '\0';
	return buf;
}

static const char *hash_picture(const struct hlist_head *head)
{
	static char buf[32];
	const struct item *it;
	struct hlist_node *const *named_by = &head->first;
	int n = 0;

	hlist_for_each_entry(it, head, hash) {
		assert_ptr_equal(it->hash.pprev, named_by);
		named_by = &it->hash.next;
		buf[n++] = '0' + it->value;
	}
	buf[n] = '\0';
	return buf;
}

static struct item items[8];

static void fill(struct list_head *head, int from, int to)
{
	INIT_LIST_HEAD(head);
	for (int i = from; i <= to; i++) {
		items[i].value = i;
		list_add_tail(&items[i].link, head);
	}
}

static void a_new_list_is_empty(void **state)
{
	LIST_HEAD(head);
	struct item *none = list_first_entry_or_null(&head, struct item, link);

	assert_true(list_empty(&head));
	assert_null(none);
	assert_string_equal(picture(&head), "");
}

static void add_goes_to_the_front_and_add_tail_to_the_back(void **state)
{
	LIST_HEAD(head);

	fill(&head, 2, 3);
	items[1].value = 1;
	list_add(&items[1].link, &head);
	assert_string_equal(picture(&head), "123");
	assert_int_equal(list_first_entry(&head, struct item, link)->value, 1);
	assert_int_equal(list_last_entry(&head, struct item, link)->value, 3);
	assert_int_equal(list_next_entry(&items[1], link)->value, 2);
	assert_false(list_is_singular(&head));
	assert_true(list_is_last(&items[3].link, &head));
}

static void del_takes_out_exactly_one(void **state)
{
	LIST_HEAD(head);

	fill(&head, 1, 3);
	list_del(&items[2].link);
	assert_string_equal(picture(&head), "13");
	list_del_init(&items[1].link);
	assert_string_equal(picture(&head), "3");
	assert_true(list_empty(&items[1].link));
	assert_true(list_is_singular(&head));
}

static void move_changes_place_within_and_between_lists(void **state)
{
	LIST_HEAD(a);
	LIST_HEAD(b);

	fill(&a, 1, 3);
	fill(&b, 4, 5);
	list_move(&items[2].link, &b);
	assert_string_equal(picture(&a), "13");
	assert_string_equal(picture(&b), "245");
	list_move_tail(&items[2].link, &b);
	assert_string_equal(picture(&b), "452");
}

static void replace_keeps_the_place(void **state)
{
	LIST_HEAD(head);

	fill(&head, 1, 3);
	items[7].value = 7;
	list_replace(&items[2].link, &items[7].link);
	assert_string_equal(picture(&head), "173");
}

static void splice_keeps_order_at_either_end(void **state)
{
	LIST_HEAD(a);
	LIST_HEAD(b);

	fill(&a, 1, 2);
	fill(&b, 3, 4);
	list_splice_init(&b, &a);
	assert_string_equal(picture(&a), "3412");
	assert_true(list_empty(&b));

	fill(&a, 1, 2);
	fill(&b, 3, 4);
	list_splice_tail_init(&b, &a);
	assert_string_equal(picture(&a), "1234");
	list_splice_tail_init(&b, &a);
	list_splice(&b, &a);
	assert_string_equal(picture(&a), "1234");
}

static void safe_walks_may_remove_what_they_stand_on(void **state)
{
	LIST_HEAD(head);
	struct item *it, *tmp;
	int sum = 0;

	fill(&head, 1, 5);
	list_for_each_entry_safe(it, tmp, &head, link) {
		if (it->value % 2)
			list_del(&it->link);
	}
	assert_string_equal(picture(&head), "24");
	list_for_each_entry_reverse(it, &head, link)
		sum = sum * 10 + it->value;
	assert_int_equal(sum, 42);
	list_for_each_entry_safe_reverse(it, tmp, &head, link)
		list_del(&it->link);
	assert_true(list_empty(&head));
}

static void walks_can_go_on_from_a_member(void **state)
{
	LIST_HEAD(head);
	struct item *it = &items[2];
	int sum = 0;

	fill(&head, 1, 4);
	list_for_each_entry_continue(it, &head, link)
		sum = sum * 10 + it->value;
	assert_int_equal(sum, 34);
	it = &items[2];
	sum = 0;
	list_for_each_entry_from(it, &head, link)
		sum = sum * 10 + it->value;
	assert_int_equal(sum, 234);
}

static void a_chain_knows_who_is_hashed(void **state)
{
	HLIST_HEAD(head);
	struct item *it;
	struct hlist_node *tmp;

	assert_true(hlist_empty(&head));
	for (int i = 1; i <= 4; i++) {
		items[i].value = i;
		INIT_HLIST_NODE(&items[i].hash);
		assert_true(hlist_unhashed(&items[i].hash));
		hlist_add_head(&items[i].hash, &head);
		assert_false(hlist_unhashed(&items[i].hash));
	}
	assert_string_equal(hash_picture(&head), "4321");
	hlist_del(&items[4].hash);
	hlist_del_init(&items[2].hash);
	hlist_del_init(&items[2].hash);
	assert_true(hlist_unhashed(&items[2].hash));
	assert_string_equal(hash_picture(&head), "31");
	hlist_for_each_entry_safe(it, tmp, &head, hash)
		hlist_del(&it->hash);
	assert_true(hlist_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_list_is_empty),
		cmocka_unit_test(add_goes_to_the_front_and_add_tail_to_the_back),
		cmocka_unit_test(del_takes_out_exactly_one),
		cmocka_unit_test(move_changes_place_within_and_between_lists),
		cmocka_unit_test(replace_keeps_the_place),
		cmocka_unit_test(splice_keeps_order_at_either_end),
		cmocka_unit_test(safe_walks_may_remove_what_they_stand_on),
		cmocka_unit_test(walks_can_go_on_from_a_member),
		cmocka_unit_test(a_chain_knows_who_is_hashed),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
