// SPDX-License-Identifier: MIT
/*
 * Who may do what to an inode, and what a change of its attributes means.
 *
 * Always checked against the file system ids of the current task; faccessat
 * gives itself others for the time of the call.
 */
#include <kernel/fs/inode.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/pipe.h>
#include <kernel/fs/super.h>
#include <kernel/fs/special.h>
#include <kernel/task.h>

#define DAY (24 * 60 * 60)

int generic_permission(struct inode *inode, int mask)
{
	const struct cred *cred = current->cred;
	u32 mode = inode->mode;

	if (cred->fsuid == inode->uid)
		mode >>= 6;
	else if (cred_in_group(cred, inode->gid))
		mode >>= 3;
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (!(mask & ~mode))
		return 0;
	if (S_ISDIR(inode->mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return 0;
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return 0;
	if (!(mask & MAY_EXEC) || (inode->mode & 0111))
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	return -EACCES;
}

int inode_permission(struct inode *inode, int mask)
{
	if ((mask & MAY_WRITE) && (inode->sb->flags & MS_RDONLY) &&
	    (S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode)))
		return -EROFS;
	if ((mask & MAY_WRITE) && (inode->chattr & FS_IMMUTABLE_FL))
		return -EPERM;
	if (inode->i_op && inode->i_op->permission)
		return inode->i_op->permission(inode, mask);
	return generic_permission(inode, mask);
}

bool inode_owner_or_capable(const struct inode *inode)
{
	return current->cred->fsuid == inode->uid || capable(CAP_FOWNER);
}

bool inode_sticky(const struct inode *dir, const struct inode *inode)
{
	u32 uid = current->cred->fsuid;

	if (!(dir->mode & S_ISVTX) || uid == inode->uid || uid == dir->uid)
		return false;
	return !capable(CAP_FOWNER);
}

void inode_init_owner(struct inode *inode, struct inode *dir, u32 mode)
{
	const struct cred *cred = current->cred;

	inode->uid = cred->fsuid;
	inode->gid = cred->fsgid;
	if (dir && (dir->mode & S_ISGID)) {
		inode->gid = dir->gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | 0010)) == (S_ISGID | 0010) &&
			 !cred_in_group(cred, inode->gid) && !capable(CAP_FSETID))
			mode &= ~S_ISGID;
	}
	inode->mode = mode;
}

void init_special_inode(struct inode *inode, u32 mode, u64 rdev)
{
	inode->mode = mode;
	inode->rdev = 0;
	if (S_ISCHR(mode) || S_ISBLK(mode)) {
		inode->i_fop = S_ISCHR(mode) ? &chrdev_fops : &blkdev_fops;
		inode->rdev = rdev;
	} else if (S_ISFIFO(mode)) {
		inode->i_fop = &fifo_fops;
	}
}

/* ------------------------------------------------------------ attributes */

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	if (attr->valid & ATTR_UID)
		inode->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		inode->gid = attr->gid;
	if (attr->valid & ATTR_ATIME)
		inode->atime = attr->atime;
	if (attr->valid & ATTR_MTIME)
		inode->mtime = attr->mtime;
	if (attr->valid & ATTR_CTIME)
		inode->ctime = attr->ctime;
	inode_unsettle(inode);
	if (attr->valid & ATTR_MODE) {
		u32 mode = attr->mode;

		if (!cred_in_group(current->cred, inode->gid) && !capable(CAP_FSETID))
			mode &= ~S_ISGID;
		WRITE_ONCE(inode->mode, (inode->mode & S_IFMT) | (mode & 07777));
	}
}

int simple_setattr(struct inode *inode, const struct iattr *attr)
{
	setattr_copy(inode, attr);
	inode_mark_dirty(inode);
	return 0;
}

int inode_setattr(struct inode *inode, struct iattr *attr)
{
	int err;

	assert_held_write(&inode->lock);
	if (!(attr->valid & ATTR_CTIME)) {
		attr->valid |= ATTR_CTIME;
		attr->ctime = current_time();
	}
	if (inode->i_op && inode->i_op->setattr)
		err = inode->i_op->setattr(inode, attr);
	else
		err = simple_setattr(inode, attr);
	return err;
}

/* S_ISGID without group execution marks nothing to be run. */
static bool has_suid(const struct inode *inode)
{
	return S_ISREG(inode->mode) &&
	       ((inode->mode & S_ISUID) || (inode->mode & (S_ISGID | 0010)) == (S_ISGID | 0010));
}

int inode_remove_suid(struct inode *inode)
{
	struct iattr attr = { .valid = ATTR_MODE };

	if (likely(!has_suid(inode)) || capable(CAP_FSETID))
		return 0;
	attr.mode = inode->mode & ~S_ISUID;
	if (inode->mode & 0010)
		attr.mode &= ~S_ISGID;
	return inode_setattr(inode, &attr);
}

void inode_set_times_now(struct inode *inode, unsigned int which)
{
	struct timespec now = current_time();

	if (which & ATTR_ATIME)
		inode->atime = now;
	if (which & ATTR_MTIME)
		inode->mtime = now;
	if (which & ATTR_CTIME)
		inode->ctime = now;
	inode_unsettle(inode);
	inode_mark_dirty(inode);
}

static bool timespec_before_eq(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec <= b->tv_nsec);
}

/* Not since the last change, or not for a day: mount(8), relatime. */
static bool access_is_news(const struct inode *i)
{
	return timespec_before_eq(&i->atime, &i->mtime) ||
	       timespec_before_eq(&i->atime, &i->ctime) ||
	       current_time().tv_sec - i->atime.tv_sec >= DAY;
}

/* No news until a day is over or a time is changed, which may happen meanwhile. */
static void settle(struct inode *inode)
{
	u64 day_over = (u64)(inode->atime.tv_sec + DAY) * NSEC_PER_SEC;

	if (READ_ONCE(inode->sb->strictatime) || inode->atime.tv_sec < 0)
		return;
	WRITE_ONCE(inode->settled, ns_to_ticks(day_over));
	smp_mb();
	if (access_is_news(inode) || READ_ONCE(inode->sb->strictatime))
		inode_unsettle(inode);
}

void inode_accessed(struct inode *inode, const struct mount *mnt)
{
	unsigned long flags;

	if (!mnt || !inode_access_due(inode))
		return;
	flags = mnt->flags | inode->sb->flags;
	if (flags & MS_STRICTATIME || access_is_news(inode)) {
		if (flags & (MS_NOATIME | MS_RDONLY) || (inode->chattr & FS_NOATIME_FL) ||
		    ((flags & MS_NODIRATIME) && S_ISDIR(inode->mode)))
			return;
		inode_set_times_now(inode, ATTR_ATIME);
	}
	settle(inode);
}

/* ------------------------------------------------------- who writes, who runs */

int inode_get_write(struct inode *inode)
{
	int seen = atomic_read(&inode->writers);

	for (;;) {
		int was;

		if (seen < 0)
			return -ETXTBSY;
		was = atomic_cmpxchg(&inode->writers, seen, seen + 1);
		if (was == seen)
			return 0;
		seen = was;
	}
}

void inode_put_write(struct inode *inode)
{
	atomic_dec(&inode->writers);
}

int inode_deny_write(struct inode *inode)
{
	int seen = atomic_read(&inode->writers);

	for (;;) {
		int was;

		if (seen > 0)
			return -ETXTBSY;
		was = atomic_cmpxchg(&inode->writers, seen, seen - 1);
		if (was == seen)
			return 0;
		seen = was;
	}
}

void inode_allow_write(struct inode *inode)
{
	atomic_inc(&inode->writers);
}
