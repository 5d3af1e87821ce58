// SPDX-License-Identifier: MIT
/*
 * Swap: what goes, what comes back, what is kept; with disks that finish late and
 * fail where they are told to.
 */
#include "harness.h"
#include "mm_space.h"
#define FAMILY_PAGES    40
#define FAMILY_LONGEST  (mmu_blocks ? 24U : 8U)
#include "mm_family.h"

#include <mm/buddy.h>
#include <mm/evict.h>
#include <mm/pageout.h>
#include <mm/shmem.h>
#include <mm/shmem_away.h>
#include <mm/swap_area.h>
#include <mm/swap_cache.h>
#include <mm/swapon.h>

/* ---- disks ---- */

#define DISK_PAGES      1024UL
#define SECTORS         (PAGE_SIZE / 512)

struct disk {
	struct swap_device dev;
	u8 bytes[DISK_PAGES * PAGE_SIZE];
	unsigned long reads, writes, requests;
	bool fail[DISK_PAGES];
	bool released;
};

struct request {
	struct disk *disk;
	struct page *page;
	unsigned long at;
	bool write;
};

static struct disk disks[2];
static struct request queue[4096];
static unsigned int head, tail;
static unsigned long fail_request;      /* the n-th from now on fails; 0: none */

static bool finish_one(void)
{
	struct request r;
	int err;

	if (head == tail)
		return false;
	r = queue[head++ % ARRAY_SIZE(queue)];
	err = r.disk->fail[r.at] || (fail_request && !--fail_request) ? -EIO : 0;
	if (r.write) {
		assert_true(page_test(r.page, PG_writeback));
		if (!err)
			memcpy(r.disk->bytes + r.at * PAGE, page_address(r.page), PAGE);
		swap_write_done(r.page, err);
	} else {
		assert_true(page_test(r.page, PG_locked) && !page_test(r.page, PG_uptodate));
		if (!err)
			memcpy(page_address(r.page), r.disk->bytes + r.at * PAGE, PAGE);
		swap_read_done(r.page, err);
	}
	return true;
}

static void finish_all(void)
{
	while (finish_one())
		;
}

static void disk_submit(struct swap_device *dev, bool write, u64 sector, struct page **pages,
			unsigned int nr)
{
	struct disk *d = container_of(dev, struct disk, dev);

	d->requests++;
	*(write ? &d->writes : &d->reads) += nr;
	for (unsigned int i = 0; i < nr; i++) {
		assert_true(tail - head < ARRAY_SIZE(queue));
		queue[tail++ % ARRAY_SIZE(queue)] = (struct request){
			d, pages[i], sector / SECTORS + i, write,
		};
	}
}

static void disk_release(struct swap_device *dev)
{
	struct disk *d = container_of(dev, struct disk, dev);

	kvfree(dev->extents);
	d->released = true;
}

static const struct swap_device_ops disk_ops = { .submit = disk_submit, .release = disk_release };

/* As mkswap leaves it: @pages, the header included; @bad pages, which end with 0. */
static void disk_make(struct disk *d, unsigned int pages, const u32 *bad, bool swapped)
{
	u32 *h = (u32 *)(d->bytes + 1024);
	unsigned int nr = 0;

	memset(d, 0, sizeof(*d));
	d->dev = (struct swap_device){ .ops = &disk_ops, .owner = d, .path = "/dev/test" };
	d->dev.nr_pages = pages;
	d->dev.nr_extents = 2;          /* the second half lies before the first */
	d->dev.extents = kvmalloc(2 * sizeof(struct swap_extent), GFP_KERNEL);
	d->dev.extents[0] = (struct swap_extent){ 0, pages / 2, (pages - pages / 2) * SECTORS };
	d->dev.extents[1] = (struct swap_extent){ pages / 2, pages - pages / 2, 0 };
	memcpy(d->bytes + PAGE - 10, "SWAPSPACE2", 10);
	h[0] = 1;
	h[1] = pages - 1;
	for (; bad && bad[nr]; nr++)
		h[128 + nr] = bad[nr];
	h[2] = nr;
	for (unsigned int i = 0; swapped && i < 128 + nr; i++)
		h[i] = __builtin_bswap32(h[i]);
}

