// SPDX-License-Identifier: MIT
/*
 * Pieces: the rarer kinds, held still and turned into tables.
 *
 * What stands in a level-1 entry changes in these ways:
 *
 *	nothing → table         by whoever faults first: compare and exchange
 *	nothing → blocks        the same, where 64 KiB may fit           block.c
 *	nothing → huge          a write fault where 2 MiB fit            huge.c
 *	table → nothing → huge  MADV_COLLAPSE                            collapse.c
 *	blocks → table          something needs single pages             block.c
 *	huge → table            split: something needs single pages      huge.c
 *	table, huge → shared    fork                                     pt_share.c
 *	shared → table, huge    the first who needs it afterwards        pt_share.c
 *	shared → nothing        unmapped by one of several               pt_share.c
 *	table, blocks, huge → nothing   unmapped                         zap.c, huge.c
 *
 * Always true: huge and shared entries lie wholly in private anonymous areas; a
 *              plain table does not get blocks any more.
 * Lock: all but the first two of these are made with mm->tables_lock held, so who
 * holds it, as eviction does, sees no entry change but from nothing to a table.
 * A huge entry, like any leaf, changes with the ptl of the table that it is in;
 * what a shared table holds, and whether its last owner takes it back, with the
 * ptl of that.  fork, unmapping and MADV_COLLAPSE also hold mm->lock for writing.
 */
#include <mm/pt_piece.h>

#include <mm/block.h>
#include <mm/huge.h>
#include <mm/pt_share.h>
#include <mm/pt_used.h>

/* mm->tables_lock held.  What the entry is now, its own lock taken. */
static bool lock_now(struct pt_piece *p)
{
	pte_t e = pte_read(p->entry);

	p->kind = pt_kind(e);
	p->huge = NO_PTE;
	switch (p->kind) {
	case PT_NOTHING:
		return false;
	case PT_HUGE:
		p->table = virt_to_page(p->entry);
		spin_lock(&p->table->ptl);
		p->huge = pte_read(p->entry);
		return true;
	default:
		p->table = pfn_to_page(pte_pfn(e));
		spin_lock(&p->table->ptl);
		p->huge = (pte_t){ p->kind == PT_SHARED ? p->table->pt_folded :
				   p->kind == PT_BLOCKS ? e.v : 0 };
		return true;
	}
}

bool pt_piece_lock_slow(struct mm_struct *mm, struct pt_piece *p, bool tree_held)
{
	bool locked;

	if (!tree_held)
		spin_lock(&mm->tables_lock);
	locked = lock_now(p);
	p->tree_locked = locked && !tree_held;
	if (!locked && !tree_held)
		spin_unlock(&mm->tables_lock);
	return locked;
}

bool pt_piece_lock_tree(struct mm_struct *mm, struct pt_piece *p)
{
	assert_held(&mm->tables_lock);
	return p->entry && pt_piece_lock_slow(mm, p, true);
}

void pt_piece_unlock(struct mm_struct *mm, struct pt_piece *p)
{
	spin_unlock(&p->table->ptl);
	if (p->tree_locked)
		spin_unlock(&mm->tables_lock);
}

unsigned int pt_piece_next(const struct pt_piece *p, unsigned int i, unsigned int last)
{
	if (pte_huge(p->huge))
		return i < last ? i : last;
	return pt_next_used(page_address(p->table), i, last);
}

pte_t pt_piece_part(const struct pt_piece *p, unsigned int i)
{
	if (pte_huge(p->huge))
		return pte_huge_part(p->huge, i);
	return pte_single(pte_read((pte_t *)page_address(p->table) + i), i);
}

int pt_own_table(struct mm_struct *mm, struct pt_piece *p)
{
	int err;

	for (;;) {
		if (!p->entry)
			return 0;
		p->kind = pt_kind(pte_read(p->entry));
		switch (p->kind) {
		case PT_HUGE:
			huge_split(mm, p->entry, p->base);
			break;
		case PT_BLOCKS:
			block_unfold(mm, p->entry, p->base);
			break;
		case PT_SHARED:
			err = pt_unshare(mm, p->entry);
			if (err)
				return err;
			break;
		case PT_TABLE:
			p->table = pfn_to_page(pte_pfn(pte_read(p->entry)));
			return 0;
		default:
			return 0;
		}
	}
}
