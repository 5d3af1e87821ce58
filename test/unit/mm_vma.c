// SPDX-License-Identifier: MIT
/*
 * The set of areas, as pictures: what munmap, mprotect and mmap make of it, and
 * list and tree against a brute-force model.
 */
#include "harness.h"
#include "mm_space.h"

#include <mm/vma_edit.h>

static struct mm_struct *mm;

static int setup(void **state)
{
	mm = space_new();
	return 0;
}

static int teardown(void **state)
{
	space_end(mm);
	return 0;
}

struct edit {
	const char *before;
	unsigned int start, end;
	const char *after;
};

static void munmap_cuts_what_it_names_and_nothing_else(void **state)
{
	static const struct edit edits[] = {
		{ "rr|ww",      1, 3, "r..w" },
		{ "rr|ww",      0, 4, "" },
		{ "rrrrrr",     2, 4, "rr..rr" },
		{ "rrrr",       0, 2, "..rr" },
		{ "rrrr",       2, 4, "rr" },
		{ "r.w.x",      0, 5, "" },
		{ "r.w.x",      1, 4, "r...x" },
		{ "..rr",       0, 2, "..rr" },
		{ "....",       0, 4, "" },
		{ "rrrr|wwww|xxxx", 3, 9, "rrr......xxx" },
		{ "RRRRRR",     2, 4, "RR..RR" },
		{ "SSSS",       0, 1, ".SSS" },
		{ "rr|SS|ww",   1, 5, "r....w" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		const struct edit *e = &edits[i];

		given(mm, e->before);
		expect_picture(mm, e->before[strspn(e->before, ".")] ? e->before : "");
		assert_int_equal(mm_munmap(mm, at(e->start), (e->end - e->start) * PAGE), 0);
		expect_picture(mm, e->after);
	}
}

static void munmap_gives_each_file_piece_its_page_of_the_file(void **state)
{
	given(mm, "RRRRRR");
	mm_munmap(mm, at(2), 2 * PAGE);
	assert_int_equal(vma_lookup(mm, at(4))->vm_pgoff, 4);
	mm_munmap(mm, at(4), PAGE);
	assert_int_equal(vma_lookup(mm, at(5))->vm_pgoff, 5);
	assert_int_equal(load(mm, at(5)), file_byte(5, 0));
	assert_int_equal(test_file.refs, 2);
}

struct protection {
	const char *before;
	unsigned int start, end;
	unsigned int prot;
	int err;
	const char *after;
};

static void mprotect_splits_merges_and_moves_borders(void **state)
{
	enum { R = PROT_READ, W = PROT_READ | PROT_WRITE, X = PROT_READ | PROT_EXEC };
	static const struct protection p[] = {
		{ "wwwwww",     2, 4, R, 0, "ww|rr|ww" },
		{ "wwwwww",     0, 2, R, 0, "rr|wwww" },
		{ "wwwwww",     4, 6, R, 0, "wwww|rr" },
		{ "wwwwww",     0, 6, R, 0, "rrrrrr" },
		{ "rr|wwww",    2, 4, R, 0, "rrrr|ww" },
		{ "wwww|rr",    2, 4, R, 0, "ww|rrrr" },
		{ "rr|ww|rr",   2, 4, R, 0, "rrrrrr" },
		{ "rr|ww|xx",   0, 6, R, 0, "rrrrrr" },
		{ "rr|ww|xx",   1, 5, X, 0, "r|xxxxx" },
		{ "ww|xx",      1, 3, 0, 0, "w|--|x" },
		{ "ww.ww",      0, 5, R, -ENOMEM, "rr.ww" },
		{ ".ww",        0, 3, R, -ENOMEM, ".ww" },
		{ "WWWW",       1, 2, R, 0, "W|R|WW" },
		{ "W|R|WW",     1, 2, W, 0, "WWWW" },
		{ "SSSS",       1, 3, R, 0, "S|TT|S" },
		{ "wwww",       1, 3, W, 0, "wwww" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		given(mm, p[i].before);
		expect_picture(mm, p[i].before);
		assert_int_equal(mm_mprotect(mm, at(p[i].start),
					     (p[i].end - p[i].start) * PAGE, p[i].prot), p[i].err);
		expect_picture(mm, p[i].after);
	}
}

static void mmap_joins_its_neighbours_when_they_agree(void **state)
{
	given(mm, "ww.ww");
	map_char(mm, 'w', at(2), PAGE);
	expect_picture(mm, "wwwww");
	given(mm, "ww.rr");
	map_char(mm, 'w', at(2), PAGE);
	expect_picture(mm, "www|rr");
	given(mm, "rr.ww");
	map_char(mm, 'w', at(2), PAGE);
	expect_picture(mm, "rr|www");
	given(mm, "RR.RR");
	map_char(mm, 'R', at(2), PAGE);
	expect_picture(mm, "RRRRR");
	assert_int_equal(test_file.refs, 1);
}

static void mmap_fixed_replaces_what_is_there(void **state)
{
	given(mm, "rrrr|wwww");
	map_char(mm, 'x', at(2), 4 * PAGE);
	expect_picture(mm, "rr|xxxx|ww");
	map_char(mm, 'r', at(0), 8 * PAGE);
	expect_picture(mm, "rrrrrrrr");
	map_char(mm, 'S', at(3), 2 * PAGE);
	expect_picture(mm, "rrr|SS|rrr");
}

static void file_areas_of_other_places_do_not_join(void **state)
{
	struct mmap_request rq = {
		.addr = at(2), .len = 2 * PAGE, .prot = PROT_READ, .may_flags = MAY_ALL,
		.flags = MAP_FIXED | MAP_PRIVATE, .file = &test_file, .map_file = file_map,
		.pgoff = 9,
	};

	given(mm, "RR");
	assert_int_equal(mm_mmap(mm, &rq), at(2));
	expect_picture(mm, "RR|RR");
	assert_int_equal(load(mm, at(2)), file_byte(9, 0));
}

static void madvise_and_mlock_split_as_mprotect_does(void **state)
{
	given(mm, "wwww");
	assert_int_equal(mm_madvise(mm, at(1), PAGE, MADV_DONTFORK), 0);
	expect_picture(mm, "w|w|ww");
	assert_int_equal(mm_madvise(mm, at(1), PAGE, MADV_DOFORK), 0);
	expect_picture(mm, "wwww");
	assert_int_equal(mm_mlock(mm, at(2) + 5, 1, false), 0);
	expect_picture(mm, "ww|A|w");
	assert_int_equal(mm->locked_vm, 1);
	assert_int_equal(mm_munlock(mm, at(0), 4 * PAGE), 0);
	expect_picture(mm, "wwww");
	assert_int_equal(mm->locked_vm, 0);
}

static void too_many_areas_are_refused_and_nothing_changes(void **state)
{
	unsigned int limit = sysctl_max_map_count;

	given(mm, "wwwwww");
	sysctl_max_map_count = 2;
	assert_int_equal(mm_munmap(mm, at(1), PAGE), 0);
	assert_int_equal(mm_munmap(mm, at(3), PAGE), -ENOMEM);
	assert_int_equal(mm_mprotect(mm, at(3), PAGE, PROT_READ), -ENOMEM);
	expect_picture(mm, "w.wwww");
	sysctl_max_map_count = limit;
}

static void sealed_areas_stay(void **state)
{
	given(mm, "ww|rr|ww");
	vma_lookup(mm, at(2))->vm_flags |= VM_SEALED;
	assert_int_equal(mm_munmap(mm, at(0), 6 * PAGE), -EPERM);
	assert_int_equal(mm_mprotect(mm, at(1), 2 * PAGE, PROT_EXEC), -EPERM);
	assert_int_equal(mm_mremap(mm, at(2), 2 * PAGE, PAGE, 0, 0), -EPERM);
	expect_picture(mm, "ww|rr|ww");
	vma_lookup(mm, at(2))->vm_flags &= ~VM_SEALED;
}

/* ---- against a model: one flag word a page ---- */

enum { MODEL_PAGES = PICTURE_MAX };

static char model[MODEL_PAGES];         /* a picture without borders */

static void compare_with_model(void)
{
	struct vm_area_struct *v = mm->mmap;

	for (unsigned int i = 0; i < MODEL_PAGES; i++) {
		struct vm_area_struct *found = vma_lookup(mm, at(i));

		assert_int_equal(found ? area_char(found) : '.', model[i]);
		if (found && found->vm_mapping)
			assert_int_equal(vma_pgoff(found, at(i)), i);
	}
	for (; v && v->vm_next; v = v->vm_next)
		assert_true(v->vm_end < v->vm_next->vm_start || v->vm_flags != v->vm_next->vm_flags ||
			    v->vm_mapping != v->vm_next->vm_mapping);
}

/* The lowest page of the highest hole of @len pages, or -1. */
static int model_gap(unsigned int len)
{
	for (int i = MODEL_PAGES - (int)len; i >= 0; i--) {
		unsigned int n = 0;

		while (n < len && model[i + n] == '.')
			n++;
		if (n == len)
			return i;
	}
	return -1;
}

static vaddr_t find_gap(size_t len)
{
	struct vma_gap place;
	vaddr_t gap;

	down_read(&mm->lock);
	gap = vma_find_gap(mm, len, BASE, at(MODEL_PAGES), &place);
	up_read(&mm->lock);
	return gap;
}

/* What page @p of the model is drawn as with the protection number @prot. */
static char reprotected(unsigned int p, unsigned int prot)
{
	if (strchr("RWXN", model[p]))
		return "RWXN"[prot];
	if (strchr("STUV", model[p]))
		return "TSUV"[prot];
	return "rwx-"[prot];
}

static void any_sequence_of_edits_agrees_with_the_model(void **state)
{
	static const char kinds[] = "rwx-RWST";
	static const unsigned int prots[] = { PROT_READ, PROT_READ | PROT_WRITE,
					      PROT_READ | PROT_EXEC, PROT_NONE };

	memset(model, '.', sizeof(model));
	for (int round = 0; round < 20000; round++) {
		unsigned int start = harness_below(MODEL_PAGES), i;
		unsigned int len = 1 + harness_below(min(MODEL_PAGES - start, 12U));
		char c;

		switch (harness_below(4)) {
		case 0:
			assert_int_equal(mm_munmap(mm, at(start), len * PAGE), 0);
			memset(model + start, '.', len);
			break;
		case 1:
			c = kinds[harness_below(sizeof(kinds) - 1)];
			map_char(mm, c, at(start), len * PAGE);
			memset(model + start, c, len);
			break;
		case 2:
			i = harness_below(4);
			mm_mprotect(mm, at(start), len * PAGE, prots[i]);
			for (unsigned int p = start; p < start + len && model[p] != '.'; p++)
				model[p] = reprotected(p, i);
			break;
		case 3: {
			vaddr_t gap = find_gap(len * PAGE);
			int want = model_gap(len);

			assert_int_equal(gap, want < 0 ? 0 : at(want));
			break;
		}
		}
		compare_with_model();
		if (!(round % 64))
			vma_check(mm);
	}
}

static bool is_there(vaddr_t addr)
{
	return vma_lookup(mm, addr);
}

static void thousands_of_areas_are_found_in_any_order(void **state)
{
	random_areas(mm, 20000, is_there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(munmap_cuts_what_it_names_and_nothing_else),
		T(munmap_gives_each_file_piece_its_page_of_the_file),
		T(mprotect_splits_merges_and_moves_borders),
		T(mmap_joins_its_neighbours_when_they_agree),
		T(mmap_fixed_replaces_what_is_there),
		T(file_areas_of_other_places_do_not_join),
		T(madvise_and_mlock_split_as_mprotect_does),
		T(too_many_areas_are_refused_and_nothing_changes),
		T(sealed_areas_stay),
		T(any_sequence_of_edits_agrees_with_the_model),
		T(thousands_of_areas_are_found_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
