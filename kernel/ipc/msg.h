// SPDX-License-Identifier: MIT
/*
 * Message queues, for msg.c and msg_calls.c.
 */
#ifndef KERNEL_IPC_MSG_H
#define KERNEL_IPC_MSG_H

#include <kernel/ipc/ipc.h>
#include <lib/err.h>
#include <lib/list.h>

#define MSG_NOERROR     010000
#define MSG_EXCEPT      020000

struct msg {
	struct list_head node;          /* in the queue */
	long type;
	size_t len;
	char text[];
};

/* All: msg_ids.lock. */
struct msg_queue {
	struct ipc_object ipc;
	struct list_head messages;      /* oldest first */
	unsigned long nr, bytes, max_bytes;
	u64 changes;                    /* so far: what a sleeper waits for */
	s64 stime, rtime, ctime;
	int lspid, lrpid;
	unsigned int users;             /* the table, and sleepers */
	struct wait_queue senders, receivers;
};

extern struct ipc_ids msg_ids;
extern struct msg_totals { unsigned long messages, bytes; } msg_totals; /* msg_ids.lock */

static inline struct msg_queue *msg_queue_of(struct ipc_object *o)
{
	return container_of(o, struct msg_queue, ipc);
}

static inline struct msg_queue *msg_find(int id)
{
	struct ipc_object *o = ipc_find(&msg_ids, id);

	return IS_ERR(o) ? ERR_PTR(PTR_ERR(o)) : msg_queue_of(o);
}

struct ipc_object *msg_make(const struct ipc_ask *ask);
void msg_unmake(struct ipc_object *o);
/* msg_ids.lock held, and dropped: sleepers get EIDRM. */
void msg_remove(struct msg_queue *q);

/* The queue takes @m over if it returns 0.  Sleeps. */
long msg_send(int id, struct msg *m, bool nowait);
/* A message taken off, to be freed with kvfree; ERR_PTR.  Sleeps. */
struct msg *msg_receive(int id, size_t room, long type, int flags);

#endif
