// SPDX-License-Identifier: MIT
/*
 * ext2: extended attributes, first in what the inode's place in its table has left
 * of 256 bytes or more, then in one block, as Linux lays them.
 *
 * Both areas are copied before anything is believed, changed as copies, and put
 * back whole, and what gains a value is on the disk before what loses it, or what leads
 * there, is changed: a power cut finds the one or the other.  A block that other inodes
 * share, as Linux makes them of equal ones, is never changed but for its count of
 * users: who wants another gets a block of its own.
 *
 * Lock: the inode's; map_lock for the pointer and i_blocks; the block's page lock for
 *       its count of users.
 */
#include <kernel/fs/ext2/fs.h>

#include <kernel/fs/xattr.h>
#include <lib/string.h>
#include <mm/filemap.h>
#include <mm/slab.h>

/* e_name_index */
static const u8 index_of[XATTR_STORED] = {
	[XATTR_USER] = 1, [XATTR_TRUSTED] = 4, [XATTR_SECURITY] = 6,
};

struct work {
	struct inode *inode;
	struct ext2_xattr_area in, block;       /* copies of what there is */
	struct ext2_xattr_area new_in, new_block;
	struct page *table;                     /* referenced */
	u32 *magic;                             /* in it, before the inode's area */
	bool shared;                            /* the block */
	void *buf;                              /* that the areas lie in */
};

static struct ext2_xattr described(const struct xattr_name *n, const void *value, size_t size)
{
	return (struct ext2_xattr){ index_of[n->class], n->suffix, (u32)n->len, value, (u32)size };
}

/* ----------------------------------------------------------------- reading */

/* The block's page with a reference, its header sound; or ERR_PTR. */
static struct page *read_block(struct ext2_sb *s, u32 block)
{
	struct page *page = ext2_meta_read(s, block);
	const struct ext2_xattr_header *h;

	if (IS_ERR(page))
		return page;
	h = page_address(page);
	if (LE32(h->h_magic) == EXT2_XATTR_MAGIC && LE32(h->h_blocks) == 1 && h->h_refcount &&
	    !ext2_block_is_system(&s->geo, ext2_group(s, ext2_group_of(&s->geo, block), NULL),
				  block))
		return page;
	put_page(page);
	return ERR_PTR(ext2_damaged(s, "block %u of extended attributes has no header", block));
}

static int copy_areas(struct work *w)
{
	struct ext2_sb *s = ext2_sb(w->inode->sb);
	u32 acl = ext2_inode(w->inode)->file_acl;
	struct page *page;

	if (w->in.size && LE32(*w->magic) == EXT2_XATTR_MAGIC)
		memcpy(w->in.base, w->magic + 1, w->in.size);
	if (acl) {
		page = read_block(s, acl);
		if (IS_ERR(page))
			return (int)PTR_ERR(page);
		memcpy(w->block.base, page_address(page), w->block.size);
		w->shared = LE32(((struct ext2_xattr_header *)w->block.base)->h_refcount) > 1;
		put_page(page);
	}
	if (ext2_xattr_check(&w->in) || ext2_xattr_check(&w->block))
		return ext2_damaged(s, "inode %lu has damaged extended attributes",
				    (unsigned long)w->inode->ino);
	return 0;
}

static void done(struct work *w)
{
	kvfree(w->buf);
	if (w->table)
		put_page(w->table);
}

/* Fill @w; done() is due whatever this returns. */
static int begin(struct work *w, struct inode *inode)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	u32 front = EXT2_INODE_BASE + ext2_inode(inode)->extra_isize + sizeof(u32);
	u32 bs = s->geo.block_size, in = s->geo.inode_size;
	struct ext2_raw_inode *raw;
	struct page *table;
	u8 *buf = kvmalloc(2 * (bs + in), GFP_KERNEL | GFP_ZERO);

	*w = (struct work){ .inode = inode, .buf = buf };
	if (!buf)
		return -ENOMEM;
	table = ext2_table_block(s, (u32)inode->ino, false, &raw);
	if (IS_ERR(table))
		return (int)PTR_ERR(table);
	w->table = table;
	w->magic = (u32 *)((u8 *)raw + front) - 1;
	w->block = (struct ext2_xattr_area){ buf, sizeof(struct ext2_xattr_header), bs };
	w->new_block = w->block;
	w->new_block.base += bs;
	in = ext2_inode(inode)->extra_isize && front + sizeof(u32) <= in ? in - front : 0;
	w->in = (struct ext2_xattr_area){ buf + 2 * bs, 0, in };
	w->new_in = w->in;
	w->new_in.base += in;
	return copy_areas(w);
}

