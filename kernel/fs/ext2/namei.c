// SPDX-License-Identifier: MIT
/*
 * Names: looked up, made, moved and removed.
 *
 * Each change is in the metadata pages when the call returns, so that an fsync
 * of anything finds it whole.  The order within a call keeps what a crash
 * leaves mendable: an object is complete before its first name, and its last
 * name is gone before it is.
 *
 * Lock: the VFS holds the directories' locks for writing (lookup: reading),
 * and that of an object whose names change.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/fs/file.h>
#include <lib/string.h>

#define RENAME_NOREPLACE        1U      /* renameat2(2) */
#define RENAME_EXCHANGE         2U

static int ext2_lookup(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = NULL;
	struct ext2_dirpos pos;
	int err;

	if (dentry->name_len > EXT2_NAME_MAX)
		return -ENAMETOOLONG;
	err = ext2_dir_find(dir, dentry->name, dentry->name_len, &pos);
	if (err && err != -ENOENT)
		return err;
	if (!err) {
		put_page(pos.page);
		inode = ext2_iget(dir->sb, pos.ino);
		if (IS_ERR(inode))
			return (int)PTR_ERR(inode);
	}
	d_add(dentry, inode);
	return 0;
}

/* ------------------------------------------------------------------ make */

/* A new object that has no name after all. */
static int give_up(struct inode *inode, int err)
{
	inode->nlink = 1;
	ext2_drop_link(inode);
	inode_put(inode);
	return err;
}

static int give_name(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
	int err = ext2_dir_add(dir, dentry->name, dentry->name_len, inode);

	if (err)
		return give_up(inode, err);
	d_instantiate(dentry, inode);
	return 0;
}

static int ext2_create(struct inode *dir, struct dentry *dentry, u32 mode)
{
	struct inode *inode = ext2_new_inode(dir, (mode & ~(u32)S_IFMT) | S_IFREG);

	return IS_ERR(inode) ? (int)PTR_ERR(inode) : give_name(dir, dentry, inode);
}

static struct inode *ext2_tmpfile(struct inode *dir, u32 mode)
{
	struct inode *inode = ext2_new_inode(dir, (mode & ~(u32)S_IFMT) | S_IFREG);

	if (!IS_ERR(inode))
		ext2_drop_link(inode);
	return inode;
}

/* The old form of a device number in the first word if it fits, else the new one in the second. */
static int ext2_mknod(struct inode *dir, struct dentry *dentry, u32 mode, u64 rdev)
{
	struct inode *inode = ext2_new_inode(dir, mode);
	struct ext2_inode *ei;

	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	ei = ext2_inode(inode);
	if (MAJOR(rdev) < 256 && MINOR(rdev) < 256)
		ei->block[0] = MAJOR(rdev) << 8 | MINOR(rdev);
	else
		ei->block[1] = (u32)rdev;
	init_special_inode(inode, inode->mode, rdev);
	ext2_update_inode(inode);
	return give_name(dir, dentry, inode);
}

static int ext2_mkdir(struct inode *dir, struct dentry *dentry, u32 mode)
{
	struct inode *inode;
	int err;

	if (dir->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	inode = ext2_new_inode(dir, (mode & ~(u32)S_IFMT) | S_IFDIR);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	inode->nlink = 2;
	err = ext2_dir_make(inode, dir);
	if (err)
		return give_up(inode, err);
	dir->nlink++;                   /* for "..", which is there already */
	err = give_name(dir, dentry, inode);
	if (err) {
		dir->nlink--;
		ext2_update_inode(dir);
	}
	return err;
}

static int ext2_link(struct inode *old, struct inode *dir, struct dentry *dentry)
{
	int err;

	if (old->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	if (!old->nlink++)              /* it was made without a name (O_TMPFILE) */
		atomic_dec(&ext2_sb(old->sb)->orphans);
	inode_set_ctime(old, current_time());
	ext2_update_inode(old);
	err = ext2_dir_add(dir, dentry->name, dentry->name_len, old);
	if (err) {
		ext2_drop_link(old);
		ext2_update_inode(old);
		return err;
	}
	inode_get(old);
	d_instantiate(dentry, old);
	return 0;
}

/* -------------------------------------------------------- symbolic links */

static int write_link(struct inode *inode, const char *target, size_t len)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	struct page *page;
	u32 block;
	bool fresh;
	int err;

	if (len < sizeof(ei->block)) {
		memcpy(ei->block, target, len);
		inode_set_size(inode, len);
		return ext2_update_inode(inode);
	}
	err = ext2_map_create(inode, 0, &block, &fresh);
	if (err)
		return err;
	page = ext2_meta_new(s, block);
	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	memcpy(page_address(page), target, len);
	ext2_meta_dirty(s, page);
	put_page(page);
	inode_set_size(inode, len);
	return ext2_update_inode(inode);
}

static int ext2_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
	size_t len = strlen(target);
	struct inode *inode;
	int err;

	if (len >= ext2_sb(dir->sb)->geo.block_size)
		return -ENAMETOOLONG;
	inode = ext2_new_inode(dir, S_IFLNK | 0777);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	err = write_link(inode, target, len);
	return err ? give_up(inode, err) : give_name(dir, dentry, inode);
}

