// SPDX-License-Identifier: MIT
/*
 * The page cache against the model and the disk of mm_disk.h: reading, writing,
 * readahead, truncation, write-back, reclaim.
 */
#include "harness.h"

#include "mm_disk.h"

#define RAM             (8 * MiB)

/* ---- reading ---- */

static void a_sequential_reader_gets_the_bytes_in_few_large_requests(void **state)
{
	struct file_ra_state ra = { 0 };

	begin(RAM, 2 * MiB + 100);
	for (size_t pos = 0; pos < 2 * MiB + 100; pos += 3000)
		check_read(&ra, pos, 3000);
	assert_int_equal(disk.reads, 513);
	assert_true(disk.read_calls <= 6 + 513 / 32 + 1);
	end();
}

static void a_reader_is_ahead_of_himself(void **state)
{
	struct file_ra_state ra = { 0 };
	struct page *page;

	begin(RAM, MiB);
	for (pgoff_t i = 0; i < 100; i++) {
		check_read(&ra, i * PAGE_SIZE, PAGE_SIZE);
		if (i < 8)
			continue;
		page = filemap_find(&disk.as, i + 1);   /* asked for already */
		assert_non_null(page);
		put_page(page);
	}
	end();
}

static void a_reader_who_jumps_reads_only_what_he_asks_for(void **state)
{
	struct file_ra_state ra = { 0 };
	unsigned long wanted = 0;

	begin(RAM, 2 * MiB);
	for (int i = 1; i <= 60; i++) {
		check_read(&ra, (i * 8 % 509) * PAGE_SIZE + 10, 100);
		wanted++;
	}
	assert_true(disk.reads <= wanted + 4);
	end();
}

static void a_large_read_is_one_request_a_window(void **state)
{
	struct file_ra_state ra = { 0 };

	begin(RAM, MiB);
	check_read(&ra, 0, MiB);
	assert_true(disk.read_calls <= 10);
	assert_int_equal(disk.reads, 256);
	end();
}

static void reading_beyond_the_end_gives_nothing(void **state)
{
	begin(RAM, 5000);
	check_read(NULL, 5000, 10);
	check_read(NULL, 4990, 100);
	check_read(NULL, MAX_BYTES - 8, 8);
	assert_int_equal(disk.reads, 1);
	end();
}

static void a_failed_read_is_eio_and_the_next_one_tries_again(void **state)
{
	struct file_ra_state ra = { 0 };
	u8 buf[3 * PAGE_SIZE];

	begin(RAM, 16 * PAGE_SIZE);
	disk.fail[2] = true;
	assert_int_equal(file_read(&ra, buf, 3 * PAGE_SIZE, 0), 2 * PAGE_SIZE);
	assert_memory_equal(buf, model, 2 * PAGE_SIZE);
	assert_int_equal(file_read(&ra, buf, PAGE_SIZE, 2 * PAGE_SIZE), -EIO);
	check_read(&ra, 3 * PAGE_SIZE, PAGE_SIZE);
	disk.fail[2] = false;
	check_read(&ra, 2 * PAGE_SIZE, PAGE_SIZE);
	end();
}

static void readahead_that_fails_is_tried_again_by_the_reader(void **state)
{
	struct file_ra_state ra = { 0 };

	begin(RAM, 16 * PAGE_SIZE);
	disk.fail[3] = true;
	check_read(&ra, 0, PAGE_SIZE);
	while (finish_one())
		;
	disk.fail[3] = false;
	check_read(&ra, PAGE_SIZE, 8 * PAGE_SIZE);
	end();
}

/* ---- writing ---- */

static void a_whole_page_is_written_without_reading_it(void **state)
{
	begin(RAM, 8 * PAGE_SIZE);
	do_write(2 * PAGE_SIZE, 2 * PAGE_SIZE);
	do_write(8 * PAGE_SIZE, 10);                    /* beyond the end */
	do_write(8 * PAGE_SIZE + 10, 10);
	assert_int_equal(disk.reads, 0);
	do_write(PAGE_SIZE + 1, 1);
	assert_int_equal(disk.reads, 1);
	check_read(NULL, 0, 9 * PAGE_SIZE);
	assert_int_equal(do_fsync(), 0);
	check_disk();
	end();
}

