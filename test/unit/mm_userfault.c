// SPDX-License-Identifier: MIT
/*
 * A program that brings in its own pages.  What the reader of its messages does happens while
 * the one who faults, or whose call is told, waits (host_idle).
 */
#include "harness.h"
#include "mm_space.h"

#include <mm/shmem.h>
#include <mm/swap.h>
#include <mm/userfault.h>
#include <mm/vma_edit.h>

static struct mm_struct *mm;
static struct userfault *u;

static u32 asker(void) { return 1; }

static struct userfault *make(unsigned int features)
{
	struct userfault *new = userfault_new(mm, 0, asker);

	assert_non_null(new);
	new->features = features | UFFD_INITIALIZED;
	return new;
}

static void closes(struct userfault *one)
{
	userfault_release(one);
	userfault_put(one);
}

static int setup(void **state)
{
	mm = space_new();
	u = make(0);
	return 0;
}

static int teardown(void **state)
{
	frames_fail = NULL;
	closes(u);
	space_end(mm);
	return 0;
}

static int registers(struct userfault *one, unsigned int from, unsigned int to, unsigned long flags)
{
	return userfault_register(one, at(from), at(to), flags);
}

static long fills(enum userfault_how how, unsigned int page, unsigned int pages, vaddr_t src)
{
	struct userfault_fill what = { .how = how, .dst = at(page), .src = src,
				       .len = pages * PAGE };

	return userfault_fill(u, &what);
}

/* ---- areas ---- */

static void registering_parts_an_area_and_undoing_it_joins_it(void **state)
{
	struct userfault *other = make(0);

	given(mm, "wwwwww");
	assert_int_equal(registers(u, 1, 3, VM_UFFD_MISSING), 0);
	expect_picture(mm, "w|ww|www");
	assert_int_equal(registers(other, 0, 2, VM_UFFD_MISSING), -EBUSY);
	assert_int_equal(registers(other, 3, 5, VM_UFFD_MISSING), 0);
	expect_picture(mm, "w|ww|ww|w");
	assert_int_equal(userfault_unregister(u, at(3), at(5)), 0);
	expect_picture(mm, "w|ww|www");
	assert_int_equal(registers(u, 3, 5, VM_UFFD_MISSING), 0);
	expect_picture(mm, "w|wwww|w");
	closes(other);
	expect_picture(mm, "w|wwww|w");
	assert_int_equal(userfault_unregister(u, at(2), at(3)), 0);
	expect_picture(mm, "w|w|w|ww|w");
	userfault_release(u);
	expect_picture(mm, "wwwwww");
}

static void only_memory_without_a_disk_is_registered(void **state)
{
	given(mm, "w|W|a|S|r");
	assert_int_equal(registers(u, 0, 2, VM_UFFD_MISSING), -EINVAL);
	assert_int_equal(registers(u, 2, 3, VM_UFFD_MISSING | VM_UFFD_MINOR), 0);
	assert_int_equal(registers(u, 3, 4, VM_UFFD_MISSING), -EINVAL);
	assert_int_equal(registers(u, 0, 1, VM_UFFD_MINOR), -EINVAL);
	assert_int_equal(registers(u, 10, 12, VM_UFFD_MISSING), -EINVAL);
	assert_int_equal(registers(u, 4, 12, VM_UFFD_MISSING), 0);
	expect_picture(mm, "w|W|a|S|r");
}

/* ---- faults ---- */

static unsigned int asked;      /* messages read */
static enum userfault_how answer;
static vaddr_t last;

/* The reader: fills what is asked for from the page at at(40), and wakes. */
static bool reader(void)
{
	struct uffd_msg msg;
	struct userfault_fill what = { .how = answer, .src = at(40), .len = PAGE };

	if (!userfault_next(u, &msg))
		return false;
	asked++;
	last = what.dst = msg.pagefault.address;
	userfault_fill(u, &what);
	userfault_wake(u, what.dst, PAGE);
	return true;
}

static void reads(enum userfault_how how)
{
	host_idle = reader;
	asked = 0;
	answer = how;
}

static void map_source(void)
{
	map_char(mm, 'w', at(40), PAGE);
	store(mm, at(40), 77);
}

