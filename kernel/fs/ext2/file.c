// SPDX-License-Identifier: MIT
/*
 * Operations of open files.
 *
 * fsync writes the file's pages, then the inode, then every block of metadata
 * that is dirty, and flushes the disk's cache: more than this file needs, but
 * all that a check of the disk would want to see together, the name of a new
 * file included.
 *
 * Lock: the inode's lock where the size or the blocks change.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/file.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/reclaim.h>

#define FALLOC_KEEP_SIZE        1
#define FALLOC_PUNCH_HOLE       2

static ssize_t ext2_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	return generic_file_write(file, from, pos, ext2_prepare);
}

static int ext2_fsync(struct file *file, loff_t start, loff_t end, bool datasync)
{
	struct inode *inode = file->inode;
	struct ext2_sb *s = ext2_sb(inode->sb);
	int err, e;

	if (inode->sb->flags & MS_RDONLY)
		return 0;
	filemap_write_range(inode->mapping, start, end);
	filemap_wait_range(inode->mapping, start, end);
	err = errseq_tell(&inode->mapping->wb_error, &file->wb_error);
	e = ext2_update_inode(inode);
	err = err ? err : e;
	e = ext2_meta_sync(s);
	err = err ? err : e;
	e = block_device_flush(s->bdev);
	return err ? err : e;
}

/* ------------------------------------------------------------ data, holes */

/* The first byte from @off on that is in a block (@data), or that is in a hole. */
static loff_t seek_data_or_hole(struct inode *inode, loff_t off, bool data)
{
	u32 bits = ext2_sb(inode->sb)->geo.block_bits, block;
	u64 size = inode_size(inode), at = (u64)off;

	if (off < 0 || at >= size)
		return -ENXIO;
	while (at < size) {
		u32 lblock = (u32)(at >> bits),
		    want = (u32)min(DIV_ROUND_UP(size, 1ULL << bits) - lblock, 0x7fffffffULL);
		int n = ext2_map(inode, lblock, want, &block);

		if (n < 0)
			return n;
		if (!block == !data)
			return (loff_t)at;
		at = ((u64)lblock + (u32)n) << bits;
	}
	return data ? -ENXIO : (loff_t)size;
}

static loff_t ext2_llseek(struct file *file, loff_t off, int whence)
{
	struct inode *inode = file->inode;

	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_llseek(file, off, whence);
	down_read(&inode->lock);
	off = seek_data_or_hole(inode, off, whence == SEEK_DATA);
	up_read(&inode->lock);
	if (off >= 0)
		file->pos = off;
	return off;
}

/* -------------------------------------------------------------- fallocate */

/*
 * Blocks for one page, zeroes in those that were holes: through the cache, so that readers never
 * see old bytes.
 */
static int allocate_page(struct inode *inode, pgoff_t index, u64 end)
{
	struct address_space *as = inode->mapping;
	u64 at = (u64)index << PAGE_SHIFT;
	struct page *page;
	int err;

	if (at < inode_size(inode)) {   /* what is there stays */
		page = filemap_read_page(as, index, NULL);
		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		lock_page(page);
		err = page->mapping == as && page_test(page, PG_uptodate) ? 0 : -EAGAIN;
	} else {
		page = filemap_grab_page(as, index, GFP_USER);
		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		err = 0;
		if (!page_test(page, PG_uptodate))
			page_zero(page_address(page));
	}
	if (!err)
		err = ext2_prepare(as, page, 0, (unsigned int)min(end - at, (u64)PAGE_SIZE));
	if (!err) {
		page_set(page, PG_uptodate);
		set_page_dirty(page);
	}
	unlock_page(page);
	put_page(page);
	return err;
}

static long allocate(struct inode *inode, loff_t off, loff_t len, bool keep_size)
{
	u32 bits = ext2_sb(inode->sb)->geo.block_bits, block;
	u64 end = (u64)off + (u64)len, size = inode_size(inode);

	if (keep_size && end > size)    /* blocks behind the end have no page to be zeroed in */
		return -EOPNOTSUPP;
	if (end > size)                 /* a mapping may have written behind the end */
		truncate_pages(inode->mapping, (loff_t)size, (loff_t)ALIGN_UP(size, PAGE_SIZE));
	for (pgoff_t i = (u64)off >> PAGE_SHIFT; i << PAGE_SHIFT < end; i++) {
		u64 at = (u64)i << PAGE_SHIFT, stop = min(end, at + PAGE_SIZE);
		u32 nr = (u32)DIV_ROUND_UP(stop - at, 1ULL << bits);
		int err = ext2_map(inode, (u32)(at >> bits), nr, &block);

		if (err < 0)
			return err;
		if (!block || (u32)err < nr) {
			do
				err = allocate_page(inode, i, stop);
			while (err == -EAGAIN);
			if (err)
				return err;
		}
		if (stop > inode_size(inode)) {
			inode_set_size(inode, stop);
			inode_mark_dirty(inode);
		}
		balance_dirty_pages(inode->mapping);
		if (fatal_signal_pending())
			return -EINTR;
	}
	return 0;
}

/*
 * Bytes at the ends that do not fill a page are cleared in the cache: have them there.  A
 * reference, or NULL, or ERR_PTR.
 */
static struct page *edge_page(struct inode *inode, u64 at)
{
	if (!(at % PAGE_SIZE) || at >= inode_size(inode))
		return NULL;
	return filemap_read_page(inode->mapping, at >> PAGE_SHIFT, NULL);
}

static long punch(struct inode *inode, u64 off, u64 len)
{
	u32 bs = ext2_sb(inode->sb)->geo.block_size;
	u64 end = off + len;
	struct page *head, *tail;
	long err = 0;

	if (off >= inode_size(inode))
		return 0;
	head = edge_page(inode, off);
	if (IS_ERR(head))
		return PTR_ERR(head);
	tail = edge_page(inode, end);
	if (IS_ERR(tail)) {
		err = PTR_ERR(tail);
		tail = NULL;
		goto out;
	}
	truncate_pages(inode->mapping, (loff_t)off, (loff_t)end);
	if (end / bs > DIV_ROUND_UP(off, bs))
		err = ext2_free_range(inode, DIV_ROUND_UP(off, bs), end / bs);
out:
	if (head)
		put_page(head);
	if (tail)
		put_page(tail);
	return err;
}

static long ext2_fallocate(struct file *file, int mode, loff_t off, loff_t len)
{
	struct inode *inode = file->inode;
	long err;

	if (mode & ~(FALLOC_KEEP_SIZE | FALLOC_PUNCH_HOLE))
		return -EOPNOTSUPP;
	down_write(&inode->lock);
	if (mode & FALLOC_PUNCH_HOLE)
		err = mode & FALLOC_KEEP_SIZE ? punch(inode, (u64)off, (u64)len) : -EOPNOTSUPP;
	else
		err = allocate(inode, off, len, mode & FALLOC_KEEP_SIZE);
	if (!err)
		inode_set_times_now(inode, ATTR_MTIME | ATTR_CTIME);
	up_write(&inode->lock);
	return err;
}

const struct file_operations ext2_file_fops = {
	.read = generic_file_read,
	.write = ext2_write,
	.llseek = ext2_llseek,
	.mmap = generic_file_mmap,
	.fsync = ext2_fsync,
	.fallocate = ext2_fallocate,
};

const struct file_operations ext2_dir_fops = {
	.readdir = ext2_readdir,
	.fsync = ext2_fsync,
};
