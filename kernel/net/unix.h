// SPDX-License-Identifier: MIT
/*
 * A local socket (unix(7)) from inside: for the files of kernel/net.
 *
 * Two connected sockets hold a reference of each other as peer.  A message
 * lies in the queue of the socket that will read it, and is charged to the
 * one that sent it, so that memory is bounded by the senders' SO_SNDBUF.
 *
 *	u --peer--> v      send(u): charge u, append to v->queue, wake v's readers
 *	                   recv(v): take it, uncharge u, wake u's writers
 *
 * A listener's connections wait in its embryos: sockets that have no file yet.
 */
#ifndef KERNEL_NET_UNIX_H
#define KERNEL_NET_UNIX_H

#include <kernel/fs/dentry.h>
#include <kernel/net/scm.h>
#include <kernel/net/socket.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <mm/iov.h>

struct cred;
struct file;
struct inode;
struct seq_file;

enum unix_state { UNIX_CLOSED, UNIX_LISTENING, UNIX_CONNECTED };

/* A name, shared by a listener and what it accepts.  [c] but for refs */
struct unix_addr {
	atomic_t refs;
	u32 len;                        /* as getsockname(2) tells it */
	struct sockaddr_un name;
};

/* Who was at the other end when it was connected. */
struct peer_cred {
	int pid;
	struct cred *cred;              /* NULL: nobody yet */
};

/*
 * [c] constant  [l] lock  [a] atomic  [r] read_lock  [b] bind_lock to set, once
 * [t] unix_table_lock  [g] inflight's lock  [p] the peer's lock
 */
struct unix_sock {
	atomic_t refs;                  /* [a] file, embryos' list, peer, messages sent */
	int type;                       /* [c] SOCK_ */
	struct spinlock lock;           /* RANK_SOCKET */
	enum unix_state state;          /* [l] */
	unsigned int shutdown;          /* [l] SHUT_ bits */
	bool dead;                      /* [l] its file is released */
	int err;                        /* [a] told once, positive */
	struct unix_sock *peer;         /* [l] referenced */
	struct list_head queue;         /* [l] struct unix_msg */
	struct list_head embryos;       /* [l] of a listener, by embryo_node */
	struct list_head embryo_node;
	unsigned int nr_queued;         /* [l] messages, or embryos */
	unsigned int backlog;           /* [l] more than this many: full */
	size_t unread;                  /* [l] bytes of all messages */
	struct peer_cred peer_cred;     /* [l] */
	/* [l] datagram sockets that would send here and poll for room */
	struct list_head senders;
	struct list_head sender_node;   /* [p] */

	atomic_long_t wmem;             /* [a] charge of what was sent and not read */
	int sndbuf, rcvbuf;             /* [a] */
	int rcvlowat;                   /* [a] */
	u64 rcvtimeo, sndtimeo;         /* [a] ns; 0: for ever */
	bool passcred;                  /* [a] */
	int stamp;                      /* [a] the option that asks when messages were sent, or 0 */
	unsigned int flags;             /* [a] options that are only remembered: bit SO_ */
	struct { int on, seconds; } linger;     /* [a] */
	int priority;                   /* [a] */

	/* RANK_SOCKET_READ: one reader of the queue at a time; nothing read is freed meanwhile */
	struct mutex read_lock;
	struct mutex bind_lock;         /* RANK_SOCKET_BIND */
	struct unix_addr *addr;         /* [b] */
	struct path path;               /* [b] the socket's inode; mnt NULL: none */
	struct hlist_node name_node;    /* [t] */
	struct list_head all_node;      /* [t] */

	struct wait_queue rd_wait;      /* readers, accept; poll */
	struct wait_queue wr_wait;      /* writers that wait for wmem; poll */
	struct wait_queue room_wait;    /* others, that this one's queue is full for */

	struct file *file;              /* [c] once it has one */
	unsigned int inflight;          /* [g] messages that carry its file */
	struct list_head inflight_node; /* [g] */
	unsigned int gc_outside;        /* [g] of those, in no queue of another candidate */
	bool gc_candidate, gc_live;     /* [g] */
	struct list_head gc_node;       /* [g] */
};

/* One write's bytes on their way.  Owned by the queue it is in. */
struct unix_msg {
	struct list_head node;
	struct unix_sock *from;         /* referenced, and charged */
	size_t charge;
	size_t len;                     /* bytes */
	size_t off;                     /* of those, read already (streams) */
	struct scm scm;
	unsigned int nr_pages;          /* 0: the bytes follow this struct */
	void *pages[];
};

/* One send or receive. */
struct socket_msg {
	struct iov_iter it;
	unsigned int flags;             /* MSG_ */
	unsigned int out_flags;         /* receive: MSG_TRUNC, MSG_CTRUNC, MSG_EOR */
	struct sockaddr_un *name;       /* send: where to; receive: filled in, or NULL */
	int name_len;                   /* 0: no name */
	struct scm scm;
};

static inline bool unix_connects(const struct unix_sock *u)
{
	return u->type != SOCK_DGRAM;
}

/* ---------------------------------------------------------------- unix_sock.c */

extern struct list_head unix_all;               /* [t] by all_node */
extern struct spinlock unix_table_lock;         /* RANK_SOCKET_TABLE */

