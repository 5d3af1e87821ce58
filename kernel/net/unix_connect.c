// SPDX-License-Identifier: MIT
/*
 * How two sockets come together, and part: listen, connect, accept,
 * socketpair, shutdown.
 *
 * connect(2) makes the accepted socket itself: both ends are joined before the
 * listener knows, so the client may write at once.  The new end, an embryo,
 * lies in the listener's list until accept(2) gives it a file.
 *
 * Lock: both sockets' locks for the step that joins them.
 */
#include <kernel/net/unix.h>

#include <kernel/cred.h>
#include <kernel/fs/poll.h>
#include <lib/err.h>

static void swap_cred(struct peer_cred *a, struct peer_cred *b)
{
	struct peer_cred c = *a;

	*a = *b;
	*b = c;
}

static void drop_cred(struct peer_cred *c)
{
	if (c->cred)
		cred_put(c->cred);
}

static struct peer_cred copy_cred(const struct peer_cred *c)
{
	if (c->cred)
		cred_get(c->cred);
	return *c;
}

/* ------------------------------------------------------------------ listen */

int unix_listen(struct unix_sock *u, int backlog)
{
	struct peer_cred cred = unix_cred_now();
	int err = 0;

	if (!unix_connects(u))
		err = -EOPNOTSUPP;
	else if (!READ_ONCE(u->addr))
		err = -EINVAL;
	if (!err) {
		spin_lock(&u->lock);
		if (u->state == UNIX_CONNECTED) {
			err = -EINVAL;
		} else {
			u->backlog = min((unsigned int)backlog, (unsigned int)SOMAXCONN);
			u->state = UNIX_LISTENING;
			swap_cred(&u->peer_cred, &cred);
		}
		spin_unlock(&u->lock);
	}
	if (!err)
		wake_up_all(&u->room_wait);
	drop_cred(&cred);
	return err;
}

/* ----------------------------------------------------------------- connect */

enum joining { JOINED, AGAIN, QUEUE_FULL, REFUSED, IS_CONNECTED, NO_CLIENT };

/* Both locked. */
static enum joining may_join(const struct unix_sock *u, const struct unix_sock *to)
{
	if (to->dead)
		return AGAIN;
	if (to->state != UNIX_LISTENING || (to->shutdown & SHUT_RD))
		return REFUSED;
	if (to->nr_queued > to->backlog)
		return QUEUE_FULL;
	if (u->state == UNIX_CONNECTED)
		return IS_CONNECTED;
	return u->state == UNIX_CLOSED ? JOINED : NO_CLIENT;
}

/* @me: who connects; what was there before comes back in it. */
static enum joining join(struct unix_sock *u, struct unix_sock *to, struct unix_sock *embryo,
			 struct peer_cred *me)
{
	struct peer_cred listener;
	enum joining j;

	unix_lock_two(u, to);
	j = may_join(u, to);
	if (j == JOINED) {
		listener = copy_cred(&to->peer_cred);
		embryo->state = UNIX_CONNECTED;
		embryo->peer = unix_get(u);
		embryo->addr = to->addr;
		atomic_inc(&embryo->addr->refs);
		swap_cred(&embryo->peer_cred, me);
		u->state = UNIX_CONNECTED;
		u->peer = unix_get(embryo);
		swap_cred(&u->peer_cred, &listener);
		*me = listener;
		list_add_tail(&embryo->embryo_node, &to->embryos);
		to->nr_queued++;
	}
	unix_unlock_two(u, to);
	if (j == JOINED)
		wake_up_key(&to->rd_wait, POLLIN | POLLRDNORM);
	return j;
}

static int wait_for_backlog(struct unix_sock *to, bool nowait, u64 deadline)
{
	int err;

	if (nowait)
		return -EAGAIN;
	err = __wait_event(&to->room_wait, READ_ONCE(to->nr_queued) <= READ_ONCE(to->backlog) ||
			   READ_ONCE(to->dead) || (READ_ONCE(to->shutdown) & SHUT_RD),
			   TASK_INTERRUPTIBLE, deadline, true);
	return unix_wait_result(err, deadline);
}

/* One try.  1: look the name up again. */
static int try_connect(struct unix_sock *u, struct unix_sock *to, struct unix_sock *embryo,
		       struct peer_cred *me, bool nowait, u64 deadline)
{
	int err;

	switch (join(u, to, embryo, me)) {
	case JOINED:
		return 0;
	case AGAIN:
		return 1;
	case QUEUE_FULL:
		err = wait_for_backlog(to, nowait, deadline);
		return err ? err : 1;
	case IS_CONNECTED:
		return -EISCONN;
	case NO_CLIENT:
		return -EINVAL;
	default:
		return -ECONNREFUSED;
	}
}

static int connect_stream(struct unix_sock *u, struct sockaddr_un *name, int len, bool nowait)
{
	u64 deadline = unix_deadline(READ_ONCE(u->sndtimeo));
	struct unix_sock *embryo = unix_alloc(u->type), *to;
	struct peer_cred me;
	int err;

	if (!embryo)
		return -ENOMEM;
	me = unix_cred_now();
	do {
		to = unix_find(name, len, u->type);
		if (IS_ERR(to)) {
			err = (int)PTR_ERR(to);
			break;
		}
		err = try_connect(u, to, embryo, &me, nowait, deadline);
		unix_put(to);
	} while (err > 0);
	drop_cred(&me);
	if (err)
		unix_put(embryo);
	return err;
}

