// SPDX-License-Identifier: MIT
/*
 * tmpfs: a file system that lives in memory.
 *
 * Files are shmem address_spaces (mm/shmem.h).  Directories are the dentry
 * cache itself: an entry's dentry is pinned by one reference as long as it is
 * linked, and each directory has a list of its entries in order of making, by
 * which it is read.  A position in a directory is the number of an entry, so
 * reading goes on rightly whatever was removed meanwhile.
 *
 * Always true: a linked dentry's private_ is its entry, on its directory's
 *              list, ascending by number.
 * Lock: the directory's lock for its list.
 */
#include <kernel/fs/tmpfs.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/fs/tmpfs_internal.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

/* One name in a directory. */
struct tmpfs_entry {
	struct list_head node;
	struct dentry *dentry;  /* referenced */
	u64 number;             /* position: 2 and up */
};

/* Behind a directory's inode->private_. */
struct tmpfs_dir {
	struct list_head entries;
	u64 next;
};

static const struct inode_operations tmpfs_dir_iops, tmpfs_link_iops, tmpfs_special_iops;
static const struct file_operations tmpfs_dir_fops;

/* ------------------------------------------------------------------ inodes */

static struct tmpfs_dir *dir_of(const struct inode *dir)
{
	return dir->private_;
}

static bool dir_empty(const struct inode *dir)
{
	return list_empty(&dir_of(dir)->entries);
}

static int init_dir(struct inode *inode)
{
	struct tmpfs_dir *td = kmalloc(sizeof(*td), GFP_KERNEL);

	if (!td)
		return -ENOMEM;
	INIT_LIST_HEAD(&td->entries);
	td->next = 2;
	inode->private_ = td;
	inode->i_op = &tmpfs_dir_iops;
	inode->i_fop = &tmpfs_dir_fops;
	inode->nlink = 2;
	return 0;
}

static int init_link(struct inode *inode, const char *target)
{
	inode->private_ = kstrdup(target, GFP_KERNEL);
	if (!inode->private_)
		return -ENOMEM;
	inode->i_op = &tmpfs_link_iops;
	inode_set_size(inode, strlen(target));
	return 0;
}

struct inode *tmpfs_inode(struct super_block *sb, struct inode *dir, u32 mode, u64 rdev,
			  const char *target)
{
	struct tmpfs *fs = sb->private_;
	struct inode *inode;
	int err = 0;

	if (!tmpfs_charge(fs, TMPFS_ISPACE))
		return ERR_PTR(-ENOSPC);
	inode = inode_alloc(sb);
	if (!inode) {
		tmpfs_uncharge(fs, TMPFS_ISPACE);
		return ERR_PTR(-ENOMEM);
	}
	spin_lock(&fs->lock);
	inode->ino = fs->next_ino++;
	spin_unlock(&fs->lock);
	inode_init_owner(inode, dir, mode);
	inode->atime = inode->mtime = inode->ctime = inode->btime = current_time();
	switch (mode & S_IFMT) {
	case S_IFREG:
		tmpfs_init_file(inode);
		break;
	case S_IFDIR:
		err = init_dir(inode);
		break;
	case S_IFLNK:
		err = init_link(inode, target);
		break;
	default:
		if (sb->magic == TMPFS_MAGIC)   /* devpts' nodes keep no attributes */
			inode->i_op = &tmpfs_special_iops;
		init_special_inode(inode, inode->mode, rdev);
		break;
	}
	if (err) {
		inode_put(inode);
		return ERR_PTR(err);
	}
	return inode;
}

void tmpfs_evict(struct inode *inode)
{
	struct tmpfs *fs = inode->sb->private_;

	if (S_ISDIR(inode->mode) || S_ISLNK(inode->mode))
		kfree(inode->private_);
	if (fs)
		tmpfs_uncharge(fs, TMPFS_ISPACE);
}

/* ----------------------------------------------------------------- entries */

