// SPDX-License-Identifier: MIT
/*
 * super_block: one file system in use; mount: a place where it appears.
 */
#ifndef KERNEL_FS_SUPER_H
#define KERNEL_FS_SUPER_H

#include <kernel/fs/dentry.h>
#include <kernel/sync.h>
#include <lib/errseq.h>
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
	/*
	 * The last reference of an inode is gone: nlink 0: free its blocks; truncate its pages;
	 * free private_.
	 */
	void (*evict)(struct inode *inode);
	int (*sync)(struct super_block *sb, bool wait);
	int (*statfs)(struct super_block *sb, struct kstatfs *st);
	/*
	 * Unmounted for good: let go of inodes and dentries that the file system itself holds.
	 * May be NULL.
	 */
	void (*unpin)(struct super_block *sb);
	/* After the last inode was evicted: free private_. */
	void (*put_super)(struct super_block *sb);
	/* Options for /proc/mounts beyond ro/rw. */
	void (*show_options)(struct super_block *sb, char *buf, size_t size);
	int (*remount)(struct super_block *sb, unsigned long flags, const char *options);
};

struct file_system_type {
	const char *name;
	bool needs_device;
	/* one super block, however often it is mounted (devtmpfs) */
	bool single;
	/*
	 * Fill @sb (s_op, root, blocksize, magic).  @bdev NULL unless needs_device.  0 or -errno.
	 */
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
	bool has_chattr;                        /* [c] keeps inode->chattr */
	bool strictatime;                       /* [a] some mount is or was: nothing settles */
	struct errseq wb_error;                 /* [a] failed writes, for syncfs to tell */
	atomic_t active;                        /* [a] mounts, and those who look at it meanwhile */
	/* [a] files open for writing: no remounting read-only */
	atomic_t writers;
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
#define MS_UNBINDABLE   (1 << 17)
#define MS_PRIVATE      (1 << 18)
#define MS_SLAVE        (1 << 19)
#define MS_SHARED       (1 << 20)
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
	char *device_name;              /* [c] first column of /proc/mounts */
	bool attached;                  /* [l] in the tree */
};

extern struct spinlock mount_lock;      /* [l] RANK_FILES: the tree of mounts */

static inline struct mount *mount_get(struct mount *m) { atomic_inc(&m->refs); return m; }
void mount_put(struct mount *m);        /* sleeps when it was the last */
/* What is mounted on (mnt, dentry), with a reference, or NULL. */
struct mount *mount_on(struct mount *mnt, struct dentry *dentry);
/* Where @mnt is mounted, with references; false for the root of all. */
bool mount_point(struct mount *mnt, struct path *path);
/* May @mnt be written?  0 or -EROFS. */
static inline int mount_want_write(const struct mount *mnt)
{
	return ((mnt->flags | mnt->sb->flags) & MS_RDONLY) ? -EROFS : 0;
}

/*
 * At boot, before anything opens a file: caches, tmpfs, devices' tree, and a root that is an empty
 * tmpfs.
 */
void vfs_init(void);
/* Mount the tree of devices on /dev if there is such a directory. */
void devfs_mount(void);
/* The first program's descriptors 0, 1 and 2; makes the table if the current task has none. */
void vfs_open_console(void);

struct file_system_type *filesystem_find(const char *name);
/* Each type in order of registration; NULL starts, and ends. */
struct file_system_type *filesystem_next(struct file_system_type *prev);

/* A super block of @type with its root filled in and one active reference; ERR_PTR. */
struct super_block *super_create(struct file_system_type *type, struct block_device *bdev,
				 unsigned long flags, const char *options);
void super_put(struct super_block *sb);
/* Numbers for st_dev of file systems without a device. */
u64 super_anon_dev(void);
int super_statfs(struct super_block *sb, struct kstatfs *st);

int mount_root(const char *device, const char *fstype, unsigned long flags);    /* boot */
/* do_mount: source may be NULL. */
int do_mount(const char *source, const char *target, const char *fstype, unsigned long flags,
	     const char *options);
int do_umount(const char *target, int flags);
/* Mount one without a place in the tree (pipefs, anonymous). */
struct mount *mount_internal(struct file_system_type *type);
/* All of it to disk: sync(2), power off. */
int sync_filesystems(bool wait);
int sync_super(struct super_block *sb, bool wait);
/* /proc/PID/mounts */
void super_print_mounts(void (*emit)(void *arg, const char *line), void *arg);
/* /proc/PID/mountinfo */
void super_print_mountinfo(void (*emit)(void *arg, const char *line), void *arg);

#endif
