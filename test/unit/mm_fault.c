// SPDX-License-Identifier: MIT
/*
 * Faults, row by row of the table in mm/fault.c: what comes to stand in the PTE,
 * what it costs in pages, and what the program reads.
 */
#include "harness.h"
#include "mm_space.h"

#include <arch/mmu.h>
#include <mm/pagetable.h>

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

static pte_t pte_at(vaddr_t va)
{
	struct page *table;
	pte_t *p;

	down_read(&mm->lock);
	p = pt_walk(mm, va, PT_FIND, &table);
	up_read(&mm->lock);
	return p ? pte_read(p) : NO_PTE;
}

static struct page *page_at(vaddr_t va)
{
	return pfn_to_page(pte_pfn(pte_at(va)));
}

static long anon_rss(void) { return atomic_long_read(&mm->rss[MM_ANONPAGES]); }
static long file_rss(void) { return atomic_long_read(&mm->rss[MM_FILEPAGES]); }

/* ---- where nothing is ---- */

static void no_area_is_maperr(void **state)
{
	given(mm, "ww.ww");
	assert_int_equal(try_read(mm, at(2)), FAULT_MAPERR);
	assert_int_equal(try_write(mm, at(9), 1), FAULT_MAPERR);
	assert_int_equal(try_read(mm, USER_END), FAULT_MAPERR);
	assert_int_equal(try_read(mm, ~0UL), FAULT_MAPERR);
	assert_int_equal(try_read(mm, 0), FAULT_MAPERR);
}

static void the_wrong_access_is_accerr(void **state)
{
	u8 b;

	given(mm, "r|w|x|-|R|X");
	assert_int_equal(try_write(mm, at(0), 1), FAULT_ACCERR);
	assert_int_equal(host_access(mm, at(0), FAULT_EXEC, &b, 1), FAULT_ACCERR);
	assert_int_equal(host_access(mm, at(1), FAULT_EXEC, &b, 1), FAULT_ACCERR);
	assert_int_equal(host_access(mm, at(2), FAULT_EXEC, &b, 1), FAULT_DONE);
	assert_int_equal(try_write(mm, at(2), 1), FAULT_ACCERR);
	assert_int_equal(try_read(mm, at(3)), FAULT_ACCERR);
	assert_int_equal(try_write(mm, at(4), 1), FAULT_ACCERR);
	assert_int_equal(host_access(mm, at(5), FAULT_EXEC, &b, 1), FAULT_DONE);
	assert_true(mm->context.icache_flushes > 0);
}

static void write_only_reads_too_and_exec_only_does_not(void **state)
{
	u8 b;

	given(mm, "--");
	mm_mprotect(mm, at(0), PAGE, PROT_WRITE);
	mm_mprotect(mm, at(1), PAGE, PROT_EXEC);
	assert_int_equal(try_read(mm, at(0)), FAULT_DONE);
	store(mm, at(0), 3);
	assert_int_equal(load(mm, at(0)), 3);
	assert_int_equal(host_access(mm, at(1), FAULT_EXEC, &b, 1), FAULT_DONE);
	assert_int_equal(try_read(mm, at(1)), FAULT_ACCERR);
}

/* ---- anonymous ---- */

static void a_read_maps_the_one_page_of_zeroes_and_counts_nothing(void **state)
{
	given(mm, "ww");
	assert_int_equal(load(mm, at(0) + 7), 0);
	assert_int_equal(load(mm, at(1)), 0);
	assert_int_equal(pte_pfn(pte_at(at(0))), zero_pfn);
	assert_int_equal(pte_pfn(pte_at(at(1))), zero_pfn);
	assert_int_equal(anon_rss(), 0);
}

static void a_write_gets_an_own_page_of_zeroes(void **state)
{
	given(mm, "ww");
	store(mm, at(0) + 100, 42);
	assert_int_equal(load(mm, at(0) + 100), 42);
	assert_int_equal(load(mm, at(0) + 99), 0);
	assert_int_equal(anon_rss(), 1);
	assert_true(pte_dirty(pte_at(at(0))));
	assert_int_equal(host_faults, 1);
}

static void a_write_after_a_read_replaces_the_page_of_zeroes(void **state)
{
	given(mm, "ww");
	load(mm, at(0));
	store(mm, at(0), 9);
	assert_int_equal(load(mm, at(0)), 9);
	assert_int_equal(load(mm, at(1)), 0);
	assert_int_equal(anon_rss(), 1);
	assert_int_equal(*(u8 *)pa_to_virt(zero_pfn << PAGE_SHIFT), 0);
}

