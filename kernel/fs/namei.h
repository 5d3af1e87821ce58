// SPDX-License-Identifier: MIT
/*
 * From a path name to a dentry.
 */
#ifndef KERNEL_FS_NAMEI_H
#define KERNEL_FS_NAMEI_H

#include <kernel/fs/dentry.h>
#include <lib/types.h>

#define LOOKUP_FOLLOW           0x1     /* the last component's link too */
#define LOOKUP_DIRECTORY        0x2     /* must be one */
#define LOOKUP_EMPTY            0x4     /* "" names dirfd itself */
#define LOOKUP_PARENT           0x8
#define LOOKUP_NO_SYMLINKS      0x10    /* openat2 RESOLVE_ */
#define LOOKUP_BENEATH          0x20
#define LOOKUP_IN_ROOT          0x40
#define LOOKUP_NO_XDEV          0x80
#define LOOKUP_NO_MAGICLINKS    0x100

/* Kernel string; relative to @dirfd (AT_FDCWD).  0 and *path with references, or -errno. */
int path_lookup(int dirfd, const char *name, unsigned int flags, struct path *path);
/* The same with a program's string. */
int user_path(int dirfd, vaddr_t name, unsigned int flags, struct path *path);

/*
 * Make a fifo or a socket's inode (@mode with its type) where nothing is; 0 and *path with
 * references, -EEXIST, or what the way there gives.
 */
int vfs_mknod(const char *name, u32 mode, struct path *path);
/* unlink(2) of the kernel's @name. */
int vfs_unlink(const char *name);

/*
 * A program's path copied in: kernel string to be freed by putname; ERR_PTR(-EFAULT,
 * -ENAMETOOLONG, -ENOENT for "").
 */
char *getname(vaddr_t name);
char *getname_flags(vaddr_t name, unsigned int flags);
void putname(char *name);

#endif
