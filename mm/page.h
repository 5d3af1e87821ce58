// SPDX-License-Identifier: MIT
/*
 * struct page: one for each frame of RAM.
 *
 * A frame is in the page cache (mapping: an address_space, index: page in
 * the file), anonymous (mapping NULL, PG_anon), a page-table page, part of a
 * slab, or the kernel's own.  count says who may still touch the frame,
 * mapcount how many PTEs name it.  Every PTE holds one count; the page cache
 * holds one.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <arch/page.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <lib/types.h>

struct address_space;

enum page_flag {
	PG_locked,              /* the page lock: I/O and truth of the contents */
	PG_waiters,             /* somebody sleeps for PG_locked or PG_writeback */
	PG_uptodate,            /* contents are those of the file or slot */
	PG_dirty,               /* newer than the disk; set by set_page_dirty() */
	PG_writeback,           /* being written */
	PG_readahead,           /* touching this one starts the next readahead */
	PG_lru,                 /* on an LRU list */
	PG_active,              /* on the active one */
	PG_referenced,          /* used since the clock hand passed */
	PG_anon,                /* anonymous */
	PG_swapcache,           /* anonymous, and has a slot: private_ is the swap entry */
	PG_swapbacked,          /* dirty means: goes to swap (anonymous, shmem) */
	PG_error,               /* the last I/O failed */
	PG_reclaim,             /* free it when write-back ends */
	PG_mlocked,
	PG_slab,
	PG_table,               /* a page-table page */
	PG_buddy,               /* free, head of a block of 2^index pages */
	PG_reserved,            /* never was and never will be free */
	PG_workingset,          /* was in active use before it grew old */
	PG_private,             /* for the file system's own use: no field goes with it */
};

/* [c] constant  [a] atomic  [p] page lock  [m] mapping->lock  [l] lru lock  [b] buddy */
struct page {
	unsigned long flags;            /* [a] bits of enum page_flag */
	atomic_t count;                 /* [a] 0: free */
	union {
		/* [a] PTEs that name it; PG_table: 0, or the address spaces that share it */
		atomic_t mapcount;
		u32 slab_inuse;         /* slab: objects handed out */
	};
	union {
		struct {
			struct address_space *mapping;  /* [p][m] page cache */
			pgoff_t index;                  /* [p] page in the file */
		};
		struct {                        /* PG_table */
			struct spinlock ptl;    /* the page-table lock */
			/* of a shared table: 0, or the huge entry whose place it took */
			unsigned long pt_folded;
		};
		struct {                        /* PG_slab */
			struct kmem_cache *slab_cache;
			void *slab_free;
		};
	};
	union {
		struct list_head lru;           /* [l] LRU list; [b] free list; else the owner's */
		unsigned long private_[2];
		struct {                        /* PG_table */
			/* level 1: tables laid by for its huge entries; a chain of such */
			struct page *pt_laid_by;
			/* of a shared table: pages that went to swap since it is */
			unsigned long pt_evicted;
		};
	};
};

_Static_assert(sizeof(struct page) == 48, "struct page grew: mem_map is 48 bytes a frame");

/* All frames, indexed by frame number - mem_map_base. */
extern struct page *mem_map;
extern unsigned long mem_map_base;      /* pfn of mem_map[0] */
extern unsigned long mem_map_nr;

/* Where the page of frame 0 would be: it saves a load and a subtraction each way. */
extern unsigned long mem_map_zero;

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)(mem_map_zero + pfn * sizeof(struct page));
}
static inline unsigned long page_to_pfn(const struct page *p)
{
	return ((unsigned long)p - mem_map_zero) / sizeof(struct page);
}
static inline bool pfn_valid(unsigned long pfn) { return pfn - mem_map_base < mem_map_nr; }
static inline paddr_t page_to_pa(const struct page *p) { return page_to_pfn(p) << PAGE_SHIFT; }
static inline void *page_address(const struct page *p) { return pa_to_virt(page_to_pa(p)); }
static inline struct page *virt_to_page(const void *va)
{
	return pfn_to_page(virt_to_pa(va) >> PAGE_SHIFT);
}

/*
 * Flags order nothing, but for PG_uptodate: who sees it sees the contents that
 * were there when it was set.  @f is a constant, so the others pay nothing.
 */
static __always_inline bool page_test(const struct page *p, enum page_flag f)
{
	bool set = READ_ONCE(p->flags) >> f & 1;

	if (f == PG_uptodate)
		smp_rmb();
	return set;
}
static __always_inline void page_set(struct page *p, enum page_flag f)
{
	if (f == PG_uptodate)
		smp_wmb();
	set_bit(f, &p->flags);
}
static inline void page_clear(struct page *p, enum page_flag f) { clear_bit(f, &p->flags); }
static inline bool page_test_and_set(struct page *p, enum page_flag f)
{
	return test_and_set_bit(f, &p->flags);
}
static inline bool page_test_and_clear(struct page *p, enum page_flag f)
{
	return test_and_clear_bit(f, &p->flags);
}

static inline void get_page(struct page *p) { atomic_inc(&p->count); }
static inline bool get_page_unless_zero(struct page *p) { return atomic_inc_not_zero(&p->count); }

/* Drop a reference; the last one frees the frame (leaving the LRU). */
void page_free_last(struct page *p);
static inline void put_page(struct page *p)
{
	if (atomic_dec_and_test(&p->count))
		page_free_last(p);
}

/* The page lock.  Sleeps. */
void lock_page_slow(struct page *p);
void unlock_page(struct page *p);
static inline bool trylock_page(struct page *p) { return !page_test_and_set(p, PG_locked); }
static inline void lock_page(struct page *p)
{
	if (!trylock_page(p))
		lock_page_slow(p);
}
int lock_page_killable(struct page *p);         /* 0 or -EINTR */
void wait_on_page_bit(struct page *p, enum page_flag f);        /* until the bit is clear */
void page_end_writeback(struct page *p);        /* clear PG_writeback, wake; from interrupts too */

#endif
