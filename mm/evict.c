// SPDX-License-Identifier: MIT
/*
 * The clock hand: which anonymous pages go to swap.
 *
 * Anonymous pages are on no list.  The hand moves over the page tables of all
 * address spaces, one after the other and round again.  Where it finds a page
 * used since it last passed it takes the mark away; where it finds one that was
 * not, the page goes.  So a fault pays nothing for ageing, and a process that
 * sleeps costs one look a round once its pages are away.
 *
 *	1. look     a table: clear young, or note the page           tables_lock, ptl
 *	2. prepare  lock it, a slot, into the swap cache             page lock
 *	3. take     PTE → swap entry, if still unused and not held   tables_lock, ptl
 *	4. flush    once for the batch
 *	5. let go   in no PTE: write it, or free it if it is clean
 *
 * mm->lock is not needed, and that matters: whoever changes areas or forks
 * holds it while he asks for memory, which may be in no other process than his
 * own.  tables_lock keeps the tables; entries move (mremap) with it held; ptl
 * keeps the entries.  Only where something is mlock'ed is the area asked, and
 * then mm->lock is tried.
 *
 * A page with references beyond its PTEs' and the cache's is held by somebody
 * who reads or writes it through the direct map: it stays.  A page that several
 * processes share goes PTE by PTE, as the hand passes each.
 *
 * Always true:  a PTE becomes a swap entry only with its page in the swap cache
 *               and locked.
 * Lock:         hand.lock for the position; then as above, one table at a time.
 */
#include <mm/evict.h>

#include <arch/mmu.h>
#include <mm/block.h>
#include <mm/huge.h>
#include <mm/mm.h>
#include <mm/page.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_share.h>
#include <mm/pt_used.h>
#include <mm/reclaim.h>
#include <mm/swap.h>
#include <mm/swap_area.h>
#include <mm/swap_cache.h>
#include <mm/vma.h>
#include <mm/vmstat.h>

#define BATCH   32U

/* Pages of one table on their way. */
struct batch {
	struct mm_struct *mm;
	bool locked;                    /* mm->lock is held by us */
	bool even_young, only_own;
	unsigned int nr;
	struct page *page[BATCH];       /* referenced; locked from step 2 on */
	vaddr_t va[BATCH];
	bool taken[BATCH];              /* its PTE is gone */
};

static struct {
	struct spinlock lock;           /* RANK_CLOCK: the position */
	struct mm_struct *mm;           /* count held; NULL: before the first */
	vaddr_t va;
} hand = { .lock = SPINLOCK_INIT(RANK_CLOCK) };

static bool hand_next(struct mm_struct **mm, vaddr_t *start, vaddr_t *end, unsigned int *passed);
static void hand_back(struct mm_struct *mm, vaddr_t va, vaddr_t end);
static vaddr_t evict_table(struct evict *e, struct batch *b, vaddr_t va, vaddr_t end);
static vaddr_t batch_look(struct evict *e, struct batch *b, vaddr_t va, vaddr_t end);
static bool look_at_rare(struct evict *e, struct batch *b, struct pt_piece *p, vaddr_t va);
static void batch_prepare(struct batch *b);
static void batch_take(struct batch *b);
static void batch_let_go(struct evict *e, struct batch *b);

void evict_anon(struct evict *e)
{
	unsigned int passed = !READ_ONCE(hand.mm);      /* from the start, once is all */
	struct mm_struct *mm;
	vaddr_t start, end;

	while (e->scan && e->freed + e->started < e->wanted &&
	       hand_next(&mm, &start, &end, &passed)) {
		struct batch b = { .mm = mm, .even_young = e->even_young };

		if (READ_ONCE(mm->locked_vm))
			b.locked = down_read_trylock(&mm->lock);
		if (b.locked || !READ_ONCE(mm->locked_vm))
			hand_back(mm, evict_table(e, &b, start, end), end);
		if (b.locked)
			up_read(&mm->lock);
		mm_drop(mm);
	}
}

