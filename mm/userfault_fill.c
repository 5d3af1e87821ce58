// SPDX-License-Identifier: MIT
/*
 * userfaultfd: the program fills its pages.
 *
 *	            | private: the entry         | shared memory: the page and its entry
 *	------------+----------------------------+---------------------------------------
 *	COPY        | a page of its own          | a new page in the file
 *	ZEROPAGE    | the page of zeroes         | a new page in the file
 *	CONTINUE    | the file's page, read-only | the file's page
 *	POISON      | a mark: access is SIGBUS   | the same
 *
 * As a fault would, but that what is there already is an error, EEXIST.  Only
 * COPY and CONTINUE replace a poisoned entry.  The bytes of COPY are taken before
 * the area is entered, for reading them may fault, in a registered area even.
 *
 * Lock: as a fault, inside the area; u->changing_lock, for who is about to take
 * pages away waits for the page at hand, and tells of it before the next.
 */
#include <mm/userfault.h>

#include <arch/mmu.h>
#include <lib/errno.h>
#include <mm/anon.h>
#include <mm/fault.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/rss.h>
#include <mm/shmem.h>
#include <mm/shmem_away.h>
#include <mm/swap.h>
#include <mm/uaccess.h>
#include <mm/vma_lock.h>
#include <mm/vmstat.h>

/* One call under way. */
struct filling {
	struct userfault *u;
	const struct userfault_fill *what;
	size_t done;
	struct page *page;              /* FILL_COPY: the bytes of the page at hand; or NULL */
};

/* What a step says besides 0 and -errno: the page is in swap. */
#define IS_AWAY 1

static int fill_page(struct filling *g);
static int fill_enter(const struct filling *g, struct fault *f);
static void fill_unlock(const struct filling *g);
static int fill_take(struct filling *g);
static int fill_entry(struct filling *g, struct fault *f);
static int fill_private(struct filling *g, struct fault *f);
static int fill_shared(struct filling *g, struct fault *f);
static int fill_poison(struct fault *f);
static int fill_cached(struct fault *f);
static bool set_entry(struct fault *f, struct page *page, pte_t e);

long userfault_fill(struct userfault *u, const struct userfault_fill *what)
{
	struct filling g = { .u = u, .what = what };
	int err = 0;

	if (!mm_get_unless_zero(u->mm))
		return -ESRCH;
	while (g.done < what->len && !err) {
		err = fill_page(&g);
		if (err)
			break;
		g.done += PAGE_SIZE;
		if (fatal_signal_pending())
			err = -EINTR;
		cond_resched();
	}
	if (g.page)
		put_page(g.page);
	mm_put(u->mm);
	return g.done ? (long)g.done : err;
}

static int fill_page(struct filling *g)
{
	struct fault f;
	int err;

	for (;;) {
		err = fill_enter(g, &f);
		if (err)
			return err;
		if (g->what->how == FILL_COPY && !g->page) {
			fill_unlock(g);
			fault_leave(&f);
			err = fill_take(g);
			if (err)
				return err;
			continue;
		}
		err = fill_entry(g, &f);
		fill_unlock(g);
		if (err != IS_AWAY) {
			fault_leave(&f);
			return err;
		}
		err = shmem_leave_and_bring_in(&f);
		if (err < 0)
			return err == -ENOMEM || err == -EINTR ? err : -EFAULT;
	}
}

/*
 * 0: in the area, which has all that is left, and u->changing_lock is held.  A memory that is
 * not shared has never had a registered area.
 */
static int fill_enter(const struct filling *g, struct fault *f)
{
	struct mm_struct *mm = g->u->mm;
	vaddr_t addr = g->what->dst + g->done;
	struct vm_area_struct *vma;
	int err = 0;

	if (!mm_is_shared(mm))
		return -ENOENT;
	vma = vma_enter(mm, addr);
	if (!vma) {
		down_read(&mm->lock);
		vma = vma_lookup(mm, addr);
		if (vma)
			vma_enter_held(mm, vma);
		up_read(&mm->lock);
	}
	if (!vma)
		return -ENOENT;
	*f = (struct fault){ .mm = mm, .addr = addr, .exact = addr, .vma = vma };
	if (!(vma->vm_flags & VM_UFFD) || g->what->len - g->done > vma->vm_end - addr) {
		fault_leave(f);
		return -ENOENT;
	}
	down_read(&g->u->changing_lock);
	if (atomic_read(&g->u->changing))
		err = -EAGAIN;
	else if (g->what->wp || (g->what->how == FILL_CONTINUE && !vma_is_shmem(vma)))
		err = -EINVAL;
	if (err) {
		fill_unlock(g);
		fault_leave(f);
	}
	return err;
}

static void fill_unlock(const struct filling *g)
{
	up_read(&g->u->changing_lock);
}

/* The program's bytes, with nothing held. */
static int fill_take(struct filling *g)
{
	g->page = alloc_page(GFP_USER);
	if (!g->page)
		return -ENOMEM;
	if (copy_from_user(page_address(g->page), g->what->src + g->done, PAGE_SIZE))
		return -EFAULT;
	return 0;
}

