// SPDX-License-Identifier: MIT
/*
 * The tree of mounts: which directory shows which file system.
 *
 *	mount "/" (root of ext2)             parent: itself
 *	  mount on /proc (root of proc)      parent: the above, mountpoint: dentry "proc" of ext2
 *
 * There is one tree for all tasks.  A mount is referenced by its place in the
 * tree, by each child, and by every path that leads through it; it is busy
 * when there are more than the first.
 *
 * Always true: the dentry under an attached mount has D_MOUNTPOINT (it may
 *              still have it when nothing is mounted there in this place).
 * Locks: tree_lock for whoever changes the tree; mount_lock, a spinlock, for
 *        the links themselves, so that a path walk can cross a mount.
 */
#include <kernel/fs/super.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/mounts.h>
#include <kernel/fs/namei.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

#define MNT_FORCE       1
#define MNT_DETACH      2
#define MNT_EXPIRE      4
#define UMOUNT_NOFOLLOW 8

/* Of one place, not of the file system. */
#define PER_MOUNT (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | \
		   MS_RELATIME | MS_STRICTATIME)

struct spinlock mount_lock = SPINLOCK_INIT(RANK_FILES);
struct list_head mounts = LIST_HEAD_INIT(mounts);
static DEFINE_MUTEX(tree_lock, RANK_MOUNT);
static unsigned int next_id = 1;        /* [l] */
atomic_t mounts_changes;
DEFINE_WAIT_QUEUE(mounts_wait);

/* --------------------------------------------------------------- one mount */

struct mount *mount_new(struct super_block *sb, struct dentry *root, const char *device,
			unsigned long flags)
{
	struct mount *m = kmalloc(sizeof(*m), GFP_KERNEL | GFP_ZERO);

	if (!m)
		return NULL;
	m->device_name = kstrdup(device && *device ? device : "none", GFP_KERNEL);
	if (!m->device_name) {
		kfree(m);
		return NULL;
	}
	atomic_set(&m->refs, 1);
	m->flags = flags & PER_MOUNT;
	if (flags & MS_STRICTATIME)
		inodes_unsettle(sb);
	m->sb = sb;
	m->root = dentry_get(root);
	m->parent = m;
	INIT_LIST_HEAD(&m->node);
	spin_lock(&mount_lock);
	m->id = next_id++;
	spin_unlock(&mount_lock);
	return m;
}

void mount_put(struct mount *m)
{
	if (atomic_add_unless(&m->refs, -1, 1))
		return;
	spin_lock(&mount_lock);
	if (!atomic_dec_and_test(&m->refs)) {
		spin_unlock(&mount_lock);
		return;
	}
	spin_unlock(&mount_lock);
	dentry_put(m->root);
	super_put(m->sb);
	kfree(m->device_name);
	kfree(m);
}

struct mount *mount_on(struct mount *mnt, struct dentry *dentry)
{
	struct mount *m, *found = NULL;

	spin_lock(&mount_lock);
	list_for_each_entry(m, &mounts, node) {
		if (m->parent == mnt && m->mountpoint == dentry && m != mnt) {
			found = mount_get(m);
			break;
		}
	}
	spin_unlock(&mount_lock);
	return found;
}

bool mount_point(struct mount *mnt, struct path *path)
{
	bool is_child;

	spin_lock(&mount_lock);
	is_child = mnt->parent != mnt;
	if (is_child) {
		path->mnt = mount_get(mnt->parent);
		path->dentry = dentry_get(mnt->mountpoint);
	}
	spin_unlock(&mount_lock);
	return is_child;
}

void path_get(const struct path *p)
{
	mount_get(p->mnt);
	dentry_get(p->dentry);
}

void path_put(struct path *p)
{
	dentry_put(p->dentry);
	mount_put(p->mnt);
}

/* ---------------------------------------------------------------- the tree */

static void mounts_changed(void)
{
	atomic_inc(&mounts_changes);
	wake_up_all(&mounts_wait);
}

/* Put @m on @at, which passes its references. */
static void attach(struct mount *m, const struct path *at)
{
	spin_lock(&mount_lock);
	m->parent = at->mnt;
	m->mountpoint = at->dentry;
	m->attached = true;
	list_add_tail(&m->node, &mounts);
	spin_unlock(&mount_lock);
	spin_lock(&dcache_lock);
	at->dentry->flags |= D_MOUNTPOINT;
	spin_unlock(&dcache_lock);
	mounts_changed();
}

