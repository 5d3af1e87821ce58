// SPDX-License-Identifier: MIT
/*
 * A pipe from inside: for pipe*.c and splice.c.
 */
#ifndef KERNEL_FS_PIPE_INTERNAL_H
#define KERNEL_FS_PIPE_INTERNAL_H

#include <kernel/fs/pipe.h>
#include <kernel/sync.h>

/* [l] lock  [a] atomic */
struct pipe {
	struct mutex lock;              /* RANK_PIPE */
	unsigned long head, tail;       /* [l] */
	unsigned long nr_pages;         /* [l] a power of two */
	unsigned int readers, writers;  /* [l] opens */
	unsigned int r_count, w_count;  /* [l] opens ever: a fifo's open waits for a change */
	/* [c] pipe2's: an open by /proc/PID/fd/N waits for nobody */
	bool anonymous;
	/* [a] open files, and a fifo's inode while it is being opened */
	atomic_t refs;
	void **pages;                   /* [l] */
	struct wait_queue rd_wait, wr_wait;
	void *inline_pages[PIPE_DEFAULT_PAGES];
};

struct iov_iter;

/* Bytes in it, bytes it takes in all, bytes that fit now; exact with the lock held. */
static inline unsigned long pipe_used(const struct pipe *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static inline unsigned long pipe_capacity(const struct pipe *p)
{
	return READ_ONCE(p->nr_pages) << PAGE_SHIFT;
}

static inline unsigned long pipe_room(const struct pipe *p)
{
	return pipe_capacity(p) - pipe_used(p);
}

/* Lock held: where the page of that byte of the ring stands. */
static inline void **pipe_slot(struct pipe *p, unsigned long byte)
{
	return &p->pages[(byte >> PAGE_SHIFT) & (p->nr_pages - 1)];
}

/* For splice.c.  Lock held: put in what fits of @from; bytes, or -errno when none. */
ssize_t pipe_fill(struct pipe *p, struct iov_iter *from);
/* Lock held: a copy of @n bytes that lie @off bytes behind the first one. */
void pipe_peek(struct pipe *p, unsigned long off, char *buf, size_t n);
/* Lock held: the first @n bytes are done with. */
void pipe_drop(struct pipe *p, size_t n);
/* After a change: whoever may go on. */
void pipe_wake(struct pipe *p);

extern const struct file_operations pipe_fops;
extern struct mutex pipe_fifo_lock;     /* inode->pipe; RANK_SLEEPING_LEAF */

/* An empty one with a reference, and no ends; NULL: no memory. */
struct pipe *pipe_alloc(void);
void pipe_put(struct pipe *p);
/* An end goes: @f's. */
void pipe_release(struct inode *inode, struct file *f);

#endif
