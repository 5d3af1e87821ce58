// SPDX-License-Identifier: MIT
/*
 * Contents of files: pages to and from the disk.
 *
 * A page whose blocks lie side by side goes into a bio with its neighbours on
 * the disk, and a whole readahead window is usually one bio.  The block map is
 * asked once for a run of blocks, not once a page.  A page that is scattered
 * (blocks smaller than a page, or a hole in it) is moved piece by piece and
 * waited for: rare, and simple.
 *
 * Blocks are allocated when a page is made dirty, so that ENOSPC reaches whom
 * it concerns; writing out allocates only for what a mapping wrote into blocks
 * that the file got later by growing.
 *
 * Always true: what is written behind the end of the file is zeroes.
 * Lock: the page lock; map_lock inside ext2_map().
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/drivers/block.h>
#include <lib/string.h>
#include <mm/filemap.h>

/* Blocks [lblock, lblock + len) lie side by side from block on; block 0: a hole. */
struct run {
	u32 lblock, len, block;
};

static int read_pieces(struct inode *inode, struct run *run, struct page *page, u32 nr);
static int move_piece(struct inode *inode, enum bio_op op, struct page *page, u32 at, u32 block,
		      u32 nr);
static int write_map(struct inode *inode, struct run *run, u32 lblock, struct page *page, u32 at,
		     u32 want);

static bool run_has(const struct run *run, u32 lblock)
{
	return lblock >= run->lblock && lblock - run->lblock < run->len;
}

/*
 * Blocks from @lblock on: *block and how many are side by side (or a hole), up to @want; asks
 * beyond for the next.
 */
static int run_look(struct inode *inode, struct run *run, u32 lblock, u32 want, u32 ahead,
		    u32 *block)
{
	u32 skip = lblock - run->lblock;

	if (!run_has(run, lblock)) {
		int n = ext2_map(inode, lblock, max(want, ahead), &run->block);

		if (n < 0)
			return n;
		run->lblock = lblock;
		run->len = (u32)n;
		skip = 0;
	}
	*block = run->block ? run->block + skip : 0;
	return (int)min(run->len - skip, want);
}

static struct bio_run run_of(struct address_space *as, enum bio_op op, unsigned int gfp)
{
	return (struct bio_run){ .bdev = ext2_sb(as->host->sb)->bdev, .op = op, .gfp = gfp };
}

/* Blocks of the page that lie within the file. */
static u32 page_blocks(struct inode *inode, const struct page *page)
{
	u32 bs = ext2_sb(inode->sb)->geo.block_size;
	u64 size = inode_size(inode), at = (u64)page->index << PAGE_SHIFT;

	return at >= size ? 0 : (u32)DIV_ROUND_UP(min(size - at, (u64)PAGE_SIZE), bs);
}

static u32 page_lblock(struct inode *inode, const struct page *page)
{
	return (u32)((u64)page->index << (PAGE_SHIFT - ext2_sb(inode->sb)->geo.block_bits));
}

static u64 to_sector(struct inode *inode, u32 block)
{
	return (u64)block << (ext2_sb(inode->sb)->geo.block_bits - SECTOR_SHIFT);
}

/* --------------------------------------------------------------- reading */

/*
 * The pointers to blocks from @lblock on: where they lie right behind what is gathered, as this
 * driver puts them, they are read with it, in one request instead of one before it.
 */
static void read_pointers_along(struct inode *inode, struct bio_run *bios, u32 lblock)
{
	u32 block = ext2_map_unread(inode, lblock);

	if (!block || to_sector(inode, block) != bios->next)
		return;
	ext2_meta_read_along(ext2_sb(inode->sb), block, bios);
	bio_run_submit(bios);           /* before its reader waits */
}

static void read_ends(struct page *page, int err)
{
	page_set(page, err ? PG_error : PG_uptodate);
	unlock_page(page);
}

/*
 * One locked page; @left: how many follow, this one included.  0, or -errno with the page
 * unlocked.
 */
static int read_page(struct inode *inode, struct run *run, struct bio_run *bios, struct page *page,
		     u32 left)
{
	u32 bs = ext2_sb(inode->sb)->geo.block_size, nr = page_blocks(inode, page), block = 0;
	int n = 0;

	if (nr) {
		if (bios->bio && !run_has(run, page_lblock(inode, page)))
			read_pointers_along(inode, bios, page_lblock(inode, page));
		n = run_look(inode, run, page_lblock(inode, page), nr, left * (PAGE_SIZE / bs),
			     &block);
		if (n < 0) {
			read_ends(page, n);
			return n;
		}
	}
	if ((u32)n < nr) {
		bio_run_submit(bios);
		n = read_pieces(inode, run, page, nr);
		read_ends(page, n);
		return n;
	}
	if (!block) {
		page_zero(page_address(page));
		read_ends(page, 0);
		return 0;
	}
	memset((char *)page_address(page) + nr * bs, 0, PAGE_SIZE - nr * bs);
	bio_run_add(bios, to_sector(inode, block), page, nr * bs, left);
	return 0;
}