static ssize_t ext2_readlink(struct inode *inode, char *buf, size_t size)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	u32 block;
	size_t len = min((size_t)inode_size(inode), size - 1);
	const char *text = (const char *)ei->block;
	struct page *page = NULL;
	int n;

	if (!ext2_link_is_fast(inode)) {
		n = ext2_map(inode, 0, 1, &block);
		if (n < 0 || !block)
			return n < 0 ? n
				     : ext2_damaged(s, "link %lu has no text",
						    (unsigned long)inode->ino);
		page = ext2_meta_read(s, block);
		if (IS_ERR(page))
			return PTR_ERR(page);
		text = page_address(page);
		len = min(len, (size_t)s->geo.block_size);
	} else {
		len = min(len, sizeof(ei->block));
	}
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (page)
		put_page(page);
	return (ssize_t)len;
}

/* ---------------------------------------------------------------- remove */

/* A name whose inode the VFS knows: it must be in the directory, and say the same. */
static int find_name(struct inode *dir, const struct dentry *dentry, struct ext2_dirpos *pos)
{
	int err = ext2_dir_find(dir, dentry->name, dentry->name_len, pos);

	if (!err && pos->ino != dentry->inode->ino) {
		put_page(pos->page);
		err = ext2_damaged(ext2_sb(dir->sb), "a name in directory %lu has moved",
				   (unsigned long)dir->ino);
	}
	return err;
}

static int ext2_unlink(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->inode;
	struct ext2_dirpos pos;
	int err = find_name(dir, dentry, &pos);

	if (!err)
		err = ext2_dir_remove(dir, &pos);
	if (err)
		return err;
	inode_set_ctime(inode, dir->ctime);
	ext2_drop_link(inode);
	return ext2_update_inode(inode);
}

/* A directory that has lost its name: nothing counts as a link any more. */
static void drop_dir(struct inode *inode)
{
	inode_set_ctime(inode, current_time());
	inode->nlink = 1;
	ext2_drop_link(inode);
	ext2_update_inode(inode);
}

static void dir_links(struct inode *dir, int delta)
{
	dir->nlink += (u32)delta;
	if (delta)
		ext2_update_inode(dir);
}

static int ext2_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode = dentry->inode;
	struct ext2_dirpos pos;
	int err = ext2_dir_empty(inode);

	if (err != 1)
		return err ? err : -ENOTEMPTY;
	err = find_name(dir, dentry, &pos);
	if (!err)
		err = ext2_dir_remove(dir, &pos);
	if (err)
		return err;
	drop_dir(inode);
	dir_links(dir, -1);
	return 0;
}

/* ---------------------------------------------------------------- rename */

/* What a rename needs to know before it changes anything; the pages are held. */
struct moving {
	struct inode *old_dir, *new_dir;
	struct ext2_dirpos old, new;            /* the two names; new.page NULL: there is none */
	struct ext2_dirpos old_dots, new_dots;  /* ".." of a directory that gets another parent */
};

static void put_pos(struct ext2_dirpos *pos)
{
	if (pos->page)
		put_page(pos->page);
	pos->page = NULL;
}

static void moving_end(struct moving *m)
{
	put_pos(&m->old);
	put_pos(&m->new);
	put_pos(&m->old_dots);
	put_pos(&m->new_dots);
}