static void a_spurious_fault_changes_nothing(void **state)
{
	pte_t before;

	given(mm, "w");
	store(mm, at(0), 1);
	before = pte_at(at(0));
	assert_int_equal(handle_mm_fault(mm, at(0), FAULT_WRITE, NULL), FAULT_DONE);
	assert_true(pte_same(before, pte_at(at(0))));
	assert_int_equal(anon_rss(), 1);
}

static void without_hardware_bits_faults_set_accessed_and_dirty(void **state)
{
	given(mm, "w|RR");
	mmu_software_ad = true;
	store(mm, at(0), 1);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_COLD), 0);
	assert_false(pte_young(pte_at(at(0))));
	assert_int_equal(load(mm, at(0)), 1);
	assert_true(pte_young(pte_at(at(0))));
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_FREE), 0);
	assert_false(pte_dirty(pte_at(at(0))));
	store(mm, at(0), 2);
	assert_true(pte_dirty(pte_at(at(0))));
	load(mm, at(1));
	load(mm, at(2));
	mmu_software_ad = false;
}

static void a_fault_sets_accessed_and_dirty_whatever_the_hart_is_said_to_do(void **state)
{
	given(mm, "w");
	store(mm, at(0), 1);
	assert_int_equal(mm_madvise(mm, at(0), PAGE, MADV_FREE), 0);
	assert_false(pte_young(pte_at(at(0))) || pte_dirty(pte_at(at(0))));
	assert_int_equal(handle_mm_fault(mm, at(0), FAULT_READ, NULL), FAULT_DONE);
	assert_true(pte_young(pte_at(at(0))) && !pte_dirty(pte_at(at(0))));
	assert_int_equal(handle_mm_fault(mm, at(0), FAULT_WRITE, NULL), FAULT_DONE);
	assert_true(pte_dirty(pte_at(at(0))));
}

/* ---- files ---- */

static void a_file_page_is_read_once_and_its_neighbours_come_with_it(void **state)
{
	bool major = false;

	given(mm, "RRRRRRRRRRRRRRRRRRRR");
	assert_int_equal(handle_mm_fault(mm, at(3), FAULT_READ, &major), FAULT_DONE);
	assert_true(major);
	for (unsigned int i = 0; i < 16; i++)
		assert_true(pte_present(pte_at(at(i))));
	assert_true(pte_none(pte_at(at(16))));
	assert_int_equal(file_rss(), 16);
	assert_false(pte_young(pte_at(at(4))));
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(load(mm, at(i) + i), file_byte(i, i));
	assert_int_equal(host_faults, 1);       /* page 16 and its neighbours */
	assert_int_equal(vmstat_read(VMSTAT_pgmajfault), 2);
}

static void a_cached_page_is_a_minor_fault(void **state)
{
	bool major = false;

	given(mm, "RR");
	load(mm, at(0));
	given(mm, "RR");
	assert_int_equal(handle_mm_fault(mm, at(1), FAULT_READ, &major), FAULT_DONE);
	assert_false(major);
}

static void random_access_maps_and_reads_one_page_only(void **state)
{
	given(mm, "RRRRRRRR");
	mm_madvise(mm, at(0), 8 * PAGE, MADV_RANDOM);
	load(mm, at(3));
	assert_int_equal(file_rss(), 1);
	assert_int_equal(test_file.reads, 1);
}

static void neighbours_end_with_the_area_and_the_file(void **state)
{
	given(mm, "..RRRR");
	load(mm, at(3));
	assert_int_equal(file_rss(), 4);
	test_file.as.size = 60 * PAGE + 10;
	given(mm, "..............................................RRRRRRRRRRRRRRRRR");
	load(mm, at(60));
	assert_true(pte_none(pte_at(at(61))));
	assert_int_equal(try_read(mm, at(61)), FAULT_BUS);
	assert_int_equal(try_read(mm, at(62)), FAULT_BUS);
}

static void a_disk_error_is_a_bus_error(void **state)
{
	given(mm, "RW");
	test_file.fail_read = true;
	assert_int_equal(try_read(mm, at(0)), FAULT_BUS);
	assert_int_equal(try_write(mm, at(1), 1), FAULT_BUS);
	test_file.fail_read = false;
	assert_int_equal(load(mm, at(0)), file_byte(0, 0));
}

