// SPDX-License-Identifier: MIT
/*
 * The gate of an area: who may be inside while what changes.  Another hart's fault
 * is played by a count of the gate.
 */
#include "harness.h"
#include "mm_space.h"

#include <mm/huge.h>
#include <mm/oom.h>
#include <mm/vma_edit.h>
#include <mm/vma_lock.h>

static struct mm_struct *mm;

static int setup(void **state)
{
	mm = space_new();
	mm_share(mm);
	return 0;
}

static int teardown(void **state)
{
	space_end(mm);
	return 0;
}

static bool enters(vaddr_t addr)
{
	struct vm_area_struct *vma = vma_enter(mm, addr);

	if (!vma)
		return false;
	assert_ptr_equal(vma, vma_lookup(mm, addr));
	vma_leave(mm, vma);
	return true;
}

static void another_enters(vaddr_t addr) { vma_lookup(mm, addr)->vm_gate.count++; }
static void another_leaves(vaddr_t addr) { vma_lookup(mm, addr)->vm_gate.count--; }

static void a_closed_area_lets_nobody_in_and_its_neighbours_do(void **state)
{
	given(mm, "ww|rr|ww");
	down_write(&mm->lock);
	vma_close(mm, vma_lookup(mm, at(2)));
	assert_false(enters(at(2)));
	assert_false(enters(at(3)));
	assert_true(enters(at(1)));
	assert_true(enters(at(4)));
	mm_unlock_write(mm);
	assert_true(enters(at(2)));
}

static void an_area_that_left_the_set_never_opens_again(void **state)
{
	struct vma_dead dead = { .first = NULL };
	struct vm_area_struct *gone;

	given(mm, "ww|rr|ww");
	assert_true(enters(at(2)));     /* it is the hint now */
	gone = vma_lookup(mm, at(2));
	down_write(&mm->lock);
	assert_int_equal(mm_unmap_locked(mm, at(2), at(4), &dead), 0);
	assert_false(enters(at(2)));
	mm_unlock_write(mm);
	assert_false(enters(at(2)));
	assert_true(gate_is_closed(&gone->vm_gate));
	vma_bury(&dead);
	assert_true(enters(at(1)));
	assert_true(enters(at(4)));
}

static void a_new_area_is_closed_until_it_is_finished(void **state)
{
	struct vm_area_struct *vma;

	given(mm, "ww....ww");
	down_write(&mm->lock);
	vma = vma_new_anon(mm, at(4), at(5), VM_READ | MAY_ALL);
	assert_non_null(vma);
	vma_link(mm, vma, vma_lookup(mm, at(1)));
	vm_stat_account(mm, vma->vm_flags, 1);
	assert_false(enters(at(4)));
	mm_unlock_write(mm);
	assert_true(enters(at(4)));
}

static void unmap_first(void *unused) { mm_munmap(mm, at(0), PAGE); }
static void unmap_huge(void *va) { mm_munmap(mm, *(vaddr_t *)va, HUGE_SIZE); }
static void protect_all(void *unused) { mm_mprotect(mm, at(0), 2 * PAGE, PROT_READ); }

static void changes_wait_for_the_faults_inside(void **state)
{
	given(mm, "ww|rr");
	another_enters(at(0));
	assert_true(harness_panics(unmap_first, NULL));         /* on the host: waits for ever */
	mm_unlock_write(mm);
	assert_true(harness_panics(protect_all, NULL));
	mm_unlock_write(mm);
	another_leaves(at(0));
}

static void changes_elsewhere_do_not(void **state)
{
	given(mm, "ww..rr|ww");
	another_enters(at(4));
	assert_int_equal(mm_munmap(mm, at(7), PAGE), 0);
	assert_int_equal(mm_mprotect(mm, at(6), PAGE, PROT_READ | PROT_EXEC), 0);
	assert_int_equal(map_at(mm, at(9), PAGE, PROT_READ,
				MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), at(9));
	assert_int_equal(mm_munmap(mm, at(0), 2 * PAGE), 0);
	another_leaves(at(4));
	expect_picture(mm, "....rr|x..r");
}

static void an_anonymous_area_grows_with_faults_inside(void **state)
{
	given(mm, "..ww");
	another_enters(at(2));
	assert_int_equal(map_at(mm, at(4), 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), at(4));
	assert_int_equal(map_at(mm, at(1), PAGE, PROT_READ | PROT_WRITE,
				MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), at(1));
	another_leaves(at(2));
	expect_picture(mm, ".wwwww");
	assert_true(enters(at(1)));
	assert_true(enters(at(5)));
}

static void an_area_is_found_without_the_lock_wherever_it_is(void **state)
{
	random_areas(mm, 15000, enters);
}

static void nobody_closes_what_one_task_alone_can_enter(void **state)
{
	struct mm_struct *alone = mm_alloc();

	assert_non_null(alone);
	assert_int_equal(map_at(alone, at(0), PAGE, PROT_READ,
				MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), at(0));
	down_write(&alone->lock);
	vma_close(alone, vma_lookup(alone, at(0)));
	assert_false(gate_is_closed(&vma_lookup(alone, at(0))->vm_gate));
	mm_unlock_write(alone);
	mm_share(alone);
	down_write(&alone->lock);
	vma_close(alone, vma_lookup(alone, at(0)));
	assert_true(gate_is_closed(&vma_lookup(alone, at(0))->vm_gate));
	mm_unlock_write(alone);
	mm_put(alone);
}

/* Two areas lie in one piece of 2 MiB. */
static vaddr_t one_huge_page_in_two_areas(void)
{
	vaddr_t va = 0x40000000;

	assert_int_equal(map_at(mm, va, HUGE_SIZE, PROT_READ | PROT_WRITE,
				MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS), va);
	store(mm, va, 1);
	store(mm, va + HUGE_SIZE / 2, 2);
	assert_int_equal(vmstat_read(VMSTAT_nr_anon_transparent_hugepages), 1);
	assert_int_equal(mm_madvise(mm, va, HUGE_SIZE / 2, MADV_DONTFORK), 0);
	return va;
}

static void the_reaper_takes_nothing_from_an_area_in_use(void **state)
{
	vaddr_t va = one_huge_page_in_two_areas();

	another_enters(va);
	assert_false(mm_oom_reap(mm));
	assert_int_equal(load(mm, va), 1);
	another_leaves(va);
	assert_true(mm_oom_reap(mm));
	assert_int_equal(atomic_long_read(&mm->rss[MM_ANONPAGES]), 0);
}

static void munmap_of_a_huge_page_waits_for_both_its_areas(void **state)
{
	vaddr_t va = one_huge_page_in_two_areas();

	another_enters(va + HUGE_SIZE / 2);
	assert_true(harness_panics(unmap_huge, &va));           /* on the host: waits for ever */
	mm_unlock_write(mm);
	assert_int_equal(vmstat_read(VMSTAT_nr_anon_transparent_hugepages), 1);
	assert_int_equal(load(mm, va), 1);
	another_leaves(va + HUGE_SIZE / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(a_closed_area_lets_nobody_in_and_its_neighbours_do),
		T(an_area_that_left_the_set_never_opens_again),
		T(a_new_area_is_closed_until_it_is_finished),
		T(changes_wait_for_the_faults_inside),
		T(changes_elsewhere_do_not),
		T(an_anonymous_area_grows_with_faults_inside),
		T(an_area_is_found_without_the_lock_wherever_it_is),
		T(nobody_closes_what_one_task_alone_can_enter),
		T(the_reaper_takes_nothing_from_an_area_in_use),
		T(munmap_of_a_huge_page_waits_for_both_its_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
