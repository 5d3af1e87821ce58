// SPDX-License-Identifier: MIT
/*
 * Super blocks: file systems in use, each once however often it is mounted.
 *
 * Lock: supers_lock for the list; a super block lives while active is not
 * zero, and who wants to look at one outside the lock takes an active
 * reference.
 */
#include <kernel/fs/super.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/notify.h>
#include <kernel/log.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/slab.h>
#include <mm/writeback.h>

static struct spinlock supers_lock = SPINLOCK_INIT(RANK_FILES);
static LIST_HEAD(supers);
static LIST_HEAD(types);
static atomic_t anon_minor = ATOMIC_INIT(0);
static DEFINE_MUTEX(create_lock, RANK_MOUNT);   /* one device, one super block */

void register_filesystem(struct file_system_type *type)
{
	spin_lock(&supers_lock);
	list_add_tail(&type->node, &types);
	spin_unlock(&supers_lock);
}

struct file_system_type *filesystem_find(const char *name)
{
	struct file_system_type *type;

	for (type = filesystem_next(NULL); type; type = filesystem_next(type))
		if (!strcmp(type->name, name))
			return type;
	return NULL;
}

struct file_system_type *filesystem_next(struct file_system_type *prev)
{
	struct list_head *next;

	spin_lock(&supers_lock);
	next = prev ? prev->node.next : types.next;
	spin_unlock(&supers_lock);
	return next == &types ? NULL : list_entry(next, struct file_system_type, node);
}

u64 super_anon_dev(void)
{
	return MKDEV(0, atomic_inc_return(&anon_minor));
}

/* ---------------------------------------------------------------- life */

static struct super_block *super_alloc(struct file_system_type *type, struct block_device *bdev,
				       unsigned long flags)
{
	struct super_block *sb = kmalloc(sizeof(*sb), GFP_KERNEL | GFP_ZERO);

	if (!sb)
		return NULL;
	sb->type = type;
	sb->bdev = bdev;
	sb->dev = bdev ? bdev->dev : super_anon_dev();
	sb->flags = flags & (MS_RDONLY | MS_SYNCHRONOUS);
	sb->blocksize = PAGE_SIZE;
	sb->max_bytes = (u64)1 << 62;
	spin_lock_init(&sb->inode_list_lock, RANK_LEAF);
	INIT_LIST_HEAD(&sb->inodes);
	INIT_LIST_HEAD(&sb->dirty_inodes);
	INIT_LIST_HEAD(&sb->node);
	rwsem_init(&sb->umount_lock, RANK_MOUNT);
	atomic_set(&sb->active, 1);
	return sb;
}

/* The one that has @bdev, or is the only one of @type, with a reference. */
static struct super_block *super_existing(const struct file_system_type *type,
					  const struct block_device *bdev)
{
	struct super_block *sb, *found = NULL;

	spin_lock(&supers_lock);
	list_for_each_entry(sb, &supers, node) {
		if ((bdev ? sb->bdev == bdev : type->single && sb->type == type) &&
		    atomic_inc_not_zero(&sb->active)) {
			found = sb;
			break;
		}
	}
	spin_unlock(&supers_lock);
	return found;
}

static struct super_block *super_fill(struct file_system_type *type, struct block_device *bdev,
				      unsigned long flags, const char *options)
{
	struct super_block *sb;
	int err;

	if (bdev && cmpxchg(&bdev->holder, NULL, (void *)type))
		return ERR_PTR(-EBUSY);
	sb = super_alloc(type, bdev, flags);
	err = sb ? type->fill_super(sb, bdev, options) : -ENOMEM;
	if (err) {
		if (sb) {
			dentry_shrink_super(sb);
			inode_evict_super(sb);
		}
		if (bdev)
			bdev->holder = NULL;
		kfree(sb);
		return ERR_PTR(err);
	}
	spin_lock(&supers_lock);
	list_add_tail(&sb->node, &supers);
	spin_unlock(&supers_lock);
	return sb;
}

