// SPDX-License-Identifier: MIT
/*
 * Page-table pages, with a few empty ones kept on each hart.
 *
 * A table that is freed has only empty entries, since all its pages were
 * zapped before: it is as good as zeroed.  Kept, it saves the next fork 512
 * stores; a root saves the kernel half as well.  A shrinker gives them back.
 *
 * Always true: a kept table has only empty entries (a root: in its user half).
 * Lock: none; a hart's own few are touched by that hart only, with no sleep
 * in between, never from interrupts.  Draining takes only this hart's.
 */
#include <mm/pt_alloc.h>

#include <arch/cpu.h>
#include <arch/mmu.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/pagetable.h>
#include <mm/reclaim.h>
#include <mm/vmstat.h>

#define KEEP_TABLES     8
#define KEEP_ROOTS      2

struct kept {
	unsigned int nr_tables, nr_roots;
	struct page *tables[KEEP_TABLES];
	struct page *roots[KEEP_ROOTS];
} __aligned(CACHE_LINE);

static struct kept kept[NR_HARTS_MAX];

static bool table_is_empty(struct page *table, unsigned int nr)
{
	const pte_t *e = pt_entries(table);
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!pte_none(e[i]))
			return false;
	return true;
}

static struct page *new_table(void)
{
	struct page *table = alloc_page(GFP_USER | GFP_ZERO);

	if (!table)
		return NULL;
	page_set(table, PG_table);
	return table;
}

static void release_table(struct page *table)
{
	page_clear(table, PG_table);
	table->mapping = NULL;
	table->index = 0;
	put_page(table);
}

struct page *pt_alloc_table(void)
{
	struct kept *k = &kept[hart_id()];
	struct page *table;

	table = k->nr_tables ? k->tables[--k->nr_tables] : new_table();
	if (!table)
		return NULL;
	spin_lock_init(&table->ptl, RANK_PT);
	table->pt_folded = 0;
	table->pt_laid_by = NULL;
	table->pt_evicted = 0;
	vmstat_inc(VMSTAT_nr_page_table_pages);
	return table;
}

void pt_free_table(struct page *table)
{
	struct kept *k = &kept[hart_id()];

	assert(!DEBUG || (table_is_empty(table, PT_ENTRIES) && !atomic_read(&table->mapcount)));
	vmstat_add(VMSTAT_nr_page_table_pages, -1);
	if (k->nr_tables < KEEP_TABLES)
		k->tables[k->nr_tables++] = table;
	else
		release_table(table);
}

pte_t *pt_alloc_root(void)
{
	struct kept *k = &kept[hart_id()];
	struct page *root;

	if (k->nr_roots) {
		root = k->roots[--k->nr_roots];
	} else {
		root = new_table();
		if (!root)
			return NULL;
		mmu_init_root(pt_entries(root));
	}
	spin_lock_init(&root->ptl, RANK_PT);
	vmstat_inc(VMSTAT_nr_page_table_pages);
	return pt_entries(root);
}

void pt_free_root(pte_t *root)
{
	struct kept *k = &kept[hart_id()];
	struct page *page = virt_to_page(root);

	assert(!DEBUG || table_is_empty(page, PT_ENTRIES / 2));
	vmstat_add(VMSTAT_nr_page_table_pages, -1);
	if (k->nr_roots < KEEP_ROOTS)
		k->roots[k->nr_roots++] = page;
	else
		release_table(page);
}

static unsigned long pt_cache_shrink(unsigned long nr, unsigned int gfp)
{
	return pt_cache_drain();
}

void pt_cache_init(void)
{
	static struct shrinker shrinker = { .shrink = pt_cache_shrink };
	static bool registered;

	memset(kept, 0, sizeof(kept));
	if (!registered)
		shrinker_register(&shrinker);
	registered = true;
}

unsigned long pt_cache_drain(void)
{
	struct kept *k = &kept[hart_id()];
	unsigned long nr = k->nr_tables + k->nr_roots;

	while (k->nr_tables)
		release_table(k->tables[--k->nr_tables]);
	while (k->nr_roots)
		release_table(k->roots[--k->nr_roots]);
	return nr;
}
