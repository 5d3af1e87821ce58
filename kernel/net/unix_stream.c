// SPDX-License-Identifier: MIT
/*
 * Streams: bytes without borders, but for the messages that carry files.
 *
 * A write becomes one or more messages; a reader takes them off one after
 * another, as many as it asked for, and stops behind one whose files it took.
 * Messages of different senders are not glued together for a reader that
 * wants to know who sent them.
 *
 * Lock: u->read_lock makes readers take turns, so that the first message of
 *       the queue stays while it is copied from; it is dropped to sleep.
 */
#include <kernel/net/unix.h>

#include <kernel/fs/poll.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <lib/err.h>

#define PIECE_MAX       32768UL         /* bytes of one message */

/* -------------------------------------------------------------------- send */

/* Nobody will read: the error, and the signal if nothing was written before. */
static int broken(const struct socket_msg *m, size_t sent)
{
	if (!sent && !(m->flags & MSG_NOSIGNAL))
		send_signal_thread(SIGPIPE, NULL, current);
	return -EPIPE;
}

static bool enqueue(struct unix_sock *peer, struct unix_msg *msg)
{
	bool open, fds = msg->scm.fds;

	spin_lock(&peer->lock);
	open = !peer->dead && !(peer->shutdown & SHUT_RD);
	if (open) {
		list_add_tail(&msg->node, &peer->queue);
		peer->nr_queued++;
		peer->unread += msg->len;
	}
	spin_unlock(&peer->lock);
	if (open && fds)
		scm_arrived(peer);
	if (open)
		wake_up_key(&peer->rd_wait, POLLIN | POLLRDNORM);
	return open;
}

/* One message's worth.  Bytes, or -errno. */
static ssize_t send_piece(struct unix_sock *u, struct unix_sock *peer, struct socket_msg *m,
			  size_t sent, u64 deadline)
{
	size_t most = max((size_t)READ_ONCE(u->sndbuf) / 2, 128UL) - 64;
	struct unix_msg *msg;
	size_t len;
	int err = unix_wait_wmem(u, m->flags & MSG_DONTWAIT, deadline);

	if (err)
		return err;
	len = min(min(m->it.count, most), PIECE_MAX);
	msg = unix_msg_make(u, &m->it, len);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	if (READ_ONCE(u->passcred) || READ_ONCE(peer->passcred))
		scm_add_cred(&m->scm);
	msg->scm = m->scm;
	m->scm.fds = NULL;
	err = scm_launch(msg);
	if (!err && !enqueue(peer, msg))
		err = broken(m, sent);
	if (err) {
		unix_msg_free(msg);
		return err;
	}
	return (ssize_t)len;
}

static ssize_t send_pieces(struct unix_sock *u, struct unix_sock *peer, struct socket_msg *m)
{
	u64 deadline = unix_deadline(READ_ONCE(u->sndtimeo));
	size_t sent = 0;
	ssize_t n = 0;

	if (READ_ONCE(u->shutdown) & SHUT_WR)
		return broken(m, 0);
	while (m->it.count) {
		n = send_piece(u, peer, m, sent, deadline);
		if (n < 0)
			break;
		sent += (size_t)n;
	}
	return sent ? (ssize_t)sent : n;
}

ssize_t unix_stream_send(struct unix_sock *u, struct socket_msg *m)
{
	struct unix_sock *peer;
	ssize_t n;

	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (m->name_len)
		return READ_ONCE(u->state) == UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
	peer = unix_peer_get(u);
	if (!peer)
		return -ENOTCONN;
	n = send_pieces(u, peer, m);
	unix_put(peer);
	return n;
}

/* -------------------------------------------------------------------- receive */

struct reading {
	struct unix_sock *u;
	struct socket_msg *m;
	size_t copied;
	size_t target;          /* enough to return with */
	u64 deadline;
	bool named;             /* m->name is filled in */
	bool same_cred;         /* glue only messages with the same identity */
};

static struct unix_msg *queue_first(struct unix_sock *u)
{
	struct unix_msg *msg;

	spin_lock(&u->lock);
	msg = list_first_entry_or_null(&u->queue, struct unix_msg, node);
	spin_unlock(&u->lock);
	return msg;
}

static struct unix_msg *queue_next(struct unix_sock *u, struct unix_msg *msg)
{
	spin_lock(&u->lock);
	msg = list_is_last(&msg->node, &u->queue) ? NULL : list_next_entry(msg, node);
	spin_unlock(&u->lock);
	return msg;
}

