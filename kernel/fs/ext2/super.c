// SPDX-License-Identifier: MIT
/*
 * ext2: mount, sync, statistics, unmount.
 *
 * EXT2_VALID_FS on the disk means that the disk is consistent as it is.  It is
 * set at the end of every sync that found nothing left to write, and taken
 * back before the first change after that; so a machine that is switched off
 * after sync leaves a clean file system, mounted or not.
 *
 *	clean ──first change──► VALID taken back, waited for ──► changes
 *	  ▲                                                        │
 *	  └── VALID written ◄── flush ◄── all metadata written ◄───┘ sync
 *
 * Lock: super_lock for the super block's bytes; counts come from under
 * alloc_lock.
 */
#include <kernel/fs/ext2/ext2.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/ext2/dirindex.h>
#include <kernel/fs/ext2/fs.h>
#include <kernel/log.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/slab.h>

#define DAMAGES_TOLD    16      /* lines a mount writes about its damage */

static int ext2_fill_super(struct super_block *sb, struct block_device *bdev, const char *options);

static struct file_system_type ext2_type = {
	.name = "ext2",
	.needs_device = true,
	.fill_super = ext2_fill_super,
};

void ext2_init(void)
{
	ext2_inode_cache_init();
	ext2_dirindex_init();
	register_filesystem(&ext2_type);
}

int ext2_damaged(struct ext2_sb *s, const char *fmt, ...)
{
	u32 n = __atomic_fetch_add(&s->errors, 1, __ATOMIC_RELAXED);
	char text[128];
	va_list ap;

	if (n < DAMAGES_TOLD) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		pr_err("ext2 (%s): %s%s", s->bdev->name, text,
		       n + 1 == DAMAGES_TOLD ? " (no more is told)" : "");
	}
	return -EUCLEAN;
}

/* ------------------------------------------------------------------ sync */

/* super_lock held: the super block's block to the disk, and wait. */
static int super_write(struct ext2_sb *s)
{
	loff_t at = (loff_t)s->super_page->index << PAGE_SHIFT;
	int err, e;

	set_page_dirty(s->super_page);
	err = filemap_write_range(&s->meta, at, at);
	e = filemap_wait_range(&s->meta, at, at);
	return err ? err : e;
}

void ext2_unclean(struct ext2_sb *s)
{
	struct ext2_super *es = ext2_super(s);

	mutex_lock(&s->super_lock);
	WRITE_ONCE(s->clean, 0);
	if (s->says_valid) {
		es->s_state &= LE16((u16)~EXT2_VALID_FS);
		es->s_wtime = LE32((u32)current_time().tv_sec);
		if (!s->counted) {
			es->s_mtime = es->s_wtime;
			es->s_mnt_count = LE16((u16)(LE16(es->s_mnt_count) + 1));
			s->counted = true;
		}
		s->says_valid = false;
		if (super_write(s))
			pr_err("ext2 (%s): the super block cannot be written", s->bdev->name);
	}
	mutex_unlock(&s->super_lock);
}

void ext2_need_large_file(struct ext2_sb *s)
{
	mutex_lock(&s->super_lock);
	s->geo.ro_compat |= EXT2_RO_LARGE_FILE;
	ext2_super(s)->s_feature_ro_compat |= LE32(EXT2_RO_LARGE_FILE);
	mutex_unlock(&s->super_lock);
	ext2_meta_dirty(s, s->super_page);
}

void ext2_need_xattr(struct ext2_sb *s)
{
	struct ext2_super *es = ext2_super(s);

	if (s->geo.compat & EXT2_COMPAT_EXT_ATTR)
		return;
	mutex_lock(&s->super_lock);
	if (!es->s_rev_level) {         /* one without features: now it has them */
		es->s_rev_level = LE32(1);
		es->s_first_ino = LE32(s->geo.first_ino);
		es->s_inode_size = LE16((u16)s->geo.inode_size);
	}
	s->geo.compat |= EXT2_COMPAT_EXT_ATTR;
	es->s_feature_compat |= LE32(EXT2_COMPAT_EXT_ATTR);
	mutex_unlock(&s->super_lock);
	ext2_meta_dirty(s, s->super_page);
}

