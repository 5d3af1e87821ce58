// SPDX-License-Identifier: MIT
/*
 * tmpfs as a whole: mounting, its limits, unmounting.
 */
#include <kernel/fs/tmpfs.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/tmpfs_internal.h>
#include <kernel/log.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/slab.h>

/* "64m", "50%": in pages. */
static int parse_size(const char *s, u64 *pages)
{
	const char *end;
	unsigned long n;
	unsigned int shift = 0;

	if (parse_ulong(s, &end, 0, &n))
		return -EINVAL;
	if (*end == '%') {
		*pages = n * frames_total / 100;
		return 0;
	}
	switch (*end | 0x20) {
	case 'g':
		shift = 30;
		break;
	case 'm':
		shift = 20;
		break;
	case 'k':
		shift = 10;
		break;
	default:
		break;
	}
	if (n > ~0UL >> shift)
		return -EINVAL;
	*pages = DIV_ROUND_UP(n << shift, PAGE_SIZE);
	return 0;
}

static int parse_option(struct tmpfs *fs, const char *opt, struct inode *root)
{
	unsigned long n;
	const char *end;

	if (!strncmp(opt, "size=", 5))
		return parse_size(opt + 5, &fs->quota.max);
	if (!strncmp(opt, "nr_blocks=", 10))
		return parse_size(opt + 10, &fs->quota.max);
	if (!strncmp(opt, "nr_inodes=", 10)) {
		if (parse_ulong(opt + 10, &end, 0, &n))
			return -EINVAL;
		fs->max_inodes = n ? n : ~0UL >> 1;
		return 0;
	}
	if (!root)
		return 0;               /* remount: owner and mode stay */
	if (!strncmp(opt, "mode=", 5)) {
		if (parse_ulong(opt + 5, &end, 8, &n) || n > 07777)
			return -EINVAL;
		root->mode = S_IFDIR | (u32)n;
	} else if (!strncmp(opt, "uid=", 4)) {
		if (parse_ulong(opt + 4, &end, 10, &n))
			return -EINVAL;
		root->uid = (u32)n;
	} else if (!strncmp(opt, "gid=", 4)) {
		if (parse_ulong(opt + 4, &end, 10, &n))
			return -EINVAL;
		root->gid = (u32)n;
	}
	return 0;                       /* others (huge=, noswap, ...) change nothing here */
}

static int parse_options(struct tmpfs *fs, const char *options, struct inode *root)
{
	char word[64];
	int err = 0;

	while (!err && options && *options) {
		size_t len = strcspn(options, ",");

		if (len >= sizeof(word))
			return -EINVAL;
		memcpy(word, options, len);
		word[len] = '\0';
		err = parse_option(fs, word, root);
		options += len + (options[len] == ',');
	}
	return err;
}

int tmpfs_fill(struct super_block *sb, u32 mode, const char *options)
{
	struct tmpfs *fs = kmalloc(sizeof(*fs), GFP_KERNEL | GFP_ZERO);
	struct inode *root;
	int err;

	if (!fs)
		return -ENOMEM;
	spin_lock_init(&fs->lock, RANK_LEAF);
	fs->next_ino = 1;
	fs->quota.max = frames_total / 2;
	fs->max_inodes = frames_total / 2;
	sb->private_ = fs;
	sb->s_op = &tmpfs_sops;
	sb->magic = TMPFS_MAGIC;
	sb->max_bytes = ~0UL >> 1;
	root = tmpfs_inode(sb, NULL, S_IFDIR | mode, 0, NULL);
	err = PTR_ERR_OR_ZERO(root);
	if (!err) {
		err = parse_options(fs, options, root);
		if (!err) {
			sb->root = d_alloc_root(root);
			err = sb->root ? 0 : -ENOMEM;
		}
		if (err)
			inode_put(root);
	}
	if (err) {
		sb->private_ = NULL;
		kfree(fs);
	}
	return err;
}

static int tmpfs_fill_super(struct super_block *sb, struct block_device *bdev, const char *options)
{
	return tmpfs_fill(sb, 01777, options);
}

static atomic_long_t memfd_ispace;      /* [a] of memfds' attributes, which no mount limits */

bool tmpfs_charge(struct tmpfs *fs, u32 space)
{
	u64 max = fs ? fs->max_inodes : frames_total / 2;
	u64 used = (u64)atomic_long_add_return(space, fs ? &fs->ispace : &memfd_ispace);

	if (DIV_ROUND_UP(used, TMPFS_ISPACE) <= max)
		return true;
	tmpfs_uncharge(fs, space);
	return false;
}

void tmpfs_uncharge(struct tmpfs *fs, u32 space)
{
	atomic_long_add(-(long)space, fs ? &fs->ispace : &memfd_ispace);
}

static int tmpfs_statfs(struct super_block *sb, struct kstatfs *st)
{
	struct tmpfs *fs = sb->private_;
	u64 used = (u64)max(atomic_long_read(&fs->quota.pages), 0L);
	u64 inodes = DIV_ROUND_UP((u64)atomic_long_read(&fs->ispace), TMPFS_ISPACE);

	st->blocks = fs->quota.max;
	st->bfree = st->bavail = used < fs->quota.max ? fs->quota.max - used : 0;
	st->files = fs->max_inodes;
	st->ffree = inodes < fs->max_inodes ? fs->max_inodes - inodes : 0;
	return 0;
}

static void tmpfs_show_options(struct super_block *sb, char *buf, size_t size)
{
	struct tmpfs *fs = sb->private_;

	if (fs->quota.max != frames_total / 2)
		scnprintf(buf, size, "size=%luk", fs->quota.max << (PAGE_SHIFT - 10));
}

static int tmpfs_remount(struct super_block *sb, unsigned long flags, const char *options)
{
	return parse_options(sb->private_, options, NULL);
}

static void tmpfs_put_super(struct super_block *sb)
{
	kfree(sb->private_);
}

const struct super_operations tmpfs_sops = {
	.evict = tmpfs_evict,
	.statfs = tmpfs_statfs,
	.unpin = tmpfs_unpin,
	.put_super = tmpfs_put_super,
	.show_options = tmpfs_show_options,
	.remount = tmpfs_remount,
};

struct file_system_type tmpfs_type = { .name = "tmpfs", .fill_super = tmpfs_fill_super };
