// SPDX-License-Identifier: MIT
/*
 * Seals of memory files: what tmpfs asks before it does something.
 *
 * All but seals_fcntl(): the inode's lock is held for writing.  0 or -EPERM.
 */
#ifndef KERNEL_FS_SEALS_H
#define KERNEL_FS_SEALS_H

#include <kernel/fs/file.h>
#include <lib/types.h>

struct iattr;
struct inode;

/* f_op->fcntl: F_ADD_SEALS, F_GET_SEALS.  -EPERM, -EINVAL, -EBUSY (it is mapped to be written). */
long seals_fcntl(struct file *f, unsigned int cmd, unsigned long arg);

/* May @len bytes at @pos be written? */
int seals_check_write(struct inode *inode, loff_t pos, size_t len);
/* fallocate(2) up to byte @end, or a hole to be made. */
int seals_check_allocate(struct inode *inode, u64 end, bool punch);
/* Size and mode. */
int seals_check_attr(struct inode *inode, const struct iattr *attr);

#endif
