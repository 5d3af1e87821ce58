// SPDX-License-Identifier: MIT
/*
 * Where a task stands in the tree: its root, its working directory, its umask;
 * shared by threads.
 *
 * Lock: fs->lock for the paths, whose references it holds.
 */
#include <kernel/fs/file.h>

#include <kernel/fs/mounts.h>
#include <mm/slab.h>

struct fs_struct *fs_alloc(void)
{
	struct fs_struct *fs = kmalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	atomic_set(&fs->refs, 1);
	spin_lock_init(&fs->lock, RANK_FILES);
	fs->root = fs->pwd = (struct path){ root_mnt, root_mnt->root };
	path_get(&fs->root);
	path_get(&fs->pwd);
	fs->umask = 022;
	return fs;
}

struct fs_struct *fs_dup(struct fs_struct *old)
{
	struct fs_struct *fs = kmalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	atomic_set(&fs->refs, 1);
	spin_lock_init(&fs->lock, RANK_FILES);
	spin_lock(&old->lock);
	fs->root = old->root;
	fs->pwd = old->pwd;
	fs->umask = old->umask;
	path_get(&fs->root);
	path_get(&fs->pwd);
	spin_unlock(&old->lock);
	return fs;
}

void fs_put(struct fs_struct *fs)
{
	if (!fs || !atomic_dec_and_test(&fs->refs))
		return;
	path_put(&fs->root);
	path_put(&fs->pwd);
	kfree(fs);
}
