// SPDX-License-Identifier: MIT
/*
 * Write-back: when dirty pages go to the disk, and who waits for it.
 *
 * Every address_space with dirty pages, a dirty inode, or pages being written is
 * on one list, oldest first.  The flusher writes those that have been there for
 * 30 seconds, and all while more than the background threshold is dirty; a writer
 * above the hard threshold writes his own file and waits.
 *
 * The list holds no reference: a file deleted before its time is never written.
 * Instead whoever works on an address_space pins it (wb_busy), and
 * address_space_destroy() waits for the pins.
 *
 * Always true:  an address_space that has TAG_DIRTY, TAG_WRITEBACK or
 *               AS_INODE_DIRTY is on the list, or whoever made it so is about to
 *               put it there.
 * Lock:         wb.lock guards the list and the wb_ fields; held for a few
 *               steps, never while writing.
 */
#include <mm/writeback.h>

#include <arch/cpu.h>
#include <arch/time.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/buddy.h>
#include <mm/reclaim.h>
#include <mm/vmstat.h>

#define SECOND          1000000000UL
#define EXPIRE_NS       (30 * SECOND)   /* dirty for longer: write it */
#define INTERVAL_NS     (5 * SECOND)    /* how often to look */
#define CHUNK           1024UL          /* pages of one file before the next has its turn */
#define RATELIMIT       8               /* pages a hart dirties between looks at the thresholds */
#define THROTTLE_NS     (SECOND / 10)
#define THROTTLES       20              /* then let the writer go on: the disk may be stuck */

static struct {
	struct spinlock lock;           /* RANK_LRU, irqsave: the list */
	struct list_head list;          /* oldest first */
	struct wait_queue flusher;
	struct wait_queue progress;     /* a page was written */
	struct wait_queue unpinned;
	struct wait_queue sync_done;
	bool kicked;                    /* [a] the flusher has work that cannot wait */
	u32 syncing;                    /* [a] one sync at a time walks the list */
	u32 pass;                       /* by the one that syncs */
} wb = {
	.lock = SPINLOCK_INIT(RANK_LRU),
	.list = LIST_HEAD_INIT(wb.list),
	.flusher = WAIT_QUEUE_INIT(wb.flusher),
	.progress = WAIT_QUEUE_INIT(wb.progress),
	.unpinned = WAIT_QUEUE_INIT(wb.unpinned),
	.sync_done = WAIT_QUEUE_INIT(wb.sync_done),
};

unsigned int sysctl_dirty_ratio = 20, sysctl_dirty_background_ratio = 10;
static unsigned int dirtied[NR_HARTS_MAX];

static void flusher_main(void *unused);
static void flush_kicked(void);
static void flush_expired(void);
static struct address_space *pick_since(u64 cutoff);
static int write_one(struct address_space *as, bool sync, unsigned long max);
static int sync_pass(const void *owner, unsigned long metadata, bool start, bool wait);

/* ---- the list ---- */

static bool as_clean(struct address_space *as)
{
	return !radix_tagged(&as->pages, TAG_DIRTY) && !radix_tagged(&as->pages, TAG_WRITEBACK) &&
	       !(READ_ONCE(as->flags) & AS_INODE_DIRTY);
}

bool address_space_busy(struct address_space *as)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	bool busy = !as_clean(as) || READ_ONCE(as->wb_busy);

	spin_unlock_irqrestore(&as->lock, flags);
	return busy;
}

void writeback_remember(struct address_space *as)
{
	unsigned long flags = spin_lock_irqsave(&wb.lock);
	bool first = list_empty(&wb.list);

	if (list_empty(&as->wb_node)) {
		as->wb_since = time_ns();
		list_add_tail(&as->wb_node, &wb.list);
	}
	spin_unlock_irqrestore(&wb.lock, flags);
	if (first)
		wake_up(&wb.flusher);   /* it sleeps without a timer while there is nothing */
}

