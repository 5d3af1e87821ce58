// SPDX-License-Identifier: MIT
/*
 * A pseudo terminal from inside: for pty.c, ptmx.c and the tty's files.
 */
#ifndef KERNEL_DRIVERS_PTY_H
#define KERNEL_DRIVERS_PTY_H

#include <kernel/drivers/tty.h>
#include <kernel/sync.h>
#include <lib/list.h>

struct file;
struct inode;

#define PTY_MAJOR       136
#define PTY_RING        16384U          /* a power of two */

/* [c] constant  [l] tty.lock  [p] ptys_lock */
struct pty {
	struct tty tty;                 /* the slave; its references are the pty's */
	struct list_head node;          /* [p] in ptys, by index */
	unsigned int index;             /* [c] */
	bool locked;                    /* [l] until unlockpt(3): nobody opens the slave */
	bool master_open;               /* [l] */
	bool was_open;                  /* [l] the slave, once */
	unsigned int slaves;            /* [l] open files of it */
	bool packet;                    /* [l] TIOCPKT */
	unsigned int status;            /* [l] TTY_ST_ bits that packet mode has not told */
	u8 *out;                        /* [c] what the slave wrote */
	unsigned int head, tail;        /* [l] of out, counts */
	struct wait_queue out_wait;     /* the master's readers */
	struct wait_queue in_wait;      /* its writers, for room in the slave's ring */
};

static inline unsigned int pty_used(const struct pty *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

/* A new one, locked, with one reference: the master's.  ERR_PTR(-ENOMEM, -ENOSPC). */
struct pty *pty_alloc(void);
/* Open /dev/pts/N, by the device's minor.  -EIO: its other end is gone. */
int pts_open(struct inode *inode, struct file *file);

#endif
