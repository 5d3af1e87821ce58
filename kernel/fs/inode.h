// SPDX-License-Identifier: MIT
/*
 * inode: one file system object, in memory once however many names it has.
 *
 * References (refs): each dentry and each user that outlives a lock holds
 * one.  At zero an inode with links stays in the cache, clean, until memory
 * is wanted; one without links is deleted (s_op->evict).
 */
#ifndef KERNEL_FS_INODE_H
#define KERNEL_FS_INODE_H

#include <kernel/fs/chattr.h>
#include <kernel/fs/stat.h>
#include <kernel/sync.h>
#include <kernel/time.h>
#include <lib/atomic.h>
#include <lib/list.h>
#include <mm/address_space.h>

struct dentry;
struct file;
struct file_lock_list;
struct file_operations;
struct inode;
struct iov_iter;
struct mount;
struct path;
struct pipe;
struct super_block;
struct tmpfs_xattr;
struct xattr_operations;

/* setattr: which fields of struct iattr count. */
#define ATTR_MODE       0x01
#define ATTR_UID        0x02
#define ATTR_GID        0x04
#define ATTR_SIZE       0x08
#define ATTR_ATIME      0x10
#define ATTR_MTIME      0x20
#define ATTR_CTIME      0x40

struct iattr {
	unsigned int valid;
	u32 mode, uid, gid;
	loff_t size;
	struct timespec atime, mtime, ctime;
};

/*
 * Directory operations hold the directory's lock for writing (lookup: for
 * reading or writing); the VFS has checked permissions and that names are
 * <= 255 bytes.  All sleep.  All return 0 or -errno.
 */
struct inode_operations {
	/*
	 * Fill @dentry (d_add with the inode, or with NULL: negative).  -errno: EIO, EUCLEAN,
	 * ENOMEM.
	 */
	int (*lookup)(struct inode *dir, struct dentry *dentry);
	/* Make a new object, d_instantiate(dentry). */
	int (*create)(struct inode *dir, struct dentry *dentry, u32 mode);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, u32 mode);
	int (*mknod)(struct inode *dir, struct dentry *dentry, u32 mode, u64 rdev);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*link)(struct inode *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	/* @flags: RENAME_NOREPLACE is checked by the VFS, RENAME_EXCHANGE reaches here. */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags);
	/* An unnamed file (O_TMPFILE): new inode with nlink 0.  May be NULL. */
	struct inode *(*tmpfile)(struct inode *dir, u32 mode);
	/* The target of a symbolic link into @buf with NUL; its length.  May sleep. */
	ssize_t (*readlink)(struct inode *inode, char *buf, size_t size);
	/*
	 * Jump instead of reading text (/proc/PID/exe, fd): fills *path with references.  NULL for
	 * text links.
	 */
	int (*follow)(struct inode *inode, struct path *path);
	/* inode lock held for writing.  NULL: simple_setattr. */
	int (*setattr)(struct inode *inode, const struct iattr *attr);
	/* NULL: generic_fillattr. */
	int (*getattr)(struct inode *inode, struct kstat *st);
	/* NULL: generic_permission. */
	int (*permission)(struct inode *inode, int mask);
	/*
	 * For swapon: where page @page of the file lies.  How many pages, up to @max,
	 * lie side by side from *@sector on; 0: this one is in pieces; -EINVAL: a hole;
	 * -EIO.  NULL: it cannot hold swap.
	 */
	long (*swap_map)(struct inode *inode, u64 page, u64 max, u64 *sector);
	/* Extended attributes; NULL: it has none (-EOPNOTSUPP). */
	const struct xattr_operations *xattr;
};

/*
 * [c] constant once visible  [l] lock  [h] inode hash lock  [a] atomic  [s] super block's list
 * lock
 */
struct inode {
	u64 ino;                        /* [c] */
	u32 mode;                       /* [l] type bits [c] */
	u32 nlink;                      /* [l] */
	u32 uid, gid;                   /* [l] */
	u64 rdev;                       /* [c] */
	u64 blocks;                     /* [l] 512-byte units */
	struct timespec atime, mtime, ctime, btime;     /* [l], atime loosely */
	u64 settled;                    /* [a] realtime_ticks() until which atime stays; 0: look */
	u32 generation;
	u32 chattr;                     /* [l] FS_ flags of chattr(1) */
	atomic_t refs;                  /* [a] */
	unsigned long state;            /* [a] I_ bits */
	struct super_block *sb;         /* [c] */
	const struct inode_operations *i_op;    /* [c] */
	const struct file_operations *i_fop;    /* [c] */
	/* [c] usually &data; a block device's own for device nodes */
	struct address_space *mapping;
	struct address_space data;      /* data.size is the file size [l] for writing */
	struct rwsem lock;              /* RANK_INODE or RANK_INODE_DIR */
	struct hlist_node hash;         /* [h] */
	struct list_head sb_node;       /* [s] */
	struct list_head lru;           /* [h] unused inodes */
	struct list_head dirty_node;    /* [s] */
	struct list_head dentries;      /* dentry lock: names of this inode */
	struct hlist_head watches;      /* notify_lock: who wants to hear of it */
	struct file_lock_list *locks;   /* POSIX, flock locks; NULL: none */
	struct tmpfs_xattr *xattrs;     /* [l] of what lives in memory; NULL: none */
	struct pipe *pipe;              /* fifos while open: pipe.c's lock */
	/* [a] opens for writing; below zero: being executed, not to be written */
	atomic_t writers;
	void *private_;                 /* [c] the file system's */
};