static int disk_on(struct disk *d, unsigned int flags)
{
	return swap_on(&d->dev, d->bytes, flags);
}

/* ---- a world ---- */

static struct mm_struct *mm;
static unsigned long frames_before_swap;

static int setup(void **state)
{
	mm = space_new();
	head = tail = 0;
	fail_request = 0;
	host_idle = finish_one;
	frames_before_swap = world_frames_in_use();
	disk_make(&disks[0], DISK_PAGES, NULL, false);
	assert_int_equal(disk_on(&disks[0], 0), 0);
	return 0;
}

static void disk_off(struct disk *d)
{
	finish_all();
	assert_int_equal(swap_off(d), 0);
	assert_true(d->released);
}

static int teardown(void **state)
{
	finish_all();
	assert_int_equal(mm_munmap(mm, BASE, PICTURE_MAX * PAGE), 0);
	finish_all();
	if (swap_area_of_owner(&disks[0])) {
		assert_int_equal(swap_unused(), swap_total());
		disk_off(&disks[0]);
	}
	assert_int_equal(swap_total(), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_swapcached), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_writeback), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_inactive_anon), 0);
	assert_int_equal(swap_writing(), 0);
	space_end(mm);
	return 0;
}

/* One pass of the hand over everything. */
static struct evict pass(bool even_young)
{
	struct evict e = { .scan = 10000, .wanted = 10000, .even_young = even_young };

	evict_anon(&e);
	space_quiet();
	return e;
}

static void push_out(void)
{
	pass(true);
	finish_all();
}

static long away(struct mm_struct *m) { return atomic_long_read(&m->rss[MM_SWAPENTS]); }
static unsigned long used(void) { return swap_total() - swap_unused(); }

/* "wwww..." with byte i + 1 in page i. */
static void given_bytes(const char *picture)
{
	given(mm, picture);
	for (unsigned int i = 0; picture[i]; i++)
		store(mm, at(i), i + 1);
}

static void expect_bytes(struct mm_struct *m, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		assert_int_equal(load(m, at(i)), i + 1);
}

/* ---- out and back ---- */

static void pages_that_were_not_used_go_and_come_back_with_their_bytes(void **state)
{
	unsigned long before;

	given_bytes("wwwwwwww");
	before = frames_free();
	pass(false);
	assert_int_equal(away(mm), 0);          /* used since the hand last came by */
	pass(false);
	assert_int_equal(away(mm), 8);
	finish_all();
	assert_true(frames_free() >= before + 7);
	assert_int_equal(used(), 8);
	host_tlb_check(mm);
	expect_bytes(mm, 8);
	assert_int_equal(away(mm), 0);
	assert_int_equal(disks[0].writes, 8);
}

static void pages_written_together_lie_together_and_come_back_together(void **state)
{
	given_bytes("wwwwwwwwwwwwwwww");
	push_out();
	assert_int_equal(disks[0].writes, 16);
	assert_int_equal(disks[0].requests, 1);
	disks[0].requests = 0;
	expect_bytes(mm, 16);
	assert_int_equal(disks[0].reads, 16);
	assert_in_range(disks[0].requests, 1, 5);
}

static void a_page_that_is_only_read_is_not_written_again(void **state)
{
	given_bytes("wwww");
	push_out();
	expect_bytes(mm, 4);
	push_out();
	assert_int_equal(away(mm), 4);
	assert_int_equal(disks[0].writes, 4);
	expect_bytes(mm, 4);
	store(mm, at(2), 99);
	assert_int_equal(used(), 3);            /* the write let its slot go */
	push_out();
	assert_int_equal(disks[0].writes, 5);
	assert_int_equal(load(mm, at(2)), 99);
	assert_int_equal(load(mm, at(3)), 4);
}

