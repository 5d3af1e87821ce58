// SPDX-License-Identifier: MIT
/*
 * Datagrams and sequenced packets: messages with borders.
 *
 * A message goes to the connected peer or to a name.  A receiver whose queue
 * has more than its backlog of messages is full for everybody but the one it
 * is itself connected to: senders wait on its room_wait.  A connected sender
 * that only polls cannot stand there, for the receiver may go while it does;
 * it leaves its socket in the receiver's list of senders instead, and is told.
 *
 * Lock: u->lock for u->queue and u->senders; u->read_lock makes readers take
 *       turns.
 */
#include <kernel/net/unix.h>

#include <kernel/fs/poll.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/err.h>
#include <lib/string.h>

static bool full(const struct unix_sock *u)
{
	return READ_ONCE(u->nr_queued) > READ_ONCE(u->backlog);
}

/* ------------------------------------------------------- those who wait for room */

bool unix_dgram_room(struct unix_sock *u)
{
	struct unix_sock *peer = unix_peer_get(u);
	bool room = true;

	if (!peer)
		return true;
	spin_lock(&peer->lock);
	/* No more its peer: forget_peer() has been here, and does not come again. */
	if (READ_ONCE(u->peer) == peer && !peer->dead && peer->peer != u && peer != u &&
	    full(peer)) {
		room = false;
		if (list_empty(&u->sender_node))
			list_add_tail(&u->sender_node, &peer->senders);
	}
	spin_unlock(&peer->lock);
	unix_put(peer);
	return room;
}

void unix_dgram_forget(struct unix_sock *u, struct unix_sock *peer)
{
	spin_lock(&peer->lock);
	list_del_init(&u->sender_node);
	spin_unlock(&peer->lock);
}

void unix_dgram_wake_senders(struct unix_sock *u)
{
	struct unix_sock *each, *tmp;

	if (list_empty(&u->senders))
		return;
	spin_lock(&u->lock);
	list_for_each_entry_safe(each, tmp, &u->senders, sender_node) {
		list_del_init(&each->sender_node);
		wake_up_key(&each->wr_wait, POLLOUT | POLLWRNORM | POLLWRBAND);
	}
	spin_unlock(&u->lock);
}

/* -------------------------------------------------------------------- send */

/* Where the message goes, referenced; or ERR_PTR. */
static struct unix_sock *find_target(struct unix_sock *u, struct socket_msg *m)
{
	struct unix_sock *peer;

	if (m->name_len)
		return unix_find(m->name, m->name_len, u->type);
	peer = unix_peer_get(u);
	return peer ? peer : ERR_PTR(-ENOTCONN);
}

/* The target is dead.  0: find it again by its name. */
static int target_died(struct unix_sock *u, struct unix_sock *to, struct socket_msg *m)
{
	bool was_peer;

	if (u->type == SOCK_SEQPACKET)
		return -EPIPE;
	spin_lock(&u->lock);
	was_peer = u->peer == to;
	spin_unlock(&u->lock);
	if (was_peer)
		unix_set_peer(u, NULL);
	return was_peer || !m->name_len ? -ECONNREFUSED : 0;
}

enum delivery { DELIVERED, TARGET_DEAD, TARGET_FULL, REFUSED, SHUT };

static enum delivery deliver(struct unix_sock *u, struct unix_sock *to, struct unix_msg *msg)
{
	enum delivery d = DELIVERED;
	bool fds = msg->scm.fds;

	spin_lock(&to->lock);
	if (to->dead) {
		d = TARGET_DEAD;
	} else if (to->peer && to->peer != u) {
		d = REFUSED;
	} else if (to->shutdown & SHUT_RD) {
		d = SHUT;
	} else if (to != u && to->peer != u && full(to)) {
		d = TARGET_FULL;
	} else {
		if (READ_ONCE(to->stamp))
			msg->scm.sent_ns = clock_realtime_ns();
		list_add_tail(&msg->node, &to->queue);
		to->nr_queued++;
		to->unread += msg->len;
	}
	spin_unlock(&to->lock);
	if (d == DELIVERED && fds)
		scm_arrived(to);
	if (d == DELIVERED)
		wake_up_key(&to->rd_wait, POLLIN | POLLRDNORM);
	return d;
}

static int wait_for_room(struct unix_sock *to, bool nowait, u64 deadline)
{
	int err;

	if (nowait)
		return -EAGAIN;
	err = __wait_event(&to->room_wait, !full(to) || READ_ONCE(to->dead) ||
			   (READ_ONCE(to->shutdown) & SHUT_RD), TASK_INTERRUPTIBLE, deadline,
			   true);
	return unix_wait_result(err, deadline);
}

/* Until it lies in a queue; then *@msg is NULL. */
static int send_msg(struct unix_sock *u, struct socket_msg *m, struct unix_msg **msg,
		    u64 deadline)
{
	struct unix_sock *to = find_target(u, m);
	int err = 0;

	while (!err) {
		if (IS_ERR(to))
			return (int)PTR_ERR(to);
		switch (deliver(u, to, *msg)) {
		case DELIVERED:
			*msg = NULL;
			unix_put(to);
			return 0;
		case TARGET_DEAD:
			err = target_died(u, to, m);
			if (!err) {
				unix_put(to);
				to = find_target(u, m);
			}
			break;
		case TARGET_FULL:
			err = wait_for_room(to, m->flags & MSG_DONTWAIT, deadline);
			break;
		case REFUSED:
			err = -EPERM;
			break;
		case SHUT:
			err = -EPIPE;
			break;
		}
	}
	unix_put(to);
	return err;
}

