// SPDX-License-Identifier: MIT
/*
 * The page lock, waiting for page bits, and the last reference.
 *
 * A frame has no room for a wait queue: sleepers of all pages share a few
 * queues, chosen by a hash of the page's address, and a wake-up carries the
 * page as its key.  PG_waiters says that somebody may sleep, so that the usual
 * unlock is one atomic operation.
 *
 * Always true:  a sleeper is on the queue before it sets PG_waiters, and sets
 *               it before it looks at the bit once more; a waker clears the
 *               bit and PG_waiters in one step.  So either the sleeper sees
 *               the bit clear, or the waker sees PG_waiters.
 * Lock:         the queues' own.  After its bit is clear a page may be gone:
 *               waking uses its address only as a number.
 */
#include <mm/page.h>

#include <lib/hash.h>
#include <mm/frames.h>
#include <mm/pagecache.h>
#include <mm/pagewait.h>
#include <mm/reclaim.h>

#define QUEUE_BITS      5

struct page_waiter {
	struct wait_entry entry;
	const struct page *page;
};

static struct wait_queue page_queues[1U << QUEUE_BITS];

static struct wait_queue *page_queue(const struct page *p)
{
	return &page_queues[hash_ptr(p, QUEUE_BITS)];
}

void page_wait_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(page_queues); i++)
		wait_queue_init(&page_queues[i]);
}

static bool page_waiter_wake(struct wait_entry *w, unsigned long key)
{
	struct page_waiter *pw = container_of(w, struct page_waiter, entry);

	if ((unsigned long)pw->page != key)
		return false;
	wake_up_process(w->task);
	return true;
}

static bool bit_free(struct page *p, enum page_flag f, bool take)
{
	return take ? !page_test_and_set(p, f) : !page_test(p, f);
}

/* Sleep until @f is clear (and set it: @take).  0, or -EINTR when killable. */
static int page_wait(struct page *p, enum page_flag f, bool take, enum task_state state)
{
	struct page_waiter pw = { .page = p };
	int err = 0;

	might_sleep();
	wait_entry_init(&pw.entry);
	pw.entry.wake = page_waiter_wake;
	for (;;) {
		wait_prepare(page_queue(p), &pw.entry, state);
		page_set(p, PG_waiters);
		smp_mb();
		if (bit_free(p, f, take))
			break;
		if (state == TASK_KILLABLE && fatal_signal_pending()) {
			err = -EINTR;
			break;
		}
		schedule();
	}
	wait_finish(page_queue(p), &pw.entry);
	return err;
}

/* Clear @bits and wake whoever sleeps for one of them.  Safe from interrupts. */
void page_clear_and_wake(struct page *p, unsigned long bits)
{
	unsigned long old = __atomic_fetch_and(&p->flags, ~(bits | BIT(PG_waiters)),
					       __ATOMIC_SEQ_CST);

	if (unlikely(old & BIT(PG_waiters)))
		wake_up_key(page_queue(p), (unsigned long)p);
}

void lock_page_slow(struct page *p)
{
	page_wait(p, PG_locked, true, TASK_UNINTERRUPTIBLE);
}

int lock_page_killable(struct page *p)
{
	if (trylock_page(p))
		return 0;
	return page_wait(p, PG_locked, true, TASK_KILLABLE);
}

void unlock_page(struct page *p)
{
	assert(page_test(p, PG_locked));
	page_clear_and_wake(p, BIT(PG_locked));
}

void wait_on_page_bit(struct page *p, enum page_flag f)
{
	if (page_test(p, f))
		page_wait(p, f, false, TASK_UNINTERRUPTIBLE);
}

int wait_on_page_bit_killable(struct page *p, enum page_flag f)
{
	return page_test(p, f) ? page_wait(p, f, false, TASK_KILLABLE) : 0;
}

void page_free_last(struct page *p)
{
	if (page_test(p, PG_lru))
		lru_remove(p);
	free_page(p);
}
