// SPDX-License-Identifier: MIT
/*
 * From a block of a file to a block of the disk.
 *
 *	block[0..11] ──────────────────────────────► data
 *	block[12] ──► indirect ────────────────────► data
 *	block[13] ──► double ──► indirect ─────────► data
 *	block[14] ──► triple ──► double ──► indirect ► data
 *
 * A pointer of 0 is a hole.  Every pointer that comes from the disk is checked
 * before it is followed: it may name anything.
 *
 * Lock: map_lock, for reading by look-ups; pointers are set with it held for
 * writing.  The page lock of the file's page is held by most callers.
 */
#include <kernel/fs/ext2/fs.h>

#include <mm/filemap.h>

/* One step down: where the pointer is, and the page that holds it (NULL: the inode). */
struct slot {
	u32 *ptr;
	struct page *page;
};

static int bad_pointer(struct inode *inode, u32 block)
{
	return ext2_damaged(ext2_sb(inode->sb), "inode %lu points to block %u",
			    (unsigned long)inode->ino, block);
}

/* Pointers in the inode are in the machine's order, those in blocks in the disk's. */
static u32 slot_get(const struct slot *slot)
{
	u32 v = READ_ONCE(*slot->ptr);

	return slot->page ? LE32(v) : v;
}

static void slot_put(struct slot *slot)
{
	if (slot->page)
		put_page(slot->page);
	slot->page = NULL;
}

static void slot_set(struct inode *inode, struct slot *slot, u32 block)
{
	WRITE_ONCE(*slot->ptr, slot->page ? LE32(block) : block);
	if (slot->page)
		ext2_meta_dirty(ext2_sb(inode->sb), slot->page);
	else
		inode_mark_dirty(inode);
}

/* From @slot, whose pointer is @block, to pointer @index of that indirect block. */
static int slot_down(struct inode *inode, struct slot *slot, u32 block, u32 index)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct page *page;

	if (!ext2_block_valid(&s->geo, block))
		return bad_pointer(inode, block);
	page = ext2_meta_read(s, block);
	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	slot_put(slot);
	slot->page = page;
	slot->ptr = ext2_ptr(page, index);
	return 0;
}

/*
 * Pointers behind @slot's within its array, up to @max, that go on from @block (or are 0 as well).
 */
static u32 run_length(const struct ext2_sb *s, const struct slot *slot, u32 index, u32 block,
		      u32 max)
{
	u32 end = slot->page ? s->geo.ptrs : EXT2_NDIR, n = 1;

	for (struct slot at = *slot; n < max && index + n < end; n++) {
		at.ptr++;
		if (slot_get(&at) != (block ? block + n : 0))
			break;
	}
	return n;
}

int ext2_map(struct inode *inode, u32 lblock, u32 max, u32 *block)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	u32 index[4], level = 0, b;
	int depth = ext2_block_path(&s->geo, lblock, index), ret = 0;
	struct slot slot = { .ptr = &ei->block[index[0]] };

	if (depth < 0)
		return depth;
	*block = 0;
	down_read(&ei->map_lock);
	while ((b = slot_get(&slot)) && ++level < (u32)depth) {
		ret = slot_down(inode, &slot, b, index[level]);
		if (ret)
			goto out;
	}
	if (b && !ext2_block_valid(&s->geo, b)) {
		ret = bad_pointer(inode, b);
		goto out;
	}
	if (!b && level + 1 < (u32)depth) {     /* no table for it: a hole to the table's end */
		ret = (int)min(max, s->geo.ptrs - index[depth - 1]);
		goto out;
	}
	*block = b;
	ret = (int)run_length(s, &slot, index[depth - 1], b, max);
	if (b)
		ret = (int)min((u32)ret, s->geo.blocks - b);
out:
	slot_put(&slot);
	up_read(&ei->map_lock);
	return ret;
}

u32 ext2_map_unread(struct inode *inode, u32 lblock)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	u32 index[4], b = 0;
	int depth = ext2_block_path(&s->geo, lblock, index);
	struct slot slot = { .ptr = ei->block };
	struct page *page;

	if (depth < 0)
		return 0;
	slot.ptr += index[0];
	down_read(&ei->map_lock);
	for (int level = 1; level < depth; level++) {
		b = slot_get(&slot);
		if (!b || !ext2_block_valid(&s->geo, b))
			break;
		page = filemap_find(&s->meta, b);
		if (!page)
			goto out;
		slot_put(&slot);
		slot = (struct slot){ ext2_ptr(page, index[level]), page };
		if (!page_test(page, PG_uptodate))
			break;
	}
	b = 0;
out:
	slot_put(&slot);
	up_read(&ei->map_lock);
	return b;
}

/*
 * Behind the file's previous block, wherever it can be seen; else somewhere in the inode's group.
 */
static u32 find_goal(struct inode *inode, const struct slot *slot, u32 lblock)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	const u32 *first = slot->page ? page_address(slot->page) : ei->block;

	if (ei->last_block && lblock - ei->last_lblock <= 1)
		return ei->last_block + 1;
	for (const u32 *p = slot->ptr; p > first; p--)
		if (p[-1])
			return (slot->page ? LE32(p[-1]) : p[-1]) + 1;
	if (slot->page)                 /* the first pointer of an indirect block: behind that */
		return (u32)slot->page->index + 1;
	return ext2_group_first(&s->geo, (u32)(inode->ino - 1) / s->geo.inodes_per_group) + 1;
}

/*
 * A block for @slot, which is 0: an indirect block full of zeroes, or data.  map_lock held for
 * writing.
 */
static int fill_slot(struct inode *inode, struct slot *slot, u32 lblock, bool indirect, u32 *block)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	int err = ext2_alloc_block(s, find_goal(inode, slot, lblock), lblock >= EXT2_NDIR, block);

	if (err)
		return err;
	if (indirect) {
		struct page *page = ext2_meta_new(s, *block);

		if (IS_ERR(page)) {
			ext2_free_blocks(s, *block, 1);
			return (int)PTR_ERR(page);
		}
		ext2_meta_dirty(s, page);
		put_page(page);
	}
	ei->last_block = *block;
	ei->last_lblock = lblock;
	inode->blocks += s->geo.block_size / 512;
	slot_set(inode, slot, *block);
	if (slot->page)
		inode_mark_dirty(inode);        /* for i_blocks */
	return 0;
}

int ext2_map_create(struct inode *inode, u32 lblock, u32 *block, bool *fresh)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	u32 index[4], b;
	int depth = ext2_block_path(&s->geo, lblock, index), err = 0;
	struct slot slot = { .ptr = &ei->block[index[0]] };

	if (depth < 0)
		return depth;
	*fresh = false;
	down_write(&ei->map_lock);
	for (int level = 1; level < depth && !err; level++) {
		b = slot_get(&slot);
		if (!b)
			err = fill_slot(inode, &slot, lblock, true, &b);
		if (!err)
			err = slot_down(inode, &slot, b, index[level]);
	}
	if (!err) {
		*block = slot_get(&slot);
		if (!*block) {
			err = fill_slot(inode, &slot, lblock, false, block);
			*fresh = !err;
		} else if (!ext2_block_valid(&s->geo, *block)) {
			err = bad_pointer(inode, *block);
		}
	}
	slot_put(&slot);
	up_write(&ei->map_lock);
	return err;
}
