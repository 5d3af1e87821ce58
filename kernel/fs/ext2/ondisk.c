// SPDX-License-Identifier: MIT
/*
 * ext2 on the disk: what each structure must look like before it is believed.
 *
 * An image may hold anything.  These functions turn bytes into numbers that
 * are safe to index with, or say what is wrong; they call nothing but lib/.
 * Directory blocks and bitmaps have a file of their own, ondisk_dir.c.
 *
 * Lock: none; no state.
 */
#include <kernel/fs/ext2/ondisk.h>

#include <lib/errno.h>
#include <lib/printf.h>
#include <lib/string.h>

#define MODE_FMT        0170000U
#define MODE_LNK        0120000U
#define MODE_REG        0100000U
#define MODE_DIR        0040000U

static int check_layout(struct ext2_geometry *geo, const char **why);

static int wrong(const char **why, int err, const char *text)
{
	*why = text;
	return err;
}

static bool power_of_two(u32 x)
{
	return x && !(x & (x - 1));
}

static u32 log2_of(u32 x)
{
	return 31U - (u32)__builtin_clz(x);
}

int ext2_check_super(const struct ext2_super *es, u64 device_bytes, struct ext2_geometry *geo,
		     const char **why)
{
	u32 log = LE32(es->s_log_block_size);
	bool old = LE32(es->s_rev_level) == 0;

	memset(geo, 0, sizeof(*geo));
	*why = "";
	if (LE16(es->s_magic) != EXT2_MAGIC)
		return wrong(why, -EINVAL, "no ext2 file system");
	if (log > 2)
		return wrong(why, log > 6 ? -EUCLEAN : -EINVAL,
			     "a block size other than 1, 2 or 4 KiB");
	geo->block_bits = 10 + log;
	geo->block_size = 1U << geo->block_bits;
	geo->blocks = LE32(es->s_blocks_count);
	geo->inodes = LE32(es->s_inodes_count);
	geo->first_data_block = LE32(es->s_first_data_block);
	geo->blocks_per_group = LE32(es->s_blocks_per_group);
	geo->inodes_per_group = LE32(es->s_inodes_per_group);
	geo->inode_size = old ? EXT2_INODE_BASE : LE16(es->s_inode_size);
	geo->first_ino = old ? 11 : LE32(es->s_first_ino);
	geo->compat = old ? 0 : LE32(es->s_feature_compat);
	geo->incompat = old ? 0 : LE32(es->s_feature_incompat);
	geo->ro_compat = old ? 0 : LE32(es->s_feature_ro_compat);
	geo->has_filetype = geo->incompat & EXT2_INCOMPAT_FILETYPE;
	if (geo->incompat & ~EXT2_INCOMPAT_KNOWN)
		return wrong(why, -EINVAL, "unknown feature");
	if ((u64)geo->blocks << geo->block_bits > device_bytes)
		return wrong(why, -EUCLEAN, "it is larger than its device");
	if (geo->inode_size > EXT2_INODE_BASE)
		geo->want_extra = min(EXT2_EXTRA_WANTED, geo->inode_size - EXT2_INODE_BASE);
	return check_layout(geo, why);
}

static int check_layout(struct ext2_geometry *geo, const char **why)
{
	u32 bits = geo->block_size * 8;
	u64 groups;

	if (geo->first_data_block != (geo->block_size == 1024))
		return wrong(why, -EUCLEAN, "first data block");
	if (!power_of_two(geo->inode_size) || geo->inode_size < EXT2_INODE_BASE ||
	    geo->inode_size > geo->block_size)
		return wrong(why, -EUCLEAN, "inode size");
	if (!geo->blocks_per_group || geo->blocks_per_group > bits || geo->blocks_per_group < 8)
		return wrong(why, -EUCLEAN, "blocks per group");
	geo->inodes_per_block = geo->block_size / geo->inode_size;
	if (!geo->inodes_per_group || geo->inodes_per_group > bits ||
	    geo->inodes_per_group % geo->inodes_per_block)
		return wrong(why, -EUCLEAN, "inodes per group");
	geo->table_blocks = geo->inodes_per_group / geo->inodes_per_block;
	if (geo->table_blocks >= geo->blocks_per_group)
		return wrong(why, -EUCLEAN, "inode tables larger than their groups");
	if (geo->blocks <= geo->first_data_block + 1)
		return wrong(why, -EUCLEAN, "number of blocks");
	groups = ((u64)geo->blocks - geo->first_data_block + geo->blocks_per_group - 1) /
		 geo->blocks_per_group;
	geo->groups = (u32)groups;
	if (groups * geo->inodes_per_group != geo->inodes)
		return wrong(why, -EUCLEAN, "number of inodes");
	if (geo->first_ino < 11 || geo->first_ino > geo->inodes)
		return wrong(why, -EUCLEAN, "first inode");
	geo->groups_per_block = geo->block_size / sizeof(struct ext2_group);
	geo->gdt_blocks = (u32)DIV_ROUND_UP(groups, geo->groups_per_block);
	if (geo->gdt_blocks >= geo->blocks - geo->first_data_block - 1)
		return wrong(why, -EUCLEAN, "group descriptors beyond the end");
	geo->ptrs = geo->block_size / sizeof(u32);
	geo->ptr_bits = log2_of(geo->ptrs);
	return 0;
}

