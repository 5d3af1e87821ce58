// SPDX-License-Identifier: MIT
/*
 * pipe: bytes from writers to readers through a ring of pages.
 */
#ifndef KERNEL_FS_PIPE_H
#define KERNEL_FS_PIPE_H

#include <kernel/fs/file.h>

#define PIPE_BUF                4096UL
#define PIPE_DEFAULT_PAGES      16UL

/* A new one: its reading end, its writing end.  @flags: O_NONBLOCK or 0.  0 or -errno. */
int pipe_make(struct file *ends[2], unsigned int flags);

/* The pipe behind @file, or NULL when it is none. */
struct pipe *file_pipe(struct file *file);
long pipe_get_size(struct pipe *p);
long pipe_set_size(struct pipe *p, unsigned long size);

extern unsigned int sysctl_pipe_max_size;       /* bytes; more needs CAP_SYS_RESOURCE */

#endif