void evict_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct batch b = { .mm = vma->vm_mm, .locked = true, .even_young = true,
			   .only_own = true };
	struct evict e = { .wanted = ~0UL };
	struct pt_piece p;
	vaddr_t next;

	assert_held(&vma->vm_mm->lock);
	for (; start < end; start = next) {
		next = pt_next_piece(vma->vm_mm, start, end, &p);
		e.scan = ~0UL;
		if (p.kind == PT_TABLE || p.kind == PT_BLOCKS || p.kind == PT_HUGE)
			evict_table(&e, &b, start, next);
	}
}

/* ---- the hand ---- */

/* To the next address space.  False: the hand came past the start more than once. */
static bool hand_next_mm(unsigned int *passed)
{
	hand.mm = mm_next(hand.mm);
	hand.va = 0;
	return hand.mm || ++*passed < 2;
}

/*
 * The next table with anything in it, and the hand behind that.  *mm has a
 * reference.  False: there is none, or all have been seen.
 */
static bool hand_next(struct mm_struct **mm, vaddr_t *start, vaddr_t *end, unsigned int *passed)
{
	struct pt_piece p = { .kind = PT_NOTHING };

	spin_lock(&hand.lock);
	while (p.kind == PT_NOTHING) {
		if (!hand.mm || hand.va >= USER_END ||
		    atomic_long_read(&hand.mm->rss[MM_ANONPAGES]) <= 0 || !hand.mm->evictable) {
			if (!hand_next_mm(passed))
				break;
			continue;
		}
		*start = hand.va;
		spin_lock(&hand.mm->tables_lock);
		hand.va = pt_next_piece(hand.mm, hand.va, USER_END, &p);
		spin_unlock(&hand.mm->tables_lock);
	}
	if (p.kind != PT_NOTHING) {
		mm_hold(hand.mm);
		*mm = hand.mm;
		*end = hand.va;
	}
	spin_unlock(&hand.lock);
	return p.kind != PT_NOTHING;
}

/* The table that ends at @end was not looked at from @va on: go on there. */
static void hand_back(struct mm_struct *mm, vaddr_t va, vaddr_t end)
{
	spin_lock(&hand.lock);
	if (hand.mm == mm && hand.va == end)
		hand.va = va;
	spin_unlock(&hand.lock);
}

void evict_forget(struct mm_struct *mm)
{
	unsigned int passed = 0;

	spin_lock(&hand.lock);
	if (hand.mm == mm)
		hand_next_mm(&passed);
	spin_unlock(&hand.lock);
}

/* ---- one table ---- */

/* Where it stopped. */
static vaddr_t evict_table(struct evict *e, struct batch *b, vaddr_t va, vaddr_t end)
{
	while (va < end && e->scan && e->freed + e->started < e->wanted) {
		b->nr = 0;
		va = batch_look(e, b, va, end);
		batch_prepare(b);
		if (!b->nr)
			continue;
		batch_take(b);
		batch_let_go(e, b);
	}
	return va;
}

/* May pages at @va go at all?  False where the area keeps them, or cannot be asked. */
static bool area_lets_go(const struct batch *b, vaddr_t va)
{
	const struct vm_area_struct *vma;

	if (!READ_ONCE(b->mm->locked_vm))
		return true;
	vma = b->locked ? vma_lookup(b->mm, va) : NULL;
	return vma && !(vma->vm_flags & VM_LOCKED);
}

/* The page that @e names, if it is anonymous; or NULL. */
static struct page *anon_page_of(pte_t e)
{
	struct page *page;

	if (!pte_present(e) || pte_special(e))
		return NULL;
	page = pfn_to_page(pte_pfn(e));
	return page_test(page, PG_anon) ? page : NULL;
}

/*
 * Step 1 for one entry: note its page if it was not used since last time.  False: it
 * names none.  Those do not count as looked at: where much is in swap already, and
 * its entries stand in many tables, the hand would stop before it came to a page.
 */
static bool look_at(struct batch *b, pte_t *pte, vaddr_t va)
{
	pte_t e = pte_read(pte);
	struct page *page = anon_page_of(e);

	if (!page)
		return false;
	if (!area_lets_go(b, va) || (b->only_own && atomic_read(&page->mapcount) != 1))
		return true;
	if (pte_young(e) && !b->even_young) {
		pte_cmpxchg(pte, e, pte_mkold(e));
		return true;
	}
	if (page_test(page, PG_writeback) || page_test(page, PG_locked))
		return true;
	get_page(page);
	b->page[b->nr] = page;
	b->va[b->nr++] = va;
	return true;
}

