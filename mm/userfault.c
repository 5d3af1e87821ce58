// SPDX-License-Identifier: MIT
/*
 * userfaultfd: who waits, who reads, who wakes.
 *
 *	fault                                   the program's reader
 *	vm_ops->fault: the page is missing
 *	userfault_ask: note u->wakes, look
 *	  at the entry once more, leave
 *	userfault_wait: queue, sleep    ─────►  read: the address
 *	                                        UFFDIO_COPY: set the entry
 *	look everything up again        ◄─────  userfault_wake: ++u->wakes, wake
 *
 * A fault waits with nothing held, neither area nor page.  So it may be filled
 * and woken between the look at the entry and the queue; then u->wakes has
 * grown, and it does not sleep but looks again.
 *
 * Always true: who is on a list has not been woken; when released is set all have
 * been, and nobody is queued any more.
 * Lock:        u->lock for the lists; under it only wait queues.
 */
#include <mm/userfault.h>

#include <lib/errno.h>
#include <lib/string.h>
#include <mm/fault.h>
#include <mm/mm.h>
#include <mm/slab.h>

/* One fault that waits. */
struct waiter {
	struct list_head node;
	struct uffd_msg msg;
	bool woken;
	struct wait_queue wq;           /* its own: only those meant are woken */
};

static bool may_wait(const struct userfault *u, const struct fault *f, bool user, u32 *asker);
static void describe(const struct userfault *u, const struct fault *f, u32 asker,
		     struct uffd_msg *msg);
static bool queue(struct userfault *u, const struct fault *f, struct waiter *w);
static void wake_in(struct userfault *u, struct list_head *list, vaddr_t start, size_t len);

struct userfault *userfault_new(struct mm_struct *mm, unsigned int flags, u32 (*asker)(void))
{
	struct userfault *u = kmalloc(sizeof(*u), GFP_KERNEL);

	if (!u)
		return NULL;
	memset(u, 0, sizeof(*u));
	mm_hold(mm);
	u->mm = mm;
	u->asker = asker;
	u->flags = flags;
	atomic_set(&u->refs, 1);
	rwsem_init(&u->changing_lock, RANK_USERFAULT);
	spin_lock_init(&u->lock, RANK_DRIVER);
	INIT_LIST_HEAD(&u->asked);
	INIT_LIST_HEAD(&u->waiting);
	INIT_LIST_HEAD(&u->events);
	INIT_LIST_HEAD(&u->reading);
	wait_queue_init(&u->readers);
	wait_queue_init(&u->told);
	return u;
}

void userfault_put(struct userfault *u)
{
	if (!atomic_dec_and_test(&u->refs))
		return;
	mm_drop(u->mm);
	kfree(u);
}

/* ---- the fault ---- */

enum fault_result userfault_ask(struct fault *f, bool minor)
{
	struct userfault *u = f->vma->vm_private;

	spin_lock(&u->lock);
	f->asked_wakes = u->wakes;
	spin_unlock(&u->lock);
	if (!pte_same(pte_read(f->pte), f->orig))
		return FAULT_DONE;
	userfault_get(u);
	f->asked = u;
	f->asked_minor = minor;
	f->verdict = FAULT_ASK;
	return fault_retry(f);
}

enum fault_result userfault_wait(struct fault *f, bool user)
{
	struct userfault *u = f->asked;
	enum fault_result r = FAULT_DONE;
	struct waiter w;
	u32 asker;
	int err;

	if (!may_wait(u, f, user, &asker)) {
		r = FAULT_BUS;
	} else {
		describe(u, f, asker, &w.msg);
		if (queue(u, f, &w)) {
			wake_up_all(&u->readers);
			err = user ? wait_event_interruptible(&w.wq, READ_ONCE(w.woken)) :
				     wait_event_killable(&w.wq, READ_ONCE(w.woken));
			spin_lock(&u->lock);    /* who wakes us is done with w */
			list_del_init(&w.node);
			spin_unlock(&u->lock);
			if (err)
				r = FAULT_KILLED;
		}
	}
	userfault_put(u);
	return r;
}

/* A debugger does not wait, nor does who could not be woken or may not be stopped. */
static bool may_wait(const struct userfault *u, const struct fault *f, bool user, u32 *asker)
{
	*asker = u->asker();
	return *asker && !f->force && !(u->features & UFFD_FEATURE_SIGBUS) &&
	       (user || !(u->flags & UFFD_USER_MODE_ONLY));
}

static void describe(const struct userfault *u, const struct fault *f, u32 asker,
		     struct uffd_msg *msg)
{
	memset(msg, 0, sizeof(*msg));
	msg->event = UFFD_EVENT_PAGEFAULT;
	msg->pagefault.address = u->features & UFFD_FEATURE_EXACT_ADDRESS ? f->exact : f->addr;
	if (f->access == FAULT_WRITE)
		msg->pagefault.flags |= UFFD_PAGEFAULT_FLAG_WRITE;
	if (f->asked_minor)
		msg->pagefault.flags |= UFFD_PAGEFAULT_FLAG_MINOR;
	if (u->features & UFFD_FEATURE_THREAD_ID)
		msg->pagefault.ptid = asker;
}

/* False: there was a wake-up, perhaps ours, or there will be none: look again. */
static bool queue(struct userfault *u, const struct fault *f, struct waiter *w)
{
	bool waits;

	w->woken = false;
	wait_queue_init(&w->wq);
	spin_lock(&u->lock);
	waits = !u->released && u->wakes == f->asked_wakes;
	if (waits)
		list_add_tail(&w->node, &u->asked);
	spin_unlock(&u->lock);
	return waits;
}

/* ---- the reader ---- */

void userfault_wake(struct userfault *u, vaddr_t start, size_t len)
{
	spin_lock(&u->lock);
	u->wakes++;
	wake_in(u, &u->asked, start, len);
	wake_in(u, &u->waiting, start, len);
	spin_unlock(&u->lock);
}

static void wake_in(struct userfault *u, struct list_head *list, vaddr_t start, size_t len)
{
	struct waiter *w, *tmp;

	assert_held(&u->lock);
	list_for_each_entry_safe(w, tmp, list, node) {
		if (len && w->msg.pagefault.address - start >= len)
			continue;
		list_del_init(&w->node);
		WRITE_ONCE(w->woken, true);
		wake_up_all(&w->wq);
	}
}

bool userfault_next(struct userfault *u, struct uffd_msg *msg)
{
	struct waiter *w;
	bool any;

	spin_lock(&u->lock);
	any = !list_empty(&u->asked);
	if (any) {
		w = list_entry(u->asked.next, struct waiter, node);
		*msg = w->msg;
		list_move_tail(&w->node, &u->waiting);
	}
	spin_unlock(&u->lock);
	return any;
}

bool userfault_readable(const struct userfault *u)
{
	return !list_empty(&u->asked) || !list_empty(&u->events);
}

void userfault_count(struct userfault *u, unsigned long *asked, unsigned long *all)
{
	const struct waiter *w;

	*asked = *all = 0;
	spin_lock(&u->lock);
	list_for_each_entry(w, &u->asked, node)
		++*asked;
	list_for_each_entry(w, &u->waiting, node)
		++*all;
	spin_unlock(&u->lock);
	*all += *asked;
}
