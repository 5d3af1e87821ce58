// SPDX-License-Identifier: MIT
/*
 * Names made and removed: mkdir, mknod, symlink, link, unlink, rmdir.
 *
 * All follow one pattern: walk to the parent, lock it, look the name up, ask
 * whether the task may, have the file system do it.  Locks are taken parent
 * before child, and the victim's own after its directory's.
 */
#include <kernel/fs/inode.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/fs/walk.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/uaccess.h>

/* ------------------------------------------------------------------- make */

/* A name about to be made: its directory is locked for writing. */
struct making {
	struct walk w;
	struct dentry *dentry;  /* negative */
	struct inode *dir;
	char *name;
};

/* The kernel's @name; @want_dir: slashes may follow it.  0: making_stop() when done. */
static int making_find(struct making *mk, int dirfd, const char *name, bool want_dir)
{
	struct walk *w = &mk->w;
	int err = walk_for_change(w, dirfd, name);

	if (err)
		return err;
	err = -EEXIST;
	if (w->type != LAST_NORM)
		goto out_walk;
	mk->dir = w->path.dentry->inode;
	err = inode_permission(mk->dir, MAY_EXEC);
	if (err)
		goto out_walk;
	down_write(&mk->dir->lock);
	mk->dentry = lookup_child_locked(w->path.dentry, w->name, w->len);
	if (IS_ERR(mk->dentry)) {
		err = (int)PTR_ERR(mk->dentry);
		goto out_unlock;
	}
	err = 0;
	if (mk->dentry->inode)
		err = -EEXIST;
	else if (w->slash && !want_dir)
		err = -ENOENT;
	else
		err = mount_want_write(w->path.mnt);
	if (!err)
		err = may_create(mk->dir, mk->dentry);
	if (!err)
		return 0;
	dentry_put(mk->dentry);
out_unlock:
	up_write(&mk->dir->lock);
out_walk:
	walk_end(w);
	return err;
}

/* @err: 0 if the name was made. */
static void making_stop(struct making *mk, int err)
{
	if (!err)
		notify_name(mk->dir, IN_CREATE, mk->dentry, mk->dentry->inode);
	dentry_put(mk->dentry);
	up_write(&mk->dir->lock);
	walk_end(&mk->w);
}

/* The same with a program's name.  0: making_end() when done. */
static int making_start(struct making *mk, int dirfd, vaddr_t uname, bool want_dir)
{
	int err;

	mk->name = getname(uname);
	if (IS_ERR(mk->name))
		return (int)PTR_ERR(mk->name);
	err = making_find(mk, dirfd, mk->name, want_dir);
	if (err)
		putname(mk->name);
	return err;
}

static void making_end(struct making *mk, int err)
{
	making_stop(mk, err);
	putname(mk->name);
}

long sys_mkdirat(const unsigned long *a)
{
	struct making mk;
	int err = making_start(&mk, (int)a[0], a[1], true);
	u32 mode = ((u32)a[2] & (0777 | S_ISVTX)) & ~current->fs->umask;

	if (err)
		return err;
	err = -EPERM;
	if (mk.dir->i_op->mkdir)
		err = mk.dir->i_op->mkdir(mk.dir, mk.dentry, S_IFDIR | mode);
	making_end(&mk, err);
	return err;
}