static void a_slot_is_not_kept_when_swap_is_scarce(void **state)
{
	disk_off(&disks[0]);
	disk_make(&disks[0], 12, NULL, false);
	assert_int_equal(disk_on(&disks[0], 0), 0);
	given_bytes("wwwwwwww");
	push_out();
	assert_int_equal(used(), 8);
	expect_bytes(mm, 8);
	finish_all();
	assert_true(used() <= 6);
}

static void when_swap_is_full_the_rest_stays(void **state)
{
	disk_off(&disks[0]);
	disk_make(&disks[0], 6, NULL, false);
	assert_int_equal(disk_on(&disks[0], 0), 0);
	given_bytes("wwwwwwww");
	push_out();
	assert_int_equal(away(mm), 5);
	assert_int_equal(swap_unused(), 0);
	push_out();
	expect_bytes(mm, 8);
}

static void a_mapping_that_goes_gives_its_slots_back(void **state)
{
	given_bytes("wwwwwwww");
	push_out();
	assert_int_equal(mm_munmap(mm, at(0), 2 * PAGE), 0);
	assert_int_equal(used(), 6);
	mm_madvise(mm, at(2), PAGE, MADV_DONTNEED);
	mm_madvise(mm, at(3), PAGE, MADV_FREE);
	assert_int_equal(used(), 4);
	assert_int_equal(away(mm), 4);
	assert_int_equal(load(mm, at(2)), 0);
	assert_int_equal(load(mm, at(3)), 0);
}

static void a_page_freed_while_it_is_written_gives_all_back(void **state)
{
	given_bytes("wwww");
	pass(true);
	assert_int_equal(mm_munmap(mm, at(0), 4 * PAGE), 0);
	finish_all();
	assert_int_equal(used(), 0);
}

static void a_page_wanted_while_it_is_written_is_the_same_page(void **state)
{
	given_bytes("wwww");
	pass(true);
	expect_bytes(mm, 4);
	assert_int_equal(disks[0].reads, 0);
	store(mm, at(1), 77);                   /* a copy: what is being written must not change */
	finish_all();
	push_out();
	assert_int_equal(load(mm, at(0)), 1);
	assert_int_equal(load(mm, at(1)), 77);
}

static void locked_pages_stay(void **state)
{
	given(mm, "wwAAww");
	for (unsigned int i = 0; i < 6; i++)
		store(mm, at(i), i + 1);
	push_out();
	assert_int_equal(away(mm), 4);
	assert_non_null(host_peek(mm, at(2), FAULT_READ));
	assert_int_equal(mm_mlock(mm, at(0), 2 * PAGE, false), 0);
	assert_int_equal(away(mm), 2);
	push_out();
	assert_int_equal(away(mm), 2);
	expect_bytes(mm, 6);
}

static void a_page_that_somebody_holds_stays(void **state)
{
	struct user_page held;

	given_bytes("ww");
	assert_int_equal(user_page_get(mm, at(1), FAULT_WRITE, &held), 0);
	push_out();
	assert_int_equal(away(mm), 1);
	*(u8 *)held.kaddr = 50;
	user_page_put(&held);
	push_out();
	assert_int_equal(away(mm), 2);
	assert_int_equal(load(mm, at(1)), 50);
}

static void what_may_be_thrown_away_goes_without_a_write(void **state)
{
	given_bytes("wwww");
	assert_int_equal(mm_madvise(mm, at(0), 4 * PAGE, MADV_FREE), 0);
	store(mm, at(3), 40);
	push_out();
	assert_int_equal(disks[0].writes, 0);
	assert_int_equal(load(mm, at(0)), 0);
	assert_int_equal(load(mm, at(3)), 40);
	push_out();
	assert_int_equal(load(mm, at(3)), 40);
}

static void advice_to_page_out_is_taken_at_once(void **state)
{
	given(mm, "wwww|RRRR|aaaa");
	for (unsigned int i = 0; i < 12; i++)
		if (i / 4 != 1)
			store(mm, at(i), i + 1);
		else
			load(mm, at(i));
	assert_int_equal(mm_madvise(mm, at(1), 9 * PAGE, MADV_PAGEOUT), 0);
	finish_all();
	assert_int_equal(away(mm), 3);
	assert_non_null(host_peek(mm, at(0), FAULT_READ));
	assert_null(host_peek(mm, at(5), FAULT_READ));
	assert_null(filemap_find(&test_file.as, 5));
	assert_int_equal(used(), 5);
	for (unsigned int i = 0; i < 12; i++)
		assert_int_equal(load(mm, at(i)), i / 4 == 1 ? file_byte(i, 0) : i + 1);
}

