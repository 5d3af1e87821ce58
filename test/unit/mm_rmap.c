// SPDX-License-Identifier: MIT
/*
 * Cached pages that programs have mapped: truncate, reclaim and write-back reach
 * every PTE, translations are forgotten in time, and no byte is lost.
 */
#include "harness.h"

#include "mm_disk.h"

#include <arch/mmu.h>
#include <mm/buddy.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/vma.h>

#define RAM     (8 * MiB)
#define SHARED  MAP_SHARED
#define PRIVATE MAP_PRIVATE
#define R       PROT_READ
#define RW      (PROT_READ | PROT_WRITE)

static struct mm_struct *mms[2];

static int map_disk(struct file *file, struct vm_area_struct *vma)
{
	return vma_map_cached(vma, &disk.as, file, &file_vm_ops);
}

static void start(size_t ram, size_t size)
{
	begin(ram, size);
	mm_init();
	for (int i = 0; i < 2; i++) {
		mms[i] = mm_alloc();
		assert_non_null(mms[i]);
	}
	host_task0.thread.mm = mms[0];
}

static void finish_all(void)
{
	for (int i = 0; i < 2; i++) {
		host_tlb_check(mms[i]);
		mm_put(mms[i]);
	}
	host_task0.thread.mm = NULL;
	assert_int_equal(disk.file_refs, 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_mapped), 0);
	truncate_pages(&disk.as, 0, -1);
	while (finish_one())
		;
	address_space_destroy(&disk.as);
	assert_int_equal(vmstat_read(VMSTAT_nr_file_pages), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_anon_pages), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 0);
	assert_int_equal(host_spinlocks_held(), 0);
	assert_int_equal(host_sleeping_locks_held(), 0);
}

static vaddr_t map(struct mm_struct *mm, unsigned int prot, unsigned int flags, size_t len)
{
	struct mmap_request rq = {
		.len = len, .prot = prot, .flags = flags, .file = (struct file *)&disk,
		.may_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC, .map_file = map_disk,
	};
	long addr = mm_mmap(mm, &rq);

	assert_true(addr > 0);
	return addr;
}

/* Load @len bytes of the file through the mapping at @base, and compare. */
static void check_load(struct mm_struct *mm, vaddr_t base, size_t pos, size_t len)
{
	static u8 buf[64 * KiB];

	assert_int_equal(host_access(mm, base + pos, FAULT_READ, buf, len), FAULT_DONE);
	assert_memory_equal(buf, model + pos, len);
}

static void do_store(struct mm_struct *mm, vaddr_t base, size_t pos, size_t len)
{
	static u8 buf[64 * KiB];

	for (size_t i = 0; i < len; i++)
		buf[i] = harness_random();
	assert_int_equal(host_access(mm, base + pos, FAULT_WRITE, buf, len), FAULT_DONE);
	memcpy(model + pos, buf, len);
}

static enum fault_result touch(struct mm_struct *mm, vaddr_t va, enum fault_access access)
{
	u8 byte = 0xee;

	return host_access(mm, va, access, &byte, 1);
}

static void truncate_takes_pages_and_private_copies_away(void **state)
{
	vaddr_t shared, private;

	start(RAM, 20 * PAGE_SIZE);
	shared = map(mms[0], R, SHARED, 20 * PAGE_SIZE);
	private = map(mms[1], RW, PRIVATE, 20 * PAGE_SIZE);
	check_load(mms[0], shared, 0, 10 * PAGE_SIZE);
	check_load(mms[1], private, 0, 10 * PAGE_SIZE);
	touch(mms[1], private + 7 * PAGE_SIZE, FAULT_WRITE);
	do_truncate(5 * PAGE_SIZE + 10);
	for (int i = 6; i < 10; i++) {
		assert_null(host_peek(mms[0], shared + i * PAGE_SIZE, FAULT_READ));
		assert_null(host_peek(mms[1], private + i * PAGE_SIZE, FAULT_READ));
	}
	assert_int_equal(touch(mms[0], shared + 6 * PAGE_SIZE, FAULT_READ), FAULT_BUS);
	assert_int_equal(touch(mms[1], private + 7 * PAGE_SIZE, FAULT_READ), FAULT_BUS);
	check_load(mms[0], shared, 0, 6 * PAGE_SIZE);   /* the last page ends in zeroes */
	do_truncate(20 * PAGE_SIZE);
	check_load(mms[0], shared, 0, 20 * PAGE_SIZE - 64 * KiB / 2);
	finish_all();
}

