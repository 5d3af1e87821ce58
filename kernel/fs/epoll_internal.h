// SPDX-License-Identifier: MIT
/*
 * An epoll from inside: for epoll.c, which keeps the set, and epoll_wait.c,
 * which tells what is ready.
 */
#ifndef KERNEL_FS_EPOLL_INTERNAL_H
#define KERNEL_FS_EPOLL_INTERNAL_H

#include <kernel/fs/file.h>
#include <kernel/sync.h>
#include <lib/avl.h>
#include <lib/list.h>

#define EPOLLEXCLUSIVE  (1U << 28)
#define EPOLLWAKEUP     (1U << 29)
#define EPOLLONESHOT    (1U << 30)
#define EPOLLET         (1U << 31)
#define EP_PRIVATE_BITS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
/* What an item with EPOLLEXCLUSIVE may have beside it. */
#define EP_EXCLUSIVE_BITS                                                              \
	(EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLET | POLLIN | POLLOUT | POLLERR | POLLHUP)

/* Not packed, except on x86. */
struct epoll_event {
	u32 events;
	u64 data;
};
_Static_assert(sizeof(struct epoll_event) == 16, "struct epoll_event is 16 bytes");

/* [c] ctl_lock  [r] ep->lock  [e] epolls_lock */
struct epoll {
	struct mutex ctl_lock;          /* RANK_EPOLL_CTL */
	struct avl_root items;          /* [c] by (file, fd) */
	bool outer;                     /* [c] watches epolls */
	struct spinlock lock;           /* RANK_EPOLL, irq */
	struct list_head ready;         /* [r] */
	struct wait_queue wq;           /* epoll_wait */
	/* those who poll this epoll, while it is not an outer one */
	struct wait_queue poll_wq;
	struct wait_queue outer_wq;     /* and since it is one */
};

/* One queue of a file that an item listens to. */
struct ep_hook {
	struct ep_hook *next;
	struct wait_entry wait;
	struct wait_queue *wq;
	struct ep_item *item;
};

struct ep_item {
	struct avl_node node;           /* [c] */
	struct epoll *ep;
	struct file *file;
	int fd;
	struct epoll_event event;       /* [c], read by wake-ups */
	struct list_head ready;         /* [r] */
	struct list_head file_node;     /* [e] */
	struct ep_hook first, *hooks;   /* [c] */
};

/* The epoll behind @f, or NULL. */
struct epoll *epoll_of(struct file *f);

static inline bool ep_has_ready(struct epoll *ep)
{
	return !list_empty(&ep->ready);
}

/* Take the first ready item off the list (NULL: none); how many; put one back.  ctl_lock held. */
struct ep_item *ep_take_ready(struct epoll *ep);
unsigned int ep_count_ready(struct epoll *ep);
void ep_put_back(struct ep_item *item);

/*
 * The asking is over: drop ctl_lock.  Others may have found the list empty meanwhile and gone to
 * sleep, or not been woken for what is still ready: the next of them looks.
 */
void ep_asked(struct epoll *ep);

#endif