/* ---- one entry ---- */

static int fill_entry(struct filling *g, struct fault *f)
{
	bool replaces = g->what->how == FILL_COPY || g->what->how == FILL_CONTINUE;

	f->pte = pt_walk(f->mm, f->addr, PT_ALLOC, &f->table);
	if (!f->pte)
		return -ENOMEM;
	f->orig = pte_read(f->pte);
	if (!pte_none(f->orig) && !(replaces && pte_poison(f->orig)))
		return -EEXIST;
	if (g->what->how == FILL_POISON)
		return fill_poison(f);
	if (g->what->how == FILL_CONTINUE)
		return fill_cached(f);
	return f->vma->vm_flags & VM_SHARED ? fill_shared(g, f) : fill_private(g, f);
}

static int fill_private(struct filling *g, struct fault *f)
{
	struct page *page = g->page;
	pte_t e;

	if (!page) {
		e = pte_mkspecial(pte_wrprotect(pte_make(zero_pfn, f->vma->vm_prot)));
		return set_entry(f, NULL, e) ? 0 : -EEXIST;
	}
	page->flags = BIT(PG_anon) | BIT(PG_swapbacked) | BIT(PG_uptodate);
	e = pte_mkdirty(pte_make(page_to_pfn(page), f->vma->vm_prot));
	if (!set_entry(f, page, e))
		return -EEXIST;
	g->page = NULL;
	return 0;
}

/* Is the page of f->addr behind the end of the file? */
static bool beyond_end(const struct fault *f)
{
	const struct address_space *as = f->vma->vm_mapping;

	return as && vma_pgoff(f->vma, f->addr) >= DIV_ROUND_UP(READ_ONCE(as->size), PAGE_SIZE);
}

/* The entry of a locked page of the file. */
static int fill_locked(struct fault *f, struct page *page)
{
	unsigned long may_write = VM_SHARED | VM_WRITE;
	pte_t e = pte_mkdirty(pte_make(page_to_pfn(page), f->vma->vm_prot));

	if (beyond_end(f))
		return -EFAULT;
	if ((f->vma->vm_flags & may_write) != may_write)
		e = pte_wrprotect(e);
	get_page(page);
	if (set_entry(f, page, e))
		return 0;
	put_page(page);
	return -EEXIST;
}

/* As shmem_fault(), for a page whose contents are known. */
static int fill_shared(struct filling *g, struct fault *f)
{
	struct page *page = g->page ? g->page : alloc_page(GFP_USER | GFP_ZERO);
	int err;

	g->page = NULL;
	if (!page)
		return -ENOMEM;
	page->flags = BIT(PG_locked) | BIT(PG_uptodate);
	err = beyond_end(f) ? -EFAULT :
	      filemap_add(f->vma->vm_mapping, page, vma_pgoff(f->vma, f->addr), GFP_USER);
	if (!err) {
		set_page_dirty(page);
		err = fill_locked(f, page);
		if (err) {
			cancel_dirty_page(page);
			filemap_remove(page);
		}
	}
	unlock_page(page);
	put_page(page);
	return err == -ENOSPC ? -ENOMEM : err;
}

static int fill_cached(struct fault *f)
{
	struct address_space *as = f->vma->vm_mapping;
	pgoff_t index = vma_pgoff(f->vma, f->addr);
	int err = -EFAULT;
	struct page *page;

	if (beyond_end(f))
		return -EINVAL;
	if (READ_ONCE(as->away) && shmem_is_away(as, index))
		return IS_AWAY;
	page = filemap_find(as, index);
	if (!page)
		return -EFAULT;
	lock_page(page);
	if (page->mapping == as && page_test(page, PG_uptodate))
		err = fill_locked(f, page);
	unlock_page(page);
	put_page(page);
	return err;
}

static int fill_poison(struct fault *f)
{
	if (beyond_end(f))
		return -EFAULT;
	return set_entry(f, NULL, pte_make_swap(SWAP_TYPE_POISON, 0)) ? 0 : -EEXIST;
}

/*
 * @e, of @page, whose reference passes, or of none, in place of f->orig.  False: something else
 * stands there by now.
 */
static bool set_entry(struct fault *f, struct page *page, pte_t e)
{
	struct vm_area_struct *vma = f->vma;
	bool ours;

	assert_held(&vma->vm_gate);
	if (vma->vm_flags & VM_EXEC)
		icache_flush(&f->mm->context);
	spin_lock(&f->table->ptl);
	ours = pte_same(pte_read(f->pte), f->orig);
	if (ours) {
		if (page && atomic_inc_return(&page->mapcount) == 1)
			vmstat_inc(page_test(page, PG_anon) ? VMSTAT_nr_anon_pages :
							      VMSTAT_nr_mapped);
		pte_set(f->pte, e);
	}
	spin_unlock(&f->table->ptl);
	if (!ours)
		return false;
	if (page)
		atomic_long_inc(&f->mm->rss[page_rss_counter(page)]);
	if (!page || page_test(page, PG_anon))
		WRITE_ONCE(vma->vm_has_anon, true);     /* fork copies it, and a mark too */
	return true;
}
