// SPDX-License-Identifier: MIT
/*
 * What a present page counts as in mm->rss.
 */
#ifndef MM_RSS_H
#define MM_RSS_H

#include <mm/mm.h>
#include <mm/page.h>

static inline int page_rss_counter(const struct page *page)
{
	if (page_test(page, PG_anon))
		return MM_ANONPAGES;
	return page_test(page, PG_swapbacked) ? MM_SHMEMPAGES : MM_FILEPAGES;
}

#endif
