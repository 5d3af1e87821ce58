// SPDX-License-Identifier: MIT
/*
 * Local sockets: their birth, their references, their end.
 *
 * A socket's file holds one reference, and whoever is connected to it another,
 * so that a peer that is gone still answers: dead, both ways shut down.
 *
 * Always true: a dead socket's queue is empty, and stays so;
 *              whoever holds two socket locks took the lower address first.
 * Lock: u->lock for what passes between sockets; it is a spinlock, and no copy
 *       from or to a program happens under it.
 */
#include <kernel/net/unix.h>

#include <kernel/cred.h>
#include <kernel/fs/anon.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/poll.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/slab.h>

#define DEFAULT_BUFFER  212992
#define DEFAULT_BACKLOG 10      /* messages in the queue of a datagram socket */

LIST_HEAD(unix_all);
struct spinlock unix_table_lock = SPINLOCK_INIT(RANK_SOCKET_TABLE);

static void init_queues(struct unix_sock *u)
{
	INIT_LIST_HEAD(&u->queue);
	INIT_LIST_HEAD(&u->embryos);
	INIT_LIST_HEAD(&u->embryo_node);
	INIT_LIST_HEAD(&u->senders);
	INIT_LIST_HEAD(&u->sender_node);
	INIT_LIST_HEAD(&u->inflight_node);
	INIT_LIST_HEAD(&u->gc_node);
	INIT_HLIST_NODE(&u->name_node);
	wait_queue_init(&u->rd_wait);
	wait_queue_init(&u->wr_wait);
	wait_queue_init(&u->room_wait);
}

struct unix_sock *unix_alloc(int type)
{
	struct unix_sock *u = kzalloc(sizeof(*u), GFP_KERNEL);

	if (!u)
		return NULL;
	atomic_set(&u->refs, 1);
	u->type = type;
	spin_lock_init(&u->lock, RANK_SOCKET);
	mutex_init(&u->read_lock, RANK_SOCKET_READ);
	mutex_init(&u->bind_lock, RANK_SOCKET_BIND);
	init_queues(u);
	u->sndbuf = u->rcvbuf = DEFAULT_BUFFER;
	u->rcvlowat = 1;
	u->backlog = DEFAULT_BACKLOG;
	spin_lock(&unix_table_lock);
	list_add_tail(&u->all_node, &unix_all);
	spin_unlock(&unix_table_lock);
	return u;
}

void unix_put(struct unix_sock *u)
{
	if (!u || !atomic_dec_and_test(&u->refs))
		return;
	spin_lock(&unix_table_lock);
	list_del(&u->all_node);
	spin_unlock(&unix_table_lock);
	unix_addr_put(u->addr);
	if (u->peer_cred.cred)
		cred_put(u->peer_cred.cred);
	kfree(u);
}

struct file *unix_make_file(struct unix_sock *u, unsigned int flags)
{
	struct inode *inode = anon_new_inode(S_IFSOCK | 0777);
	struct dentry *d;
	struct file *f;
	char name[32];

	if (!inode)
		return ERR_PTR(-ENOMEM);
	unix_init_inode(inode, u->type);
	snprintf(name, sizeof(name), "socket:[%lu]", inode->ino);
	d = anon_dentry(name, inode);
	if (!d) {
		inode_put(inode);
		return ERR_PTR(-ENOMEM);
	}
	f = anon_file_dentry(d, &unix_fops, u, O_RDWR | flags);
	dentry_put(d);
	if (!IS_ERR(f))
		WRITE_ONCE(u->file, f);
	return f;
}

struct unix_sock *unix_of(const struct file *f)
{
	return f->f_op == &unix_fops ? f->private_ : NULL;
}

struct unix_sock *unix_peer_get(struct unix_sock *u)
{
	struct unix_sock *peer;

	spin_lock(&u->lock);
	peer = u->peer;
	if (peer)
		unix_get(peer);
	spin_unlock(&u->lock);
	return peer;
}

void unix_lock_two(struct unix_sock *a, struct unix_sock *b)
{
	if (a == b) {
		spin_lock(&a->lock);
		return;
	}
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock(a < b ? &b->lock : &a->lock);
}

void unix_unlock_two(struct unix_sock *a, struct unix_sock *b)
{
	if (a != b)
		spin_unlock(a < b ? &b->lock : &a->lock);
	spin_unlock(a < b ? &a->lock : &b->lock);
}

void unix_wake_all(struct unix_sock *u)
{
	wake_up_all(&u->rd_wait);
	wake_up_all(&u->wr_wait);
	wake_up_all(&u->room_wait);
}

int unix_take_error(struct unix_sock *u)
{
	return READ_ONCE(u->err) ? -xchg(&u->err, 0) : 0;
}

struct peer_cred unix_cred_now(void)
{
	cred_get(current->cred);
	return (struct peer_cred){ current->tgid, current->cred };
}

/* ---------------------------------------------------------------- the end */

/* What a socket leaves behind. */
struct leaving {
	struct unix_sock *peer;
	struct list_head queue, embryos;
	bool unread;
};

static void leave(struct unix_sock *u, struct leaving *l)
{
	INIT_LIST_HEAD(&l->queue);
	INIT_LIST_HEAD(&l->embryos);
	spin_lock(&u->lock);
	u->dead = true;
	u->state = UNIX_CLOSED;
	u->shutdown = SHUT_RDWR;
	l->peer = u->peer;
	u->peer = NULL;
	l->unread = !list_empty(&u->queue);
	list_splice_init(&u->queue, &l->queue);
	list_splice_init(&u->embryos, &l->embryos);
	u->nr_queued = 0;
	u->unread = 0;
	spin_unlock(&u->lock);
}

/* The other end of a connection learns of it: end of file, or that bytes were lost. */
static void hang_up(struct unix_sock *peer, bool lost)
{
	spin_lock(&peer->lock);
	peer->shutdown = SHUT_RDWR;
	if (lost)
		WRITE_ONCE(peer->err, ECONNRESET);
	spin_unlock(&peer->lock);
	unix_wake_all(peer);
}

void unix_close(struct unix_sock *u, bool embryo)
{
	struct unix_sock *each, *tmp;
	struct unix_msg *m, *next;
	struct leaving l;

	leave(u, &l);
	unix_wake_all(u);
	unix_dgram_wake_senders(u);
	if (l.peer) {
		if (unix_connects(u))
			hang_up(l.peer, l.unread || embryo);
		else
			unix_dgram_forget(u, l.peer);
		unix_put(l.peer);
	}
	list_for_each_entry_safe(m, next, &l.queue, node)
		unix_msg_free(m);
	list_for_each_entry_safe(each, tmp, &l.embryos, embryo_node) {
		unix_close(each, true);
		unix_put(each);
	}
}
