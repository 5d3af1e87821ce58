// SPDX-License-Identifier: MIT
/*
 * Taking pages and tables out of an address space: munmap, exit, truncate's
 * private pages, MADV_DONTNEED.
 *
 * Three things must happen in this order on every hart: the entry is
 * cleared, translations are forgotten, the frame is given away.  A flush is
 * the dearest instruction there is, so the pages of a whole call are
 * gathered and flushed for once.
 *
 * What the entry knew of the page is passed on: dirty (only where the page
 * does not know already) and used.
 *
 * Tables are read in glances too (uaccess.c): between the flush and the frames
 * of tables those are waited for.
 *
 * Lock: mm->lock (for reading is enough for pages); ptl around the entries
 * of one table, taken once a table.
 */
#include <mm/pt_gather.h>

#include <arch/mmu.h>
#include <mm/address_space.h>
#include <mm/block.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/glance.h>
#include <mm/huge.h>
#include <mm/pagetable.h>
#include <mm/pt_alloc.h>
#include <mm/pt_piece.h>
#include <mm/pt_share.h>
#include <mm/pt_used.h>
#include <mm/reclaim.h>
#include <mm/rss.h>
#include <mm/swap.h>
#include <mm/vma.h>
#include <mm/vmstat.h>

#define PAGE_PTR_DIRTY  1UL
#define PAGE_PTR_SWAP   2UL     /* in the swap cache: somebody has to see whether it still should */
#define PAGE_PTR_HUGE   4UL     /* the first of a huge entry's */
#define PAGE_PTR_BLOCK  5UL     /* the first of a block; dirty and huge means nothing else */
#define PAGE_PTR_BITS   (PAGE_PTR_DIRTY | PAGE_PTR_SWAP | PAGE_PTR_HUGE)

_Static_assert(_Alignof(struct page) > PAGE_PTR_BITS, "low bits of a pointer to it are free");

static vaddr_t zap_rare(struct pt_gather *g, pte_t *entry, vaddr_t va, vaddr_t end);
static vaddr_t zap_table(struct pt_gather *g, struct page *table, vaddr_t va, vaddr_t end);
static vaddr_t zap_blocks(struct pt_gather *g, struct page *table, vaddr_t va, vaddr_t end);
static vaddr_t zap_entries(struct pt_gather *g, struct page *table, vaddr_t base,
			   unsigned long i, unsigned long last);
static void gather_flush(struct pt_gather *g);
static void unhook_tables(struct pt_gather *g, vaddr_t start, vaddr_t end, vaddr_t floor,
			  vaddr_t ceiling);

void pt_gather_finish(struct pt_gather *g)
{
	gather_flush(g);
	if (g->extra)
		put_page(g->extra);
}

vaddr_t pt_zap_piece(struct pt_gather *g, vaddr_t va, vaddr_t end)
{
	struct pt_piece p;
	vaddr_t next = pt_next_piece(g->mm, va, end, &p);

	if (likely(p.kind == PT_TABLE))
		return zap_table(g, p.table, va, next);
	return p.kind == PT_NOTHING ? next : zap_rare(g, p.entry, va, next);
}

/* Huge or shared: gone, as a whole, or a table then.  Or with blocks. */
static __noinline vaddr_t zap_rare(struct pt_gather *g, pte_t *entry, vaddr_t va, vaddr_t end)
{
	struct pt_piece p = pt_piece_at(entry, va);
	bool whole = p.base >= g->from && p.base + HUGE_SIZE <= g->to;

	if (p.kind == PT_BLOCKS)
		return zap_blocks(g, pfn_to_page(pte_pfn(pte_read(p.entry))), va, end);
	if (p.kind == PT_SHARED && whole && pt_share_drop(g->mm, &p, !g->all))
		return end;
	if (whole && pte_huge(pte_read(p.entry))) {
		huge_zap(g, &p);
		return end;
	}
	if (pt_own_table(g->mm, &p))
		panic("zap of a part of a shared table at %#lx", p.base);
	return p.kind == PT_TABLE ? zap_table(g, p.table, va, end) : end;
}

/* Make room: a page of pointers in place of the inline few, or free what there is. */
static void gather_more(struct pt_gather *g)
{
	if (!g->extra && (g->extra = alloc_page(GFP_NOWARN)) != NULL) {
		struct page **pages = page_address(g->extra);
		unsigned int i;

		for (i = 0; i < g->nr; i++)
			pages[i] = g->pages[i];
		g->pages = pages;
		g->max = PAGE_SIZE / sizeof(struct page *);
		return;
	}
	gather_flush(g);
}

/* A page of a file or of shared memory.  Whether it must be told that it is dirty. */
static __noinline unsigned long zap_cached(struct pt_gather *g, struct page *page, pte_t e)
{
	if (pte_young(e) && !page_test(page, PG_referenced))
		page_set(page, PG_referenced);
	g->rss[page_rss_counter(page)]++;
	if (atomic_dec_and_test(&page->mapcount))
		g->unmapped_file++;
	return pte_dirty(e) && !page_test(page, PG_dirty) ? PAGE_PTR_DIRTY : 0;
}

