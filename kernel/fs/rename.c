// SPDX-License-Identifier: MIT
/*
 * renameat2(2).
 *
 * Two directories are locked, ancestor first; to know which is the ancestor
 * no directory may move meanwhile, hence rename_lock when they differ.  Then
 * the two objects: their names, and whether the target goes, is what changes.
 */
#include <kernel/fs/inode.h>

#include <kernel/fs/file.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/fs/walk.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>

#define RENAME_NOREPLACE        1
#define RENAME_EXCHANGE         2

static DEFINE_MUTEX(rename_lock, RANK_RENAME);

enum parents {
	PARENTS_APART,
	PARENTS_OLD_ABOVE,      /* the old one is an ancestor of the new one */
	PARENTS_NEW_ABOVE,
};

static enum parents lock_parents(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		down_write(&a->inode->lock);
		return PARENTS_APART;
	}
	mutex_lock(&rename_lock);
	if (d_is_ancestor(b, a)) {
		down_write(&b->inode->lock);
		down_write_nested(&a->inode->lock);
		return PARENTS_NEW_ABOVE;
	}
	if (d_is_ancestor(a, b)) {
		down_write(&a->inode->lock);
		down_write_nested(&b->inode->lock);
		return PARENTS_OLD_ABOVE;
	}
	if (a->inode > b->inode)
		swap_values(a, b);
	down_write(&a->inode->lock);
	down_write_nested(&b->inode->lock);
	return PARENTS_APART;
}

static void unlock_parents(struct dentry *a, struct dentry *b)
{
	up_write(&a->inode->lock);
	if (a != b) {
		up_write(&b->inode->lock);
		mutex_unlock(&rename_lock);
	}
}

/* The objects' own locks: files in order of address, after a directory that is replaced. */
static void lock_objects(struct inode *a, struct inode *b)
{
	if (b && S_ISDIR(b->mode)) {
		down_write_nested(&b->lock);
		b = NULL;
	}
	if (S_ISDIR(a->mode))
		a = NULL;
	if (a == b)
		b = NULL;
	if (a && b && a > b)
		swap_values(a, b);
	if (a)
		down_write(&a->lock);
	if (b) {
		if (a)
			down_write_nested(&b->lock);
		else
			down_write(&b->lock);
	}
}

static void unlock_objects(struct inode *a, struct inode *b)
{
	if (b)
		up_write(&b->lock);
	if (!S_ISDIR(a->mode) && a != b)
		up_write(&a->lock);
}

/* Permission, kinds and mounts; the parents are locked. */
static int rename_check(struct dentry *old, struct inode *old_dir, struct dentry *new,
			struct inode *new_dir, unsigned int flags)
{
	bool is_dir = S_ISDIR(old->inode->mode);
	int err = may_delete(old_dir, old, is_dir);

	if (err)
		return err;
	if (!new->inode)
		err = may_create(new_dir, new);
	else if (flags & RENAME_EXCHANGE)
		err = may_delete(new_dir, new, S_ISDIR(new->inode->mode));
	else
		err = may_delete(new_dir, new, is_dir);
	if (err)
		return err;
	if (!old_dir->i_op->rename)
		return -EPERM;
	if (old_dir != new_dir) {       /* ".." of a directory that moves is written */
		if (is_dir)
			err = inode_permission(old->inode, MAY_WRITE);
		if (!err && (flags & RENAME_EXCHANGE) && S_ISDIR(new->inode->mode))
			err = inode_permission(new->inode, MAY_WRITE);
		if (err)
			return err;
	}
	if ((old->flags | new->flags) & D_MOUNTPOINT)
		return -EBUSY;
	return 0;
}

static int rename_locked(struct dentry *old, struct inode *old_dir, struct dentry *new,
			 struct inode *new_dir, unsigned int flags)
{
	struct inode *target = new->inode;
	int err;

