// SPDX-License-Identifier: MIT
/*
 * Directories: lists of names, in blocks.
 *
 * Their blocks are metadata (meta.c), found through the directory's block map.
 * A small directory is searched from the front, a large one by an index in
 * memory (dirindex.c).  A hash tree (dir_index)
 * is ignored: its blocks look like unused entries, and before the first change
 * the directory is marked as having none, which any kernel accepts.
 *
 * Always true: the entries of each block fill it exactly, before and after.
 * Lock: the directory's inode lock: for writing by those who change it.
 */
#include <kernel/fs/ext2/dirindex.h>
#include <kernel/fs/ext2/fs.h>

#include <kernel/fs/file.h>
#include <lib/string.h>

static u32 dir_blocks(const struct inode *dir)
{
	return (u32)(inode_size(dir) >> ext2_sb(dir->sb)->geo.block_bits);
}

struct page *ext2_dir_block(struct inode *dir, u32 n)
{
	u32 block;
	int len = ext2_map(dir, n, 1, &block);

	if (len < 0)
		return ERR_PTR(len);
	return block ? ext2_meta_read(ext2_sb(dir->sb), block) : NULL;
}

static int bad_block(struct inode *dir, u32 n, int err)
{
	if (err == -EUCLEAN)
		return ext2_damaged(ext2_sb(dir->sb), "block %u of directory %lu is damaged", n,
				    (unsigned long)dir->ino);
	return err;
}

static struct ext2_dirent *entry_at(struct page *page, u32 off)
{
	return (struct ext2_dirent *)((char *)page_address(page) + off);
}

/* Is the name in block @n?  0 and *pos; -ENOENT; -EUCLEAN, -EIO. */
static int find_in_block(struct inode *dir, u32 n, const char *name, u32 len,
			 struct ext2_dirpos *pos)
{
	struct page *page = ext2_dir_block(dir, n);
	int off;

	if (IS_ERR_OR_NULL(page))
		return page ? (int)PTR_ERR(page) : -ENOENT;
	off = ext2_find_dirent(&ext2_sb(dir->sb)->geo, page_address(page), name, len);
	if (off >= 0) {
		*pos = (struct ext2_dirpos){ page, (u32)off, LE32(entry_at(page, (u32)off)->inode),
					     n };
		return 0;
	}
	put_page(page);
	return off == -ENOENT ? off : bad_block(dir, n, off);
}

int ext2_dir_find(struct inode *dir, const char *name, u32 len, struct ext2_dirpos *pos)
{
	struct ext2_dirindex *ix = ext2_dirindex(dir);
	u32 n = 0, probe = 0;
	int err = -ENOENT;

	if (!ix) {
		for (; n < dir_blocks(dir) && err == -ENOENT; n++)
			err = find_in_block(dir, n, name, len, pos);
		return err;
	}
	while (err == -ENOENT && (n = ext2_dirindex_find(ix, name, len, &probe)) != EXT2_NO_BLOCK)
		err = find_in_block(dir, n, name, len, pos);
	return err;
}

/* ---------------------------------------------------------------- change */

