// SPDX-License-Identifier: MIT
/*
 * A pipe from inside: for pipe.c and pipe_open.c.
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

extern const struct file_operations pipe_fops;
extern struct mutex pipe_fifo_lock;     /* inode->pipe; RANK_SLEEPING_LEAF */

/* An empty one with a reference, and no ends; NULL: no memory. */
struct pipe *pipe_alloc(void);
void pipe_put(struct pipe *p);
/* An end goes: @f's. */
void pipe_release(struct inode *inode, struct file *f);

#endif
