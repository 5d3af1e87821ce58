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
#include <kernel/signal.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/mmap.h>
#include <mm/shmem.h>
#include <mm/slab.h>
#include <mm/vma.h>

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

static const struct inode_operations tmpfs_dir_iops, tmpfs_file_iops;
static const struct inode_operations tmpfs_link_iops, tmpfs_special_iops;
static const struct file_operations tmpfs_dir_fops;
static void account(struct inode *inode, u64 pages);

static const struct address_space_operations tmpfs_aops = {
	.readpage = shmem_readpage,
	.file_get = file_get_hook,
	.file_put = file_put_hook,
};

/* ------------------------------------------------------------------ inodes */

void tmpfs_init_file(struct inode *inode)
{
	inode->data.a_ops = &tmpfs_aops;
	inode->data.flags |= AS_SWAPBACKED;
	inode->i_op = &tmpfs_file_iops;
	inode->i_fop = &tmpfs_file_fops;
}

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

	if ((u64)atomic_long_inc_return(&fs->inodes) > fs->max_inodes) {
		atomic_long_dec(&fs->inodes);
		return ERR_PTR(-ENOSPC);
	}
	inode = inode_alloc(sb);
	if (!inode) {
		atomic_long_dec(&fs->inodes);
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
	else if (S_ISREG(inode->mode))
		account(inode, 0);
	if (fs)
		atomic_long_dec(&fs->inodes);
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

static int tmpfs_link(struct inode *inode, struct inode *dir, struct dentry *dentry)
{
	struct tmpfs_entry *e = kmalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return -ENOMEM;
	inode->nlink++;
	inode_set_times_now(inode, ATTR_CTIME);
	inode_get(inode);
	d_instantiate(dentry, inode);
	entry_link(dir, dentry, e);
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
	dentry->inode->nlink--;
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

static int no_fsync(struct file *f, loff_t start, loff_t end, bool datasync)
{
	return 0;
}

/* ------------------------------------------------------------------- files */

static ssize_t tmpfs_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	if (!(f->flags & O_NOATIME))
		inode_accessed(f->inode, f->path.mnt);
	return shmem_read(f->inode->mapping, to, pos);
}

/* Add what the file has grown by since last time.  The inode's lock is held, or it is going. */
static void account(struct inode *inode, u64 pages)
{
	struct tmpfs *fs = inode->sb->private_;

	if (!fs)
		return;                 /* a memfd */
	atomic_long_add((long)(pages - (u64)inode->private_), &fs->pages);
	inode->private_ = (void *)pages;
}

/*
 * Room for the bytes at @pos: those beyond it are cut off.  Pages that came by
 * mmap are counted at the file's next write or close, so a limit may be passed
 * by them.
 */
static int check_space(struct inode *inode, loff_t pos, struct iov_iter *from)
{
	struct tmpfs *fs = inode->sb->private_;
	u64 used, room;

	if (!fs)
		return 0;
	if ((u64)pos + from->count <= inode->data.nr_pages << PAGE_SHIFT)
		return 0;
	used = (u64)max(atomic_long_read(&fs->pages), 0L);
	room = used < fs->max_blocks ? (fs->max_blocks - used) << PAGE_SHIFT : 0;
	room += (u64)-pos & ~PAGE_MASK; /* the rest of a page that is there */
	if (!room)
		return -ENOSPC;
	from->count = min(from->count, (size_t)room);
	return 0;
}

static ssize_t tmpfs_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = f->inode;
	ssize_t n;

	down_write(&inode->lock);
	n = generic_write_checks(f, from, pos);
	if (n > 0) {
		int err = check_space(inode, *pos, from);

		n = err ? err : shmem_write(inode->mapping, from, pos);
		account(inode, inode->data.nr_pages);
	}
	up_write(&inode->lock);
	return n;
}

static void tmpfs_release(struct inode *inode, struct file *f)
{
	if (!(f->mode & FMODE_WRITE))
		return;
	down_write(&inode->lock);
	account(inode, inode->data.nr_pages);
	up_write(&inode->lock);
}

static int tmpfs_mmap(struct file *f, struct vm_area_struct *vma)
{
	return vma_map_cached(vma, f->inode->mapping, f, &shmem_vm_ops);
}

#define FALLOC_FL_KEEP_SIZE     1
#define FALLOC_FL_PUNCH_HOLE    2

static int allocate_pages(struct inode *inode, pgoff_t first, pgoff_t last)
{
	struct tmpfs *fs = inode->sb->private_;
	pgoff_t at;

	if (fs && last - first >= fs->max_blocks)
		return -ENOSPC;
	for (at = first; at <= last; at++) {
		struct page *page = shmem_get_page(inode->mapping, at, GFP_KERNEL);

		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? -ENOSPC : (int)PTR_ERR(page);
		unlock_page(page);
		put_page(page);
		if (signal_pending())
			return -EINTR;
	}
	return 0;
}

static long tmpfs_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *inode = f->inode;
	loff_t end = off + len;
	int err = 0;

	down_write(&inode->lock);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		end = min(end, (loff_t)inode_size(inode));
		if (off < end)
			shmem_truncate(inode->mapping, off, end);
	} else {
		err = allocate_pages(inode, (pgoff_t)off >> PAGE_SHIFT,
				     (pgoff_t)(end - 1) >> PAGE_SHIFT);
		if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && (u64)end > inode_size(inode))
			inode_set_size(inode, (u64)end);
	}
	account(inode, inode->data.nr_pages);
	if (!err)
		inode_set_times_now(inode, ATTR_MTIME | ATTR_CTIME);
	up_write(&inode->lock);
	return err;
}

static int tmpfs_setattr(struct inode *inode, const struct iattr *attr)
{
	if (attr->valid & ATTR_SIZE) {
		u64 old = inode_size(inode), size = (u64)attr->size;

		inode_set_size(inode, size);
		if (size < old)
			shmem_truncate(inode->mapping, attr->size, -1);
		account(inode, inode->data.nr_pages);
	}
	setattr_copy(inode, attr);
	return 0;
}

static int tmpfs_getattr(struct inode *inode, struct kstat *st)
{
	generic_fillattr(inode, st);
	if (S_ISREG(inode->mode))
		st->blocks = READ_ONCE(inode->data.nr_pages) * (PAGE_SIZE / 512);
	return 0;
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
};

static const struct inode_operations tmpfs_file_iops = {
	.setattr = tmpfs_setattr,
	.getattr = tmpfs_getattr,
};

static const struct inode_operations tmpfs_link_iops = {
	.readlink = tmpfs_readlink,
};

static const struct inode_operations tmpfs_special_iops;

static const struct file_operations tmpfs_dir_fops = {
	.read = dir_read,
	.readdir = tmpfs_readdir,
	.llseek = tmpfs_dir_llseek,
	.fsync = no_fsync,
};

const struct file_operations tmpfs_file_fops = {
	.read = tmpfs_read,
	.write = tmpfs_write,
	.mmap = tmpfs_mmap,
	.fallocate = tmpfs_fallocate,
	.release = tmpfs_release,
	.fsync = no_fsync,
};
