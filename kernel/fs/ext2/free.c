// SPDX-License-Identifier: MIT
/*
 * Giving blocks back: truncate, holes, and the end of a file.
 *
 * The tree of pointers is walked over the range; a subtree that lies in it
 * whole is cut off by one pointer and then taken apart, the boundaries are
 * cleared pointer by pointer.  Blocks are gathered into runs for the bitmap.
 *
 * A damaged tree may point to itself: what one call frees is bounded by what
 * the disk has, so that it ends.
 *
 * Always true: a pointer is cleared, where metadata readers can see it, before
 *              its block becomes free.
 * Lock: map_lock for writing.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/drivers/block.h>
#include <mm/filemap.h>

struct freeing {
	struct inode *inode;
	struct ext2_sb *s;
	u32 start, count;       /* a run to be freed */
	u64 freed, budget;      /* blocks; no sound file has more */
	int err;
};

static bool free_slot(struct freeing *f, u32 *ptr, bool in_inode, u32 level, u64 from, u64 to);
static void free_subtree(struct freeing *f, u32 block, u32 level);

static void flush_run(struct freeing *f)
{
	if (f->count)
		ext2_free_blocks(f->s, f->start, f->count);
	f->count = 0;
}

/* False: damage; go no further. */
static bool free_one(struct freeing *f, u32 block)
{
	if (!ext2_block_valid(&f->s->geo, block) || f->freed == f->budget) {
		f->err = ext2_damaged(f->s, "inode %lu points to block %u%s",
				      (unsigned long)f->inode->ino, block,
				      f->freed == f->budget ? ", one more than there are" : "");
		return false;
	}
	f->freed++;
	if (f->count && block == f->start + f->count) {
		f->count++;
		return true;
	}
	flush_run(f);
	f->start = block;
	f->count = 1;
	return true;
}

/* Of a pointer in the inode. */
static u32 level_of(u32 index)
{
	return index < EXT2_NDIR ? 0 : index - EXT2_NDIR + 1;
}

/* Data blocks below a pointer of @level. */
static u64 span_of(const struct ext2_sb *s, u32 level)
{
	return 1ULL << s->geo.ptr_bits * level;
}

int ext2_free_range(struct inode *inode, u64 from, u64 to)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	struct freeing f = { .inode = inode, .s = s, .budget = s->geo.blocks };
	u32 cut[EXT2_NBLOCKS] = { 0 };
	u64 at = 0;

	down_write(&ei->map_lock);
	for (u32 i = 0; i < EXT2_NBLOCKS; i++) {
		u64 span = span_of(s, level_of(i));

		if (from <= at && to >= at + span) {
			cut[i] = ei->block[i];
			WRITE_ONCE(ei->block[i], 0);
		} else if (from < at + span && to > at && ei->block[i]) {
			free_slot(&f, &ei->block[i], true, level_of(i), from > at ? from - at : 0,
				  min(to - at, span));
		}
		at += span;
	}
	ext2_update_inode(inode);       /* all that is whole is cut off at once */
	for (u32 i = 0; i < EXT2_NBLOCKS; i++)
		if (cut[i])
			free_subtree(&f, cut[i], level_of(i));
	flush_run(&f);
	inode->blocks -= min(inode->blocks, f.freed * (s->geo.block_size / 512));
	ei->last_block = 0;
	up_write(&ei->map_lock);
	inode_mark_dirty(inode);
	return f.err;
}

/* Is there any pointer left? */
static bool block_empty(const struct ext2_sb *s, struct page *page)
{
	for (u32 i = 0; i < s->geo.ptrs; i++)
		if (*ext2_ptr(page, i))
			return false;
	return true;
}

/*
 * What of an indirect block lies in [from, to), which is not all of it.  True: nothing is left in
 * it.
 */
static bool free_part(struct freeing *f, u32 block, u32 level, u64 from, u64 to)
{
	struct ext2_sb *s = f->s;
	u64 span = span_of(s, level - 1);
	struct page *page;
	bool empty;

	if (!ext2_block_valid(&s->geo, block)) {
		f->err = ext2_damaged(s, "inode %lu points to block %u",
				      (unsigned long)f->inode->ino, block);
		return false;
	}
	page = ext2_meta_read(s, block);
	if (IS_ERR(page)) {
		f->err = (int)PTR_ERR(page);
		return false;
	}
	for (u64 i = from / span; i < s->geo.ptrs && i * span < to; i++)
		if (*ext2_ptr(page, (u32)i))
			free_slot(f, ext2_ptr(page, (u32)i), false, level - 1,
				  from > i * span ? from - i * span : 0, min(to - i * span, span));
	ext2_meta_dirty(s, page);
	empty = block_empty(s, page);
	put_page(page);
	return empty;
}

/* Clear [from, to) of what hangs at @ptr.  True: the pointer is 0 now. */
static bool free_slot(struct freeing *f, u32 *ptr, bool in_inode, u32 level, u64 from, u64 to)
{
	u32 block = in_inode ? *ptr : LE32(*ptr);
	bool whole = from == 0 && to == span_of(f->s, level);

	if (!block)
		return true;
	if (!whole && !free_part(f, block, level, from, to))
		return false;
	WRITE_ONCE(*ptr, 0);
	if (in_inode)
		ext2_update_inode(f->inode);
	if (whole) {
		free_subtree(f, block, level);
	} else {                        /* its contents went one by one */
		ext2_meta_forget(f->s, block);
		free_one(f, block);
	}
	return true;
}

/* Nothing points to @block any more: free it and all below it. */
static void free_subtree(struct freeing *f, u32 block, u32 level)
{
	struct page *page;

	if (level && ext2_block_valid(&f->s->geo, block) && f->freed < f->budget) {
		page = ext2_meta_read(f->s, block);
		if (IS_ERR(page)) {
			f->err = (int)PTR_ERR(page);    /* what it points to is lost until e2fsck */
		} else {
			for (u32 i = 0; i < f->s->geo.ptrs; i++)
				if (*ext2_ptr(page, i))
					free_subtree(f, LE32(*ext2_ptr(page, i)), level - 1);
			put_page(page);
		}
	}
	if (level || !S_ISREG(f->inode->mode))
		ext2_meta_forget(f->s, block);
	free_one(f, block);
}
