// SPDX-License-Identifier: MIT
/*
 * Windows, the long way: look at the PTE as the hart would, and fault the page in
 * if it forbids the access.
 *
 * No lock of the address space is taken: the walk is a glance, for tables are
 * freed only after a wait for those.  A table that was unhooked meanwhile has only
 * empty entries, and nobody fills it again.
 *
 * Lock: a glance and one ptl in it; faults with neither.
 */
#include <mm/window.h>

#include <arch/mmu.h>
#include <kernel/sync.h>
#include <lib/errno.h>
#include <mm/vma_lock.h>

static bool window_try(struct window *w, struct mm_struct *mm, vaddr_t addr,
		       enum fault_access access, bool force);
static bool window_huge(struct window *w, struct mm_struct *mm, vaddr_t addr,
			enum fault_access access);
static int window_fault(struct mm_struct *mm, vaddr_t addr, enum fault_access access, bool force);

int window_open(struct window *w, struct mm_struct *mm, vaddr_t addr, enum fault_access access,
		bool force)
{
	int err;

	if (DEBUG)
		might_sleep();
	if (unlikely(!mm || addr >= USER_END))
		return -EFAULT;
	while (!window_try(w, mm, addr, access, force) && !window_huge(w, mm, addr, access)) {
		err = window_fault(mm, addr, access, force);
		if (err)
			return err;
	}
	if (unlikely(pte_special(w->e))) {      /* of a block: it permits what that page's would */
		w->e = pte_single(w->e, pt_index(addr, 0));
		if (!pfn_valid(pte_pfn(w->e))) {
			window_close(w);        /* a device's: the direct map has RAM alone */
			return -EFAULT;
		}
	}
	w->kaddr = window_kaddr(w, addr);
	return 0;
}

/* Do it for the hart.  The table is locked: only harts change the entry. */
static void mark_touched(pte_t *pte, enum fault_access access)
{
	pte_t e, want;

	do {
		e = pte_read(pte);
		want = window_touched(e, access);
	} while (!pte_same(e, want) && !pte_cmpxchg(pte, e, want));
}

/* As things stand now.  True: in a glance, the table locked, and w->e permits the access. */
static bool window_try(struct window *w, struct mm_struct *mm, vaddr_t addr,
		       enum fault_access access, bool force)
{
	pte_t *pte;

	w->glance = glance_begin();
	pte = pt_find_any(mm, addr, &w->table);
	if (likely(pte)) {
		spin_lock(&w->table->ptl);
		w->e = pte_read(pte);
		if (likely(window_permits(w->e, access, force))) {
			mark_touched(pte, access);
			return true;
		}
		spin_unlock(&w->table->ptl);
	}
	glance_end(w->glance);
	return false;
}

/*
 * No table: perhaps a huge entry, locked like any other by the ptl of the table it is in.
 * w->e is as the entry of a small page would be.
 */
static bool window_huge(struct window *w, struct mm_struct *mm, vaddr_t addr,
			enum fault_access access)
{
	struct pt_piece p;
	pte_t e;

	w->glance = glance_begin();
	pt_next_piece(mm, addr, USER_END, &p);
	if (p.kind == PT_HUGE) {
		w->table = virt_to_page(p.entry);
		spin_lock(&w->table->ptl);
		e = pte_read(p.entry);
		if (pte_huge(e) && window_permits(e, access, false)) {
			mark_touched(p.entry, access);
			w->e = pte_huge_part(e, pt_index(addr, 0));
			return true;
		}
		spin_unlock(&w->table->ptl);
	}
	glance_end(w->glance);
	return false;
}

/* Make it permitted, by the usual path.  0: look again.  Nothing is held. */
static int window_fault(struct mm_struct *mm, vaddr_t addr, enum fault_access access, bool force)
{
	enum fault_result r;

	if (mm != current_mm() && atomic_read(&mm->users) > 1)
		mm_share(mm);           /* its own task may be changing areas */
	r = force ? handle_mm_fault_force(mm, addr, access) :
		    handle_mm_fault(mm, addr, access, NULL);
	if (r == FAULT_DONE)
		return 0;
	return r == FAULT_KILLED ? -EINTR : -EFAULT;
}
