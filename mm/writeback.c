// SPDX-License-Identifier: MIT
/*
 * Write-back: when dirty pages go to the disk.
 *
 * Every address_space with dirty pages, a dirty inode, or pages being written is
 * on one list, oldest first.  The flusher writes those that have been there for
 * 30 seconds, and all while more than the background threshold is dirty; who
 * dirties too much waits (throttle.c).
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

#include <arch/time.h>
#include <mm/filemap.h>
#include <mm/page.h>
#include <mm/pagecache.h>
#include <mm/reclaim.h>
#include <mm/vmstat.h>

#define SECOND          1000000000UL
#define CENTISECOND     (SECOND / 100)

static struct {
	struct spinlock lock;           /* RANK_LRU, irqsave: the list */
	struct list_head list;          /* oldest first */
	struct wait_queue flusher;
	struct wait_queue unpinned;
	struct wait_queue sync_done;
	bool kicked;                    /* [a] the flusher has work that cannot wait */
	u32 syncing;                    /* [a] one sync at a time walks the list */
	u32 pass;                       /* by the one that syncs */
} wb = {
	.lock = SPINLOCK_INIT(RANK_LRU),
	.list = LIST_HEAD_INIT(wb.list),
	.flusher = WAIT_QUEUE_INIT(wb.flusher),
	.unpinned = WAIT_QUEUE_INIT(wb.unpinned),
	.sync_done = WAIT_QUEUE_INIT(wb.sync_done),
};

unsigned int sysctl_dirty_expire_centisecs = 3000;      /* dirty for longer: write it */
unsigned int sysctl_dirty_writeback_centisecs = 500;    /* how often to look; 0: only when asked */

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
		unsigned int interval = READ_ONCE(sysctl_dirty_writeback_centisecs);
		u64 deadline = idle || !interval ? TIMER_NEVER :
						   time_ns() + interval * CENTISECOND;

		(void)__wait_event(&wb.flusher,
				   READ_ONCE(wb.kicked) || (idle && !list_empty(&wb.list)),
				   TASK_INTERRUPTIBLE, deadline, false);
		if (READ_ONCE(wb.kicked)) {
			WRITE_ONCE(wb.kicked, false);
			flush_kicked();
		}
		if (interval)
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
		write_one(as, false, WRITEBACK_CHUNK);
		writeback_unpin(as);
		writeback_thresholds(&background, &hard);
		if (vmstat_read(VMSTAT_nr_dirty) <= background)
			return;
	}
}

static void flush_expired(void)
{
	u64 now = time_ns(), expire = READ_ONCE(sysctl_dirty_expire_centisecs) * CENTISECOND;
	struct address_space *as;

	while (now > expire && (as = pick_since(now - expire))) {
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
		u32 seq = errseq_now(&as->wb_error);
		int err;

		if (start)
			write_one(as, true, ~0UL);
		if (wait) {
			filemap_wait_range(as, 0, -1);
			if (READ_ONCE(as->flags) & AS_INODE_DIRTY)      /* e.g. new blocks */
				write_one(as, true, ~0UL);
		}
		err = errseq_since(&as->wb_error, seq);
		if (err)
			ret = err;
		writeback_unpin(as);
	}
	return ret;
}