const char *ext2_feature_name(enum ext2_feature_set set, u32 mask, char *buf, size_t size)
{
	static const char *const incompat[] = {
		"compression",
		"filetype",
		"needs_recovery",
		"journal_dev",
		"meta_bg",
		NULL,
		"extent",
		"64bit",
		"mmp",
		"flex_bg",
		"ea_inode",
		NULL,
		"dirdata",
		"metadata_csum_seed",
		"large_dir",
		"inline_data",
		"encrypt",
		"casefold",
	};
	static const char *const ro_compat[] = {
		"sparse_super",	 "large_file",	   "btree_dir", "huge_file", "uninit_bg",
		"dir_nlink",	 "extra_isize",	   "snapshot",	"quota",     "bigalloc",
		"metadata_csum", "replica",	   "read-only", "project",   "shared_blocks",
		"verity",	 "orphan_present",
	};
	bool in = set == EXT2_FEATURE_INCOMPAT;
	unsigned int bit = mask ? (unsigned int)__builtin_ctz(mask) : 0;
	const char *name = NULL;

	if (bit < (in ? ARRAY_SIZE(incompat) : ARRAY_SIZE(ro_compat)))
		name = in ? incompat[bit] : ro_compat[bit];
	if (name)
		return name;
	snprintf(buf, size, "feature %s%u", in ? "I" : "R", bit);
	return buf;
}

/* --------------------------------------------------------------- groups */

u32 ext2_group_blocks(const struct ext2_geometry *geo, u32 group)
{
	return min(geo->blocks_per_group, geo->blocks - ext2_group_first(geo, group));
}

static bool power_of(u32 x, u32 base)
{
	while (x % base == 0)
		x /= base;
	return x == 1;
}

bool ext2_group_has_super(const struct ext2_geometry *geo, u32 group)
{
	if (group <= 1 || !(geo->ro_compat & EXT2_RO_SPARSE_SUPER))
		return true;
	return power_of(group, 3) || power_of(group, 5) || power_of(group, 7);
}

int ext2_check_group(const struct ext2_geometry *geo, u32 group, const struct ext2_group *gd)
{
	u32 first = ext2_group_first(geo, group), blocks = ext2_group_blocks(geo, group);
	u32 bmap = LE32(gd->bg_block_bitmap) - first, imap = LE32(gd->bg_inode_bitmap) - first;
	u32 table = LE32(gd->bg_inode_table) - first, head = 0;

	/*
	 * Without flex_bg a group's own structures lie in the group, behind the copy of the super
	 * block.
	 */
	if (ext2_group_has_super(geo, group))
		head = 1 + geo->gdt_blocks;
	if (blocks < geo->table_blocks || bmap >= blocks || imap >= blocks ||
	    table > blocks - geo->table_blocks)
		return -EUCLEAN;
	if (bmap < head || imap < head || table < head || bmap == imap ||
	    bmap - table < geo->table_blocks || imap - table < geo->table_blocks)
		return -EUCLEAN;
	if (LE16(gd->bg_free_blocks_count) > blocks ||
	    LE16(gd->bg_free_inodes_count) > geo->inodes_per_group)
		return -EUCLEAN;
	return 0;
}