static void a_private_write_copies_and_leaves_the_file_alone(void **state)
{
	given(mm, "WW");
	store(mm, at(0) + 5, 99);
	assert_int_equal(load(mm, at(0) + 5), 99);
	assert_int_equal(load(mm, at(0) + 6), file_byte(0, 6));
	load(mm, at(1));
	store(mm, at(1), 77);
	assert_int_equal(anon_rss(), 2);
	assert_int_equal(file_rss(), 0);
	assert_int_equal(test_file.mkwrites, 0);
	assert_int_equal(mm_munmap(mm, at(0), 2 * PAGE), 0);
	given(mm, "RR");
	assert_int_equal(load(mm, at(0) + 5), file_byte(0, 5));
	assert_int_equal(load(mm, at(1)), file_byte(1, 0));
}

static void reaping_takes_what_is_its_own_and_refuses_to_bring_it_back(void **state)
{
	given(mm, "ww.SSrr");
	store(mm, at(0), 1);
	store(mm, at(3), 2);
	load(mm, at(5));
	assert_true(mm_oom_reap(mm));
	assert_int_equal(mm_rss(mm), 1);        /* the shared page */
	assert_int_equal(handle_mm_fault(mm, at(0), FAULT_READ, NULL), FAULT_BUS);
	assert_int_equal(handle_mm_fault(mm, at(1), FAULT_WRITE, NULL), FAULT_BUS);
	assert_int_equal(load(mm, at(3)), 2);
	down_read(&mm->lock);
	assert_false(mm_oom_reap(mm));
	up_read(&mm->lock);
}

static void a_shared_write_tells_the_file_and_reaches_the_disk(void **state)
{
	given(mm, "SS");
	load(mm, at(0));
	assert_false(pte_writable(pte_at(at(0))));
	store(mm, at(0) + 5, 99);
	assert_int_equal(test_file.mkwrites, 1);
	store(mm, at(1), 98);
	assert_int_equal(test_file.mkwrites, 2);
	assert_true(page_test(page_at(at(0)), PG_dirty));
	assert_int_equal(mm_msync(mm, at(0), 2 * PAGE, MS_SYNC), 0);
	assert_int_equal(test_file.disk[0][5], 99);
	assert_int_equal(test_file.disk[1][0], 98);
	assert_false(pte_writable(pte_at(at(0))));
	store(mm, at(0) + 5, 97);               /* clean: asks again */
	assert_int_equal(test_file.mkwrites, 3);
	assert_true(page_test(page_at(at(0)), PG_dirty));
	assert_int_equal(anon_rss(), 0);
}

static void a_full_disk_stops_a_shared_write(void **state)
{
	given(mm, "SS");
	test_file.fail_mkwrite = true;
	assert_int_equal(try_write(mm, at(0), 1), FAULT_BUS);
	load(mm, at(1));
	assert_int_equal(try_write(mm, at(1), 1), FAULT_BUS);
	assert_int_equal(load(mm, at(1)), file_byte(1, 0));
}

static void shared_and_private_see_what_the_file_holds(void **state)
{
	struct mmap_request rq = {
		.addr = at(8), .len = PAGE, .prot = PROT_READ | PROT_WRITE, .may_flags = MAY_ALL,
		.flags = MAP_FIXED | MAP_PRIVATE, .file = &test_file, .map_file = file_map,
	};

	given(mm, "S");
	assert_int_equal(mm_mmap(mm, &rq), at(8));
	load(mm, at(8));
	store(mm, at(0), 1);
	assert_int_equal(load(mm, at(8)), 1);
	store(mm, at(8), 2);
	store(mm, at(0), 3);
	assert_int_equal(load(mm, at(8)), 2);
	assert_int_equal(load(mm, at(0)), 3);
}

static void truncate_takes_pages_away_private_copies_too(void **state)
{
	given(mm, "SSSS|WWWW");
	store(mm, at(2), 1);
	store(mm, at(5), 2);
	load(mm, at(1));
	test_file.as.size = 2 * PAGE;
	truncate_pages(&test_file.as, 2 * PAGE, -1);
	assert_int_equal(load(mm, at(1)), file_byte(1, 0));
	assert_int_equal(try_read(mm, at(2)), FAULT_BUS);
	assert_int_equal(try_read(mm, at(5)), FAULT_BUS);
	assert_int_equal(anon_rss(), 0);
	host_tlb_check(mm);
}

static void anonymous_shared_memory_is_one_memory(void **state)
{
	given(mm, "aa");
	store(mm, at(0), 5);
	assert_int_equal(load(mm, at(0)), 5);
	assert_int_equal(load(mm, at(1)), 0);
	assert_int_equal(atomic_long_read(&mm->rss[MM_SHMEMPAGES]), 2);
	mm_madvise(mm, at(0), 2 * PAGE, MADV_DONTNEED);
	assert_int_equal(load(mm, at(0)), 5);
	mm_madvise(mm, at(0), PAGE, MADV_REMOVE);
	assert_int_equal(load(mm, at(0)), 0);
}

