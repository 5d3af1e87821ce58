// SPDX-License-Identifier: MIT
/*
 * fork shares page tables until one side needs them.
 *
 * RISC-V has no bit that makes all of a table read-only, so a shared table is one
 * that no hart can reach at all: in both address spaces the level-1 entry says
 * "shared", and no entry below is touched.  The first access of either side
 * faults.  It takes the table back if the others have gone, as they have after
 * exec or exit; else it gets a copy, as fork would have made one, each page named
 * once more and write-protected on both sides.
 *
 *	fork                        child writes                 child exits instead
 *	parent ─► shared            parent ─► shared             parent ─► T (next fault)
 *	            T, 2                        T, 1
 *	child  ─► shared            child  ─► T', a copy
 *
 * A huge entry is shared by the table that was laid by for it, folded: empty,
 * with the entry kept beside it.  It comes back as it was, or is copied as 512
 * write-protected entries, and then is write-protected itself; eviction unfolds it.
 *
 * Pages in a shared table are named once by it, however many have it: who looks
 * whether a page is somebody's alone has unshared the table first.  Eviction works
 * on shared tables, and counts what it took in pt_evicted: each address space
 * corrects its own figures when it leaves the table.
 *
 * Always true: mapcount of a table is the number of level-1 entries that say
 *              "shared" and name it, and 0 when none does;
 *              mm->nr_shared is the number of such entries in an address space.
 * Lock:        mm->tables_lock for the entry, then ptl of the shared table.
 */
#include <mm/pt_share.h>

#include <lib/errno.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_used.h>
#include <mm/swap.h>
#include <mm/vma.h>
#include <mm/vma_edit.h>
#include <mm/vmstat.h>

enum unshared { UNSHARED, NEEDS_TABLE, NO_MEMORY };

static enum unshared unshare_locked(struct mm_struct *mm, pte_t *entry, struct page **spare);
static void take_back(struct mm_struct *mm, pte_t *entry, struct page *table);
static void leave(struct mm_struct *mm, struct page *table);
static bool copy_shared(struct page *table, struct page *own);
static bool copy_entries(struct page *table, struct page *own);
static void copy_folded(struct page *table, struct page *own);

bool pt_may_share(const struct vm_area_struct *vma)
{
	return vma_is_anonymous(vma) && !(vma->vm_flags & (VM_LOCKED | VM_LOCKONFAULT));
}

void pt_share(struct mm_struct *old, pte_t *from, struct mm_struct *new, pte_t *to)
{
	struct page *l1 = virt_to_page(from), *table;
	pte_t e;

	spin_lock(&old->tables_lock);
	e = pte_read(from);
	table = pte_huge(e) ? huge_take_laid_by(from) : pfn_to_page(pte_pfn(e));
	if (pte_huge(e)) {
		spin_lock(&l1->ptl);
		table->pt_folded = pte_xchg(from, pte_make_shared(page_to_pfn(table))).v;
		spin_unlock(&l1->ptl);
	} else if (pte_table(e)) {
		pte_set(from, pte_make_shared(page_to_pfn(table)));
	}
	if (!pte_shared(e)) {
		atomic_set(&table->mapcount, 1);
		old->nr_shared++;
	}
	atomic_inc(&table->mapcount);
	spin_unlock(&old->tables_lock);

	pte_init(to, pte_make_shared(page_to_pfn(table)));
	new->nr_shared++;
	atomic_long_inc(&new->table_pages);
	vmstat_inc(VMSTAT_pt_shared);
}

/* ---- one's own again ---- */

int pt_unshare(struct mm_struct *mm, pte_t *entry)
{
	struct page *spare = NULL;
	enum unshared r;

	for (;;) {
		spin_lock(&mm->tables_lock);
		r = unshare_locked(mm, entry, &spare);
		spin_unlock(&mm->tables_lock);
		if (r != NEEDS_TABLE)
			break;
		spare = pt_alloc_table();
		if (!spare)
			return -ENOMEM;
	}
	if (spare)
		pt_free_table(spare);
	return r == UNSHARED ? 0 : -ENOMEM;
}

/* *spare, if it is there, may be used up. */
static enum unshared unshare_locked(struct mm_struct *mm, pte_t *entry, struct page **spare)
{
	enum unshared r = UNSHARED;
	pte_t e = pte_read(entry);
	struct page *table;

	if (!pte_shared(e))
		return UNSHARED;
	table = pfn_to_page(pte_pfn(e));
	spin_lock(&table->ptl);
	if (atomic_read(&table->mapcount) == 1) {
		take_back(mm, entry, table);
	} else if (!*spare) {
		r = NEEDS_TABLE;
	} else if (!copy_shared(table, *spare)) {
		r = NO_MEMORY;
	} else {
		leave(mm, table);
		pte_set(entry, pte_make_table(page_to_pfn(*spare)));
		*spare = NULL;
	}
	spin_unlock(&table->ptl);
	if (r == UNSHARED)
		vmstat_inc(VMSTAT_pt_unshared);
	return r;
}

/* @mm has one share less of @table, whose ptl is held; its figures become true. */
static void leave(struct mm_struct *mm, struct page *table)
{
	atomic_dec(&table->mapcount);
	mm->nr_shared--;
	if (unlikely(table->pt_evicted)) {
		atomic_long_sub(table->pt_evicted, &mm->rss[MM_ANONPAGES]);
		atomic_long_add(table->pt_evicted, &mm->rss[MM_SWAPENTS]);
	}
}

