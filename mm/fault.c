// SPDX-License-Identifier: MIT
/*
 * A page fault, from the address to a PTE that allows the access.
 *
 *	handle_mm_fault      driver loop: look, resolve; again after sleeping
 *	  fault_lookup       the area, entered; grow the stack; may it?
 *	  fault_resolve      walk to the PTE, and by what stands there:
 *
 *	PTE         | access          | what is done                     | where
 *	------------+-----------------+----------------------------------+--------------
 *	(no table)  | any             | 2 MiB at once, 64 KiB, a table   | huge.c, block.c
 *	none        | any             | the area's pages: vm_ops->fault  | anon.c, filemap_fault.c,
 *	            |                 |                                  | shmem.c, pfnmap.c
 *	swap entry  | any             | read the slot back               | swap.h
 *	present, !W | write, private  | reuse the last copy, or copy     | anon_cow
 *	present, !W | write, shared   | tell the file, allow             | fault_shared_write
 *	present     | anything else   | another hart was faster, or the  | fault_allowed
 *	            |                 | hart wants accessed or dirty set |
 *
 * One place sleeps for long: a step that must wait leaves the area and
 * answers FAULT_RETRY, and everything found is looked up again.  Where the program
 * brings the page in itself the driver loop waits for it (userfault.c).
 *
 * Always true: fault_resolve() and its steps hold the area and no other lock;
 * FAULT_RETRY means that it was left, any other answer that it was not.
 * Lock: the gate of the area (vma_lock.h), mm->lock only to find the area when
 * it cannot be found without; ptl around the look at and change of the PTE.
 */
#include <mm/fault.h>

#include <arch/mmu.h>
#include <lib/printf.h>
#include <mm/address_space.h>
#include <mm/anon.h>
#include <mm/filemap.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/pt_piece.h>
#include <mm/rss.h>
#include <mm/stack.h>
#include <mm/swap.h>
#include <mm/userfault.h>
#include <mm/vma.h>
#include <mm/vma_lock.h>
#include <mm/vmstat.h>

static enum fault_result fault_try(struct fault *f);
static enum fault_result fault_rounds(struct fault *f, enum fault_result r, bool user);
static enum fault_result fault_rounds_counted(struct fault *f, bool *major);
static enum fault_result fault_lookup(struct fault *f);
static enum fault_result fault_resolve(struct fault *f);
static enum fault_result fault_lookup_locked(struct fault *f);
static enum fault_result fault_below(struct fault *f, bool grows);
static enum fault_result fault_denied(struct fault *f);
static enum fault_result fault_forbidden(struct fault *f);
static enum fault_result fault_shared_write(struct fault *f);
static enum fault_result fault_device_write(struct fault *f);
static enum fault_result fault_allowed(struct fault *f);

/* Only the question: what is found later is written before it is read. */
static inline void fault_ask(struct fault *f, struct mm_struct *mm, vaddr_t addr,
			     enum fault_access access, bool force)
{
	f->mm = mm;
	f->addr = addr & PAGE_MASK;
	f->exact = addr;
	f->access = access;
	f->force = force;
	f->major = false;
	f->verdict = FAULT_DONE;
}

enum fault_result handle_mm_fault(struct mm_struct *mm, vaddr_t addr, enum fault_access access,
				  bool *major)
{
	enum fault_result r;
	struct fault f;

	vmstat_inc(VMSTAT_pgfault);
	if (unlikely(addr >> USER_BITS))
		return FAULT_MAPERR;
	fault_ask(&f, mm, addr, access, false);
	r = fault_try(&f);
	return likely(r != FAULT_RETRY) ? r : fault_rounds_counted(&f, major);
}

static __noinline enum fault_result fault_rounds_counted(struct fault *f, bool *major)
{
	enum fault_result r = fault_rounds(f, FAULT_RETRY, major);

	if (f->major) {
		vmstat_inc(VMSTAT_pgmajfault);
		if (major)
			*major = true;
	}
	return r;
}

__noinline enum fault_result handle_mm_fault_force(struct mm_struct *mm, vaddr_t addr,
					enum fault_access access)
{
	struct fault f;

	if (addr >= USER_END)
		return FAULT_MAPERR;
	fault_ask(&f, mm, addr, access, true);
	return fault_rounds(&f, fault_try(&f), false);
}

/* One round.  FAULT_RETRY: it slept; nothing is held after any answer. */
static __always_inline enum fault_result fault_try(struct fault *f)
{
	enum fault_result r = fault_lookup(f);

	if (unlikely(r != FAULT_DONE))
		return r;
	r = fault_resolve(f);
	if (likely(r != FAULT_RETRY))
		fault_leave(f);
	return r;
}

