// SPDX-License-Identifier: MIT
/*
 * Inodes: from their table into memory, back, and away.
 *
 * An inode in memory is newer than its table; write-back, fsync and whoever
 * frees blocks bring the table's block up to date (ext2_update_inode), which
 * is then written like any metadata.
 *
 * An inode without a name lives until its last user is gone (ext2_evict); if
 * the machine stops before, e2fsck finds and frees it.
 *
 * Lock: the inode's own lock for its fields, as kernel/fs/inode.h says.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/drivers/block.h>
#include <kernel/fs/ext2/dirindex.h>
#include <kernel/fs/file.h>
#include <kernel/fs/special.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/slab.h>

/* Blocks of an inode table read at once; and when the one before them is in memory already. */
#define TABLE_AHEAD     8U
#define TABLE_STREAM    32U

static struct kmem_cache *inode_cache;

static int read_inode(struct inode *inode, struct ext2_inode *ei);

void ext2_inode_cache_init(void)
{
	inode_cache = kmem_cache_create("ext2_inode", sizeof(struct ext2_inode), 0);
	if (!inode_cache)
		panic("ext2: no memory");
	kmem_cache_is_reclaimable(inode_cache);
}

struct ext2_inode *ext2_inode_alloc(void)
{
	struct ext2_inode *ei = kmem_cache_alloc(inode_cache, GFP_KERNEL | GFP_ZERO);

	if (ei)
		rwsem_init(&ei->map_lock, RANK_FS_MAP);
	return ei;
}

void ext2_inode_free(struct ext2_inode *ei)
{
	if (ei)
		kmem_cache_free(inode_cache, ei);
}

/*
 * Who lists a directory wants many inodes, and of a large one, made at one time, all that follow:
 * Linux reads 32 blocks always, here a lone inode costs its eight.
 */
static void table_ahead(struct ext2_sb *s, u32 block, u32 left)
{
	struct page *before = filemap_find(&s->meta, block - 1);

	if (before)
		put_page(before);
	ext2_meta_readahead(s, block, min(before ? TABLE_STREAM : TABLE_AHEAD, left));
}

struct page *ext2_table_block(struct ext2_sb *s, u32 ino, bool ahead, struct ext2_raw_inode **raw)
{
	u32 index = (ino - 1) % s->geo.inodes_per_group, n = index / s->geo.inodes_per_block;
	u32 block =
		LE32(ext2_group(s, (ino - 1) / s->geo.inodes_per_group, NULL)->bg_inode_table) + n;
	struct page *page;

	if (!ext2_block_valid(&s->geo, block))
		return ERR_PTR(
			ext2_damaged(s, "the table of inode %u lies at block %u", ino, block));
	page = filemap_find(&s->meta, block);
	if (!page && ahead)
		table_ahead(s, block, s->geo.table_blocks - n);
	if (!page || !page_test(page, PG_uptodate)) {
		if (page)
			put_page(page);
		page = ext2_meta_read(s, block);
	}
	if (!IS_ERR(page))
		*raw = (void *)((char *)page_address(page) +
				index % s->geo.inodes_per_block * s->geo.inode_size);
	return page;
}

struct inode *ext2_iget(struct super_block *sb, u32 ino)
{
	struct ext2_sb *s = ext2_sb(sb);
	struct inode *inode;
	int err;

	if ((ino != EXT2_ROOT_INO && ino < s->geo.first_ino) || ino > s->geo.inodes)
		return ERR_PTR(ext2_damaged(s, "a name leads to inode %u", ino));
	inode = inode_get_locked(sb, ino);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!test_bit(I_NEW, &inode->state))
		return inode;
	inode->private_ = ext2_inode_alloc();
	err = inode->private_ ? read_inode(inode, inode->private_) : -ENOMEM;
	if (err) {
		inode_bad(inode);
		return ERR_PTR(err);
	}
	inode_unlock_new(inode);
	return inode;
}

static void set_rdev(struct inode *inode, const u32 block[EXT2_NBLOCKS])
{
	u64 rdev = block[0] ? MKDEV(block[0] >> 8 & 0xff, block[0] & 0xff) : block[1];

	init_special_inode(inode, inode->mode, rdev);
}

