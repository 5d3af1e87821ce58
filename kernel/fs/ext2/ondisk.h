// SPDX-License-Identifier: MIT
/*
 * ext2 as it lies on the disk: structures, and checks that need nothing but
 * the bytes in front of them, so that they are tested and fuzzed on a
 * workstation.
 *
 * The format is Card, Ts'o and Tweedie's "Design and Implementation of the
 * Second Extended Filesystem", with the fields that e2fsprogs documents in
 * ext4(5) and libext2fs since.  All numbers are little-endian.
 */
#ifndef KERNEL_FS_EXT2_ONDISK_H
#define KERNEL_FS_EXT2_ONDISK_H

#include <lib/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LE16(x) ((u16)(x))
#define LE32(x) ((u32)(x))
#else
#define LE16(x) __builtin_bswap16(x)
#define LE32(x) __builtin_bswap32(x)
#endif

#define EXT2_MAGIC              0xef53
#define EXT2_SUPER_OFFSET       1024U   /* bytes, whatever the block size */
#define EXT2_SUPER_SIZE         1024U
#define EXT2_ROOT_INO           2U
#define EXT2_NAME_MAX           255U
#define EXT2_LINK_MAX           32000U
#define EXT2_NDIR               12U     /* direct blocks of an inode */
#define EXT2_NBLOCKS            15U     /* and one, two and three levels of indirect ones */

#define EXT2_VALID_FS           1       /* s_state: unmounted cleanly */
#define EXT2_ERROR_FS           2

#define EXT2_COMPAT_EXT_ATTR    0x8U
#define EXT2_COMPAT_DIR_INDEX   0x20U
#define EXT2_INCOMPAT_FILETYPE  0x2U
#define EXT2_RO_SPARSE_SUPER    0x1U
#define EXT2_RO_LARGE_FILE      0x2U
#define EXT2_RO_EXTRA_ISIZE     0x40U
#define EXT2_INCOMPAT_KNOWN     EXT2_INCOMPAT_FILETYPE
#define EXT2_RO_KNOWN           (EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE | EXT2_RO_EXTRA_ISIZE)

#define EXT2_FL_INDEX           0x1000U         /* i_flags: the directory has a hash tree */
#define EXT2_FL_HUGE            0x40000U        /* i_blocks counts blocks, not sectors */
#define EXT2_FL_EXTENTS         0x80000U
#define EXT2_FL_INLINE          0x10000000U
/* What a new object takes from its directory; and what is neither file nor directory. */
#define EXT2_FL_INHERITED       0x000000cfU
#define EXT2_FL_INHERITED_OTHER 0x000000c0U

struct ext2_super {
	u32 s_inodes_count, s_blocks_count, s_r_blocks_count, s_free_blocks_count;
	u32 s_free_inodes_count, s_first_data_block, s_log_block_size, s_log_frag_size;
	u32 s_blocks_per_group, s_frags_per_group, s_inodes_per_group, s_mtime;
	u32 s_wtime;
	u16 s_mnt_count, s_max_mnt_count;
	u16 s_magic, s_state, s_errors, s_minor_rev_level;
	u32 s_lastcheck, s_checkinterval, s_creator_os, s_rev_level;
	u16 s_def_resuid, s_def_resgid;
	/* revision 1 */
	u32 s_first_ino;
	u16 s_inode_size, s_block_group_nr;
	u32 s_feature_compat, s_feature_incompat, s_feature_ro_compat;
	u8 s_uuid[16];
	char s_volume_name[16], s_last_mounted[64];
	u32 s_algo_bitmap;
	u8 s_prealloc_blocks, s_prealloc_dir_blocks;
	u16 s_reserved_gdt_blocks;
	u8 s_journal_uuid[16];
	u32 s_journal_inum, s_journal_dev, s_last_orphan, s_hash_seed[4];
	u8 s_def_hash_version, s_jnl_backup_type;
	u16 s_desc_size;
	u32 s_default_mount_opts, s_first_meta_bg, s_mkfs_time, s_jnl_blocks[17];
	u32 s_blocks_count_hi, s_r_blocks_count_hi, s_free_blocks_hi;
	u16 s_min_extra_isize, s_want_extra_isize;
	u32 s_rest[168];
};

struct ext2_group {
	u32 bg_block_bitmap, bg_inode_bitmap, bg_inode_table;
	u16 bg_free_blocks_count, bg_free_inodes_count, bg_used_dirs_count, bg_flags;
	u32 bg_rest[3];
};

