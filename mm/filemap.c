// SPDX-License-Identifier: MIT
/*
 * The page cache: which page of a file is in which frame.
 *
 * Every page of an address_space is in its radix tree, by index, and the tree's
 * reference keeps the frame.  A page comes in locked and not up to date; whoever
 * wants its contents waits for the lock to go and then looks at PG_uptodate.
 *
 *	absent ──add──► locked ──read──► up to date ⇄ dirty → written
 *	   ▲                               │
 *	   └────── truncate, reclaim ──────┘
 *
 * Always true:  page->mapping is as and page->index its place exactly while the
 *               page is in as->pages;
 *               who has locked a page checks page->mapping first: it may have
 *               been truncated while he waited.
 * Lock:         as->lock guards the tree; irqsave, because the end of a write
 *               clears a tag.  The page lock holds page->mapping still.  A
 *               glance (glance.h) may look a page up without the lock; who
 *               wants to keep it takes a reference and then looks at
 *               page->mapping: who takes out does it the other way round.
 */
#include <mm/filemap.h>

#include <lib/err.h>
#include <lib/radix_inline.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/glance.h>
#include <mm/pagecache.h>
#include <mm/pagewait.h>
#include <mm/reclaim.h>
#include <mm/shmem.h>
#include <mm/shmem_away.h>
#include <mm/slab.h>
#include <mm/slab_cache.h>
#include <mm/vmstat.h>
#include <mm/workingset.h>
#include <mm/writeback.h>

struct kmem_cache radix_node_cache;

static inline int tree_insert(struct address_space *as, struct page *page, const swp_t *from,
			      struct radix_spare *spare);
static int tree_insert_prepared(struct address_space *as, struct page *page, const swp_t *from,
				unsigned int gfp);
static int page_finish_read(struct address_space *as, struct page *page);
static int page_create_and_read(struct address_space *as, pgoff_t index);

/* ---- the tree ---- */

/* Under as->lock: what is at hand, or nothing; filemap_add() gets more without the lock. */
static void *node_alloc(void)
{
	return kmem_cache_alloc(&radix_node_cache, GFP_NOWARN);
}

static void node_free(void *node)
{
	kmem_cache_free(&radix_node_cache, node);
}

static const struct radix_ops node_ops = { .alloc = node_alloc, .free = node_free };

void filemap_init(void)
{
	kmem_cache_setup(&radix_node_cache, "radix_node", radix_node_size, 0);
	kmem_cache_is_reclaimable(&radix_node_cache);
}

void address_space_init(struct address_space *as, struct inode *host,
			const struct address_space_operations *ops)
{
	memset(as, 0, sizeof(*as));
	as->host = host;
	as->a_ops = ops;
	spin_lock_init(&as->lock, RANK_MAPPING);
	spin_lock_init(&as->i_mmap_lock, RANK_I_MMAP);
	radix_init(&as->pages, &node_ops);
	i_mmap_init(&as->i_mmap);
	INIT_LIST_HEAD(&as->wb_node);
}

void address_space_destroy(struct address_space *as)
{
	if (as->away)
		shmem_away_unlist(as);
	writeback_forget(as);
	assert(!as->nr_pages && i_mmap_empty(&as->i_mmap));
	if (as->away)
		shmem_away_destroy(as);
}

/* as->lock held, and let go of. */
static __always_inline struct page *find_and_unlock(struct address_space *as, pgoff_t index,
						    unsigned long flags)
{
	struct page *page = radix_lookup_inline(&as->pages, index);

	if (page)
		get_page(page);
	spin_unlock_irqrestore(&as->lock, flags);
	return page;
}

static __noinline struct page *filemap_find_wait(struct address_space *as, pgoff_t index)
{
	return find_and_unlock(as, index, spin_lock_irqsave(&as->lock));
}

/* The wait for the lock elsewhere: then nothing here outlives a call, and needs saving. */
struct page *filemap_find(struct address_space *as, pgoff_t index)
{
	unsigned long flags = irq_save();

	if (!DEBUG && likely(spin_trylock(&as->lock)))
		return find_and_unlock(as, index, flags);
	irq_restore(flags);
	return filemap_find_wait(as, index);
}

unsigned int filemap_find_range(struct address_space *as, pgoff_t index, pgoff_t last,
				struct page **pages, unsigned int nr)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	unsigned int found = radix_next_many(&as->pages, index, last, (void **)pages, nr);

	for (unsigned int i = 0; i < found; i++)
		get_page(pages[i]);
	spin_unlock_irqrestore(&as->lock, flags);
	return found;
}

/* ---- in and out ---- */