void writeback_mark_inode(struct address_space *as)
{
	unsigned long old = __atomic_fetch_or(&as->flags, AS_INODE_DIRTY, __ATOMIC_ACQ_REL);

	if (!(old & AS_INODE_DIRTY))
		writeback_remember(as);
}

void writeback_pin(struct address_space *as)
{
	unsigned long flags = spin_lock_irqsave(&wb.lock);

	as->wb_busy++;
	spin_unlock_irqrestore(&wb.lock, flags);
}

/* Off the list if it is clean now, else to its end.  @as may be gone on return. */
void writeback_unpin(struct address_space *as)
{
	unsigned long flags = spin_lock_irqsave(&as->lock);
	bool clean;

	/* wb.lock inside as->lock: whoever dirties takes them one after the other. */
	spin_lock(&wb.lock);
	clean = as_clean(as);
	if (!list_empty(&as->wb_node)) {
		if (clean) {
			list_del_init(&as->wb_node);
		} else if (as->wb_busy == 1) {
			as->wb_since = time_ns();
			list_move_tail(&as->wb_node, &wb.list);
		}
	}
	spin_unlock(&wb.lock);
	spin_unlock_irqrestore(&as->lock, flags);

	flags = spin_lock_irqsave(&wb.lock);
	clean = !--as->wb_busy;
	spin_unlock_irqrestore(&wb.lock, flags);
	if (clean)
		wake_up_all(&wb.unpinned);
}

void writeback_forget(struct address_space *as)
{
	unsigned long flags = spin_lock_irqsave(&wb.lock);

	if (!list_empty(&as->wb_node))
		list_del_init(&as->wb_node);
	spin_unlock_irqrestore(&wb.lock, flags);
	if (READ_ONCE(as->wb_busy))
		wait_event(&wb.unpinned, !READ_ONCE(as->wb_busy));
	flags = spin_lock_irqsave(&wb.lock);    /* who unpinned it has left wb.lock */
	spin_unlock_irqrestore(&wb.lock, flags);
}

/* ---- one address_space ---- */

/* A pinned one: its pages, then its inode. */
static int write_one(struct address_space *as, bool sync, unsigned long max)
{
	unsigned long old;
	int err = 0;

	writeout_pages(as, 0, ~0UL, sync, max);
	if (!as->a_ops->write_inode)
		return 0;
	old = __atomic_fetch_and(&as->flags, ~AS_INODE_DIRTY, __ATOMIC_ACQ_REL);
	if (old & AS_INODE_DIRTY)
		err = as->a_ops->write_inode(as, false);
	if (err)
		filemap_set_error(as, err);
	return err;
}

/* ---- the flusher ---- */

void writeback_start(void)
{
	kthread_run(flusher_main, NULL, "flusher");
}

void writeback_wake(void)
{
	if (READ_ONCE(wb.kicked))
		return;
	WRITE_ONCE(wb.kicked, true);
	wake_up(&wb.flusher);
}

static void flusher_main(void *unused)
{
	for (;;) {
		bool idle = list_empty(&wb.list);
		u64 deadline = idle ? TIMER_NEVER : time_ns() + INTERVAL_NS;

		(void)__wait_event(&wb.flusher,
				   READ_ONCE(wb.kicked) || (idle && !list_empty(&wb.list)),
				   TASK_INTERRUPTIBLE, deadline, false);
		if (READ_ONCE(wb.kicked)) {
			WRITE_ONCE(wb.kicked, false);
			flush_kicked();
		}
		flush_expired();
	}
}

/* Too much is dirty, or memory is short: the oldest first, until little enough is. */
static void flush_kicked(void)
{
	unsigned long background, hard;
	u64 now = time_ns();

	for (;;) {
		struct address_space *as = pick_since(now);

		if (!as)
			return;
		write_one(as, false, CHUNK);
		writeback_unpin(as);
		writeback_thresholds(&background, &hard);
		if (vmstat_read(VMSTAT_nr_dirty) <= background)
			return;
	}
}

