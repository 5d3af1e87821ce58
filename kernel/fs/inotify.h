// SPDX-License-Identifier: MIT
/*
 * inotify from inside: for notify.c, which finds who is to hear of an event,
 * and inotify.c, by which programs ask and read.
 */
#ifndef KERNEL_FS_INOTIFY_H
#define KERNEL_FS_INOTIFY_H

#include <kernel/fs/notify.h>
#include <kernel/sync.h>
#include <lib/avl.h>
#include <lib/list.h>

/* What one user has; while he has any. */
struct notify_user {
	struct list_head node;          /* [n] */
	u32 uid;                        /* [c] */
	unsigned int instances;         /* [n] */
	unsigned long watches;          /* [n] */
};

/* struct inotify_event of inotify(7), and its place in the queue. */
struct notify_event {
	struct list_head node;          /* [n] */
	struct {
		int wd;
		u32 mask, cookie, len;
	} head;
	char name[];                    /* head.len bytes, padded with NULs */
};

/* One descriptor of inotify_init1(2).  [c] constant  [n] notify_lock */
struct inotify {
	struct list_head events;        /* [n] oldest first */
	unsigned int nr_events;         /* [n] */
	unsigned long bytes;            /* [n] that reading them all gives */
	struct avl_root watches;        /* [n] by wd */
	int last_wd;                    /* [n] */
	struct notify_user *user;       /* [c] who is charged */
	struct wait_queue wq;           /* woken under notify_lock */
	struct notify_event overflow;   /* [n] in the queue once at most */
};

/* That one descriptor watches one inode; the inode is referenced. */
struct watch {
	struct hlist_node on_inode;     /* [n] in inode->watches */
	struct avl_node by_wd;          /* [n] */
	struct watch *next_dead;        /* of those unlinked by one call */
	struct inotify *owner;          /* [c] NULL: dnotify.h's, first in it */
	struct inode *inode;            /* [c] */
	int wd;                         /* [c] */
	u32 mask;                       /* [n] IN_ */
};

/* What is to be done once notify_lock is free: notify_finish(). */
struct aftermath {
	struct watch *dead;             /* unlinked */
	struct dnotify_hit *hits;       /* signals to send */
};

/* RANK_NOTIFY: all watches, all queues. */
extern struct spinlock notify_lock;

extern unsigned int sysctl_max_queued_events, sysctl_max_user_instances, sysctl_max_user_watches;

void inotify_init(void);        /* once at boot */

/* notify_lock held: the watch of @in on @inode, or with number @wd; NULL: none. */
struct watch *watch_on(struct inotify *in, struct inode *inode);
struct watch *watch_numbered(struct inotify *in, int wd);
/* notify_lock held: a new watch counts from now on, with a number of its own. */
void watch_link(struct watch *w);
/*
 * notify_lock held: it ends, and IN_IGNORED says so if @tell; into @after, for
 * notify_finish() without the lock.
 */
void watch_unlink(struct watch *w, bool tell, struct aftermath *after);
void notify_finish(struct aftermath *after);

#endif
