// SPDX-License-Identifier: MIT
/*
 * Attributes: mode, owner, times, size; access(2) and umask(2).
 */
#include <kernel/fs/attr.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/uaccess.h>

/* The object of an *at call with @at_flags of AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH. */
static int at_path(const unsigned long *a, unsigned int at_flags, struct path *path)
{
	unsigned int lookup = (at_flags & AT_SYMLINK_NOFOLLOW) ? 0 : LOOKUP_FOLLOW;

	if (at_flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	return user_path((int)a[0], a[1], lookup, path);
}

/* Run @change on a path, or on a descriptor's. */
static int with_write(const struct path *path, int (*change)(const struct path *, const void *),
		      const void *arg)
{
	int err = mount_want_write(path->mnt);

	return err ? err : change(path, arg);
}

static int fd_with_write(int fd, int (*change)(const struct path *, const void *), const void *arg)
{
	struct fd_ref r = fdget(fd);
	int err;

	if (!r.file)
		return -EBADF;
	err = with_write(&r.file->path, change, arg);
	fdput(r);
	return err;
}

static int path_with_write(const unsigned long *a, unsigned int at_flags,
			   int (*change)(const struct path *, const void *), const void *arg)
{
	struct path path;
	int err = at_path(a, at_flags, &path);

	if (err)
		return err;
	err = with_write(&path, change, arg);
	path_put(&path);
	return err;
}

/* -------------------------------------------------------------------- mode */

static int change_mode(const struct path *path, const void *arg)
{
	struct inode *inode = path->dentry->inode;
	struct iattr attr = { .valid = ATTR_MODE, .mode = *(const u32 *)arg & 07777 };
	int err = -EPERM;

	if (S_ISLNK(inode->mode))
		return -EOPNOTSUPP;
	down_write(&inode->lock);
	if (inode_owner_or_capable(inode) && !inode_is_fixed(inode))
		err = inode_setattr(inode, &attr);
	up_write(&inode->lock);
	if (!err)
		notify_path(path, IN_ATTRIB);
	return err;
}

long sys_fchmod(const unsigned long *a)
{
	u32 mode = (u32)a[1];

	return fd_with_write((int)a[0], change_mode, &mode);
}

long sys_fchmodat(const unsigned long *a)
{
	u32 mode = (u32)a[2];

	return path_with_write(a, 0, change_mode, &mode);
}

long sys_fchmodat2(const unsigned long *a)
{
	u32 mode = (u32)a[2];

	if ((u32)a[3] & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return path_with_write(a, (unsigned int)a[3], change_mode, &mode);
}

/* ------------------------------------------------------------------- owner */

struct owner {
	u32 uid, gid;           /* -1: as it is */
};

static bool may_chown(const struct inode *inode, const struct owner *o)
{
	if (capable(CAP_CHOWN))
		return true;
	if (current->cred->fsuid != inode->uid)
		return false;
	if (o->uid != ~0U && o->uid != inode->uid)
		return false;
	return o->gid == ~0U || o->gid == inode->gid || cred_in_group(current->cred, o->gid);
}

static int change_owner(const struct path *path, const void *arg)
{
	const struct owner *o = arg;
	struct inode *inode = path->dentry->inode;
	struct iattr attr = { .uid = o->uid, .gid = o->gid };
	int err = -EPERM;

	if (o->uid != ~0U)
		attr.valid |= ATTR_UID;
	if (o->gid != ~0U)
		attr.valid |= ATTR_GID;
	down_write(&inode->lock);
	if (may_chown(inode, o) && !inode_is_fixed(inode)) {
		/* Who gives a file away, gives no power with it. */
		if (!S_ISDIR(inode->mode) && (inode->mode & (S_ISUID | S_ISGID))) {
			attr.valid |= ATTR_MODE;
			attr.mode = inode->mode & ~S_ISUID;
			if (inode->mode & 0010)
				attr.mode &= ~S_ISGID;
		}
		err = inode_setattr(inode, &attr);
	}
	up_write(&inode->lock);
	if (!err && (attr.valid & (ATTR_UID | ATTR_GID | ATTR_MODE)))
		notify_path(path, IN_ATTRIB);
	return err;
}

long sys_fchown(const unsigned long *a)
{
	struct owner o = { (u32)a[1], (u32)a[2] };

	return fd_with_write((int)a[0], change_owner, &o);
}

long sys_fchownat(const unsigned long *a)
{
	struct owner o = { (u32)a[2], (u32)a[3] };

	if ((u32)a[4] & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return path_with_write(a, (unsigned int)a[4], change_owner, &o);
}

/* ------------------------------------------------------------------- times */

#define UTIME_NOW       0x3fffffff
#define UTIME_OMIT      0x3ffffffe

struct new_times {
	struct timespec t[2];   /* access, modification */
};

/* Both "now": whoever may write the file may say so. */
static bool times_are_now(const struct new_times *n)
{
	return n->t[0].tv_nsec == UTIME_NOW && n->t[1].tv_nsec == UTIME_NOW;
}

/* One time alone looks like what would have moved it. */
static u32 times_event(unsigned int valid)
{
	if (!(valid & ATTR_MTIME))
		return IN_ACCESS;
	return valid & ATTR_ATIME ? IN_ATTRIB : IN_MODIFY;
}

static int change_times(const struct path *path, const void *arg)
{
	const struct new_times *n = arg;
	struct inode *inode = path->dentry->inode;
	struct timespec now = current_time();
	struct iattr attr = { .valid = ATTR_CTIME, .ctime = now };
	int err = 0;

	if (n->t[0].tv_nsec == UTIME_OMIT && n->t[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (n->t[0].tv_nsec != UTIME_OMIT) {
		attr.valid |= ATTR_ATIME;
		attr.atime = n->t[0].tv_nsec == UTIME_NOW ? now : n->t[0];
	}
	if (n->t[1].tv_nsec != UTIME_OMIT) {
		attr.valid |= ATTR_MTIME;
		attr.mtime = n->t[1].tv_nsec == UTIME_NOW ? now : n->t[1];
	}
	down_write(&inode->lock);
	if (inode->chattr & (times_are_now(n) ? FS_IMMUTABLE_FL : FS_IMMUTABLE_FL | FS_APPEND_FL))
		err = -EPERM;
	else if (!inode_owner_or_capable(inode))
		err = times_are_now(n) ? inode_permission(inode, MAY_WRITE) : -EPERM;
	if (!err)
		err = inode_setattr(inode, &attr);
	up_write(&inode->lock);
	if (!err)
		notify_path(path, times_event(attr.valid));
	return err;
}

static bool nsec_valid(s64 nsec)
{
	return (u64)nsec < NSEC_PER_SEC || nsec == UTIME_NOW || nsec == UTIME_OMIT;
}

long sys_utimensat(const unsigned long *a)
{
	struct new_times n = { { { 0, UTIME_NOW }, { 0, UTIME_NOW } } };
	unsigned int flags = (unsigned int)a[3];

	if (a[2] && copy_from_user(&n, a[2], sizeof(n)))
		return -EFAULT;
	if (!nsec_valid(n.t[0].tv_nsec) || !nsec_valid(n.t[1].tv_nsec))
		return -EINVAL;
	if (n.t[0].tv_nsec == UTIME_OMIT && n.t[1].tv_nsec == UTIME_OMIT)
		return 0;
	if (!a[1] && (int)a[0] != AT_FDCWD)
		return flags ? -EINVAL : fd_with_write((int)a[0], change_times, &n);
	if (flags & ~(unsigned int)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return path_with_write(a, flags, change_times, &n);
}

/* -------------------------------------------------------------------- size */

/* RLIMIT_FSIZE: @size is more than the file has, and more than it may have.  Sends SIGXFSZ then. */
static bool size_exceeds(struct inode *inode, u64 size)
{
	if (size <= READ_ONCE(current->signal->rlim[RLIMIT_FSIZE].cur) || size <= inode_size(inode))
		return false;
	send_signal_thread(SIGXFSZ, NULL, current);
	return true;
}

int do_truncate(const struct path *path, u64 size, struct file *file)
{
	struct inode *inode = path->dentry->inode;
	struct iattr attr = { .valid = ATTR_SIZE | ATTR_MTIME | ATTR_CTIME, .size = (loff_t)size };
	int err;

	if (size > inode->sb->max_bytes)
		return -EFBIG;
	if (size_exceeds(inode, size))
		return -EFBIG;
	attr.mtime = attr.ctime = current_time();
	down_write(&inode->lock);
	err = inode_is_fixed(inode) ? -EPERM :
	      inode_is_swap(inode) ? -ETXTBSY : inode_remove_suid(inode);
	if (!err)
		err = inode->i_op && inode->i_op->setattr ? inode_setattr(inode, &attr) : -EINVAL;
	up_write(&inode->lock);
	if (!err)
		notify_path(path, IN_MODIFY);
	return err;
}

static int truncate_path(const struct path *path, u64 size)
{
	struct inode *inode = path->dentry->inode;
	int err;

	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode))
		return -EINVAL;
	err = mount_want_write(path->mnt);
	if (!err)
		err = inode_permission(inode, MAY_WRITE);
	if (!err)
		err = inode_get_write(inode);
	if (err)
		return err;
	err = do_truncate(path, size, NULL);
	inode_put_write(inode);
	return err;
}

long sys_truncate(const unsigned long *a)
{
	struct path path;
	int err;

	if ((loff_t)a[1] < 0)
		return -EINVAL;
	err = user_path(AT_FDCWD, a[0], LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = truncate_path(&path, a[1]);
	path_put(&path);
	return err;
}

long sys_ftruncate(const unsigned long *a)
{
	struct fd_ref r;
	int err = -EINVAL;

	if ((loff_t)a[1] < 0)
		return -EINVAL;
	r = fdget((int)a[0]);
	if (!r.file)
		return -EBADF;
	if (S_ISREG(r.file->inode->mode) && (r.file->mode & FMODE_WRITE))
		err = do_truncate(&r.file->path, a[1], r.file);
	fdput(r);
	return err;
}

#define FALLOC_FL_KEEP_SIZE     0x01
#define FALLOC_FL_PUNCH_HOLE    0x02

static int fallocate_check(struct file *f, int mode, loff_t off, loff_t len)
{
	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (f->inode->chattr & (mode & ~FALLOC_FL_KEEP_SIZE ? FS_IMMUTABLE_FL | FS_APPEND_FL :
							      FS_IMMUTABLE_FL))
		return -EPERM;
	if (inode_is_swap(f->inode))
		return -ETXTBSY;
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode))
		return -ENODEV;
	if ((u64)off + (u64)len > f->inode->sb->max_bytes)
		return -EFBIG;
	if (!f->f_op->fallocate)
		return -EOPNOTSUPP;
	if (!(mode & FALLOC_FL_PUNCH_HOLE) && size_exceeds(f->inode, (u64)off + (u64)len))
		return -EFBIG;
	return 0;
}

long sys_fallocate(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	long err;

	if (!r.file)
		return -EBADF;
	err = fallocate_check(r.file, (int)a[1], (loff_t)a[2], (loff_t)a[3]);
	if (!err)
		err = r.file->f_op->fallocate(r.file, (int)a[1], (loff_t)a[2], (loff_t)a[3]);
	if (!err)
		notify_file(r.file, IN_MODIFY);
	fdput(r);
	return err;
}

int file_punch_hole(struct file *f, loff_t off, loff_t len)
{
	return (int)f->f_op->fallocate(f, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, len);
}

/* ----------------------------------------------------------- access, umask */

/* The real ids instead of the effective ones, for the time of one check. */
static struct cred *access_as_real(struct cred *old)
{
	struct cred *c = cred_prepare();

	if (!c)
		return NULL;
	c->fsuid = old->uid;
	c->fsgid = old->gid;
	c->cap_effective = old->uid ? 0 : old->cap_permitted;
	return c;
}

static long faccessat(const unsigned long *a, unsigned int flags)
{
	struct cred *old = current->cred, *as = NULL;
	struct path path;
	int mode = (int)a[2], err;

	if (mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC))
		return -EINVAL;
	if (flags & ~(unsigned int)(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_EACCESS) && (old->uid != old->fsuid || old->gid != old->fsgid)) {
		as = access_as_real(old);
		if (!as)
			return -ENOMEM;
		current->cred = as;
	}
	err = at_path(a, flags, &path);
	if (!err) {
		struct inode *inode = path.dentry->inode;

		if ((mode & MAY_EXEC) && S_ISREG(inode->mode) &&
		    ((path.mnt->flags | inode->sb->flags) & MS_NOEXEC))
			err = -EACCES;
		else if (mode)
			err = inode_permission(inode, mode);
		if (!err && (mode & MAY_WRITE) && !S_ISCHR(inode->mode) && !S_ISBLK(inode->mode) &&
		    !S_ISFIFO(inode->mode) && !S_ISSOCK(inode->mode))
			err = mount_want_write(path.mnt);
		path_put(&path);
	}
	if (as) {
		current->cred = old;
		cred_put(as);
	}
	return err;
}

long sys_faccessat(const unsigned long *a)
{
	return faccessat(a, 0);
}

long sys_faccessat2(const unsigned long *a)
{
	return faccessat(a, (unsigned int)a[3]);
}

long sys_umask(const unsigned long *a)
{
	struct fs_struct *fs = current->fs;
	u32 old;

	spin_lock(&fs->lock);
	old = fs->umask;
	fs->umask = (u32)a[0] & 0777;
	spin_unlock(&fs->lock);
	return old;
}
