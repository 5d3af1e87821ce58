// SPDX-License-Identifier: MIT
/*
 * tmpfs, for those who build on it: devfs and memfd.
 */
#ifndef KERNEL_FS_TMPFS_H
#define KERNEL_FS_TMPFS_H

#include <kernel/fs/file.h>
#include <kernel/fs/super.h>

/*
 * A super block whose root is an empty tmpfs directory of mode @mode; options "size=", "mode=",
 * ... or NULL.
 */
int tmpfs_fill(struct super_block *sb, u32 mode, const char *options);
extern const struct super_operations tmpfs_sops;
extern const struct file_operations tmpfs_file_fops;

/* Make @inode a tmpfs file's: its mapping and operations.  The super block need not be a tmpfs. */
void tmpfs_init_file(struct inode *inode);
/* Put an inode of @sb under a new @dentry, whose directory @dir is locked.  -ENOMEM, -ENOSPC. */
int tmpfs_make(struct inode *dir, struct dentry *dentry, u32 mode, u64 rdev, const char *target);

/* An open tmpfs file without a name, shown as @name.  ERR_PTR. */
struct file *memfd_make(const char *name, u32 mode);

/* /proc/sys/vm/memfd_noexec: a memfd without MFD_EXEC may be run (0), may not (1); 2: none may. */
extern unsigned int sysctl_memfd_noexec;

#endif
