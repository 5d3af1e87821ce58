// SPDX-License-Identifier: MIT
/*
 * PAGEMAP_SCAN on /proc/PID/pagemap: which pages are of some kind, as runs of them
 * (ioctl_pagemap_scan(2)).
 *
 * It is what a reader of pagemap could find out (mm/smaps.h), a few pages at a time, with no lock
 * held while runs are made of them.
 *
 * As on Linux for riscv64 no page is ever protected so that a write to it would be noticed: all
 * for which there is a page table are PAGE_IS_WRITTEN, who asks for protection is told of no page,
 * and who insists that it can be had gets -EPERM.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/sync.h>
#include <lib/errno.h>
#include <mm/anon.h>
#include <mm/mm.h>
#include <mm/smaps.h>
#include <mm/uaccess.h>
#include <mm/vm_flags.h>

#define PM_SCAN_WP_MATCHING     1
#define PM_SCAN_CHECK_WPASYNC   2

#define PAGE_IS_WRITTEN         0x02
#define PAGE_IS_FILE            0x04
#define PAGE_IS_PRESENT         0x08
#define PAGE_IS_SWAPPED         0x10
#define PAGE_IS_PFNZERO         0x20
#define PAGE_IS_HUGE            0x40
#define PAGE_IS_ALL             0xffUL

struct pm_scan_arg {
	u64 size, flags, start, end, walk_end, vec, vec_len, max_pages;
	u64 category_inverted, category_mask, category_anyof_mask, return_mask;
};
_Static_assert(sizeof(struct pm_scan_arg) == 96, "as PAGEMAP_SCAN says");

struct page_region {
	u64 start, end, categories;
};

struct scan {
	struct pm_scan_arg arg;         /* max_pages: how many are left */
	struct page_region run;         /* the last one, which may still grow */
	u64 nr;                         /* runs, with that */
};

#define ENOUGH  1                       /* walk_end is where to go on */

static int scan_args(struct pm_scan_arg *a, vaddr_t uarg);
static int scan(struct scan *s, struct mm_struct *mm);
static int found(struct scan *s, vaddr_t va, u64 categories);
static int put_run(const struct scan *s);

long proc_page_scan(struct mm_struct *mm, vaddr_t uarg)
{
	struct scan s;
	int err = scan_args(&s.arg, uarg);

	if (err)
		return err;
	s.nr = 0;
	err = scan(&s, mm);
	if (err != ENOUGH)
		s.arg.walk_end = s.arg.end;
	if (put_run(&s) ||
	    put_user(s.arg.walk_end, uarg + offsetof(struct pm_scan_arg, walk_end)))
		return -EFAULT;
	return err < 0 ? err : (long)s.nr;
}

static int scan_args(struct pm_scan_arg *a, vaddr_t uarg)
{
	if (copy_from_user(a, uarg, sizeof(*a)))
		return -EFAULT;
	if (a->size != sizeof(*a) || a->flags & ~(PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC) ||
	    (a->category_inverted | a->category_mask | a->category_anyof_mask | a->return_mask) &
		    ~PAGE_IS_ALL || a->start & ~PAGE_MASK)
		return -EINVAL;
	if (!user_range_ok(a->start, a->end - a->start))
		return -EFAULT;
	if (!a->vec && a->vec_len)
		return -EINVAL;
	if (a->vec_len > BIT(48) || !user_range_ok(a->vec, a->vec_len * sizeof(struct page_region)))
		return -EFAULT;
	a->end = ALIGN_UP(a->end, PAGE_SIZE);
	if (!a->max_pages)
		a->max_pages = ~0UL;
	return 0;
}

static u64 categories_of(u64 entry)
{
	u64 c = entry & PM_TABLE ? PAGE_IS_WRITTEN : 0;

	if (entry & PM_SWAPPED)
		return c | PAGE_IS_SWAPPED;
	if (!(entry & PM_PRESENT))
		return c;
	c |= PAGE_IS_PRESENT;
	if (entry & PM_HUGE)
		c |= PAGE_IS_HUGE;
	if (entry & PM_FILE)
		c |= PAGE_IS_FILE;
	if ((entry & PM_FRAME) == zero_pfn)
		c |= PAGE_IS_PFNZERO;
	return c;
}

/* 0, ENOUGH or -errno. */
static int scan(struct scan *s, struct mm_struct *mm)
{
	const struct pm_scan_arg *a = &s->arg;
	vaddr_t va = a->start, stop;
	struct mm_area area;
	u64 entries[64];
	int err;

	while (va < a->end) {
		err = mm_areas(mm, va, &area, 1);
		if (err <= 0)
			return err;
		mm_area_put(&area);
		if (area.start >= a->end)
			return 0;
		if (a->flags & PM_SCAN_CHECK_WPASYNC)
			return -EPERM;
		va = max(va, area.start);
		stop = min(area.end, a->end);
		if (a->flags & PM_SCAN_WP_MATCHING || area.flags & VM_PFNMAP)
			va = stop;
		while (va < stop) {
			unsigned int nr = min((stop - va) >> PAGE_SHIFT, ARRAY_SIZE(entries));

			cond_resched();
			err = fatal_signal_pending() ? -EINTR : mm_pagemap(mm, va, entries, nr);
			for (unsigned int i = 0; !err && i < nr; i++, va += PAGE_SIZE)
				err = found(s, va, categories_of(entries[i]));
			if (err)
				return err;
		}
	}
	return 0;
}

/* The page at @va. */
static int found(struct scan *s, vaddr_t va, u64 categories)
{
	struct pm_scan_arg *a = &s->arg;
	u64 c = categories ^ a->category_inverted;

	if ((c & a->category_mask) != a->category_mask ||
	    (a->category_anyof_mask && !(c & a->category_anyof_mask)) || !a->vec)
		return 0;
	categories &= a->return_mask;
	a->walk_end = va;
	if (!a->max_pages)
		return ENOUGH;
	if (!s->nr || s->run.end != va || s->run.categories != categories) {
		if (s->nr == a->vec_len)
			return ENOUGH;
		if (put_run(s))
			return -EFAULT;
		s->nr++;
		s->run.start = va;
		s->run.categories = categories;
	}
	s->run.end = va + PAGE_SIZE;
	a->max_pages--;
	return 0;
}

static int put_run(const struct scan *s)
{
	return s->nr ? copy_to_user(s->arg.vec + (s->nr - 1) * sizeof(s->run), &s->run,
				    sizeof(s->run)) : 0;
}
