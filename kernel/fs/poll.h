// SPDX-License-Identifier: MIT
/*
 * poll: an object says what it is ready for now, and on which queues to wait
 * for a change.
 */
#ifndef KERNEL_FS_POLL_H
#define KERNEL_FS_POLL_H

#include <kernel/sync.h>
#include <lib/types.h>

#define POLLIN          0x0001
#define POLLPRI         0x0002
#define POLLOUT         0x0004
#define POLLERR         0x0008
#define POLLHUP         0x0010
#define POLLNVAL        0x0020
#define POLLRDNORM      0x0040
#define POLLRDBAND      0x0080
#define POLLWRNORM      0x0100
#define POLLWRBAND      0x0200
#define POLLMSG         0x0400
#define POLLRDHUP       0x2000

struct file;

/* Passed to f_op->poll; queue is NULL when only the state is asked for. */
struct poll_table {
	void (*queue)(struct poll_table *pt, struct wait_queue *wq);
	unsigned int want;      /* events the caller cares for */
};

static inline void poll_wait(struct poll_table *pt, struct wait_queue *wq)
{
	if (pt && pt->queue)
		pt->queue(pt, wq);
}

unsigned int file_poll(struct file *f, struct poll_table *pt);

#endif