static void update_counts(struct ext2_sb *s)
{
	struct ext2_super *es = ext2_super(s);
	u64 blocks, inodes;

	mutex_lock(&s->alloc_lock);
	blocks = s->free_blocks;
	inodes = s->free_inodes;
	mutex_unlock(&s->alloc_lock);
	mutex_lock(&s->super_lock);
	es->s_free_blocks_count = LE32((u32)blocks);
	es->s_free_inodes_count = LE32((u32)inodes);
	es->s_wtime = LE32((u32)current_time().tv_sec);
	if (READ_ONCE(s->errors))
		es->s_state |= LE16(EXT2_ERROR_FS);
	mutex_unlock(&s->super_lock);
	set_page_dirty(s->super_page);
}

/* Everything is on the disk: say so, unless something has changed meanwhile. */
static int mark_valid(struct ext2_sb *s)
{
	int err = 0;

	mutex_lock(&s->super_lock);
	if (READ_ONCE(s->clean) && s->was_clean && !READ_ONCE(s->errors) &&
	    !atomic_read(&s->orphans)) {
		ext2_super(s)->s_state |= LE16(EXT2_VALID_FS);
		s->says_valid = true;
		err = super_write(s);
	}
	mutex_unlock(&s->super_lock);
	return err;
}

/*
 * The inodes were written by write-back already (sync_super); the device's cache is flushed after
 * us.
 */
static int ext2_sync(struct super_block *sb, bool wait)
{
	struct ext2_sb *s = ext2_sb(sb);
	int err;

	if ((sb->flags & MS_RDONLY) || READ_ONCE(s->clean))
		return 0;
	if (!wait) {
		update_counts(s);
		return filemap_write_range(&s->meta, 0, -1);
	}
	WRITE_ONCE(s->clean, 1);
	smp_mb();       /* the flag before the search for dirty pages: see ext2_meta_dirty() */
	update_counts(s);
	err = ext2_meta_sync(s);
	if (!err)
		err = block_device_flush(s->bdev);
	if (!err)
		err = mark_valid(s);
	if (err)
		WRITE_ONCE(s->clean, 0);
	return err;
}

/* ----------------------------------------------------------------- mount */

/* Options that mount(8) may pass; what they ask for is so, or does not matter here. */
static int check_options(const char *options)
{
	static const char *const known[] = {
		"errors=",    "acl",	 "noacl", "user_xattr", "nouser_xattr", "bsddf",
		"check=none", "nocheck", "grpid", "nogrpid",	"bsdgroups",	"sysvgroups",
		"nouid32",    "debug",	 "nobh",  "resuid=",	"resgid=",	"noload",
	};

	while (options && *options) {
		size_t len = strcspn(options, ",");
		bool ok = !len;

		for (unsigned int i = 0; i < ARRAY_SIZE(known) && !ok; i++) {
			size_t k = strlen(known[i]);

			ok = !strncmp(options, known[i], k) &&
			     (k == len || (known[i][k - 1] == '=' && len > k));
		}
		if (!ok) {
			pr_err("ext2: unknown option %.*s", (int)len, options);
			return -EINVAL;
		}
		options += len + (options[len] == ',');
	}
	return 0;
}