static void a_mapped_file_larger_than_memory_is_read_again_and_again(void **state)
{
	vaddr_t at[2];

	start(4 * MiB, 12 * MiB);
	at[0] = map(mms[0], R, SHARED, 12 * MiB);
	at[1] = map(mms[1], R, PRIVATE, 12 * MiB);
	for (int round = 0; round < 2; round++)
		for (size_t pos = 0; pos < 12 * MiB; pos += 32 * KiB)
			for (int i = 0; i < 2; i++)
				check_load(mms[i], at[i], pos, 32 * KiB);
	assert_true(vmstat_read(VMSTAT_nr_mapped) < 4 * MiB / PAGE_SIZE);
	finish_all();
}

static void a_store_through_a_shared_mapping_is_written_by_sync_each_time(void **state)
{
	vaddr_t at;

	start(RAM, 10 * PAGE_SIZE);
	at = map(mms[0], RW, SHARED, 10 * PAGE_SIZE);
	for (int round = 0; round < 5; round++) {
		do_store(mms[0], at, 3 * PAGE_SIZE + 1 + round, 2 * PAGE_SIZE);
		assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 3);
		assert_non_null(host_peek(mms[0], at + 4 * PAGE_SIZE, FAULT_WRITE));
		if (round & 1)
			assert_int_equal(do_fsync(), 0);
		else
			assert_int_equal(writeback_sync_all(true), 0);
		assert_null(host_peek(mms[0], at + 4 * PAGE_SIZE, FAULT_WRITE));
		assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 0);
		assert_int_equal(disk.writes, 3 * (round + 1));
		check_disk();
		check_read(NULL, 0, 10 * PAGE_SIZE);
	}
	finish_all();
}

static void a_store_while_the_page_is_on_its_way_is_not_lost(void **state)
{
	vaddr_t at;

	start(RAM, PAGE_SIZE);
	at = map(mms[0], RW, SHARED, PAGE_SIZE);
	do_store(mms[0], at, 0, 100);
	filemap_write_range(&disk.as, 0, -1);
	while (finish_one())
		;
	do_store(mms[0], at, 50, 100);
	assert_int_equal(mm_munmap(mms[0], at, PAGE_SIZE), 0);
	assert_int_equal(do_fsync(), 0);
	check_disk();
	finish_all();
}

static void more_is_stored_through_a_mapping_than_memory_holds(void **state)
{
	vaddr_t at;

	start(4 * MiB, 12 * MiB);
	at = map(mms[0], RW, SHARED, 12 * MiB);
	for (size_t pos = 0; pos < 12 * MiB; pos += 32 * KiB)
		do_store(mms[0], at, pos, 32 * KiB);
	assert_int_equal(writeback_sync_all(true), 0);
	check_disk();
	finish_all();
}

static void locked_pages_stay(void **state)
{
	struct file_ra_state ra = { 0 };
	vaddr_t at;

	start(4 * MiB, 12 * MiB);
	mms[0]->rlim_memlock = ~0UL;
	at = map(mms[0], R, SHARED, 64 * PAGE_SIZE);
	assert_int_equal(mm_mlock(mms[0], at, 16 * PAGE_SIZE, false), 0);
	drop_caches(3);
	for (size_t pos = MiB; pos < 12 * MiB; pos += 64 * KiB)
		check_read(&ra, pos, 64 * KiB);
	for (int i = 0; i < 3; i++)
		reclaim_pages(4 * MiB, GFP_KERNEL);
	for (int i = 0; i < 16; i++)
		assert_non_null(host_peek(mms[0], at + i * PAGE_SIZE, FAULT_READ));
	finish_all();
}

static void what_is_stored_behind_the_end_stays_there(void **state)
{
	vaddr_t at;

	start(RAM, 2 * PAGE_SIZE + 100);
	at = map(mms[0], RW, SHARED, 4 * PAGE_SIZE);
	assert_int_equal(touch(mms[0], at + 2 * PAGE_SIZE + 200, FAULT_WRITE), FAULT_DONE);
	assert_int_equal(touch(mms[0], at + 3 * PAGE_SIZE, FAULT_WRITE), FAULT_BUS);
	assert_int_equal(do_fsync(), 0);
	assert_int_equal(disk.bytes[2 * PAGE_SIZE + 200], 0);
	assert_int_equal(touch(mms[0], at + 2 * PAGE_SIZE + 300, FAULT_WRITE), FAULT_DONE);
	do_truncate(4 * PAGE_SIZE);
	assert_int_equal(do_fsync(), 0);
	assert_int_equal(disk.bytes[2 * PAGE_SIZE + 200], 0);
	finish_all();
}

