// SPDX-License-Identifier: MIT
/*
 * Reading and writing an open file, with what every caller must check.
 */
#ifndef KERNEL_FS_READ_WRITE_H
#define KERNEL_FS_READ_WRITE_H

#include <kernel/fs/file.h>
#include <mm/iov.h>
#include <mm/slab.h>

/* Mode, position, and the file's own read or write.  Bytes or -errno.  Sleep. */
ssize_t vfs_read(struct file *f, struct iov_iter *to, loff_t *pos);
ssize_t vfs_write(struct file *f, struct iov_iter *from, loff_t *pos);

#define UIO_MAXIOV      1024

/* A program's array of buffers, copied in. */
struct user_iov {
	struct iovec *segs;
	struct iovec inline_segs[8];
};
/* 0, -EINVAL, -EFAULT, -ENOMEM; iovec_release() after 0. */
int iovec_import(struct user_iov *u, struct iov_iter *it, vaddr_t addr, unsigned long nr);
void iovec_release(struct user_iov *u);

#endif