static int read_inode(struct inode *inode, struct ext2_inode *ei)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode_fields f;
	struct ext2_raw_inode *raw;
	struct page *page = ext2_table_block(s, (u32)inode->ino, true, &raw);
	int err;

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	err = ext2_decode_inode(&s->geo, raw, &f);
	put_page(page);
	if (err)
		return ext2_damaged(s, "inode %lu is %s", (unsigned long)inode->ino,
				    err == -ESTALE ? "named and free" : "damaged");
	inode->mode = f.mode;
	inode->uid = f.uid;
	inode->gid = f.gid;
	inode->nlink = f.links;
	inode->generation = f.generation;
	inode->blocks = f.sectors;
	inode_set_size(inode, f.size);
	inode->atime = (struct timespec){ f.atime.sec, f.atime.nsec };
	inode->mtime = (struct timespec){ f.mtime.sec, f.mtime.nsec };
	inode->ctime = (struct timespec){ f.ctime.sec, f.ctime.nsec };
	if (f.has_crtime)
		inode->btime = (struct timespec){ f.crtime.sec, f.crtime.nsec };
	memcpy(ei->block, f.block, sizeof(ei->block));
	inode->chattr = f.flags;
	ei->file_acl = f.file_acl;
	ei->extra_isize = f.extra_isize;
	ei->live = true;
	ext2_set_ops(inode);
	return 0;
}

void ext2_set_ops(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &ext2_file_iops;
		inode->i_fop = &ext2_file_fops;
		break;
	case S_IFDIR:
		inode->i_op = &ext2_dir_iops;
		inode->i_fop = &ext2_dir_fops;
		break;
	case S_IFLNK:
		inode->i_op = &ext2_symlink_iops;
		break;
	default:
		inode->i_op = &ext2_special_iops;
		set_rdev(inode, ext2_inode(inode)->block);
		break;
	}
	inode->data.a_ops = &ext2_aops;
}

/* ------------------------------------------------------------------ back */

static void gather_fields(struct inode *inode, struct ext2_inode_fields *f)
{
	struct ext2_inode *ei = ext2_inode(inode);

	*f = (struct ext2_inode_fields){
		.mode = inode->mode, .uid = inode->uid, .gid = inode->gid, .links = inode->nlink,
		.flags = inode->chattr, .generation = inode->generation, .file_acl = ei->file_acl,
		.dtime = ei->dtime, .size = inode_size(inode), .sectors = inode->blocks,
		.extra_isize = ei->extra_isize,
	};
	f->atime.sec = inode->atime.tv_sec;
	f->atime.nsec = (u32)inode->atime.tv_nsec;
	f->mtime.sec = inode->mtime.tv_sec;
	f->mtime.nsec = (u32)inode->mtime.tv_nsec;
	f->ctime.sec = inode->ctime.tv_sec;
	f->ctime.nsec = (u32)inode->ctime.tv_nsec;
	f->crtime.sec = inode->btime.tv_sec;
	f->crtime.nsec = (u32)inode->btime.tv_nsec;
	memcpy(f->block, ei->block, sizeof(f->block));
}

static int update(struct inode *inode, bool fresh)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode_fields f;
	struct ext2_raw_inode *raw;
	struct page *page = ext2_table_block(s, (u32)inode->ino, false, &raw);

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	gather_fields(inode, &f);
	if (S_ISREG(f.mode) && f.size > 0x7fffffff && !(s->geo.ro_compat & EXT2_RO_LARGE_FILE))
		ext2_need_large_file(s);
	if (fresh)
		memset(raw, 0, s->geo.inode_size);
	ext2_encode_inode(&s->geo, raw, &f);
	ext2_meta_dirty(s, page);
	put_page(page);
	return 0;
}

int ext2_update_inode(struct inode *inode)
{
	return update(inode, false);
}

int ext2_init_inode(struct inode *inode)
{
	return update(inode, true);
}

int ext2_write_inode(struct inode *inode, bool wait)
{
	int err;

	if (!ext2_inode(inode) || !ext2_inode(inode)->live)
		return 0;
	err = ext2_update_inode(inode);
	return err || !wait ? err : ext2_meta_sync(ext2_sb(inode->sb));
}