	if (old->inode == target)
		return 0;               /* two names of one file: nothing to do, says POSIX */
	err = rename_check(old, old_dir, new, new_dir, flags);
	if (err)
		return err;
	lock_objects(old->inode, target);
	if (inode_is_swap(old->inode) || (target && inode_is_swap(target)))
		err = -EPERM;
	else
		err = old_dir->i_op->rename(old_dir, old, new_dir, new, flags & RENAME_EXCHANGE);
	if (!err && target && !(flags & RENAME_EXCHANGE) && S_ISDIR(target->mode))
		set_bit(I_DEAD, &target->state);
	unlock_objects(old->inode, target);
	if (err)
		return err;
	if (flags & RENAME_EXCHANGE) {
		d_exchange(old, new);
		notify_rename(old_dir, new_dir, new, old);
		notify_inode(old->inode, IN_MOVE_SELF);
		notify_rename(new_dir, old_dir, old, new);
		notify_inode(new->inode, IN_MOVE_SELF);
		return 0;
	}
	d_move(old, new);
	notify_rename(old_dir, new_dir, new, old);
	if (target)
		notify_inode(target, IN_ATTRIB);
	notify_inode(old->inode, IN_MOVE_SELF);
	return 0;
}

/* Both names looked up under the parents' locks. */
static int rename_names(struct walk *from, struct walk *to, unsigned int flags, enum parents which,
			struct dentry **old_out, struct dentry **new_out)
{
	struct dentry *old, *new;

	old = lookup_child_locked(from->path.dentry, from->name, from->len);
	if (IS_ERR(old))
		return (int)PTR_ERR(old);
	*old_out = old;
	if (!old->inode)
		return -ENOENT;
	new = lookup_child_locked(to->path.dentry, to->name, to->len);
	if (IS_ERR(new))
		return (int)PTR_ERR(new);
	*new_out = new;
	if ((flags & RENAME_NOREPLACE) && new->inode)
		return -EEXIST;
	if ((flags & RENAME_EXCHANGE) && !new->inode)
		return -ENOENT;
	if (!S_ISDIR(old->inode->mode)) {
		if (from->slash)
			return -ENOTDIR;
		if (to->slash && !(flags & RENAME_EXCHANGE))
			return -ENOTDIR;
	}
	if ((flags & RENAME_EXCHANGE) && to->slash && !S_ISDIR(new->inode->mode))
		return -ENOTDIR;
	/* A directory into itself; and one over its own ancestor. */
	if (which == PARENTS_OLD_ABOVE && d_is_ancestor(old, to->path.dentry))
		return -EINVAL;
	if (which == PARENTS_NEW_ABOVE && d_is_ancestor(new, from->path.dentry))
		return (flags & RENAME_EXCHANGE) ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_walked(struct walk *from, struct walk *to, unsigned int flags)
{
	struct dentry *old = NULL, *new = NULL;
	struct inode *keep = NULL;
	enum parents which;
	int err;

	if (from->path.mnt != to->path.mnt)
		return -EXDEV;
	if (from->type != LAST_NORM)
		return -EBUSY;
	if (to->type != LAST_NORM)
		return (flags & RENAME_NOREPLACE) ? -EEXIST : -EBUSY;
	err = mount_want_write(from->path.mnt);
	if (!err)
		err = inode_permission(from->path.dentry->inode, MAY_EXEC);
	if (!err)
		err = inode_permission(to->path.dentry->inode, MAY_EXEC);
	if (err)
		return err;
	which = lock_parents(from->path.dentry, to->path.dentry);
	err = rename_names(from, to, flags, which, &old, &new);
	if (!err) {
		keep = new->inode;
		if (keep)
			inode_get(keep);
		err = rename_locked(old, from->path.dentry->inode, new, to->path.dentry->inode,
				    flags);
	}
	dentry_put(new);
	dentry_put(old);
	unlock_parents(from->path.dentry, to->path.dentry);
	inode_put(keep);        /* perhaps the last of what was replaced: with no lock held */
	return err;
}

long sys_renameat2(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[4];
	struct walk from, to;
	char *old, *new;
	int err;

	if (flags & ~(unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if ((flags & RENAME_NOREPLACE) && (flags & RENAME_EXCHANGE))
		return -EINVAL;
	old = getname(a[1]);
	if (IS_ERR(old))
		return PTR_ERR(old);
	new = getname(a[3]);
	err = PTR_ERR_OR_ZERO(new);
	if (err)
		goto out_old;
	err = walk_for_change(&from, (int)a[0], old);
	if (err)
		goto out_new;
	err = walk_for_change(&to, (int)a[2], new);
	if (!err) {
		err = rename_walked(&from, &to, flags);
		walk_end(&to);
	}
	walk_end(&from);
out_new:
	putname(new);
out_old:
	putname(old);
	return err;
}
