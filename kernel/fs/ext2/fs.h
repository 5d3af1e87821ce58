// SPDX-License-Identifier: MIT
/*
 * ext2 from inside: one mounted file system, one inode of it, and what its
 * files tell one another.
 *
 *	super.c   mount, sync, unmount          dir.c     directory contents
 *	meta.c    blocks that are not data      namei.c   names made and removed
 *	inode.c   inodes read and written       file.c    operations of an open file
 *	balloc.c  which blocks are free         aops.c    pages of files to and from the disk
 *	ialloc.c  which inodes are free         ondisk.c  bytes checked
 *	map.c     block of file → block of disk
 *	free.c    the way back                  dirindex.c  large directories
 *	xattr.c   extended attributes
 *
 * What is freed or moved is written so that at any moment, to whoever reads
 * the metadata, no block is free that somebody points to: taken in the bitmap
 * before the pointer is set, pointer cleared before the bitmap.
 */
#ifndef KERNEL_FS_EXT2_FS_H
#define KERNEL_FS_EXT2_FS_H

#include <kernel/fs/ext2/ondisk.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/sync.h>
#include <lib/atomic.h>
#include <lib/err.h>
#include <mm/address_space.h>
#include <mm/frames.h>
#include <mm/page.h>

struct bio_run;
struct block_device;
struct dir_context;

/*
 * Memory for metadata is wanted with FS_MAP or FS_ALLOC held, often by somebody
 * who writes out in order to free memory: it must not wait for that.
 */
#define EXT2_GFP        (GFP_NOIO | GFP_RESERVE)

/* [c] constant  [l] alloc_lock  [a] atomic  [s] super_lock */
struct ext2_sb {
	struct super_block *sb;         /* [c] */
	struct block_device *bdev;      /* [c] */
	struct ext2_geometry geo;       /* [c] but ro_compat's large_file [s] */
	struct address_space meta;      /* page n holds block n, at its start */
	struct page *super_page;        /* [c] held; the super block lies super_off bytes into it */
	u32 super_off;                  /* [c] */
	struct page **gdt;              /* [c] held pages of group descriptors */
	struct mutex alloc_lock;        /* RANK_FS_ALLOC: bitmaps, descriptors, counts */
	u64 free_blocks, free_inodes;   /* [l] */
	u32 reserved_blocks, resuid, resgid;    /* [c] */
	u32 next_dir_group;             /* [l] where the next directory below the root goes */
	struct mutex super_lock;        /* RANK_SLEEPING_LEAF: the super block's bytes */
	u32 clean;                      /* [a] nothing has changed since the last sync began */
	/* [s] EXT2_VALID_FS is on the disk: to be taken back before a change */
	bool says_valid;
	/* [c] it was checked or unmounted properly before this mount */
	bool was_clean;
	bool counted;                   /* [s] this mount is in s_mnt_count */
	atomic_t orphans;               /* inodes in use that have no name */
	u32 errors;                     /* [a] damage seen: logged, and marked in s_state */
};

struct ext2_inode {
	u32 block[EXT2_NBLOCKS];        /* [m] */
	struct rwsem map_lock;          /* [m] RANK_FS_MAP: block[] and the indirect blocks */
	u32 file_acl;                   /* inode lock, and [m]: block of extended attributes */
	u32 dtime;
	u32 extra_isize;                /* [c] */
	u32 last_lblock, last_block;    /* [m] the last allocation: where the next one goes on */
	/* directory lock: no room for a name in blocks below this one */
	u32 dir_room;
	struct ext2_dirindex *dirindex; /* directory lock: of a large one, or NULL */
	bool live;                      /* read or made completely; else there is nothing to free */
};

static inline struct ext2_sb *ext2_sb(const struct super_block *sb) { return sb->private_; }
static inline struct ext2_inode *ext2_inode(const struct inode *inode) { return inode->private_; }
static inline struct ext2_super *ext2_super(const struct ext2_sb *s)
{
	return (struct ext2_super *)((char *)page_address(s->super_page) + s->super_off);
}

/* Say once what is damaged, mark the file system as such; returns -EUCLEAN. */
int ext2_damaged(struct ext2_sb *s, const char *fmt, ...) __printf(2, 3);

/* ---- super.c ---- */

/* Before the first change after a sync: the disk must not say that it is clean.  Sleeps. */
void ext2_unclean(struct ext2_sb *s);
/* The first file of 2 GiB makes it a feature, and so does the first extended attribute. */
void ext2_need_large_file(struct ext2_sb *s);
void ext2_need_xattr(struct ext2_sb *s);

/* ---- meta.c: no lock of ours; all sleep ---- */

void ext2_meta_init(struct ext2_sb *s);
/* The block, up to date, with a reference; ERR_PTR(-EIO, -ENOMEM). */
struct page *ext2_meta_read(struct ext2_sb *s, u32 block);
/* A block that was free until now: zeroes, in memory. */
struct page *ext2_meta_new(struct ext2_sb *s, u32 block);
/* It was changed.  The reference is held. */
void ext2_meta_dirty(struct ext2_sb *s, struct page *page);
/* It is no longer metadata: what is in memory must never reach the disk. */
void ext2_meta_forget(struct ext2_sb *s, u32 block);
/* All that is dirty to the device, and wait.  0 or -EIO. */
int ext2_meta_sync(struct ext2_sb *s);
/* Add the block, if it is not there, to what is gathered for reading: nobody waits. */
void ext2_meta_read_along(struct ext2_sb *s, u32 block, struct bio_run *run);
/* Start reading [block, block + nr) if it is not there: it will be asked for. */
void ext2_meta_readahead(struct ext2_sb *s, u32 block, u32 nr);