static int moving_start(struct moving *m, struct dentry *old, struct dentry *new, bool exchange)
{
	bool apart = m->old_dir != m->new_dir;
	int err = find_name(m->old_dir, old, &m->old);

	if (!err && new->inode)
		err = find_name(m->new_dir, new, &m->new);
	if (!err && apart && S_ISDIR(old->inode->mode))
		err = ext2_dir_find(old->inode, "..", 2, &m->old_dots);
	if (!err && apart && exchange && S_ISDIR(new->inode->mode))
		err = ext2_dir_find(new->inode, "..", 2, &m->new_dots);
	if (err == -ENOENT)
		err = ext2_damaged(ext2_sb(m->old_dir->sb), "a name is missing in directory %lu",
				   (unsigned long)m->old_dir->ino);
	if (err)
		moving_end(m);
	return err;
}

/* ext2_dir_set() lets go of the page. */
static void set_and_forget(struct inode *dir, struct ext2_dirpos *pos, const struct inode *inode)
{
	ext2_dir_set(dir, pos, inode);
	pos->page = NULL;
}

static int exchange(struct moving *m, struct inode *a, struct inode *b)
{
	int delta = (int)S_ISDIR(b->mode) - (int)S_ISDIR(a->mode);

	set_and_forget(m->old_dir, &m->old, b);
	set_and_forget(m->new_dir, &m->new, a);
	if (m->old_dots.page)
		set_and_forget(a, &m->old_dots, m->new_dir);
	if (m->new_dots.page)
		set_and_forget(b, &m->new_dots, m->old_dir);
	if (m->old_dir != m->new_dir) {
		dir_links(m->old_dir, delta);
		dir_links(m->new_dir, -delta);
	}
	inode_set_ctime(a, current_time());
	inode_set_ctime(b, a->ctime);
	ext2_update_inode(a);
	ext2_update_inode(b);
	return 0;
}

/*
 * After a crash the name leads to @target or to what took its place: that is on the disk before
 * @target is nothing.  An error is told by whoever syncs next.
 */
static void let_go_safely(struct inode *target)
{
	if (S_ISDIR(target->mode) || target->nlink == 1)
		(void)ext2_meta_sync(ext2_sb(target->sb));
}

/* The new name first: at no moment has the object none. */
static int move(struct moving *m, struct dentry *old, struct dentry *new)
{
	struct inode *inode = old->inode, *target = new->inode;
	bool is_dir = S_ISDIR(inode->mode);
	int err;

	if (target)
		set_and_forget(m->new_dir, &m->new, inode);
	else {
		err = ext2_dir_add(m->new_dir, new->name, new->name_len, inode);
		if (err)
			return err;
	}
	inode_set_ctime(inode, current_time());
	ext2_update_inode(inode);
	err = ext2_dir_remove(m->old_dir, &m->old);
	m->old.page = NULL;
	if (m->old_dots.page)
		set_and_forget(inode, &m->old_dots, m->new_dir);
	if (target)
		let_go_safely(target);
	if (target && S_ISDIR(target->mode)) {
		drop_dir(target);
		dir_links(m->new_dir, -1);
	} else if (target) {
		inode_set_ctime(target, inode->ctime);
		ext2_drop_link(target);
		ext2_update_inode(target);
	}
	if (is_dir && m->old_dir != m->new_dir) {
		dir_links(m->old_dir, -1);
		dir_links(m->new_dir, 1);
	}
	return err;
}

static int ext2_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		       struct dentry *new, unsigned int flags)
{
	struct moving m = { .old_dir = old_dir, .new_dir = new_dir };
	bool swap = flags & RENAME_EXCHANGE, is_dir = S_ISDIR(old->inode->mode);
	int err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if (is_dir && old_dir != new_dir && !new->inode && new_dir->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	if (!swap && new->inode && S_ISDIR(new->inode->mode)) {
		err = ext2_dir_empty(new->inode);
		if (err != 1)
			return err ? err : -ENOTEMPTY;
	}
	err = moving_start(&m, old, new, swap);
	if (err)
		return err;
	err = swap ? exchange(&m, old->inode, new->inode) : move(&m, old, new);
	moving_end(&m);
	return err;
}

const struct inode_operations ext2_dir_iops = {
	.lookup = ext2_lookup,
	.create = ext2_create,
	.mkdir = ext2_mkdir,
	.mknod = ext2_mknod,
	.symlink = ext2_symlink,
	.link = ext2_link,
	.unlink = ext2_unlink,
	.rmdir = ext2_rmdir,
	.rename = ext2_rename,
	.tmpfile = ext2_tmpfile,
	.setattr = ext2_setattr,
	.xattr = &ext2_xattr_ops,
};

const struct inode_operations ext2_symlink_iops = {
	.readlink = ext2_readlink,
	.setattr = ext2_setattr,
	.xattr = &ext2_xattr_ops,
};
