// SPDX-License-Identifier: MIT
/*
 * The first mounts: an empty tmpfs as root, so that there is one from the
 * start, then the disk in its place; and mounts that are in no tree.
 *
 * Lock: mount_lock for root_mnt.
 */
#include <kernel/fs/mounts.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/file.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>

struct mount *root_mnt;

struct mount *mount_internal(struct file_system_type *type)
{
	struct super_block *sb = super_create(type, NULL, 0, NULL);
	struct mount *m;

	if (IS_ERR(sb))
		return (struct mount *)sb;
	m = mount_new(sb, sb->root, type->name, 0);
	if (!m) {
		super_put(sb);
		return ERR_PTR(-ENOMEM);
	}
	return m;
}

static void set_root(struct mount *m)
{
	struct fs_struct *fs = current->fs;
	struct path old_root, old_pwd, path = { m, m->root };

	spin_lock(&mount_lock);
	root_mnt = m;
	m->attached = true;
	list_add(&m->node, &mounts);
	spin_unlock(&mount_lock);
	if (!fs)
		return;                 /* the first task takes fs_alloc() when all is up */
	spin_lock(&fs->lock);
	old_root = fs->root;
	old_pwd = fs->pwd;
	fs->root = fs->pwd = path;
	path_get(&path);
	path_get(&path);
	spin_unlock(&fs->lock);
	path_put(&old_root);
	path_put(&old_pwd);
}

/* The first root, on which a disk's will lie: an empty tmpfs. */
void mount_first_root(struct file_system_type *type)
{
	struct mount *m = mount_internal(type);

	if (IS_ERR(m))
		panic("mount_first_root: %ld", PTR_ERR(m));
	set_root(m);
}

static int mount_root_type(struct block_device *bdev, const char *device,
			   struct file_system_type *type, unsigned long flags)
{
	struct super_block *sb = super_create(type, bdev, flags, NULL);
	struct mount *m;

	if (IS_ERR(sb))
		return (int)PTR_ERR(sb);
	m = mount_new(sb, sb->root, device, flags | MS_RELATIME);
	if (!m) {
		super_put(sb);
		return -ENOMEM;
	}
	spin_lock(&mount_lock);         /* the empty one leaves the tree: nothing is in it */
	list_del_init(&root_mnt->node);
	root_mnt->attached = false;
	spin_unlock(&mount_lock);
	set_root(m);
	return 0;
}

int mount_root(const char *device, const char *fstype, unsigned long flags)
{
	struct block_device *bdev = block_device_find(device);
	struct file_system_type *type;
	int err = -ENODEV;

	if (!bdev)
		return -ENXIO;
	if (bdev->read_only)
		flags |= MS_RDONLY;
	for (type = filesystem_next(NULL); type; type = filesystem_next(type)) {
		if (!type->needs_device || (fstype && strcmp(fstype, type->name)))
			continue;
		err = mount_root_type(bdev, device, type, flags);
		if (!err)
			return 0;
	}
	return err;
}
