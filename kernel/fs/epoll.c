// SPDX-License-Identifier: MIT
/*
 * epoll: a set of files, and a list of those that may be ready.
 *
 *	file's queue --wake--> item -> ep->ready -> epoll_wait asks the file, reports
 *
 * An item stays in the set until EPOLL_CTL_DEL or until its file is released
 * (not closed: a dup keeps it), so an item needs no reference of its file.  A
 * level-triggered item that was reported goes back to the ready list and is
 * asked again next time.
 *
 * An epoll may watch epolls, if those watch none: each level of waking holds
 * the queue below it, and the lock ranks know two.
 *
 * Locks: epolls_lock joins files and epolls: file->epoll_items, and who is
 *        being released; ep->ctl_lock guards the set; ep->lock, taken by
 *        wake-ups, the ready list.
 */
#include <kernel/fs/epoll.h>

#include <kernel/fs/epoll_internal.h>
#include <kernel/fs/poll.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define EPOLL_CTL_ADD   1
#define EPOLL_CTL_DEL   2
#define EPOLL_CTL_MOD   3

struct ep_adding {
	struct poll_table pt;
	struct ep_item *item;
	int err;
};

static DEFINE_MUTEX(epolls_lock, RANK_FILE_POS);
static const struct file_operations epoll_fops;

struct epoll *epoll_of(struct file *f)
{
	return f->f_op == &epoll_fops ? f->private_ : NULL;
}

/* -------------------------------------------------------------- wake-ups */

