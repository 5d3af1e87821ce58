// SPDX-License-Identifier: MIT
/*
 * MADV_COLLAPSE: what lies in small pages becomes large where it is, without a fault.
 *
 *	level 1    │ T ─┼──► 512 entries       │ - │      T, reached by         │ ■─┼──► 512 pages
 *	                     ▼  ▼  ▼    ──►           nobody: copied,  ──►                in a row
 *	                     pages                    entry by entry         T, empty, is laid by
 *
 * The table is taken out first, and all who looked at it are waited for; then nobody
 * comes to the small pages any more but who holds one, and for that it is put back: what
 * such a one writes would be lost.  The program's other threads wait where they fault, for
 * the area is closed.  The empty table is the one that huge.c wants laid by.
 *
 * Unlike Linux, only anonymous memory: pages of files and of shared memory are never large.
 * As there, what cannot be in one piece (nothing of it may be written, say after a fork) does not
 * keep the next one from it, but what is not there at all does.
 *
 * Lock: mm->lock for writing, let go after each piece, and the area closed; mm->tables_lock
 *       where the level-1 entry changes.
 */
#include <mm/huge.h>

#include <arch/mmu.h>
#include <kernel/sync.h>
#include <lib/errno.h>
#include <mm/buddy.h>
#include <mm/glance.h>
#include <mm/mm.h>
#include <mm/pagetable.h>
#include <mm/populate.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/swap.h>
#include <mm/vma.h>
#include <mm/vma_lock.h>
#include <mm/vmstat.h>
#include <mm/window.h>

/* What else than 0 and -errno one piece may come to. */
#define READ_ONLY       1       /* there is no page that may be written: -EINVAL */
#define AWAY            2       /* something is in swap */

static int collapse_piece(struct mm_struct *mm, vaddr_t va);
static int collapse_locked(struct mm_struct *mm, vaddr_t va);
static int collapse_table(struct vm_area_struct *vma, struct pt_piece *p);
static int look(const struct vm_area_struct *vma, struct page *table);
static void move_all(struct mm_struct *mm, struct page *table, char *to);

static bool collapsible(const struct vm_area_struct *vma)
{
	return vma_is_anonymous(vma) && vma->vm_has_anon && !READ_ONCE(vma->vm_mm->no_huge_pages) &&
	       huge_eligible(vma->vm_start, vma->vm_end, vma->vm_flags);
}

int huge_collapse(struct vm_area_struct **vmap, vaddr_t start, vaddr_t end)
{
	struct mm_struct *mm = (*vmap)->vm_mm;
	vaddr_t va = ALIGN_UP(start, HUGE_SIZE), last = ALIGN_DOWN(end, HUGE_SIZE);
	int err = 0, failed = 0;

	if (!collapsible(*vmap) || va > last)
		return -EINVAL;
	if (mm != current_mm())
		mm_share_locked(mm);            /* its own task may be amid a fault */
	for (; va < last && (!err || err == READ_ONLY || err == -EAGAIN); va += HUGE_SIZE) {
		err = collapse_piece(mm, va);
		failed = err ? err : failed;
	}
	*vmap = vma_intersect(mm, end - PAGE_SIZE, end);
	if (failed)
		return failed == READ_ONLY ? -EINVAL : failed;
	return *vmap ? 0 : -ENOMEM;
}

/* Others have their turn after each, and what is in swap is brought in, which may go again. */
static int collapse_piece(struct mm_struct *mm, vaddr_t va)
{
	int err = AWAY;

	for (int tries = 0; err == AWAY && tries < 3; tries++) {
		err = collapse_locked(mm, va);
		mm_unlock_write(mm);
		cond_resched();
		if (err == AWAY)
			err = mm_fault_range(mm, va, va + HUGE_SIZE, FAULT_READ) ? : AWAY;
		down_write(&mm->lock);
	}
	if (err == AWAY)
		return -EAGAIN;
	return err == -EFAULT ? -EINVAL : err;
}

