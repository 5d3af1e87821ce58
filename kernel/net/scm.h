// SPDX-License-Identifier: MIT
/*
 * scm: what travels beside the bytes of a message: open files, the sender's
 * identity and when it was sent (unix(7), "Ancillary messages"; socket(7), SO_TIMESTAMP).
 */
#ifndef KERNEL_NET_SCM_H
#define KERNEL_NET_SCM_H

#include <lib/types.h>

struct file;
struct unix_msg;
struct unix_sock;

/* Open files, referenced. */
struct scm_fds {
	unsigned int nr;
	u32 uid;                        /* who is charged for them in flight */
	bool inflight;
	struct file *files[];
};

struct scm {
	struct scm_fds *fds;            /* NULL: none */
	bool has_cred;
	bool explicit_cred;             /* the sender said so itself */
	int pid;
	u32 uid, gid;
	u64 sent_ns;                    /* CLOCK_REALTIME, for who asked for it; 0: nobody */
};

/* Where a receiver wants control messages. */
struct scm_out {
	vaddr_t addr;                   /* 0: nowhere */
	size_t room;
	size_t used;
	unsigned int flags;             /* MSG_CMSG_CLOEXEC */
};

/* Read a sender's control messages (a kernel copy).  0 or -errno, then nothing is held. */
int scm_import(struct scm *scm, const char *control, size_t len);
/* The sender's identity, unless it gave one. */
void scm_add_cred(struct scm *scm);
/* Let go of the files. */
void scm_drop(struct scm *scm);
/* Give a receiver what it wants: control messages and MSG_CTRUNC in *msg_flags.  Drops the rest. */
void scm_export(struct scm *scm, const struct unix_sock *u, struct scm_out *out,
		unsigned int *msg_flags);

/* ---- in flight: unix_gc.c */

/* The files of @m are about to be in a queue.  0 or -ETOOMANYREFS, -ENOMEM. */
int scm_launch(struct unix_msg *m);
/* Move them out of @m into @scm (@peek: copy them). */
void scm_land(struct unix_msg *m, struct scm *scm, bool peek);
/* A message with files lies in @to's queue. */
void scm_arrived(struct unix_sock *to);
/* A socket went, or too much is in flight: free sockets that only name each other. */
void unix_collect(void);
bool unix_flight_is_long(void);

#endif