/* Two programs that map the file, a third that reads and writes it; sync and truncate between. */
static void mappings_and_the_file_always_agree(void **state)
{
	enum { FILE_PAGES = 60, FILE_MAX = FILE_PAGES * PAGE_SIZE };
	vaddr_t at[2];

	start(RAM, FILE_MAX);
	for (int i = 0; i < 2; i++)
		at[i] = map(mms[i], RW, SHARED, FILE_MAX);
	for (int round = 0; round < 5000; round++) {
		size_t pos = harness_below(FILE_MAX), len = harness_below(9000);
		unsigned int who = harness_below(2);

		disk.at_once = harness_below(2);
		host_run_as(&host_task0, harness_below(2));
		len = min(len, FILE_MAX - pos);
		switch (harness_below(9)) {
		case 0: case 1:
			if (pos + len <= ALIGN_UP(model_size, PAGE_SIZE))
				check_load(mms[who], at[who], pos, len);
			break;
		case 2: case 3:
			if (pos + len <= model_size)
				do_store(mms[who], at[who], pos, len);
			break;
		case 4:
			check_read(NULL, pos, len);
			break;
		case 5:
			do_write(pos, len);
			break;
		case 6:
			if (harness_below(2)) {
				assert_int_equal(do_fsync(), 0);
				check_disk();
			} else {
				filemap_write_range(&disk.as, pos, pos + len);
			}
			break;
		case 7:
			if (!harness_below(6))
				do_truncate(pos);
			break;
		case 8:
			if (harness_below(4)) {
				drop_caches(1);
				break;
			}
			assert_int_equal(mm_munmap(mms[who], at[who], FILE_MAX), 0);
			at[who] = map(mms[who], RW, SHARED, FILE_MAX);
			break;
		}
		host_tlb_check(mms[who]);
		assert_int_equal(host_spinlocks_held(), 0);
	}
	assert_int_equal(writeback_sync_all(true), 0);
	check_disk();
	finish_all();
}

/* By looking at every area of both programs: how many map a page of [first, last]. */
static unsigned int mapping(pgoff_t first, pgoff_t last)
{
	unsigned int nr = 0;

	for (int i = 0; i < 2; i++)
		for (struct vm_area_struct *v = mms[i]->mmap; v; v = v->vm_next)
			nr += v->vm_pgoff <= last && v->vm_pgoff + vma_pages(v) > first;
	return nr;
}

static void areas_of_a_page_are_all_that_map_it_and_no_others(void **state)
{
	enum { FILE_PAGES = 64, FILE_MAX = FILE_PAGES * PAGE_SIZE, AREAS = 40 };
	struct { vaddr_t at; size_t len; } piece[AREAS] = { 0 };

	start(RAM, FILE_MAX);
	for (int round = 0; round < 20000; round++) {
		unsigned int i = harness_below(AREAS), n = 0;
		pgoff_t first = harness_below(FILE_PAGES), was = 0;
		pgoff_t last = min(first + harness_below(4), (pgoff_t)FILE_PAGES - 1);
		struct mm_struct *mm = mms[i & 1];
		struct vm_area_struct *v;

		if (!piece[i].len) {
			struct mmap_request rq = {
				.len = (last - first + 1) * PAGE_SIZE, .prot = RW, .flags = SHARED,
				.file = (struct file *)&disk, .map_file = map_disk, .pgoff = first,
				.may_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
			};

			piece[i].at = mm_mmap(mm, &rq);
			piece[i].len = rq.len;
		} else if (harness_below(3)) {          /* its middle, or one end: cut, split, merged */
			size_t from = harness_below(piece[i].len / PAGE_SIZE) * PAGE_SIZE;

			assert_int_equal(mm_mprotect(mm, piece[i].at + from, PAGE_SIZE,
						     harness_below(2) ? R : RW), 0);
		} else {
			assert_int_equal(mm_munmap(mm, piece[i].at, piece[i].len), 0);
			piece[i].len = 0;
		}
		if (harness_below(4))
			continue;               /* so that some come and go without being asked for */
		spin_lock(&disk.as.i_mmap_lock);
		for (v = i_mmap_first(&disk.as.i_mmap, first, last); v;
		     v = i_mmap_next(v, first, last), n++) {
			assert_true(v->vm_pgoff >= was);
			assert_true(v->vm_pgoff <= last && v->vm_pgoff + vma_pages(v) > first);
			was = v->vm_pgoff;
		}
		spin_unlock(&disk.as.i_mmap_lock);
		assert_int_equal(n, mapping(first, last));
	}
	finish_all();
}