static ssize_t value_in(const struct ext2_xattr_area *a, const struct ext2_xattr *x, void *value,
			size_t size)
{
	const struct ext2_xattr_entry *e = ext2_xattr_find(a, x);
	u32 len = e ? LE32(e->e_value_size) : 0;

	if (!e)
		return -ENODATA;
	if (size && len > size)
		return -ERANGE;
	if (size)
		memcpy(value, a->base + LE16(e->e_value_offs), len);
	return len;
}

static ssize_t ext2_xattr_get(struct inode *inode, const struct xattr_name *n, void *value,
			      size_t size)
{
	struct ext2_xattr x = described(n, NULL, 0);
	struct work w;
	ssize_t ret = begin(&w, inode);

	if (!ret)
		ret = value_in(&w.in, &x, value, size);
	if (ret == -ENODATA)
		ret = value_in(&w.block, &x, value, size);
	done(&w);
	return ret;
}

/* Classes that have no number here, as that of ACLs, are kept, and not told. */
static void list_area(const struct ext2_xattr_area *a, struct xattr_list *list)
{
	const struct ext2_xattr_entry *e = NULL;

	while ((e = ext2_xattr_next(a, e)))
		for (unsigned int class = 0; class < XATTR_STORED; class++)
			if (index_of[class] == e->e_name_index)
				xattr_list_add(list, class, e->e_name, e->e_name_len);
}

static int ext2_xattr_list(struct inode *inode, struct xattr_list *list)
{
	struct work w;
	int err = begin(&w, inode);

	if (!err) {
		list_area(&w.in, list);
		list_area(&w.block, list);
	}
	done(&w);
	return err;
}

/* ---------------------------------------------------------------- changing */

/* @to, of @page, becomes @from's bytes, and no reader of the disk sees a part of them. */
static void put_bytes(struct ext2_sb *s, struct page *page, void *to, const void *from, u32 size)
{
	lock_page(page);
	wait_on_page_bit(page, PG_writeback);
	memcpy(to, from, size);
	unlock_page(page);
	ext2_meta_dirty(s, page);
}

/* The inode's area: its magic number says whether there is anything. */
static void put_in_inode(struct work *w)
{
	struct ext2_sb *s = ext2_sb(w->inode->sb);
	u32 *copy = w->buf;             /* the areas of the block have done their duty */

	*copy = ext2_xattr_next(&w->new_in, NULL) ? LE32(EXT2_XATTR_MAGIC) : 0;
	memcpy(copy + 1, w->new_in.base, w->new_in.size);
	put_bytes(s, w->table, w->magic, copy, w->new_in.size + sizeof(u32));
}

/* One user less of the block; the last frees it. */
static void drop_block(struct ext2_sb *s, u32 block)
{
	struct page *page = read_block(s, block);
	struct ext2_xattr_header *h;
	u32 users;

	if (IS_ERR(page))
		return;
	h = page_address(page);
	lock_page(page);                /* two inodes may let go of it at once */
	users = LE32(h->h_refcount);
	h->h_refcount = LE32(users ? users - 1 : 0);
	unlock_page(page);
	if (!users) {
		ext2_damaged(s, "block %u of extended attributes has more users than it counts",
			     block);
	} else if (users == 1) {
		ext2_meta_forget(s, block);
		ext2_free_blocks(s, block, 1);
	} else {
		ext2_meta_dirty(s, page);
	}
	put_page(page);
}

/* The inode's block is @block now, or, if 0, none. */
static void set_block(struct inode *inode, u32 block)
{
	struct ext2_sb *s = ext2_sb(inode->sb);
	struct ext2_inode *ei = ext2_inode(inode);
	u32 old = ei->file_acl, sectors = s->geo.block_size / 512;

	down_write(&ei->map_lock);
	if (old && inode->blocks >= sectors)
		inode->blocks -= sectors;
	if (block)
		inode->blocks += sectors;
	ei->file_acl = block;
	up_write(&ei->map_lock);
	if (!ext2_update_inode(inode) && old)   /* else it leads there still */
		drop_block(s, old);
}

