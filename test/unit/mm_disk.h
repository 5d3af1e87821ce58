// SPDX-License-Identifier: MIT
/*
 * One file on a simulated disk, and a model of what it holds: a plain array of
 * bytes.  The disk finishes requests late, in order, and with an error where it is
 * told to.
 *
 * Included once by a program, after harness.h.
 */
#ifndef TEST_MM_DISK_H
#define TEST_MM_DISK_H

#include <arch/host.h>
#include <lib/err.h>
#include <mm/address_space.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/iov.h>
#include <mm/page.h>
#include <mm/reclaim.h>
#include <mm/workingset.h>
#include <mm/shmem.h>
#include <mm/vmstat.h>
#include <mm/writeback.h>

#include "mm_world.h"

#define MAX_PAGES       4096UL
#define MAX_BYTES       (MAX_PAGES * PAGE_SIZE)
#define QUEUE           8192

/* ---- the disk ---- */

struct request {
	struct page *page;
	bool write;
};

static struct {
	struct address_space as;
	u8 *bytes;
	struct request queue[QUEUE];
	unsigned int head, tail;
	bool at_once;                   /* finish requests when they are made */
	bool fail[MAX_PAGES];           /* I/O of this page fails */
	unsigned long reads, writes, read_calls;
	unsigned long inode_writes;
	long file_refs;
} disk;

static u8 model[MAX_BYTES];
static size_t model_size;

static void finish(struct request r)
{
	pgoff_t index = r.page->index;
	u8 *at = disk.bytes + index * PAGE_SIZE;

	assert_true(index < MAX_PAGES);
	if (!r.write) {
		assert_true(page_test(r.page, PG_locked) && !page_test(r.page, PG_uptodate));
		if (disk.fail[index]) {
			page_set(r.page, PG_error);
		} else {
			memcpy(page_address(r.page), at, PAGE_SIZE);
			page_set(r.page, PG_uptodate);
		}
		unlock_page(r.page);
		return;
	}
	assert_true(page_test(r.page, PG_writeback) && page_test(r.page, PG_uptodate));
	if (disk.fail[index])
		filemap_set_error(&disk.as, -EIO);
	else
		memcpy(at, page_address(r.page), PAGE_SIZE);
	page_end_writeback(r.page);
}

static bool finish_one(void)
{
	if (disk.head == disk.tail)
		return false;
	finish(disk.queue[disk.head++ % QUEUE]);
	return true;
}

static void enqueue(struct page *page, bool write)
{
	assert_true(disk.tail - disk.head < QUEUE);
	disk.queue[disk.tail++ % QUEUE] = (struct request){ page, write };
	if (disk.at_once)
		while (finish_one())
			;
}

static int disk_readpage(struct address_space *as, struct page *page)
{
	disk.reads++;
	disk.read_calls++;
	enqueue(page, false);
	return 0;
}

static void disk_readpages(struct address_space *as, struct page **pages, unsigned int nr)
{
	disk.read_calls++;
	for (unsigned int i = 0; i < nr; i++) {
		assert_true(i == 0 || pages[i]->index == pages[i - 1]->index + 1);
		disk.reads++;
		enqueue(pages[i], false);
	}
}

static int disk_writepage(struct address_space *as, struct page *page)
{
	assert_true(page_test(page, PG_locked) && page_test(page, PG_writeback));
	disk.writes++;
	unlock_page(page);
	enqueue(page, true);
	return 0;
}

static int disk_writepages(struct address_space *as, struct page **pages, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		assert_true(i == 0 || pages[i]->index > pages[i - 1]->index);
	for (unsigned int i = 0; i < nr; i++)
		disk_writepage(as, pages[i]);
	return 0;
}

static int disk_write_inode(struct address_space *as, bool wait)
{
	disk.inode_writes++;
	return 0;
}

static void disk_file_get(struct file *file)
{
	disk.file_refs++;
}

static void disk_file_put(struct file *file)
{
	disk.file_refs--;
}