static void flush_expired(void)
{
	u64 now = time_ns();
	struct address_space *as;

	while (now > EXPIRE_NS && (as = pick_since(now - EXPIRE_NS))) {
		write_one(as, false, ~0UL);
		writeback_unpin(as);
	}
}

/* The oldest that came onto the list before @cutoff, pinned, or NULL. */
static struct address_space *pick_since(u64 cutoff)
{
	unsigned long flags = spin_lock_irqsave(&wb.lock);
	struct address_space *as;

	as = list_first_entry_or_null(&wb.list, struct address_space, wb_node);
	if (as && as->wb_since < cutoff)
		as->wb_busy++;
	else
		as = NULL;
	spin_unlock_irqrestore(&wb.lock, flags);
	return as;
}

/* ---- sync ---- */

int writeback_sync(const void *owner, bool wait)
{
	int err, ret;

	wait_event_exclusive(&wb.sync_done, !xchg(&wb.syncing, 1U));
	ret = sync_pass(owner, 0, true, false);
	if (wait && (err = sync_pass(owner, 0, false, true)))
		ret = err;
	err = sync_pass(owner, AS_METADATA, true, wait);
	if (err)
		ret = err;
	smp_store_release(&wb.syncing, 0U);
	wake_up(&wb.sync_done);
	return ret;
}

/* The next one of the kind that this pass has not seen, pinned, or NULL. */
static struct address_space *pick_pass(const void *owner, unsigned long metadata)
{
	unsigned long flags = spin_lock_irqsave(&wb.lock);
	struct address_space *as, *found = NULL;

	list_for_each_entry(as, &wb.list, wb_node) {
		if (as->wb_pass == wb.pass || (as->flags & AS_METADATA) != metadata ||
		    (owner && as->wb_owner != owner))
			continue;
		as->wb_pass = wb.pass;
		as->wb_busy++;
		found = as;
		break;
	}
	spin_unlock_irqrestore(&wb.lock, flags);
	return found;
}

static int sync_pass(const void *owner, unsigned long metadata, bool start, bool wait)
{
	struct address_space *as;
	int ret = 0;

	wb.pass++;
	while ((as = pick_pass(owner, metadata))) {
		u32 seq = READ_ONCE(as->wb_error_seq);
		int err;

		if (start)
			write_one(as, true, ~0UL);
		if (wait) {
			filemap_wait_range(as, 0, -1);
			if (READ_ONCE(as->flags) & AS_INODE_DIRTY)      /* e.g. new blocks */
				write_one(as, true, ~0UL);
		}
		err = filemap_check_error(as, &seq);
		if (err)
			ret = err;
		writeback_unpin(as);
	}
	return ret;
}

/* ---- writers wait ---- */

void writeback_thresholds(unsigned long *background, unsigned long *hard)
{
	unsigned long pages = frames_free() + vmstat_read(VMSTAT_nr_inactive_file) +
			      vmstat_read(VMSTAT_nr_active_file), high = frames_high();

	pages = pages > high ? pages - high : 0;
	*hard = max(pages * sysctl_dirty_ratio / 100, 32UL);
	*background = min(max(pages * sysctl_dirty_background_ratio / 100, 16UL), *hard / 2);
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
		writeout_pages(as, 0, ~0UL, false, CHUNK);
		if (over_hard())
			writeback_wait_progress(THROTTLE_NS);
	}
}

void writeback_ended(void)
{
	if (!list_empty(&wb.progress.waiters))
		wake_up_all(&wb.progress);
}

void writeback_wait_progress(u64 timeout_ns)
{
	struct wait_entry w;

	might_sleep();
	wait_entry_init(&w);
	wait_prepare(&wb.progress, &w, TASK_UNINTERRUPTIBLE);
	schedule_until(time_ns() + timeout_ns);
	wait_finish(&wb.progress, &w);
}
