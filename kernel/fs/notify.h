// SPDX-License-Identifier: MIT
/*
 * What happens to files, told to those who asked (inotify(7)).
 *
 * The rest of kernel/fs says what has happened by one of these calls, which
 * cost a look at one counter while nobody has asked for anything.
 */
#ifndef KERNEL_FS_NOTIFY_H
#define KERNEL_FS_NOTIFY_H

#include <kernel/fs/file.h>
#include <lib/types.h>

struct dentry;
struct inode;
struct path;
struct super_block;

#define IN_ACCESS               0x00000001U
#define IN_MODIFY               0x00000002U
#define IN_ATTRIB               0x00000004U
#define IN_CLOSE_WRITE          0x00000008U
#define IN_CLOSE_NOWRITE        0x00000010U
#define IN_OPEN                 0x00000020U
#define IN_MOVED_FROM           0x00000040U
#define IN_MOVED_TO             0x00000080U
#define IN_CREATE               0x00000100U
#define IN_DELETE               0x00000200U
#define IN_DELETE_SELF          0x00000400U
#define IN_MOVE_SELF            0x00000800U
#define IN_ALL_EVENTS           0x00000fffU
#define IN_RENAME               0x00001000U     /* inside: within one directory */
#define IN_UNMOUNT              0x00002000U
#define IN_Q_OVERFLOW           0x00004000U
#define IN_IGNORED              0x00008000U
#define IN_ONLYDIR              0x01000000U
#define IN_DONT_FOLLOW          0x02000000U
#define IN_EXCL_UNLINK          0x04000000U
#define IN_MASK_CREATE          0x10000000U
#define IN_MASK_ADD             0x20000000U
#define IN_ISDIR                0x40000000U
#define IN_ONESHOT              0x80000000U

extern unsigned int notify_nr_watches;  /* [a] in the system */

static inline bool notify_wanted(void) { return unlikely(READ_ONCE(notify_nr_watches)); }

/* The steps behind the calls below; somebody watches something. */
void notify_path_slow(const struct path *path, u32 event);
void notify_inode_slow(struct inode *inode, u32 event);
void notify_name_slow(struct inode *dir, u32 event, const struct dentry *child,
		      const struct inode *inode);
void notify_rename_slow(struct inode *from, struct inode *to, const struct dentry *old_name,
			const struct dentry *moved);
void notify_gone_slow(struct inode *inode);

/* To who watches the object, and, with its name, who watches the directory it is in. */
static inline void notify_path(const struct path *path, u32 event)
{
	if (notify_wanted())
		notify_path_slow(path, event);
}

static inline void notify_file(const struct file *f, u32 event)
{
	if (notify_wanted() && !(f->mode & FMODE_PATH))
		notify_path_slow(&f->path, event);
}

/* To who watches the object alone. */
static inline void notify_inode(struct inode *inode, u32 event)
{
	if (notify_wanted())
		notify_inode_slow(inode, event);
}

/* @child, a name in @dir, which is locked, has come or gone; it is, or was, @inode's. */
static inline void notify_name(struct inode *dir, u32 event, const struct dentry *child,
			       const struct inode *inode)
{
	if (notify_wanted())
		notify_name_slow(dir, event, child, inode);
}

/* @moved, which was called as @old_name is now and was in @from, is in @to; both are locked. */
static inline void notify_rename(struct inode *from, struct inode *to,
				 const struct dentry *old_name, const struct dentry *moved)
{
	if (notify_wanted())
		notify_rename_slow(from, to, old_name, moved);
}

/* A name in the cache lets go of @inode: if it has no other anywhere, that was its end. */
static inline void notify_gone(struct inode *inode)
{
	if (notify_wanted())
		notify_gone_slow(inode);
}

/* Nothing uses @sb any more: whoever watches in it does so no longer.  Sleeps. */
void notify_unmounted(struct super_block *sb);

#endif