static const struct address_space_operations disk_aops = {
	.readpage = disk_readpage,
	.readpages = disk_readpages,
	.writepage = disk_writepage,
	.writepages = disk_writepages,
	.write_inode = disk_write_inode,
	.file_get = disk_file_get,
	.file_put = disk_file_put,
};

/* ---- the file ---- */

static unsigned long notes;     /* pages for those of pages that were let go */

/* A file of @size bytes of noise. */
static inline void begin(size_t ram, size_t size)
{
	unsigned long all;

	world(ram, 2);
	all = frames_free();
	workingset_init();
	notes = all - frames_free();
	free(disk.bytes);
	memset(&disk, 0, sizeof(disk));
	disk.bytes = calloc(1, MAX_BYTES);
	for (size_t i = 0; i < size; i += 8)
		*(u64 *)(disk.bytes + i) = harness_random();
	memset(disk.bytes + size, 0, MAX_BYTES - size);
	memcpy(model, disk.bytes, MAX_BYTES);
	model_size = size;
	address_space_init(&disk.as, NULL, &disk_aops);
	disk.as.size = size;
	host_idle = finish_one;
}

static inline void end(void)
{
	truncate_pages(&disk.as, 0, -1);
	while (finish_one())
		;
	address_space_destroy(&disk.as);
	assert_int_equal(disk.as.nr_pages, 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_file_pages), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_dirty), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_writeback), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_inactive_file), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_active_file), 0);
	assert_int_equal(host_spinlocks_held(), 0);
	slab_shrink();
	assert_int_equal(frames_free() + slab_pages() + notes, frames_total);
}

/* @ra NULL: as by one who has just opened it. */
static inline ssize_t file_read(struct file_ra_state *ra, void *to, size_t len, loff_t pos)
{
	struct file_ra_state fresh = { 0 };
	struct iov_iter it;

	iov_iter_kernel(&it, to, len);
	return filemap_read(ra ? ra : &fresh, &it, &pos, &disk.as);
}

static inline ssize_t file_write(const void *from, size_t len, loff_t pos)
{
	struct iov_iter it;

	iov_iter_kernel(&it, (void *)from, len);
	return filemap_write(&disk.as, &it, &pos, NULL);
}

/* Read and compare; the file's end cuts. */
static inline void check_read(struct file_ra_state *ra, size_t pos, size_t len)
{
	static u8 buf[MAX_BYTES];
	size_t want = pos >= model_size ? 0 : min(len, model_size - pos);

	assert_int_equal(file_read(ra, buf, len, pos), want);
	assert_memory_equal(buf, model + pos, want);
}

static inline void do_write(size_t pos, size_t len)
{
	static u8 buf[64 * KiB];

	for (size_t i = 0; i < len; i++)
		buf[i] = harness_random();
	assert_int_equal(file_write(buf, len, pos), len);
	memcpy(model + pos, buf, len);
	model_size = max(model_size, pos + len);
	assert_int_equal(disk.as.size, model_size);
}

/*
 * As a file system does: blocks beyond the end are gone and read as zeroes; the
 * rest of the last block is left to the cache, if it is there.
 */
static inline void do_truncate(size_t size)
{
	struct page *last = filemap_find(&disk.as, size >> PAGE_SHIFT);
	size_t from = last ? ALIGN_UP(size, PAGE_SIZE) : size;

	if (last)
		put_page(last);
	disk.as.size = size;
	truncate_pages(&disk.as, size, -1);
	if (size < model_size) {
		memset(disk.bytes + from, 0, MAX_BYTES - from);
		memset(model + size, 0, MAX_BYTES - size);
	}
	model_size = size;
}

static inline int do_fsync(void)
{
	int err = filemap_write_range(&disk.as, 0, -1);
	int err2 = filemap_wait_range(&disk.as, 0, -1);

	return err ? err : err2;
}

static inline void check_disk(void)
{
	assert_memory_equal(disk.bytes, model, model_size);
}

#endif