/* @dentry, positive, is linked into @dir. */
static void entry_link(struct inode *dir, struct dentry *dentry, struct tmpfs_entry *e)
{
	struct tmpfs_dir *td = dir_of(dir);

	e->dentry = dentry_get(dentry);
	e->number = td->next++;
	list_add_tail(&e->node, &td->entries);
	dentry->private_ = e;
	inode_set_times_now(dir, ATTR_MTIME | ATTR_CTIME);
}

static void entry_unlink(struct inode *dir, struct dentry *dentry)
{
	struct tmpfs_entry *e = dentry->private_;

	dentry->private_ = NULL;
	list_del(&e->node);
	kfree(e);
	inode_set_times_now(dir, ATTR_MTIME | ATTR_CTIME);
	dentry_put(dentry);
}

/* Bottom up, without recursion: the deepest first entry goes until the root has none. */
void tmpfs_unpin(struct super_block *sb)
{
	struct inode *dir = sb->root->inode;
	struct dentry *at = sb->root;

	for (;;) {
		struct tmpfs_entry *e = list_first_entry_or_null(&dir_of(dir)->entries,
								 struct tmpfs_entry, node);

		if (e && S_ISDIR(e->dentry->inode->mode) && !dir_empty(e->dentry->inode)) {
			at = e->dentry;
		} else if (e) {
			e->dentry->private_ = NULL;
			list_del(&e->node);
			dentry_put(e->dentry);
			kfree(e);
		} else if (at == sb->root) {
			return;
		} else {
			at = at->parent;
		}
		dir = at->inode;
	}
}

/* What is not in the cache does not exist. */
static int tmpfs_lookup(struct inode *dir, struct dentry *dentry)
{
	d_add(dentry, NULL);
	return 0;
}

int tmpfs_make(struct inode *dir, struct dentry *dentry, u32 mode, u64 rdev, const char *target)
{
	struct tmpfs_entry *e = kmalloc(sizeof(*e), GFP_KERNEL);
	struct inode *inode;

	if (!e)
		return -ENOMEM;
	inode = tmpfs_inode(dir->sb, dir, mode, rdev, target);
	if (IS_ERR(inode)) {
		kfree(e);
		return (int)PTR_ERR(inode);
	}
	if (S_ISDIR(mode))
		dir->nlink++;
	d_instantiate(dentry, inode);
	entry_link(dir, dentry, e);
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *dentry, u32 mode)
{
	return tmpfs_make(dir, dentry, mode, 0, NULL);
}

static int tmpfs_mknod(struct inode *dir, struct dentry *dentry, u32 mode, u64 rdev)
{
	return tmpfs_make(dir, dentry, mode, rdev, NULL);
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	return tmpfs_make(dir, dentry, S_IFLNK | 0777, 0, target);
}

static struct inode *tmpfs_tmpfile(struct inode *dir, u32 mode)
{
	struct inode *inode = tmpfs_inode(dir->sb, dir, mode, 0, NULL);

	if (!IS_ERR(inode))
		inode->nlink = 0;
	return inode;
}

/* Each further name counts as an inode, as on Linux: a dentry is pinned for it. */
static int tmpfs_link(struct inode *inode, struct inode *dir, struct dentry *dentry)
{
	struct tmpfs_entry *e;

	if (inode->nlink && !tmpfs_charge(dir->sb->private_, TMPFS_ISPACE))
		return -ENOSPC;
	e = kmalloc(sizeof(*e), GFP_KERNEL);
	if (!e) {
		if (inode->nlink)
			tmpfs_uncharge(dir->sb->private_, TMPFS_ISPACE);
		return -ENOMEM;
	}
	inode->nlink++;
	inode_set_times_now(inode, ATTR_CTIME);
	inode_get(inode);
	d_instantiate(dentry, inode);
	entry_link(dir, dentry, e);
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
	if (--dentry->inode->nlink)
		tmpfs_uncharge(dir->sb->private_, TMPFS_ISPACE);
	inode_set_times_now(dentry->inode, ATTR_CTIME);
	entry_unlink(dir, dentry);
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (!dir_empty(dentry->inode))
		return -ENOTEMPTY;
	dentry->inode->nlink = 0;
	dir->nlink--;
	entry_unlink(dir, dentry);
	return 0;
}