/* Of memory that was not promised when it was made: tmpfs, MAP_NORESERVE. */
static inline bool page_charge(const struct address_space *as)
{
	return likely(!(as->flags & AS_CHARGED)) || shmem_charge(as);
}

static inline void page_uncharge(const struct address_space *as)
{
	if (unlikely(as->flags & AS_CHARGED))
		shmem_uncharge(as);
}

int filemap_add(struct address_space *as, struct page *page, pgoff_t index, unsigned int gfp)
{
	return filemap_add_from(as, page, index, NULL, gfp);
}

int filemap_add_from(struct address_space *as, struct page *page, pgoff_t index, const swp_t *from,
		     unsigned int gfp)
{
	unsigned long flags;
	int err;

	assert(page_test(page, PG_locked) && !page->mapping);
	if (!from && !page_charge(as))
		return -ENOSPC;
	page->mapping = as;
	page->index = index;
	get_page(page);

	flags = spin_lock_irqsave(&as->lock);
	err = tree_insert(as, page, from, NULL);
	spin_unlock_irqrestore(&as->lock, flags);
	if (err == -ENOMEM)
		err = tree_insert_prepared(as, page, from, gfp);
	if (err) {
		page->mapping = NULL;
		if (!from)
			page_uncharge(as);
		put_page(page);
		return err;
	}
	vmstat_inc(VMSTAT_nr_file_pages);
	if (as->flags & AS_SWAPBACKED) {
		page_set(page, PG_swapbacked);
		vmstat_inc(VMSTAT_nr_shmem);
	} else {
		workingset_arrived(page);
	}
	lru_add(page);
	return 0;
}

/* as->lock held.  An index is in the tree of pages or in that of slots, never in both. */
static inline int tree_insert(struct address_space *as, struct page *page, const swp_t *from,
			      struct radix_spare *spare)
{
	int err = unlikely(as->away) ? shmem_away_check(as, page->index, from) : 0;

	if (!err)
		err = spare ? radix_insert_spare(&as->pages, page->index, page, spare) :
			      radix_insert(&as->pages, page->index, page);
	if (!err) {
		as->nr_pages++;
		if (unlikely(from))
			shmem_away_forget(as, page->index);
	}
	return err;
}

/* The nodes were not at hand: get them first, then insert under the lock. */
static int tree_insert_prepared(struct address_space *as, struct page *page, const swp_t *from,
				unsigned int gfp)
{
	struct radix_spare spare = RADIX_SPARE_INIT;
	unsigned int want = 0;
	int err = -EAGAIN;

	while (err == -EAGAIN) {
		unsigned long flags;

		for (want = min_t(unsigned int, want + 4, RADIX_SPARES); spare.nr < want;) {
			void *node = kmem_cache_alloc(&radix_node_cache, gfp & ~GFP_ZERO);

			if (!node) {
				err = -ENOMEM;
				goto out;
			}
			spare.node[spare.nr++] = node;
		}
		flags = spin_lock_irqsave(&as->lock);
		err = tree_insert(as, page, from, &spare);
		spin_unlock_irqrestore(&as->lock, flags);
	}
out:
	radix_spare_free(&as->pages, &spare);
	return err;
}

/*
 * as->lock and page lock held.  True: nobody but the cache and the caller has a
 * reference of @page, nor will a glance keep one, as page->mapping is gone.
 */
static bool nobody_keeps(struct address_space *as, struct page *page)
{
	if (atomic_read(&page->count) != 2)
		return false;
	WRITE_ONCE(page->mapping, NULL);
	smp_mb();                               /* against map_neighbour() */
	if (likely(atomic_read(&page->count) == 2))
		return true;
	WRITE_ONCE(page->mapping, as);
	return false;
}

void filemap_take_out(struct address_space *as, struct page *page, struct radix_spare *nodes)
{
	void *was = radix_delete_spare(&as->pages, page->index, nodes);

	assert(was == page);
	(void)was;
	as->nr_pages--;
	page->mapping = NULL;
}

void filemap_let_go(struct page *page, struct radix_spare *nodes)
{
	vmstat_add(VMSTAT_nr_file_pages, -1);
	if (page_test(page, PG_swapbacked))
		vmstat_add(VMSTAT_nr_shmem, -1);
	glance_wait();
	while (nodes->nr)
		node_free(nodes->node[--nodes->nr]);
	put_page(page);
}

void filemap_remove(struct page *page)
{
	struct address_space *as = page->mapping;
	struct radix_spare nodes;
	unsigned long flags;

	assert(page_test(page, PG_locked) && !page_test(page, PG_writeback));
	flags = spin_lock_irqsave(&as->lock);
	filemap_take_out(as, page, &nodes);
	page_uncharge(as);                      /* unlocked, it may be gone */
	spin_unlock_irqrestore(&as->lock, flags);
	filemap_let_go(page, &nodes);
}

