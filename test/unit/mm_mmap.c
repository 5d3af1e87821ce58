// SPDX-License-Identifier: MIT
/*
 * The calls of the mmap family: where things go, what is refused and with which
 * error, and what is left when memory runs out in the middle.
 */
#include "harness.h"
#include "mm_space.h"

static struct mm_struct *mm;

enum { ANON = MAP_PRIVATE | MAP_ANONYMOUS, RW = PROT_READ | PROT_WRITE };

static int setup(void **state)
{
	mm = space_new();
	return 0;
}

static int teardown(void **state)
{
	sysctl_overcommit_memory = 0;
	space_end(mm);
	return 0;
}

/* ---- mmap ---- */

static void bad_requests_get_linuxs_errors(void **state)
{
	struct mmap_request rq = { .len = PAGE, .prot = RW, .flags = MAP_PRIVATE, .pgoff = ~0UL,
				   .may_flags = MAY_ALL, .file = &test_file, .map_file = file_map };

	assert_int_equal(map_at(mm, 0, 0, RW, ANON), -EINVAL);
	assert_int_equal(map_at(mm, 0, ~0UL, RW, ANON), -ENOMEM);
	assert_int_equal(map_at(mm, 0, USER_END, RW, ANON), -ENOMEM);
	assert_int_equal(map_at(mm, 0, PAGE, RW, MAP_ANONYMOUS), -EINVAL);
	assert_int_equal(map_at(mm, 0, PAGE, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE), -EINVAL);
	assert_int_equal(map_at(mm, BASE + 1, PAGE, RW, ANON | MAP_FIXED), -EINVAL);
	assert_int_equal(map_at(mm, USER_END, PAGE, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(map_at(mm, USER_END - PAGE, 2 * PAGE, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(map_at(mm, 0, PAGE, RW, ANON | MAP_FIXED), -EPERM);
	assert_int_equal(map_at(mm, BASE, PAGE, RW,
				MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN), -EINVAL);
	assert_int_equal(mm_mmap(mm, &rq), -EOVERFLOW);
	assert_int_equal(mm->map_count, 0);
}

static void low_addresses_are_for_the_privileged(void **state)
{
	struct mmap_request rq = { .addr = 0, .len = PAGE, .prot = RW, .flags = ANON | MAP_FIXED,
				   .may_flags = MAY_ALL, .may_map_low = true };

	assert_int_equal(mm_mmap(mm, &rq), 0);
	store(mm, 5, 1);
	assert_int_equal(load(mm, 5), 1);
	assert_int_equal(mm_munmap(mm, 0, PAGE), 0);
}

static void new_areas_go_from_the_top_down(void **state)
{
	long a = map_at(mm, 0, 3 * PAGE, RW, ANON);
	long b = map_at(mm, 0, 5 * PAGE, PROT_READ, ANON);

	assert_int_equal(a, mm->mmap_base - 3 * PAGE);
	assert_int_equal(b, a - 5 * PAGE);
	assert_int_equal(mm_munmap(mm, a, 2 * PAGE), 0);
	assert_int_equal(map_at(mm, 0, 2 * PAGE, PROT_EXEC, ANON), a);
	assert_int_equal(map_at(mm, 0, 3 * PAGE, RW, ANON), b - 3 * PAGE);
}

static void room_above_the_base_is_the_last_resort(void **state)
{
	long low;

	mm->mmap_base = BASE;
	sysctl_overcommit_memory = 1;
	low = map_at(mm, 0, BASE - (long)sysctl_mmap_min_addr, PROT_READ, ANON);
	assert_int_equal(low, sysctl_mmap_min_addr);
	assert_int_equal(map_at(mm, 0, 2 * PAGE, RW, ANON), USER_END - 2 * PAGE);
}

static void a_hint_is_kept_when_it_is_free(void **state)
{
	given(mm, "..rr");
	assert_int_equal(map_at(mm, at(8) + 5, PAGE, RW, ANON), at(8));
	assert_int_equal(map_at(mm, at(2), PAGE, RW, ANON), mm->mmap_base - PAGE);
	assert_int_equal(map_at(mm, at(1), 2 * PAGE, RW, ANON), mm->mmap_base - 3 * PAGE);
	assert_int_equal(map_at(mm, 1, PAGE, RW, ANON), mm->mmap_base - 4 * PAGE);
	assert_int_equal(map_at(mm, 100, PAGE, RW, ANON), mm->mmap_base - 5 * PAGE);
	assert_int_equal(map_at(mm, PAGE, PAGE, RW, ANON), sysctl_mmap_min_addr);
	mm_munmap(mm, sysctl_mmap_min_addr, PAGE);
	expect_picture(mm, "..rr....w");
}

static void noreplace_does_not_replace(void **state)
{
	given(mm, "rr.ww");
	assert_int_equal(map_at(mm, at(1), 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE), -EEXIST);
	assert_int_equal(map_at(mm, at(2), PAGE, PROT_EXEC | PROT_READ,
				ANON | MAP_FIXED_NOREPLACE), at(2));
	expect_picture(mm, "rr|x|ww");
}

static void limits_are_kept(void **state)
{
	given(mm, "wwww");
	mm->rlim_as = 8 * PAGE;
	assert_int_equal(map_at(mm, 0, 5 * PAGE, PROT_READ, ANON), -ENOMEM);
	assert_int_equal(map_at(mm, at(0), 8 * PAGE, RW, ANON | MAP_FIXED), at(0));
	mm->rlim_as = ~0UL;
	mm->rlim_data = 9 * PAGE;
	assert_int_equal(map_at(mm, 0, 2 * PAGE, RW, ANON), -ENOMEM);
	assert_int_equal(map_at(mm, 0, 2 * PAGE, PROT_READ, ANON), mm->mmap_base - 2 * PAGE);
	assert_int_equal(mm_mprotect(mm, mm->mmap_base - 2 * PAGE, 2 * PAGE, RW), -ENOMEM);
	assert_int_equal(mm_mprotect(mm, mm->mmap_base - 2 * PAGE, PAGE, RW), 0);
	mm->rlim_data = ~0UL;
	mm->rlim_memlock = 2 * PAGE;
	assert_int_equal(mm_mlock(mm, at(0), 3 * PAGE, false), -ENOMEM);
	assert_int_equal(mm_mlock(mm, at(0), 2 * PAGE, false), 0);
	assert_int_equal(mm_mlock(mm, at(0), 2 * PAGE, false), 0);
	assert_int_equal(map_at(mm, 0, PAGE, RW, ANON | MAP_LOCKED), -EAGAIN);
	mm->rlim_memlock = 0;
	assert_int_equal(mm_mlock(mm, at(0), PAGE, false), -EPERM);
	assert_int_equal(mm_mlockall(mm, MCL_CURRENT), -EPERM);
	mm->rlim_memlock = ~0UL;
}

static void overcommit_has_three_modes(void **state)
{
	size_t ram = frames_total * PAGE;

	assert_int_equal(map_at(mm, 0, ram + PAGE, RW, ANON), -ENOMEM);
	assert_false(IS_ERR_VALUE(map_at(mm, 0, ram + PAGE, PROT_READ, ANON)));
	assert_false(IS_ERR_VALUE(map_at(mm, 0, ram / 2, RW, ANON)));
	assert_false(IS_ERR_VALUE(map_at(mm, 0, ram / 2 + PAGE, RW, ANON)));
	assert_true(vm_committed() > frames_total);
	sysctl_overcommit_memory = 2;
	assert_int_equal(map_at(mm, 0, PAGE, RW, ANON), -ENOMEM);
	sysctl_overcommit_kbytes = (vm_committed() + 100) * (PAGE / KiB);
	assert_int_equal(vm_commit_limit(), vm_committed() + 100);
	assert_false(IS_ERR_VALUE(map_at(mm, 0, 50 * PAGE, RW, ANON)));
	assert_int_equal(map_at(mm, 0, 50 * PAGE, RW, ANON), -ENOMEM);
	sysctl_admin_reserve_kbytes = 48 * (PAGE / KiB);
	assert_int_equal(map_at(mm, 0, 10 * PAGE, RW, ANON), -ENOMEM);
	world_privileged = true;
	assert_false(IS_ERR_VALUE(map_at(mm, 0, 10 * PAGE, RW, ANON)));
	sysctl_user_reserve_kbytes = 30 * (PAGE / KiB);
	assert_int_equal(map_at(mm, 0, 10 * PAGE, RW, ANON), -ENOMEM);
	world_privileged = false;
	sysctl_overcommit_kbytes = sysctl_admin_reserve_kbytes = sysctl_user_reserve_kbytes = 0;
	sysctl_overcommit_memory = 1;
	assert_false(IS_ERR_VALUE(map_at(mm, 0, 100 * ram, RW, ANON)));
	sysctl_overcommit_memory = 0;
	assert_false(IS_ERR_VALUE(map_at(mm, 0, 64 * GiB, PROT_NONE, ANON | MAP_NORESERVE)));
}

static void populate_leaves_no_fault_to_take(void **state)
{
	given(mm, "");
	assert_int_equal(map_at(mm, at(0), 4 * PAGE, RW, ANON | MAP_FIXED | MAP_POPULATE), at(0));
	assert_int_equal(mm_rss(mm), 4);
	assert_int_equal(map_at(mm, at(8), 4 * PAGE, PROT_READ,
				MAP_PRIVATE | MAP_FIXED | MAP_POPULATE), at(8));
	store(mm, at(3), 1);
	load(mm, at(11));
	assert_int_equal(host_faults, 0);
	assert_int_equal(mm_madvise(mm, at(0), 4 * PAGE, MADV_DONTNEED), 0);
	assert_int_equal(mm_madvise(mm, at(0), 4 * PAGE, MADV_POPULATE_WRITE), 0);
	store(mm, at(2), 1);
	assert_int_equal(host_faults, 0);
	assert_int_equal(mm_madvise(mm, at(8), PAGE, MADV_POPULATE_WRITE), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(11), 2 * PAGE, MADV_POPULATE_READ), -ENOMEM);
}

/* ---- munmap, mprotect ---- */

static void munmap_and_mprotect_check_their_arguments(void **state)
{
	given(mm, "wwww");
	assert_int_equal(mm_munmap(mm, BASE + 1, PAGE), -EINVAL);
	assert_int_equal(mm_munmap(mm, BASE, 0), -EINVAL);
	assert_int_equal(mm_munmap(mm, USER_END, PAGE), -EINVAL);
	assert_int_equal(mm_munmap(mm, BASE, ~0UL), -EINVAL);
	assert_int_equal(mm_munmap(mm, BASE, USER_END), -EINVAL);
	assert_int_equal(mm_mprotect(mm, BASE + 1, PAGE, RW), -EINVAL);
	assert_int_equal(mm_mprotect(mm, BASE, 0, RW), 0);
	assert_int_equal(mm_mprotect(mm, BASE, ~0UL - BASE, RW), -ENOMEM);
	assert_int_equal(mm_mprotect(mm, BASE, PAGE, 0x40), -EINVAL);
	assert_int_equal(mm_mprotect(mm, BASE, PAGE, RW | PROT_GROWSDOWN), -EINVAL);
	assert_int_equal(mm_mprotect(mm, BASE, PAGE, RW | PROT_GROWSUP), -EINVAL);
	assert_int_equal(mm_mprotect(mm, BASE, PAGE, PROT_GROWSUP | PROT_GROWSDOWN), -EINVAL);
	assert_int_equal(mm_munmap(mm, BASE, 3 * PAGE + 1), 0);
	expect_picture(mm, "");
}

static void what_may_not_be_written_stays_so(void **state)
{
	struct mmap_request rq = {
		.addr = at(0), .len = 2 * PAGE, .prot = PROT_READ, .flags = MAP_SHARED | MAP_FIXED,
		.may_flags = VM_MAYREAD | VM_MAYEXEC, .file = &test_file, .map_file = file_map,
	};

	given(mm, "");
	assert_int_equal(mm_mmap(mm, &rq), at(0));
	assert_int_equal(mm_mprotect(mm, at(0), PAGE, RW), -EACCES);
	assert_int_equal(mm_mprotect(mm, at(0), PAGE, PROT_READ | PROT_EXEC), 0);
	assert_true(vma_lookup(mm, at(0))->vm_flags & VM_MAYSHARE);
}

static void grows_down_reaches_the_start_of_the_area(void **state)
{
	assert_int_equal(map_at(mm, at(0), 4 * PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN), at(0));
	assert_int_equal(mm_mprotect(mm, at(2), PAGE, PROT_READ | PROT_GROWSDOWN), 0);
	expect_picture(mm, "rrr|w");
}

/* ---- brk ---- */

static void the_heap_grows_and_shrinks(void **state)
{
	mm->start_brk = mm->brk = BASE + 100;
	assert_int_equal(mm_brk(mm, 0), BASE + 100);
	assert_int_equal(mm_brk(mm, at(3)), at(3));
	expect_picture(mm, ".ww");
	store(mm, at(2), 1);
	assert_string_equal(vma_name(vma_lookup(mm, at(2))), "[heap]");
	assert_int_equal(mm_brk(mm, at(5) + 1), at(5) + 1);
	expect_picture(mm, ".wwwww");
	assert_int_equal(mm_brk(mm, at(2)), at(2));
	expect_picture(mm, ".w");
	assert_int_equal(mm_brk(mm, at(3)), at(3));
	assert_int_equal(load(mm, at(2)), 0);
	assert_int_equal(mm_brk(mm, BASE + 99), at(3));
	map_char(mm, 'r', at(6), PAGE);
	assert_int_equal(mm_brk(mm, at(6)), at(3));     /* a page must stay free */
	assert_int_equal(mm_brk(mm, at(5)), at(5));
	mm->rlim_data = 4 * PAGE - 100;
	assert_int_equal(mm_brk(mm, at(4)), at(4));
	assert_int_equal(mm_brk(mm, at(4) + 1), at(4));
	assert_int_equal(mm_brk(mm, ~0UL), at(4));
	expect_picture(mm, ".www..r");
}

/* ---- mremap ---- */

static void mremap_checks_its_arguments(void **state)
{
	given(mm, "ww|rr|SS");
	assert_int_equal(mm_mremap(mm, at(0) + 1, PAGE, PAGE, 0, 0), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), PAGE, 0, 0, 0), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), PAGE, PAGE, 8, 0), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), PAGE, PAGE, MREMAP_FIXED, at(9)), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), PAGE, 2 * PAGE,
				   MREMAP_DONTUNMAP | MREMAP_MAYMOVE, 0), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), PAGE, PAGE,
				   MREMAP_FIXED | MREMAP_MAYMOVE, at(9) + 1), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), 2 * PAGE, 2 * PAGE,
				   MREMAP_FIXED | MREMAP_MAYMOVE, at(1)), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), PAGE, PAGE,
				   MREMAP_FIXED | MREMAP_MAYMOVE, USER_END), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(9), PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0), -EFAULT);
	assert_int_equal(mm_mremap(mm, at(0), 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0), -EFAULT);
	assert_int_equal(mm_mremap(mm, at(0), 0, 2 * PAGE, MREMAP_MAYMOVE, 0), -EINVAL);
	assert_int_equal(mm_mremap(mm, at(0), 2 * PAGE, 3 * PAGE, 0, 0), -ENOMEM);
	expect_picture(mm, "ww|rr|SS");
}

