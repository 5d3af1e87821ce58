// SPDX-License-Identifier: MIT
/*
 * What the files about mounts share.
 */
#ifndef KERNEL_FS_MOUNTS_H
#define KERNEL_FS_MOUNTS_H

#include <kernel/fs/super.h>

extern struct list_head mounts;         /* [l] in order of mounting */

void mount_first_root(struct file_system_type *type);

#endif
