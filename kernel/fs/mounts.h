// SPDX-License-Identifier: MIT
/*
 * What the files about mounts share.
 */
#ifndef KERNEL_FS_MOUNTS_H
#define KERNEL_FS_MOUNTS_H

#include <kernel/fs/super.h>

extern struct list_head mounts;         /* [l] in order of mounting */

extern struct mount *root_mnt;          /* [l] the root of all */

/* A mount in no tree, with one reference; takes that of @sb, @root gets one.  NULL: no memory. */
struct mount *mount_new(struct super_block *sb, struct dentry *root, const char *device,
			unsigned long flags);
void mount_first_root(struct file_system_type *type);

#endif
