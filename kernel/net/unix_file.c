// SPDX-License-Identifier: MIT
/*
 * A local socket as a file: read, write, poll, ioctl, close.
 */
#include <kernel/net/unix.h>

#include <kernel/fs/fcntl.h>
#include <kernel/fs/file.h>
#include <kernel/fs/poll.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define SIOCOUTQ        0x5411
#define SIOCATMARK      0x8905

ssize_t unix_send(struct unix_sock *u, struct socket_msg *m)
{
	ssize_t n = u->type == SOCK_STREAM ? unix_stream_send(u, m) : unix_dgram_send(u, m);

	scm_drop(&m->scm);
	if (unlikely(unix_flight_is_long()))
		unix_collect();
	return n;
}

ssize_t unix_recv(struct unix_sock *u, struct socket_msg *m)
{
	return u->type == SOCK_STREAM ? unix_stream_recv(u, m) : unix_dgram_recv(u, m);
}

void unix_tell_name(struct socket_msg *m, const struct unix_sock *from)
{
	const struct unix_addr *a = READ_ONCE(from->addr);

	if (!m->name)
		return;
	m->name_len = a ? (int)a->len : 0;
	if (a)
		memcpy(m->name, &a->name, a->len);
}

static unsigned int wait_flag(const struct file *f)
{
	return (file_flags(f) & O_NONBLOCK) ? MSG_DONTWAIT : 0;
}

static ssize_t unix_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct socket_msg m = { .it = *to, .flags = wait_flag(f) };
	ssize_t n;

	if (!to->count)
		return 0;
	n = unix_recv(f->private_, &m);
	*to = m.it;
	scm_drop(&m.scm);
	return n;
}

static ssize_t unix_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct socket_msg m = { .it = *from, .flags = wait_flag(f) };
	ssize_t n = unix_send(f->private_, &m);

	*from = m.it;
	return n;
}

static unsigned int unix_poll(struct file *f, struct poll_table *pt)
{
	struct unix_sock *u = f->private_;
	unsigned int events = 0, shutdown;
	enum unix_state state;

	poll_wait(pt, &u->rd_wait);
	poll_wait(pt, &u->wr_wait);
	spin_lock(&u->lock);
	shutdown = u->shutdown;
	state = u->state;
	if (!list_empty(&u->queue) || !list_empty(&u->embryos))
		events |= POLLIN | POLLRDNORM;
	spin_unlock(&u->lock);
	if (READ_ONCE(u->err))
		events |= POLLERR;
	if (shutdown == SHUT_RDWR || (unix_connects(u) && state == UNIX_CLOSED))
		events |= POLLHUP;
	if (shutdown & SHUT_RD)
		events |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (state != UNIX_LISTENING && unix_writable(u) &&
	    (u->type == SOCK_STREAM || unix_dgram_room(u)))
		events |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return events;
}

/* What can be read: all of a stream or of packets, the next datagram. */
static int readable(struct unix_sock *u)
{
	struct unix_msg *m;
	size_t n;

	spin_lock(&u->lock);
	n = u->unread;
	if (u->type == SOCK_DGRAM) {
		m = list_first_entry_or_null(&u->queue, struct unix_msg, node);
		n = m ? m->len : 0;
	}
	spin_unlock(&u->lock);
	return (int)n;
}

static long unix_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct unix_sock *u = f->private_;
	int n = 0;

	switch (cmd) {
	case FIONREAD:
		n = readable(u);
		break;
	case SIOCOUTQ:
		n = (int)atomic_long_read(&u->wmem);
		break;
	case SIOCATMARK:
		return u->type == SOCK_STREAM ? put_user(n, arg) : -EINVAL;
	default:
		return -ENOTTY;
	}
	return READ_ONCE(u->state) == UNIX_LISTENING ? -EINVAL : put_user(n, arg);
}

static void unix_release(struct inode *inode, struct file *f)
{
	struct unix_sock *u = f->private_;

	unix_unbind(u);
	unix_close(u, false);
	unix_put(u);
	unix_collect();
}

const struct file_operations unix_fops = {
	.read = unix_read,
	.write = unix_write,
	.llseek = no_llseek,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.release = unix_release,
};