static void given_frames_are_mapped_as_they_are(void **state)
{
	struct page *p = alloc_page(GFP_KERNEL | GFP_ZERO);
	unsigned long pfn = page_to_pfn(p);
	long va = mm_map_pfns(mm, 0, &pfn, 1, VM_READ | VM_EXEC, "[vdso]");

	assert_false(IS_ERR_VALUE(va));
	strcpy(page_address(p), "vdso");
	assert_int_equal(load(mm, va), 'v');
	assert_int_equal(try_write(mm, va, 1), FAULT_ACCERR);
	assert_string_equal(vma_name(vma_lookup(mm, va)), "[vdso]");
	assert_int_equal(mm_rss(mm), 0);
	assert_int_equal(mm_munmap(mm, va, PAGE), 0);
	assert_int_equal(atomic_read(&p->count), 1);
	put_page(p);
}

/* ---- mprotect and what is present ---- */

static void a_page_made_read_only_and_back_takes_no_fault(void **state)
{
	unsigned long faults;

	given(mm, "ww");
	store(mm, at(0), 1);
	assert_int_equal(mm_mprotect(mm, at(0), PAGE, PROT_READ), 0);
	assert_int_equal(try_write(mm, at(0), 2), FAULT_ACCERR);
	assert_int_equal(mm_mprotect(mm, at(0), PAGE, PROT_READ | PROT_WRITE), 0);
	faults = host_faults;
	store(mm, at(0), 3);
	assert_int_equal(host_faults, faults);
}

static void permission_taken_away_is_gone_at_once(void **state)
{
	given(mm, "ww");
	store(mm, at(0), 1);
	assert_int_equal(mm_mprotect(mm, at(0), PAGE, PROT_NONE), 0);
	assert_int_equal(try_read(mm, at(0)), FAULT_ACCERR);
	assert_int_equal(mm_mprotect(mm, at(0), PAGE, PROT_READ), 0);
	assert_int_equal(load(mm, at(0)), 1);
}

static void mprotect_never_lets_a_write_reach_zeroes_or_a_file(void **state)
{
	given(mm, "r|R|T");
	load(mm, at(0));
	load(mm, at(1));
	load(mm, at(2));
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(mm_mprotect(mm, at(i), PAGE, PROT_READ | PROT_WRITE), 0);
	store(mm, at(0), 1);
	store(mm, at(1), 2);
	store(mm, at(2), 3);
	assert_int_equal(*(u8 *)pa_to_virt(zero_pfn << PAGE_SHIFT), 0);
	assert_int_equal(test_file.mkwrites, 1);
	given(mm, ".R");
	assert_int_equal(load(mm, at(1)), file_byte(1, 0));
}

/* ---- the stack ---- */

static void the_stack_grows_to_its_limit_and_no_farther(void **state)
{
	vaddr_t top = 0x3f00000000;

	assert_int_equal(mm_setup_stack(mm, top, 4 * PAGE, PROT_READ | PROT_WRITE), 0);
	mm->rlim_stack = 64 * PAGE;
	mm->start_stack = top - 8;
	store(mm, top - 8, 1);
	store(mm, top - 40 * PAGE, 2);          /* far below at once */
	assert_int_equal(vma_lookup(mm, top - 1)->vm_start, top - 40 * PAGE);
	assert_string_equal(vma_name(vma_lookup(mm, top - 1)), "[stack]");
	store(mm, top - 64 * PAGE, 3);
	assert_int_equal(try_write(mm, top - 64 * PAGE - 1, 4), FAULT_MAPERR);
	assert_int_equal(mm->stack_vm, 64);
	vma_check(mm);
}

