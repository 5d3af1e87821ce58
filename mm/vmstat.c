// SPDX-License-Identifier: MIT
/*
 * Counters of what mm does, as /proc/vmstat shows them.
 *
 * A hart adds to its own set; only the sum over all harts means anything: a page
 * counted on one hart may be uncounted on another, so one hart's figure may be
 * negative, and a sum read meanwhile may be too.
 */
#include <mm/vmstat.h>

struct vmstat_hart vmstat_harts[NR_HARTS_MAX];

const char *const vmstat_names[NR_VMSTAT] = {
#define X(name) [VMSTAT_##name] = #name,
	VMSTAT_LIST(X)
#undef X
};

unsigned long vmstat_read(enum vmstat_item i)
{
	long sum = 0;

	for (unsigned int h = 0; h < nr_harts; h++)
		sum += __atomic_load_n(&vmstat_harts[h].v[i], __ATOMIC_RELAXED);
	return max(sum, 0L);
}
