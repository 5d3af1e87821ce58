// SPDX-License-Identifier: MIT
/*
 * devfs: a tmpfs into which drivers put their nodes, and the table that leads
 * from a device number to its operations.
 *
 * There is one tree, however often it is mounted.  It is a tmpfs, so programs
 * may add links and directories of their own.
 *
 * Lock: the directories' locks for the tree; chrdevs_lock for the table, whose
 *       entries live for ever.
 */
#include <kernel/fs/devfs.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/special.h>
#include <kernel/fs/super.h>
#include <kernel/fs/tmpfs.h>
#include <kernel/fs/walk.h>
#include <kernel/log.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

struct chrdev {
	struct list_head node;
	u64 dev;
	bool whole_major;
	const struct file_operations *fops;
	void *private_;
	const char *name;
};

static LIST_HEAD(chrdevs);
static struct spinlock chrdevs_lock = SPINLOCK_INIT(RANK_LEAF);
static struct super_block *devfs_super;         /* [c] holds one active reference for ever */

/* ------------------------------------------------------ numbers to operations */

static struct chrdev *chrdev_find(u64 dev)
{
	struct chrdev *c, *major = NULL;

	spin_lock(&chrdevs_lock);
	list_for_each_entry(c, &chrdevs, node) {
		if (c->dev == dev && !c->whole_major)
			break;
		if (c->whole_major && MAJOR(c->dev) == MAJOR(dev))
			major = c;
	}
	if (list_entry_is_head(c, &chrdevs, node))
		c = major;
	spin_unlock(&chrdevs_lock);
	return c;
}

static int chrdev_open(struct inode *inode, struct file *f)
{
	struct chrdev *c = chrdev_find(inode->rdev);

	if (!c)
		return -ENXIO;
	f->f_op = c->fops;
	f->private_ = c->private_;
	if (c->fops->llseek == no_llseek)
		f->mode |= FMODE_NOSEEK | FMODE_STREAM;
	return c->fops->open ? c->fops->open(inode, f) : 0;
}

const struct file_operations chrdev_fops = { .open = chrdev_open };

static int chrdev_add(const char *name, u64 dev, bool major, const struct file_operations *fops,
		      void *private_)
{
	struct chrdev *c = kmalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	*c = (struct chrdev){
		.dev = dev, .whole_major = major, .fops = fops, .private_ = private_, .name = name,
	};
	spin_lock(&chrdevs_lock);
	list_add_tail(&c->node, &chrdevs);
	spin_unlock(&chrdevs_lock);
	return 0;
}

bool dev_list(unsigned int i, u64 *dev, const char **name)
{
	struct chrdev *c;
	bool found = false;

	spin_lock(&chrdevs_lock);
	list_for_each_entry(c, &chrdevs, node) {
		if (i-- == 0) {
			*dev = c->dev;
			*name = c->name ? c->name : "pts";     /* the one that has many */
			found = true;
			break;
		}
	}
	spin_unlock(&chrdevs_lock);
	return found;
}

/* ----------------------------------------------------------------- the tree */

/* The child @name of @dir, made if absent; with a reference, or ERR_PTR. */
static struct dentry *node_make(struct dentry *dir, const char *name, size_t len, u32 mode, u64 dev,
				const char *target)
{
	struct dentry *d;
	int err = 0;

	down_write(&dir->inode->lock);
	d = lookup_child_locked(dir, name, len);
	if (!IS_ERR(d)) {
		if (!d->inode)
			err = tmpfs_make(dir->inode, d, mode, dev, target);
		else if (!S_ISDIR(mode))
			err = -EEXIST;
	}
	up_write(&dir->inode->lock);
	if (err) {
		dentry_put(d);
		d = ERR_PTR(err);
	}
	return d;
}

static int node_add(const char *name, u32 mode, u64 dev, const char *target)
{
	const char *slash = strchr(name, '/');
	struct dentry *dir = dentry_get(devfs_super->root), *d;

	if (slash) {
		d = node_make(dir, name, (size_t)(slash - name), S_IFDIR | 0755, 0, NULL);
		dentry_put(dir);
		if (IS_ERR(d))
			return (int)PTR_ERR(d);
		dir = d;
		name = slash + 1;
	}
	d = node_make(dir, name, strlen(name), mode, dev, target);
	dentry_put(dir);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	dentry_put(d);
	return 0;
}

int dev_register_char(const char *name, u64 dev, u32 mode, const struct file_operations *fops,
		      void *private_)
{
	int err = chrdev_add(name, dev, false, fops, private_);

	if (!err && name)
		err = node_add(name, S_IFCHR | (mode & 07777), dev, NULL);
	return err;
}

int dev_register_char_major(unsigned int major, const struct file_operations *fops)
{
	return chrdev_add(NULL, MKDEV(major, 0), true, fops, NULL);
}

int dev_register_block(const char *name, u64 dev, u32 mode)
{
	return node_add(name, S_IFBLK | (mode & 07777), dev, NULL);
}

int dev_register_link(const char *name, const char *target)
{
	return node_add(name, S_IFLNK | 0777, 0, target);
}

/* ----------------------------------------------------------------- mounting */

static int devfs_fill_super(struct super_block *sb, struct block_device *bdev, const char *options)
{
	return tmpfs_fill(sb, 0755, NULL);
}

static struct file_system_type devfs_type = {
	.name = "devtmpfs", .single = true, .fill_super = devfs_fill_super,
};

void devfs_init(void)
{
	devfs_super = super_create(&devfs_type, NULL, 0, NULL);
	if (IS_ERR(devfs_super))
		panic("devfs_init: %ld", PTR_ERR(devfs_super));
	register_filesystem(&devfs_type);
	dev_register_link("fd", "/proc/self/fd");
	dev_register_link("stdin", "/proc/self/fd/0");
	dev_register_link("stdout", "/proc/self/fd/1");
	dev_register_link("stderr", "/proc/self/fd/2");
	dentry_put(node_make(devfs_super->root, "shm", 3, S_IFDIR | S_ISVTX | 0777, 0, NULL));
	dentry_put(node_make(devfs_super->root, "pts", 3, S_IFDIR | 0755, 0, NULL));
}

/* Nodes for the disks that were found. */
static void add_disks(void)
{
	struct block_device *b;

	for (b = block_device_next(NULL); b; b = block_device_next(b))
		dev_register_block(b->name, b->dev, 0600);
}

void devfs_mount(void)
{
	int err;

	add_disks();
	err = do_mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, NULL);
	if (err && err != -ENOENT)
		pr_warn("/dev: cannot be mounted: error %d", -err);
}
