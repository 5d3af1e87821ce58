// SPDX-License-Identifier: MIT
/*
 * A terminal as a file: read, write, poll.
 *
 * Reading waits as termios says: a whole line in canonical mode, VMIN bytes
 * or VTIME tenths of a second otherwise.  A process in the background is
 * stopped by SIGTTIN when it reads, and by SIGTTOU when it writes under
 * TOSTOP (termios(3), "job control").
 */
#include <kernel/drivers/tty.h>

#include <kernel/cred.h>
#include <kernel/drivers/pty.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/poll.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/iov.h>

#define CHUNK 256       /* bytes between program and ring at a time */

void tty_init(struct tty *tty, u64 dev, const struct tty_ops *ops, void *port)
{
	static const struct termios initial = {
		.c_iflag = ICRNL | IXON,
		.c_oflag = OPOST | ONLCR,
		.c_cflag = B38400 | CS8 | CREAD | HUPCL,
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
		.c_cc = {
			[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
			[VMIN] = 1, [VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18,
			[VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
		},
	};

	memset(tty, 0, sizeof(*tty));
	atomic_set(&tty->refs, 1);
	tty->dev = dev;
	tty->ops = ops;
	tty->port = port;
	tty->termios = initial;
	spin_lock_init(&tty->lock, RANK_TTY_STATE);
	wait_queue_init(&tty->read_wait);
	wait_queue_init(&tty->write_wait);
	mutex_init(&tty->write_mutex, RANK_TTY);
}

void tty_put(struct tty *tty)
{
	if (tty && atomic_dec_and_test(&tty->refs))
		tty->ops->free(tty);
}

static bool hung_up(const struct tty *tty)
{
	return READ_ONCE(tty->hung_up);
}

/* ------------------------------------------------------------- reading */

/* What a read must wait for, sampled under the lock. */
struct read_rule {
	bool canonical;
	unsigned int min, time_ds;      /* VMIN, VTIME in tenths of a second */
};

static struct read_rule read_rule(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	struct read_rule r = {
		.canonical = tty->termios.c_lflag & ICANON,
		.min = tty->termios.c_cc[VMIN],
		.time_ds = tty->termios.c_cc[VTIME],
	};

	spin_unlock_irqrestore(&tty->lock, flags);
	return r;
}

static bool input_ready(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	bool ready = tty_input_ready(tty);

	spin_unlock_irqrestore(&tty->lock, flags);
	return ready;
}

/*
 * Wait for input.  1: there is some; 0: VTIME is over, or VMIN and VTIME are
 * both 0; -EAGAIN, -ERESTARTSYS.
 */
static int wait_input(struct tty *tty, const struct read_rule *r, bool nonblock, bool first)
{
	u64 deadline = TIMER_NEVER;
	int error;

	if (input_ready(tty))
		return 1;
	if (!r->canonical && r->min == 0 && r->time_ds == 0)
		return 0;
	if (nonblock)
		return -EAGAIN;
	if (!r->canonical && r->time_ds && (r->min == 0 || !first))
		deadline = time_ns() + r->time_ds * (NSEC_PER_SEC / 10);
	error = wait_event_interruptible_until(&tty->read_wait, input_ready(tty) || hung_up(tty),
					       deadline);
	if (!error && hung_up(tty) && !input_ready(tty))
		return -EIO;
	if (error == -ETIMEDOUT)
		return 0;
	return error ? error : 1;
}

/* One chunk from ring to program; *end: a line is complete. */
static ssize_t read_chunk(struct tty *tty, struct iov_iter *to, size_t max, bool *end)
{
	u8 buf[CHUNK];
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	size_t n = tty_read_ring(tty, buf, min(max, sizeof(buf)), end);

	if (tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
	spin_unlock_irqrestore(&tty->lock, flags);
	return copy_to_iter(buf, n, to) == n ? (ssize_t)n : -EFAULT;
}

static ssize_t tty_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct tty *tty = file->private_;
	struct read_rule r = read_rule(tty);
	bool nonblock = file->flags & O_NONBLOCK, end = false;
	size_t want = to->count, got = 0;
	int error = hung_up(tty) ? 0 : tty_check_background(tty, SIGTTIN);

	if (error || want == 0 || hung_up(tty))
		return error;
	while (got < want && !end) {
		int ready = wait_input(tty, &r, nonblock, got == 0);
		ssize_t n;

		if (ready <= 0)
			return got ? (ssize_t)got : ready;
		n = read_chunk(tty, to, want - got, &end);
		if (n < 0)
			return got ? (ssize_t)got : n;
		got += n;
		if (r.canonical ? !input_ready(tty) && got
				: got >= max(r.min, 1U) && !input_ready(tty))
			break;
	}
	return got;
}

/* ------------------------------------------------------------- writing */

static bool may_write(struct tty *tty)
{
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	bool ok = !tty->stopped && tty->ops->write_room(tty) >= CHUNK;

	spin_unlock_irqrestore(&tty->lock, flags);
	return ok;
}

/* Push one chunk through output processing; what was taken, or -errno when nothing. */
static ssize_t write_chunk(struct tty *tty, const u8 *buf, size_t n, bool nonblock)
{
	size_t done = 0;

	while (done < n) {
		unsigned long flags = spin_lock_irqsave(&tty->lock);
		size_t k = tty_output(tty, buf + done, n - done);
		int error;

		spin_unlock_irqrestore(&tty->lock, flags);
		done += k;
		if (done == n)
			break;
		if (hung_up(tty))
			return done ? (ssize_t)done : -EIO;
		if (nonblock)
			return done ? (ssize_t)done : -EAGAIN;
		error = wait_event_interruptible(&tty->write_wait, may_write(tty) || hung_up(tty));
		if (error)
			return done ? (ssize_t)done : error;
	}
	return done;
}

static ssize_t write_locked(struct tty *tty, struct iov_iter *from, bool nonblock)
{
	u8 buf[CHUNK];
	size_t total = 0;

	while (from->count) {
		struct iov_iter before = *from;
		size_t n = copy_from_iter(buf, min(from->count, sizeof(buf)), from);
		ssize_t done;

		if (n == 0)
			return total ? (ssize_t)total : -EFAULT;
		done = write_chunk(tty, buf, n, nonblock);
		if (done < (ssize_t)n) {
			iov_iter_revert(from, &before);
			iov_iter_advance(from, done > 0 ? done : 0);
			return total + max(done, (ssize_t)0)
				       ? (ssize_t)(total + max(done, (ssize_t)0))
				       : done;
		}
		total += n;
	}
	return total;
}

static ssize_t tty_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct tty *tty = file->private_;
	ssize_t n;
	int error;

	if (hung_up(tty))
		return -EIO;
	if (READ_ONCE(tty->termios.c_lflag) & TOSTOP) {
		error = tty_check_background(tty, SIGTTOU);
		if (error)
			return error;
	}
	error = mutex_lock_interruptible(&tty->write_mutex);
	if (error)
		return error;
	n = write_locked(tty, from, file->flags & O_NONBLOCK);
	mutex_unlock(&tty->write_mutex);
	return n;
}

static unsigned int tty_poll(struct file *file, struct poll_table *pt)
{
	struct tty *tty = file->private_;
	unsigned int events = 0;

	poll_wait(pt, &tty->read_wait);
	poll_wait(pt, &tty->write_wait);
	if (hung_up(tty))
		return POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDNORM | POLLWRNORM;
	if (input_ready(tty))
		events |= POLLIN | POLLRDNORM;
	if (may_write(tty))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

static long tty_file_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (hung_up(file->private_))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_ioctl(file->private_, cmd, arg, false);
}

/* ------------------------------------------------------------- open, close */

/* /dev/console: never made the controlling terminal. */
static int tty_open_plain(struct inode *inode, struct file *file)
{
	struct tty *tty = file->private_;
	int error = 0;

	if (READ_ONCE(tty->exclusive[0]) && !capable(CAP_SYS_ADMIN))
		return -EBUSY;
	if (tty->ops->open)
		error = tty->ops->open(tty);
	if (!error)
		tty_get(tty);
	return error;
}

/*
 * Opening a terminal makes it the controlling one of a session leader that has none, unless
 * O_NOCTTY.
 */
int tty_open_file(struct file *file, struct tty *tty)
{
	int error;

	file->private_ = tty;
	error = tty_open_plain(file->inode, file);
	if (!error && !(file->flags & O_NOCTTY) && (file->mode & FMODE_READ))
		tty_open_controlling(tty);
	return error;
}

static int tty_open(struct inode *inode, struct file *file)
{
	return tty_open_file(file, file->private_);
}

/* /dev/tty: the terminal of whoever opens it. */
static int tty_open_own(struct inode *inode, struct file *file)
{
	struct tty *tty = tty_get_own();
	int error;

	if (!tty)
		return -ENXIO;
	file->private_ = tty;
	error = tty_open_plain(inode, file);
	tty_put(tty);
	return error;
}

static void tty_release(struct inode *inode, struct file *file)
{
	struct tty *tty = file->private_;

	if (tty->ops->close)
		tty->ops->close(tty);
	else if (atomic_read(&tty->refs) == 2)          /* the port's, and this last file's */
		WRITE_ONCE(tty->exclusive[0], false);
	tty_put(tty);
}

#define TTY_FOPS                                                                     \
	.read = tty_read, .write = tty_write, .llseek = no_llseek, .poll = tty_poll, \
	.ioctl = tty_file_ioctl, .release = tty_release

const struct file_operations tty_fops = { .open = tty_open_plain, TTY_FOPS };
const struct file_operations tty_serial_fops = { .open = tty_open, TTY_FOPS };
const struct file_operations tty_controlling_fops = { .open = tty_open_own, TTY_FOPS };
const struct file_operations pts_fops = { .open = pts_open, TTY_FOPS };
