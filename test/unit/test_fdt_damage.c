// SPDX-License-Identifier: MIT
/*
 * lib/fdt.c on blobs that are cut short, damaged in each byte, or no trees at all:
 * refused, or accepted and then read without a step outside.
 */
#include "harness.h"

#include "fdt_exercise.h"
#include "fdt_writer.h"

static void a_blob_cut_short_is_refused(void **state)
{
	for (size_t len = 0; len < blob_len; len++)
		assert_int_equal(exercise_blob(blob, len), -EINVAL);
}

static void a_blob_that_says_it_is_shorter_is_refused(void **state)
{
	for (size_t len = 0; len < blob_len; len++) {
		put32_at(4, len);
		assert_int_equal(exercise_blob(blob, blob_len), -EINVAL);
	}
}

static void no_damaged_byte_leads_outside_the_blob(void **state)
{
	static const u8 values[] = { 0x00, 0x01, 0x02, 0x03, 0x09, 0x7f, 0x80, 0xff };
	int refused = 0;

	for (size_t at = 0; at < blob_len; at++) {
		u8 good = blob[at];

		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			blob[at] = values[v];
			refused += exercise_blob(blob, blob_len) != 0;
		}
		blob[at] = good;
	}
	assert_true(refused > 500);
	assert_int_equal(exercise_blob(blob, blob_len), 0);
}

static void header_fields_at_their_extremes_are_refused(void **state)
{
	static const u32 extremes[] = { 0xffffffff, 0x80000000, 0x7fffffff, 0xfffffff8, MAX_BLOB };
	static const int fields[] = { 0, 4, 8, 12, 16, 24, 32, 36 };

	for (size_t f = 0; f < ARRAY_SIZE(fields); f++) {
		u32 good = fdt_get32(blob + fields[f]);

		for (size_t e = 0; e < ARRAY_SIZE(extremes); e++) {
			put32_at(fields[f], extremes[e]);
			assert_int_equal(exercise_blob(blob, blob_len), -EINVAL);
		}
		put32_at(fields[f], good);
	}
	put32_at(20, 16);
	assert_int_equal(exercise_blob(blob, blob_len), -EINVAL);
}

static void random_damage_in_many_places_leads_nowhere(void **state)
{
	u8 good[MAX_BLOB];

	memcpy(good, blob, blob_len);
	for (int round = 0; round < 5000; round++) {
		for (int n = 1 + harness_below(4); n > 0; n--)
			blob[STRUCT + harness_below(blob_len - STRUCT)] = harness_random() >> 40;
		exercise_blob(blob, blob_len);
		memcpy(blob, good, blob_len);
	}
}

static void structure_must_be_a_tree(void **state)
{
	begin_tree();			/* two roots */
	end_node();
	node("second");
	end_tree();
	assert_int_equal(fdt_check(blob, blob_len), -EINVAL);

	begin_tree();			/* a node not closed */
	node("open");
	end_tree();
	assert_int_equal(fdt_check(blob, blob_len), -EINVAL);

	begin_tree();			/* closed once too often */
	end_node();
	end_tree();
	assert_int_equal(fdt_check(blob, blob_len), -EINVAL);

	begin_tree();			/* closed too often, then opened again */
	end_node();
	end_node();
	node("again");
	finish();
	assert_int_equal(fdt_check(blob, blob_len), -EINVAL);

	begin_tree();			/* a property behind a child */
	node("child");
	end_node();
	cells("late", 1);
	end_tree();
	assert_int_equal(fdt_check(blob, blob_len), -EINVAL);

	begin_tree();			/* a token that is none */
	put32(5);
	end_tree();
	assert_int_equal(fdt_check(blob, blob_len), -EINVAL);
}

/* A length that leads, by wrapping, from a property into its own header. */
static void a_length_that_wraps_is_refused(void **state)
{
	begin_tree();
	cells("abc", 1);
	put32(PROP);
	put32(-4);
	put32(4);			/* the name after "abc"; as a token, NOP */
	strings_len++;
	end_tree();
	assert_int_equal(exercise_blob(blob, blob_len), -EINVAL);
}

/* fdt_check would have refused these; each function refuses them too. */
static void what_the_block_does_not_hold_whole_is_not_there(void **state)
{
	int name_end, prop_at;
	u32 good;

	begin_tree();
	node("a-name");
	name_end = struct_len - 1;
	prop_at = struct_len;
	cells("reg", 1);
	end_node();
	end_tree();
	good = struct_len;

	put32_at(36, prop_at + 12);
	assert_null(fdt_prop(blob, 8, "reg", NULL));
	put32_at(36, prop_at + 8);
	assert_null(fdt_prop(blob, 8, "reg", NULL));
	assert_string_equal(fdt_node_name(blob, 8), "a-name");
	put32_at(36, name_end - 1);
	assert_null(fdt_node_name(blob, 8));
	assert_int_equal(fdt_next_node(blob, 0, NULL), -EINVAL);

	put32_at(36, good);
	put32_at(32, 3);
	assert_null(fdt_prop(blob, 8, "reg", NULL));
}

static void depth_is_bounded(void **state)
{
	for (int extra = 0; extra <= 1; extra++) {
		begin_tree();
		for (int i = 1; i < FDT_MAX_DEPTH + extra; i++)
			node("n");
		for (int i = 1; i < FDT_MAX_DEPTH + extra; i++)
			end_node();
		end_tree();
		assert_int_equal(exercise_blob(blob, blob_len), extra ? -EINVAL : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_blob_cut_short_is_refused, make_board),
		cmocka_unit_test_setup(a_blob_that_says_it_is_shorter_is_refused, make_board),
		cmocka_unit_test_setup(no_damaged_byte_leads_outside_the_blob, make_board),
		cmocka_unit_test_setup(header_fields_at_their_extremes_are_refused, make_board),
		cmocka_unit_test_setup(random_damage_in_many_places_leads_nowhere, make_board),
		cmocka_unit_test(structure_must_be_a_tree),
		cmocka_unit_test(a_length_that_wraps_is_refused),
		cmocka_unit_test(what_the_block_does_not_hold_whole_is_not_there),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests_name("fdt_damage", tests, NULL, NULL);
}