/* A page whose @nr blocks are scattered. */
static int read_pieces(struct inode *inode, struct run *run, struct page *page, u32 nr)
{
	u32 bs = ext2_sb(inode->sb)->geo.block_size, at = 0, block;

	page_zero(page_address(page));
	while (at < nr) {
		u32 lblock = page_lblock(inode, page) + at;
		int n = run_look(inode, run, lblock, nr - at, 0, &block), err = 0;

		if (n < 0)
			return n;
		if (block)
			err = move_piece(inode, BIO_READ, page, at * bs, block, (u32)n);
		if (err)
			return err;
		at += (u32)n;
	}
	return 0;
}

/* @nr blocks from @block on, from or to byte @at of the page; wait. */
static int move_piece(struct inode *inode, enum bio_op op, struct page *page, u32 at, u32 block,
		      u32 nr)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct bio *bio = bio_alloc(s->bdev, op, to_sector(inode, block), 1, EXT2_GFP);
	int err;

	bio_add(bio, page, at, nr * s->geo.block_size);
	err = bio_submit_wait(bio);
	bio_free(bio);
	return err;
}

static int ext2_readpage(struct address_space *as, struct page *page)
{
	struct bio_run bios = run_of(as, BIO_READ, GFP_NOFS);
	struct run run = { 0 };
	int err = read_page(as->host, &run, &bios, page, 1);

	bio_run_submit(&bios);
	return err;
}

static void ext2_readpages(struct address_space *as, struct page **pages, unsigned int nr)
{
	struct bio_run bios = run_of(as, BIO_READ, GFP_NOFS);
	struct run run = { 0 };

	for (unsigned int i = 0; i < nr; i++)
		read_page(as->host, &run, &bios, pages[i], nr - i);
	bio_run_submit(&bios);
}

/* --------------------------------------------------------------- writing */

/*
 * The page's write-back ends here, with or without an error; what only lacked memory stays dirty.
 */
static void write_ends(struct address_space *as, struct page *page, int err)
{
	if (err == -ENOMEM)
		set_page_dirty(page);
	else if (err)
		inode_write_failed(as, err);
	page_end_writeback(page);
}

static int write_pieces(struct inode *inode, struct run *run, struct page *page, u32 nr)
{
	u32 bs = ext2_sb(inode->sb)->geo.block_size, at = 0;

	while (at < nr) {
		u32 lblock = page_lblock(inode, page) + at;
		int n = write_map(inode, run, lblock, page, at * bs, nr - at), err = 0;

		if (n < 0)
			return n;
		if (run->block)
			err = move_piece(inode, BIO_WRITE, page, at * bs,
					 run->block + (lblock - run->lblock), (u32)n);
		if (err)
			return err;
		at += (u32)n;
	}
	return 0;
}

static bool all_zero(const struct page *page, u32 at, u32 len)
{
	const u64 *p = (const u64 *)((const char *)page_address(page) + at);

	for (u32 i = 0; i < len / 8; i++)
		if (p[i])
			return false;
	return true;
}

/*
 * Where the block of byte @at of the page goes; a hole is filled if anything is
 * in it.  How many blocks from there on, up to @want, are side by side; they
 * are in *run.
 */
static int write_map(struct inode *inode, struct run *run, u32 lblock, struct page *page, u32 at,
		     u32 want)
{
	u32 bs = ext2_sb(inode->sb)->geo.block_size, block;
	bool fresh;
	int n = run_look(inode, run, lblock, want, 0, &block);

	if (n < 0 || block)
		return n;
	if (all_zero(page, at, bs)) {
		*run = (struct run){ lblock, 1, 0 };
		return 1;
	}
	n = ext2_map_create(inode, lblock, &block, &fresh);
	*run = (struct run){ lblock, n ? 0 : 1, block };
	return n ? n : 1;
}