static void a_fault_waits_with_nothing_held_until_its_page_is_filled(void **state)
{
	given(mm, "wwww|aaaa");
	map_source();
	registers(u, 0, 8, VM_UFFD_MISSING);
	reads(FILL_COPY);
	assert_int_equal(load(mm, at(1) + 5), 0);
	assert_int_equal(asked, 1);
	assert_int_equal(last, at(1));
	assert_int_equal(load(mm, at(1)), 77);
	store(mm, at(5), 3);
	assert_int_equal(asked, 2);
	reads(FILL_ZERO);
	assert_int_equal(load(mm, at(2)), 0);
	store(mm, at(6), 4);
	store(mm, at(2), 4);
	assert_int_equal(asked, 2);
	userfault_unregister(u, at(0), at(8));
	assert_int_equal(load(mm, at(3)), 0);
	assert_int_equal(asked, 2);
}

static void what_is_there_is_not_filled_again(void **state)
{
	given(mm, "www|a.a");
	map_source();
	assert_int_equal(fills(FILL_COPY, 0, 1, at(40)), -ENOENT);
	registers(u, 0, 6, VM_UFFD_MISSING);
	assert_int_equal(fills(FILL_COPY, 0, 4, at(40)), -ENOENT);
	assert_int_equal(fills(FILL_COPY, 0, 1, at(50)), -EFAULT);
	assert_int_equal(fills(FILL_COPY, 1, 1, at(40)), PAGE);
	assert_int_equal(fills(FILL_COPY, 1, 1, at(40)), -EEXIST);
	assert_int_equal(fills(FILL_ZERO, 0, 3, 0), PAGE);
	assert_int_equal(fills(FILL_COPY, 3, 1, at(40)), PAGE);
	assert_int_equal(fills(FILL_ZERO, 3, 1, 0), -EEXIST);
	assert_int_equal(fills(FILL_CONTINUE, 1, 1, 0), -EINVAL);
	assert_int_equal(fills(FILL_CONTINUE, 5, 1, 0), -EFAULT);
}

static void a_poisoned_page_is_an_error_also_for_a_child(void **state)
{
	struct mm_struct *child;

	given(mm, "ww");
	map_source();
	registers(u, 0, 2, VM_UFFD_MISSING);
	assert_int_equal(fills(FILL_POISON, 0, 2, 0), 2 * PAGE);
	assert_int_equal(try_read(mm, at(0)), FAULT_BUS);
	assert_int_equal(fills(FILL_ZERO, 0, 1, 0), -EEXIST);
	assert_int_equal(atomic_long_read(&mm->rss[MM_SWAPENTS]), 0);
	child = fork_mm(mm);
	assert_int_equal(try_write(child, at(1), 1), FAULT_BUS);
	mm_put(child);
	assert_int_equal(fills(FILL_COPY, 0, 1, at(40)), PAGE);
	assert_int_equal(load(mm, at(0)), 77);
	mm_munmap(mm, at(0), 2 * PAGE);
}

static void a_page_moves_and_what_others_have_stays(void **state)
{
	struct userfault_move m = { .dst = at(0), .src = at(10), .len = 2 * PAGE };
	struct mm_struct *child;

	given(mm, "wwww......wwww");
	registers(u, 0, 4, VM_UFFD_MISSING);
	for (unsigned int i = 10; i < 14; i++)
		store(mm, at(i), i);
	assert_int_equal(userfault_move(u, &m), 2 * PAGE);
	assert_int_equal(load(mm, at(1)), 11);
	assert_int_equal(load(mm, at(11)), 0);
	assert_int_equal(userfault_move(u, &m), -EEXIST);
	m = (struct userfault_move){ .dst = at(2), .src = at(12), .len = PAGE };
	child = fork_mm(mm);
	assert_int_equal(userfault_move(u, &m), -EBUSY);
	mm_put(child);
	assert_int_equal(userfault_move(u, &m), PAGE);
	assert_int_equal(load(mm, at(2)), 12);
	m.dst = at(3);
	mm_munmap(mm, at(12), PAGE);
	assert_int_equal(userfault_move(u, &m), -ENOENT);
}

/* ---- events ---- */

static struct uffd_msg event;
static struct userfault *born;

