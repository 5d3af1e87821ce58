// SPDX-License-Identifier: MIT
/*
 * A fault on a page that is away, and writing to one that has a slot still.
 *
 *	entry ─► in the swap cache?  no: leave the area, read, start over
 *	         up to date?         no: wait for it in the same way
 *	         map it, write-protected and clean; one user of the slot less
 *	         a write: copy or reuse, as for any page that may not be written
 *
 * A page that is only read keeps its slot, for as long as more than half of all
 * swap is free: then it need not be written again.  The first write to it, or
 * scarcity, frees the slot.
 *
 * How much is read with a page is learned for each area: as much again while
 * what was read ahead was used, half as much when it was not.
 *
 * Lock: the area (fault.h), left to wait; the page lock while mapping it,
 * so that nobody maps a page that leaves the cache; ptl around the PTE.
 */
#include <mm/swap.h>

#include <arch/mmu.h>
#include <mm/anon.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/swap_cache.h>
#include <mm/vma.h>
#include <mm/vmstat.h>

#define WINDOW_START    4U

static enum fault_result fault_read(struct fault *f, swp_t s);
static enum fault_result fault_map(struct fault *f, struct page *page, swp_t s);
static bool map_entry(struct fault *f, struct page *page, swp_t s);

enum fault_result swap_fault(struct fault *f)
{
	swp_t s = pte_to_swp(f->orig);
	struct page *page;

	if (unlikely(swp_type(s) >= SWAP_TYPE_GUARD))
		return swp_type(s) == SWAP_TYPE_GUARD ? FAULT_MAPERR : FAULT_BUS;
	page = swap_cache_find(s);
	if (!page)
		return fault_read(f, s);
	if (!page_test(page, PG_uptodate) || !trylock_page(page)) {
		put_page(page);
		return fault_read(f, s);
	}
	if (!page_test(page, PG_swapcache) || swap_page_slot(page).v != s.v) {
		swap_page_release(page);        /* it has left: look again */
		return fault_retry(f);
	}
	return fault_map(f, page, s);
}

/* ---- waiting for it ---- */

/* Slots to read at once, by what became of those read before. */
static unsigned int read_window(struct vm_area_struct *vma, swp_t s)
{
	unsigned int window = vma->swap_window ? vma->swap_window : WINDOW_START;
	u32 slot = swp_slot(s), last = vma->swap_last;

	if (vma->swap_hits * 2U >= window || (window == 1 && slot - last + 1 <= 2))
		window *= 2;
	else if (vma->swap_window && !vma->swap_hits)
		window = max(window / 2, 1U);
	window = min(window, swap_window_max());
	vma->swap_window = window;
	vma->swap_hits = 0;
	vma->swap_last = slot;
	return vma->vm_flags & VM_RAND_READ ? 1 : window;
}

static enum fault_result fault_read(struct fault *f, swp_t s)
{
	unsigned int window = read_window(f->vma, s);
	enum fault_result r = fault_retry(f);

	f->major = true;
	/* A debugger, or swapoff: nobody is to die for it. */
	switch (swap_read(s, window, f->force ? GFP_KERNEL : GFP_USER)) {
	case 0:
		break;
	case -ENOMEM:
		f->verdict = FAULT_OOM;
		break;
	case -EINTR:
		f->verdict = FAULT_KILLED;
		break;
	default:
		f->verdict = FAULT_BUS;
	}
	return r;
}

/* ---- mapping it ---- */

/* Consumes the page's lock and reference. */
static enum fault_result fault_map(struct fault *f, struct page *page, swp_t s)
{
	bool write = f->access == FAULT_WRITE;

	if (page_test_and_clear(page, PG_readahead) && f->vma->swap_hits < SWAP_WINDOW_MAX)
		f->vma->swap_hits++;
	if (!page_test(page, PG_anon))
		page_set(page, PG_anon);        /* nobody else has mapped it, or could */
	if (!map_entry(f, page, s)) {
		swap_page_release(page);
		return fault_retry(f);
	}
	if (write || !swap_keeps(s) || f->vma->vm_flags & VM_LOCKED)
		swap_cache_drop(page, 0, false);
	unlock_page(page);
	return write ? anon_cow(f) : FAULT_DONE;
}

/* True: the page's reference is the PTE's now. */
static bool map_entry(struct fault *f, struct page *page, swp_t s)
{
	pte_t e = pte_wrprotect(pte_make(page_to_pfn(page), f->vma->vm_prot));

	if (f->vma->vm_flags & VM_EXEC)
		icache_flush(&f->mm->context);
	spin_lock(&f->table->ptl);
	if (!pte_same(pte_read(f->pte), f->orig)) {
		spin_unlock(&f->table->ptl);
		return false;
	}
	if (atomic_inc_return(&page->mapcount) == 1)
		vmstat_inc(VMSTAT_nr_anon_pages);
	pte_set(f->pte, e);
	atomic_long_inc(&f->mm->rss[MM_ANONPAGES]);
	atomic_long_dec(&f->mm->rss[MM_SWAPENTS]);
	spin_unlock(&f->table->ptl);
	swap_free(s);
	f->orig = e;
	return true;
}
