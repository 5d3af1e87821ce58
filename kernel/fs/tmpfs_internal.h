// SPDX-License-Identifier: MIT
/*
 * tmpfs: what its files share.
 */
#ifndef KERNEL_FS_TMPFS_INTERNAL_H
#define KERNEL_FS_TMPFS_INTERNAL_H

#include <kernel/fs/file.h>
#include <kernel/fs/super.h>
#include <kernel/sync.h>
#include <lib/atomic.h>

#define TMPFS_MAGIC     0x01021994

/* Behind sb->private_.  [l] lock  [a] atomic  [c] changed by remount only */
struct tmpfs {
	struct page_quota quota;        /* of all files; its max [c] */
	u64 max_inodes;                 /* [c] */
	atomic_long_t ispace;           /* [a] bytes: of max_inodes TMPFS_ISPACE each */
	struct spinlock lock;           /* RANK_LEAF */
	u64 next_ino;                   /* [l] */
};

#define TMPFS_ISPACE    1024U

/* Count @space bytes against nr_inodes; false: they are too many.  @fs NULL: a memfd's. */
bool tmpfs_charge(struct tmpfs *fs, u32 space);
void tmpfs_uncharge(struct tmpfs *fs, u32 space);

/* A new inode of @sb, counted; @dir may be NULL.  ERR_PTR(-ENOMEM, -ENOSPC). */
struct inode *tmpfs_inode(struct super_block *sb, struct inode *dir, u32 mode, u64 rdev,
			  const char *target);
void tmpfs_evict(struct inode *inode);
/* Let go of every entry, so that the dentries can be freed. */
void tmpfs_unpin(struct super_block *sb);

int tmpfs_fsync(struct file *f, loff_t start, loff_t end, bool datasync);

extern const struct xattr_operations tmpfs_xattr_ops;
extern struct file_system_type tmpfs_type;

#endif