/* ------------------------------------------------------------------ away */

void ext2_drop_link(struct inode *inode)
{
	if (inode->nlink && !--inode->nlink)
		atomic_inc(&ext2_sb(inode->sb)->orphans);
	inode_mark_dirty(inode);
}

bool ext2_link_is_fast(const struct inode *inode)
{
	struct ext2_inode *ei = ext2_inode(inode);
	bool fast;

	down_read(&ei->map_lock);
	fast = inode->blocks <= (ei->file_acl ? ext2_sb(inode->sb)->geo.block_size / 512 : 0);
	up_read(&ei->map_lock);
	return fast;
}

/* Has it blocks of its own, or are the pointers a short link's text or a device's number? */
static bool has_blocks(const struct inode *inode)
{
	return S_ISREG(inode->mode) || S_ISDIR(inode->mode) ||
	       (S_ISLNK(inode->mode) && !ext2_link_is_fast(inode));
}

static void delete_inode(struct inode *inode)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);

	ei->dtime = (u32)max(current_time().tv_sec, (s64)1);
	if (has_blocks(inode)) {
		inode_set_size(inode, 0);
		ext2_free_range(inode, 0, ~0ULL);
	}
	ext2_free_xattrs(inode);
	ext2_update_inode(inode);
	ext2_free_inode(s, (u32)inode->ino, S_ISDIR(inode->mode));
	atomic_dec(&s->orphans);
}

void ext2_evict(struct inode *inode)
{
	struct ext2_inode *ei = ext2_inode(inode);

	if (ei && ei->live && !inode->nlink)
		delete_inode(inode);
	if (ei)
		ext2_dirindex_drop(inode);
	ext2_inode_free(ei);
	inode->private_ = NULL;
}

/* ------------------------------------------------------------ attributes */

/*
 * The page in which the file will end, so that its rest is cleared in memory
 * and then on the disk: if the file grows again, zeroes are read there.  With
 * a reference, or NULL: there is nothing behind the end.
 */
static struct page *tail_page(struct inode *inode, u64 size)
{
	u32 block;
	int n;

	if (!(size % PAGE_SIZE))
		return NULL;
	n = ext2_map(inode, (u32)(size >> ext2_sb(inode->sb)->geo.block_bits), 1, &block);
	if (n < 0)
		return ERR_PTR(n);
	return block ? filemap_read_page(inode->mapping, size >> PAGE_SHIFT, NULL) : NULL;
}

static int set_size(struct inode *inode, u64 size)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	u64 old = inode_size(inode);
	struct page *tail;

	if (!S_ISREG(inode->mode))
		return -EINVAL;
	if (size > inode->sb->max_bytes)
		return -EFBIG;
	if (size >= old) {              /* a mapping may have written behind the end */
		truncate_pages(inode->mapping, (loff_t)old, (loff_t)ALIGN_UP(old, PAGE_SIZE));
		inode_set_size(inode, size);
		inode_mark_dirty(inode);
		return 0;
	}
	tail = tail_page(inode, size);
	if (IS_ERR(tail))
		return (int)PTR_ERR(tail);
	inode_set_size(inode, size);
	truncate_pages(inode->mapping, (loff_t)size, -1);
	if (tail)
		put_page(tail);
	return ext2_free_range(inode, DIV_ROUND_UP(size, s->geo.block_size), ~0ULL);
}

int ext2_setattr(struct inode *inode, const struct iattr *attr)
{
	int err = attr->valid & ATTR_SIZE ? set_size(inode, (u64)attr->size) : 0;

	if (err)
		return err;
	setattr_copy(inode, attr);
	inode_mark_dirty(inode);
	return 0;
}

const struct inode_operations ext2_file_iops = {
	.setattr = ext2_setattr,
	.swap_map = ext2_swap_map,
	.xattr = &ext2_xattr_ops,
};
const struct inode_operations ext2_special_iops = {
	.setattr = ext2_setattr,
	.xattr = &ext2_xattr_ops,
};