/* ---- fork ---- */

static void a_page_shared_after_fork_stays_one_page(void **state)
{
	struct mm_struct *child;

	given_bytes("wwww");
	child = fork_mm(mm);
	push_out();
	assert_int_equal(away(mm) + away(child), 8);
	assert_int_equal(disks[0].writes, 4);
	expect_bytes(mm, 4);
	expect_bytes(child, 4);
	assert_ptr_equal(host_peek(mm, at(1), FAULT_READ), host_peek(child, at(1), FAULT_READ));
	store(child, at(1), 60);
	assert_int_equal(load(mm, at(1)), 2);
	push_out();
	assert_int_equal(load(child, at(1)), 60);
	expect_bytes(mm, 4);
	mm_put(child);
	assert_int_equal(used(), 4);
}

static void fork_copies_what_is_away(void **state)
{
	struct mm_struct *child;

	given_bytes("wwww");
	push_out();
	child = fork_mm(mm);
	assert_int_equal(away(child), 4);
	store(mm, at(0), 70);
	expect_bytes(child, 4);
	assert_int_equal(load(mm, at(0)), 70);
	mm_put(child);
	push_out();
	assert_int_equal(load(mm, at(0)), 70);
	assert_int_equal(load(mm, at(3)), 4);
}

static void the_last_owner_writes_in_place_and_frees_the_slot(void **state)
{
	const u8 *frame;

	given_bytes("ww");
	push_out();
	load(mm, at(0));
	frame = host_peek(mm, at(0), FAULT_READ);
	store(mm, at(0), 9);
	assert_ptr_equal(host_peek(mm, at(0), FAULT_READ), frame);
	assert_int_equal(used(), 2 - 1);
}

/* ---- shared memory ---- */

static void push_shared(unsigned int i, unsigned int n)
{
	assert_int_equal(mm_madvise(mm, at(i), n * PAGE, MADV_PAGEOUT), 0);
	finish_all();
}

static void shared_memory_goes_and_comes_back(void **state)
{
	struct address_space *as;
	struct mm_struct *child;

	given_bytes("aaaaaa");
	as = vma_lookup(mm, at(0))->vm_mapping;
	push_shared(0, 6);
	assert_int_equal(as->nr_pages, 0);
	assert_int_equal(shmem_nr_pages(as), 6);
	assert_int_equal(vmstat_read(VMSTAT_nr_shmem), 0);
	child = fork_mm(mm);
	expect_bytes(child, 6);
	store(child, at(2), 30);
	assert_int_equal(load(mm, at(2)), 30);
	mm_put(child);
	assert_int_equal(used(), 0);            /* each that is back is written again, so no slot is kept */
	expect_bytes(mm, 2);
	push_shared(0, 3);
	shmem_truncate(as, 1 * PAGE, 3 * PAGE);
	assert_int_equal(used(), 1);
	assert_int_equal(load(mm, at(2)), 0);
	assert_int_equal(load(mm, at(0)), 1);
}

static void a_part_of_a_page_that_is_away_is_cut_off(void **state)
{
	struct address_space *as;

	given(mm, "aa");
	as = vma_lookup(mm, at(0))->vm_mapping;
	store(mm, at(0) + 10, 1);
	store(mm, at(0) + 20, 2);
	push_shared(0, 2);
	shmem_truncate(as, 15, 2 * PAGE);
	assert_int_equal(load(mm, at(0) + 10), 1);
	assert_int_equal(load(mm, at(0) + 20), 0);
}

/* ---- disks that fail ---- */

