// SPDX-License-Identifier: MIT
/*
 * A piece of an address space: what one level-1 entry maps, in one of five ways.
 *
 *	nothing   no entry, or no level-1 table
 *	table     a level-0 table of this address space alone, of single pages
 *	blocks    such a table, in which pages of 64 KiB may stand too (block.c)
 *	huge      one leaf of 2 MiB of anonymous memory (huge.c)
 *	shared    a level-0 table that others have too since a fork (pt_share.c); no
 *	          hart can reach it.  Folded: it stands for a huge leaf, not filled
 *
 * Everything that goes over page tables goes over pieces:
 *
 *	for (va = start; va < end; va = next) {
 *		next = pt_next_piece(mm, va, end, &p);
 *		if (pt_piece_lock(mm, &p)) {
 *			... pt_piece_entry(&p, i), as if it were a table ...
 *			pt_piece_unlock(mm, &p);
 *		}
 *	}
 *
 * Who needs a table proper asks for it: pt_own_table().
 */
#ifndef MM_PT_PIECE_H
#define MM_PT_PIECE_H

#include <arch/pte.h>
#include <lib/types.h>
#include <mm/mm.h>
#include <mm/page.h>

enum pt_kind { PT_NOTHING, PT_TABLE, PT_BLOCKS, PT_HUGE, PT_SHARED };

struct pt_piece {
	enum pt_kind kind;
	vaddr_t base;                   /* its first address, aligned to its 2 MiB */
	pte_t *entry;                   /* level 1; NULL: no table there */
	struct page *table;             /* PT_TABLE, _BLOCKS, _SHARED; locked: whose ptl is held */
	pte_t huge;                     /* PT_HUGE, or folded; PT_BLOCKS: *entry; else NO_PTE */
	bool tree_locked;               /* mm->tables_lock is held too */
};

static inline pte_t *pt_entries_of(pte_t table)
{
	return pa_to_virt(pte_pfn(table) << PAGE_SHIFT);
}

static __always_inline pte_t *pt_find_in(struct mm_struct *mm, vaddr_t va, struct page **table,
					 bool (*wanted)(pte_t e))
{
	pte_t e = pte_read(mm->pgd + pt_index(va, 2)), *entry;

	_Static_assert(PT_LEVELS == 3, "two levels of tables below the root");
	assert(va < USER_END);
	if (likely(!pte_none(e)))
		e = pte_read(pt_entries_of(e) + pt_index(va, 1));
	if (unlikely(!wanted(e)))
		return NULL;
	*table = pfn_to_page(pte_pfn(e));
	entry = pt_entries_of(e) + pt_index(va, 0);
	assume(entry);
	return entry;
}

/*
 * The entry of @va in a table of single pages, without a call: every fault and every
 * copy comes through here.
 */
static __always_inline pte_t *pt_find(struct mm_struct *mm, vaddr_t va, struct page **table)
{
	return pt_find_in(mm, va, table, pte_table);
}

static inline enum pt_kind pt_kind(pte_t e)
{
	if (likely(pte_table(e)))
		return PT_TABLE;
	if (likely(pte_none(e)))
		return PT_NOTHING;
	if (pte_blocks(e))
		return PT_BLOCKS;
	return pte_shared(e) ? PT_SHARED : PT_HUGE;
}

/* The same in any table that harts follow: the entry may be of a block. */
static __always_inline pte_t *pt_find_any(struct mm_struct *mm, vaddr_t va, struct page **table)
{
	return pt_find_in(mm, va, table, pte_any_table);
}

/*
 * What maps @va, and the first address after it (or after the hole in the tables),
 * at most @end.  mm->lock, or inside an area, or mm->tables_lock, or in a glance; then
 * what is no plain table may be something else when it is locked: pt_piece_lock().
 */
static __always_inline vaddr_t pt_next_piece(struct mm_struct *mm, vaddr_t va, vaddr_t end,
					     struct pt_piece *p)
{
	pte_t e = pte_read(mm->pgd + pt_index(va, 2));
	int level = 2;
	vaddr_t next;

	_Static_assert(PT_LEVELS == 3, "two levels of tables below the root");
	p->entry = NULL;
	p->kind = PT_NOTHING;
	if (likely(!pte_none(e))) {
		p->entry = pt_entries_of(e) + pt_index(va, 1);
		e = pte_read(p->entry);
		p->kind = pt_kind(e);
		p->table = pfn_to_page(pte_pfn(e));
		level = 1;
	}
	next = ALIGN_DOWN(va, PT_SPAN(level)) + PT_SPAN(level);
	p->base = ALIGN_DOWN(va, PT_SPAN(1));
	return next < end ? next : end;
}

/* The same of the level-1 @entry that maps @va, whose table is not looked up yet. */
static inline struct pt_piece pt_piece_at(pte_t *entry, vaddr_t va)
{
	return (struct pt_piece){ .kind = pt_kind(pte_read(entry)), .entry = entry,
				  .base = ALIGN_DOWN(va, PT_SPAN(1)) };
}

/*
 * Hold its entries still.  False: there is nothing now.  What is no plain table also
 * takes mm->tables_lock, which must not be held; pt_piece_lock_tree(): it is.
 */
bool pt_piece_lock_slow(struct mm_struct *mm, struct pt_piece *p, bool tree_held);
static inline bool pt_piece_lock(struct mm_struct *mm, struct pt_piece *p)
{
	if (p->kind == PT_NOTHING)
		return false;
	if (unlikely(p->kind != PT_TABLE))
		return pt_piece_lock_slow(mm, p, false);
	p->huge = NO_PTE;
	p->tree_locked = false;
	spin_lock(&p->table->ptl);
	return true;
}
bool pt_piece_lock_tree(struct mm_struct *mm, struct pt_piece *p);
void pt_piece_unlock(struct mm_struct *mm, struct pt_piece *p);

/* Entry @i of a locked piece, as a table of single pages would have it. */
pte_t pt_piece_part(const struct pt_piece *p, unsigned int i);
static inline pte_t pt_piece_entry(const struct pt_piece *p, unsigned int i)
{
	if (unlikely(!pte_none(p->huge)))
		return pt_piece_part(p, i);
	return pte_read((pte_t *)page_address(p->table) + i);
}

/* The first entry at or after @i, below @last, that is not none. */
unsigned int pt_piece_next(const struct pt_piece *p, unsigned int i, unsigned int last);

/* How many address spaces have it: a page in it is named once for each. */
static inline int pt_piece_shares(const struct pt_piece *p)
{
	return p->kind == PT_SHARED ? atomic_read(&p->table->mapcount) : 1;
}

/*
 * Make a plain table of one's own of it, splitting or unsharing: p->kind is PT_TABLE or
 * PT_NOTHING then.  Not locked; sleeps.  -ENOMEM: nothing has changed.
 */
int pt_own_table(struct mm_struct *mm, struct pt_piece *p);

#endif