static int mknod_check(u32 mode)
{
	switch (mode & S_IFMT) {
	case S_IFCHR:
	case S_IFBLK:
		return capable(CAP_MKNOD) ? 0 : -EPERM;
	case 0:
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

long sys_mknodat(const unsigned long *a)
{
	u32 mode = (u32)a[2];
	struct making mk;
	int err = mknod_check(mode);

	if (!err)
		err = making_start(&mk, (int)a[0], a[1], false);
	if (err)
		return err;
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	mode = (mode & S_IFMT) | (mode & 07777 & ~current->fs->umask);
	err = -EPERM;
	if (S_ISREG(mode)) {
		if (mk.dir->i_op->create)
			err = mk.dir->i_op->create(mk.dir, mk.dentry, mode);
	} else if (mk.dir->i_op->mknod) {
		u64 rdev = (S_ISCHR(mode) || S_ISBLK(mode)) ? (u32)a[3] : 0;

		err = mk.dir->i_op->mknod(mk.dir, mk.dentry, mode, rdev);
	}
	making_end(&mk, err);
	return err;
}

int vfs_mknod(const char *name, u32 mode, struct path *path)
{
	struct making mk;
	int err = making_find(&mk, AT_FDCWD, name, false);

	if (err)
		return err;
	err = -EPERM;
	if (mk.dir->i_op->mknod)
		err = mk.dir->i_op->mknod(mk.dir, mk.dentry, mode, 0);
	if (!err) {
		*path = (struct path){ mk.w.path.mnt, mk.dentry };
		path_get(path);
	}
	making_stop(&mk, err);
	return err;
}

long sys_symlinkat(const unsigned long *a)
{
	struct making mk;
	char *target = getname(a[0]);
	int err;

	if (IS_ERR(target))
		return PTR_ERR(target);
	err = making_start(&mk, (int)a[1], a[2], false);
	if (!err) {
		err = -EPERM;
		if (mk.dir->i_op->symlink)
			err = mk.dir->i_op->symlink(mk.dir, mk.dentry, target);
		making_end(&mk, err);
	}
	putname(target);
	return err;
}

/* The directory is locked; lock the object and give it the name. */
static int link_locked(struct making *mk, const struct path *old)
{
	struct inode *inode = old->dentry->inode;
	int err;

	if (old->mnt->sb != mk->w.path.mnt->sb || old->mnt != mk->w.path.mnt)
		return -EXDEV;
	if (S_ISDIR(inode->mode) || !mk->dir->i_op->link || inode_is_fixed(inode))
		return -EPERM;
	down_write(&inode->lock);
	if (!inode->nlink && strcmp(old->dentry->name, "#tmpfile"))
		err = -ENOENT;
	else
		err = mk->dir->i_op->link(inode, mk->dir, mk->dentry);
	up_write(&inode->lock);
	if (!err)
		notify_inode(inode, IN_ATTRIB);
	return err;
}

long sys_linkat(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[4], lookup = 0;
	struct making mk;
	struct path old;
	int err;

	if (flags & ~(unsigned int)(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!capable(CAP_DAC_READ_SEARCH))
			return -ENOENT;
		lookup |= LOOKUP_EMPTY;
	}
	if (flags & AT_SYMLINK_FOLLOW)
		lookup |= LOOKUP_FOLLOW;
	err = user_path((int)a[0], a[1], lookup, &old);
	if (err)
		return err;
	err = making_start(&mk, (int)a[2], a[3], false);
	if (!err) {
		err = link_locked(&mk, &old);
		making_end(&mk, err);
	}
	path_put(&old);
	return err;
}

/* ----------------------------------------------------------------- remove */

/* A directory about to go: lock it so that nothing is made in it meanwhile. */
static int rmdir_locked(struct inode *dir, struct dentry *d)
{
	struct inode *inode = d->inode;
	int err = may_delete(dir, d, true);

	if (err)
		return err;
	if (!dir->i_op->rmdir)
		return -EPERM;
	if (d->flags & D_MOUNTPOINT)
		return -EBUSY;
	inode_get(inode);
	down_write_nested(&inode->lock);
	err = dir->i_op->rmdir(dir, d);
	if (!err)
		set_bit(I_DEAD, &inode->state);
	up_write(&inode->lock);
	if (!err) {
		d_delete(d);
		notify_name(dir, IN_DELETE, d, inode);
	}
	inode_put(inode);
	return err;
}

static int unlink_locked(struct inode *dir, struct dentry *d, bool slash)
{
	struct inode *inode = d->inode;
	int err;

	if (slash && inode)
		return S_ISDIR(inode->mode) ? -EISDIR : -ENOTDIR;
	err = may_delete(dir, d, false);
	if (err)
		return err;
	if (!dir->i_op->unlink)
		return -EPERM;
	if (d->flags & D_MOUNTPOINT)
		return -EBUSY;
	inode_get(inode);
	down_write(&inode->lock);
	err = inode_is_swap(inode) ? -EPERM : dir->i_op->unlink(dir, d);
	up_write(&inode->lock);
	if (!err) {
		notify_inode(inode, IN_ATTRIB);
		d_delete(d);
		notify_name(dir, IN_DELETE, d, inode);
	}
	inode_put(inode);       /* never the last: remove() holds one until all locks are gone */
	return err;
}

/* A name that is no name: what rmdir and unlink say to "." and its kin. */
static int no_name(const struct walk *w, bool want_dir)
{
	if (!want_dir)
		return -EISDIR;
	switch (w->type) {
	case LAST_DOT:
		return -EINVAL;
	case LAST_DOTDOT:
		return -ENOTEMPTY;
	default:
		return -EBUSY;
	}
}

static int remove(int dirfd, const char *name, bool want_dir)
{
	struct inode *dir, *keep = NULL;
	struct dentry *d;
	struct walk w;
	int err = walk_for_change(&w, dirfd, name);

	if (err)
		return err;
	if (w.type != LAST_NORM) {
		err = no_name(&w, want_dir);
		goto out;
	}
	dir = w.path.dentry->inode;
	err = mount_want_write(w.path.mnt);
	if (!err)
		err = inode_permission(dir, MAY_EXEC);
	if (err)
		goto out;
	down_write(&dir->lock);
	d = lookup_child_locked(w.path.dentry, w.name, w.len);
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
	} else {
		keep = d->inode;
		if (keep)
			inode_get(keep);
		err = want_dir ? rmdir_locked(dir, d) : unlink_locked(dir, d, w.slash);
		dentry_put(d);
	}
	up_write(&dir->lock);
out:
	walk_end(&w);
	inode_put(keep);        /* perhaps the last: a long truncation, with no lock held */
	return err;
}

int vfs_unlink(const char *name)
{
	return remove(AT_FDCWD, name, false);
}

long sys_unlinkat(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[2];
	char *name;
	int err;

	if (flags & ~(unsigned int)AT_REMOVEDIR)
		return -EINVAL;
	name = getname(a[1]);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = remove((int)a[0], name, flags & AT_REMOVEDIR);
	putname(name);
	return err;
}
