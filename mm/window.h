// SPDX-License-Identifier: MIT
/*
 * A window: one page of a program held still while the kernel reaches into it.
 *
 * Open, its page table is locked, in a glance: the frame cannot go, the
 * permission cannot be taken away, a shared page that was marked dirty cannot
 * be cleaned before the bytes are in it.  Nothing may sleep.
 */
#ifndef MM_WINDOW_H
#define MM_WINDOW_H

#include <arch/pte.h>
#include <arch/thread.h>
#include <mm/anon.h>
#include <mm/fault.h>
#include <mm/glance.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_piece.h>

struct window {
	struct hart_local *glance;
	struct page *table;
	pte_t *pte;             /* of window_at_once() */
	pte_t e;
	void *kaddr;            /* of the address asked for */
};

/*
 * Show the page of @addr, faulted in by the usual path if need be.  0, or nothing is held: -EFAULT;
 * -EINTR, killed.  A debugger's @force: also what @mm's own program may not.  Sleeps before.
 */
int window_open(struct window *w, struct mm_struct *mm, vaddr_t addr, enum fault_access access,
		bool force);

static inline void window_close(struct window *w)
{
	spin_unlock(&w->table->ptl);
	glance_end(w->glance);
}

static inline struct mm_struct *current_mm(void)
{
	return current_thread()->mm;
}

/* @e with what the hart would have done to it on this access: used, written. */
static inline pte_t window_touched(pte_t e, enum fault_access access)
{
	return access == FAULT_WRITE ? pte_mkdirty(pte_mkyoung(e)) : pte_mkyoung(e);
}

/* May it go ahead?  A debugger (@force) may read what is there, write what is the process' own. */
static inline bool window_permits(pte_t e, enum fault_access access, bool force)
{
	if (access != FAULT_WRITE)
		return pte_readable(e) || (force && pte_present(e));
	return pte_writable(e) || (force && pte_present(e) && !pte_special(e) &&
				   anon_exclusive(pfn_to_page(pte_pfn(e))));
}

/* It permits that, has nothing to be marked, and names a frame beyond doubt. */
static inline bool window_ready(pte_t e, enum fault_access access)
{
	return pte_plain(e, access == FAULT_WRITE);
}

static inline void *window_kaddr(const struct window *w, vaddr_t addr)
{
	return (char *)pa_to_virt(pte_pfn(w->e) << PAGE_SHIFT) + (addr & ~PAGE_MASK);
}

/* Whose memory @addr is of, for window_at_once(); NULL: no program's. */
static __always_inline struct mm_struct *window_mm(vaddr_t addr)
{
	if (DEBUG)
		might_sleep();
	return likely(!(addr >> USER_BITS)) ? current_mm() : NULL;
}

/* The rest of window_at_once() for who is in the glance w->glance, and stays there if it fails. */
static __always_inline bool window_in_glance(struct window *w, struct mm_struct *mm, vaddr_t addr,
					     enum fault_access access)
{
	w->pte = pt_find_any(mm, addr, &w->table);
	if (unlikely(!w->pte || !spin_trylock(&w->table->ptl)))
		return false;
	w->e = pte_read(w->pte);
	if (unlikely(!window_ready(w->e, access))) {
		spin_unlock(&w->table->ptl);
		return false;
	}
	w->kaddr = window_kaddr(w, addr);
	return true;
}

/*
 * window_open() in the current program where all is as it mostly is: the entry there and used,
 * its table free.  False: nothing was done, open it the long way.  It calls nothing, so that @w
 * is never in memory: who comes with few bytes pays little more than the walk.
 */
static __always_inline bool window_at_once(struct window *w, vaddr_t addr, enum fault_access access)
{
	struct mm_struct *mm = window_mm(addr);

	if (unlikely(!mm))
		return false;
	w->glance = glance_begin();
	if (likely(window_in_glance(w, mm, addr, access)))
		return true;
	glance_end(w->glance);
	return false;
}

/* Open by window_at_once(): on to the next page, if the same table has it and it is ready too. */
static __always_inline bool window_next(struct window *w, enum fault_access access)
{
	pte_t *next = w->pte + 1, e;

	if (unlikely(!((unsigned long)next & ~PAGE_MASK)))
		return false;
	e = pte_read(next);
	if (unlikely(!window_ready(e, access)))
		return false;
	w->pte = next;
	w->e = e;
	w->kaddr = window_kaddr(w, 0);
	return true;
}

/*
 * Two windows at most, for a page's worth of bytes wherever it begins: @len bytes, PAGE_SIZE at
 * most, from @addr on.
 */
struct window_pair {
	struct window first;
	void *rest;             /* where those are that lie in the second page; NULL: none do */
	size_t nr_first;        /* bytes of the first */
};

/* As window_in_glance(). */
static __always_inline bool window_pair_in_glance(struct window_pair *p, struct mm_struct *mm,
						  vaddr_t addr, size_t len,
						  enum fault_access access)
{
	size_t n = PAGE_SIZE - (addr & ~PAGE_MASK);
	struct window next;

	if (unlikely(!window_in_glance(&p->first, mm, addr, access)))
		return false;
	p->nr_first = len;
	p->rest = NULL;
	if (n < len) {
		next = p->first;
		if (unlikely(!window_next(&next, access))) {
			spin_unlock(&p->first.table->ptl);
			return false;
		}
		p->nr_first = n;
		p->rest = next.kaddr;
	}
	return true;
}

#endif
