// SPDX-License-Identifier: MIT
/*
 * What an address space may still have: RLIMIT_AS, RLIMIT_DATA and
 * RLIMIT_MEMLOCK, and the promise of memory for pages that will become a
 * process' own (overcommit).
 *
 * A private writable area is counted when it is made, not when it is touched:
 * committed is what everybody together could still ask for.  Only mode 2
 * refuses by it; mode 0 refuses what is larger than all memory and swap at
 * once; mode 1 nothing (Linux: Documentation/mm/overcommit-accounting).
 *
 * Mode 2 keeps two reserves, so that there is a way out when all is promised: one
 * for an administrator to log in and kill, and one that a process which has most
 * of the memory leaves to the others.
 *
 * Always true: the sum of mm->committed (and of what shmem holds) is
 * vm_committed().
 * Lock: mm->lock for writing for one space; the sum is atomic.
 */
#include <mm/commit.h>

#include <arch/thread.h>
#include <lib/atomic.h>
#include <lib/errno.h>
#include <mm/frames.h>
#include <mm/mmap.h>
#include <mm/vma_edit.h>

unsigned int sysctl_overcommit_memory = OVERCOMMIT_GUESS;
unsigned int sysctl_overcommit_ratio = 50;
unsigned long sysctl_overcommit_kbytes;
unsigned long sysctl_admin_reserve_kbytes, sysctl_user_reserve_kbytes;
unsigned int sysctl_max_map_count = 65530;

static atomic_long_t committed;
static atomic_long_t swap_pages;

unsigned long vm_committed(void)
{
	long nr = atomic_long_read(&committed);

	return nr > 0 ? nr : 0;
}

unsigned long vm_commit_limit(void)
{
	unsigned long kbytes = READ_ONCE(sysctl_overcommit_kbytes);
	unsigned long ram = kbytes ? kbytes >> (PAGE_SHIFT - 10) :
				     frames_total * READ_ONCE(sysctl_overcommit_ratio) / 100;

	return ram + atomic_long_read(&swap_pages);
}

void vm_swap_resize(long pages)
{
	atomic_long_add(pages, &swap_pages);
}

unsigned long vm_total_pages(void)
{
	return frames_total + atomic_long_read(&swap_pages);
}

void commit_init(void)
{
	unsigned long free_kbytes = frames_free() << (PAGE_SHIFT - 10);

	sysctl_admin_reserve_kbytes = min(free_kbytes / 32, 8UL << 10);
	sysctl_user_reserve_kbytes = min(free_kbytes / 32, 128UL << 10);
}

/* Mode 2: would the sum stay within what @mm (NULL: a kernel thread) may have?  It is counted. */
static __noinline int promise_within_limit(const struct mm_struct *mm, unsigned long pages)
{
	unsigned long limit = vm_commit_limit(), kept = 0;
	unsigned long now = atomic_long_add_return(pages, &committed);

	if (!commit_may_use_reserve())
		kept = READ_ONCE(sysctl_admin_reserve_kbytes) >> (PAGE_SHIFT - 10);
	if (mm)
		kept += min(READ_ONCE(mm->total_vm) / 32,
			    READ_ONCE(sysctl_user_reserve_kbytes) >> (PAGE_SHIFT - 10));
	if (limit > kept && now < limit - kept)
		return 0;
	atomic_long_sub(pages, &committed);
	return -ENOMEM;
}

/* Modes 0 and 1. */
static inline int promise_freely(unsigned long pages)
{
	if (sysctl_overcommit_memory == OVERCOMMIT_GUESS &&
	    unlikely(pages > frames_total + atomic_long_read(&swap_pages)))
		return -ENOMEM;
	atomic_long_add(pages, &committed);
	return 0;
}

int vm_commit_pages(unsigned long pages)
{
	if (unlikely(sysctl_overcommit_memory == OVERCOMMIT_NEVER))
		return promise_within_limit(current_thread()->mm, pages);
	return promise_freely(pages);
}

void vm_uncommit_pages(unsigned long pages)
{
	atomic_long_sub(pages, &committed);
}

/* Apart, as mode 2 is rare: what is left of vm_commit() keeps no registers. */
static __noinline int vm_commit_within_limit(struct mm_struct *mm, unsigned long pages)
{
	int err = promise_within_limit(mm, pages);

	if (!err)
		mm->committed += pages;
	return err;
}

int vm_commit(struct mm_struct *mm, unsigned long pages)
{
	if (unlikely(sysctl_overcommit_memory == OVERCOMMIT_NEVER))
		return vm_commit_within_limit(mm, pages);
	if (promise_freely(pages))
		return -ENOMEM;
	mm->committed += pages;
	return 0;
}

void vm_uncommit(struct mm_struct *mm, unsigned long pages)
{
	atomic_long_sub(pages, &committed);
	mm->committed -= pages;
}

/* ---------------------------------------------------------------- limits */

static inline bool is_data(unsigned long flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

static inline bool is_text(unsigned long flags)
{
	return (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC;
}

/* Text or a stack, that is, or nothing that is counted apart. */
static void vm_stat_other(struct mm_struct *mm, unsigned long flags, long pages)
{
	if (is_text(flags))
		mm->exec_vm += pages;
	else if (flags & VM_GROWSDOWN)
		mm->stack_vm += pages;
}

void vm_stat_account(struct mm_struct *mm, unsigned long flags, long pages)
{
	mm->total_vm += pages;
	if (mm->total_vm > mm->hiwater_vm)
		mm->hiwater_vm = mm->total_vm;
	if (flags & VM_LOCKED)
		mm->locked_vm += pages;
	if (is_data(flags))
		mm->data_vm += pages;
	else
		vm_stat_other(mm, flags, pages);
}

void vm_stat_change(struct mm_struct *mm, unsigned long old, unsigned long new, long pages)
{
	mm->data_vm += is_data(new) ? pages : 0;
	mm->data_vm -= is_data(old) ? pages : 0;
	if ((old | new) & VM_EXEC) {
		mm->exec_vm += is_text(new) ? pages : 0;
		mm->exec_vm -= is_text(old) ? pages : 0;
	}
}

bool may_expand_vm(struct mm_struct *mm, unsigned long flags, unsigned long pages)
{
	if (mm->total_vm + pages > READ_ONCE(mm->rlim_as) >> PAGE_SHIFT)
		return false;
	return !is_data(flags) ||
	       mm->data_vm + pages <= READ_ONCE(mm->rlim_data) >> PAGE_SHIFT;
}