static void mremap_shrinks_and_grows_in_place(void **state)
{
	given(mm, "wwww....rr");
	store(mm, at(1), 1);
	assert_int_equal(mm_mremap(mm, at(0), 4 * PAGE, 2 * PAGE, 0, 0), at(0));
	expect_picture(mm, "ww......rr");
	assert_int_equal(mm_mremap(mm, at(0), 2 * PAGE, 8 * PAGE, 0, 0), at(0));
	expect_picture(mm, "wwwwwwww|rr");
	assert_int_equal(load(mm, at(1)), 1);
	assert_int_equal(load(mm, at(7)), 0);
	assert_int_equal(mm_mremap(mm, at(0), 8 * PAGE, 9 * PAGE, 0, 0), -ENOMEM);
}

static void mremap_moves_the_bytes(void **state)
{
	long to;

	given(mm, "wwwwww|rr");
	for (unsigned int i = 0; i < 6; i++)
		store(mm, at(i), i + 1);
	assert_int_equal(mm_mremap(mm, at(2), 2 * PAGE, 2 * PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, at(10)), at(10));
	expect_picture(mm, "ww..ww|rr..ww");
	assert_int_equal(load(mm, at(10)), 3);
	assert_int_equal(load(mm, at(11)), 4);
	to = mm_mremap(mm, at(4), 2 * PAGE, 5 * PAGE, MREMAP_MAYMOVE, 0);
	assert_int_equal(to, mm->mmap_base - 5 * PAGE);
	assert_int_equal(load(mm, to + PAGE), 6);
	assert_int_equal(load(mm, to + 4 * PAGE), 0);
	expect_picture(mm, "ww....rr..ww");
	assert_int_equal(mm_munmap(mm, to, 5 * PAGE), 0);
}