/* Round after round until one need not sleep; @r: what the last one came to. */
static __noinline enum fault_result fault_rounds(struct fault *f, enum fault_result r, bool user)
{
	while (r == FAULT_RETRY) {
		if (f->verdict == FAULT_ASK)
			f->verdict = userfault_wait(f, user);
		if (f->verdict != FAULT_DONE)
			return f->verdict;
		if (fatal_signal_pending())
			return FAULT_KILLED;
		r = fault_try(f);
	}
	return r;
}

void fault_leave(struct fault *f)
{
	vma_leave(f->mm, f->vma);
}

enum fault_result fault_retry(struct fault *f)
{
	fault_leave(f);
	return FAULT_RETRY;
}

/* Any one of these flags permits the access: what may be written may be read (privileged 4.3.1). */
static const unsigned long access_needs[] = {
	[FAULT_READ] = VM_READ | VM_WRITE,
	[FAULT_WRITE] = VM_WRITE,
	[FAULT_EXEC] = VM_EXEC,
};

/* FAULT_DONE: f->vma is the area, entered, and it permits the access.  Else nothing is held. */
static __always_inline enum fault_result fault_lookup(struct fault *f)
{
	assert(!DEBUG || f->mm == current_thread()->mm || mm_is_shared(f->mm) ||
	       atomic_read(&f->mm->users) == 1);
	f->vma = vma_enter(f->mm, f->addr);
	if (unlikely(!f->vma)) {
		enum fault_result r = fault_lookup_locked(f);

		if (r != FAULT_DONE)
			return r;
	}
	if (unlikely(!(f->vma->vm_flags & access_needs[f->access])))
		return fault_denied(f);
	return FAULT_DONE;
}

/* No area, or one that is being changed: wait for who changes it. */
static __noinline enum fault_result fault_lookup_locked(struct fault *f)
{
	struct vm_area_struct *vma;
	bool grows;

	down_read(&f->mm->lock);
	vma = find_vma(f->mm, f->addr);
	if (vma && vma->vm_start <= f->addr) {
		vma_enter_held(f->mm, vma);
		up_read(&f->mm->lock);
		f->vma = vma;
		return FAULT_DONE;
	}
	grows = vma && vma->vm_flags & VM_GROWSDOWN;
	up_read(&f->mm->lock);
	return fault_below(f, grows);
}

/* In a hole: room for the area above to grow into, or nobody's. */
static enum fault_result fault_below(struct fault *f, bool grows)
{
	if (!grows)
		return FAULT_MAPERR;
	f->verdict = stack_grow(f->mm, f->addr) ? FAULT_MAPERR : FAULT_DONE;
	return FAULT_RETRY;
}

/* A debugger may what the area could ever permit, except write to what others share. */
static __noinline enum fault_result fault_denied(struct fault *f)
{
	unsigned long may = f->access == FAULT_WRITE ? VM_MAYWRITE : VM_MAYREAD;

	if (f->force && f->vma->vm_flags & may &&
	    !(f->access == FAULT_WRITE && f->vma->vm_flags & (VM_SHARED | VM_PFNMAP)))
		return FAULT_DONE;
	fault_leave(f);
	return FAULT_ACCERR;
}

static __always_inline enum fault_result fault_resolve(struct fault *f)
{
	f->pte = pt_find(f->mm, f->addr, &f->table);
	if (unlikely(!f->pte)) {
		enum fault_result r = huge_fault(f);

		if (r != FAULT_DONE || !f->pte)
			return r;
	}
	f->orig = pte_read(f->pte);
	if (pte_none(f->orig))
		return f->vma->vm_ops->fault(f);
	if (unlikely(!pte_present(f->orig)))
		return swap_fault(f);
	if (f->access == FAULT_WRITE && !pte_writable(f->orig))
		return fault_forbidden(f);
	return fault_allowed(f);
}

static enum fault_result fault_forbidden(struct fault *f)
{
	if (f->vma->vm_flags & VM_SHARED)
		return fault_shared_write(f);
	return anon_cow(f);
}

/*
 * The first write to a page that all who map the file share.  The page lock
 * is held from "dirty" until the PTE is writable, so that a write-back, which
 * takes both away under the same lock, sees neither or both.
 */
