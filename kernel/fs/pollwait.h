// SPDX-License-Identifier: MIT
/*
 * pollwait: one task waiting on the queues of many files.
 */
#ifndef KERNEL_FS_POLLWAIT_H
#define KERNEL_FS_POLLWAIT_H

#include <kernel/fs/poll.h>
#include <kernel/sync.h>

#define POLL_INLINE     8

struct pollwait;

struct poll_entry {
	struct wait_entry wait;
	struct wait_queue *wq;
	struct pollwait *owner;
};

struct poll_more {
	struct poll_more *next;
	unsigned int nr;
	struct poll_entry entries[62];
};

struct pollwait {
	struct poll_table pt;   /* pass this to file_poll, as long as nothing is ready */
	bool triggered;         /* [a] */
	int err;
	unsigned int nr_inline;
	struct poll_more *more;
	struct poll_entry inline_entries[POLL_INLINE];
};

/* The files whose queues it is on must stay open until pollwait_end(). */
void pollwait_init(struct pollwait *pw);
void pollwait_end(struct pollwait *pw);
int pollwait_sleep(struct pollwait *pw, u64 deadline);

/*
 * A program's signal mask for the time of one call; *set: restore it unless the call is
 * interrupted.
 */
int sigmask_import(vaddr_t addr, size_t size, bool *set);

#endif
