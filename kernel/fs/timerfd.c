// SPDX-License-Identifier: MIT
/*
 * timerfd: a timer whose expirations are read from a descriptor.
 *
 * The kernel timer fires once and is armed again when what it told of was
 * read: the expirations until then are counted by the time that has passed,
 * always from when it was due, so that it does not drift.  So a thousand
 * timers of a microsecond that nobody reads cost no interrupts.
 *
 * Always true: ticks is not 0, or the timer is armed for due, or due is TIMER_NEVER.
 * Lock: t->lock, taken by the timer's interrupt; held while it is armed.
 */
#include <kernel/fs/file.h>
#include <kernel/fs/poll.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define CLOCK_REALTIME          0
#define CLOCK_MONOTONIC         1
#define CLOCK_BOOTTIME          7
#define TFD_TIMER_ABSTIME       1
#define TFD_TIMER_CANCEL_ON_SET 2

struct itimerspec {
	struct timespec interval, value;
};

/* [l] lock  [c] constant */
struct timerfd {
	struct spinlock lock;   /* RANK_DRIVER, irq */
	struct timer timer;
	int clock;              /* [c] */
	u64 due;                /* [l] time_ns() of the next expiration; TIMER_NEVER: disarmed */
	u64 interval;           /* [l] ns; 0: once */
	u64 ticks;              /* [l] expirations not yet read */
	struct wait_queue wq;
};

/* Lock held: count what was due until now. */
static void count_due(struct timerfd *t)
{
	t->ticks += timer_count_due(&t->due, t->interval);
}

static void timerfd_fire(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);
	unsigned long flags = spin_lock_irqsave(&t->lock);

	count_due(t);
	spin_unlock_irqrestore(&t->lock, flags);
	wake_up_all(&t->wq);
}

static u64 take(struct timerfd *t)
{
	unsigned long flags = spin_lock_irqsave(&t->lock);
	u64 n;

	count_due(t);
	n = t->ticks;
	t->ticks = 0;
	if (n)
		timer_start(&t->timer, t->due);
	spin_unlock_irqrestore(&t->lock, flags);
	return n;
}

static ssize_t timerfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct timerfd *t = f->private_;
	u64 n;
	int err;

	if (to->count < sizeof(n))
		return -EINVAL;
	while (!(n = take(t))) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&t->wq, READ_ONCE(t->ticks));
		if (err)
			return err;
	}
	return copy_to_iter(&n, sizeof(n), to) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static unsigned int timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->private_;

	poll_wait(pt, &t->wq);
	return READ_ONCE(t->ticks) ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct inode *inode, struct file *f)
{
	struct timerfd *t = f->private_;
	unsigned long flags = spin_lock_irqsave(&t->lock);

	t->due = TIMER_NEVER;
	spin_unlock_irqrestore(&t->lock, flags);
	timer_cancel(&t->timer);
	kfree(t);
}

static const struct file_operations timerfd_fops = {
	.read = timerfd_read,
	.llseek = noop_llseek,
	.poll = timerfd_poll,
	.release = timerfd_release,
};

long sys_timerfd_create(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1];
	struct timerfd *t;
	struct file *f;
	int fd;

	if (flags & ~(unsigned int)(O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	if (a[0] != CLOCK_REALTIME && a[0] != CLOCK_MONOTONIC && a[0] != CLOCK_BOOTTIME)
		return -EINVAL;
	t = kmalloc(sizeof(*t), GFP_KERNEL | GFP_ZERO);
	if (!t)
		return -ENOMEM;
	spin_lock_init(&t->lock, RANK_DRIVER);
	timer_init(&t->timer, timerfd_fire);
	wait_queue_init(&t->wq);
	t->clock = (int)a[0];
	t->due = TIMER_NEVER;
	f = anon_file("[timerfd]", &timerfd_fops, t, O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(f)) {
		kfree(t);
		return PTR_ERR(f);
	}
	fd = fd_install_lowest(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* What is left and the interval.  Lock held. */
static void get_setting(struct timerfd *t, struct itimerspec *it)
{
	u64 now;

	count_due(t);
	now = time_ns();
	it->interval = ns_to_timespec(t->interval);
	it->value = ns_to_timespec(t->due == TIMER_NEVER ? 0 : t->due > now ? t->due - now : 1);
}

/* A time of the program's as a deadline of time_ns(). */
static u64 deadline_of(const struct timerfd *t, const struct timespec *ts, bool absolute)
{
	u64 ns = timespec_to_ns(ts), now = time_ns(), clock;

	if (!ns)
		return TIMER_NEVER;
	if (!absolute)
		return ns > TIMER_NEVER - 1 - now ? TIMER_NEVER - 1 : now + ns;
	clock = t->clock == CLOCK_REALTIME ? clock_realtime_ns() : clock_monotonic_ns();
	if (ns <= clock)
		return now;
	return ns - clock > TIMER_NEVER - 1 - now ? TIMER_NEVER - 1 : now + (ns - clock);
}

static void set_timer(struct timerfd *t, u64 due, u64 interval, struct itimerspec *old)
{
	unsigned long flags = spin_lock_irqsave(&t->lock);

	get_setting(t, old);
	t->due = due;
	t->interval = interval;
	t->ticks = 0;
	timer_start(&t->timer, due);
	spin_unlock_irqrestore(&t->lock, flags);
}

static struct timerfd *timerfd_of(struct file *f)
{
	return f && f->f_op == &timerfd_fops ? f->private_ : NULL;
}

long sys_timerfd_settime(const unsigned long *a)
{
	struct itimerspec new, old;
	struct timerfd *t;
	struct fd_ref r;

	if (copy_from_user(&new, a[2], sizeof(new)))
		return -EFAULT;
	if (((u32)a[1] & ~(u32)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) ||
	    !timespec_valid(&new.value) || !timespec_valid(&new.interval))
		return -EINVAL;
	r = fdget((int)a[0]);
	t = timerfd_of(r.file);
	if (!t) {
		fdput(r);
		return r.file ? -EINVAL : -EBADF;
	}
	set_timer(t, deadline_of(t, &new.value, a[1] & TFD_TIMER_ABSTIME),
		  timespec_to_ns(&new.interval), &old);
	fdput(r);
	return a[3] ? copy_to_user(a[3], &old, sizeof(old)) : 0;
}

long sys_timerfd_gettime(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	struct timerfd *t = timerfd_of(r.file);
	struct itimerspec now;
	unsigned long flags;

	if (!t) {
		fdput(r);
		return r.file ? -EINVAL : -EBADF;
	}
	flags = spin_lock_irqsave(&t->lock);
	get_setting(t, &now);
	spin_unlock_irqrestore(&t->lock, flags);
	fdput(r);
	return copy_to_user(a[1], &now, sizeof(now));
}