/* The first 128 bytes are in every inode; extra_isize says how many of the rest count. */
struct ext2_raw_inode {
	u16 i_mode, i_uid;
	u32 i_size, i_atime, i_ctime, i_mtime, i_dtime;
	u16 i_gid, i_links_count;
	u32 i_blocks, i_flags, i_osd1;
	u32 i_block[EXT2_NBLOCKS];
	u32 i_generation, i_file_acl, i_size_high, i_faddr;
	u16 i_blocks_high, i_file_acl_high, i_uid_high, i_gid_high;
	u32 i_osd2;
	u16 i_extra_isize, i_checksum_hi;
	u32 i_ctime_extra, i_mtime_extra, i_atime_extra, i_crtime, i_crtime_extra;
};

#define EXT2_INODE_BASE         128U
#define EXT2_EXTRA_WANTED	32U /* up to crtime_extra and what follows it, as mke2fs makes it */

struct ext2_dirent {
	u32 inode;                      /* 0: unused */
	u16 rec_len;
	u8 name_len, file_type;
	char name[];
};

#define EXT2_DIRENT_HEAD        8U
#define EXT2_DIRENT_LEN(n)      (((n) + EXT2_DIRENT_HEAD + 3) & ~3U)

/* At the start of a block of extended attributes; in an inode only the magic number. */
struct ext2_xattr_header {
	u32 h_magic, h_refcount, h_blocks, h_hash, h_rest[4];
};

#define EXT2_XATTR_MAGIC        0xea020000U

struct ext2_xattr_entry {
	u8 e_name_len, e_name_index;    /* of the word before the dot, which is not in e_name */
	u16 e_value_offs;
	u32 e_value_inum, e_value_size, e_hash;
	char e_name[];
};

_Static_assert(sizeof(struct ext2_super) == EXT2_SUPER_SIZE, "super block");
_Static_assert(sizeof(struct ext2_group) == 32, "group descriptor");
_Static_assert(sizeof(struct ext2_raw_inode) == 152, "inode");
_Static_assert(__builtin_offsetof(struct ext2_raw_inode, i_extra_isize) == EXT2_INODE_BASE,
	       "inode");
_Static_assert(__builtin_offsetof(struct ext2_super, s_min_extra_isize) == 0x15c, "super block");

/* What a super block says, once it has been found to make sense. */
struct ext2_geometry {
	u32 blocks, inodes;             /* how many; inode numbers begin at 1 */
	u32 first_data_block;
	u32 block_size, block_bits;
	u32 inode_size, inodes_per_block;
	/* per group: blocks of its inode table */
	u32 blocks_per_group, inodes_per_group, table_blocks;
	u32 groups, gdt_blocks, groups_per_block;
	u32 first_ino;                  /* first that is not reserved */
	u32 ptrs;                       /* block numbers in a block */
	u32 ptr_bits;
	bool has_filetype;
	/* i_extra_isize for new inodes; 0: they have no extra fields */
	u32 want_extra;
	u32 compat, incompat, ro_compat;
};

/*
 * Fill @geo from the 1024 bytes of a super block on a device of @device_bytes.
 * 0; -EINVAL: not ext2, or a feature or size that this driver does not have;
 * -EUCLEAN: ext2, and damaged.  *why says what was wrong.
 */
int ext2_check_super(const struct ext2_super *es, u64 device_bytes, struct ext2_geometry *geo,
		     const char **why);

enum ext2_feature_set { EXT2_FEATURE_INCOMPAT, EXT2_FEATURE_RO_COMPAT };
/* The name that mke2fs knows the lowest bit of @mask by, or "feature N" in @buf. */
const char *ext2_feature_name(enum ext2_feature_set set, u32 mask, char *buf, size_t size);

/* May @block hold data or metadata of a file? */
static inline bool ext2_block_valid(const struct ext2_geometry *geo, u32 block)
{
	return block > geo->first_data_block && block < geo->blocks;
}
static inline u32 ext2_group_first(const struct ext2_geometry *geo, u32 group)
{
	return geo->first_data_block + group * geo->blocks_per_group;
}
static inline u32 ext2_group_of(const struct ext2_geometry *geo, u32 block)
{
	return (block - geo->first_data_block) / geo->blocks_per_group;
}
/* The last group may be shorter. */
u32 ext2_group_blocks(const struct ext2_geometry *geo, u32 group);
bool ext2_group_has_super(const struct ext2_geometry *geo, u32 group);
/* Do its bitmaps and its table lie in the file system, apart?  0 or -EUCLEAN. */
int ext2_check_group(const struct ext2_geometry *geo, u32 group, const struct ext2_group *gd);
/*
 * Is @block one that no file may own: super block, descriptors, bitmaps, inode table of its group?
 */