/* From @va on, until the batch is full.  Where to go on. */
static vaddr_t batch_look(struct evict *e, struct batch *b, vaddr_t va, vaddr_t end)
{
	struct pt_piece p;
	vaddr_t next;

	spin_lock(&b->mm->tables_lock);
	next = pt_next_piece(b->mm, va, end, &p);
	if (look_at_rare(e, b, &p, va) && pt_piece_lock_tree(b->mm, &p)) {
		pte_t *entries = pt_entries(p.table);
		unsigned long first = pt_index(va, 0), i = first;
		unsigned long last = first + ((next - va) >> PAGE_SHIFT);

		for (i = pt_next_used(entries, i, last); i < last && b->nr < BATCH && e->scan;
		     i = pt_next_used(entries, i + 1, last)) {
			if (look_at(b, entries + i, va + ((i - first) << PAGE_SHIFT))) {
				e->scan--;
				e->scanned++;
			}
		}
		pt_piece_unlock(b->mm, &p);
		next = va + ((i - first) << PAGE_SHIFT);
	}
	spin_unlock(&b->mm->tables_lock);
	return next;
}

/*
 * One that is huge counts as one page until it was not used: then it is made a
 * table.  Blocks, which tell nothing of their use, are single pages from now on.
 * True: the piece has entries to be looked at.
 */
static bool look_at_rare(struct evict *e, struct batch *b, struct pt_piece *p, vaddr_t va)
{
	bool small = true;

	if (p->kind == PT_NOTHING || p->kind == PT_TABLE)
		return p->kind == PT_TABLE;
	if (p->kind == PT_BLOCKS) {
		block_unfold_held(b->mm, p->entry, p->base);
		return true;
	}
	if (!pt_piece_lock_tree(b->mm, p))
		return false;
	if (!pte_none(p->huge)) {
		small = (!pte_young(p->huge) || b->even_young) && area_lets_go(b, va);
		if (e->scan)
			e->scan--;
		e->scanned++;
		if (!small && p->kind == PT_SHARED)
			p->table->pt_folded = pte_mkold(p->huge).v;
		else if (!small)
			pte_cmpxchg(p->entry, p->huge, pte_mkold(p->huge));
		else if (p->kind == PT_SHARED)
			pt_unfold(p->table);
	}
	pt_piece_unlock(b->mm, p);
	if (small && p->kind == PT_HUGE)
		huge_split_held(b->mm, p->entry, p->base);
	return small;
}

/* ---- step 2: a place in swap ---- */

static bool needs_slot(const struct page *page)
{
	return page_test(page, PG_swapbacked) && !page_test(page, PG_swapcache);
}

/* Lock those that can be; forget the others. */
static unsigned int batch_lock(struct batch *b)
{
	unsigned int slots = 0, kept = 0;

	for (unsigned int i = 0; i < b->nr; i++) {
		struct page *page = b->page[i];

		if (!trylock_page(page)) {
			put_page(page);
			continue;
		}
		slots += needs_slot(page);
		b->page[kept] = page;
		b->va[kept++] = b->va[i];
	}
	b->nr = kept;
	return slots;
}

/* Slots for all that need one, side by side; who gets none stays. */
static void batch_prepare(struct batch *b)
{
	unsigned int want = batch_lock(b), have, used = 0, kept = 0;
	swp_t slots[BATCH];

	have = want ? swap_slots_take(slots, want) : 0;
	for (unsigned int i = 0; i < b->nr; i++) {
		struct page *page = b->page[i];

		if (needs_slot(page)) {
			if (used == have || swap_cache_add(page, slots[used++])) {
				unlock_page(page);
				put_page(page);
				continue;
			}
			page_set(page, PG_dirty);
		}
		b->taken[kept] = false;
		b->page[kept] = page;
		b->va[kept++] = b->va[i];
	}
	b->nr = kept;
	for (; used < have; used++)     /* a page was freed by MADV_FREE meanwhile */
		swap_slot_uncache(swap_area_of(slots[used]), swp_slot(slots[used]));
}

/* ---- steps 3 and 4: out of the page table ---- */

