// SPDX-License-Identifier: MIT
/*
 * Anonymous pages: the zero page, own pages, copy-on-write.
 */
#ifndef MM_ANON_H
#define MM_ANON_H

#include <lib/types.h>
#include <mm/fault.h>
#include <mm/page.h>

extern unsigned long zero_pfn;          /* [c] the frame of zeroes that all read faults share */
void zero_page_init(void);

/* Nothing mapped yet: vm_ops->fault of anonymous areas. */
enum fault_result anon_fault(struct fault *f);

/* A write to a present page that a private area may not write: reuse or copy. */
enum fault_result anon_cow(struct fault *f);

/*
 * Is the PTE that names this anonymous page all there is?  Then it may be
 * written in place.  The table's ptl held.  count and not mapcount: whoever
 * unmaps a page gives its count back only after the flush, so nobody's stale
 * translation can see what is written next.
 */
static inline bool anon_exclusive(const struct page *page)
{
	return (READ_ONCE(page->flags) & (BIT(PG_anon) | BIT(PG_swapcache))) == BIT(PG_anon) &&
	       atomic_read(&page->count) == 1;
}

#endif