/* A socket of @type with one reference and no file; NULL: no memory. */
struct unix_sock *unix_alloc(int type);
static inline struct unix_sock *unix_get(struct unix_sock *u)
{
	atomic_inc(&u->refs);
	return u;
}
void unix_put(struct unix_sock *u);             /* NULL is fine; sleeps */
/* A file for @u (takes over the reference, unless it fails).  ERR_PTR. */
struct file *unix_make_file(struct unix_sock *u, unsigned int flags);
/* Extended attributes for a socket's new inode; @type: SOCK_. */
void unix_init_inode(struct inode *inode, int type);     /* unix_xattr.c */
/* The socket behind @f, or NULL. */
struct unix_sock *unix_of(const struct file *f);
/* The peer with a reference, or NULL. */
struct unix_sock *unix_peer_get(struct unix_sock *u);
/* Both, in the order of their addresses; they may be one. */
void unix_lock_two(struct unix_sock *a, struct unix_sock *b);
void unix_unlock_two(struct unix_sock *a, struct unix_sock *b);
/* Its state changed: everybody looks. */
void unix_wake_all(struct unix_sock *u);
/* The error that waits, as -errno, and forget it. */
int unix_take_error(struct unix_sock *u);
/* Remember who calls; lock held.  The old one goes by unix_cred_put after unlocking. */
struct peer_cred unix_cred_now(void);
/* No file, no peer: what its end does to the others.  @embryo: nobody accepted it. */
void unix_close(struct unix_sock *u, bool embryo);

/* ---------------------------------------------------------------- unix_name.c */

/* AF_UNIX, and a length that can be: 0 or -EINVAL. */
int unix_check_name(const struct sockaddr_un *name, int len);
int unix_bind(struct unix_sock *u, struct sockaddr_un *name, int len);
/* An abstract name for one who has none: 0, -ENOSPC, -ENOMEM. */
int unix_autobind(struct unix_sock *u);
/* The socket that is bound to @name, referenced: ERR_PTR(-ECONNREFUSED, -EPROTOTYPE, path). */
struct unix_sock *unix_find(struct sockaddr_un *name, int len, int type);
void unix_unbind(struct unix_sock *u);
static inline void unix_addr_put(struct unix_addr *a);

/* ------------------------------------------------------------- unix_connect.c */

int unix_listen(struct unix_sock *u, int backlog);
int unix_connect(struct unix_sock *u, struct sockaddr_un *name, int len, bool nowait);
/* The next connection with a reference, or ERR_PTR. */
struct unix_sock *unix_accept(struct unix_sock *u, bool nowait);
void unix_join(struct unix_sock *a, struct unix_sock *b);       /* socketpair(2) */
int unix_shutdown(struct unix_sock *u, int how);
/* A datagram socket's peer becomes @peer (its reference passes; NULL: none). */
void unix_set_peer(struct unix_sock *u, struct unix_sock *peer);

/* ----------------------------------------------------------------- unix_msg.c */

/* Copy @len bytes of @it; charged to @from.  ERR_PTR(-ENOMEM, -EFAULT). */
struct unix_msg *unix_msg_make(struct unix_sock *from, struct iov_iter *it, size_t len);
void unix_msg_free(struct unix_msg *m);
/* Copy out from @off, at most @len.  False: bad address. */
bool unix_msg_copy(const struct unix_msg *m, size_t off, size_t len, struct iov_iter *to);
/* Wait until @u may send more.  0, -EAGAIN, -EPIPE, -EINTR and its kin, the socket's error. */
int unix_wait_wmem(struct unix_sock *u, bool nowait, u64 deadline);
static inline bool unix_writable(struct unix_sock *u)
{
	return atomic_long_read(&u->wmem) * 4 <= READ_ONCE(u->sndbuf);
}
/* A sleep's end as a socket call tells it. */
int unix_wait_result(int err, u64 deadline);
u64 unix_deadline(u64 timeout_ns);

/* ------------------------------------------------- unix_stream.c, unix_dgram.c */

/* Bytes, or -errno.  They own @m->scm afterwards. */
ssize_t unix_send(struct unix_sock *u, struct socket_msg *m);
ssize_t unix_recv(struct unix_sock *u, struct socket_msg *m);
ssize_t unix_stream_send(struct unix_sock *u, struct socket_msg *m);
ssize_t unix_stream_recv(struct unix_sock *u, struct socket_msg *m);
ssize_t unix_dgram_send(struct unix_sock *u, struct socket_msg *m);
ssize_t unix_dgram_recv(struct unix_sock *u, struct socket_msg *m);
/* Poll for room at @u's peer: true when there is; else @u is woken once there is. */
bool unix_dgram_room(struct unix_sock *u);
/* @u looks no longer for room at @peer. */
void unix_dgram_forget(struct unix_sock *u, struct unix_sock *peer);
/* A message was taken, or all is over: let those who wait for room at @u look. */
void unix_dgram_wake_senders(struct unix_sock *u);
/* The sender's address into @m->name. */
void unix_tell_name(struct socket_msg *m, const struct unix_sock *from);

/* ---------------------------------------------------------------- unix_opts.c */

int unix_setsockopt(struct unix_sock *u, int level, int opt, vaddr_t val, unsigned int len);
int unix_getsockopt(struct file *f, int level, int opt, vaddr_t val, vaddr_t len);

/* /proc/net/unix */
struct task_struct;
int unix_show_all(struct seq_file *m, struct task_struct *t);

extern const struct file_operations unix_fops;  /* unix_file.c */

void unix_addr_free(struct unix_addr *a);
static inline void unix_addr_put(struct unix_addr *a)
{
	if (a && atomic_dec_and_test(&a->refs))
		unix_addr_free(a);
}

#endif