/* A block of the inode's own, with what it is to hold.  -ENOSPC, -EIO, -ENOMEM. */
static int new_block(struct work *w, u32 *block)
{
	struct ext2_sb *s = ext2_sb(w->inode->sb);
	u32 group = (u32)(w->inode->ino - 1) / s->geo.inodes_per_group;
	struct page *page;
	int err = ext2_alloc_block(s, ext2_group_first(&s->geo, group) + 1, false, block);

	if (err)
		return err;
	page = ext2_meta_new(s, *block);
	if (IS_ERR(page)) {
		ext2_free_blocks(s, *block, 1);
		return (int)PTR_ERR(page);
	}
	put_bytes(s, page, page_address(page), w->new_block.base, w->new_block.size);
	put_page(page);
	err = ext2_meta_sync(s);
	if (err) {
		ext2_meta_forget(s, *block);
		ext2_free_blocks(s, *block, 1);
	}
	return err;
}

static int put_in_block(struct work *w)
{
	struct ext2_sb *s = ext2_sb(w->inode->sb);
	u32 block = ext2_inode(w->inode)->file_acl;
	struct page *page;
	int err;

	if (!ext2_xattr_next(&w->new_block, NULL)) {
		set_block(w->inode, 0);
		return 0;
	}
	if (!block || w->shared) {
		err = new_block(w, &block);
		if (!err)
			set_block(w->inode, block);
		return err;
	}
	page = ext2_meta_read(s, block);
	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	put_bytes(s, page, page_address(page), w->new_block.base, w->new_block.size);
	put_page(page);
	return 0;
}

static bool same_value(const struct ext2_xattr_area *a, const struct ext2_xattr_entry *e,
		       const struct ext2_xattr *x)
{
	return e && x->value && LE32(e->e_value_size) == x->size &&
	       !memcmp(a->base + LE16(e->e_value_offs), x->value, x->size);
}

/* What gains a value comes first; @other: the other area loses one. */
static int put_areas(struct work *w, bool inode_first, bool other)
{
	int err = 0;

	if (inode_first)
		put_in_inode(w);
	else
		err = put_in_block(w);
	if (!err && other)
		err = ext2_meta_sync(ext2_sb(w->inode->sb));
	if (err || !other)
		return err;
	if (inode_first)
		return put_in_block(w);
	put_in_inode(w);
	return 0;
}

/* As Linux: the inode's own room is tried first, each time a value is set. */
static int change(struct work *w, const struct ext2_xattr *x, int flags)
{
	const struct ext2_xattr_entry *in = ext2_xattr_find(&w->in, x);
	const struct ext2_xattr_entry *block = ext2_xattr_find(&w->block, x);
	struct ext2_xattr without = *x;
	bool fits, inode_first;
	int err;

	if (in || block ? flags & XATTR_CREATE : flags & XATTR_REPLACE)
		return in || block ? -EEXIST : -ENODATA;
	if (same_value(&w->in, in, x) || same_value(&w->block, block, x))
		return 0;
	without.value = NULL;
	fits = !ext2_xattr_edit(&w->new_in, &w->in, x);
	if (!fits)
		ext2_xattr_edit(&w->new_in, &w->in, &without);
	err = ext2_xattr_edit(&w->new_block, &w->block, fits ? &without : x);
	inode_first = fits && (in || x->value); /* to remove nothing there may be no area */
	if (!err)
		err = put_areas(w, inode_first, inode_first ? block : in);
	if (err)
		return err;
	ext2_need_xattr(ext2_sb(w->inode->sb));
	inode_set_times_now(w->inode, ATTR_CTIME);
	return 0;
}

static int ext2_xattr_set(struct inode *inode, const struct xattr_name *n, const void *value,
			  size_t size, int flags)
{
	struct ext2_xattr x = described(n, value, size);
	struct work w;
	int err = begin(&w, inode);

	if (!err)
		err = change(&w, &x, flags);
	done(&w);
	return err;
}

const struct xattr_operations ext2_xattr_ops = {
	.get = ext2_xattr_get,
	.set = ext2_xattr_set,
	.list = ext2_xattr_list,
};

void ext2_free_xattrs(struct inode *inode)
{
	if (ext2_inode(inode)->file_acl)
		set_block(inode, 0);
}