static void mremap_of_files_and_shared_memory(void **state)
{
	given(mm, "SSSS|RRRR");
	store(mm, at(1), 9);
	load(mm, at(5));
	assert_int_equal(mm_mremap(mm, at(1), 2 * PAGE, 3 * PAGE,
				   MREMAP_MAYMOVE | MREMAP_FIXED, at(20)), at(20));
	assert_int_equal(load(mm, at(20)), 9);
	assert_int_equal(load(mm, at(22)), file_byte(3, 0));
	expect_picture(mm, "S..S|RRRR............SSS");
	/* Length 0: a second mapping of the same pages. */
	assert_int_equal(mm_mremap(mm, at(20), 0, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(30)),
			 at(30));
	store(mm, at(30), 8);
	assert_int_equal(load(mm, at(20)), 8);
}

static void mremap_may_leave_the_old_range_empty(void **state)
{
	given(mm, "wwww");
	store(mm, at(1), 5);
	assert_int_equal(mm_mremap(mm, at(0), 4 * PAGE, 4 * PAGE,
				   MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, at(10)), at(10));
	expect_picture(mm, "wwww......wwww");
	assert_int_equal(load(mm, at(11)), 5);
	assert_int_equal(load(mm, at(1)), 0);
}

/* ---- madvise, mincore, msync, mlock ---- */