bool filemap_remove_unused(struct page *page)
{
	struct address_space *as = page->mapping;
	struct radix_spare nodes;
	unsigned long flags;
	bool unused;

	assert(page_test(page, PG_locked));
	flags = spin_lock_irqsave(&as->lock);
	unused = !(READ_ONCE(page->flags) & (BIT(PG_dirty) | BIT(PG_writeback))) &&
		 nobody_keeps(as, page);
	if (unused) {
		filemap_take_out(as, page, &nodes);
		page_uncharge(as);              /* unlocked, it may be gone */
	}
	spin_unlock_irqrestore(&as->lock, flags);
	if (unused)
		filemap_let_go(page, &nodes);
	return unused;
}

struct page *filemap_grab_page(struct address_space *as, pgoff_t index, unsigned int gfp)
{
	for (;;) {
		struct page *page = filemap_find(as, index);
		int err;

		if (page) {
			lock_page(page);
			if (page->mapping == as)
				return page;
			unlock_page(page);
			put_page(page);
			continue;
		}
		if (unlikely(READ_ONCE(as->away))) {
			err = shmem_bring_in(as, index, gfp);
			if (err < 0)
				return ERR_PTR(err);
			if (err)
				continue;
		}
		page = page_alloc_locked(gfp);
		if (!page)
			return ERR_PTR(-ENOMEM);
		err = filemap_add(as, page, index, gfp);
		if (!err)
			return page;
		unlock_page(page);
		put_page(page);
		if (err != -EEXIST)
			return ERR_PTR(err);
	}
}

/* ---- contents ---- */

struct page *filemap_read_page(struct address_space *as, pgoff_t index, struct file_ra_state *ra)
{
	return filemap_fetch(as, index, 1, ra);
}

struct page *filemap_fetch(struct address_space *as, pgoff_t index, unsigned long nr_wanted,
			   struct file_ra_state *ra)
{
	bool ahead = false;
	struct page *page;
	int err;

	for (;;) {
		page = filemap_find(as, index);
		if (!page) {
			if (ra && !ahead) {
				ahead = true;
				readahead_miss(as, ra, index, nr_wanted);
				continue;
			}
			err = page_create_and_read(as, index);
			if (err && err != -EEXIST)
				return ERR_PTR(err);
			continue;
		}
		if (ra && page_test(page, PG_readahead))
			readahead_hit(as, ra, page);
		if (page_test(page, PG_uptodate))
			return page;
		err = page_finish_read(as, page);
		if (!err)
			return page;
		put_page(page);
		if (err != -EAGAIN)
			return ERR_PTR(err);
	}
}

int page_read_locked(struct address_space *as, struct page *page)
{
	int err;

	page_clear(page, PG_error);
	err = as->a_ops->readpage(as, page);
	if (!err)
		err = wait_on_page_bit_killable(page, PG_locked);
	if (err)
		return err;
	return page_test(page, PG_uptodate) ? 0 : -EIO;
}

/*
 * Wait for the read under way; if it failed (perhaps it was only readahead),
 * try once more on our own.  -EAGAIN: truncated meanwhile, look again.
 */
static int page_finish_read(struct address_space *as, struct page *page)
{
	int err = wait_on_page_bit_killable(page, PG_locked);

	if (err || page_test(page, PG_uptodate))
		return err;
	err = lock_page_killable(page);
	if (err)
		return err;
	if (page->mapping != as || page_test(page, PG_uptodate)) {
		err = page->mapping == as ? 0 : -EAGAIN;
		unlock_page(page);
		return err;
	}
	return page_read_locked(as, page);
}

/*
 * No readahead, or no memory for it: the one page.  -EEXIST: somebody else brought it.  -EIO:
 * beyond the end.
 */
static int page_create_and_read(struct address_space *as, pgoff_t index)
{
	struct page *page = page_alloc_locked(GFP_USER);
	int err;

	if (!page)
		return -ENOMEM;
	err = filemap_add(as, page, index, GFP_USER);
	if (err)
		unlock_page(page);
	else if (filemap_beyond_end(page))
		err = -EIO;
	else
		err = page_read_locked(as, page);
	put_page(page);
	return err;
}

bool filemap_beyond_end(struct page *page)
{
	if (page->index < DIV_ROUND_UP(READ_ONCE(page->mapping->size), PAGE_SIZE))
		return false;
	filemap_remove(page);
	unlock_page(page);
	return true;
}

struct page *page_alloc_locked(unsigned int gfp)
{
	struct page *page = alloc_page(gfp);

	if (page)
		page->flags = BIT(PG_locked);
	return page;
}