bool ext2_block_is_system(const struct ext2_geometry *geo, const struct ext2_group *gd, u32 block)
{
	u32 group = ext2_group_of(geo, block);

	if (block == LE32(gd->bg_block_bitmap) || block == LE32(gd->bg_inode_bitmap) ||
	    block - LE32(gd->bg_inode_table) < geo->table_blocks)
		return true;
	return ext2_group_has_super(geo, group) &&
	       block - ext2_group_first(geo, group) <= geo->gdt_blocks;
}

/* --------------------------------------------------------------- inodes */

/*
 * Seconds before 1970 have the upper bits 0, as always; the extra field adds 2 bits and the
 * nanoseconds.
 */
static s64 decode_time(u32 raw, u32 extra, bool has_extra, u32 *nsec)
{
	s64 sec = (s32)LE32(raw);

	*nsec = 0;
	if (has_extra) {
		sec += (s64)(LE32(extra) & 3) << 32;
		*nsec = LE32(extra) >> 2;
		if (*nsec >= 1000000000U)
			*nsec = 0;
	}
	return sec;
}

static u32 encode_extra(s64 sec, u32 nsec)
{
	return LE32(((u32)((sec - (s32)sec) >> 32) & 3) | nsec << 2);
}

/* Does the inode have the extra field that ends at @end? */
#define HAS_EXTRA(extra, field)       \
	(EXT2_INODE_BASE + (extra) >= \
	 __builtin_offsetof(struct ext2_raw_inode, field) + sizeof(u32))

static bool known_type(u32 mode)
{
	switch (mode & MODE_FMT) {
	case 0010000:
	case 0020000:
	case 0040000:
	case 0060000:
	case 0100000:
	case 0120000:
	case 0140000: return true;
	default:
		return false;
	}
}

static void decode_times(const struct ext2_raw_inode *raw, u32 extra, struct ext2_inode_fields *f)
{
	bool a = HAS_EXTRA(extra, i_atime_extra), m = HAS_EXTRA(extra, i_mtime_extra);
	bool c = HAS_EXTRA(extra, i_ctime_extra);

	f->atime.sec = decode_time(raw->i_atime, a ? raw->i_atime_extra : 0, a, &f->atime.nsec);
	f->mtime.sec = decode_time(raw->i_mtime, m ? raw->i_mtime_extra : 0, m, &f->mtime.nsec);
	f->ctime.sec = decode_time(raw->i_ctime, c ? raw->i_ctime_extra : 0, c, &f->ctime.nsec);
	f->has_crtime = HAS_EXTRA(extra, i_crtime_extra);
	if (f->has_crtime)
		f->crtime.sec =
			decode_time(raw->i_crtime, raw->i_crtime_extra, true, &f->crtime.nsec);
}

int ext2_decode_inode(const struct ext2_geometry *geo, const struct ext2_raw_inode *raw,
		      struct ext2_inode_fields *f)
{
	memset(f, 0, sizeof(*f));
	f->mode = LE16(raw->i_mode);
	f->links = LE16(raw->i_links_count);
	f->dtime = LE32(raw->i_dtime);
	if (!f->links)
		return -ESTALE;
	f->uid = LE16(raw->i_uid) | (u32)LE16(raw->i_uid_high) << 16;
	f->gid = LE16(raw->i_gid) | (u32)LE16(raw->i_gid_high) << 16;
	f->flags = LE32(raw->i_flags);
	f->generation = LE32(raw->i_generation);
	f->file_acl = LE32(raw->i_file_acl);
	f->sectors = LE32(raw->i_blocks);
	f->size = LE32(raw->i_size);
	if ((f->mode & MODE_FMT) == MODE_REG)
		f->size |= (u64)LE32(raw->i_size_high) << 32;
	if (geo->inode_size > EXT2_INODE_BASE)
		f->extra_isize = LE16(raw->i_extra_isize);
	if (f->extra_isize > geo->inode_size - EXT2_INODE_BASE || f->extra_isize % 4)
		return -EUCLEAN;
	decode_times(raw, f->extra_isize, f);
	for (unsigned int i = 0; i < EXT2_NBLOCKS; i++)
		f->block[i] = LE32(raw->i_block[i]);
	if (!known_type(f->mode) ||
	    (f->flags & (EXT2_FL_EXTENTS | EXT2_FL_HUGE | EXT2_FL_INLINE)) ||
	    LE16(raw->i_blocks_high) || f->size > ext2_max_blocks(geo) << geo->block_bits)
		return -EUCLEAN;
	if (f->file_acl && !ext2_block_valid(geo, f->file_acl))
		return -EUCLEAN;
	if ((f->mode & MODE_FMT) == MODE_DIR && f->size % geo->block_size)
		return -EUCLEAN;
	if ((f->mode & MODE_FMT) == MODE_LNK &&
	    (!f->size ||
	     f->size >= (ext2_symlink_is_fast(geo, f) ? sizeof(raw->i_block) : geo->block_size)))
		return -EUCLEAN;
	return 0;
}

