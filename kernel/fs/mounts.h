// SPDX-License-Identifier: MIT
/*
 * What the files about mounts share.
 */
#ifndef KERNEL_FS_MOUNTS_H
#define KERNEL_FS_MOUNTS_H

#include <kernel/fs/super.h>
#include <kernel/sync.h>

extern struct list_head mounts;         /* [l] in order of mounting */

extern struct mount *root_mnt;          /* [l] the root of all */

/* Counted up by each change of the tree or of a mount's flags, whose watchers wait here. */
extern atomic_t mounts_changes;         /* [a] */
extern struct wait_queue mounts_wait;

/* A mount in no tree, with one reference; takes that of @sb, @root gets one.  NULL: no memory. */
struct mount *mount_new(struct super_block *sb, struct dentry *root, const char *device,
			unsigned long flags);
void mount_first_root(struct file_system_type *type);

#endif