/* Read and judge the super block.  0, -EIO, -EINVAL, -EUCLEAN, with a line in the log. */
static int read_super(struct ext2_sb *s, struct ext2_super *es)
{
	struct page *page = bdev_read_page(s->bdev, 0);
	const char *why;
	char name[16];
	int err;

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	memcpy(es, (char *)page_address(page) + EXT2_SUPER_OFFSET, sizeof(*es));
	put_page(page);
	err = ext2_check_super(es, s->bdev->nr_sectors << SECTOR_SHIFT, &s->geo, &why);
	if (err && (s->geo.incompat & ~EXT2_INCOMPAT_KNOWN))
		pr_err("ext2 (%s): not mounted: it has the feature \"%s\", unknown here",
		       s->bdev->name,
		       ext2_feature_name(EXT2_FEATURE_INCOMPAT,
					 s->geo.incompat & ~EXT2_INCOMPAT_KNOWN, name,
					 sizeof(name)));
	else if (err)
		pr_err("ext2 (%s): not mounted: %s", s->bdev->name, why);
	return err;
}

static bool unknown_ro_compat(struct ext2_sb *s)
{
	u32 unknown = s->geo.ro_compat & ~EXT2_RO_KNOWN;
	char name[16];

	if (unknown)
		pr_warn("ext2 (%s): read-only: it has the feature \"%s\", unknown here",
			s->bdev->name,
			ext2_feature_name(EXT2_FEATURE_RO_COMPAT, unknown, name, sizeof(name)));
	return unknown;
}

static int read_groups(struct ext2_sb *s)
{
	int err = 0;

	s->gdt = kvmalloc(s->geo.gdt_blocks * sizeof(*s->gdt), GFP_KERNEL | GFP_ZERO);
	if (!s->gdt)
		return -ENOMEM;
	for (u32 i = 0; i < s->geo.gdt_blocks; i++) {
		struct page *page = ext2_meta_read(s, s->geo.first_data_block + 1 + i);

		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		s->gdt[i] = page;
	}
	for (u32 g = 0; g < s->geo.groups && !err; g++) {
		const struct ext2_group *gd = ext2_group(s, g, NULL);

		err = ext2_check_group(&s->geo, g, gd);
		if (err)
			pr_err("ext2 (%s): not mounted: the descriptor of group %u is damaged",
			       s->bdev->name, g);
		s->free_blocks += LE16(gd->bg_free_blocks_count);
		s->free_inodes += LE16(gd->bg_free_inodes_count);
	}
	return err;
}

static void free_super(struct ext2_sb *s)
{
	if (s->super_page)
		put_page(s->super_page);
	for (u32 i = 0; s->gdt && i < s->geo.gdt_blocks; i++)
		if (s->gdt[i])
			put_page(s->gdt[i]);
	kvfree(s->gdt);
	if (s->meta.a_ops) {
		truncate_pages(&s->meta, 0, -1);
		address_space_destroy(&s->meta);
	}
	bdev_flush_cache(s->bdev);      /* what it has cached is old */
	kfree(s);
}

static int read_state(struct ext2_sb *s)
{
	struct super_block *sb = s->sb;
	u32 block = EXT2_SUPER_OFFSET / s->geo.block_size;
	struct ext2_super *es;
	struct page *page = ext2_meta_read(s, block);

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	s->super_page = page;
	s->super_off = EXT2_SUPER_OFFSET % s->geo.block_size;
	es = ext2_super(s);
	s->reserved_blocks = LE32(es->s_r_blocks_count);
	s->resuid = LE16(es->s_def_resuid);
	s->resgid = LE16(es->s_def_resgid);
	s->was_clean = (LE16(es->s_state) & (EXT2_VALID_FS | EXT2_ERROR_FS)) == EXT2_VALID_FS;
	s->says_valid = s->was_clean;
	s->clean = s->was_clean;
	if (!s->was_clean && !(sb->flags & MS_RDONLY))
		pr_warn("ext2 (%s): was not unmounted cleanly: e2fsck is recommended",
			s->bdev->name);
	return 0;
}

static const struct super_operations ext2_sops;

static int make_root(struct super_block *sb)
{
	struct inode *root = ext2_iget(sb, EXT2_ROOT_INO);

	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	if (!S_ISDIR(root->mode)) {
		inode_put(root);
		return ext2_damaged(ext2_sb(sb), "the root is not a directory");
	}
	sb->root = d_alloc_root(root);
	if (sb->root)
		return 0;
	inode_put(root);
	return -ENOMEM;
}