static __noinline enum fault_result fault_shared_write(struct fault *f)
{
	const struct vm_ops *ops = f->vma->vm_ops;
	struct page *page = pfn_to_page(pte_pfn(f->orig));
	enum fault_result r = FAULT_DONE;

	if (pte_special(f->orig))
		return fault_device_write(f);
	spin_lock(&f->table->ptl);
	if (!pte_same(pte_read(f->pte), f->orig)) {
		spin_unlock(&f->table->ptl);
		return FAULT_DONE;
	}
	get_page(page);
	spin_unlock(&f->table->ptl);

	if (ops->page_mkwrite)
		r = ops->page_mkwrite(f, page);
	else
		lock_page(page);
	if (r == FAULT_DONE) {
		if (page->mapping)
			set_page_dirty(page);
		spin_lock(&f->table->ptl);
		if (pte_same(pte_read(f->pte), f->orig) && page->mapping)
			pte_set(f->pte, pte_mkwrite(pte_mkdirty(pte_mkyoung(f->orig))));
		spin_unlock(&f->table->ptl);
		unlock_page(page);
	}
	put_page(page);
	return r;
}

/* Registers that could not be written before an mprotect. */
static enum fault_result fault_device_write(struct fault *f)
{
	spin_lock(&f->table->ptl);
	if (pte_same(pte_read(f->pte), f->orig))
		pte_set(f->pte, pte_mkwrite(pte_mkdirty(pte_mkyoung(f->orig))));
	spin_unlock(&f->table->ptl);
	return FAULT_DONE;
}

/* The entry is good; this hart's translation is stale, or it leaves A and D to us. */
static enum fault_result fault_allowed(struct fault *f)
{
	pte_t want = pte_mkyoung(f->orig);

	if (f->access == FAULT_WRITE)
		want = pte_mkdirty(want);
	if (!pte_same(want, f->orig)) {
		spin_lock(&f->table->ptl);
		pte_cmpxchg(f->pte, f->orig, want);
		spin_unlock(&f->table->ptl);
	}
	tlb_flush_page_local(&f->mm->context, f->addr);
	return FAULT_DONE;
}

/*
 * Instructions are forgotten first: another hart may run the page as soon as the entry is there.
 */
enum fault_result fault_install(struct fault *f, struct page *page, bool writable)
{
	struct vm_area_struct *vma = f->vma;
	pte_t e = pte_make(page_to_pfn(page), vma->vm_prot);
	int counter = page_rss_counter(page);

	assert_held(&vma->vm_gate);
	e = writable ? pte_mkdirty(e) : pte_wrprotect(e);
	if (unlikely(vma->vm_flags & VM_EXEC))
		icache_flush(&f->mm->context);
	spin_lock(&f->table->ptl);
	if (unlikely(!pte_same(pte_read(f->pte), f->orig)))
		return fault_lost(f, page);
	if (unlikely(counter != MM_ANONPAGES && READ_ONCE(page->mapping) != vma->vm_mapping)) {
		spin_unlock(&f->table->ptl);    /* truncated on the way */
		put_page(page);
		return fault_retry(f);
	}
	if (atomic_inc_return(&page->mapcount) == 1)
		vmstat_inc(counter == MM_ANONPAGES ? VMSTAT_nr_anon_pages : VMSTAT_nr_mapped);
	pte_set(f->pte, e);
	spin_unlock(&f->table->ptl);

	atomic_long_inc(&f->mm->rss[counter]);
	if (counter == MM_ANONPAGES && !vma->vm_has_anon)
		WRITE_ONCE(vma->vm_has_anon, true);
	return FAULT_DONE;
}

enum fault_result fault_lost(struct fault *f, struct page *page)
{
	spin_unlock(&f->table->ptl);
	put_page(page);
	return FAULT_DONE;
}

int fault_describe(struct mm_struct *mm, vaddr_t addr, char *buf, size_t len)
{
	struct vm_area_struct *vma;
	unsigned long flags;
	const char *name;
	int n;

	if (!down_read_trylock(&mm->lock))
		return scnprintf(buf, len, "area unknown (being changed)");
	vma = vma_lookup(mm, addr);
	if (!vma) {
		n = scnprintf(buf, len, "no area");
	} else {
		flags = vma->vm_flags;
		name = vma->vm_file ? "file" : vma_name(vma);
		n = scnprintf(buf, len, "area %lx-%lx %c%c%c%c %s", vma->vm_start, vma->vm_end,
			      flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
			      flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p',
			      name ? name : "anonymous");
	}
	up_read(&mm->lock);
	return n;
}