static bool event_reader(void)
{
	if (!userfault_next_event(u, &event, &born))
		return false;
	asked++;
	assert_int_equal(fills(FILL_ZERO, 0, 1, 0), -EAGAIN);
	if (born)
		userfault_fork_read(u, born, true);
	return true;
}

static void a_call_that_takes_pages_away_waits_until_it_is_read_of(void **state)
{
	given(mm, "wwwwww");
	u->features |= UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMOVE |
		       UFFD_FEATURE_EVENT_REMAP;
	registers(u, 0, 6, VM_UFFD_MISSING);
	host_idle = event_reader;
	asked = 0;
	assert_int_equal(mm_munmap(mm, at(4), PAGE), 0);
	assert_int_equal(event.event, UFFD_EVENT_UNMAP);
	assert_int_equal(event.remove.start, at(4));
	assert_int_equal(mm_madvise(mm, at(1), PAGE, MADV_DONTNEED), 0);
	assert_int_equal(event.event, UFFD_EVENT_REMOVE);
	assert_int_equal(event.remove.end, at(2));
	assert_int_equal(mm_mremap(mm, at(5), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(20)), at(20));
	assert_int_equal(asked, 4);     /* REMAP, then UNMAP of where it was */
	assert_int_equal(fills(FILL_ZERO, 20, 1, 0), PAGE);
}

static void a_child_is_registered_only_if_its_parent_wants_to_be_told(void **state)
{
	struct mm_struct *child;

	given(mm, "ww");
	registers(u, 0, 2, VM_UFFD_MISSING);
	child = fork_mm(mm);
	assert_int_equal(load(child, at(0)), 0);
	mm_put(child);
	u->features |= UFFD_FEATURE_EVENT_FORK;
	host_idle = event_reader;
	child = fork_mm(mm);
	assert_int_equal(event.event, UFFD_EVENT_FORK);
	assert_true(born && born->mm == child && born != u);
	assert_ptr_equal(vma_lookup(child, at(0))->vm_private, born);
	closes(born);
	assert_int_equal(load(child, at(0)), 0);
	mm_put(child);
}

/* ---- without memory ---- */

static int all_of_it(void *unused)
{
	struct mm_struct *child;
	int err;

	given(mm, "wwwwww|aa");
	map_source();
	frames_fail = harness_fail_now;
	err = registers(u, 1, 8, VM_UFFD_MISSING);
	for (unsigned int i = 1; i < 8 && !err; i++) {
		long done = fills(i % 2 ? FILL_COPY : FILL_ZERO, i, 1, at(40));

		err = done < 0 ? (int)done : 0;
	}
	if (!err) {
		child = mm_dup(mm);
		err = IS_ERR(child) ? (int)PTR_ERR(child) : 0;
		if (!err)
			mm_put(child);
	}
	if (!err)
		err = mm_munmap(mm, at(2), PAGE);
	frames_fail = NULL;
	space_quiet();
	userfault_unregister(u, at(0), at(8));
	assert_int_equal(mm_munmap(mm, at(0), 64 * PAGE), 0);
	if (born)
		userfault_put(born);
	born = NULL;
	return err;
}

static bool fork_reader(void)
{
	if (born || !userfault_next_event(u, &event, &born))
		return false;
	if (born) {
		userfault_fork_read(u, born, true);
		userfault_release(born);
	}
	return true;
}

static void each_allocation_may_fail(void **state)
{
	born = NULL;
	assert_true(harness_each_failure(all_of_it, NULL) > 5);
	u->features |= UFFD_FEATURE_EVENT_FORK;
	host_idle = fork_reader;
	assert_true(harness_each_failure(all_of_it, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(registering_parts_an_area_and_undoing_it_joins_it),
		T(only_memory_without_a_disk_is_registered),
		T(a_fault_waits_with_nothing_held_until_its_page_is_filled),
		T(what_is_there_is_not_filled_again),
		T(a_poisoned_page_is_an_error_also_for_a_child),
		T(a_page_moves_and_what_others_have_stays),
		T(a_call_that_takes_pages_away_waits_until_it_is_read_of),
		T(a_child_is_registered_only_if_its_parent_wants_to_be_told),
		T(each_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
