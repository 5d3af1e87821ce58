// SPDX-License-Identifier: MIT
/*
 * Files without a name: pipes, eventfds, epolls.
 *
 * They live in a file system that is mounted nowhere.  Each kind shares one
 * inode, except pipes, which get one each, for fstat(2) tells them apart by
 * its number.
 */
#include <kernel/fs/anon.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>

static struct mount *anon_mnt;          /* [c] */
static struct inode *anon_inode;        /* [c] of all but pipes and memfds */
static atomic_long_t next_ino = ATOMIC_LONG_INIT(1);

static int anon_getattr(struct inode *inode, struct kstat *st)
{
	generic_fillattr(inode, st);
	return 0;
}

static const struct inode_operations anon_iops = { .getattr = anon_getattr };
static const struct super_operations anon_sops;

int anon_fill_super(struct super_block *sb, struct block_device *bdev, const char *options)
{
	struct inode *root;

	sb->s_op = &anon_sops;
	sb->magic = 0x09041934;
	sb->blocksize = PAGE_SIZE;
	root = inode_alloc(sb);
	if (!root)
		return -ENOMEM;
	root->mode = S_IFDIR | 0500;
	root->i_op = &anon_iops;
	sb->root = d_alloc_root(root);
	if (!sb->root) {
		inode_put(root);
		return -ENOMEM;
	}
	return 0;
}

static struct file_system_type anon_type = {
	.name = "anon_inodefs", .fill_super = anon_fill_super,
};

struct super_block *anon_super(void)
{
	return anon_mnt->sb;
}

struct inode *anon_new_inode(u32 mode)
{
	struct inode *inode = inode_alloc(anon_mnt->sb);

	if (!inode)
		return NULL;
	inode->ino = (u64)atomic_long_inc_return(&next_ino);
	inode->mode = mode;
	inode->uid = current->cred->fsuid;
	inode->gid = current->cred->fsgid;
	inode->atime = inode->mtime = inode->ctime = current_time();
	inode->i_op = &anon_iops;
	return inode;
}

void anon_init(void)
{
	anon_mnt = mount_internal(&anon_type);
	if (IS_ERR(anon_mnt))
		panic("anon_init: %ld", PTR_ERR(anon_mnt));
	anon_inode = anon_new_inode(0600);
	if (!anon_inode)
		panic("anon_init: no memory");
}

struct dentry *anon_dentry(const char *name, struct inode *inode)
{
	struct dentry *d = d_alloc(anon_mnt->root, name, strlen(name));

	if (d)
		d_instantiate(d, inode);
	return d;
}

struct file *anon_file_dentry(struct dentry *d, const struct file_operations *f_op, void *private_,
			      unsigned int flags)
{
	struct file *f = file_alloc(flags);

	if (IS_ERR(f))
		return f;
	f->path.mnt = mount_get(anon_mnt);
	f->path.dentry = dentry_get(d);
	f->inode = d->inode;
	f->f_op = f_op;
	f->private_ = private_;
	f->mode |= FMODE_OPENED | FMODE_STREAM;
	if (!f_op->llseek || f_op->llseek == no_llseek)
		f->mode |= FMODE_NOSEEK;
	return f;
}

struct file *anon_file(const char *name, const struct file_operations *f_op, void *private_,
		       unsigned int flags)
{
	char label[64];
	struct dentry *d;
	struct file *f;

	snprintf(label, sizeof(label), "anon_inode:%s", name);
	inode_get(anon_inode);
	d = anon_dentry(label, anon_inode);
	if (!d) {
		inode_put(anon_inode);
		return ERR_PTR(-ENOMEM);
	}
	f = anon_file_dentry(d, f_op, private_, flags);
	dentry_put(d);
	return f;
}