/* The file of this item changed; @key: in these events, 0: any.  Its queue is locked. */
static bool hook_wake(struct wait_entry *w, unsigned long key)
{
	struct ep_hook *hook = container_of(w, struct ep_hook, wait);
	struct ep_item *item = hook->item;
	struct epoll *ep = item->ep;
	unsigned long flags = spin_lock_irqsave(&ep->lock);
	u32 events = READ_ONCE(item->event.events) & ~EP_PRIVATE_BITS;
	bool wanted = key ? events & key : events, heard;

	if (wanted && list_empty(&item->ready))
		list_add_tail(&item->ready, &ep->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	if (!wanted)
		return false;
	smp_mb();       /* ready, then who waits: pairs with wait_prepare() */
	heard = !list_empty(&ep->wq.waiters);
	wake_up(&ep->wq);
	if (!list_empty(&ep->poll_wq.waiters))
		wake_up_all(&ep->poll_wq);
	if (!list_empty(&ep->outer_wq.waiters))
		wake_up_all(&ep->outer_wq);
	return heard;   /* an exclusive wake-up goes on to one who waits */
}

/* file_poll asks for a queue. */
static void hook_add(struct poll_table *pt, struct wait_queue *wq)
{
	struct ep_adding *adding = container_of(pt, struct ep_adding, pt);
	struct ep_item *item = adding->item;
	struct ep_hook *hook = &item->first;

	if (item->hooks) {
		hook = kmalloc(sizeof(*hook), GFP_KERNEL);
		if (!hook) {
			adding->err = -ENOMEM;
			return;
		}
	}
	hook->item = item;
	hook->wq = wq;
	hook->next = item->hooks;
	item->hooks = hook;
	wait_entry_init(&hook->wait);
	hook->wait.wake = hook_wake;
	hook->wait.exclusive = item->event.events & EPOLLEXCLUSIVE;
	wait_add(wq, &hook->wait);
}

static void hooks_remove(struct ep_item *item)
{
	struct ep_hook *hook, *next;

	for (hook = item->hooks; hook; hook = next) {
		next = hook->next;
		wait_remove(hook->wq, &hook->wait);
		if (hook != &item->first)
			kfree(hook);
	}
	item->hooks = NULL;
}

/* ------------------------------------------------------------------ the set */

static int item_cmp(const struct ep_item *item, const struct file *file, int fd)
{
	if (item->file != file)
		return item->file < file ? -1 : 1;
	return item->fd < fd ? -1 : item->fd > fd;
}

static struct ep_item *item_find(struct epoll *ep, const struct file *file, int fd)
{
	struct avl_node *n = ep->items.node;

	while (n) {
		struct ep_item *item = avl_entry(n, struct ep_item, node);
		int cmp = item_cmp(item, file, fd);

		if (!cmp)
			return item;
		n = cmp < 0 ? n->right : n->left;
	}
	return NULL;
}

static void item_insert(struct epoll *ep, struct ep_item *new)
{
	struct avl_node **link = &ep->items.node, *parent = NULL;

	while (*link) {
		struct ep_item *item = avl_entry(*link, struct ep_item, node);

		parent = *link;
		link = item_cmp(item, new->file, new->fd) < 0 ? &parent->right : &parent->left;
	}
	avl_insert_at(&ep->items, &new->node, parent, link, NULL);
}

static void make_ready(struct ep_item *item)
{
	struct epoll *ep = item->ep;
	unsigned long flags = spin_lock_irqsave(&ep->lock);

	if (list_empty(&item->ready))
		list_add_tail(&item->ready, &ep->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	wake_up(&ep->wq);
	wake_up_all(&ep->poll_wq);
	wake_up_all(&ep->outer_wq);
}

/* Both epolls_lock and ctl_lock held. */
static void item_remove(struct ep_item *item)
{
	struct epoll *ep = item->ep;
	unsigned long flags;

	hooks_remove(item);
	list_del_init(&item->file_node);
	avl_erase(&ep->items, &item->node, NULL);
	flags = spin_lock_irqsave(&ep->lock);
	list_del_init(&item->ready);
	spin_unlock_irqrestore(&ep->lock, flags);
	kfree(item);
}

static int item_add(struct epoll *ep, struct file *file, int fd, const struct epoll_event *event)
{
	struct ep_item *item = kmalloc(sizeof(*item), GFP_KERNEL | GFP_ZERO);
	struct ep_adding adding = {
		.pt = { .queue = hook_add, .want = event->events }, .item = item,
	};
	unsigned int events;

	if (!item)
		return -ENOMEM;
	item->ep = ep;
	item->file = file;
	item->fd = fd;
	item->event = *event;
	INIT_LIST_HEAD(&item->ready);
	list_add_tail(&item->file_node, &file->epoll_items);
	item_insert(ep, item);
	events = file_poll(file, &adding.pt);
	if (adding.err) {
		item_remove(item);
		return adding.err;
	}
	if (events & event->events)
		make_ready(item);
	return 0;
}

static int item_modify(struct ep_item *item, const struct epoll_event *event)
{
	if ((item->event.events | event->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	item->event.data = event->data;
	WRITE_ONCE(item->event.events, event->events);
	smp_mb();
	if (file_poll(item->file, NULL) & event->events)
		make_ready(item);
	return 0;
}

/* May @ep watch @target, which is an epoll too?  epolls_lock held. */
static int check_nesting(struct epoll *ep, struct file *self, struct epoll *target)
{
	if (target == ep)
		return -EINVAL;
	if (target->outer || !list_empty(&self->epoll_items) || !list_empty(&ep->poll_wq.waiters))
		return -ELOOP;
	ep->outer = true;
	return 0;
}

static int ctl_locked(struct epoll *ep, struct file *self, int op, struct file *file, int fd,
		      struct epoll_event *event)
{
	struct ep_item *item = item_find(ep, file, fd);
	struct epoll *target = epoll_of(file);
	int err = 0;

	event->events |= POLLERR | POLLHUP;
	switch (op) {
	case EPOLL_CTL_ADD:
		if (item)
			return -EEXIST;
		if (target)
			err = check_nesting(ep, self, target);
		return err ? err : item_add(ep, file, fd, event);
	case EPOLL_CTL_DEL:
		if (!item)
			return -ENOENT;
		item_remove(item);
		return 0;
	case EPOLL_CTL_MOD:
		return item ? item_modify(item, event) : -ENOENT;
	default:
		return -EINVAL;
	}
}

static int do_ctl(struct file *self, int op, struct file *file, int fd, struct epoll_event *event)
{
	struct epoll *ep = epoll_of(self);
	int err;

	if (!file->f_op->poll)
		return -EPERM;
	if (self == file || !ep)
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && (event->events & EPOLLEXCLUSIVE) &&
	    (op == EPOLL_CTL_MOD || epoll_of(file) || (event->events & ~EP_EXCLUSIVE_BITS)))
		return -EINVAL;
	mutex_lock(&epolls_lock);
	mutex_lock(&ep->ctl_lock);
	err = ctl_locked(ep, self, op, file, fd, event);
	mutex_unlock(&ep->ctl_lock);
	mutex_unlock(&epolls_lock);
	return err;
}

long sys_epoll_ctl(const unsigned long *a)
{
	struct epoll_event event = { 0, 0 };
	struct fd_ref self, r;
	int err = -EBADF;

	if ((int)a[1] != EPOLL_CTL_DEL && copy_from_user(&event, a[3], sizeof(event)))
		return -EFAULT;
	self = fdget((int)a[0]);
	r = fdget((int)a[2]);
	if (self.file && r.file)
		err = do_ctl(self.file, (int)a[1], r.file, (int)a[2], &event);
	fdput(r);
	fdput(self);
	return err;
}

void epoll_release_file(struct file *file)
{
	struct ep_item *item, *tmp;

	mutex_lock(&epolls_lock);
	list_for_each_entry_safe(item, tmp, &file->epoll_items, file_node) {
		struct epoll *ep = item->ep;

		mutex_lock(&ep->ctl_lock);
		item_remove(item);
		mutex_unlock(&ep->ctl_lock);
	}
	mutex_unlock(&epolls_lock);
}

/* ---------------------------------------------------------- an epoll as a file */

static unsigned int epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = f->private_;
	unsigned int events = 0, look;

	poll_wait(pt, ep->outer ? &ep->outer_wq : &ep->poll_wq);
	mutex_lock_nested(&ep->ctl_lock);       /* who asks an item has it off the list meanwhile */
	for (look = ep_count_ready(ep); look && !events; look--) {
		struct ep_item *item = ep_take_ready(ep);

		if (!item)
			break;
		if (file_poll(item->file, NULL) & item->event.events & ~EP_PRIVATE_BITS) {
			events = POLLIN | POLLRDNORM;
			ep_put_back(item);
		}
	}
	ep_asked(ep);
	return events;
}

static void epoll_release(struct inode *inode, struct file *f)
{
	struct epoll *ep = f->private_;
	struct avl_node *n;

	mutex_lock(&epolls_lock);
	mutex_lock(&ep->ctl_lock);
	while ((n = avl_first(&ep->items)) != NULL)
		item_remove(avl_entry(n, struct ep_item, node));
	mutex_unlock(&ep->ctl_lock);
	mutex_unlock(&epolls_lock);
	kfree(ep);
}

static const struct file_operations epoll_fops = {
	.poll = epoll_poll,
	.release = epoll_release,
	.llseek = noop_llseek,
};

static void queue_init(struct wait_queue *wq, enum lock_rank rank)
{
	wait_queue_init(wq);
	spin_lock_init(&wq->lock, rank);
}

long sys_epoll_create1(const unsigned long *a)
{
	struct epoll *ep;
	struct file *f;
	int fd;

	if ((int)a[0] & ~O_CLOEXEC)
		return -EINVAL;
	ep = kmalloc(sizeof(*ep), GFP_KERNEL | GFP_ZERO);
	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->ctl_lock, RANK_EPOLL_CTL);
	spin_lock_init(&ep->lock, RANK_EPOLL);
	INIT_LIST_HEAD(&ep->ready);
	queue_init(&ep->wq, RANK_EPOLL_WAIT);
	queue_init(&ep->poll_wq, RANK_EPOLL_POLL);
	queue_init(&ep->outer_wq, RANK_EPOLL_POLL_OUTER);
	f = anon_file("[eventpoll]", &epoll_fops, ep, O_RDWR);
	if (IS_ERR(f)) {
		kfree(ep);
		return PTR_ERR(f);
	}
	fd = fd_install_lowest(f, 0, a[0] & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}