/* One program; that two share it is fork's business (mm_fork.c). */
static void shared_anonymous_memory_is_zero_then_keeps_what_is_stored(void **state)
{
	struct mmap_request rq = {
		.len = 32 * PAGE_SIZE, .prot = RW, .flags = MAP_SHARED | MAP_ANONYMOUS,
		.may_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
	};
	vaddr_t at;

	start(RAM, 0);
	memset(model, 0, 32 * PAGE_SIZE);
	at = mm_mmap(mms[0], &rq);
	check_load(mms[0], at, 5000, 5000);
	for (int i = 0; i < 100; i++) {
		size_t pos = harness_below(32 * PAGE_SIZE - 3000);

		do_store(mms[0], at, pos, harness_below(3000));
		check_load(mms[0], at, harness_below(20000), 3000);
	}
	check_load(mms[0], at, 0, 15 * PAGE_SIZE);
	assert_true(vmstat_read(VMSTAT_nr_shmem) <= 32);
	assert_int_equal(mm_munmap(mms[0], at + 4 * PAGE_SIZE, 4 * PAGE_SIZE), 0);
	check_load(mms[0], at, 8 * PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(mm_munmap(mms[0], at, 32 * PAGE_SIZE), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_shmem), 0);
	finish_all();
}

static void what_went_unused_is_not_read_around_again_when_memory_is_short(void **state)
{
	struct page *hogs = NULL, *page;
	vaddr_t base;

	start(RAM, 64 * PAGE_SIZE);
	base = map(mms[0], R, SHARED, 64 * PAGE_SIZE);
	workingset_evicted(&disk.as, 3, false, false);
	workingset_evicted(&disk.as, 9, false, false);
	workingset_evicted(&disk.as, 12, false, true);
	workingset_evicted(&disk.as, 36, false, false);
	check_load(mms[0], base, 40 * PAGE_SIZE, 1);
	assert_int_equal(disk.reads, 16);               /* there is plenty */
	while (frames_free() > 2 * frames_high() && (page = alloc_page(GFP_KERNEL))) {
		page->mapping = (void *)hogs;
		hogs = page;
	}
	check_load(mms[0], base, 6 * PAGE_SIZE, 1);
	assert_int_equal(disk.reads, 16 + 5);           /* 4 to 8 */
	check_load(mms[0], base, 11 * PAGE_SIZE, 1);
	assert_int_equal(disk.reads, 16 + 5 + 6);       /* 10 to 15 */
	check_load(mms[0], base, 9 * PAGE_SIZE, 1);
	assert_int_equal(disk.reads, 16 + 5 + 6 + 1);
	while ((page = hogs)) {
		hogs = (void *)page->mapping;
		page->mapping = NULL;
		put_page(page);
	}
	finish_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncate_takes_pages_and_private_copies_away),
		cmocka_unit_test(a_mapped_file_larger_than_memory_is_read_again_and_again),
		cmocka_unit_test(a_store_through_a_shared_mapping_is_written_by_sync_each_time),
		cmocka_unit_test(a_store_while_the_page_is_on_its_way_is_not_lost),
		cmocka_unit_test(more_is_stored_through_a_mapping_than_memory_holds),
		cmocka_unit_test(locked_pages_stay),
		cmocka_unit_test(what_is_stored_behind_the_end_stays_there),
		cmocka_unit_test(mappings_and_the_file_always_agree),
		cmocka_unit_test(areas_of_a_page_are_all_that_map_it_and_no_others),
		cmocka_unit_test(shared_anonymous_memory_is_zero_then_keeps_what_is_stored),
		cmocka_unit_test(what_went_unused_is_not_read_around_again_when_memory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