/* ---- balloc.c, ialloc.c: take alloc_lock ---- */

struct ext2_group *ext2_group(struct ext2_sb *s, u32 group, struct page **page);
/*
 * A free block near @goal: 0 and *block; -ENOSPC, -EIO, -ENOMEM.  @want_run: a file that goes on
 * growing.
 */
int ext2_alloc_block(struct ext2_sb *s, u32 goal, bool want_run, u32 *block);
void ext2_free_blocks(struct ext2_sb *s, u32 block, u32 count);
bool ext2_block_in_use(struct ext2_sb *s, u32 block);
/* A new inode of @mode below @dir, in the cache, with a reference and nlink 1; ERR_PTR. */
struct inode *ext2_new_inode(struct inode *dir, u32 mode);
void ext2_free_inode(struct ext2_sb *s, u32 ino, bool is_dir);

/* ---- inode.c ---- */

void ext2_inode_cache_init(void);
struct inode *ext2_iget(struct super_block *sb, u32 ino);       /* ERR_PTR */
struct ext2_inode *ext2_inode_alloc(void);
void ext2_inode_free(struct ext2_inode *ei);
void ext2_set_ops(struct inode *inode);
/*
 * The table's block that holds inode @ino, with a reference, and where in it; @ahead: the next will
 * be wanted.  ERR_PTR.
 */
struct page *ext2_table_block(struct ext2_sb *s, u32 ino, bool ahead, struct ext2_raw_inode **raw);
/* Has the symbolic link its text in the inode, where other files have pointers?  Takes map_lock. */
bool ext2_link_is_fast(const struct inode *inode);
/* The inode as it is now into its block of metadata.  0, -EIO, -ENOMEM. */
int ext2_update_inode(struct inode *inode);
/* The same for a new one: nothing stays of who had its place before. */
int ext2_init_inode(struct inode *inode);
int ext2_write_inode(struct inode *inode, bool wait);
void ext2_evict(struct inode *inode);
int ext2_setattr(struct inode *inode, const struct iattr *attr);
/* One name less; the last one makes it an orphan until it is evicted. */
void ext2_drop_link(struct inode *inode);

/* ---- map.c: take map_lock ---- */

/*
 * Where blocks [lblock, lblock + max) lie: how many of them, at least 1, lie
 * side by side from *block on; *block 0: that many are a hole.  -EIO, -EUCLEAN, -EFBIG.
 */
int ext2_map(struct inode *inode, u32 lblock, u32 max, u32 *block);
/*
 * The block of pointers that ext2_map() of @lblock would have to read first; 0: none.  It stays one
 * while a page of the file at @lblock is locked.
 */
u32 ext2_map_unread(struct inode *inode, u32 lblock);
/* The block, allocated if there was none (*fresh).  -ENOSPC too. */
int ext2_map_create(struct inode *inode, u32 lblock, u32 *block, bool *fresh);
/* Pointer @index of an indirect block; it may be changed. */
static inline u32 *ext2_ptr(struct page *page, u32 index)
{
	return (u32 *)page_address(page) + index;
}

/* ---- free.c: takes map_lock ---- */

/* Free the file's blocks [from, to); to ~0: to the end. */
int ext2_free_range(struct inode *inode, u64 from, u64 to);

/* ---- xattr.c ---- */

extern const struct xattr_operations ext2_xattr_ops;
/* The inode goes: let go of its block of extended attributes, which others may share. */
void ext2_free_xattrs(struct inode *inode);

/* ---- dir.c: the directory's lock is held ---- */

struct ext2_dirpos {
	struct page *page;      /* referenced */
	u32 off;                /* of the entry */
	u32 ino;
	u32 n;                  /* the directory's block */
};
/* Block @n of the directory; NULL: a hole; ERR_PTR. */
struct page *ext2_dir_block(struct inode *dir, u32 n);
static inline struct ext2_dirent *ext2_dirpos_entry(const struct ext2_dirpos *p)
{
	return (struct ext2_dirent *)((char *)page_address(p->page) + p->off);
}
/* 0; -ENOENT; -EUCLEAN; -EIO. */
int ext2_dir_find(struct inode *dir, const char *name, u32 len, struct ext2_dirpos *pos);
int ext2_dir_add(struct inode *dir, const char *name, u32 len, const struct inode *inode);
/* Take it out; drops pos->page. */
int ext2_dir_remove(struct inode *dir, struct ext2_dirpos *pos);
/* Let it name another inode; drops pos->page. */
void ext2_dir_set(struct inode *dir, struct ext2_dirpos *pos, const struct inode *inode);
int ext2_dir_make(struct inode *inode, const struct inode *parent);
int ext2_dir_empty(struct inode *dir);          /* 1, 0, -errno */
int ext2_readdir(struct file *file, struct dir_context *ctx);

/* ---- operations ---- */

extern const struct inode_operations ext2_dir_iops, ext2_file_iops, ext2_symlink_iops,
	ext2_special_iops;
extern const struct file_operations ext2_dir_fops, ext2_file_fops;
extern const struct address_space_operations ext2_aops;
/* aops.c: for filemap_write() and page_mkwrite: blocks for the page up to byte @to. */
int ext2_prepare(struct address_space *as, struct page *page, unsigned int from, unsigned int to);
/* aops.c: inode_operations.swap_map */
long ext2_swap_map(struct inode *inode, u64 page, u64 max, u64 *sector);

#endif