static int collapse_locked(struct mm_struct *mm, vaddr_t va)
{
	struct vm_area_struct *vma = vma_lookup(mm, va);
	struct pt_piece p;
	bool huge;

	if (!vma || vma->vm_end - va < HUGE_SIZE || !collapsible(vma))
		return -EINVAL;
	vma_close(mm, vma);
	pt_next_piece(mm, va, USER_END, &p);
	if (!p.entry || !pt_piece_lock_slow(mm, &p, false))
		return -EINVAL;
	huge = pte_huge(p.huge);
	pt_piece_unlock(mm, &p);
	if (huge)
		return 0;
	return pt_own_table(mm, &p) ? -ENOMEM : collapse_table(vma, &p);
}

static void set_entry(struct mm_struct *mm, pte_t *entry, pte_t e, struct page *laid_by)
{
	spin_lock(&mm->tables_lock);
	pte_set(entry, e);
	if (laid_by)
		huge_lay_by(entry, laid_by);
	spin_unlock(&mm->tables_lock);
}

static int collapse_table(struct vm_area_struct *vma, struct pt_piece *p)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t before = pte_read(p->entry);
	int err = look(vma, p->table);
	struct page *page;

	if (err)
		return err;
	page = huge_alloc(HUGE_ORDER);
	if (!page)
		return -ENOMEM;
	set_entry(mm, p->entry, NO_PTE, NULL);
	tlb_flush_all(&mm->context);
	glance_wait();
	err = look(vma, p->table);
	if (err) {
		set_entry(mm, p->entry, before, NULL);
		huge_free(page, HUGE_ORDER);
		return err;
	}
	move_all(mm, p->table, page_address(page));
	if (vma->vm_flags & VM_EXEC)
		icache_flush(&mm->context);
	set_entry(mm, p->entry, pte_mkdirty(pte_make(page_to_pfn(page), vma->vm_prot)), p->table);
	return 0;
}

/* Has nobody but PTEs and the swap cache a reference? */
static bool is_held(const struct page *page)
{
	return atomic_read(&page->count) != atomic_read(&page->mapcount) +
					    page_test(page, PG_swapcache);
}

/* May all that @table maps become one page? */
static int look(const struct vm_area_struct *vma, struct page *table)
{
	bool writable = false, away = false, held = false, missing = false;

	spin_lock(&table->ptl);
	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		pte_t e = pte_read(pt_entries(table) + i);

		if (pte_none(e)) {
			missing = true;
		} else if (!pte_present(e)) {
			away = true;                    /* or a guard, which no fault brings in */
		} else if (pte_special(e)) {
			missing = true;
		} else {
			writable |= pte_writable(e);
			held |= is_held(pfn_to_page(pte_pfn(e)));
		}
	}
	spin_unlock(&table->ptl);
	if (missing && vma->vm_flags & VM_UFFD_MISSING)
		return -EBUSY;                          /* the program brings it in */
	if (held)
		return -EAGAIN;
	if (!writable)
		return READ_ONLY;
	return away ? AWAY : 0;
}

/* @table, which nobody reaches, is empty afterwards. */
static void move_all(struct mm_struct *mm, struct page *table, char *to)
{
	long filled = 0, more = 0;

	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		pte_t *pte = pt_entries(table) + i, e = pte_read(pte);
		struct page *old = pfn_to_page(pte_pfn(e));

		to += PAGE_SIZE;
		pte_init(pte, NO_PTE);
		if (pte_none(e) || pte_special(e)) {
			filled++;
			more++;
			continue;
		}
		page_copy(to - PAGE_SIZE, pa_to_virt(pte_pfn(e) << PAGE_SHIFT));
		more += !atomic_dec_and_test(&old->mapcount);
		put_unmapped_page(old);
	}
	atomic_long_add(filled, &mm->rss[MM_ANONPAGES]);
	vmstat_add(VMSTAT_nr_anon_pages, more);
	vmstat_inc(VMSTAT_thp_collapse_alloc);
	huge_count(1);
}