/* Nobody else has it. */
static void take_back(struct mm_struct *mm, pte_t *entry, struct page *table)
{
	leave(mm, table);
	table->pt_evicted = 0;
	if (table->pt_folded) {
		pte_set(entry, (pte_t){ table->pt_folded });
		table->pt_folded = 0;
		huge_lay_by(entry, table);
	} else {
		pte_set(entry, pte_make_table(page_to_pfn(table)));
	}
}

/* Fill @own, which is empty.  False: no memory, and it is empty. */
static bool copy_shared(struct page *table, struct page *own)
{
	if (!table->pt_folded)
		return copy_entries(table, own);
	copy_folded(table, own);
	return true;
}

static void name_once_more(struct page *page)
{
	get_page(page);
	atomic_inc(&page->mapcount);
}

static bool copy_entries(struct page *table, struct page *own)
{
	pte_t *from = pt_entries(table), *to = pt_entries(own), e;
	unsigned long i;

	for (i = pt_next_used(from, 0, PT_ENTRIES); i < PT_ENTRIES;
	     i = pt_next_used(from, i + 1, PT_ENTRIES)) {
		e = pte_read(from + i);
		if (!pte_present(e)) {
			if (!swap_dup_entry(e))
				goto undo;
		} else if (!pte_special(e)) {
			name_once_more(pfn_to_page(pte_pfn(e)));
			e = pte_wrprotect(e);
			pte_set(from + i, e);
		}
		pte_init(to + i, e);
	}
	return true;
undo:
	while (i--) {
		e = pte_read(to + i);
		pte_init(to + i, NO_PTE);
		if (pte_none(e) || pte_special(e))
			continue;
		if (!pte_present(e)) {
			swap_free_entry(e);
			continue;
		}
		atomic_dec(&pfn_to_page(pte_pfn(e))->mapcount);
		put_page(pfn_to_page(pte_pfn(e)));      /* the shared table holds it */
	}
	return false;
}

static void copy_folded(struct page *table, struct page *own)
{
	pte_t e = pte_wrprotect((pte_t){ table->pt_folded }), part = pte_mkyoung(e);
	struct page *page = pfn_to_page(pte_pfn(e));

	for (unsigned int i = 0; i < PT_ENTRIES; i++) {
		name_once_more(page + i);
		pte_init(pt_entries(own) + i, pte_huge_part(part, i));
	}
	table->pt_folded = e.v;
}

void pt_unfold(struct page *table)
{
	pte_t e = { table->pt_folded };

	assert_held(&table->ptl);
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		pte_init(pt_entries(table) + i, pte_huge_part(e, i));
	table->pt_folded = 0;
	huge_count(-1);
}

/* ---- before a change that must not fail half-way ---- */

int pt_unshare_range(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	struct pt_piece p;
	int err = 0;

	for (; !err && start < end && mm->nr_shared; ) {
		start = pt_next_piece(mm, start, end, &p);
		if (p.kind == PT_SHARED)
			err = pt_unshare(mm, p.entry);
	}
	return err;
}

int pt_unshare_edges(struct mm_struct *mm, vaddr_t start, vaddr_t end)
{
	int err = 0;

	if (!mm->nr_shared)
		return 0;
	if (!IS_ALIGNED(start, HUGE_SIZE))
		err = pt_unshare_range(mm, start, start + PAGE_SIZE);
	if (!err && !IS_ALIGNED(end, HUGE_SIZE))
		err = pt_unshare_range(mm, end - PAGE_SIZE, end);
	return err;
}

/* ---- unmap ---- */

/* What the table holds is @mm's no longer; leave() corrects for what has been evicted. */
static void count_off(struct mm_struct *mm, struct page *table)
{
	pte_t *entries = pt_entries(table), e;
	long anon = table->pt_folded ? PT_ENTRIES : 0, swap = 0;
	unsigned long i;

	for (i = pt_next_used(entries, 0, PT_ENTRIES); i < PT_ENTRIES;
	     i = pt_next_used(entries, i + 1, PT_ENTRIES)) {
		e = pte_read(entries + i);
		if (!pte_present(e))
			swap += pte_swapped(e);
		else if (!pte_special(e))
			anon++;
	}
	atomic_long_sub(anon, &mm->rss[MM_ANONPAGES]);
	atomic_long_sub(swap, &mm->rss[MM_SWAPENTS]);
}

bool pt_share_drop(struct mm_struct *mm, struct pt_piece *p, bool figures)
{
	struct page *table;
	bool dropped = false;
	pte_t e;

	spin_lock(&mm->tables_lock);
	e = pte_read(p->entry);
	if (pte_shared(e)) {
		table = pfn_to_page(pte_pfn(e));
		spin_lock(&table->ptl);
		dropped = atomic_read(&table->mapcount) > 1;
		if (!dropped) {
			take_back(mm, p->entry, table);
		} else {
			if (figures)
				count_off(mm, table);
			leave(mm, table);
			pte_set(p->entry, NO_PTE);
		}
		spin_unlock(&table->ptl);
	}
	spin_unlock(&mm->tables_lock);
	if (dropped)
		atomic_long_dec(&mm->table_pages);
	return dropped;
}