static void a_hole_left_by_seeking_reads_as_zeroes(void **state)
{
	begin(RAM, 100);
	do_write(5 * PAGE_SIZE + 7, 3);
	check_read(NULL, 0, MAX_BYTES);
	assert_int_equal(do_fsync(), 0);
	check_disk();
	end();
}

static void a_page_written_again_while_on_its_way_is_written_again(void **state)
{
	begin(RAM, PAGE_SIZE);
	do_write(0, 100);
	filemap_write_range(&disk.as, 0, -1);           /* started, not finished */
	do_write(50, 100);
	assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 1);
	assert_int_equal(do_fsync(), 0);
	assert_int_equal(disk.writes, 2);
	check_disk();
	assert_int_equal(do_fsync(), 0);
	assert_int_equal(disk.writes, 2);               /* clean: nothing to do */
	end();
}

static void an_error_of_writing_reaches_every_file_once(void **state)
{
	u32 mine, yours;

	begin(RAM, 4 * PAGE_SIZE);
	mine = yours = errseq_sample(&disk.as.wb_error);
	do_write(PAGE_SIZE, 10);
	disk.fail[1] = true;
	do_fsync();
	disk.fail[1] = false;
	assert_int_equal(errseq_tell(&disk.as.wb_error, &mine), -EIO);
	assert_int_equal(errseq_tell(&disk.as.wb_error, &mine), 0);
	assert_int_equal(errseq_tell(&disk.as.wb_error, &yours), -EIO);
	assert_int_equal(errseq_tell(&disk.as.wb_error, &yours), 0);
	assert_int_equal(do_fsync(), 0);
	end();
}

static void sync_writes_pages_and_inodes_and_waits(void **state)
{
	begin(RAM, 0);
	for (int i = 0; i < 100; i++)
		do_write(i * 3 * PAGE_SIZE, 10);
	writeback_mark_inode(&disk.as);
	assert_true(address_space_busy(&disk.as));
	assert_int_equal(writeback_sync_all(true), 0);
	assert_int_equal(disk.inode_writes, 1);
	assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_writeback), 0);
	assert_false(address_space_busy(&disk.as));
	check_disk();
	end();
}

static void sync_of_another_owner_leaves_the_file_alone(void **state)
{
	static int owner, other;

	begin(RAM, PAGE_SIZE);
	disk.as.wb_owner = &owner;
	do_write(0, 10);
	assert_int_equal(writeback_sync(&other, true), 0);
	assert_int_equal(disk.writes, 0);
	assert_int_equal(writeback_sync(&owner, true), 0);
	assert_int_equal(disk.writes, 1);
	check_disk();
	end();
}

static void a_file_truncated_before_its_time_is_never_written(void **state)
{
	begin(RAM, 0);
	do_write(0, 60 * KiB);
	do_truncate(0);
	assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 0);
	assert_int_equal(writeback_sync_all(true), 0);
	assert_int_equal(disk.writes, 0);
	end();
}

static void truncate_waits_for_pages_that_are_being_written(void **state)
{
	begin(RAM, 0);
	do_write(0, 10 * PAGE_SIZE);
	filemap_write_range(&disk.as, 0, -1);
	assert_int_equal(vmstat_read(VMSTAT_nr_writeback), 10);
	do_truncate(3 * PAGE_SIZE + 5);
	assert_true(vmstat_read(VMSTAT_nr_writeback) <= 4);
	do_truncate(6 * PAGE_SIZE);
	check_read(NULL, 0, 7 * PAGE_SIZE);
	end();
}

/* ---- memory ---- */

static void a_file_larger_than_memory_is_read_and_read_again(void **state)
{
	struct file_ra_state ra = { 0 };

	begin(4 * MiB, 12 * MiB);
	for (int round = 0; round < 2; round++)
		for (size_t pos = 0; pos < 12 * MiB; pos += 64 * KiB)
			check_read(&ra, pos, 64 * KiB);
	assert_true(vmstat_read(VMSTAT_pgsteal_direct) > 3000);
	end();
}

static void a_file_larger_than_memory_is_written(void **state)
{
	begin(4 * MiB, 0);
	for (size_t pos = 0; pos < 12 * MiB; pos += 50000)
		do_write(pos, 50000);
	assert_int_equal(writeback_sync_all(true), 0);
	check_disk();
	end();
}