/* One locked page under write-back: unlocked here, and on its way or done with. */
static void write_page(struct inode *inode, struct run *run, struct bio_run *bios,
		       struct page *page, u32 left)
{
	u32 bs = ext2_sb(inode->sb)->geo.block_size, nr = page_blocks(inode, page), block = 0;
	u64 size = inode_size(inode), at = (u64)page->index << PAGE_SHIFT;
	int n = 0;

	if (nr && size - at < PAGE_SIZE)
		memset((char *)page_address(page) + (size - at), 0, PAGE_SIZE - (size - at));
	if (nr)
		n = run_look(inode, run, page_lblock(inode, page), nr, left * (PAGE_SIZE / bs),
			     &block);
	if (nr && n == (int)nr && block) {
		bio_run_add(bios, to_sector(inode, block), page, nr * bs, left);
		unlock_page(page);
		return;
	}
	if (n >= 0 && nr) {
		bio_run_submit(bios);
		n = write_pieces(inode, run, page, nr);
	}
	write_ends(inode->mapping, page, n < 0 ? n : 0);
	unlock_page(page);
}

static int ext2_writepages(struct address_space *as, struct page **pages, unsigned int nr)
{
	struct bio_run bios = run_of(as, BIO_WRITE, EXT2_GFP);
	struct run run = { 0 };

	for (unsigned int i = 0; i < nr; i++)
		write_page(as->host, &run, &bios, pages[i], nr - i);
	bio_run_submit(&bios);
	return 0;
}

static int ext2_writepage(struct address_space *as, struct page *page)
{
	return ext2_writepages(as, &page, 1);
}

/* ------------------------------------------------------------ allocation */

/* New blocks of a page (a bit each) to which nothing was written: they hold what they held. */
static void give_back(struct inode *inode, u32 lblock, unsigned int fresh)
{
	for (; fresh; fresh &= fresh - 1) {
		u32 at = lblock + (u32)__builtin_ctz(fresh);

		ext2_free_range(inode, at, (u64)at + 1);
	}
}

/*
 * All blocks from the page's start to @to, or to the end of the file in it: a
 * dirty page has no hole below the end, so that a mapping may write anywhere.
 * If one cannot be had, none of them stays.
 */
int ext2_prepare(struct address_space *as, struct page *page, unsigned int from, unsigned int to)
{
	struct inode *inode = as->host;
	u32 bs = ext2_sb(inode->sb)->geo.block_size, lblock = page_lblock(inode, page), block;
	u32 nr = max(page_blocks(inode, page), DIV_ROUND_UP(to, bs));
	unsigned int made = 0;
	bool fresh;

	if (bs == PAGE_SIZE && page_test(page, PG_dirty))
		return 0;
	for (u32 i = 0; i < nr; i++) {
		int err = ext2_map_create(inode, lblock + i, &block, &fresh);

		if (err) {
			give_back(inode, lblock, made);
			return err;
		}
		made |= (unsigned int)fresh << i;
	}
	return 0;
}

static int ext2_page_mkwrite(struct address_space *as, struct page *page)
{
	u64 size = inode_size(as->host), at = (u64)page->index << PAGE_SHIFT;

	if (at >= size)
		return -EFAULT;         /* truncated: SIGBUS */
	return ext2_prepare(as, page, 0, (u32)min(size - at, (u64)PAGE_SIZE));
}

/* For swapon.  A page whose blocks are scattered, or not aligned as one, is left out. */
long ext2_swap_map(struct inode *inode, u64 page, u64 max, u64 *sector)
{
	u32 bits = PAGE_SHIFT - ext2_sb(inode->sb)->geo.block_bits, per_page = 1U << bits, block;
	int n = ext2_map(inode, (u32)(page << bits),
			 (u32)min(max << bits, (u64)1 << 30), &block);

	if (n < 0)
		return n;
	if (!block)
		return -EINVAL;
	if ((u32)n < per_page) {
		for (u32 i = (u32)n, more; i < per_page; i++)
			if (ext2_map(inode, (u32)(page << bits) + i, 1, &more) < 0 || !more)
				return -EINVAL;
		return 0;
	}
	if (block & (per_page - 1))
		return 0;
	*sector = to_sector(inode, block);
	return n >> bits;
}

const struct address_space_operations ext2_aops = {
	.readpage = ext2_readpage,
	.readpages = ext2_readpages,
	.writepage = ext2_writepage,
	.writepages = ext2_writepages,
	.page_mkwrite = ext2_page_mkwrite,
	.punch_hole = file_punch_hole,
	.file_get = file_get_hook,
	.file_put = file_put_hook,
	.file_sync = file_sync_hook,
	.write_inode = inode_write_hook,
};
