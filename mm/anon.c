// SPDX-License-Identifier: MIT
/*
 * Anonymous pages: memory that starts as zeroes and belongs to a process.
 *
 *	read, nothing there    the one page of zeroes, for all, not accounted
 *	write, nothing there   an own page of zeroes
 *	write, zero page       an own page of zeroes in its place
 *	write, shared page     (after fork; or a private file page) an own copy,
 *	                       or the page itself when nobody else is left
 *
 * Copying is done with the PTE locked: the page cannot go meanwhile, and no
 * reference need be taken and given back.  Between the old translation and
 * the new one the entry is empty and flushed, so that two harts never see
 * two different pages at one address.
 *
 * Lock: the area (fault.h), ptl around the PTE.
 */
#include <mm/anon.h>

#include <arch/mmu.h>
#include <mm/anon_own.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/rss.h>
#include <mm/swap.h>
#include <mm/userfault.h>
#include <mm/vma.h>
#include <mm/vmstat.h>

unsigned long zero_pfn;

static enum fault_result map_zero_page(struct fault *f);
static bool cow_reuse(struct fault *f, struct page *old);
static enum fault_result cow_copy(struct fault *f, struct page *old, struct page *new);

const struct vm_ops anon_vm_ops = { .fault = anon_fault };

void zero_page_init(void)
{
	struct page *page = alloc_page(GFP_KERNEL | GFP_ZERO);

	if (!page)
		panic("no frame for the zero page");
	zero_pfn = page_to_pfn(page);
}

enum fault_result anon_fault(struct fault *f)
{
	struct page *page;

	if (unlikely(f->vma->vm_flags & VM_UFFD_MISSING))
		return userfault_ask(f, false);
	if (f->access != FAULT_WRITE)
		return map_zero_page(f);
	page = anon_page_alloc(GFP_USER | GFP_ZERO);
	if (unlikely(!page))
		return FAULT_OOM;
	return anon_install(f, page, NULL);
}

static enum fault_result map_zero_page(struct fault *f)
{
	pte_t e = pte_mkspecial(pte_wrprotect(pte_make(zero_pfn, f->vma->vm_prot)));

	spin_lock(&f->table->ptl);
	if (pte_same(pte_read(f->pte), f->orig))
		pte_set(f->pte, e);
	spin_unlock(&f->table->ptl);
	return FAULT_DONE;
}

enum fault_result anon_cow(struct fault *f)
{
	struct page *old = pte_special(f->orig) ? NULL : pfn_to_page(pte_pfn(f->orig)), *new;

	if (old && cow_reuse(f, old))
		return FAULT_DONE;
	new = anon_page_alloc(old ? GFP_USER : GFP_USER | GFP_ZERO);
	if (!new)
		return FAULT_OOM;
	return cow_copy(f, old, new);
}

/* Ours alone: allow the write.  True also when the entry has changed: look again. */
static bool cow_reuse(struct fault *f, struct page *old)
{
	bool done = true;
	pte_t e;

	if (atomic_read(&old->count) != 1 && !page_test(old, PG_swapcache))
		return false;
	spin_lock(&f->table->ptl);
	if (pte_same(pte_read(f->pte), f->orig)) {
		done = anon_exclusive(old) || (page_test(old, PG_swapcache) && swap_reuse(old));
		e = pte_mkdirty(pte_mkyoung(f->orig));
		if (f->vma->vm_flags & VM_WRITE)        /* not for a debugger's write */
			e = pte_mkwrite(e);
		if (done)
			pte_set(f->pte, e);
	}
	spin_unlock(&f->table->ptl);
	if (done)
		vmstat_inc(VMSTAT_pgreuse);
	return done;
}

/* @old NULL: the zero page. */
static enum fault_result cow_copy(struct fault *f, struct page *old, struct page *new)
{
	pte_t e = pte_mkdirty(pte_make(page_to_pfn(new), f->vma->vm_prot));

	assert_held(&f->vma->vm_gate);
	spin_lock(&f->table->ptl);
	if (unlikely(!pte_same(pte_read(f->pte), f->orig)))
		return fault_lost(f, new);
	if (old)
		page_copy(page_address(new), page_address(old));
	if (unlikely(f->vma->vm_flags & VM_EXEC))
		icache_flush(&f->mm->context);
	atomic_set(&new->mapcount, 1);
	pte_xchg(f->pte, NO_PTE);
	tlb_flush_page(&f->mm->context, f->addr);
	pte_set(f->pte, e);
	spin_unlock(&f->table->ptl);

	if (old) {
		atomic_long_dec(&f->mm->rss[page_rss_counter(old)]);
		if (atomic_dec_and_test(&old->mapcount))
			vmstat_add(page_test(old, PG_anon) ? VMSTAT_nr_anon_pages :
							     VMSTAT_nr_mapped, -1);
		put_unmapped_page(old);
		vmstat_inc(VMSTAT_pgcow);
	}
	return anon_installed(f);
}
