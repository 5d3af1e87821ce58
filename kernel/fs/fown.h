// SPDX-License-Identifier: MIT
/*
 * Whom an open file signals, and with what: F_SETOWN, F_SETSIG of fcntl(2).
 */
#ifndef KERNEL_FS_FOWN_H
#define KERNEL_FS_FOWN_H

#include <lib/types.h>

struct file;
struct pid_handle;

#define POLL_MSG        3       /* si_code: siginfo.h's */

/* [n] notify_lock for all of it */
struct file_owner {
	struct pid_handle *handle;      /* a process or a thread, with a reference; NULL: none */
	int pgid;                       /* or a group; 0: none */
	int type;                       /* F_OWNER_ */
	int sig;                        /* F_SETSIG; 0: SIGIO */
	u32 uid, euid;                  /* of who named the owner */
};

/* @f's, made if it has none yet; NULL: no memory. */
struct file_owner *file_owner_get(struct file *f);
/* At the end of @f. */
void file_owner_free(struct file_owner *o);
/* The current process becomes the owner, if @f has none.  -ENOMEM. */
int file_owner_default(struct file *f);

/*
 * notify_lock held: a copy whose references are the caller's; then, without the lock, the signal
 * with si_fd @fd.  The second drops the references.
 */
void file_owner_copy(struct file_owner *to, const struct file_owner *from);
void file_owner_signal(struct file_owner *copy, int fd, int reason);

/* F_SETOWN, F_GETOWN, F_SETOWN_EX, F_GETOWN_EX, F_SETSIG, F_GETSIG. */
long file_owner_fcntl(struct file *f, unsigned int cmd, unsigned long arg);

#endif
