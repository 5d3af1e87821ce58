// SPDX-License-Identifier: MIT
/*
 * epoll_wait(2) in its forms: ask the files that may be ready, tell which are.
 *
 * Lock: ep->ctl_lock while asking, ep->lock around the ready list.
 */
#include <kernel/fs/epoll_internal.h>

#include <kernel/fs/pollwait.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <mm/uaccess.h>

#define EP_MAX_EVENTS   (0x7fffffff / (int)sizeof(struct epoll_event))

struct ep_item *ep_take_ready(struct epoll *ep)
{
	unsigned long flags = spin_lock_irqsave(&ep->lock);
	struct ep_item *item = list_first_entry_or_null(&ep->ready, struct ep_item, ready);

	if (item)
		list_del_init(&item->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	return item;
}

unsigned int ep_count_ready(struct epoll *ep)
{
	unsigned long flags = spin_lock_irqsave(&ep->lock);
	struct list_head *at;
	unsigned int n = 0;

	list_for_each(at, &ep->ready)
		n++;
	spin_unlock_irqrestore(&ep->lock, flags);
	return n;
}

void ep_put_back(struct ep_item *item)
{
	struct epoll *ep = item->ep;
	unsigned long flags = spin_lock_irqsave(&ep->lock);

	if (list_empty(&item->ready))
		list_add_tail(&item->ready, &ep->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
}

void ep_asked(struct epoll *ep)
{
	mutex_unlock(&ep->ctl_lock);
	if (ep_has_ready(ep))
		wake_up(&ep->wq);
}

/* Ask those that may be ready; report up to @max.  How many, or -EFAULT when none. */
static int harvest(struct epoll *ep, vaddr_t to, int max)
{
	unsigned int look;
	int n = 0;

	mutex_lock(&ep->ctl_lock);
	for (look = ep_count_ready(ep); look && n < max; look--) {
		struct ep_item *item = ep_take_ready(ep);
		struct epoll_event ev;

		if (!item)
			break;
		ev.events = file_poll(item->file, NULL) & item->event.events & ~EP_PRIVATE_BITS;
		ev.data = item->event.data;
		if (!ev.events)
			continue;
		if (copy_to_user(to + (size_t)n * sizeof(ev), &ev, sizeof(ev))) {
			ep_put_back(item);
			n = n ? n : -EFAULT;
			break;
		}
		n++;
		if (item->event.events & EPOLLONESHOT)
			WRITE_ONCE(item->event.events, item->event.events & EP_PRIVATE_BITS);
		else if (!(item->event.events & EPOLLET))
			ep_put_back(item);
	}
	ep_asked(ep);
	return n;
}

static int do_wait(struct epoll *ep, vaddr_t to, int max, u64 deadline)
{
	int n, err;

	for (;;) {
		n = ep_has_ready(ep) ? harvest(ep, to, max) : 0;
		if (n || !deadline)
			return n;
		err = __wait_event(&ep->wq, ep_has_ready(ep), TASK_INTERRUPTIBLE, deadline, true);
		if (err == -ETIMEDOUT)
			deadline = 0;
		else if (err)
			return -EINTR;
	}
}

static long epoll_wait(int epfd, vaddr_t to, int max, u64 deadline, vaddr_t mask, size_t mask_size)
{
	struct fd_ref r = { .file = NULL };
	bool masked = false;
	long ret = sigmask_import(mask, mask_size, &masked);

	if (ret)
		return ret;
	if (max <= 0 || max > EP_MAX_EVENTS)
		ret = -EINVAL;
	else if (!user_range_ok(to, (size_t)max * sizeof(struct epoll_event)))
		ret = -EFAULT;
	if (!ret)
		r = fdget(epfd);
	if (!ret && !r.file)
		ret = -EBADF;
	else if (!ret)
		ret = epoll_of(r.file) ? do_wait(epoll_of(r.file), to, max, deadline) : -EINVAL;
	if (masked && ret != -EINTR)
		restore_saved_sigmask();
	fdput(r);
	return ret;
}

long sys_epoll_pwait(const unsigned long *a)
{
	int ms = (int)a[3];
	u64 deadline = TIMER_NEVER;

	if (ms == 0)
		deadline = 0;
	else if (ms > 0)
		deadline = time_ns() + (u64)ms * NSEC_PER_MSEC;
	return epoll_wait((int)a[0], a[1], (int)a[2], deadline, a[4], a[5]);
}

long sys_epoll_pwait2(const unsigned long *a)
{
	struct timespec ts;
	u64 deadline = TIMER_NEVER, ns, now;

	if (a[3]) {
		if (copy_from_user(&ts, a[3], sizeof(ts)))
			return -EFAULT;
		if (!timespec_valid(&ts))
			return -EINVAL;
		ns = timespec_to_ns(&ts);
		now = time_ns();
		deadline = !ns ? 0 : ns > TIMER_NEVER - 1 - now ? TIMER_NEVER - 1 : now + ns;
	}
	return epoll_wait((int)a[0], a[1], (int)a[2], deadline, a[4], a[5]);
}
