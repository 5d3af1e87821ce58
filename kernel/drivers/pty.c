// SPDX-License-Identifier: MIT
/*
 * Pseudo terminals: a terminal whose wire ends in a program.
 *
 *	program --read, write--> master                 struct tty <--read, write-- programs
 *	    master_write: tty_receive(), line discipline, ring  --> tty_read
 *	    master_read <-- out ring <-- output processing      <-- tty_write
 *
 * The slave is a struct tty like a serial port's, and this file is its port.
 * The master is the file that /dev/ptmx gives (ptmx.c).  A writer on either side waits
 * while the ring before it is full, so nothing is lost, but what a person
 * types beyond the longest line.
 *
 * When the master closes, the slave hangs up for good and its name goes.  When
 * the last file of the slave closes, the master reads EIO until it is opened
 * again.
 *
 * Lock: tty.lock for all that both ends touch; ptys_lock for the list of them.
 */
#include <kernel/drivers/pty.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/poll.h>
#include <lib/err.h>
#include <mm/slab.h>

#define PTY_MAX         4096            /* kernel.pty.max of Linux */

static LIST_HEAD(ptys);
static struct spinlock ptys_lock = SPINLOCK_INIT(RANK_LEAF);

static const struct tty_ops pts_ops;

static struct pty *pty_of(struct tty *tty)
{
	return container_of(tty, struct pty, tty);
}

/* --------------------------------------------------------------- birth and end */

/* The lowest free number.  ptys_lock held. */
static int take_index(struct pty *p)
{
	struct pty *each;
	unsigned int index = 0;

	list_for_each_entry(each, &ptys, node) {
		if (each->index != index)
			break;
		index++;
	}
	if (index >= PTY_MAX)
		return -ENOSPC;
	p->index = index;
	list_add_tail(&p->node, &each->node);
	return 0;
}

struct pty *pty_alloc(void)
{
	struct pty *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int err;

	if (!p)
		return ERR_PTR(-ENOMEM);
	p->out = kvmalloc(PTY_RING, GFP_KERNEL);
	if (!p->out) {
		kfree(p);
		return ERR_PTR(-ENOMEM);
	}
	wait_queue_init(&p->out_wait);
	wait_queue_init(&p->in_wait);
	spin_lock(&ptys_lock);
	err = take_index(p);
	spin_unlock(&ptys_lock);
	if (err) {
		kvfree(p->out);
		kfree(p);
		return ERR_PTR(err);
	}
	tty_init(&p->tty, MKDEV(PTY_MAJOR, p->index), &pts_ops, p);
	p->locked = p->master_open = true;
	return p;
}

static void pts_free(struct tty *tty)
{
	struct pty *p = pty_of(tty);

	spin_lock(&ptys_lock);
	list_del(&p->node);
	spin_unlock(&ptys_lock);
	kvfree(p->out);
	kfree(p);
}

/* -------------------------------------------------- the slave's wire, tty.lock held */

static size_t pts_write(struct tty *tty, const u8 *buf, size_t n)
{
	struct pty *p = pty_of(tty);

	n = min(n, (size_t)(PTY_RING - pty_used(p)));
	for (size_t i = 0; i < n; i++)
		p->out[p->head++ % PTY_RING] = buf[i];
	if (n)
		wake_up_key(&p->out_wait, POLLIN | POLLRDNORM);
	return n;
}

static size_t pts_room(struct tty *tty)
{
	return PTY_RING - pty_used(pty_of(tty));
}

/* The master has it once it is written. */
static size_t pts_pending(struct tty *tty)
{
	return 0;
}

static void pts_unthrottle(struct tty *tty)
{
	wake_up_key(&pty_of(tty)->in_wait, POLLOUT | POLLWRNORM);
}

static void pts_status(struct tty *tty, unsigned int bits)
{
	static const unsigned int pairs[] = { TTY_ST_STOP | TTY_ST_START,
					      TTY_ST_NOSTOP | TTY_ST_DOSTOP };
	struct pty *p = pty_of(tty);

	if (bits & TTY_ST_FLUSHWRITE) {
		p->tail = p->head;
		wake_up_all(&tty->write_wait);
	}
	if (!p->packet)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (bits & pairs[i])
			p->status &= ~pairs[i];
	p->status |= bits;
	wake_up_all(&p->out_wait);
}

static int pts_opened(struct tty *tty)
{
	struct pty *p = pty_of(tty);
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	int err = p->master_open && !p->locked ? 0 : -EIO;

	if (!err) {
		p->slaves++;
		p->was_open = true;
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	return err;
}

static void pts_closed(struct tty *tty)
{
	struct pty *p = pty_of(tty);
	unsigned long flags = spin_lock_irqsave(&tty->lock);
	bool last = --p->slaves == 0;

	spin_unlock_irqrestore(&tty->lock, flags);
	if (!last)
		return;
	wake_up_all(&p->out_wait);
	tty_forget_session(tty);
}

static const struct tty_ops pts_ops = {
	.write = pts_write,
	.write_room = pts_room,
	.pending = pts_pending,
	.open = pts_opened,
	.close = pts_closed,
	.unthrottle = pts_unthrottle,
	.status = pts_status,
	.free = pts_free,
};

int pts_open(struct inode *inode, struct file *file)
{
	struct pty *p, *found = NULL;
	int err;

	spin_lock(&ptys_lock);
	list_for_each_entry(p, &ptys, node)
		if (p->index == MINOR(inode->rdev) && atomic_inc_not_zero(&p->tty.refs)) {
			found = p;
			break;
		}
	spin_unlock(&ptys_lock);
	if (!found)
		return -EIO;
	err = tty_open_file(file, &found->tty);
	tty_put(&found->tty);
	return err;
}