/* *pte, which was @e, is gone: of a page in swap, or a mark. */
static __noinline void zap_absent(struct pt_gather *g, pte_t *pte, pte_t e)
{
	if (g->keeps_guards && pte_guard(e)) {
		pte_set(pte, e);
		return;
	}
	swap_free_entry(e);
	g->rss[MM_SWAPENTS] += pte_swapped(e);
}

/* The entry @e is gone, *pte is none.  True: its page was gathered, at *slot. */
static inline bool zap_one(struct pt_gather *g, pte_t e, pte_t *pte, struct page **slot)
{
	unsigned long note = 0, flags;
	struct page *page;

	if (unlikely(!pte_present(e))) {
		zap_absent(g, pte, e);
		return false;
	}
	if (pte_special(e))
		return false;
	page = pfn_to_page(pte_pfn(e));
	flags = READ_ONCE(page->flags);
	if (likely(flags & BIT(PG_anon))) {
		if (atomic_dec_and_test(&page->mapcount))
			g->unmapped_anon++;
		g->rss[MM_ANONPAGES]++;
		if (unlikely(flags & BIT(PG_swapcache)))
			note = PAGE_PTR_SWAP;
	} else {
		note = zap_cached(g, page, e);
	}
	*slot = (struct page *)((unsigned long)page | note);
	return true;
}

/* One table's share: [va, end).  Returns where to go on. */
static inline vaddr_t zap_table(struct pt_gather *g, struct page *table, vaddr_t va, vaddr_t end)
{
	vaddr_t base = ALIGN_DOWN(va, PT_SPAN(1));
	unsigned long last = (end - base) >> PAGE_SHIFT;
	unsigned long i = pt_next_used(pt_entries(table), pt_index(va, 0), last);

	return i == last ? end : zap_entries(g, table, base, i, last);
}

/* The entries from @i, which is used, to @last, of the table that maps @base. */
static __noinline vaddr_t zap_entries(struct pt_gather *g, struct page *table, vaddr_t base,
				      unsigned long i, unsigned long last)
{
	pte_t *entries = pt_entries(table);
	struct page **slot, **full;

	if (g->nr == g->max)
		gather_more(g);
	slot = g->pages + g->nr;
	full = g->pages + g->max;
	spin_lock(&table->ptl);
	if (base + (i << PAGE_SHIFT) < g->start)
		g->start = base + (i << PAGE_SHIFT);
	while (i < last && slot < full) {
		if (pte_none(pte_read(entries + i))) {
			i = pt_next_used(entries, i + 1, last);
			continue;
		}
		slot += zap_one(g, pte_xchg(entries + i, NO_PTE), entries + i, slot);
		i++;
	}
	if (base + (i << PAGE_SHIFT) > g->end)
		g->end = base + (i << PAGE_SHIFT);
	spin_unlock(&table->ptl);
	g->nr = slot - g->pages;
	return base + (i << PAGE_SHIFT);
}

/* The block at @first is gone as one. */
static void zap_block(struct pt_gather *g, pte_t *first)
{
	struct page *page = block_take(first);

	for (unsigned int i = 0; i < PT_BLOCK; i++)
		atomic_set(&page[i].mapcount, 0);
	g->pages[g->nr++] = (struct page *)((unsigned long)page | PAGE_PTR_BLOCK);
	g->rss[MM_ANONPAGES] += PT_BLOCK;
	g->unmapped_anon += PT_BLOCK;
}

/*
 * As zap_table(), where blocks may stand.  Of those that are only partly to go the entries
 * become single ones; the flush is of whole blocks, so that no hart keeps one.
 */
static __noinline vaddr_t zap_blocks(struct pt_gather *g, struct page *table, vaddr_t va,
				     vaddr_t end)
{
	pte_t *entries = pt_entries(table);
	unsigned int i = pt_index(va, 0), last = i + ((end - va) >> PAGE_SHIFT);
	vaddr_t base = ALIGN_DOWN(va, PT_SPAN(1));

	if (g->nr == g->max)
		gather_more(g);
	g->start = min(g->start, ALIGN_DOWN(va, BLOCK_SIZE));
	spin_lock(&table->ptl);
	while ((i = pt_next_used(entries, i, last)) < last && g->nr < g->max) {
		pte_t *pte = entries + i;

		if (pte_block(pte_read(pte))) {
			if (i % PT_BLOCK == 0 && last - i >= PT_BLOCK) {
				zap_block(g, pte);
				i += PT_BLOCK;
				continue;
			}
			block_split(pte - i % PT_BLOCK);
		}
		g->nr += zap_one(g, pte_xchg(pte, NO_PTE), pte, g->pages + g->nr);
		i++;
	}
	spin_unlock(&table->ptl);
	va = base + ((vaddr_t)i << PAGE_SHIFT);
	g->end = max(g->end, ALIGN_UP(va, BLOCK_SIZE));
	return va;
}

