// SPDX-License-Identifier: MIT
/*
 * The flags of chattr(1), as programs pass them and ext2 keeps them.
 */
#ifndef KERNEL_FS_CHATTR_H
#define KERNEL_FS_CHATTR_H

#include <lib/types.h>

#define FS_STORED_FL    0x00000007U     /* s, u, c: kept and told, nothing more */
#define FS_IMMUTABLE_FL 0x00000010U
#define FS_APPEND_FL    0x00000020U
#define FS_NODUMP_FL    0x00000040U     /* for dump(8) */
#define FS_NOATIME_FL   0x00000080U

#define FS_IOC_GETFLAGS 0x80086601U
#define FS_IOC_SETFLAGS 0x40086602U

struct file;

long chattr_ioctl(struct file *f, unsigned int cmd, vaddr_t arg);

#endif