bool ext2_block_is_system(const struct ext2_geometry *geo, const struct ext2_group *gd, u32 block);

/* An inode, decoded. */
struct ext2_inode_fields {
	u32 mode, uid, gid, links, flags, generation, file_acl, dtime;
	u64 size, sectors;
	struct { s64 sec; u32 nsec; } atime, mtime, ctime, crtime;
	bool has_crtime;
	u32 extra_isize;
	/* in the machine's order; a short symbolic link's bytes as they are */
	u32 block[EXT2_NBLOCKS];
};

/* @raw has geo->inode_size bytes.  0; -ESTALE: not in use; -EUCLEAN. */
int ext2_decode_inode(const struct ext2_geometry *geo, const struct ext2_raw_inode *raw,
		      struct ext2_inode_fields *f);
/* Change @raw to say @f; bytes that no field of ours names are kept. */
void ext2_encode_inode(const struct ext2_geometry *geo, struct ext2_raw_inode *raw,
		       const struct ext2_inode_fields *f);
/* Is the target in the inode itself? */
bool ext2_symlink_is_fast(const struct ext2_geometry *geo, const struct ext2_inode_fields *f);

/*
 * Where the pointer to block @lblock of a file is found: the index in the
 * inode, then in the indirect block of each level.  The number of indexes (1
 * to 4), or -EFBIG.
 */
int ext2_block_path(const struct ext2_geometry *geo, u64 lblock, u32 index[4]);
u64 ext2_max_blocks(const struct ext2_geometry *geo);

/* The entry at @off of a directory block is whole and in bounds: its rec_len; or -EUCLEAN. */
int ext2_check_dirent(const struct ext2_geometry *geo, const void *block, u32 off);
/* The entry that holds @name in one block: its offset; -ENOENT; -EUCLEAN. */
int ext2_find_dirent(const struct ext2_geometry *geo, const void *block, const char *name, u32 len);
/* The first entry with room for a name of @len: its offset; -ENOSPC; -EUCLEAN. */
int ext2_find_room(const struct ext2_geometry *geo, const void *block, u32 len);
/* The most bytes that a new entry could have in it; 0 of a damaged block. */
u32 ext2_largest_room(const struct ext2_geometry *geo, const void *block);
/* Is a directory block free of names other than "." and ".."?  1, 0, or -EUCLEAN. */
int ext2_dirblock_is_empty(const struct ext2_geometry *geo, const void *block);

/* Room for extended attributes, 4-aligned: see ondisk_xattr.c.  Size 0: none. */
struct ext2_xattr_area {
	u8 *base;
	u32 first, size;                /* first 0: an inode's; else a block's */
};
struct ext2_xattr {
	u8 index;                       /* e_name_index */
	const char *name;
	u32 len;                        /* of name, at most 255 */
	const void *value;              /* NULL: none */
	u32 size;
};

/* 0 or -EUCLEAN.  The others want an area that was found good. */
int ext2_xattr_check(const struct ext2_xattr_area *a);
/* The entry behind @e; NULL: the first.  NULL: there is none. */
const struct ext2_xattr_entry *ext2_xattr_next(const struct ext2_xattr_area *a,
					       const struct ext2_xattr_entry *e);
/* The entry with @x's name, or NULL. */
const struct ext2_xattr_entry *ext2_xattr_find(const struct ext2_xattr_area *a,
					       const struct ext2_xattr *x);
/*
 * Write @old into @new, of the same shape, with @x instead of what has its name, or, if it has no
 * value, without.  A block gets a header: one user.  -ENOSPC: @new is undefined.
 */
int ext2_xattr_edit(struct ext2_xattr_area *new, const struct ext2_xattr_area *old,
		    const struct ext2_xattr *x);

/* Bitmaps: bit 0 is the lowest of the first byte. */
static inline bool ext2_test_bit(const u8 *map, u32 nr) { return map[nr / 8] >> nr % 8 & 1; }
static inline void ext2_set_bit(u8 *map, u32 nr) { map[nr / 8] |= (u8)(1U << nr % 8); }
static inline void ext2_clear_bit(u8 *map, u32 nr) { map[nr / 8] &= (u8)~(1U << nr % 8); }
/* The first clear bit of [start, end); @end if there is none. */
u32 ext2_find_zero_bit(const u8 *map, u32 start, u32 end);
/*
 * The first run of @bytes zero bytes whose bits lie in [start, end): its first bit; @end if there
 * is none.
 */
u32 ext2_find_zero_bytes(const u8 *map, u32 start, u32 end, u32 bytes);

#endif