/* mount_lock held. */
static bool has_child(const struct mount *m)
{
	struct mount *c;

	list_for_each_entry(c, &mounts, node)
		if (c->parent == m && c != m)
			return true;
	return false;
}

/* Take @m out; its place is what the caller has to put. */
static void detach(struct mount *m, struct path *place)
{
	struct mount *other;
	bool covered = false;

	assert_held(&mount_lock);
	list_del_init(&m->node);
	*place = (struct path){ m->parent, m->mountpoint };
	m->parent = m;
	m->mountpoint = NULL;
	m->attached = false;
	list_for_each_entry(other, &mounts, node)
		covered |= other->mountpoint == place->dentry;
	if (!covered) {
		spin_lock(&dcache_lock);
		place->dentry->flags &= ~D_MOUNTPOINT;
		spin_unlock(&dcache_lock);
	}
}

/* The topmost mount at @path: what a new one goes on. */
static void follow_up_mounts(struct path *path)
{
	struct mount *m;

	while ((m = mount_on(path->mnt, path->dentry)) != NULL) {
		dentry_get(m->root);
		path_put(path);
		*path = (struct path){ m, m->root };
	}
}

/* What speaks against @m on top of @at?  tree_lock held. */
static int graft_check(const struct mount *m, const struct path *at, bool again)
{
	if (d_deleted(at->dentry))
		return -ENOENT;
	if (S_ISDIR(m->root->inode->mode) != S_ISDIR(at->dentry->inode->mode))
		return -ENOTDIR;
	if (!again && at->mnt->sb == m->sb && at->dentry == at->mnt->root && m->root == at->dentry)
		return -EBUSY;          /* it is what lies there already */
	return 0;
}

/* @again: a bind mount may show on a place what is there. */
static int graft(struct mount *m, struct path *at, bool again)
{
	int err;

	mutex_lock(&tree_lock);
	follow_up_mounts(at);
	err = graft_check(m, at, again);
	if (!err) {
		path_get(at);
		attach(m, at);
	}
	mutex_unlock(&tree_lock);
	return err;
}

/* --------------------------------------------------------------- mount(2) */

static int find_device(const char *source, struct block_device **bdev)
{
	struct path path;
	struct inode *inode;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	inode = path.dentry->inode;
	if (!S_ISBLK(inode->mode)) {
		err = -ENOTBLK;
	} else if (path.mnt->flags & MS_NODEV) {
		err = -EACCES;
	} else {
		*bdev = block_device_by_dev(inode->rdev);
		err = *bdev ? 0 : -ENXIO;
	}
	path_put(&path);
	return err;
}

static int mount_fs(const char *source, struct path *at, const char *fstype, unsigned long flags,
		    const char *options)
{
	struct file_system_type *type = fstype ? filesystem_find(fstype) : NULL;
	struct block_device *bdev = NULL;
	struct super_block *sb;
	struct mount *m;
	int err;

	if (!type)
		return fstype ? -ENODEV : -EINVAL;
	if (type->needs_device) {
		err = find_device(source, &bdev);
		if (err)
			return err;
		if (bdev->read_only && !(flags & MS_RDONLY))
			return -EACCES;
	}
	sb = super_create(type, bdev, flags, options);
	if (IS_ERR(sb))
		return (int)PTR_ERR(sb);
	m = mount_new(sb, sb->root, source, flags);
	if (!m) {
		super_put(sb);
		return -ENOMEM;
	}
	err = graft(m, at, false);
	if (err)
		mount_put(m);
	return err;
}

static int mount_bind(const char *source, struct path *at)
{
	struct path from;
	struct mount *m;
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	atomic_inc(&from.mnt->sb->active);
	m = mount_new(from.mnt->sb, from.dentry, from.mnt->device_name, from.mnt->flags);
	if (m) {
		err = graft(m, at, true);
		if (err)
			mount_put(m);
	} else {
		super_put(from.mnt->sb);
		err = -ENOMEM;
	}
	path_put(&from);
	return err;
}

