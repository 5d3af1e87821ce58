// SPDX-License-Identifier: MIT
/*
 * Waiting for those who look without a lock.
 *
 * A glance is a flag of its hart and not a counter: who waits need not see one
 * glance end, only one moment at which the hart is in none.  It may miss such
 * moments, never invent one.
 *
 * Lock: none.
 */
#include <mm/glance.h>

#include <kernel/sync.h>

void glance_wait_others(void)
{
	unsigned int me = hart_id();

	might_sleep();                          /* it does not, but holds no spinlock either */
	smp_mb();
	for (unsigned int h = 0; h < nr_harts; h++)
		while (h != me && smp_load_acquire(&hart_locals[h].looking))
			cpu_relax();
}
