// SPDX-License-Identifier: MIT
/*
 * The master of a pseudo terminal: what opening /dev/ptmx gives.
 *
 * It reads what the slave wrote, and its writes are the slave's typing.  Its
 * ioctls are those of the slave's terminal, seen from outside, and a few of
 * its own.
 *
 * Lock: tty.lock, as in pty.c.
 */
#include <kernel/drivers/pty.h>

#include <kernel/fs/devfs.h>
#include <kernel/fs/devpts.h>
#include <kernel/fs/poll.h>
#include <kernel/signal.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/iov.h>
#include <mm/uaccess.h>

#define CHUNK           256U            /* bytes between program and ring at a time */

#define TIOCPKT         0x5420
#define TIOCGPTPEER     0x5441
#define TIOCGPTN        0x80045430U
#define TIOCSPTLCK      0x40045431U
#define TIOCSIG         0x40045436U
#define TIOCGPKT        0x80045438U
#define TIOCGPTLCK      0x80045439U

static int ptmx_open(struct inode *inode, struct file *file)
{
	struct pty *p = pty_alloc();
	int err;

	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	file->private_ = p;
	file->mode |= FMODE_NOSEEK | FMODE_STREAM;
	err = devpts_add(p->index, p->tty.dev);
	if (err)
		tty_put(&p->tty);
	return err;
}

static void master_release(struct inode *inode, struct file *file)
{
	struct pty *p = file->private_;
	unsigned long flags = spin_lock_irqsave(&p->tty.lock);

	p->master_open = false;
	spin_unlock_irqrestore(&p->tty.lock, flags);
	devpts_remove(p->index);
	tty_hangup(&p->tty);
	tty_put(&p->tty);
}

/* Nobody has the slave open any more.  Lock held. */
static bool slave_gone(const struct pty *p)
{
	return p->was_open && !p->slaves;
}

static bool master_readable(struct pty *p)
{
	return READ_ONCE(p->head) != READ_ONCE(p->tail) || READ_ONCE(p->status) || slave_gone(p);
}

/* A chunk for the master into @buf; bytes, 0: nothing there, -EIO. */
static ssize_t take_chunk(struct pty *p, u8 *buf, size_t max)
{
	unsigned long flags = spin_lock_irqsave(&p->tty.lock);
	size_t n = 0, left;

	if (p->packet && p->status) {
		buf[n++] = (u8)p->status;
		p->status = 0;
	} else if (pty_used(p)) {
		if (p->packet)
			buf[n++] = 0;
		for (left = min(max - n, (size_t)pty_used(p)); left; left--)
			buf[n++] = p->out[p->tail++ % PTY_RING];
		wake_up_key(&p->tty.write_wait, POLLOUT | POLLWRNORM);
	}
	spin_unlock_irqrestore(&p->tty.lock, flags);
	if (n)
		return (ssize_t)n;
	return slave_gone(p) ? -EIO : 0;
}

static ssize_t master_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct pty *p = file->private_;
	size_t done = 0;
	u8 buf[CHUNK];
	ssize_t n;
	int err;

	if (!to->count)
		return 0;
	while (to->count) {
		n = take_chunk(p, buf, min(to->count, (size_t)CHUNK));
		if (n > 0) {
			if (copy_to_iter(buf, (size_t)n, to) < (size_t)n)
				return done ? (ssize_t)done : -EFAULT;
			done += (size_t)n;
			if (READ_ONCE(p->packet))
				break;          /* each read begins with its own first byte */
			continue;
		}
		if (done)
			break;
		if (n < 0)
			return n;
		if (file->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&p->out_wait, master_readable(p));
		if (err)
			return err;
	}
	return (ssize_t)done;
}

static size_t input_room(struct pty *p)
{
	unsigned long flags = spin_lock_irqsave(&p->tty.lock);
	size_t room = tty_input_room(&p->tty);

	spin_unlock_irqrestore(&p->tty.lock, flags);
	return room;
}

static int wait_input_room(struct pty *p, bool nonblock)
{
	if (nonblock)
		return -EAGAIN;
	return wait_event_interruptible(&p->in_wait, input_room(p));
}