static void madvise_knows_what_linux_knows(void **state)
{
	static const int fine[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
		MADV_DONTNEED, MADV_FREE, MADV_DONTFORK, MADV_DOFORK, MADV_HUGEPAGE,
		MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK, MADV_KEEPONFORK,
		MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE };

	given(mm, "wwww|RR");
	for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
		assert_int_equal(mm_madvise(mm, at(0), 4 * PAGE, fine[i]), 0);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, 5), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, 1000), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, -1), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(0) + 1, PAGE, MADV_NORMAL), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(0), ~0UL, MADV_NORMAL), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(0), 0, MADV_NORMAL), 0);
	assert_int_equal(mm_madvise(mm, at(4), PAGE, MADV_FREE), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(4), PAGE, MADV_WIPEONFORK), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(4), PAGE, MADV_REMOVE), -EACCES);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_REMOVE), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(5), 2 * PAGE, MADV_DONTNEED), -ENOMEM);
	assert_int_equal(mm_madvise(mm, at(9), PAGE, MADV_DONTNEED), -ENOMEM);
	assert_int_equal(mm_mlock(mm, at(0), PAGE, false), 0);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_DONTNEED), -EINVAL);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_DONTNEED_LOCKED), 0);
}

static void dontneed_over_a_hole_does_the_rest(void **state)
{
	given(mm, "ww.ww");
	store(mm, at(0), 1);
	store(mm, at(4), 2);
	assert_int_equal(mm_madvise(mm, at(0), 5 * PAGE, MADV_DONTNEED), -ENOMEM);
	assert_int_equal(load(mm, at(0)), 0);
	assert_int_equal(load(mm, at(4)), 0);
}

