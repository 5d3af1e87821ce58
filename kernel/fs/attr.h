// SPDX-License-Identifier: MIT
/*
 * Changes of attributes that more than one system call makes.
 */
#ifndef KERNEL_FS_ATTR_H
#define KERNEL_FS_ATTR_H

#include <lib/types.h>

struct file;
struct path;

/* Set the size; permission was checked.  @file: by which it is done, or NULL.  Sleeps. */
int do_truncate(const struct path *path, u64 size, struct file *file);

#endif
