// SPDX-License-Identifier: MIT
/*
 * epoll, as other files of kernel/fs see it.
 */
#ifndef KERNEL_FS_EPOLL_H
#define KERNEL_FS_EPOLL_H

struct file;

/* @file is going: take it out of every epoll that watches it.  Sleeps. */
void epoll_release_file(struct file *file);

#endif
