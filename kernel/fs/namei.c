// SPDX-License-Identifier: MIT
/*
 * Names from programs, and what most callers want of a path walk: its end.
 */
#include <kernel/fs/namei.h>

#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/fs/walk.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

char *getname_flags(vaddr_t name, unsigned int flags)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	ssize_t len;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(buf, name, PATH_MAX);
	if (len == 0 && !(flags & LOOKUP_EMPTY))
		len = -ENOENT;
	if (len < 0) {
		kfree(buf);
		return ERR_PTR(len);
	}
	return buf;
}

char *getname(vaddr_t name)
{
	return getname_flags(name, 0);
}

void putname(char *name)
{
	kfree(name);
}

int path_lookup(int dirfd, const char *name, unsigned int flags, struct path *path)
{
	struct walk w;
	int err;

	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	err = walk_start(&w, dirfd, name, flags);
	if (!err)
		err = walk_all(&w, name);
	if (!err) {
		*path = w.path;
		w.path.mnt = NULL;
	}
	walk_end(&w);
	return err;
}

int user_path(int dirfd, vaddr_t name, unsigned int flags, struct path *path)
{
	char *kname = getname_flags(name, flags);
	int err;

	if (IS_ERR(kname))
		return (int)PTR_ERR(kname);
	err = path_lookup(dirfd, kname, flags, path);
	putname(kname);
	return err;
}

int walk_for_change(struct walk *w, int dirfd, const char *name)
{
	int err;

	if (!*name)
		return -ENOENT;
	err = walk_start(w, dirfd, name, 0);
	if (!err)
		err = walk_parent(w, name);
	if (!err && !S_ISDIR(w->path.dentry->inode->mode))
		err = -ENOTDIR;
	if (err)
		walk_end(w);
	return err;
}

int may_create(struct inode *dir, const struct dentry *child)
{
	if (child->inode)
		return -EEXIST;
	if (test_bit(I_DEAD, &dir->state))
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

int may_delete(struct inode *dir, const struct dentry *victim, bool want_dir)
{
	struct inode *inode = victim->inode;
	int err;

	if (!inode)
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (inode_sticky(dir, inode) || (dir->chattr & FS_APPEND_FL) || inode_is_fixed(inode))
		return -EPERM;
	if (want_dir) {
		if (!S_ISDIR(inode->mode))
			return -ENOTDIR;
		if (victim->parent == victim)
			return -EBUSY;
	} else if (S_ISDIR(inode->mode)) {
		return -EISDIR;
	}
	return test_bit(I_DEAD, &dir->state) ? -ENOENT : 0;
}