static void freed_pages_keep_what_is_written_later(void **state)
{
	given(mm, "w");
	store(mm, at(0), 1);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_FREE), 0);
	store(mm, at(0), 2);
	assert_int_equal(load(mm, at(0)), 2);
}

static void mincore_tells_what_is_there(void **state)
{
	u8 vec[8];

	given(mm, "wwww|RR...........w");
	store(mm, at(1), 1);
	load(mm, at(4));
	mm_madvise(mm, at(4), 2 * PAGE, MADV_DONTNEED);
	assert_int_equal(mm_mincore(mm, at(0), 6 * PAGE, at(17)), 0);
	assert_int_equal(copy_from_user(vec, at(17), 6), 0);
	assert_memory_equal(vec, "\0\1\0\0\1\1", 6);
	assert_int_equal(mm_mincore(mm, at(0) + 1, PAGE, at(17)), -EINVAL);
	assert_int_equal(mm_mincore(mm, at(5), 2 * PAGE, at(17)), -ENOMEM);
	assert_int_equal(mm_mincore(mm, at(0), PAGE, at(40)), -EFAULT);
	assert_int_equal(mm_mincore(mm, at(0), PAGE, ~0UL), -EFAULT);
	assert_int_equal(mm_mincore(mm, at(0), USER_END, at(17)), -ENOMEM);
}