static void who_needs_what_cannot_be_read_gets_a_bus_error_and_nobody_else(void **state)
{
	struct mm_struct *child;
	unsigned long slot;

	given_bytes("wwwwwwww");
	push_out();
	for (slot = 1; disks[0].bytes[(slot + DISK_PAGES / 2) % DISK_PAGES * PAGE] != 3; slot++)
		;
	disks[0].fail[(slot + DISK_PAGES / 2) % DISK_PAGES] = true;
	child = fork_mm(mm);
	for (unsigned int i = 0; i < 8; i++)
		if (i == 2)
			assert_int_equal(try_read(mm, at(i)), FAULT_BUS);
		else
			assert_int_equal(load(mm, at(i)), i + 1);
	assert_int_equal(try_write(child, at(2), 1), FAULT_BUS);
	assert_int_equal(load(child, at(7)), 8);
	disks[0].fail[(slot + DISK_PAGES / 2) % DISK_PAGES] = false;
	assert_int_equal(load(child, at(2)), 3);        /* it was only for a time */
	mm_put(child);
	assert_int_equal(mm_munmap(mm, at(0), 8 * PAGE), 0);
	assert_int_equal(swap_total(), DISK_PAGES - 2); /* but the slot is not used again */
}

static void what_cannot_be_written_stays_in_memory(void **state)
{
	given_bytes("wwww");
	for (unsigned int i = 0; i < DISK_PAGES; i++)
		disks[0].fail[i] = true;
	push_out();
	expect_bytes(mm, 4);
	assert_int_equal(disks[0].reads, 0);
	memset(disks[0].fail, 0, sizeof(disks[0].fail));
	store(mm, at(0), 1);
	push_out();
	expect_bytes(mm, 4);
}

/* ---- areas ---- */

static void bad_pages_are_never_given_out(void **state)
{
	static const u32 bad[] = { 2, 3, 9, 0 };

	disk_off(&disks[0]);
	for (int swapped = 0; swapped < 2; swapped++) {
		disk_make(&disks[0], 12, bad, swapped);
		assert_int_equal(disk_on(&disks[0], 0), 0);
		assert_int_equal(swap_total(), 8);
		for (unsigned int i = 0; bad[i]; i++)
			disks[0].fail[(bad[i] + 6) % 12] = true;
		given_bytes("wwwwwwwwww");
		push_out();
		assert_int_equal(away(mm), 8);
		expect_bytes(mm, 10);
		assert_int_equal(mm_munmap(mm, at(0), 10 * PAGE), 0);
		disk_off(&disks[0]);
	}
}

static void a_header_that_lies_is_refused(void **state)
{
	static const u32 beyond[] = { 4, 12, 0 };
	struct disk *d = &disks[1];
	u32 *h = (u32 *)(d->bytes + 1024);

	disk_make(d, 12, NULL, false);
	d->bytes[PAGE - 1] = '1';
	assert_int_equal(disk_on(d, 0), -EINVAL);
	d->bytes[PAGE - 1] = '2';
	h[0] = 2;
	assert_int_equal(disk_on(d, 0), -EINVAL);
	h[0] = 1;
	h[1] = 12;
	assert_int_equal(disk_on(d, 0), -EINVAL);
	h[1] = 0;
	assert_int_equal(disk_on(d, 0), -EINVAL);
	h[1] = 11;
	h[2] = 638;
	assert_int_equal(disk_on(d, 0), -EINVAL);
	kvfree(d->dev.extents);
	disk_make(d, 12, beyond, false);
	assert_int_equal(disk_on(d, 0), -EINVAL);
	kvfree(d->dev.extents);
	assert_int_equal(swap_total(), DISK_PAGES - 1);
}

