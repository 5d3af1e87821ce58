// SPDX-License-Identifier: MIT
/*
 * eventfd(2): a counter that can be waited for.
 */
#include <kernel/fs/file.h>
#include <kernel/fs/poll.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/slab.h>

#define EFD_SEMAPHORE   1
#define EVENTFD_MAX     (~0UL - 1)

struct eventfd {
	struct spinlock lock;   /* RANK_WAIT is higher: never held when waking */
	u64 count;
	bool semaphore;
	struct wait_queue wq;
};

/* Take what a read takes: all, or one.  0: nothing there. */
static u64 take(struct eventfd *e)
{
	u64 n;

	spin_lock(&e->lock);
	n = e->semaphore && e->count ? 1 : e->count;
	e->count -= n;
	spin_unlock(&e->lock);
	return n;
}

static ssize_t eventfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct eventfd *e = f->private_;
	u64 n;
	int err;

	if (to->count < sizeof(n))
		return -EINVAL;
	n = take(e);
	while (!n) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&e->wq, READ_ONCE(e->count));
		if (err)
			return err;
		n = take(e);
	}
	wake_up_key(&e->wq, POLLOUT | POLLWRNORM);
	return copy_to_iter(&n, sizeof(n), to) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static bool add(struct eventfd *e, u64 n)
{
	bool fits;

	spin_lock(&e->lock);
	fits = n <= EVENTFD_MAX - e->count;
	if (fits)
		e->count += n;
	spin_unlock(&e->lock);
	return fits;
}

static ssize_t eventfd_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct eventfd *e = f->private_;
	u64 n;
	int err;

	if (from->count < sizeof(n))
		return -EINVAL;
	if (copy_from_iter(&n, sizeof(n), from) != sizeof(n))
		return -EFAULT;
	if (n == ~0UL)
		return -EINVAL;
	while (!add(e, n)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&e->wq, n <= EVENTFD_MAX - READ_ONCE(e->count));
		if (err)
			return err;
	}
	wake_up_key(&e->wq, POLLIN | POLLRDNORM);
	return sizeof(n);
}

static unsigned int eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private_;
	unsigned int events = 0;
	u64 count;

	poll_wait(pt, &e->wq);
	count = READ_ONCE(e->count);
	if (count)
		events |= POLLIN | POLLRDNORM;
	if (count < EVENTFD_MAX)
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static void eventfd_release(struct inode *inode, struct file *f)
{
	kfree(f->private_);
}

static void eventfd_show(struct file *f, char *buf, size_t size)
{
	struct eventfd *e = f->private_;

	scnprintf(buf, size, "eventfd-count: %16lx\n", READ_ONCE(e->count));
}

static const struct file_operations eventfd_fops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.llseek = noop_llseek,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.show_fdinfo = eventfd_show,
};

long sys_eventfd2(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1];
	struct eventfd *e;
	struct file *f;
	int fd;

	if (flags & ~(unsigned int)(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	e = kmalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	spin_lock_init(&e->lock, RANK_DRIVER);
	wait_queue_init(&e->wq);
	e->count = (u32)a[0];
	e->semaphore = flags & EFD_SEMAPHORE;
	f = anon_file("[eventfd]", &eventfd_fops, e, O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(f)) {
		kfree(e);
		return PTR_ERR(f);
	}
	fd = fd_install_lowest(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}
