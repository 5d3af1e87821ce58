// SPDX-License-Identifier: MIT
/*
 * What the makers of nameless files share (most use anon_file() of file.h).
 */
#ifndef KERNEL_FS_ANON_H
#define KERNEL_FS_ANON_H

#include <kernel/fs/file.h>

struct block_device;
struct super_block;

void anon_init(void);
/* An empty super block, for file systems that are mounted nowhere. */
int anon_fill_super(struct super_block *sb, struct block_device *bdev, const char *options);
struct super_block *anon_super(void);
/* A fresh inode of the nameless file system, owned by the current task; NULL: no memory. */
struct inode *anon_new_inode(u32 mode);
/*
 * A dentry that shows as @name in /proc/PID/fd; takes the inode's reference unless it fails
 * (NULL).
 */
struct dentry *anon_dentry(const char *name, struct inode *inode);
/* An open file for it; takes a reference of its own.  No f_op->open is called.  ERR_PTR. */
struct file *anon_file_dentry(struct dentry *d, const struct file_operations *f_op, void *private_,
			      unsigned int flags);

#endif