static bool wants_cred(struct unix_sock *u, struct socket_msg *m)
{
	struct unix_sock *to;
	bool wants;

	if (READ_ONCE(u->passcred))
		return true;
	to = find_target(u, m);
	if (IS_ERR(to))
		return false;
	wants = READ_ONCE(to->passcred);
	unix_put(to);
	return wants;
}

static int check_send(struct unix_sock *u, struct socket_msg *m)
{
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (u->type == SOCK_SEQPACKET) {
		int err = unix_take_error(u);

		if (err)
			return err;
		if (READ_ONCE(u->state) != UNIX_CONNECTED)
			return -ENOTCONN;
		m->name_len = 0;
	}
	if (m->name_len)
		return unix_check_name(m->name, m->name_len);
	return READ_ONCE(u->peer) ? 0 : -ENOTCONN;
}

ssize_t unix_dgram_send(struct unix_sock *u, struct socket_msg *m)
{
	u64 deadline = unix_deadline(READ_ONCE(u->sndtimeo));
	size_t len = m->it.count;
	struct unix_msg *msg;
	int err = check_send(u, m);

	if (!err && READ_ONCE(u->passcred))
		err = unix_autobind(u);
	if (err)
		return err;
	if (len > (size_t)READ_ONCE(u->sndbuf) - 32)
		return -EMSGSIZE;
	err = unix_wait_wmem(u, m->flags & MSG_DONTWAIT, deadline);
	if (err)
		return err;
	msg = unix_msg_make(u, &m->it, len);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	if (wants_cred(u, m))
		scm_add_cred(&m->scm);
	msg->scm = m->scm;
	m->scm.fds = NULL;
	err = scm_launch(msg);
	if (!err)
		err = send_msg(u, m, &msg, deadline);
	if (msg)
		unix_msg_free(msg);
	return err ? err : (ssize_t)len;
}

/* -------------------------------------------------------------------- receive */

/* Wait for a message; read_lock held, dropped meanwhile.  1: there will be none. */
static int wait_for_msg(struct unix_sock *u, struct socket_msg *m, u64 deadline)
{
	int err = unix_take_error(u);

	if (err)
		return err;
	if (m->flags & MSG_DONTWAIT)
		return u->type == SOCK_SEQPACKET && (READ_ONCE(u->shutdown) & SHUT_RD) ? 1 :
			-EAGAIN;
	if (READ_ONCE(u->shutdown) & SHUT_RD)
		return 1;
	mutex_unlock(&u->read_lock);
	err = __wait_event(&u->rd_wait, !list_empty(&u->queue) || READ_ONCE(u->err) ||
			   (READ_ONCE(u->shutdown) & SHUT_RD), TASK_INTERRUPTIBLE, deadline,
			   false);
	mutex_lock(&u->read_lock);
	return unix_wait_result(err, deadline);
}

/* read_lock held.  The first message, off the queue unless it is only looked at; *@msg. */
static int first_msg(struct unix_sock *u, struct socket_msg *m, struct unix_msg **msg)
{
	u64 deadline = unix_deadline(READ_ONCE(u->rcvtimeo));
	int err = 0;

	for (;;) {
		spin_lock(&u->lock);
		*msg = list_first_entry_or_null(&u->queue, struct unix_msg, node);
		if (*msg && !(m->flags & MSG_PEEK)) {
			list_del(&(*msg)->node);
			u->nr_queued--;
			u->unread -= (*msg)->len;
		}
		spin_unlock(&u->lock);
		if (*msg)
			return 0;
		err = wait_for_msg(u, m, deadline);
		if (err)
			return err;
	}
}

static void made_room(struct unix_sock *u)
{
	if (full(u))
		return;
	wake_up_all(&u->room_wait);
	unix_dgram_wake_senders(u);
}

static ssize_t give_msg(const struct unix_sock *u, struct unix_msg *msg, struct socket_msg *m)
{
	size_t n = min(msg->len, m->it.count);

	unix_tell_name(m, msg->from);
	if (n < msg->len)
		m->out_flags |= MSG_TRUNC;
	if (!unix_msg_copy(msg, 0, n, &m->it))
		return -EFAULT;
	if (READ_ONCE(u->stamp) && !msg->scm.sent_ns)
		msg->scm.sent_ns = clock_realtime_ns();         /* it was asked for too late */
	m->scm = msg->scm;
	m->scm.fds = NULL;
	if (msg->scm.fds)
		scm_land(msg, &m->scm, m->flags & MSG_PEEK);
	return (ssize_t)((m->flags & MSG_TRUNC) ? msg->len : n);
}

ssize_t unix_dgram_recv(struct unix_sock *u, struct socket_msg *m)
{
	struct unix_msg *msg;
	ssize_t n;

	if (u->type == SOCK_SEQPACKET && READ_ONCE(u->state) != UNIX_CONNECTED)
		return -ENOTCONN;
	if (m->flags & MSG_OOB)
		return -EOPNOTSUPP;
	mutex_lock(&u->read_lock);
	n = first_msg(u, m, &msg);
	if (n) {
		mutex_unlock(&u->read_lock);
		return n > 0 ? 0 : n;
	}
	n = give_msg(u, msg, m);
	if (!(m->flags & MSG_PEEK)) {
		made_room(u);
		unix_msg_free(msg);
	}
	mutex_unlock(&u->read_lock);
	return n;
}
