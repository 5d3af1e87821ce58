// SPDX-License-Identifier: MIT
/*
 * Discard: the disk learns what swap does not hold any more.
 *
 * swapon(2) says when: the whole area once, as it is put to use; or each cluster
 * when its last slot is free; or both.  A disk that cannot, is not asked, and
 * swapon succeeds all the same, as on Linux.
 *
 * Clusters are discarded by a thread of their own, since their last slot may
 * become free in an interrupt.  It takes the slots of a cluster, as a page of the
 * swap cache would, until the disk has answered: nobody is given one of them
 * meanwhile, and swapoff waits.  A cluster that is used again before its turn has
 * come is left alone.
 *
 * Lock: swap_lock for the clusters; the disk is asked without it.
 */
#include <mm/swap_area.h>

#include <mm/reclaim.h>

static DEFINE_WAIT_QUEUE(freed);
static DEFINE_MUTEX(starting, RANK_SLEEPING_LEAF);
static bool started;

/* Slots [first, first + nr) of the area. */
static void discard_slots(const struct swap_area *a, unsigned long first, unsigned long nr)
{
	while (nr) {
		const struct swap_extent *e = swap_extent_of(a->dev, first);
		unsigned long n = min(nr, e->page + e->nr - first);

		a->dev->ops->discard(a->dev,
				     e->sector + (first - e->page) * (PAGE_SIZE / 512),
				     n * (PAGE_SIZE / 512));
		first += n;
		nr -= n;
	}
}

static void discard_main(void *unused)
{
	for (;;) {
		struct swap_area *a;
		unsigned long first;
		unsigned int nr;

		(void)wait_event_interruptible(&freed, swap_clusters_stale());
		while ((nr = swap_cluster_take(&a, &first))) {
			discard_slots(a, first, nr);
			swap_cluster_give(a, first, nr);
		}
	}
}

void swap_discard_wake(void)
{
	wake_up(&freed);
}

/* Slot 0 is the header's. */
void swap_discard_area(const struct swap_area *a)
{
	discard_slots(a, 1, a->nr_slots - 1);
}

void swap_discard_start(void)
{
	mutex_lock(&starting);
	if (!started)
		started = kthread_run(discard_main, NULL, "swap_discard");
	mutex_unlock(&starting);
}
