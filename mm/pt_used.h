// SPDX-License-Identifier: MIT
/*
 * Passing over empty entries.
 */
#ifndef MM_PT_USED_H
#define MM_PT_USED_H

#include <arch/pte.h>
#include <lib/types.h>

/* The first entry of @entries at or after @i, below @last, that is not none. */
static inline unsigned long pt_next_used(const pte_t *entries, unsigned long i,
					 unsigned long last)
{
	if (i < last && !pte_none(pte_read(entries + i)))
		return i;
	while (i + 4 <= last && !(pte_read(entries + i).v | pte_read(entries + i + 1).v |
				  pte_read(entries + i + 2).v | pte_read(entries + i + 3).v))
		i += 4;
	while (i < last && pte_none(pte_read(entries + i)))
		i++;
	return i;
}

#endif