static int rename_exchange(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			   struct dentry *new)
{
	struct tmpfs_entry *a = old->private_, *b = new->private_;
	int moved = S_ISDIR(new->inode->mode) - S_ISDIR(old->inode->mode);

	if (old_dir != new_dir) {
		old_dir->nlink += (u32)moved;
		new_dir->nlink -= (u32)moved;
	}
	swap_values(a->dentry, b->dentry);
	old->private_ = b;
	new->private_ = a;
	inode_set_times_now(old_dir, ATTR_MTIME | ATTR_CTIME);
	inode_set_times_now(new_dir, ATTR_MTIME | ATTR_CTIME);
	inode_set_times_now(old->inode, ATTR_CTIME);
	inode_set_times_now(new->inode, ATTR_CTIME);
	return 0;
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
			struct dentry *new, unsigned int flags)
{
	struct tmpfs_entry *e = old->private_;
	bool is_dir = S_ISDIR(old->inode->mode);

	if (flags)
		return rename_exchange(old_dir, old, new_dir, new);
	if (new->inode) {
		int err = is_dir ? tmpfs_rmdir(new_dir, new) : tmpfs_unlink(new_dir, new);

		if (err)
			return err;
	}
	if (is_dir && old_dir != new_dir) {
		old_dir->nlink--;
		new_dir->nlink++;
	}
	list_del(&e->node);
	e->number = dir_of(new_dir)->next++;
	list_add_tail(&e->node, &dir_of(new_dir)->entries);
	inode_set_times_now(old_dir, ATTR_MTIME | ATTR_CTIME);
	inode_set_times_now(new_dir, ATTR_MTIME | ATTR_CTIME);
	inode_set_times_now(old->inode, ATTR_CTIME);
	return 0;
}

/* ------------------------------------------------------------- directories */

static bool emit_dots(struct file *f, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!ctx->emit(ctx, ".", 1, 1, f->inode->ino, 4))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		struct dentry *parent = d_parent_get(f->path.dentry);
		bool taken = ctx->emit(ctx, "..", 2, 2, parent->inode->ino, 4);

		dentry_put(parent);
		if (!taken)
			return false;
		ctx->pos = 2;
	}
	return true;
}

static int tmpfs_readdir(struct file *f, struct dir_context *ctx)
{
	struct tmpfs_entry *e;

	if (!emit_dots(f, ctx))
		return 0;
	list_for_each_entry(e, &dir_of(f->inode)->entries, node) {
		const struct dentry *d = e->dentry;

		if (e->number < (u64)ctx->pos)
			continue;
		if (!ctx->emit(ctx, d->name, d->name_len, (loff_t)e->number + 1, d->inode->ino,
			       (d->inode->mode & S_IFMT) >> 12))
			return 0;
		ctx->pos = (loff_t)e->number + 1;
	}
	return 0;
}

static loff_t tmpfs_dir_llseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence == SEEK_END)
		off += (loff_t)dir_of(f->inode)->next;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

static ssize_t dir_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return -EISDIR;
}

static ssize_t tmpfs_readlink(struct inode *inode, char *buf, size_t size)
{
	return (ssize_t)min(strlcpy(buf, inode->private_, size), size - 1);
}

/* --------------------------------------------------------------- operations */

static const struct inode_operations tmpfs_dir_iops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.mkdir = tmpfs_create,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
	.xattr = &tmpfs_xattr_ops,
};

static const struct inode_operations tmpfs_link_iops = {
	.readlink = tmpfs_readlink,
	.xattr = &tmpfs_xattr_ops,
};

static const struct inode_operations tmpfs_special_iops = { .xattr = &tmpfs_xattr_ops };

static const struct file_operations tmpfs_dir_fops = {
	.read = dir_read,
	.readdir = tmpfs_readdir,
	.llseek = tmpfs_dir_llseek,
	.fsync = tmpfs_fsync,
};