static void the_better_area_is_filled_first_and_equal_ones_take_turns(void **state)
{
	given_bytes("wwwwwwww");
	disk_make(&disks[1], 5, NULL, false);
	assert_int_equal(disk_on(&disks[1], SWAP_FLAG_PREFER | 7), 0);
	push_out();
	assert_int_equal(disks[1].writes, 4);
	assert_int_equal(disks[0].writes, 0);
	push_out();
	assert_int_equal(disks[0].writes, 4);
	expect_bytes(mm, 8);
	disk_off(&disks[1]);
	assert_int_equal(mm_munmap(mm, at(0), 8 * PAGE), 0);

	disk_off(&disks[0]);
	disk_make(&disks[0], DISK_PAGES, NULL, false);
	disk_make(&disks[1], DISK_PAGES, NULL, false);
	assert_int_equal(disk_on(&disks[0], SWAP_FLAG_PREFER | 3), 0);
	assert_int_equal(disk_on(&disks[1], SWAP_FLAG_PREFER | 3), 0);
	given_bytes("wwww");
	push_out();
	assert_int_equal(disks[0].writes + disks[1].writes, 4);
	given(mm, "....wwww");
	for (unsigned int i = 4; i < 8; i++)
		store(mm, at(i), 1);
	push_out();
	assert_int_equal(disks[0].writes, 4);
	assert_int_equal(disks[1].writes, 4);
	disk_off(&disks[1]);
}

static void swapoff_brings_everything_back(void **state)
{
	struct mm_struct *child;

	given_bytes("wwwwaaaa");
	child = fork_mm(mm);
	push_out();
	push_shared(4, 4);
	assert_true(used() >= 7);
	disk_off(&disks[0]);
	assert_int_equal(away(mm) + away(child), 0);
	assert_int_equal(vmstat_read(VMSTAT_nr_swapcached), 0);
	push_out();
	expect_bytes(mm, 8);
	expect_bytes(child, 8);
	store(child, at(0), 9);
	assert_int_equal(load(mm, at(0)), 1);
	mm_put(child);
}

static void swapoff_that_cannot_read_leaves_all_as_it_was(void **state)
{
	given_bytes("wwww");
	push_out();
	for (unsigned int i = 0; i < DISK_PAGES; i++)
		disks[0].fail[i] = true;
	assert_int_equal(swap_off(&disks[0]), -EIO);
	memset(disks[0].fail, 0, sizeof(disks[0].fail));
	expect_bytes(mm, 4);
	assert_int_equal(swap_off(&disks[1]), -EINVAL);
}

static bool nearly_none_left(void)
{
	return true;
}

static void swapoff_without_memory_leaves_all_as_it_was(void **state)
{
	given_bytes("wwww");
	push_out();
	frames_fail = nearly_none_left;
	assert_int_equal(swap_off(&disks[0]), -ENOMEM);
	frames_fail = NULL;
	expect_bytes(mm, 4);
	host_task0.signal = true;
	push_out();
	assert_int_equal(swap_off(&disks[0]), -EINTR);
	host_task0.signal = false;
	expect_bytes(mm, 4);
}

/* ---- each allocation, each request ---- */

static int out_and_back(void *unused)
{
	struct mm_struct *child;
	int err = 0;

	frames_fail = harness_fail_now;
	child = mm_dup(mm);
	push_out();
	mm_madvise(mm, at(8), 4 * PAGE, MADV_PAGEOUT);
	finish_all();
	for (unsigned int i = 0; i < 12; i++) {
		enum fault_result r = try_write(mm, at(i), i + 1);

		assert_true(r == FAULT_DONE || r == FAULT_OOM);
		err = r == FAULT_OOM ? -ENOMEM : err;
	}
	frames_fail = NULL;
	if (!IS_ERR(child)) {
		expect_bytes(child, 12);
		mm_put(child);
	}
	expect_bytes(mm, 12);
	finish_all();
	space_quiet();
	return err;
}

static void each_allocation_that_fails_loses_nothing(void **state)
{
	given_bytes("wwwwwwwwaaaa");
	out_and_back(NULL);
	assert_true(harness_each_failure(out_and_back, NULL) > 10);
	assert_true(harness_each_exhaustion(out_and_back, NULL) > 10);
}