static ssize_t master_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct pty *p = file->private_;
	size_t done = 0, room;
	u8 buf[CHUNK];
	int err = 0;

	while (from->count && !err) {
		room = min(input_room(p), (size_t)CHUNK);
		if (room) {
			size_t n = copy_from_iter(buf, min(room, from->count), from);

			if (n)
				tty_receive(&p->tty, buf, n);
			else
				err = -EFAULT;
			done += n;
		} else {
			err = wait_input_room(p, file->flags & O_NONBLOCK);
		}
	}
	return done ? (ssize_t)done : err;
}

static unsigned int master_poll(struct file *file, struct poll_table *pt)
{
	struct pty *p = file->private_;
	unsigned int events = 0;
	unsigned long flags;

	poll_wait(pt, &p->out_wait);
	poll_wait(pt, &p->in_wait);
	flags = spin_lock_irqsave(&p->tty.lock);
	if (pty_used(p))
		events |= POLLIN | POLLRDNORM;
	if (p->packet && p->status)
		events |= POLLPRI | POLLIN | POLLRDNORM;
	if (slave_gone(p))
		events |= POLLHUP;
	if (tty_input_room(&p->tty))
		events |= POLLOUT | POLLWRNORM;
	spin_unlock_irqrestore(&p->tty.lock, flags);
	return events;
}

/* ---------------------------------------------------------- the master's ioctls */

static long set_flag(struct pty *p, bool *flag, vaddr_t arg)
{
	unsigned long flags;
	int on, err = get_user(&on, arg);

	if (err)
		return err;
	flags = spin_lock_irqsave(&p->tty.lock);
	if (flag == &p->packet && !p->packet)
		p->status = 0;
	*flag = on;
	spin_unlock_irqrestore(&p->tty.lock, flags);
	return 0;
}

/* Open the slave without a path of the program's: unlike Linux, where devpts is mounted at. */
static long open_peer(struct pty *p, unsigned int flags)
{
	char path[32];
	struct file *f;
	int fd;

	snprintf(path, sizeof(path), "/dev/pts/%u", p->index);
	f = file_open(path, flags & ~(unsigned int)(O_CREAT | O_CLOEXEC), 0);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_lowest(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long send_to_slave(struct pty *p, unsigned long sig)
{
	int pgrp = READ_ONCE(p->tty.pgrp);

	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	if (pgrp)
		send_signal_pgrp((int)sig, pgrp);
	return 0;
}

/* TCFLSH on this side: what the slave wrote is this side's input. */
static long master_flush(struct pty *p, unsigned long which)
{
	unsigned long flags;

	if (which > TCIOFLUSH)
		return -EINVAL;
	flags = spin_lock_irqsave(&p->tty.lock);
	if (which != TCOFLUSH)
		p->tail = p->head;
	if (which != TCIFLUSH)
		tty_flush_input(&p->tty);
	spin_unlock_irqrestore(&p->tty.lock, flags);
	wake_up_all(&p->tty.write_wait);
	wake_up_all(&p->in_wait);
	return 0;
}

static long master_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pty *p = file->private_;

	switch (cmd) {
	case TIOCGPTN:
		return put_user(p->index, arg);
	case TIOCSPTLCK:
		return set_flag(p, &p->locked, arg);
	case TIOCGPTLCK:
		return put_user((int)READ_ONCE(p->locked), arg);
	case TIOCPKT:
		return set_flag(p, &p->packet, arg);
	case TIOCGPKT:
		return put_user((int)READ_ONCE(p->packet), arg);
	case TIOCGPTPEER:
		return open_peer(p, (unsigned int)arg);
	case TIOCSIG:
		return send_to_slave(p, arg);
	case TCFLSH:
		return master_flush(p, arg);
	case FIONREAD:
		return put_user((int)pty_used(p), arg);
	case TIOCSCTTY:
	case TIOCSTI:
		return -EIO;
	default:
		return tty_ioctl(&p->tty, cmd, arg, true);
	}
}

static const struct file_operations ptmx_fops = {
	.open = ptmx_open,
	.read = master_read,
	.write = master_write,
	.llseek = no_llseek,
	.poll = master_poll,
	.ioctl = master_ioctl,
	.release = master_release,
};

void pty_init(void)
{
	devpts_init();
	dev_register_char("ptmx", MKDEV(5, 2), 0666, &ptmx_fops, NULL);
	dev_register_char_major(PTY_MAJOR, &pts_fops);
}