static void writers_wait_while_too_much_is_dirty(void **state)
{
	unsigned long background, hard;

	begin(RAM, 0);
	for (size_t pos = 0; pos < 8 * MiB; pos += 64 * KiB) {
		do_write(pos, 64 * KiB);
		writeback_thresholds(&background, &hard);
		assert_true(vmstat_read(VMSTAT_nr_dirty) + vmstat_read(VMSTAT_nr_writeback) <=
			    hard + 64);
	}
	end();
}

static void drop_caches_leaves_what_is_dirty_and_nothing_else(void **state)
{
	begin(RAM, MiB);
	check_read(NULL, 0, MiB);
	do_write(0, 3 * PAGE_SIZE);
	drop_caches(1);
	assert_int_equal(disk.as.nr_pages, 3);
	assert_int_equal(do_fsync(), 0);
	drop_caches(1);
	assert_int_equal(disk.as.nr_pages, 0);
	check_read(NULL, 0, MiB);
	end();
}

static void a_page_that_is_used_twice_outlives_a_long_read(void **state)
{
	struct file_ra_state ra = { 0 };
	struct page *page;

	begin(4 * MiB, 12 * MiB);
	for (int i = 0; i < 3; i++)
		check_read(NULL, 2000 * PAGE_SIZE, 10);
	for (size_t pos = 0; pos < 1900 * PAGE_SIZE; pos += PAGE_SIZE)
		check_read(&ra, pos, PAGE_SIZE);
	page = filemap_find(&disk.as, 2000);
	assert_non_null(page);
	put_page(page);
	end();
}

static long frames_in_use(void)
{
	slab_shrink();
	return frames_total - frames_free() - slab_pages();
}

static void refill(void)
{
	for (size_t i = 0; i < MiB; i++)
		model[i] = disk.bytes[i] = i * 7;
	disk.as.size = model_size = MiB;
}

static int read_write_sync(void *unused)
{
	struct file_ra_state ra = { 0 };
	static u8 buf[20 * PAGE_SIZE];
	ssize_t n;

	frames_fail = harness_fail_now;
	n = file_read(&ra, buf, 10 * PAGE_SIZE, 3 * PAGE_SIZE);
	if (n > 0)
		assert_memory_equal(buf, model + 3 * PAGE_SIZE, n);
	if (n >= 0)
		n = file_write(model, 10 * PAGE_SIZE, 0);
	if (n >= 0)
		n = do_fsync();
	frames_fail = NULL;
	do_truncate(0);
	refill();
	return n < 0 ? (int)n : 0;
}

static void each_allocation_may_fail(void **state)
{
	begin(RAM, MiB);
	disk.at_once = true;
	harness_watch("frames", frames_in_use);
	refill();
	assert_true(harness_each_failure(read_write_sync, NULL) > 10);
	harness_each_exhaustion(read_write_sync, NULL);
	end();
}

/* ---- all of it, at random ---- */

static void any_sequence_of_operations_agrees_with_the_model(void **state)
{
	enum { FILE_MAX = 200 * PAGE_SIZE };
	struct file_ra_state ra = { 0 };

	begin(RAM, 50 * PAGE_SIZE + 123);
	for (int round = 0; round < 6000; round++) {
		size_t pos = harness_below(FILE_MAX);

		host_run_as(&host_task0, harness_below(2));
		disk.at_once = !harness_below(4);
		switch (harness_below(12)) {
		case 0: case 1: case 2:
			check_read(harness_below(2) ? &ra : NULL, pos, harness_below(20000));
			break;
		case 3: case 4: case 5:
			do_write(pos, harness_below(20000));
			break;
		case 6:
			if (!harness_below(8))
				do_truncate(harness_below(FILE_MAX));
			break;
		case 7:
			assert_int_equal(do_fsync(), 0);
			check_disk();
			break;
		case 8:
			filemap_write_range(&disk.as, pos, pos + harness_below(100000));
			break;
		case 9:
			invalidate_pages(&disk.as, pos >> PAGE_SHIFT, (pos >> PAGE_SHIFT) + 20);
			break;
		case 10:
			if (harness_below(2))
				drop_caches(1);
			else
				filemap_readahead(&disk.as, pos >> PAGE_SHIFT, harness_below(50));
			break;
		case 11:
			for (u64 n = harness_below(30); n && finish_one(); n--)
				;
			break;
		}
		assert_int_equal(host_spinlocks_held(), 0);
	}
	assert_int_equal(writeback_sync_all(true), 0);
	check_disk();
	check_read(&ra, 0, FILE_MAX + 20000);
	end();
}