/* A datagram socket hears only its peer: what came before is dropped, and the old one told. */
static void forget_peer(struct unix_sock *u, struct unix_sock *old)
{
	struct unix_msg *m, *tmp;
	LIST_HEAD(queue);
	bool told = false, lost;

	unix_dgram_forget(u, old);
	mutex_lock(&u->read_lock);      /* one who peeks holds a message that is in the queue */
	spin_lock(&u->lock);
	list_splice_init(&u->queue, &queue);
	u->nr_queued = 0;
	u->unread = 0;
	spin_unlock(&u->lock);
	mutex_unlock(&u->read_lock);
	lost = !list_empty(&queue);
	list_for_each_entry_safe(m, tmp, &queue, node)
		unix_msg_free(m);
	wake_up_all(&u->room_wait);
	unix_dgram_wake_senders(u);
	spin_lock(&old->lock);
	if (lost && !old->dead && old->peer == u) {
		WRITE_ONCE(old->err, ECONNRESET);
		told = true;
	}
	spin_unlock(&old->lock);
	if (told)
		unix_wake_all(old);
}

void unix_set_peer(struct unix_sock *u, struct unix_sock *peer)
{
	struct unix_sock *old;

	spin_lock(&u->lock);
	old = u->peer;
	u->peer = peer;
	u->state = peer ? UNIX_CONNECTED : UNIX_CLOSED;
	spin_unlock(&u->lock);
	if (old && old != peer)
		forget_peer(u, old);
	unix_put(old);
	wake_up_all(&u->wr_wait);
}

static int connect_dgram(struct unix_sock *u, struct sockaddr_un *name, int len)
{
	struct unix_sock *to;
	bool may;
	int err;

	if (len < UNIX_PATH_OFF)
		return -EINVAL;
	if (name->family == AF_UNSPEC) {
		unix_set_peer(u, NULL);
		return 0;
	}
	err = unix_check_name(name, len);
	if (err)
		return err;
	do {
		to = unix_find(name, len, u->type);
		if (IS_ERR(to))
			return (int)PTR_ERR(to);
		if (!READ_ONCE(to->dead))
			break;
		unix_put(to);
	} while (true);
	spin_lock(&to->lock);
	may = !to->peer || to->peer == u;
	spin_unlock(&to->lock);
	if (!may) {
		unix_put(to);
		return -EPERM;
	}
	unix_set_peer(u, to);
	return 0;
}

int unix_connect(struct unix_sock *u, struct sockaddr_un *name, int len, bool nowait)
{
	int err = unix_connects(u) ? unix_check_name(name, len) : 0;

	if (!err && READ_ONCE(u->passcred) && name->family == AF_UNIX)
		err = unix_autobind(u);
	if (err)
		return err;
	return unix_connects(u) ? connect_stream(u, name, len, nowait) :
				  connect_dgram(u, name, len);
}

void unix_join(struct unix_sock *a, struct unix_sock *b)
{
	a->peer_cred = unix_cred_now();
	b->peer_cred = unix_cred_now();
	a->peer = unix_get(b);
	b->peer = unix_get(a);
	a->state = b->state = UNIX_CONNECTED;
}

/* ------------------------------------------------------------------ accept */

static struct unix_sock *first_embryo(struct unix_sock *u)
{
	struct unix_sock *embryo;

	spin_lock(&u->lock);
	embryo = list_first_entry_or_null(&u->embryos, struct unix_sock, embryo_node);
	if (embryo) {
		list_del_init(&embryo->embryo_node);
		u->nr_queued--;
	}
	spin_unlock(&u->lock);
	if (embryo)
		wake_up(&u->room_wait);
	return embryo;
}

struct unix_sock *unix_accept(struct unix_sock *u, bool nowait)
{
	u64 deadline = unix_deadline(READ_ONCE(u->rcvtimeo));
	struct unix_sock *embryo;
	int err;

	if (!unix_connects(u))
		return ERR_PTR(-EOPNOTSUPP);
	if (READ_ONCE(u->state) != UNIX_LISTENING)
		return ERR_PTR(-EINVAL);
	for (;;) {
		embryo = first_embryo(u);
		if (embryo)
			return embryo;
		if (READ_ONCE(u->shutdown) & SHUT_RD)
			return ERR_PTR(-EINVAL);
		if (nowait)
			return ERR_PTR(-EAGAIN);
		err = __wait_event(&u->rd_wait, !list_empty(&u->embryos) ||
				   (READ_ONCE(u->shutdown) & SHUT_RD), TASK_INTERRUPTIBLE,
				   deadline, true);
		if (err)
			return ERR_PTR(unix_wait_result(err, deadline));
	}
}

/* ---------------------------------------------------------------- shutdown */

int unix_shutdown(struct unix_sock *u, int how)
{
	unsigned int mine = (unsigned int)how + 1, theirs = 0;
	struct unix_sock *peer;

	if (how < 0 || how > 2)
		return -EINVAL;
	spin_lock(&u->lock);
	u->shutdown |= mine;
	spin_unlock(&u->lock);
	unix_wake_all(u);
	peer = unix_connects(u) ? unix_peer_get(u) : NULL;
	if (!peer)
		return 0;
	if (mine & SHUT_RD)
		theirs |= SHUT_WR;
	if (mine & SHUT_WR)
		theirs |= SHUT_RD;
	spin_lock(&peer->lock);
	peer->shutdown |= theirs;
	spin_unlock(&peer->lock);
	unix_wake_all(peer);
	unix_put(peer);
	return 0;
}
