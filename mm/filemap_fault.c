// SPDX-License-Identifier: MIT
/*
 * Faults in areas of a file: its pages come from the page cache.
 *
 *	read or exec          cached: map it and its cached neighbours;
 *	                      else wait for the disk and start over
 *	write, private        an own copy of the cached page
 *	write, shared         tell the file system, mark dirty, map writable
 *
 * A page that is cached is mapped without its page lock.  Truncate makes
 * that safe from its side: it zaps before and after it takes pages out, and
 * an entry is made only while, with the PTE locked, the page is still the
 * file's.  Nor is the cache locked for it: faults of one file on two harts do
 * not wait for each other.
 *
 * Neighbours: 16 pages, aligned, so that a window never crosses a table; they
 * are mapped for reading, and marked as not used yet.  MADV_RANDOM does not
 * change that: it costs no read, and random accesses meet neighbours too.
 *
 * Lock: the area, left to wait, with a reference of the file; ptl around PTEs.
 */
#include <mm/filemap.h>

#include <arch/mmu.h>
#include <lib/err.h>
#include <lib/radix_inline.h>
#include <mm/address_space.h>
#include <mm/anon_own.h>
#include <mm/buddy.h>
#include <mm/fault.h>
#include <mm/frames.h>
#include <mm/glance.h>
#include <mm/mm.h>
#include <mm/reclaim.h>
#include <mm/vma.h>
#include <mm/vmstat.h>
#include <mm/workingset.h>

#define AROUND_PAGES    16U
#define AROUND_BYTES    (AROUND_PAGES << PAGE_SHIFT)
#define AHEAD_PAGES     32U
#define THROTTLE_EVERY  32U     /* dirtied pages between looks at how much is dirty */

static enum fault_result file_fault(struct fault *f);
static enum fault_result file_read(struct fault *f, pgoff_t index);
static bool map_around(struct fault *f);
static enum fault_result file_write_private(struct fault *f, pgoff_t index);
static enum fault_result file_write_shared(struct fault *f, pgoff_t index);
static enum fault_result file_page_mkwrite(struct fault *f, struct page *page);
static enum fault_result file_wait(struct fault *f, pgoff_t index);
static enum fault_result file_throttle(struct fault *f);

const struct vm_ops file_vm_ops = {
	.fault = file_fault,
	.page_mkwrite = file_page_mkwrite,
};

static inline pgoff_t pages_in(const struct address_space *as)
{
	return DIV_ROUND_UP(READ_ONCE(as->size), PAGE_SIZE);
}

/* Each way out of line: none saves the registers that another needs. */
static enum fault_result file_fault(struct fault *f)
{
	struct vm_area_struct *vma = f->vma;
	pgoff_t index = vma_pgoff(vma, f->addr);

	if (unlikely(index >= pages_in(vma->vm_mapping)))
		return FAULT_BUS;
	if (f->access != FAULT_WRITE)
		return file_read(f, index);
	if (vma->vm_flags & VM_SHARED)
		return file_write_shared(f, index);
	return file_write_private(f, index);
}

/* The cached page if its contents are good, referenced; or NULL. */
static __always_inline struct page *cached_page(struct fault *f, pgoff_t index)
{
	struct page *page = filemap_find(f->vma->vm_mapping, index);

	if (likely(page && page_test(page, PG_uptodate)))
		return page;
	if (page)
		put_page(page);
	return NULL;
}

static __noinline enum fault_result file_read(struct fault *f, pgoff_t index)
{
	struct page *page;

	if (map_around(f))
		return FAULT_DONE;
	page = cached_page(f, index);
	if (!page)
		return file_wait(f, index);
	return fault_install(f, page, false);
}

/*
 * One entry, its table locked, in the glance that found @page.  True: the entry
 * names it now, and has a reference.  First the reference and then a look at
 * page->mapping: who takes a page out that nobody uses does it the other way round.
 */
static __always_inline bool map_neighbour(pte_t *pte, struct page *page, struct vm_area_struct *vma,
					  bool used)
{
	pte_t e = pte_wrprotect(pte_make(page_to_pfn(page), vma->vm_prot));

	if (!pte_none(pte_read(pte)) || !page_test(page, PG_uptodate))
		return false;
	atomic_inc_return(&page->count);        /* get_page(), in order */
	if (unlikely(READ_ONCE(page->mapping) != vma->vm_mapping)) {
		put_page(page);
		return false;
	}
	if (atomic_inc_return(&page->mapcount) == 1)
		vmstat_inc(VMSTAT_nr_mapped);
	pte_set(pte, used ? e : pte_mkold(e));
	return true;
}

/* Of [index, past), which begins at @pte: how many are mapped now that were not. */
static __always_inline unsigned int map_cached(struct fault *f, pte_t *pte, pgoff_t index,
					       pgoff_t past)
{
	const struct radix_tree *tree = &f->vma->vm_mapping->pages;
	unsigned int mapped = 0;

	while (index < past) {
		pgoff_t end = min(past, (index | (RADIX_SLOTS - 1)) + 1);
		void *const *slot = radix_slot_inline(tree, index);

		for (; slot && index < end; slot++, pte++, index++) {
			struct page *page = READ_ONCE(*slot);

			if (page)
				mapped += map_neighbour(pte, page, f->vma,
							pte == f->pte || mmu_software_ad);
		}
		pte += end - index;
		index = end;
	}
	return mapped;
}

/*
 * Map what is cached of the window around the fault that lies in area and file, whose end may
 * be anywhere by now.  True: the page asked for is mapped now.
 */
