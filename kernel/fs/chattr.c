// SPDX-License-Identifier: MIT
/*
 * What chattr(1) sets and lsattr(1) shows: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS
 * (ioctl_iflags(2)).
 *
 * The word is ext2's own, kept in inode->chattr whoever keeps the inode.  Its
 * rules stand where the rights are asked: perm.c, namei.c, open.c, attr.c.
 *
 * Lock: inode->lock to change it; whoever asks reads it as it is.
 */
#include <kernel/fs/chattr.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <mm/uaccess.h>

#define FS_FL_VISIBLE   0x3dfffU
/* Unlike Linux, not +S and +D, on which nothing would happen: they stay as the disk has them. */
#define FS_FL_SETTABLE  (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL | \
			 FS_STORED_FL)
#define FS_FL_POWER     (FS_IMMUTABLE_FL | FS_APPEND_FL)

static int set(struct inode *inode, u32 flags)
{
	u32 changed = (flags ^ inode->chattr) & FS_FL_SETTABLE;

	if (!inode_owner_or_capable(inode) ||
	    ((changed & FS_FL_POWER) && !capable(CAP_LINUX_IMMUTABLE)))
		return -EPERM;
	if (changed && (flags & inode->chattr & FS_IMMUTABLE_FL))
		return -EPERM;          /* one thing at a time: as Linux's ext4 */
	WRITE_ONCE(inode->chattr, inode->chattr ^ changed);
	inode_set_times_now(inode, ATTR_CTIME);
	return 0;
}

long chattr_ioctl(struct file *f, unsigned int cmd, vaddr_t arg)
{
	struct inode *inode = f->inode;
	u32 flags;
	int err;

	if (!inode->sb->has_chattr)
		return -ENOTTY;
	if (cmd == FS_IOC_GETFLAGS)
		return put_user(READ_ONCE(inode->chattr) & FS_FL_VISIBLE, arg);
	err = get_user(&flags, arg);
	if (!err)
		err = mount_want_write(f->path.mnt);
	if (err)
		return err;
	down_write(&inode->lock);
	err = set(inode, flags);
	up_write(&inode->lock);
	return err;
}