static u8 type_of(const struct ext2_sb *s, u32 mode)
{
	static const u8 types[16] = {
		[1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7, [12] = 6
	};

	return s->geo.has_filetype ? types[mode >> 12 & 15] : 0;
}

static void changed(struct inode *dir)
{
	dir->chattr &= ~EXT2_FL_INDEX;
	dir->mtime = current_time();
	inode_set_ctime(dir, dir->mtime);
	ext2_update_inode(dir);
}

/*
 * Put a name into @page behind what the entry at @off needs itself, or into it when it is unused.
 * The disk may read the block at any moment: the new entry is whole before the one store by
 * which the list has it, or whoever mends the disk finds no end to an entry and drops what follows.
 */
static void insert_at(struct inode *dir, struct page *page, u32 off, const char *name, u32 len,
		      const struct inode *inode)
{
	struct ext2_sb *s = ext2_sb(dir->sb);
	struct ext2_dirent *before = entry_at(page, off), *e = before;
	u32 rec = LE16(before->rec_len), used = 0;

	if (before->inode) {
		used = EXT2_DIRENT_LEN((u32)before->name_len);
		e = entry_at(page, off + used);
		e->rec_len = LE16((u16)(rec - used));
	}
	e->name_len = (u8)len;
	e->file_type = type_of(s, inode->mode);
	memcpy(e->name, name, len);
	smp_store_release(&e->inode, LE32((u32)inode->ino));
	if (used)
		smp_store_release(&before->rec_len, LE16((u16)used));
	ext2_meta_dirty(s, page);
}

/* A new last block, with one unused entry. */
static int dir_grow(struct inode *dir, struct page **pagep)
{
	struct ext2_sb *s = ext2_sb(dir->sb);
	u32 block;
	bool fresh;
	struct page *page;
	int err;

	if (inode_size(dir) + s->geo.block_size > 0x7fffffff)
		return -EFBIG;
	err = ext2_map_create(dir, dir_blocks(dir), &block, &fresh);
	if (err)
		return err;
	page = ext2_meta_new(s, block);
	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	entry_at(page, 0)->rec_len = LE16((u16)s->geo.block_size);
	ext2_meta_dirty(s, page);
	inode_set_size(dir, inode_size(dir) + s->geo.block_size);
	*pagep = page;
	return 0;
}

/*
 * Room for a name of @len: the block, its page, and the entry's offset in it;
 * -ENOSPC: the directory must grow.
 */
static int find_room(struct inode *dir, u32 len, u32 *np, struct page **pagep)
{
	struct ext2_dirindex *ix = ext2_dirindex(dir);
	struct ext2_inode *ei = ext2_inode(dir);
	u32 n = ix ? ext2_dirindex_room(ix, len) : min(ei->dir_room, dir_blocks(dir));

	for (; n < dir_blocks(dir); n++) {
		struct page *page = ext2_dir_block(dir, n);
		int off;

		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		if (!page)
			continue;
		off = ext2_find_room(&ext2_sb(dir->sb)->geo, page_address(page), len);
		if (off >= 0) {
			*np = n;
			*pagep = page;
			return off;
		}
		put_page(page);
		if (off != -ENOSPC)
			return bad_block(dir, n, off);
		/* Full even for a short name: look no further than behind it from now on. */
		if (len <= 16 && n == ei->dir_room)
			ei->dir_room = n + 1;
	}
	return -ENOSPC;
}

int ext2_dir_add(struct inode *dir, const char *name, u32 len, const struct inode *inode)
{
	struct page *page;
	u32 n = 0;
	int off = find_room(dir, len, &n, &page);

	if (off == -ENOSPC) {
		n = dir_blocks(dir);
		off = dir_grow(dir, &page);
	}
	if (off < 0)
		return off;
	insert_at(dir, page, (u32)off, name, len, inode);
	ext2_dirindex_changed(dir, name, len, n, page, true);
	put_page(page);
	changed(dir);
	return 0;
}

/* The entry before @off in its block, or @off itself if it is the first; -EUCLEAN. */
static int entry_before(struct ext2_sb *s, struct page *page, u32 off)
{
	u32 at = 0, before = 0;

	while (at < off) {
		int rec = ext2_check_dirent(&s->geo, page_address(page), at);

		if (rec < 0)
			return rec;
		before = at;
		at += (u32)rec;
	}
	return at == off ? (int)before : -EUCLEAN;
}

int ext2_dir_remove(struct inode *dir, struct ext2_dirpos *pos)
{
	struct ext2_sb *s = ext2_sb(dir->sb);
	struct ext2_dirent *e = ext2_dirpos_entry(pos), *prev;
	int before = entry_before(s, pos->page, pos->off);

	if (before < 0) {
		put_page(pos->page);
		return bad_block(dir, pos->n, before);
	}
	if ((u32)before < pos->off) {   /* its room goes to the one before */
		prev = entry_at(pos->page, (u32)before);
		prev->rec_len = LE16((u16)(LE16(prev->rec_len) + LE16(e->rec_len)));
	}
	e->inode = 0;
	ext2_meta_dirty(s, pos->page);
	ext2_dirindex_changed(dir, e->name, e->name_len, pos->n, pos->page, false);
	put_page(pos->page);
	ext2_inode(dir)->dir_room = min(ext2_inode(dir)->dir_room, pos->n);
	changed(dir);
	return 0;
}

void ext2_dir_set(struct inode *dir, struct ext2_dirpos *pos, const struct inode *inode)
{
	struct ext2_sb *s = ext2_sb(dir->sb);
	struct ext2_dirent *e = ext2_dirpos_entry(pos);

	e->file_type = type_of(s, inode->mode);
	WRITE_ONCE(e->inode, LE32((u32)inode->ino));
	ext2_meta_dirty(s, pos->page);
	put_page(pos->page);
	changed(dir);
}

int ext2_dir_make(struct inode *inode, const struct inode *parent)
{
	struct page *page;
	int err = dir_grow(inode, &page);

	if (err)
		return err;
	insert_at(inode, page, 0, ".", 1, inode);
	insert_at(inode, page, 0, "..", 2, parent);
	put_page(page);
	return ext2_update_inode(inode);
}

int ext2_dir_empty(struct inode *dir)
{
	struct ext2_sb *s = ext2_sb(dir->sb);
	int empty = 1;

	for (u32 n = 0; n < dir_blocks(dir) && empty == 1; n++) {
		struct page *page = ext2_dir_block(dir, n);

		if (!page)
			continue;
		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		empty = bad_block(dir, n, ext2_dirblock_is_empty(&s->geo, page_address(page)));
		put_page(page);
	}
	return empty;
}

/* --------------------------------------------------------------- listing */

static unsigned int dt_of(const struct ext2_sb *s, u8 type)
{
	static const u8 dt[8] = { 0, 8, 4, 2, 6, 1, 12, 10 };

	return s->geo.has_filetype && type < ARRAY_SIZE(dt) ? dt[type] : 0;
}

/*
 * The entries of one block from ctx->pos on.  The position may be any number
 * (lseek, or entries merged since): it is moved to the next entry's start.
 * 1: go on; 0: the receiver is full; -EUCLEAN.
 */
static int list_block(struct ext2_sb *s, struct page *page, u64 start, struct dir_context *ctx)
{
	const char *block = page_address(page);
	u32 off = 0, from = (u32)(ctx->pos - (loff_t)start);

	while (off < s->geo.block_size) {
		const struct ext2_dirent *e = (const void *)(block + off);
		int rec = ext2_check_dirent(&s->geo, block, off);
		u32 ino;

		if (rec < 0)
			return rec;
		ino = LE32(READ_ONCE(e->inode));
		if (off >= from && ino) {
			u32 len = min((u32)e->name_len, (u32)rec - EXT2_DIRENT_HEAD);

			ctx->pos = (loff_t)(start + off);
			if (len && !ctx->emit(ctx, e->name, len, ctx->pos + rec, ino,
					      dt_of(s, e->file_type)))
				return 0;
			/* so that damage behind it does not bring it again */
			ctx->pos += rec;
		}
		off += (u32)rec;
	}
	ctx->pos = (loff_t)(start + s->geo.block_size);
	return 1;
}

int ext2_readdir(struct file *file, struct dir_context *ctx)
{
	struct inode *dir = file->inode;
	struct ext2_sb *s = ext2_sb(dir->sb);
	int more = 1;

	if (ctx->pos < 0)
		return -EINVAL;
	while (more == 1 && (u64)ctx->pos < inode_size(dir)) {
		u32 n = (u32)((u64)ctx->pos >> s->geo.block_bits);
		u64 start = (u64)n << s->geo.block_bits;
		struct page *page = ext2_dir_block(dir, n);

		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		if (!page) {
			ctx->pos = (loff_t)(start + s->geo.block_size);
			continue;
		}
		more = bad_block(dir, n, list_block(s, page, start, ctx));
		put_page(page);
	}
	return min(more, 0);
}
