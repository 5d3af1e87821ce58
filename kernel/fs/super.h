// SPDX-License-Identifier: MIT
/*
 * super_block: one file system in use; mount: a place where it appears.
 */
#ifndef KERNEL_FS_SUPER_H
#define KERNEL_FS_SUPER_H

#include <kernel/fs/dentry.h>
#include <kernel/sync.h>
#include <lib/list.h>
#include <lib/types.h>

struct block_device;
struct inode;
struct super_block;

struct kstatfs {
	u64 type, bsize, blocks, bfree, bavail, files, ffree;
	u32 fsid[2];
	u64 namelen, frsize, flags;
};

struct super_operations {
	/* Write the inode's metadata; sleeps. */
	int (*write_inode)(struct inode *inode, bool wait);
	/* The last reference of an inode is gone: nlink 0: free its blocks; truncate its pages; free private_. */
	void (*evict)(struct inode *inode);
	int (*sync)(struct super_block *sb, bool wait);
	int (*statfs)(struct super_block *sb, struct kstatfs *st);
	void (*put_super)(struct super_block *sb);
	/* Options for /proc/mounts beyond ro/rw. */
	void (*show_options)(struct super_block *sb, char *buf, size_t size);
	int (*remount)(struct super_block *sb, unsigned long flags, const char *options);
};

struct file_system_type {
	const char *name;
	bool needs_device;
	/* Fill @sb (s_op, root, blocksize, magic).  @bdev NULL unless needs_device.  0 or -errno. */
	int (*fill_super)(struct super_block *sb, struct block_device *bdev, const char *options);
	struct list_head node;
};
void register_filesystem(struct file_system_type *type);

struct super_block {
	const struct file_system_type *type;    /* [c] */
	const struct super_operations *s_op;    /* [c] */
	struct dentry *root;                    /* [c] */
	struct block_device *bdev;              /* [c] */
	u64 dev;                                /* [c] st_dev */
	u64 magic;                              /* [c] */
	unsigned int blocksize;                 /* [c] */
	u64 max_bytes;                          /* [c] */
	unsigned long flags;                    /* [a] MS_RDONLY, ... */
	struct spinlock inode_list_lock;        /* RANK_ICACHE */
	struct list_head inodes;                /* [s] */
	struct list_head dirty_inodes;          /* [s] */
	struct rwsem umount_lock;
	atomic_t active;                        /* mounts */
	struct list_head node;
	void *private_;
};

#define MS_RDONLY       1
#define MS_NOSUID       2
#define MS_NODEV        4
#define MS_NOEXEC       8
#define MS_SYNCHRONOUS  16
#define MS_REMOUNT      32
#define MS_NOATIME      1024
#define MS_NODIRATIME   2048
#define MS_BIND         4096
#define MS_MOVE         8192
#define MS_REC          16384
#define MS_SILENT       32768
#define MS_RELATIME     (1 << 21)
#define MS_STRICTATIME  (1 << 24)

struct mount {
	atomic_t refs;
	unsigned int id;
	unsigned long flags;            /* MS_ of this mount */
	struct super_block *sb;
	struct dentry *root;            /* what of the file system appears */
	struct mount *parent;           /* itself for the root */
	struct dentry *mountpoint;
	struct list_head node;          /* all mounts, in order */
	char *device_name;              /* first column of /proc/mounts */
};

int mount_root(const char *device, const char *fstype, unsigned long flags);    /* boot */
/* do_mount: source may be NULL. */
int do_mount(const char *source, const char *target, const char *fstype, unsigned long flags, const char *options);
int do_umount(const char *target, int flags);
/* Mount one without a place in the tree (pipefs, anonymous). */
struct mount *mount_internal(struct file_system_type *type);
/* All of it to disk: sync(2), power off. */
int sync_filesystems(bool wait);
int sync_super(struct super_block *sb, bool wait);
void super_print_mounts(void (*emit)(void *arg, const char *line), void *arg);

#endif
