// SPDX-License-Identifier: MIT
/*
 * Which blocks are free: one bitmap a group, counted in the group's descriptor
 * and in the super block.
 *
 * A file should lie in one piece.  Whoever asks names the block he would like
 * (the one behind the file's last); if that is taken, a new piece begins, and
 * it begins where there is room to go on: at a free stretch of bytes of the
 * bitmap, and only when there is none at any free bit.  Two files that grow
 * side by side so keep out of each other's way.
 *
 * Always true: free_blocks is the sum of the groups' counts, while the image
 *              was sound;
 *              a block that holds metadata of the file system is never handed
 *              out or freed, whatever the bitmap says.
 * Lock: alloc_lock.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/cred.h>
#include <kernel/task.h>

/* Bytes of the bitmap that must be free where a piece begins: 8 blocks. */
#define RUN_SMALL       1U
#define RUN_LARGE       8U      /* for a file that has shown that it grows */

static int alloc_in_group(struct ext2_sb *s, u32 group, u32 goal, u32 run, u32 *block);

struct ext2_group *ext2_group(struct ext2_sb *s, u32 group, struct page **page)
{
	struct page *p = s->gdt[group / s->geo.groups_per_block];

	if (page)
		*page = p;
	return (struct ext2_group *)page_address(p) + group % s->geo.groups_per_block;
}

/* The last blocks are kept for root, or whom tune2fs named. */
static bool may_take(struct ext2_sb *s)
{
	const struct cred *c = current->cred;

	if (s->free_blocks > s->reserved_blocks)
		return true;
	if (!s->free_blocks)
		return false;
	return capable(CAP_SYS_RESOURCE) || c->fsuid == s->resuid ||
	       (s->resgid && cred_in_group(c, s->resgid));
}

int ext2_alloc_block(struct ext2_sb *s, u32 goal, bool want_run, u32 *block)
{
	u32 groups = s->geo.groups, first, run = want_run ? RUN_LARGE : RUN_SMALL;
	int err = -ENOSPC;

	if (!ext2_block_valid(&s->geo, goal))
		goal = s->geo.first_data_block + 1;
	first = ext2_group_of(&s->geo, goal);
	mutex_lock(&s->alloc_lock);
	if (!may_take(s))
		goto out;
	/* Ever smaller demands: a good place in any group, then any bit. */
	for (;; run = run == RUN_LARGE ? RUN_SMALL : 0) {
		for (u32 i = 0; i < groups; i++) {
			u32 g = (first + i) % groups;

			err = alloc_in_group(s, g, i ? 0 : goal, run, block);
			if (err != -ENOSPC)
				goto out;
		}
		if (!run)
			break;
	}
out:
	mutex_unlock(&s->alloc_lock);
	return err;
}

/* The wanted bit; else a run of free bytes behind it, or before it; without @run any free bit. */
static u32 find_bit(const u8 *map, u32 nbits, u32 goal, u32 run)
{
	u32 bit;

	if (goal && !ext2_test_bit(map, goal))
		return goal;
	if (!run) {
		bit = ext2_find_zero_bit(map, goal, nbits);
		return bit < nbits ? bit : ext2_find_zero_bit(map, 0, nbits);
	}
	bit = ext2_find_zero_bytes(map, goal, nbits, run);
	return bit < nbits ? bit : ext2_find_zero_bytes(map, 0, nbits, run);
}

static void count_blocks(struct ext2_sb *s, u32 group, s32 delta)
{
	struct page *page;
	struct ext2_group *gd = ext2_group(s, group, &page);

	gd->bg_free_blocks_count = LE16((u16)(LE16(gd->bg_free_blocks_count) + delta));
	s->free_blocks += (s64)delta;
	ext2_meta_dirty(s, page);
}

/* @goal: a block of the group, or 0.  -ENOSPC: look elsewhere. */
static int alloc_in_group(struct ext2_sb *s, u32 group, u32 goal, u32 run, u32 *block)
{
	struct ext2_group *gd = ext2_group(s, group, NULL);
	u32 first = ext2_group_first(&s->geo, group), nbits = ext2_group_blocks(&s->geo, group),
	    bit;
	struct page *page;
	int err = -ENOSPC;
	u8 *map;

	if (!gd->bg_free_blocks_count)
		return -ENOSPC;
	page = ext2_meta_read(s, LE32(gd->bg_block_bitmap));
	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	map = page_address(page);
	for (;;) {
		bit = find_bit(map, nbits, goal ? goal - first : 0, run);
		if (bit >= nbits)
			break;
		ext2_set_bit(map, bit);
		ext2_meta_dirty(s, page);
		if (ext2_block_is_system(&s->geo, gd, first + bit)) {
			ext2_damaged(s, "the bitmap of group %u calls block %u of metadata free",
				     group, first + bit);
			continue;
		}
		count_blocks(s, group, -1);
		*block = first + bit;
		err = 0;
		break;
	}
	/* The count promised more than the bitmap has: with any bit allowed, that is damage. */
	if (err && !run) {
		ext2_damaged(s, "group %u counts %u free blocks and has none", group,
			     LE16(gd->bg_free_blocks_count));
		count_blocks(s, group, -(s32)LE16(gd->bg_free_blocks_count));
	}
	put_page(page);
	return err;
}

/* [block, block + count) lies in one group; alloc_lock held. */
static void free_in_group(struct ext2_sb *s, u32 group, u32 block, u32 count)
{
	struct ext2_group *gd = ext2_group(s, group, NULL);
	struct page *page = ext2_meta_read(s, LE32(gd->bg_block_bitmap));
	u32 freed = 0;
	u8 *map;

	if (IS_ERR(page)) {
		ext2_damaged(s, "blocks %u to %u are lost: the bitmap cannot be read", block,
			     block + count - 1);
		return;
	}
	map = page_address(page);
	for (u32 b = block; b < block + count; b++) {
		u32 bit = b - ext2_group_first(&s->geo, group);

		if (ext2_block_is_system(&s->geo, gd, b) || !ext2_test_bit(map, bit)) {
			ext2_damaged(s, "block %u is freed and is %s", b,
				     ext2_test_bit(map, bit) ? "metadata" : "free");
			continue;
		}
		ext2_clear_bit(map, bit);
		freed++;
	}
	ext2_meta_dirty(s, page);
	put_page(page);
	count_blocks(s, group, (s32)freed);
}

void ext2_free_blocks(struct ext2_sb *s, u32 block, u32 count)
{
	mutex_lock(&s->alloc_lock);
	while (count) {
		u32 group = ext2_group_of(&s->geo, block);
		u32 end = ext2_group_first(&s->geo, group) + ext2_group_blocks(&s->geo, group);
		u32 n = min(count, end - block);

		free_in_group(s, group, block, n);
		block += n;
		count -= n;
	}
	mutex_unlock(&s->alloc_lock);
}
