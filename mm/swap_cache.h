// SPDX-License-Identifier: MIT
/*
 * The swap cache: pages in memory that have a slot.
 *
 * A page is in it from before its first PTE becomes a swap entry until it is
 * dropped, and again from when it is read back.  So however many entries name
 * the slot, there is one page; who finds an entry looks here first.
 *
 * page->mapping is the area's address_space, page->index the slot; the cache
 * holds one reference.
 */
#ifndef MM_SWAP_CACHE_H
#define MM_SWAP_CACHE_H

#include <lib/radix.h>
#include <lib/types.h>
#include <mm/page.h>
#include <mm/swap.h>

extern const struct radix_ops swap_node_ops;

/* The slot of a locked page of the cache. */
swp_t swap_page_slot(const struct page *page);

/* The page of @s with a reference, or NULL. */
struct page *swap_cache_find(swp_t s);

/*
 * Give the locked @page the slot @s, which swap_slots_take() or
 * swap_slot_cache() has marked.  -ENOMEM: it has not got it, and the mark is gone.
 * Does not sleep; uses the last reserve.
 */
int swap_cache_add(struct page *page, swp_t s);

/*
 * The two halves of it, for a page of shared memory that moves from one tree to
 * the other: where the slot's page is found; whose the page is.
 */
int swap_cache_insert(struct page *page, swp_t s);
void swap_cache_erase(struct page *page, swp_t s);
void swap_cache_own(struct page *page, swp_t s);
void swap_cache_disown(struct page *page);

/*
 * Take the locked page out if no entry names its slot, or (@clean_too) it
 * equals its slot; and if @refs references are all there are, the cache's
 * included (0: whoever has some).  Not while it is being written.  True: it is out.
 */
bool swap_cache_drop(struct page *page, int refs, bool clean_too);

/* No entry names @s any more: its page goes, unless somebody holds it. */
void swap_cache_drop_slot(swp_t s);

/* Its write has ended.  From interrupts too. */
void swap_cache_written(struct page *page);

/* Out, whatever it holds: locked, not being written. */
void swap_cache_remove(struct page *page);

/*
 * unlock_page() and put_page() of a page of the cache; it may have been
 * forgotten meanwhile by all who used it, or be in no PTE.
 */
void swap_page_release(struct page *page);

/* ---- swap_io.c ---- */

/* Slots that are read together, at most. */
#define SWAP_WINDOW_MAX 32U

/* What the setting permits of it (/proc/sys/vm/page-cluster). */
unsigned int swap_window_max(void);

/*
 * Have the page of @s in the cache, up to date; with it start reading up to
 * @window slots around it that are in use.  0 (also when the slot is not in
 * use any more: look again), -EIO, -ENOMEM, -EINTR.  Sleeps.
 */
int swap_read(swp_t s, unsigned int window, unsigned int gfp);

/*
 * Start reading what is in those slots and not in memory.  False: there was no memory
 * for all.  Sleeps, but does not wait for the disk.
 */
bool swap_read_ahead(const swp_t *slots, unsigned int nr);

/*
 * Start writing pages of the cache: locked, dirty, in no PTE, each with a
 * reference of the caller's; both are consumed.  Neighbours make one request.
 */
void swap_write(struct page **pages, unsigned int nr);

/* Pages being written now, whose frames will be free after it. */
unsigned long swap_writing(void);

#endif
