// SPDX-License-Identifier: MIT
/*
 * F_NOTIFY of fcntl(2): a signal when something in a directory changes.
 */
#ifndef KERNEL_FS_DNOTIFY_H
#define KERNEL_FS_DNOTIFY_H

#include <lib/types.h>

struct aftermath;
struct dnotify_hit;
struct file;
struct files_struct;
struct watch;

/*
 * @fd, which is @f, is to be told of DN_ @mask; of nothing: it is not, any more.  -ENOTDIR,
 * -ENOMEM.
 */
long dnotify_ask(struct file *f, int fd, u32 mask);
/* A descriptor of @f in @files was closed (NULL: @f is at its end).  Takes notify_lock. */
void dnotify_end(struct file *f, const struct files_struct *files);

/* For notify.c.  notify_lock held: @w, which has no owner, was hit. */
void dnotify_hit(struct watch *w, struct aftermath *after);
/* Without a lock: the signals. */
void dnotify_send(struct dnotify_hit *hits);

#endif