/* Nothing there: 0: look again; 1: return what there is; -errno. */
static int wait_for_bytes(struct reading *r)
{
	struct unix_sock *u = r->u;
	int err;

	if (r->copied >= r->target)
		return 1;
	err = unix_take_error(u);
	if (err)
		return err;
	if (READ_ONCE(u->shutdown) & SHUT_RD)
		return list_empty(&u->queue) ? 1 : 0;
	if (r->m->flags & MSG_DONTWAIT)
		return -EAGAIN;
	mutex_unlock(&u->read_lock);
	err = wait_event_interruptible_until(&u->rd_wait, !list_empty(&u->queue) ||
					     READ_ONCE(u->err) ||
					     (READ_ONCE(u->shutdown) & SHUT_RD), r->deadline);
	mutex_lock(&u->read_lock);
	return unix_wait_result(err, r->deadline);
}

static bool same_cred(const struct scm *a, const struct scm *b)
{
	return a->has_cred == b->has_cred &&
	       (!a->has_cred || (a->pid == b->pid && a->uid == b->uid && a->gid == b->gid));
}

/* May bytes of @msg follow what was copied? */
static bool may_glue(struct reading *r, const struct unix_msg *msg)
{
	struct scm *scm = &r->m->scm;

	if (r->same_cred)
		return same_cred(scm, &msg->scm);
	if (READ_ONCE(r->u->passcred)) {
		struct scm_fds *fds = scm->fds;

		*scm = msg->scm;
		scm->fds = fds;
		r->same_cred = true;
	}
	return true;
}

/* @n bytes of the first message were taken; true: go on with the next one. */
static bool consume(struct reading *r, struct unix_msg *msg, size_t n)
{
	struct unix_sock *u = r->u;
	bool had_fds = msg->scm.fds;

	if (had_fds)
		scm_land(msg, &r->m->scm, false);
	spin_lock(&u->lock);
	msg->off += n;
	u->unread -= n;
	if (msg->off < msg->len) {
		spin_unlock(&u->lock);
		return false;
	}
	list_del(&msg->node);
	u->nr_queued--;
	spin_unlock(&u->lock);
	unix_msg_free(msg);
	return !had_fds;
}

/* Take from @msg; *msg is the next one to look at, or NULL: the first.  1: go on; 0: enough. */
static int take(struct reading *r, struct unix_msg **msg)
{
	struct socket_msg *m = r->m;
	size_t n = min((*msg)->len - (*msg)->off, m->it.count);
	bool peek = m->flags & MSG_PEEK;

	if (!may_glue(r, *msg))
		return 0;
	if (!r->named) {
		unix_tell_name(m, (*msg)->from);
		r->named = true;
	}
	if (!unix_msg_copy(*msg, (*msg)->off, n, &m->it))
		return r->copied ? 0 : -EFAULT;
	r->copied += n;
	if (!peek) {
		bool more = consume(r, *msg, n);

		*msg = NULL;
		return more && m->it.count;
	}
	if ((*msg)->scm.fds) {
		scm_land(*msg, &m->scm, true);
		return 0;
	}
	*msg = queue_next(r->u, *msg);
	return *msg && m->it.count;
}

static int read_loop(struct reading *r)
{
	struct unix_msg *msg = NULL;
	int err;

	for (;;) {
		if (!msg)
			msg = queue_first(r->u);
		if (!msg) {
			err = wait_for_bytes(r);
			if (err)
				return err < 0 ? err : 0;
			continue;
		}
		err = take(r, &msg);
		if (err <= 0)
			return err;
	}
}

ssize_t unix_stream_recv(struct unix_sock *u, struct socket_msg *m)
{
	struct reading r = { .u = u, .m = m };
	int err;

	if (READ_ONCE(u->state) != UNIX_CONNECTED)
		return -EINVAL;
	if (m->flags & MSG_OOB)
		return -EINVAL;
	r.target = (m->flags & MSG_WAITALL) ? m->it.count :
		   min((size_t)READ_ONCE(u->rcvlowat), m->it.count);
	r.target = max(r.target, 1UL);
	r.deadline = unix_deadline(READ_ONCE(u->rcvtimeo));
	mutex_lock(&u->read_lock);
	err = read_loop(&r);
	mutex_unlock(&u->read_lock);
	return r.copied ? (ssize_t)r.copied : err;
}
