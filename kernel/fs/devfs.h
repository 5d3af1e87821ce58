// SPDX-License-Identifier: MIT
/*
 * devfs: the tree of devices, mounted on /dev.
 *
 * Drivers register nodes; each registration also tells open(2) which
 * operations a device number has, wherever a node with it lies.
 */
#ifndef KERNEL_FS_DEVFS_H
#define KERNEL_FS_DEVFS_H

#include <kernel/fs/file.h>
#include <lib/types.h>

/*
 * A character device @dev, and a node /dev/@name (which may contain one '/';
 * NULL: no node, only the number).  @mode: permissions.  On open, the file gets
 * @fops and private_ = @private_, then fops->open.  Any time after vfs_init();
 * sleeps.  0, -EEXIST, -ENOMEM.
 */
int dev_register_char(const char *name, u64 dev, u32 mode, const struct file_operations *fops,
		      void *private_);
/* All minors of one major (pseudo terminals): @fops->open sees inode->rdev. */
int dev_register_char_major(unsigned int major, const struct file_operations *fops);
/* A node for a block device that block_device_add() knows. */
int dev_register_block(const char *name, u64 dev, u32 mode);
/* A symbolic link /dev/@name. */
int dev_register_link(const char *name, const char *target);

/* "1 mem" lines for /proc/devices: the @i-th; false past the last. */
bool dev_list(unsigned int i, u64 *dev, const char **name);

void devfs_init(void);

#endif