/* Does nobody hold it but its PTEs, the cache and us?  mapcount may move only with others' PTEs. */
static bool page_unheld(const struct page *page)
{
	int mapped = atomic_read(&page->mapcount);
	int held = atomic_read(&page->count) - page_test(page, PG_swapcache) - 1;

	return held == mapped && atomic_read(&page->mapcount) == mapped;
}

/* One page less in memory, @slots more in swap.  In a shared table: for each who has it, later. */
static void count_evicted(struct mm_struct *mm, long slots)
{
	atomic_long_dec(&mm->rss[MM_ANONPAGES]);
	if (slots)
		atomic_long_add(slots, &mm->rss[MM_SWAPENTS]);
}

/* True: the entry is gone, and was the page's. */
static bool take_entry(struct batch *b, struct pt_piece *p, pte_t *pte, struct page *page,
		       vaddr_t va)
{
	pte_t e = pte_read(pte), away = NO_PTE;

	if (anon_page_of(e) != page || (pte_young(e) && !b->even_young) || !page_unheld(page) ||
	    !area_lets_go(b, va))
		return false;
	if (page_test(page, PG_swapcache)) {
		swp_t s = swap_page_slot(page);

		if (!swap_dup(s))
			return false;
		away = swp_to_pte(s);
		e = pte_xchg(pte, away);
		if (pte_dirty(e))
			page_set(page, PG_dirty);
		if (p->kind == PT_SHARED)
			p->table->pt_evicted++;
		else
			count_evicted(b->mm, 1);
	} else {
		/* MADV_FREE: nothing is lost, unless it was written since. */
		if (p->kind == PT_SHARED || pte_dirty(e) || !pte_cmpxchg(pte, e, NO_PTE)) {
			page_set(page, PG_swapbacked);
			return false;
		}
		count_evicted(b->mm, 0);
	}
	if (atomic_dec_and_test(&page->mapcount))
		vmstat_add(VMSTAT_nr_anon_pages, -1);
	return true;
}

static void batch_take(struct batch *b)
{
	vaddr_t first = b->va[0], last = b->va[b->nr - 1];
	struct pt_piece p;
	bool any = false;

	spin_lock(&b->mm->tables_lock);
	pt_next_piece(b->mm, first, USER_END, &p);
	if (pt_piece_lock_tree(b->mm, &p)) {
		for (unsigned int i = 0; pte_none(p.huge) && i < b->nr; i++) {
			pte_t *pte = pt_entries(p.table) + pt_index(b->va[i], 0);

			b->taken[i] = take_entry(b, &p, pte, b->page[i], b->va[i]);
			any |= b->taken[i];
		}
		pt_piece_unlock(b->mm, &p);
	}
	spin_unlock(&b->mm->tables_lock);
	if (any)
		tlb_flush_range(&b->mm->context, first, last + PAGE_SIZE);
}

/* ---- step 5 ---- */

/*
 * Its PTE is not gone, or another one is there.  A slot that was only just had is
 * of no use then.  Consumes lock and reference.
 */
static void page_stays(struct page *page)
{
	if (page_test(page, PG_swapcache) && page_test(page, PG_dirty))
		swap_cache_drop(page, 0, false);
	swap_page_release(page);
}

/* In no PTE.  True: it is to be written; else lock and reference are consumed. */
static bool page_goes(struct evict *e, struct page *page)
{
	if (page_test(page, PG_swapcache) && !swap_cache_drop(page, 2, true)) {
		if (page_test(page, PG_dirty))
			return true;
		swap_page_release(page);        /* somebody is just coming for it */
		return false;
	}
	unlock_page(page);
	put_page(page);
	e->freed++;
	return false;
}

static void batch_let_go(struct evict *e, struct batch *b)
{
	struct page *write[BATCH];
	unsigned int nr = 0;

	for (unsigned int i = 0; i < b->nr; i++) {
		struct page *page = b->page[i];

		if (b->taken[i])
			put_page(page);         /* the PTE's; the batch has one still */
		if (!b->taken[i] || atomic_read(&page->mapcount))
			page_stays(page);
		else if (page_goes(e, page))
			write[nr++] = page;
	}
	e->started += nr;
	if (nr)
		swap_write(write, nr);
}
