// SPDX-License-Identifier: MIT
/*
 * Files that are doors to something else: what open(2) finds behind a device
 * node or a fifo.
 */
#ifndef KERNEL_FS_SPECIAL_H
#define KERNEL_FS_SPECIAL_H

#include <kernel/fs/file.h>

/* Their open looks the device up by inode->rdev and gives the file its real operations. */
extern const struct file_operations chrdev_fops;
extern const struct file_operations blkdev_fops;
extern const struct file_operations fifo_fops;

#endif
