// SPDX-License-Identifier: MIT
/*
 * Where page tables meet swap: the places that come upon an entry which is
 * neither none nor present.
 *
 * No swap area can be attached yet, so nothing makes such entries; one that
 * is found all the same is a page that is lost, and its owner gets SIGBUS.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include <arch/pte.h>
#include <lib/bug.h>
#include <mm/fault.h>

/* The program touched it. */
static inline enum fault_result swap_fault(struct fault *f)
{
	return FAULT_BUS;
}

/* The entry is gone (munmap, exit): one user of the slot less. */
static inline void swap_free_entry(pte_t e)
{
	assert(!pte_swap(e));
}

/* fork copies it: one user more.  False: it cannot be copied. */
static inline bool swap_dup_entry(pte_t e)
{
	return !pte_swap(e);
}

#endif