static bool map_around(struct fault *f)
{
	struct vm_area_struct *vma = f->vma;
	vaddr_t base = ALIGN_DOWN(f->addr, AROUND_BYTES), start = max(base, vma->vm_start);
	pgoff_t past = min(vma_pgoff(vma, min(base + AROUND_BYTES, vma->vm_end)),
			   pages_in(vma->vm_mapping));
	struct hart_local *glance;
	unsigned int mapped;
	bool found;

	if (vma->vm_flags & VM_EXEC)
		icache_flush(&f->mm->context);  /* before another hart can run any of it */
	spin_lock(&f->table->ptl);
	glance = glance_begin();
	mapped = map_cached(f, f->pte - ((f->addr - start) >> PAGE_SHIFT), vma_pgoff(vma, start),
			    past);
	glance_end(glance);
	found = !pte_none(pte_read(f->pte));
	spin_unlock(&f->table->ptl);

	if (mapped) {
		atomic_long_add(mapped, &f->mm->rss[MM_FILEPAGES]);
		vmstat_add(VMSTAT_faultaround, mapped);
	}
	return found;
}

static __noinline enum fault_result file_write_private(struct fault *f, pgoff_t index)
{
	struct page *page = cached_page(f, index), *new;
	enum fault_result r = FAULT_OOM;

	if (!page)
		return file_wait(f, index);
	new = anon_page_alloc(GFP_USER);
	if (new) {
		page_copy(page_address(new), page_address(page));
		vmstat_inc(VMSTAT_pgcow);
		r = anon_install(f, new, page);
	}
	put_page(page);
	return r;
}

/* Held locked until the PTE is there: see fault_shared_write(). */
static __noinline enum fault_result file_write_shared(struct fault *f, pgoff_t index)
{
	struct page *page = cached_page(f, index);
	enum fault_result r;

	if (!page)
		return file_wait(f, index);
	r = file_page_mkwrite(f, page);
	if (r != FAULT_DONE) {
		put_page(page);
		return r;
	}
	if (!page_test(page, PG_dirty))         /* locked: it stays so */
		set_page_dirty(page);
	get_page(page);
	r = fault_install(f, page, true);
	unlock_page(page);
	put_page(page);
	return r == FAULT_DONE ? file_throttle(f) : r;
}

static enum fault_result file_page_mkwrite(struct fault *f, struct page *page)
{
	struct address_space *as = f->vma->vm_mapping;
	int err = 0;

	lock_page(page);
	if (page->mapping != as) {
		unlock_page(page);      /* truncated */
		return fault_retry(f);
	}
	if (as->a_ops->page_mkwrite && !page_test(page, PG_dirty))
		err = as->a_ops->page_mkwrite(as, page);
	if (!err)
		return FAULT_DONE;
	unlock_page(page);
	return err == -ENOMEM ? FAULT_OOM : FAULT_BUS;
}

/* What a wait for the disk came to. */
static enum fault_result wait_verdict(long err)
{
	if (err == -ENOMEM)
		return FAULT_OOM;
	return err == -EINTR ? FAULT_KILLED : FAULT_BUS;
}

/*
 * Start reading [start, end), of which page @index is wanted now.  When memory is short, not what
 * lies behind a page that was read like this before and went unused: the same ones would come
 * and go for nothing with each fault, and drive out what is used.
 */
static void read_window(struct address_space *as, pgoff_t index, pgoff_t start, pgoff_t end)
{
	pgoff_t first = index, past = index + 1;
	bool plenty = frames_free() > 2 * frames_high();

	while (first > start && (plenty || !workingset_was_unused(as, first - 1)))
		first--;
	while (past < end && (plenty || !workingset_was_unused(as, past)))
		past++;
	filemap_readahead(as, first, past - first);
}

/*
 * Start reading what will be wanted with this page: the window that can be
 * mapped together; more, if the pages before it were wanted as well.
 */
static void read_around(struct address_space *as, pgoff_t index, unsigned long vm_flags)
{
	pgoff_t start = ALIGN_DOWN(index, AROUND_PAGES);
	struct page *before = NULL;

	if (vm_flags & VM_RAND_READ)
		return;
	if (start)
		before = filemap_find(as, start - 1);
	read_window(as, index, start,
		    start + (before || vm_flags & VM_SEQ_READ ? AHEAD_PAGES : AROUND_PAGES));
	if (before)
		put_page(before);
}

/* Not cached: leave the area, read, and look again. */
static enum fault_result file_wait(struct fault *f, pgoff_t index)
{
	struct address_space *as = f->vma->vm_mapping;
	unsigned long vm_flags = f->vma->vm_flags;
	struct file *file = f->vma->vm_file;
	struct page *page;

	as->a_ops->file_get(file);
	fault_leave(f);
	f->major = true;
	read_around(as, index, vm_flags);
	page = filemap_read_page(as, index, NULL);
	if (IS_ERR(page))
		f->verdict = wait_verdict(PTR_ERR(page));
	else
		put_page(page);
	as->a_ops->file_put(file);
	return FAULT_RETRY;
}

/* Now and then, who dirties pages waits until not too many are. */
static enum fault_result file_throttle(struct fault *f)
{
	static u32 dirtied;
	struct address_space *as = f->vma->vm_mapping;
	struct file *file = f->vma->vm_file;

	if (__atomic_add_fetch(&dirtied, 1, __ATOMIC_RELAXED) % THROTTLE_EVERY)
		return FAULT_DONE;
	as->a_ops->file_get(file);
	fault_leave(f);
	balance_dirty_pages(as);
	as->a_ops->file_put(file);
	return FAULT_RETRY;
}