/* The n-th page moved fails, for each n: what was read wrongly is there at the second try. */
static void each_request_that_fails_loses_nothing(void **state)
{
	unsigned long n, moved;

	for (n = 1;; n++) {
		struct mm_struct *child;

		given_bytes("wwwwwwwwaaaa");
		child = fork_mm(mm);
		fail_request = n;
		moved = disks[0].reads + disks[0].writes;
		push_out();
		push_shared(8, 4);
		for (int round = 0; round < 2; round++)
			for (unsigned int i = 0; i < 12; i++) {
				enum fault_result r = try_read(round ? mm : child, at(i));

				assert_true(r == FAULT_DONE || r == FAULT_BUS);
			}
		moved = disks[0].reads + disks[0].writes - moved;
		expect_bytes(mm, 12);
		expect_bytes(child, 12);
		mm_put(child);
		assert_int_equal(mm_munmap(mm, BASE, PICTURE_MAX * PAGE), 0);
		finish_all();
		assert_int_equal(used(), 0);
		if (moved < n)
			break;
	}
	fail_request = 0;
	assert_true(n > 20);
}

/* ---- at random ---- */

static void meanwhile(struct mm_struct *who)
{
	switch (harness_below(24)) {
	case 0: pass(true); break;
	case 1: pass(false); break;
	case 2: finish_all(); break;
	case 3: case 4: finish_one(); break;
	case 5: mm_madvise(who, at(harness_below(30)), 8 * PAGE, MADV_PAGEOUT); break;
	case 6:
		if (!harness_below(40)) {
			disk_off(&disks[0]);
			disk_make(&disks[0], 40 + harness_below(100), NULL, false);
			assert_int_equal(disk_on(&disks[0], 0), 0);
		}
		break;
	default: break;
	}
}

static void a_family_agrees_with_the_model_while_its_pages_go_and_come(void **state)
{
	mm = family_walk(mm, 40000, meanwhile);
	assert_true(vmstat_read(VMSTAT_pswpout) > 500);
}

static void the_same_where_only_the_fault_sets_accessed_and_dirty(void **state)
{
	mmu_software_ad = true;
	mm = family_walk(mm, 20000, meanwhile);
}

static void the_same_in_blocks_of_64_kib(void **state)
{
	mmu_blocks = true;
	mm = family_walk(mm, 40000, meanwhile);
	assert_true(vmstat_read(VMSTAT_napot_fault_alloc) > 10);
	assert_true(vmstat_read(VMSTAT_pswpout) > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(pages_that_were_not_used_go_and_come_back_with_their_bytes),
		T(pages_written_together_lie_together_and_come_back_together),
		T(a_page_that_is_only_read_is_not_written_again),
		T(a_slot_is_not_kept_when_swap_is_scarce),
		T(when_swap_is_full_the_rest_stays),
		T(a_mapping_that_goes_gives_its_slots_back),
		T(a_page_freed_while_it_is_written_gives_all_back),
		T(a_page_wanted_while_it_is_written_is_the_same_page),
		T(locked_pages_stay),
		T(a_page_that_somebody_holds_stays),
		T(what_may_be_thrown_away_goes_without_a_write),
		T(advice_to_page_out_is_taken_at_once),
		T(a_page_shared_after_fork_stays_one_page),
		T(fork_copies_what_is_away),
		T(the_last_owner_writes_in_place_and_frees_the_slot),
		T(shared_memory_goes_and_comes_back),
		T(a_part_of_a_page_that_is_away_is_cut_off),
		T(who_needs_what_cannot_be_read_gets_a_bus_error_and_nobody_else),
		T(what_cannot_be_written_stays_in_memory),
		T(bad_pages_are_never_given_out),
		T(a_header_that_lies_is_refused),
		T(the_better_area_is_filled_first_and_equal_ones_take_turns),
		T(swapoff_brings_everything_back),
		T(swapoff_that_cannot_read_leaves_all_as_it_was),
		T(swapoff_without_memory_leaves_all_as_it_was),
		T(each_allocation_that_fails_loses_nothing),
		T(each_request_that_fails_loses_nothing),
		T(a_family_agrees_with_the_model_while_its_pages_go_and_come),
		T(the_same_where_only_the_fault_sets_accessed_and_dirty),
		T(the_same_in_blocks_of_64_kib),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
