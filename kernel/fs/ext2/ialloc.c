// SPDX-License-Identifier: MIT
/*
 * Which inodes are free, and where a new one goes.
 *
 * What is used together should lie together: a file's inode goes into its
 * directory's group.  Directories below the root are spread over the groups,
 * each the start of a tree of its own; deeper ones stay with their parent
 * while it has room.
 *
 * Always true: an inode's bit is set before a name or a block of metadata
 *              speaks of it, and cleared after the last that did.
 * Lock: alloc_lock.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/random.h>
#include <kernel/time.h>
#include <mm/slab.h>

static u32 first_group(struct ext2_sb *s, const struct inode *dir, bool is_dir)
{
	u32 parent = (u32)(dir->ino - 1) / s->geo.inodes_per_group;
	u32 average_inodes = (u32)(s->free_inodes / s->geo.groups),
	    average_blocks = (u32)(s->free_blocks / s->geo.groups);

	if (!is_dir || dir->ino != EXT2_ROOT_INO)
		return parent;
	for (u32 i = 0; i < s->geo.groups; i++) {
		u32 g = (s->next_dir_group + i) % s->geo.groups;
		struct ext2_group *gd = ext2_group(s, g, NULL);

		if (gd->bg_free_inodes_count && LE16(gd->bg_free_inodes_count) >= average_inodes &&
		    LE16(gd->bg_free_blocks_count) >= average_blocks) {
			s->next_dir_group = (g + 1) % s->geo.groups;
			return g;
		}
	}
	return parent;
}

static void count_inodes(struct ext2_sb *s, u32 group, int delta, int dirs)
{
	struct page *page;
	struct ext2_group *gd = ext2_group(s, group, &page);

	gd->bg_free_inodes_count = LE16((u16)(LE16(gd->bg_free_inodes_count) + delta));
	gd->bg_used_dirs_count = LE16((u16)(LE16(gd->bg_used_dirs_count) + dirs));
	s->free_inodes += (s64)delta;
	ext2_meta_dirty(s, page);
}

/* alloc_lock held.  -ENOSPC: look elsewhere. */
static int alloc_in_group(struct ext2_sb *s, u32 group, bool is_dir, u32 *ino)
{
	struct ext2_group *gd = ext2_group(s, group, NULL);
	u32 n = s->geo.inodes_per_group, reserved = group ? 0 : s->geo.first_ino - 1, bit;
	struct page *page;
	u8 *map;

	if (!gd->bg_free_inodes_count)
		return -ENOSPC;
	page = ext2_meta_read(s, LE32(gd->bg_inode_bitmap));
	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	map = page_address(page);
	bit = reserved < n ? ext2_find_zero_bit(map, reserved, n) : n;
	if (bit < n) {
		ext2_set_bit(map, bit);
		ext2_meta_dirty(s, page);
		count_inodes(s, group, -1, is_dir);
		*ino = group * n + bit + 1;
	} else {
		ext2_damaged(s, "group %u counts %u free inodes and has none", group,
			     LE16(gd->bg_free_inodes_count));
		count_inodes(s, group, -(int)LE16(gd->bg_free_inodes_count), 0);
	}
	put_page(page);
	return bit < n ? 0 : -ENOSPC;
}

static int alloc_ino(struct ext2_sb *s, const struct inode *dir, bool is_dir, u32 *ino)
{
	int err = -ENOSPC;
	u32 first;

	mutex_lock(&s->alloc_lock);
	first = first_group(s, dir, is_dir);
	for (u32 i = 0; i < s->geo.groups && err == -ENOSPC; i++)
		err = alloc_in_group(s, (first + i) % s->geo.groups, is_dir, ino);
	mutex_unlock(&s->alloc_lock);
	return err;
}

void ext2_free_inode(struct ext2_sb *s, u32 ino, bool is_dir)
{
	u32 group = (ino - 1) / s->geo.inodes_per_group, bit = (ino - 1) % s->geo.inodes_per_group;
	struct page *page;
	u8 *map;

	mutex_lock(&s->alloc_lock);
	page = ext2_meta_read(s, LE32(ext2_group(s, group, NULL)->bg_inode_bitmap));
	if (IS_ERR(page)) {
		ext2_damaged(s, "inode %u is lost: the bitmap cannot be read", ino);
		goto out;
	}
	map = page_address(page);
	if (ext2_test_bit(map, bit)) {
		ext2_clear_bit(map, bit);
		ext2_meta_dirty(s, page);
		count_inodes(s, group, 1, is_dir ? -1 : 0);
	} else {
		ext2_damaged(s, "inode %u is freed and is free", ino);
	}
	put_page(page);
out:
	mutex_unlock(&s->alloc_lock);
}

struct inode *ext2_new_inode(struct inode *dir, u32 mode)
{
	struct ext2_sb *s = ext2_sb(dir->sb);
	struct inode *inode = inode_alloc(dir->sb);
	struct ext2_inode *ei = ext2_inode_alloc();
	u32 ino = 0;
	int err = inode && ei ? alloc_ino(s, dir, S_ISDIR(mode), &ino) : -ENOMEM;

	if (err) {
		ext2_inode_free(ei);
		inode_put(inode);
		return ERR_PTR(err);
	}
	inode->ino = ino;
	inode->private_ = ei;
	inode_init_owner(inode, dir, mode);
	inode->generation = (u32)get_random_u64();
	inode->atime = inode->mtime = inode->ctime = inode->btime = current_time();
	inode->chattr = dir->chattr & (S_ISREG(mode) || S_ISDIR(mode) ? EXT2_FL_INHERITED :
				       EXT2_FL_INHERITED_OTHER);
	ei->extra_isize = s->geo.want_extra;
	ei->live = true;
	ext2_set_ops(inode);
	err = ext2_init_inode(inode);
	if (err) {
		ext2_drop_link(inode);
		inode_put(inode);
		return ERR_PTR(err);
	}
	inode_hash_insert(inode);
	return inode;
}
