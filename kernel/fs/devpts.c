// SPDX-License-Identifier: MIT
/*
 * devpts: the file system in which a pseudo terminal has its name.
 *
 * A node comes when /dev/ptmx is opened and goes when that file is closed;
 * programs can make nothing here.  It is a tmpfs whose directory has no way to
 * make or remove names, which the kernel keeps to itself, and whose magic says
 * that nodes keep no extended attributes.
 *
 * Unlike Linux, every mount shows the same terminals; options of a later mount
 * (gid=, mode=, ...) hold for terminals that come after it.
 *
 * Lock: the directory's.
 */
#include <kernel/fs/devpts.h>

#include <kernel/cred.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/fs/tmpfs.h>
#include <kernel/fs/walk.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>

#define PTMX_DEV        MKDEV(5, 2)

static struct super_block *devpts_super;                /* [c] one active reference for ever */
static const struct inode_operations *tree_iops;        /* [c] a tmpfs directory's */

/* [a] of nodes to come; -1: as who opens /dev/ptmx is */
static struct {
	u32 mode;
	long uid, gid;
} options = { 0600, -1, -1 };

static int devpts_lookup(struct inode *dir, struct dentry *dentry)
{
	d_add(dentry, NULL);
	return 0;
}

static const struct inode_operations devpts_dir_iops = { .lookup = devpts_lookup };

/* ----------------------------------------------------------------- options */

static int parse_number(const char *s, int base, unsigned long most, unsigned long *n)
{
	const char *end;

	return parse_ulong(s, &end, base, n) || *end || *n > most ? -EINVAL : 0;
}

static int parse_option(const char *opt)
{
	unsigned long n = 0;
	int err = 0;

	if (!strncmp(opt, "mode=", 5)) {
		err = parse_number(opt + 5, 8, 0777, &n);
		if (!err)
			options.mode = (u32)n;
	} else if (!strncmp(opt, "uid=", 4)) {
		err = parse_number(opt + 4, 10, 0xfffffffe, &n);
		if (!err)
			options.uid = (long)n;
	} else if (!strncmp(opt, "gid=", 4)) {
		err = parse_number(opt + 4, 10, 0xfffffffe, &n);
		if (!err)
			options.gid = (long)n;
	} else if (!strncmp(opt, "ptmxmode=", 9)) {
		err = parse_number(opt + 9, 8, 0777, &n);
	} else if (strcmp(opt, "newinstance") && strncmp(opt, "max=", 4)) {
		err = -EINVAL;
	}
	return err;
}

static int devpts_remount(struct super_block *sb, unsigned long flags, const char *text)
{
	char word[32];
	int err = 0;

	while (!err && text && *text) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(word))
			return -EINVAL;
		memcpy(word, text, len);
		word[len] = '\0';
		err = parse_option(word);
		text += len + (text[len] == ',');
	}
	return err;
}

static void devpts_show_options(struct super_block *sb, char *buf, size_t size)
{
	size_t n = 0;

	if (options.uid >= 0)
		n += scnprintf(buf + n, size - n, "uid=%ld,", options.uid);
	if (options.gid >= 0)
		n += scnprintf(buf + n, size - n, "gid=%ld,", options.gid);
	scnprintf(buf + n, size - n, "mode=%o,ptmxmode=000", options.mode);
}

/* ---------------------------------------------------------------- the nodes */

/* The directory is locked.  A positive or negative dentry, or ERR_PTR. */
static struct dentry *node_lookup(unsigned int index)
{
	char name[16];

	return lookup_child_locked(devpts_super->root, name,
				   (size_t)snprintf(name, sizeof(name), "%u", index));
}

int devpts_add(unsigned int index, u64 dev)
{
	struct inode *dir = devpts_super->root->inode;
	struct dentry *d;
	int err;

	down_write(&dir->lock);
	d = node_lookup(index);
	err = PTR_ERR_OR_ZERO(d);
	if (!err) {
		err = tmpfs_make(dir, d, S_IFCHR | options.mode, dev, NULL);
		if (!err && options.uid >= 0)
			d->inode->uid = (u32)options.uid;
		if (!err && options.gid >= 0)
			d->inode->gid = (u32)options.gid;
		dentry_put(d);
	}
	up_write(&dir->lock);
	return err;
}

void devpts_remove(unsigned int index)
{
	struct inode *dir = devpts_super->root->inode, *inode = NULL;
	struct dentry *d;

	down_write(&dir->lock);
	d = node_lookup(index);
	if (!IS_ERR(d)) {
		inode = d->inode;
		if (inode) {
			inode_get(inode);
			if (!tree_iops->unlink(dir, d))
				d_delete(d);
		}
		dentry_put(d);
	}
	up_write(&dir->lock);
	inode_put(inode);
}

/* -------------------------------------------------------------- the file system */

static struct super_operations devpts_sops;     /* [c] a tmpfs' with options of our own */

static int devpts_fill_super(struct super_block *sb, struct block_device *bdev, const char *text)
{
	struct dentry *d;
	int err = tmpfs_fill(sb, 0755, NULL);

	if (err)
		return err;
	devpts_sops = *sb->s_op;
	devpts_sops.remount = devpts_remount;
	devpts_sops.show_options = devpts_show_options;
	sb->s_op = &devpts_sops;
	sb->magic = 0x1cd1;
	sb->flags |= MS_NOSUID | MS_NOEXEC;
	down_write(&sb->root->inode->lock);
	d = lookup_child_locked(sb->root, "ptmx", 4);
	err = PTR_ERR_OR_ZERO(d);
	if (!err) {
		err = tmpfs_make(sb->root->inode, d, S_IFCHR, PTMX_DEV, NULL);
		dentry_put(d);
	}
	up_write(&sb->root->inode->lock);
	tree_iops = sb->root->inode->i_op;
	sb->root->inode->i_op = &devpts_dir_iops;
	return err;
}

static struct file_system_type devpts_type = {
	.name = "devpts", .single = true, .fill_super = devpts_fill_super,
};

void devpts_init(void)
{
	devpts_super = super_create(&devpts_type, NULL, 0, NULL);
	if (IS_ERR(devpts_super))
		panic("devpts_init: %ld", PTR_ERR(devpts_super));
	register_filesystem(&devpts_type);
}