static int ext2_fill_super(struct super_block *sb, struct block_device *bdev, const char *options)
{
	struct ext2_sb *s = kzalloc(sizeof(*s), GFP_KERNEL);
	struct ext2_super *es = kmalloc(sizeof(*es), GFP_KERNEL);
	int err = s && es ? check_options(options) : -ENOMEM;

	if (err)
		goto out;
	s->sb = sb;
	s->bdev = bdev;
	mutex_init(&s->alloc_lock, RANK_FS_ALLOC);
	mutex_init(&s->super_lock, RANK_SLEEPING_LEAF);
	err = bdev_flush_cache(bdev);
	if (!err)
		err = read_super(s, es);
	if (err)
		goto out;
	if (unknown_ro_compat(s))
		sb->flags |= MS_RDONLY;
	ext2_meta_init(s);
	err = read_state(s);
	if (!err)
		err = read_groups(s);
	if (err)
		goto out;
	sb->private_ = s;
	sb->s_op = &ext2_sops;
	sb->magic = EXT2_MAGIC;
	sb->blocksize = s->geo.block_size;
	sb->has_chattr = true;
	sb->max_bytes = ext2_max_blocks(&s->geo) << s->geo.block_bits;
	err = make_root(sb);
out:
	kfree(es);
	if (err && s && s->bdev) {
		inode_evict_super(sb);          /* a root that was read and is of no use */
		free_super(s);
	} else if (err) {
		kfree(s);
	}
	return err;
}

/* ------------------------------------------------------------- the rest */

static int ext2_remount(struct super_block *sb, unsigned long flags, const char *options)
{
	int err = check_options(options);

	if (err)
		return err;
	/* To read-only: all has been synced, and the disk says that it is valid. */
	if (!(flags & MS_RDONLY) && (sb->flags & MS_RDONLY) && unknown_ro_compat(ext2_sb(sb)))
		return -EROFS;
	return 0;
}

/* What no file can use: super blocks, descriptors, bitmaps, tables. */
static u64 overhead(const struct ext2_sb *s)
{
	u64 n = s->geo.first_data_block + (u64)s->geo.groups * (2 + s->geo.table_blocks);

	for (u32 g = 0; g < s->geo.groups; g++)
		if (ext2_group_has_super(&s->geo, g))
			n += 1 + s->geo.gdt_blocks;
	return n;
}

static int ext2_statfs(struct super_block *sb, struct kstatfs *st)
{
	struct ext2_sb *s = ext2_sb(sb);
	const u8 *uuid = ext2_super(s)->s_uuid;

	st->type = EXT2_MAGIC;
	st->bsize = st->frsize = s->geo.block_size;
	st->blocks = s->geo.blocks - min(overhead(s), (u64)s->geo.blocks);
	mutex_lock(&s->alloc_lock);
	st->bfree = s->free_blocks;
	st->ffree = s->free_inodes;
	mutex_unlock(&s->alloc_lock);
	st->bavail = st->bfree > s->reserved_blocks ? st->bfree - s->reserved_blocks : 0;
	st->files = s->geo.inodes;
	st->namelen = EXT2_NAME_MAX;
	memcpy(st->fsid, uuid, sizeof(st->fsid));
	for (unsigned int i = 0; i < sizeof(st->fsid); i++)
		((u8 *)st->fsid)[i] ^= uuid[8 + i];
	return 0;
}

static void ext2_put_super(struct super_block *sb)
{
	struct ext2_sb *s = ext2_sb(sb);

	ext2_sync(sb, true);            /* the last inodes may have been freed since */
	sb->private_ = NULL;
	free_super(s);
}

static const struct super_operations ext2_sops = {
	.write_inode = ext2_write_inode,
	.evict = ext2_evict,
	.sync = ext2_sync,
	.statfs = ext2_statfs,
	.put_super = ext2_put_super,
	.remount = ext2_remount,
};
