// SPDX-License-Identifier: MIT
/*
 * userfaultfd: MOVE, a page of the program changes its place.
 *
 * Nothing is copied and no count changes: the entry moves, as in mremap, from any
 * private memory into a registered area.  What others have too since a fork stays,
 * -EBUSY.  The old translation is forgotten before eviction may look at the
 * tables again, which flushes the address at which it finds a page.
 *
 * Lock: mm->lock for reading, so that areas and tables stay; u->changing_lock;
 * mm->tables_lock against eviction, and the ptl of both tables.
 */
#include <mm/userfault.h>

#include <arch/mmu.h>
#include <lib/errno.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/swap.h>
#include <mm/swap_cache.h>
#include <mm/vma_edit.h>

static int may_move(const struct userfault *u, const struct userfault_move *m,
		    const struct vm_area_struct *to, const struct vm_area_struct *from);
static long move_pages(struct mm_struct *mm, const struct userfault_move *m);
static int move_page(struct mm_struct *mm, vaddr_t dst, vaddr_t src, bool holes);
static int entry_moves(pte_t to, pte_t from, bool holes);

long userfault_move(struct userfault *u, const struct userfault_move *m)
{
	struct mm_struct *mm = u->mm;
	struct vm_area_struct *to, *from;
	long done = -ENOENT;

	if (down_read_killable(&mm->lock))
		return -EINTR;
	to = vma_lookup(mm, m->dst);
	from = vma_lookup(mm, m->src);
	if (to && from) {
		down_read(&u->changing_lock);
		done = atomic_read(&u->changing) ? -EAGAIN : may_move(u, m, to, from);
		if (!done) {
			WRITE_ONCE(to->vm_has_anon, true);
			done = move_pages(mm, m);
			if (to->vm_flags & VM_EXEC)
				icache_flush(&mm->context);
		}
		up_read(&u->changing_lock);
	}
	up_read(&mm->lock);
	return done;
}

static int may_move(const struct userfault *u, const struct userfault_move *m,
		    const struct vm_area_struct *to, const struct vm_area_struct *from)
{
	if (m->len > from->vm_end - m->src || m->len > to->vm_end - m->dst)
		return -EINVAL;
	if ((to->vm_flags ^ from->vm_flags) & (VM_ACCESS | VM_LOCKED))
		return -EINVAL;
	if (!(from->vm_flags & VM_WRITE) || !vma_is_anonymous(from) || !vma_is_anonymous(to))
		return -EINVAL;
	return to->vm_flags & VM_UFFD && to->vm_private == u ? 0 : -EINVAL;
}

static long move_pages(struct mm_struct *mm, const struct userfault_move *m)
{
	size_t done = 0;
	int err = 0;

	while (done < m->len && !err) {
		err = move_page(mm, m->dst + done, m->src + done, m->holes);
		if (err)
			break;
		done += PAGE_SIZE;
		if (fatal_signal_pending())
			err = -EINTR;
		cond_resched();
	}
	return done ? (long)done : err;
}

static int move_page(struct mm_struct *mm, vaddr_t dst, vaddr_t src, bool holes)
{
	struct page *to_table, *from_table, *low, *high;
	pte_t *to = pt_walk(mm, dst, PT_ALLOC, &to_table);
	pte_t *from = pt_walk(mm, src, PT_ALLOC, &from_table), e;
	int err;

	if (!to || !from)
		return -ENOMEM;
	low = to_table < from_table ? to_table : from_table;
	high = to_table < from_table ? from_table : to_table;
	spin_lock(&mm->tables_lock);
	spin_lock(&low->ptl);
	if (high != low)
		spin_lock(&high->ptl);
	err = entry_moves(pte_read(to), pte_read(from), holes);
	if (!err && !pte_none(pte_read(from))) {
		e = pte_xchg(from, NO_PTE);
		if (pte_present(e))
			tlb_flush_page(&mm->context, src);
		pte_set(to, e);
	}
	if (high != low)
		spin_unlock(&high->ptl);
	spin_unlock(&low->ptl);
	spin_unlock(&mm->tables_lock);
	return err;
}

static int entry_moves(pte_t to, pte_t from, bool holes)
{
	const struct page *page;

	if (!pte_none(to))
		return -EEXIST;
	if (pte_none(from))
		return holes ? 0 : -ENOENT;
	if (!pte_present(from) && !pte_swapped(from))
		return -EFAULT;
	if (!pte_present(from))
		return swap_users(pte_to_swp(from)) == 1 ? 0 : -EBUSY;
	if (pte_special(from))
		return 0;
	page = pfn_to_page(pte_pfn(from));
	if (atomic_read(&page->mapcount) != 1)
		return -EBUSY;
	return page_test(page, PG_swapcache) && swap_users(swap_page_slot(page)) ? -EBUSY : 0;
}