static int remount(struct path *at, unsigned long flags, const char *options)
{
	struct super_block *sb = at->mnt->sb;
	bool to_ro = (flags & MS_RDONLY) && !(sb->flags & MS_RDONLY);
	int err = 0;

	if (at->dentry != at->mnt->root)
		return -EINVAL;
	mutex_lock(&tree_lock);
	if (!(flags & MS_BIND)) {
		if (!(flags & MS_RDONLY) && sb->bdev && sb->bdev->read_only)
			err = -EACCES;
		else if (to_ro && atomic_read(&sb->writers))
			err = -EBUSY;
		else if (to_ro)
			err = sync_super(sb, true);
		if (!err && sb->s_op && sb->s_op->remount)
			err = sb->s_op->remount(sb, flags, options);
		if (!err)
			sb->flags = (sb->flags & ~(unsigned long)MS_RDONLY) | (flags & MS_RDONLY);
	}
	if (!err)
		at->mnt->flags = flags & PER_MOUNT;
	if (!err && (flags & MS_STRICTATIME))
		inodes_unsettle(sb);
	mutex_unlock(&tree_lock);
	if (!err)
		mounts_changed();
	return err;
}

/* Is @m @top or below it?  mount_lock held. */
static bool mount_below(const struct mount *m, const struct mount *top)
{
	for (; m != top; m = m->parent)
		if (m->parent == m)
			return false;
	return true;
}

static int mount_move(const char *source, struct path *at)
{
	struct path from, old = { NULL, NULL };
	int err;

	if (!source || !*source)
		return -EINVAL;
	err = path_lookup(AT_FDCWD, source, LOOKUP_FOLLOW, &from);
	if (err)
		return err;
	mutex_lock(&tree_lock);
	follow_up_mounts(at);
	spin_lock(&mount_lock);
	if (from.dentry != from.mnt->root || from.mnt->parent == from.mnt || !from.mnt->attached ||
	    S_ISDIR(from.dentry->inode->mode) != S_ISDIR(at->dentry->inode->mode))
		err = -EINVAL;
	else if (mount_below(at->mnt, from.mnt))
		err = -ELOOP;
	else
		detach(from.mnt, &old);
	spin_unlock(&mount_lock);
	if (!err) {
		path_get(at);
		attach(from.mnt, at);
		path_put(&old);
	}
	mutex_unlock(&tree_lock);
	path_put(&from);
	return err;
}

int do_mount(const char *source, const char *target, const char *fstype, unsigned long flags,
	     const char *options)
{
	struct path at;
	int err = path_lookup(AT_FDCWD, target, LOOKUP_FOLLOW, &at);

	if (err)
		return err;
	if (!(flags & (MS_NOATIME | MS_STRICTATIME)))
		flags |= MS_RELATIME;
	if (flags & MS_REMOUNT)
		err = remount(&at, flags, options);
	else if (flags & MS_BIND)
		err = mount_bind(source, &at);
	else if (flags & (MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED))
		/* one tree: there is nobody to tell */
		err = at.dentry == at.mnt->root ? 0 : -EINVAL;
	else if (flags & MS_MOVE)
		err = mount_move(source, &at);
	else
		err = mount_fs(source, &at, fstype, flags, options);
	path_put(&at);
	return err;
}

/* -------------------------------------------------------------- umount2(2) */

/* Take @m, and with @all what is on it, out of the tree.  tree_lock held. */
static void detach_all(struct mount *m)
{
	struct mount *c, *victim;
	struct path place;

	do {
		victim = m;
		spin_lock(&mount_lock);
		list_for_each_entry(c, &mounts, node)
			if (c != m && mount_below(c, m) && !has_child(c))
				victim = c;
		detach(victim, &place);
		spin_unlock(&mount_lock);
		path_put(&place);
		if (victim != m)
			mount_put(victim);
	} while (victim != m);
	mount_put(m);
}

int do_umount(const char *target, int flags)
{
	unsigned int lookup = (flags & UMOUNT_NOFOLLOW) ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = path_lookup(AT_FDCWD, target, lookup, &path);
	if (err)
		return err;
	mutex_lock(&tree_lock);
	spin_lock(&mount_lock);
	if (path.dentry != path.mnt->root || !path.mnt->attached)
		err = -EINVAL;
	else if (path.mnt->parent == path.mnt)
		err = -EBUSY;                           /* the root of all */
	else if (!(flags & MNT_DETACH) && (has_child(path.mnt) || atomic_read(&path.mnt->refs) > 2))
		err = -EBUSY;                           /* more than the tree and this look-up */
	spin_unlock(&mount_lock);
	if (!err) {
		detach_all(path.mnt);
		mounts_changed();
	}
	mutex_unlock(&tree_lock);
	path_put(&path);
	return err;
}
