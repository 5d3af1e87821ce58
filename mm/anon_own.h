// SPDX-License-Identifier: MIT
/*
 * An own page, from the frame to its entry: what anonymous areas and private writes to
 * files have in common.  Inline, for faults consist of little else.
 */
#ifndef MM_ANON_OWN_H
#define MM_ANON_OWN_H

#include <arch/mmu.h>
#include <mm/fault.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/rss.h>
#include <mm/vma.h>
#include <mm/vmstat.h>

/* A frame of the process' own, not yet mapped: filled by the caller.  NULL: no memory. */
static inline struct page *anon_page_alloc(unsigned int gfp)
{
	struct page *page = alloc_page(gfp);

	if (likely(page))
		page->flags = BIT(PG_anon) | BIT(PG_swapbacked) | BIT(PG_uptodate);
	return page;
}

/* After the entry of an own page was made. */
static inline enum fault_result anon_installed(struct fault *f)
{
	atomic_long_inc(&f->mm->rss[MM_ANONPAGES]);
	vmstat_inc(VMSTAT_nr_anon_pages);
	if (unlikely(!f->vma->vm_has_anon))
		WRITE_ONCE(f->vma->vm_has_anon, true);
	return FAULT_DONE;
}

/*
 * As fault_install(), writable, for a page that nobody else knows: nothing to count twice.
 * @of: the page of the file that it is a copy of, held by the caller; not if that has been
 * truncated meanwhile, for whoever cuts the file off takes private copies too.  Or NULL.
 */
static __always_inline enum fault_result anon_install(struct fault *f, struct page *page,
						      struct page *of)
{
	struct vm_area_struct *vma = f->vma;
	pte_t e = pte_mkdirty(pte_make(page_to_pfn(page), vma->vm_prot));

	assert_held(&vma->vm_gate);
	if (unlikely(vma->vm_flags & VM_EXEC))
		icache_flush(&f->mm->context);
	spin_lock(&f->table->ptl);
	if (unlikely(!pte_same(pte_read(f->pte), f->orig)))
		return fault_lost(f, page);
	if (unlikely(of && READ_ONCE(of->mapping) != vma->vm_mapping)) {
		spin_unlock(&f->table->ptl);
		put_page(page);
		return fault_retry(f);
	}
	atomic_set(&page->mapcount, 1);
	pte_set(f->pte, e);
	spin_unlock(&f->table->ptl);
	return anon_installed(f);
}

#endif
