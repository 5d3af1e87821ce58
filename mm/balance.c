// SPDX-License-Identifier: MIT
/*
 * The balance of reclaim: how much of file pages, how much of anonymous ones.
 *
 * While cold file pages are enough nothing else is looked at.  Otherwise swappiness
 * says what a swapped page costs against one of a file (100: the same), and what
 * had to be fetched again lately (workingset.c) makes its kind dearer, three times
 * at most.
 *
 * Lock: none; figures are read as they are.
 */
#include <mm/balance.h>

#include <mm/frames.h>
#include <mm/reclaim.h>
#include <mm/swap.h>
#include <mm/vmstat.h>
#include <mm/workingset.h>

unsigned int sysctl_swappiness = 60;

/* Mapped ones, which the clock hand finds, and those on lists. */
static unsigned long swappable_pages(void)
{
	return vmstat_read(VMSTAT_nr_anon_pages) + vmstat_read(VMSTAT_nr_inactive_anon) +
	       vmstat_read(VMSTAT_nr_active_anon);
}

struct balance scan_balance(unsigned int gfp, int priority, bool cold)
{
	unsigned long inactive = vmstat_read(VMSTAT_nr_inactive_file);
	unsigned long anon = gfp & GFP_IO && swap_total() ? swappable_pages() : 0;
	unsigned long swappiness = READ_ONCE(sysctl_swappiness), file_cost, anon_cost, total, a, f;

	if (!priority)
		return (struct balance){ inactive, anon };
	if (!anon || !swappiness || (cold && inactive >> priority))
		return (struct balance){ max(inactive >> priority, BALANCE_LEAST), 0 };
	workingset_costs(&file_cost, &anon_cost);
	total = file_cost + anon_cost + 1;
	a = swappiness * total * BALANCE_LEAST / (total + anon_cost);
	f = (200 - swappiness) * total * BALANCE_LEAST / (total + file_cost);
	return (struct balance){
		.file = max((inactive >> priority) * f / (a + f), BALANCE_LEAST),
		.anon = max((anon >> priority) * a / (a + f), BALANCE_LEAST),
	};
}
