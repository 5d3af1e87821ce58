// SPDX-License-Identifier: MIT
/*
 * Modes, open flags and struct stat by Linux's numbers (asm-generic).
 */
#ifndef KERNEL_FS_STAT_H
#define KERNEL_FS_STAT_H

#include <lib/types.h>

#define S_IFMT          0170000
#define S_IFSOCK        0140000
#define S_IFLNK         0120000
#define S_IFREG         0100000
#define S_IFBLK         0060000
#define S_IFDIR         0040000
#define S_IFCHR         0020000
#define S_IFIFO         0010000
#define S_ISUID         0004000
#define S_ISGID         0002000
#define S_ISVTX         0001000
#define S_ISLNK(m)      (((m) & S_IFMT) == S_IFLNK)
#define S_ISREG(m)      (((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)      (((m) & S_IFMT) == S_IFDIR)
#define S_ISCHR(m)      (((m) & S_IFMT) == S_IFCHR)
#define S_ISBLK(m)      (((m) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(m)     (((m) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(m)     (((m) & S_IFMT) == S_IFSOCK)

#define MAY_EXEC        1
#define MAY_WRITE       2
#define MAY_READ        4

#define O_ACCMODE       00000003
#define O_RDONLY        00000000
#define O_WRONLY        00000001
#define O_RDWR          00000002
#define O_CREAT         00000100
#define O_EXCL          00000200
#define O_NOCTTY        00000400
#define O_TRUNC         00001000
#define O_APPEND        00002000
#define O_NONBLOCK      00004000
#define O_DSYNC         00010000
#define O_ASYNC         00020000
#define O_DIRECT        00040000
#define O_LARGEFILE     00100000
#define O_DIRECTORY     00200000
#define O_NOFOLLOW      00400000
#define O_NOATIME       01000000
#define O_CLOEXEC       02000000
#define O_SYNC          04010000
#define O_PATH          010000000
#define O_TMPFILE       020200000

#define AT_FDCWD                -100
#define AT_SYMLINK_NOFOLLOW     0x100
#define AT_REMOVEDIR            0x200
#define AT_EACCESS              0x200
#define AT_SYMLINK_FOLLOW       0x400
#define AT_NO_AUTOMOUNT         0x800
#define AT_EMPTY_PATH           0x1000

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define SEEK_DATA 3
#define SEEK_HOLE 4

/* Device numbers inside the kernel: Linux's new encoding as stat(2) shows it. */
typedef u64 dev_t_k;
#define MKDEV(ma, mi) \
	(((u64)(ma) & 0xfff) << 8 | ((u64)(mi) & 0xff) | ((u64)(mi) & ~0xffULL) << 12)
#define MAJOR(d)        ((unsigned int)((d) >> 8 & 0xfff))
#define MINOR(d)        ((unsigned int)(((d) & 0xff) | ((d) >> 12 & ~0xffU)))

/* What stat(2) and statx(2) tell. */
struct kstat {
	u64 dev, ino, rdev;
	u32 mode, nlink, uid, gid;
	u64 size, blocks;       /* blocks of 512 bytes */
	u32 blksize;
	struct { s64 sec; u32 nsec; } atime, mtime, ctime, btime;
	bool has_btime;
	u64 mnt_id;
};

#endif