static void msync_checks_and_reports(void **state)
{
	given(mm, "SS.SS");
	assert_int_equal(mm_msync(mm, at(0), PAGE, MS_SYNC | MS_ASYNC), -EINVAL);
	assert_int_equal(mm_msync(mm, at(0), PAGE, 8), -EINVAL);
	assert_int_equal(mm_msync(mm, at(0) + 1, PAGE, MS_SYNC), -EINVAL);
	assert_int_equal(mm_msync(mm, at(0), 0, MS_SYNC), 0);
	store(mm, at(0), 1);
	store(mm, at(3), 2);
	assert_int_equal(mm_msync(mm, at(0), 5 * PAGE, MS_SYNC), -ENOMEM);
	assert_int_equal(test_file.disk[0][0], 1);
	assert_int_equal(test_file.disk[3][0], 2);
	assert_int_equal(mm_msync(mm, at(0), 2 * PAGE, MS_ASYNC), 0);
	mm_mlock(mm, at(0), PAGE, false);
	assert_int_equal(mm_msync(mm, at(0), PAGE, MS_INVALIDATE), -EBUSY);
}

static void mlock_brings_pages_in_and_mlockall_all(void **state)
{
	given(mm, "wwww|RR|--");
	assert_int_equal(mm_mlock(mm, at(1), 2 * PAGE, false), 0);
	assert_int_equal(mm_rss(mm), 2);
	assert_int_equal(mm_mlock(mm, at(3), PAGE, true), 0);
	assert_int_equal(mm_rss(mm), 2);
	assert_int_equal(mm_mlock(mm, at(7), 2 * PAGE, false), -ENOMEM);
	assert_int_equal(mm_mlock(mm, at(8), PAGE, false), -ENOMEM);
	assert_int_equal(mm_munlockall(mm), 0);
	assert_int_equal(mm->locked_vm, 0);
	expect_picture(mm, "wwww|RR|--");
	assert_int_equal(mm_mlockall(mm, 0), -EINVAL);
	assert_int_equal(mm_mlockall(mm, MCL_ONFAULT), -EINVAL);
	assert_int_equal(mm_mlockall(mm, MCL_CURRENT | MCL_FUTURE), 0);
	assert_int_equal(mm->locked_vm, 8);
	assert_int_equal(mm_rss(mm), 6);
	map_char(mm, 'w', at(10), 2 * PAGE);
	assert_int_equal(mm_rss(mm), 8);
	assert_int_equal(mm_munlockall(mm), 0);
}

static void snapshots_of_areas_go_on_by_address(void **state)
{
	struct mm_area areas[3];
	vaddr_t addr = 0;
	unsigned int total = 0;
	int n;

	given(mm, "w|r|x|R|S|w|r");
	while ((n = mm_areas(mm, addr, areas, 3)) > 0) {
		addr = areas[n - 1].end;
		total += n;
		for (int i = 0; i < n; i++)
			mm_area_put(&areas[i]);
	}
	assert_int_equal(total, 7);
	assert_int_equal(test_file.refs, 2);
}

static void stats_tell_shared_from_private(void **state)
{
	struct mm_area_stats st = { 0 };
	struct mm_struct *child;

	given(mm, "wwww|RRRR");
	for (unsigned int i = 0; i < 3; i++)
		store(mm, at(i), 1);
	load(mm, at(4));
	child = mm_dup(mm);
	store(child, at(0), 2);
	assert_int_equal(mm_gather_stats(mm, at(0), at(8), &st), 0);
	assert_int_equal(st.rss, 7 * PAGE);
	assert_int_equal(st.anonymous, 3 * PAGE);
	assert_int_equal(st.shared_dirty, 2 * PAGE);
	assert_int_equal(st.private_dirty, PAGE);
	assert_int_equal(st.private_clean, 4 * PAGE);
	assert_int_equal(st.pss_shifted >> 12, 6 * PAGE);
	mm_put(child);
}

