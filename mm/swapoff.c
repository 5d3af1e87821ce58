// SPDX-License-Identifier: MIT
/*
 * An area goes while it is in use: everything that is on it comes back first.
 *
 * No slot of it is given out any more, so what comes back does not return.
 * Round after round the page tables of all processes are searched for its
 * entries, and each is faulted in as if its program had touched it; then shared
 * memory; then pages that the cache holds for nobody.  A round is needed again
 * where a fork has copied entries behind the search.
 *
 * What cannot be read stays where it is, and so does the area; whoever needs
 * it learns of it when he touches it.
 *
 * Lock: mm->lock for reading while a table is searched; none while pages come.
 */
#include <mm/swapon.h>

#include <lib/errno.h>
#include <mm/buddy.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_piece.h>
#include <mm/reclaim.h>
#include <mm/shmem_away.h>
#include <mm/slab.h>
#include <mm/swap_area.h>
#include <mm/swap_cache.h>
#include <mm/vma.h>

#define FOUND_MAX       64U

static int empty(struct swap_area *a);
static int empty_mms(struct swap_area *a);
static int empty_mm(struct swap_area *a, struct mm_struct *mm);
static int empty_cache(struct swap_area *a);

int swap_off(const void *owner)
{
	struct swap_area *a = swap_area_of_owner(owner);
	struct swap_device *dev;
	int err;

	if (!a || !swap_area_stop(a))
		return -EINVAL;
	err = empty(a);
	if (err) {
		swap_area_resume(a);
		return err;
	}
	dev = a->dev;
	swap_area_end(a);
	dev->ops->release(dev);
	return 0;
}

/*
 * Stop in time: what programs need is not to be taken from them, so that one of
 * them would be killed for it.
 */
int swapoff_room(void)
{
	if (frames_free() > frames_high() || reclaim_pages(FOUND_MAX, GFP_KERNEL))
		return 0;
	return frames_free() > frames_high() ? 0 : -ENOMEM;
}

static int empty(struct swap_area *a)
{
	int err = 0;

	while (!err && READ_ONCE(a->nr_used)) {
		err = empty_mms(a);
		if (!err)
			err = shmem_empty_area(a->type);
		if (!err)
			err = empty_cache(a);
		if (!err && signal_pending())
			err = -EINTR;
		cond_resched();
	}
	return err;
}

/* ---- processes ---- */

static int empty_mms(struct swap_area *a)
{
	struct mm_struct *mm = NULL;
	int err = 0;

	while (!err && (mm = mm_next(mm))) {
		if (atomic_long_read(&mm->rss[MM_SWAPENTS]) <= 0 || !mm_get_unless_zero(mm))
			continue;
		err = empty_mm(a, mm);
		mm_put(mm);
	}
	if (mm)
		mm_drop(mm);
	return err;
}

/* Entries of the area in [*va, end), at most FOUND_MAX.  *va: where to go on.  mm->lock held. */
static unsigned int find_entries(const struct swap_area *a, struct mm_struct *mm, vaddr_t *va,
				 vaddr_t end, vaddr_t *found)
{
	unsigned int nr = 0;
	struct pt_piece p;
	vaddr_t next;

	for (; *va < end && nr < FOUND_MAX; *va = next) {
		next = pt_next_piece(mm, *va, end, &p);
		if (!pt_piece_lock(mm, &p))
			continue;
		for (vaddr_t at = *va; at < next; at += PAGE_SIZE) {
			pte_t e = pt_piece_entry(&p, pt_index(at, 0));

			if (!pte_swap(e) || pte_swap_type(e) != a->type)
				continue;
			found[nr++] = at;
			if (nr == FOUND_MAX) {
				next = at + PAGE_SIZE;
				break;
			}
		}
		pt_piece_unlock(mm, &p);
	}
	return nr;
}

static int fault_errno(enum fault_result r)
{
	switch (r) {
	case FAULT_OOM:
		return -ENOMEM;
	case FAULT_BUS:
		return -EIO;
	case FAULT_KILLED:
		return -EINTR;
	default:
		return 0;               /* there, or the area has been unmapped meanwhile */
	}
}

/*
 * Bring the page at @va back.  Where its entry has gone meanwhile, with its process
 * perhaps, which the OOM killer empties, that it cannot be brought is no error.
 */
static int bring_back(struct swap_area *a, struct mm_struct *mm, vaddr_t va)
{
	int err = fault_errno(handle_mm_fault_force(mm, va, FAULT_READ));
	vaddr_t at = va, found;

	if (err == -EIO) {
		if (down_read_killable(&mm->lock))
			return -EINTR;
		if (!find_entries(a, mm, &at, va + PAGE_SIZE, &found))
			err = 0;
		up_read(&mm->lock);
	}
	return err;
}

static int empty_mm(struct swap_area *a, struct mm_struct *mm)
{
	vaddr_t found[FOUND_MAX], va = 0;
	unsigned int nr;
	int err = 0;

	mm_share(mm);           /* we bring pages in beside its own task */
	while (!err && va < USER_END) {
		if (down_read_killable(&mm->lock))
			return -EINTR;
		nr = find_entries(a, mm, &va, USER_END, found);
		up_read(&mm->lock);
		for (unsigned int i = 0; i < nr && !err; i++) {
			err = swapoff_room();
			if (!err)
				err = bring_back(a, mm, found[i]);
		}
		if (signal_pending())
			return -EINTR;
		cond_resched();
	}
	return err;
}

/* ---- the cache ---- */

/* The first cached page from *index on, with a reference; or NULL. */
static struct page *next_cached(struct swap_area *a, unsigned long *index)
{
	unsigned long flags = spin_lock_irqsave(&a->as.lock);
	struct page *page = radix_next(&a->as.pages, index);

	if (page)
		get_page(page);
	spin_unlock_irqrestore(&a->as.lock, flags);
	return page;
}

/* Pages that no entry names any more, or whose PTEs are all back. */
static int empty_cache(struct swap_area *a)
{
	unsigned long index = 0;
	struct page *page;

	for (; (page = next_cached(a, &index)); index++) {
		lock_page(page);
		wait_on_page_bit(page, PG_writeback);
		if (page_test(page, PG_swapcache))
			swap_cache_drop(page, 0, false);
		swap_page_release(page);
		if (signal_pending())
			return -EINTR;
	}
	return 0;
}