enum { I_NEW, I_DIRTY, I_DIRTY_TIME, I_FREEING, I_DELETED, I_DEAD /* a removed directory */,
       I_SWAPFILE /* in use as swap: must not change */ };

/* +i or +a: its name, owner, mode and attributes stay. */
static inline bool inode_is_fixed(const struct inode *i)
{
	return i->chattr & (FS_IMMUTABLE_FL | FS_APPEND_FL);
}
static inline bool inode_is_swap(const struct inode *i)
{
	return READ_ONCE(i->state) & BIT(I_SWAPFILE);
}

static inline u64 inode_size(const struct inode *i) { return READ_ONCE(i->data.size); }
static inline void inode_set_size(struct inode *i, u64 size) { WRITE_ONCE(i->data.size, size); }

/* A fresh inode that is in no cache: refs 1.  NULL: no memory. */
struct inode *inode_alloc(struct super_block *sb);
/*
 * The cached inode @ino, or a new one with I_NEW set (fill it, then inode_unlock_new; or inode_bad
 * on error).  NULL: no memory.
 */
struct inode *inode_get_locked(struct super_block *sb, u64 ino);
void inode_unlock_new(struct inode *inode);
void inode_bad(struct inode *inode);            /* reading failed: forget it, drop the reference */
static inline void inode_get(struct inode *i) { atomic_inc(&i->refs); }
void inode_put(struct inode *inode);            /* sleeps when it was the last */
void inode_hash_insert(struct inode *inode);    /* a newly created object */
void inode_mark_dirty(struct inode *inode);
/* ATTR_ATIME | ... ; marks dirty */
void inode_set_times_now(struct inode *inode, unsigned int which);

/* Defaults for file systems. */
int simple_setattr(struct inode *inode, const struct iattr *attr);      /* all but size */
void setattr_copy(struct inode *inode, const struct iattr *attr);
void generic_fillattr(struct inode *inode, struct kstat *st);
int generic_permission(struct inode *inode, int mask);
/* what callers use; EROFS for writing too */
int inode_permission(struct inode *inode, int mask);
/* Owner, group (S_ISGID of the directory) and mode of a new object in @dir. */
void inode_init_owner(struct inode *inode, struct inode *dir, u32 mode);
/* Device nodes, fifos and sockets: set i_fop and rdev by mode. */
void init_special_inode(struct inode *inode, u32 mode, u64 rdev);

/*
 * The parts of address_space_operations that are the same for every file
 * system on a disk: a_ops->write_inode (calls s_op->write_inode), file_get,
 * file_put and file_sync.  inode_alloc() gives an inode default_aops, which has
 * these; a file system with pages names them in its own table.
 */
extern const struct address_space_operations default_aops;
int inode_write_hook(struct address_space *as, bool wait);
void file_get_hook(struct file *file);
/* For a_ops->punch_hole, of a file system whose files have f_op->fallocate. */
int file_punch_hole(struct file *file, loff_t off, loff_t len);
void file_put_hook(struct file *file);
int file_sync_hook(struct file *file, loff_t start, loff_t end);
/* A page of @as could not be written: fsync and syncfs are to tell.  From interrupts too. */
void inode_write_failed(struct address_space *as, int error);

/* It was read: move atime by the rules of the mount (relatime).  Cheap when nothing is due. */
void inode_accessed(struct inode *inode, const struct mount *mnt);

/* False: no read moves atime now, whatever the mount. */
static inline bool inode_access_due(const struct inode *i)
{
	return unlikely(realtime_ticks() >= READ_ONCE(i->settled));
}

/* Mounted so that each read moves atime: from now on each read of @sb has to ask. */
void inodes_unsettle(struct super_block *sb);

/* A time was changed: the next read has to look. */
static inline void inode_unsettle(struct inode *i)
{
	WRITE_ONCE(i->settled, 0);
}

/* [l] */
static inline void inode_set_ctime(struct inode *i, struct timespec ctime)
{
	i->ctime = ctime;
	inode_unsettle(i);
}

/* Right to write for as long as a file is open (-ETXTBSY), or to execute undisturbed. */
int inode_get_write(struct inode *inode);
void inode_put_write(struct inode *inode);
int inode_deny_write(struct inode *inode);
void inode_allow_write(struct inode *inode);

/* May the current task act as the owner? */
bool inode_owner_or_capable(const struct inode *inode);
/* The sticky bit of @dir forbids the current task to remove @inode from it. */
bool inode_sticky(const struct inode *dir, const struct inode *inode);

/* Change attributes: i_op->setattr with the inode lock taken; ATTR_CTIME added. */
int inode_setattr(struct inode *inode, struct iattr *attr);
/*
 * Before data is written by one who may not keep them: drop S_ISUID and S_ISGID.  Lock held for
 * writing.
 */
int inode_remove_suid(struct inode *inode);

int inode_getattr(const struct path *path, struct kstat *st);

void inode_init(void);                          /* the cache; at boot */
/* Evict all of @sb's inodes (unmount): those in use stay, and how many there are is returned. */
unsigned long inode_evict_super(struct super_block *sb);

/* Free clean unused inodes; how many.  A shrinker calls it. */
unsigned long inode_shrink(unsigned long nr);

#endif
