// SPDX-License-Identifier: MIT
/*
 * Throttle: how much may be dirty, and who waits when more is.
 *
 * Both thresholds are a share of what dirty pages could fill: the free frames and
 * those of files.  Not of all memory, or anonymous pages that cannot be had
 * back would leave writers nothing but dirty pages to reclaim.  A number of bytes
 * may stand in the place of each share (proc(5), dirty_bytes).
 *
 *	0 ──── background ─────────── hard ────►
 *	       the flusher writes     who dirties writes too, and waits
 *
 * A writer waits with a limit: a disk that is stuck slows him down, and is no
 * reason to hold him for ever.
 *
 * Always true: of a share and its bytes one is 0 (proc writes them so).
 * Lock:        none; figures are read as they are.
 */
#include <mm/writeback.h>

#include <arch/cpu.h>
#include <arch/time.h>
#include <mm/buddy.h>
#include <mm/frames.h>
#include <mm/pagecache.h>
#include <mm/reclaim.h>
#include <mm/vmstat.h>

#define RATELIMIT       8               /* pages a hart dirties between looks at the thresholds */
#define THROTTLE_NS     100000000UL
#define THROTTLES       20              /* then let the writer go on: the disk may be stuck */
#define HARD_LEAST      32UL            /* pages, however little memory there is */
#define BACKGROUND_LEAST 16UL

unsigned int sysctl_dirty_ratio = 20, sysctl_dirty_background_ratio = 10;
unsigned long sysctl_dirty_bytes, sysctl_dirty_background_bytes;

static unsigned int dirtied[NR_HARTS_MAX];
static DEFINE_WAIT_QUEUE(progress);     /* a page was written */

/* Pages that could be dirty. */
static unsigned long dirtyable(void)
{
	unsigned long pages = frames_free() + vmstat_read(VMSTAT_nr_inactive_file) +
			      vmstat_read(VMSTAT_nr_active_file), high = frames_high();

	return pages > high ? pages - high : 0;
}

static unsigned long threshold(unsigned long bytes, unsigned int ratio)
{
	return bytes ? DIV_ROUND_UP(bytes, PAGE_SIZE) : dirtyable() * ratio / 100;
}

void writeback_thresholds(unsigned long *background, unsigned long *hard)
{
	*hard = max(threshold(READ_ONCE(sysctl_dirty_bytes), READ_ONCE(sysctl_dirty_ratio)),
		    HARD_LEAST);
	*background = max(threshold(READ_ONCE(sysctl_dirty_background_bytes),
				    READ_ONCE(sysctl_dirty_background_ratio)), BACKGROUND_LEAST);
	if (*background >= *hard)
		*background = *hard / 2;
}

static bool over_hard(void)
{
	unsigned long background, hard, nr = vmstat_read(VMSTAT_nr_dirty);

	writeback_thresholds(&background, &hard);
	if (nr > background)
		writeback_wake();
	return nr + vmstat_read(VMSTAT_nr_writeback) > hard;
}

void balance_dirty_pages(struct address_space *as)
{
	unsigned int *n = &dirtied[hart_id()];

	if (as->flags & AS_SWAPBACKED || ++*n < RATELIMIT)
		return;
	*n = 0;
	for (int i = 0; i < THROTTLES && over_hard() && !fatal_signal_pending(); i++) {
		writeout_pages(as, 0, ~0UL, false, WRITEBACK_CHUNK);
		if (over_hard())
			writeback_wait_progress(THROTTLE_NS);
	}
}

void writeback_ended(void)
{
	if (!list_empty(&progress.waiters))
		wake_up_all(&progress);
}

void writeback_wait_progress(u64 timeout_ns)
{
	struct wait_entry w;

	might_sleep();
	wait_entry_init(&w);
	wait_prepare(&progress, &w, TASK_UNINTERRUPTIBLE);
	schedule_until(time_ns() + timeout_ns);
	wait_finish(&progress, &w);
}