/* ---- memory runs out in the middle ---- */

static long failing_call;

static int one_call(void *arg)
{
	char before[2 * PICTURE_MAX + 1], after[2 * PICTURE_MAX + 1];
	long r = 0;

	given(mm, "wwwwww|rr|SSSS|RR");
	store(mm, at(2), 7);
	store(mm, at(9), 8);
	draw(mm, before);
	frames_fail = harness_fail_now;
	switch (failing_call) {
	case 0: r = mm_munmap(mm, at(1), 2 * PAGE); break;
	case 1: r = mm_mprotect(mm, at(1), 2 * PAGE, PROT_READ); break;
	case 2: r = mm_mprotect(mm, at(9), PAGE, PROT_READ); break;
	case 3: r = map_at(mm, at(1), 2 * PAGE, PROT_READ, ANON | MAP_FIXED); break;
	case 4: r = map_at(mm, at(20), 2 * PAGE, RW, MAP_SHARED | MAP_FIXED); break;
	case 5: r = mm_mremap(mm, at(1), 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE, 0); break;
	case 6: r = mm_mremap(mm, at(9), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			      at(40)); break;
	case 7: r = mm_madvise(mm, at(1), 2 * PAGE, MADV_DONTFORK); break;
	case 8: r = mm_mlock(mm, at(1), PAGE, true); break;
	case 9: r = mm_mremap(mm, at(2), PAGE, 0x300 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			      0x2000000000); break;
	case 10: r = mm_mprotect(mm, at(7), PAGE, RW); break;
	}
	frames_fail = NULL;
	vma_check(mm);
	space_quiet();
	host_tlb_check(mm);
	if (IS_ERR_VALUE(r)) {
		assert_true(r == -ENOMEM || r == -EAGAIN);
		draw(mm, after);
		assert_string_equal(before, after);
		assert_int_equal(load(mm, at(2)), 7);
		assert_int_equal(load(mm, at(9)), 8);
		r = -ENOMEM;
	} else {
		if (failing_call == 5 || failing_call == 6)     /* what moved has left nothing behind */
			assert_null(vma_lookup(mm, failing_call == 5 ? at(1) : at(9)));
		r = 0;
	}
	assert_int_equal(mm_munmap(mm, sysctl_mmap_min_addr, USER_END - sysctl_mmap_min_addr), 0);
	truncate_pages(&test_file.as, 0, -1);
	return r;
}

static void a_call_that_fails_has_changed_nothing(void **state)
{
	harness_watch("frames", world_frames_in_use);
	for (failing_call = 0; failing_call < 11; failing_call++)
		assert_true(harness_each_failure(one_call, NULL) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(bad_requests_get_linuxs_errors),
		T(low_addresses_are_for_the_privileged),
		T(new_areas_go_from_the_top_down),
		T(room_above_the_base_is_the_last_resort),
		T(a_hint_is_kept_when_it_is_free),
		T(noreplace_does_not_replace),
		T(limits_are_kept),
		T(overcommit_has_three_modes),
		T(populate_leaves_no_fault_to_take),
		T(munmap_and_mprotect_check_their_arguments),
		T(what_may_not_be_written_stays_so),
		T(grows_down_reaches_the_start_of_the_area),
		T(the_heap_grows_and_shrinks),
		T(mremap_checks_its_arguments),
		T(mremap_shrinks_and_grows_in_place),
		T(mremap_moves_the_bytes),
		T(mremap_of_files_and_shared_memory),
		T(mremap_may_leave_the_old_range_empty),
		T(madvise_knows_what_linux_knows),
		T(dontneed_over_a_hole_does_the_rest),
		T(freed_pages_keep_what_is_written_later),
		T(mincore_tells_what_is_there),
		T(msync_checks_and_reports),
		T(mlock_brings_pages_in_and_mlockall_all),
		T(snapshots_of_areas_go_on_by_address),
		T(stats_tell_shared_from_private),
		T(a_call_that_fails_has_changed_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
