// SPDX-License-Identifier: MIT
/*
 * Messages: the bytes of one write, between two sockets.
 *
 * A short message is one block with its header; a long one is a header and
 * whole pages, so that no allocation needs frames that lie side by side.  The
 * sender is charged for what a message takes, header included, until it has
 * been read: a writer waits while its charge has reached SO_SNDBUF, and is
 * woken when three quarters are free again, so that it runs seldom and long.
 */
#include <kernel/net/unix.h>

#include <kernel/fs/poll.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <mm/slab.h>

#define INLINE_MAX      (4096 - sizeof(struct unix_msg))
#define CHARGE_BASE     576     /* what a message of no bytes costs, about as on Linux */

static size_t charge_of(size_t len)
{
	return CHARGE_BASE + (len + 255) / 256 * 256;
}

/* The bytes at @off, and how many of them lie together. */
static char *bytes_at(const struct unix_msg *m, size_t off, size_t *run)
{
	if (!m->nr_pages) {
		*run = m->len - off;
		return (char *)(unsigned long)m->pages + off;
	}
	*run = min(m->len - off, PAGE_SIZE - off % PAGE_SIZE);
	return (char *)m->pages[off / PAGE_SIZE] + off % PAGE_SIZE;
}

static struct unix_msg *alloc_msg(size_t len)
{
	unsigned int nr = len > INLINE_MAX ? DIV_ROUND_UP(len, PAGE_SIZE) : 0;
	size_t tail = nr ? nr * sizeof(void *) : len;
	struct unix_msg *m = kmalloc(sizeof(*m) + tail, GFP_KERNEL);

	if (!m)
		return NULL;
	*m = (struct unix_msg){ .len = len };
	while (m->nr_pages < nr) {
		m->pages[m->nr_pages] = alloc_page_va(GFP_KERNEL);
		if (!m->pages[m->nr_pages])
			break;
		m->nr_pages++;
	}
	if (m->nr_pages == nr)
		return m;
	unix_msg_free(m);
	return NULL;
}

static bool fill(struct unix_msg *m, struct iov_iter *it)
{
	size_t off = 0, run;

	while (off < m->len) {
		char *at = bytes_at(m, off, &run);

		if (copy_from_iter(at, run, it) < run)
			return false;
		off += run;
	}
	return true;
}

struct unix_msg *unix_msg_make(struct unix_sock *from, struct iov_iter *it, size_t len)
{
	struct unix_msg *m = alloc_msg(len);

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->from = unix_get(from);
	m->charge = charge_of(len);
	atomic_long_add((long)m->charge, &from->wmem);
	if (fill(m, it))
		return m;
	unix_msg_free(m);
	return ERR_PTR(-EFAULT);
}

static void uncharge(struct unix_msg *m)
{
	struct unix_sock *from = m->from;

	atomic_long_sub((long)m->charge, &from->wmem);
	if (unix_writable(from))
		wake_up_key(&from->wr_wait, POLLOUT | POLLWRNORM | POLLWRBAND);
	unix_put(from);
}

void unix_msg_free(struct unix_msg *m)
{
	struct scm scm = { 0 };

	if (m->scm.fds) {
		scm_land(m, &scm, false);
		scm_drop(&scm);
	}
	for (unsigned int i = 0; i < m->nr_pages; i++)
		free_page_va(m->pages[i]);
	if (m->from)
		uncharge(m);
	kfree(m);
}

bool unix_msg_copy(const struct unix_msg *m, size_t off, size_t len, struct iov_iter *to)
{
	size_t run, n;

	while (len) {
		const char *at = bytes_at(m, off, &run);

		n = min(run, len);
		if (copy_to_iter(at, n, to) < n)
			return false;
		off += n;
		len -= n;
	}
	return true;
}

/* ----------------------------------------------------------------- waiting */

u64 unix_deadline(u64 timeout_ns)
{
	return timeout_ns ? time_ns() + timeout_ns : TIMER_NEVER;
}

int unix_wait_result(int err, u64 deadline)
{
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	if (err == -ERESTARTSYS && deadline != TIMER_NEVER)
		return -EINTR;
	return err;
}

static bool may_charge(struct unix_sock *u)
{
	return atomic_long_read(&u->wmem) < READ_ONCE(u->sndbuf);
}

int unix_wait_wmem(struct unix_sock *u, bool nowait, u64 deadline)
{
	int err;

	for (;;) {
		err = unix_take_error(u);
		if (err)
			return err;
		if (READ_ONCE(u->shutdown) & SHUT_WR)
			return -EPIPE;
		if (may_charge(u))
			return 0;
		if (nowait)
			return -EAGAIN;
		err = wait_event_interruptible_until(&u->wr_wait, may_charge(u) ||
						     READ_ONCE(u->err) ||
						     (READ_ONCE(u->shutdown) & SHUT_WR), deadline);
		if (err)
			return unix_wait_result(err, deadline);
	}
}