static void shmem_keeps_bytes_and_holes(void **state)
{
	static u8 want[40 * PAGE_SIZE], buf[40 * PAGE_SIZE];
	struct address_space as;
	struct iov_iter it;
	loff_t pos;

	world(RAM, 1);
	memset(want, 0, sizeof(want));
	shmem_init_mapping(&as, NULL, &shmem_aops);
	for (int i = 0; i < 200; i++) {
		size_t at = harness_below(sizeof(want) - 300) & ~0x3000UL, len = harness_below(300);

		memset(want + at, i, len);
		pos = at;
		iov_iter_kernel(&it, want + at, len);
		assert_int_equal(shmem_write(&as, &it, &pos), len);
	}
	assert_true(vmstat_read(VMSTAT_nr_shmem) < 40 && vmstat_read(VMSTAT_nr_shmem) > 0);
	pos = 0;
	iov_iter_kernel(&it, buf, sizeof(buf));
	assert_int_equal(shmem_read(&as, &it, &pos), as.size);
	assert_memory_equal(buf, want, as.size);
	assert_true(vmstat_read(VMSTAT_nr_shmem) < 40);                /* reading fills no hole */
	assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 0);
	reclaim_pages(100, GFP_KERNEL);
	as.size = 5000;
	shmem_truncate(&as, 5000, -1);
	as.size = 3 * PAGE_SIZE;
	memset(want + 5000, 0, sizeof(want) - 5000);
	pos = 0;
	iov_iter_kernel(&it, buf, sizeof(buf));
	assert_int_equal(shmem_read(&as, &it, &pos), 3 * PAGE_SIZE);
	assert_memory_equal(buf, want, 3 * PAGE_SIZE);
	shmem_truncate(&as, 0, -1);
	address_space_destroy(&as);
	assert_int_equal(vmstat_read(VMSTAT_nr_shmem), 0);
	slab_shrink();
	assert_int_equal(frames_free() + slab_pages(), frames_total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sequential_reader_gets_the_bytes_in_few_large_requests),
		cmocka_unit_test(a_reader_is_ahead_of_himself),
		cmocka_unit_test(a_reader_who_jumps_reads_only_what_he_asks_for),
		cmocka_unit_test(a_large_read_is_one_request_a_window),
		cmocka_unit_test(reading_beyond_the_end_gives_nothing),
		cmocka_unit_test(a_failed_read_is_eio_and_the_next_one_tries_again),
		cmocka_unit_test(readahead_that_fails_is_tried_again_by_the_reader),
		cmocka_unit_test(a_whole_page_is_written_without_reading_it),
		cmocka_unit_test(a_hole_left_by_seeking_reads_as_zeroes),
		cmocka_unit_test(a_page_written_again_while_on_its_way_is_written_again),
		cmocka_unit_test(an_error_of_writing_reaches_every_file_once),
		cmocka_unit_test(sync_writes_pages_and_inodes_and_waits),
		cmocka_unit_test(sync_of_another_owner_leaves_the_file_alone),
		cmocka_unit_test(a_file_truncated_before_its_time_is_never_written),
		cmocka_unit_test(truncate_waits_for_pages_that_are_being_written),
		cmocka_unit_test(a_file_larger_than_memory_is_read_and_read_again),
		cmocka_unit_test(a_file_larger_than_memory_is_written),
		cmocka_unit_test(writers_wait_while_too_much_is_dirty),
		cmocka_unit_test(drop_caches_leaves_what_is_dirty_and_nothing_else),
		cmocka_unit_test(a_page_that_is_used_twice_outlives_a_long_read),
		cmocka_unit_test(each_allocation_may_fail),
		cmocka_unit_test(any_sequence_of_operations_agrees_with_the_model),
		cmocka_unit_test(shmem_keeps_bytes_and_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