static void mmap_keeps_its_distance_from_a_stack(void **state)
{
	vaddr_t top = 0x3f00000000, stack = top - 4 * PAGE, below = stack - 300 * PAGE;
	unsigned int flags = MAP_PRIVATE | MAP_ANONYMOUS;

	assert_int_equal(mm_setup_stack(mm, top, 4 * PAGE, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(map_at(mm, below - PAGE, PAGE, PROT_READ, MAP_FIXED | flags), below - PAGE);
	mm->mmap_base = top;
	assert_int_equal(map_at(mm, 0, 40 * PAGE, PROT_EXEC, flags), stack - 296 * PAGE);
	assert_int_equal(map_at(mm, 0, 5 * PAGE, PROT_EXEC, flags), below - 6 * PAGE);
	assert_int_equal(map_at(mm, 0, 4 * PAGE, PROT_READ, flags), below);
	assert_int_equal(map_at(mm, stack - 100 * PAGE, PAGE, PROT_READ, flags), below - 7 * PAGE);
}

static void the_stack_keeps_its_distance(void **state)
{
	vaddr_t top = 0x3f00000000, below = top - 400 * PAGE;

	assert_int_equal(mm_setup_stack(mm, top, 4 * PAGE, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(map_at(mm, below, PAGE, PROT_READ,
				MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), below);
	assert_int_equal(try_write(mm, below + 256 * PAGE, 1), FAULT_MAPERR);
	assert_int_equal(try_write(mm, below + 257 * PAGE, 1), FAULT_DONE);
	assert_int_equal(mm_mprotect(mm, below, PAGE, PROT_NONE), 0);
	assert_int_equal(try_write(mm, below + PAGE, 1), FAULT_DONE);
	/* Nor does mmap put anything there. */
	mm->mmap_base = top;
	assert_true((vaddr_t)map_at(mm, 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS) <=
		    below - PAGE);
}

/* ---- no memory ---- */

static int touch_everything(void *unused)
{
	static const char picture[] = "wwww|RRRR|WWWW|SSSS|aaaa";
	enum fault_result r = FAULT_DONE;
	long base;

	frames_fail = harness_fail_now;
	base = mm_munmap(mm, BASE, PICTURE_MAX * PAGE);
	for (unsigned int i = 0; !base && i < 5; i++) {
		unsigned int flags = MAP_FIXED | (i == 0 ? MAP_PRIVATE | MAP_ANONYMOUS :
						  i < 3 ? MAP_PRIVATE : i == 3 ? MAP_SHARED :
						  MAP_SHARED | MAP_ANONYMOUS);
		long got = map_at(mm, at(4 * i), 4 * PAGE,
				  i == 1 ? PROT_READ : PROT_READ | PROT_WRITE, flags);

		if (IS_ERR_VALUE(got))
			base = got;
	}
	for (unsigned int i = 0; !base && i < 20 && r == FAULT_DONE; i++) {
		r = try_read(mm, at(i));
		if (r == FAULT_DONE && picture[i + i / 4] != 'R')
			r = try_write(mm, at(i), i);
	}
	frames_fail = NULL;
	vma_check(mm);
	host_tlb_check(mm);
	assert_int_equal(mm_munmap(mm, BASE, PICTURE_MAX * PAGE), 0);
	truncate_pages(&test_file.as, 0, -1);
	if (base)
		return base;
	assert_true(r == FAULT_DONE || r == FAULT_OOM);
	return r == FAULT_DONE ? 0 : -ENOMEM;
}

static void each_allocation_of_a_fault_may_fail(void **state)
{
	harness_watch("frames", world_frames_in_use);
	assert_true(harness_each_failure(touch_everything, NULL) > 20);
	assert_true(harness_each_exhaustion(touch_everything, NULL) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(no_area_is_maperr),
		T(the_wrong_access_is_accerr),
		T(write_only_reads_too_and_exec_only_does_not),
		T(a_read_maps_the_one_page_of_zeroes_and_counts_nothing),
		T(a_write_gets_an_own_page_of_zeroes),
		T(a_write_after_a_read_replaces_the_page_of_zeroes),
		T(a_spurious_fault_changes_nothing),
		T(without_hardware_bits_faults_set_accessed_and_dirty),
		T(a_fault_sets_accessed_and_dirty_whatever_the_hart_is_said_to_do),
		T(a_file_page_is_read_once_and_its_neighbours_come_with_it),
		T(a_cached_page_is_a_minor_fault),
		T(random_access_maps_and_reads_one_page_only),
		T(neighbours_end_with_the_area_and_the_file),
		T(a_disk_error_is_a_bus_error),
		T(a_private_write_copies_and_leaves_the_file_alone),
		T(reaping_takes_what_is_its_own_and_refuses_to_bring_it_back),
		T(a_shared_write_tells_the_file_and_reaches_the_disk),
		T(a_full_disk_stops_a_shared_write),
		T(shared_and_private_see_what_the_file_holds),
		T(truncate_takes_pages_away_private_copies_too),
		T(anonymous_shared_memory_is_one_memory),
		T(given_frames_are_mapped_as_they_are),
		T(a_page_made_read_only_and_back_takes_no_fault),
		T(permission_taken_away_is_gone_at_once),
		T(mprotect_never_lets_a_write_reach_zeroes_or_a_file),
		T(the_stack_grows_to_its_limit_and_no_farther),
		T(mmap_keeps_its_distance_from_a_stack),
		T(the_stack_keeps_its_distance),
		T(each_allocation_of_a_fault_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
