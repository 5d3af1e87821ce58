// SPDX-License-Identifier: MIT
/* Which pages come back as if they had never been away. */
#include "harness.h"
#include "mm_disk.h"

#include <mm/pagecache.h>
#include <mm/workingset.h>

#define RAM     (32 * MiB)

static void arrive(pgoff_t index)
{
	struct page *page = page_alloc_locked(GFP_KERNEL);

	assert_int_equal(filemap_add(&disk.as, page, index, GFP_KERNEL), 0);
	page_set(page, PG_uptodate);
	unlock_page(page);
	put_page(page);
}

static bool active(pgoff_t index)
{
	struct page *page = filemap_find(&disk.as, index);
	bool is = page_test(page, PG_active);

	put_page(page);
	return is;
}

static void a_page_that_comes_back_soon_starts_out_active(void **state)
{
	begin(RAM, 64 * PAGE_SIZE);
	for (pgoff_t i = 0; i < 10; i++)
		arrive(i);
	assert_false(active(3));
	vmstat_add(VMSTAT_nr_active_file, 100);         /* as many would give way */
	workingset_evicted(&disk.as, 20, false, true);
	workingset_evicted(&disk.as, 21, true, true);
	arrive(20);
	arrive(21);
	arrive(22);
	assert_true(active(20) && active(21));
	assert_false(active(22));
	assert_int_equal(vmstat_read(VMSTAT_workingset_refault_file), 2);
	assert_int_equal(vmstat_read(VMSTAT_workingset_activate_file), 2);
	assert_int_equal(vmstat_read(VMSTAT_workingset_restore_file), 1);
	vmstat_add(VMSTAT_nr_active_file, -100);
	end();
}

static void one_that_was_long_away_does_not(void **state)
{
	begin(RAM, 64 * PAGE_SIZE);
	vmstat_add(VMSTAT_nr_active_file, 100);
	workingset_evicted(&disk.as, 20, true, true);
	for (pgoff_t i = 0; i < 200; i++)
		workingset_evicted(&disk.as, 1000 + i, false, true);
	arrive(20);
	assert_false(active(20));
	assert_int_equal(vmstat_read(VMSTAT_workingset_refault_file), 1);
	vmstat_add(VMSTAT_nr_active_file, -100);
	end();
}

static void one_that_nobody_used_does_not(void **state)
{
	begin(RAM, 64 * PAGE_SIZE);
	vmstat_add(VMSTAT_nr_active_file, 100);
	workingset_evicted(&disk.as, 20, false, false);
	arrive(20);
	assert_false(active(20));
	assert_int_equal(vmstat_read(VMSTAT_workingset_refault_file), 1);
	assert_int_equal(vmstat_read(VMSTAT_workingset_activate_file), 0);
	vmstat_add(VMSTAT_nr_active_file, -100);
	end();
}

static void a_note_is_good_for_one_return(void **state)
{
	begin(RAM, 64 * PAGE_SIZE);
	workingset_evicted(&disk.as, 20, false, true);
	arrive(20);
	truncate_pages(&disk.as, 0, -1);
	arrive(20);
	assert_int_equal(vmstat_read(VMSTAT_workingset_refault_file), 1);
	end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_that_comes_back_soon_starts_out_active),
		cmocka_unit_test(one_that_was_long_away_does_not),
		cmocka_unit_test(one_that_nobody_used_does_not),
		cmocka_unit_test(a_note_is_good_for_one_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