void pt_gather_huge(struct pt_gather *g, struct page *page, vaddr_t va, long unmapped)
{
	if (g->nr == g->max)
		gather_more(g);
	g->pages[g->nr++] = (struct page *)((unsigned long)page | PAGE_PTR_HUGE);
	g->start = min(g->start, va);
	g->end = max(g->end, va + HUGE_SIZE);
	g->rss[MM_ANONPAGES] += PT_ENTRIES;
	g->unmapped_anon += unmapped;
}

static __noinline void put_noted(struct page *noted)
{
	unsigned long note = (unsigned long)noted & PAGE_PTR_BITS;
	struct page *page = (struct page *)((unsigned long)noted & ~PAGE_PTR_BITS);

	if (note == PAGE_PTR_HUGE || note == PAGE_PTR_BLOCK) {
		huge_put_pages(page, note == PAGE_PTR_HUGE ? HUGE_ORDER : BLOCK_ORDER);
		return;
	}
	if (note & PAGE_PTR_DIRTY)
		set_page_dirty(page);
	put_unmapped_page(page);
}

/* Forget the translations, then free what they led to. */
static void gather_flush(struct pt_gather *g)
{
	struct page *page, *table;
	unsigned int i;

	if (g->tables)
		tlb_flush_all(&g->mm->context);
	else if (g->start < g->end)
		tlb_flush_range(&g->mm->context, g->start, g->end);
	for (i = 0; i < g->nr; i++) {
		page = g->pages[i];
		if (unlikely((unsigned long)page & PAGE_PTR_BITS))
			put_noted(page);
		else
			put_page(page);
	}
	if (g->tables)
		glance_wait();
	while ((table = g->tables) != NULL) {
		g->tables = table->pt_laid_by;
		pt_free_table(table);
	}
	if (g->nr && mm_rss(g->mm) > g->mm->hiwater_rss)
		g->mm->hiwater_rss = mm_rss(g->mm);
	for (i = 0; i < NR_MM_COUNTERS; i++)
		if (g->rss[i])
			atomic_long_sub(g->rss[i], &g->mm->rss[i]);
	if (g->unmapped_anon)
		vmstat_add(VMSTAT_nr_anon_pages, -g->unmapped_anon);
	if (g->unmapped_file)
		vmstat_add(VMSTAT_nr_mapped, -g->unmapped_file);
	pt_gather_empty(g);
}

/* -------------------------------------------------------------- tables */

static void unhook(struct pt_gather *g, pte_t *entry)
{
	struct page *table = pfn_to_page(pte_pfn(pte_read(entry)));

	assert(pte_any_table(pte_read(entry)) && !table->pt_laid_by);
	pte_set(entry, NO_PTE);
	table->pt_laid_by = g->tables;
	g->tables = table;
	atomic_long_dec(&g->mm->table_pages);
}

/* The level-0 tables below one level-1 table whose whole span lies in [floor, ceiling). */
static void unhook_level0(struct pt_gather *g, pte_t *entries, vaddr_t start, vaddr_t end,
			  vaddr_t floor, vaddr_t ceiling)
{
	vaddr_t va = ALIGN_DOWN(start, PT_SPAN(1));
	pte_t *entry = entries + pt_index(va, 1);

	for (; va < end; va += PT_SPAN(1), entry++)
		if (va >= floor && va + PT_SPAN(1) <= ceiling && !pte_none(pte_read(entry)))
			unhook(g, entry);
}

/* Lies some table of [start, end) wholly between the neighbours? */
static inline bool unhooks_any(vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling)
{
	vaddr_t first = ALIGN_DOWN(start, PT_SPAN(1));

	if (first < floor)
		first += PT_SPAN(1);
	return first < end && first + PT_SPAN(1) <= ceiling;
}

void pt_unhook_tables(struct pt_gather *g, vaddr_t start, vaddr_t end, vaddr_t floor,
		      vaddr_t ceiling)
{
	assert_held_write(&g->mm->lock);
	if (unhooks_any(start, end, floor, ceiling))
		unhook_tables(g, start, end, floor, ceiling);
}

static __noinline void unhook_tables(struct pt_gather *g, vaddr_t start, vaddr_t end,
				     vaddr_t floor, vaddr_t ceiling)
{
	vaddr_t va = start, top, base;
	pte_t *entry;

	_Static_assert(PT_LEVELS == 3, "two levels of tables below the root");
	spin_lock(&g->mm->tables_lock);
	for (; va < end; va = top) {
		base = ALIGN_DOWN(va, PT_SPAN(2));
		top = base + PT_SPAN(2);
		entry = g->mm->pgd + pt_index(va, 2);
		if (pte_none(pte_read(entry)))
			continue;
		unhook_level0(g, pa_to_virt(pte_pfn(pte_read(entry)) << PAGE_SHIFT), va,
			      min(end, top), floor, ceiling);
		if (base >= floor && top <= ceiling)
			unhook(g, entry);
	}
	spin_unlock(&g->mm->tables_lock);
}

/* ---------------------------------------------------- for a single range */

void pt_zap_range(struct vm_area_struct *vma, vaddr_t start, vaddr_t end)
{
	struct pt_gather g;

	pt_gather_begin(&g, vma->vm_mm, start, end);
	g.keeps_guards = true;
	pt_zap(&g, vma, start, end);
	pt_gather_end(&g);
}