struct super_block *super_create(struct file_system_type *type, struct block_device *bdev,
				 unsigned long flags, const char *options)
{
	struct super_block *sb;
	int err = 0;

	mutex_lock(&create_lock);
	sb = super_existing(type, bdev);
	if (!sb) {
		sb = super_fill(type, bdev, flags, options);
	} else if (sb->type != type || (bdev && ((flags ^ sb->flags) & MS_RDONLY))) {
		mutex_unlock(&create_lock);
		super_put(sb);
		return ERR_PTR(-EBUSY);
	} else if (type->single && options && *options && sb->s_op->remount) {
		err = sb->s_op->remount(sb, sb->flags, options);
	}
	mutex_unlock(&create_lock);
	if (err) {
		super_put(sb);
		return ERR_PTR(err);
	}
	return sb;
}

void super_put(struct super_block *sb)
{
	struct block_device *bdev = sb->bdev;

	if (!atomic_dec_and_test(&sb->active))
		return;
	sync_super(sb, true);
	spin_lock(&supers_lock);
	list_del_init(&sb->node);
	spin_unlock(&supers_lock);
	notify_unmounted(sb);
	if (sb->s_op && sb->s_op->unpin)
		sb->s_op->unpin(sb);
	dentry_shrink_super(sb);
	dentry_put(sb->root);
	if (inode_evict_super(sb)) {
		pr_err("%s: inodes are still in use after unmount", sb->type->name);
		return;                 /* leaked rather than used after free */
	}
	if (sb->s_op && sb->s_op->put_super)
		sb->s_op->put_super(sb);
	if (bdev)
		bdev->holder = NULL;
	kfree(sb);
}

/* -------------------------------------------------------------- questions */

int super_statfs(struct super_block *sb, struct kstatfs *st)
{
	int err = 0;

	*st = (struct kstatfs){
		.type = sb->magic, .bsize = sb->blocksize, .frsize = sb->blocksize,
		.namelen = NAME_MAX,
		.fsid = { (u32)sb->dev, (u32)(sb->dev >> 32) },
	};
	if (sb->s_op && sb->s_op->statfs)
		err = sb->s_op->statfs(sb, st);
	return err;
}

int sync_super(struct super_block *sb, bool wait)
{
	int err = 0, e;

	if (sb->flags & MS_RDONLY)
		return 0;
	if (sb->bdev)
		err = writeback_sync(sb, wait);
	if (sb->s_op && sb->s_op->sync) {
		e = sb->s_op->sync(sb, wait);
		err = err ? err : e;
	}
	if (sb->bdev && sb->bdev->inode) {
		e = filemap_write_range(sb->bdev->inode->mapping, 0, -1);
		err = err ? err : e;
	}
	if (wait && sb->bdev) {
		if (sb->bdev->inode) {
			e = filemap_wait_range(sb->bdev->inode->mapping, 0, -1);
			err = err ? err : e;
		}
		e = block_device_flush(sb->bdev);
		err = err ? err : e;
	}
	return err;
}

/* The one after @prev, which is put; with a reference. */
static struct super_block *super_next(struct super_block *prev)
{
	struct super_block *sb = NULL;
	struct list_head *at;

	spin_lock(&supers_lock);
	for (at = prev ? prev->node.next : supers.next; at != &supers; at = at->next) {
		sb = list_entry(at, struct super_block, node);
		if (atomic_inc_not_zero(&sb->active))
			break;
		sb = NULL;
	}
	spin_unlock(&supers_lock);
	if (prev)
		super_put(prev);
	return sb;
}

int sync_filesystems(bool wait)
{
	struct super_block *sb;
	int err = 0, e;

	for (sb = super_next(NULL); sb; sb = super_next(sb)) {
		e = sync_super(sb, wait);
		err = err ? err : e;
	}
	e = writeback_sync_all(wait);   /* block devices written without a file system */
	return err ? err : e;
}