static void encode_times(struct ext2_raw_inode *raw, const struct ext2_inode_fields *f)
{
	raw->i_atime = LE32((u32)f->atime.sec);
	raw->i_mtime = LE32((u32)f->mtime.sec);
	raw->i_ctime = LE32((u32)f->ctime.sec);
	if (HAS_EXTRA(f->extra_isize, i_ctime_extra))
		raw->i_ctime_extra = encode_extra(f->ctime.sec, f->ctime.nsec);
	if (HAS_EXTRA(f->extra_isize, i_mtime_extra))
		raw->i_mtime_extra = encode_extra(f->mtime.sec, f->mtime.nsec);
	if (HAS_EXTRA(f->extra_isize, i_atime_extra))
		raw->i_atime_extra = encode_extra(f->atime.sec, f->atime.nsec);
	if (HAS_EXTRA(f->extra_isize, i_crtime_extra)) {
		raw->i_crtime = LE32((u32)f->crtime.sec);
		raw->i_crtime_extra = encode_extra(f->crtime.sec, f->crtime.nsec);
	}
}

void ext2_encode_inode(const struct ext2_geometry *geo, struct ext2_raw_inode *raw,
		       const struct ext2_inode_fields *f)
{
	raw->i_mode = LE16((u16)f->mode);
	raw->i_uid = LE16((u16)f->uid);
	raw->i_uid_high = LE16((u16)(f->uid >> 16));
	raw->i_gid = LE16((u16)f->gid);
	raw->i_gid_high = LE16((u16)(f->gid >> 16));
	raw->i_links_count = LE16((u16)f->links);
	raw->i_size = LE32((u32)f->size);
	if ((f->mode & MODE_FMT) == MODE_REG)
		raw->i_size_high = LE32((u32)(f->size >> 32));
	raw->i_dtime = LE32(f->dtime);
	raw->i_blocks = LE32((u32)f->sectors);
	raw->i_flags = LE32(f->flags);
	raw->i_generation = LE32(f->generation);
	raw->i_file_acl = LE32(f->file_acl);
	for (unsigned int i = 0; i < EXT2_NBLOCKS; i++)
		raw->i_block[i] = LE32(f->block[i]);
	if (geo->inode_size > EXT2_INODE_BASE)
		raw->i_extra_isize = LE16((u16)f->extra_isize);
	encode_times(raw, f);
}

bool ext2_symlink_is_fast(const struct ext2_geometry *geo, const struct ext2_inode_fields *f)
{
	return f->sectors == (f->file_acl ? geo->block_size / 512 : 0);
}

/* ------------------------------------------------------------ block maps */

u64 ext2_max_blocks(const struct ext2_geometry *geo)
{
	u64 p = geo->ptrs, all = EXT2_NDIR + p + p * p + p * p * p;

	/* i_blocks counts sectors in 32 bits, indirect blocks among them. */
	return min(all, ((u64)1 << 32 >> (geo->block_bits - 9)) / 1024 * 1020);
}

int ext2_block_path(const struct ext2_geometry *geo, u64 lblock, u32 index[4])
{
	u32 bits = geo->ptr_bits, mask = geo->ptrs - 1;

	if (lblock < EXT2_NDIR) {
		index[0] = (u32)lblock;
		return 1;
	}
	lblock -= EXT2_NDIR;
	for (u32 level = 1; level <= 3; level++) {
		u64 span = 1ULL << bits * level;

		if (lblock < span) {
			index[0] = EXT2_NDIR + level - 1;
			for (u32 i = 1; i <= level; i++)
				index[i] = (u32)(lblock >> bits * (level - i)) & mask;
			return (int)level + 1;
		}
		lblock -= span;
	}
	return -EFBIG;
}
