// SPDX-License-Identifier: MIT
/*
 * The readers of disks on any bytes: ext2's structures and partition tables.  Every
 * question the kernel asks of an image is asked, and what is accepted must keep what
 * the headers promise.  For test_ext2.c and fuzz_ext2.c; includes the code under test.
 */
#ifndef TEST_EXT2_EXERCISE_H
#define TEST_EXT2_EXERCISE_H

#include <stdlib.h>
#include <string.h>

#include <kernel/drivers/partition.c>
#include <kernel/fs/ext2/ondisk.c>
#include <kernel/fs/ext2/ondisk_dir.c>
#include <kernel/fs/ext2/ondisk_xattr.c>
#include <lib/bug.h>

#define EXERCISE_BLOCKS	64	/* of one image that are looked at closely */

struct ext2_image {
	const u8 *data;
	size_t size;
	struct ext2_geometry geo;
};

static inline void promise(bool kept, const char *what)
{
	if (!kept)
		panic("accepted, and yet: %s", what);
}

/* A block in memory of exactly its size, so that a step outside is seen; NULL: not in the image. */
static inline u8 *image_block(const struct ext2_image *img, u64 block)
{
	u32 bs = img->geo.block_size;
	u8 *copy;

	if (block >= img->size / bs)
		return NULL;
	copy = malloc(bs);
	memcpy(copy, img->data + block * bs, bs);
	return copy;
}

/* As readdir, look-up, insertion and removal read it. */
static inline void exercise_dirblock(const struct ext2_geometry *geo, const u8 *block)
{
	char name[EXT2_NAME_MAX];
	int off = ext2_find_dirent(geo, block, "name", 4), rec;
	u32 at = 0, most;

	promise(off < 0 || (u32)off + EXT2_DIRENT_LEN(4) <= geo->block_size,
		"the name lies in the block");
	for (u32 len = 1; len <= EXT2_NAME_MAX; len += 127) {
		off = ext2_find_room(geo, block, len);
		promise(off < 0 || (u32)off + EXT2_DIRENT_LEN(len) <= geo->block_size,
			"there is room");
		most = ext2_largest_room(geo, block);   /* 0: there is damage behind it */
		promise(off < 0 || !most || most >= EXT2_DIRENT_LEN(len),
			"and the largest is no smaller");
	}
	ext2_dirblock_is_empty(geo, block);
	while (at < geo->block_size && (rec = ext2_check_dirent(geo, block, at)) > 0) {
		const struct ext2_dirent *e = (const void *)(block + at);

		promise((u32)rec >= EXT2_DIRENT_HEAD + e->name_len &&
				at + (u32)rec <= geo->block_size,
			"an entry lies in its block");
		memcpy(name, e->name, e->name_len);
		at += (u32)rec;
	}
}

/* Every attribute of @old, found good, is removed and put back: what is written is good too. */
static inline void exercise_xattr_edits(const struct ext2_xattr_area *old)
{
	struct ext2_xattr_area a = *old, b = *old;
	const struct ext2_xattr_entry *e = NULL;
	char name[256];
	int n = 0;

	a.base = malloc(old->size);
	b.base = malloc(old->size);
	while ((e = ext2_xattr_next(old, e)) && n++ < 8) {
		const u8 *value = old->base + (e->e_value_size ? LE16(e->e_value_offs) : 0);
		struct ext2_xattr x = { e->e_name_index, name, e->e_name_len, NULL,
					LE32(e->e_value_size) };

		memcpy(name, e->e_name, e->e_name_len);
		promise(ext2_xattr_find(old, &x), "what is there is found");
		promise(!ext2_xattr_edit(&a, old, &x) && !ext2_xattr_check(&a),
			"one less is good");
		promise(!ext2_xattr_find(&a, &x), "and without it");
		x.value = value;
		promise(!ext2_xattr_edit(&b, &a, &x) && !ext2_xattr_check(&b), "and put back");
		promise(ext2_xattr_find(&b, &x), "it is found");
		x.size = old->size;
		if (!ext2_xattr_edit(&b, &a, &x))
			promise(!ext2_xattr_check(&b), "if it fits, it is good");
	}
	free(a.base);
	free(b.base);
}

/* An area of the bytes; 0 or what ext2_xattr_check() says. */
static inline int exercise_xattrs(const u8 *bytes, u32 first, u32 size)
{
	struct ext2_xattr_area a = { malloc(size), first, size };
	struct ext2_xattr x = { 1, "name", 4, "value", 5 };
	int err;

	memcpy(a.base, bytes, size);
	err = ext2_xattr_check(&a);
	if (!err) {
		ext2_xattr_find(&a, &x);
		exercise_xattr_edits(&a);
	}
	free(a.base);
	return err;
}

static inline void exercise_inode(const struct ext2_geometry *geo, const u8 *bytes)
{
	struct ext2_raw_inode *raw = calloc(1, max((size_t)geo->inode_size, sizeof(*raw)));
	struct ext2_inode_fields f, again;

	memcpy(raw, bytes, geo->inode_size);
	if (!ext2_decode_inode(geo, raw, &f)) {
		promise(f.size <= ext2_max_blocks(geo) << geo->block_bits,
			"the size can be mapped");
		promise(f.atime.nsec < 1000000000 && f.mtime.nsec < 1000000000, "nanoseconds");
		promise(!f.file_acl || ext2_block_valid(geo, f.file_acl), "the attributes' block");
		promise((f.mode & MODE_FMT) != MODE_DIR || f.size % geo->block_size == 0,
			"whole blocks");
		if ((f.mode & MODE_FMT) == MODE_LNK && ext2_symlink_is_fast(geo, &f))
			promise(f.size < sizeof(f.block), "a short link's text is in the inode");
		if (f.extra_isize && EXT2_INODE_BASE + f.extra_isize + 8 <= geo->inode_size)
			exercise_xattrs(bytes + EXT2_INODE_BASE + f.extra_isize + 4, 0,
					geo->inode_size - EXT2_INODE_BASE - f.extra_isize - 4);
		ext2_encode_inode(geo, raw, &f);
		promise(!ext2_decode_inode(geo, raw, &again) && !memcmp(&f, &again, sizeof(f)),
			"what was written is read back");
	}
	free(raw);
}

static inline void exercise_group(const struct ext2_image *img, u32 group,
				  const struct ext2_group *gd)
{
	const struct ext2_geometry *geo = &img->geo;
	u32 first = ext2_group_first(geo, group), nbits = ext2_group_blocks(geo, group), bit;
	u8 *map;

	promise(ext2_block_valid(geo, LE32(gd->bg_block_bitmap)),
		"the bitmap lies in the file system");
	promise(ext2_block_valid(geo, LE32(gd->bg_inode_table) + geo->table_blocks - 1),
		"and the table");
	promise(ext2_block_is_system(geo, gd, LE32(gd->bg_inode_table)), "which is not for files");
	promise(ext2_group_of(geo, first + nbits - 1) == group, "the last block is the group's");
	map = image_block(img, LE32(gd->bg_block_bitmap));
	if (map) {
		bit = ext2_find_zero_bit(map, 0, nbits);
		promise(bit == nbits || !ext2_test_bit(map, bit), "the bit is clear");
		bit = ext2_find_zero_bytes(map, nbits / 2, nbits, 8);
		promise(bit == nbits || (bit + 64 <= nbits && bit >= nbits / 2),
			"a run lies in the map");
		free(map);
	}
	for (u32 b = 0; b < min(geo->table_blocks, 2U); b++) {
		u8 *table = image_block(img, LE32(gd->bg_inode_table) + b);

		for (u32 i = 0; table && i < geo->inodes_per_block; i++)
			exercise_inode(geo, table + i * geo->inode_size);
		free(table);
	}
}

/* Is the image accepted?  0 or what ext2_check_super() said. */
static inline int exercise_ext2(const u8 *data, size_t size)
{
	struct ext2_image img = { data, size, { 0 } };
	struct ext2_super *es = malloc(sizeof(*es));
	const char *why = NULL;
	char name[16];
	u32 index[4];
	int err;

	if (size < EXT2_SUPER_OFFSET + sizeof(*es)) {
		free(es);
		return -EINVAL;
	}
	memcpy(es, data + EXT2_SUPER_OFFSET, sizeof(*es));
	err = ext2_check_super(es, size, &img.geo, &why);
	free(es);
	promise(why, "there is a reason");
	if (err) {
		promise(strlen(ext2_feature_name(EXT2_FEATURE_INCOMPAT, img.geo.incompat, name,
						 sizeof(name))) > 0,
			"a feature has a name");
		return err;
	}
	promise((u64)img.geo.blocks * img.geo.block_size <= size, "it fits the device");
	for (u32 g = 0; g < min(img.geo.groups, 8U); g++) {
		u8 *block = image_block(&img, img.geo.first_data_block + 1 +
						      g / img.geo.groups_per_block);
		struct ext2_group gd;

		promise(block, "the descriptors lie in the file system");
		memcpy(&gd, block + g % img.geo.groups_per_block * sizeof(gd), sizeof(gd));
		free(block);
		if (!ext2_check_group(&img.geo, g, &gd))
			exercise_group(&img, g, &gd);
	}
	for (u64 b = 0; b < EXERCISE_BLOCKS; b++) {
		u8 *block = image_block(&img, b);

		if (block)
			exercise_dirblock(&img.geo, block);
		if (block)
			exercise_xattrs(block, sizeof(struct ext2_xattr_header),
					img.geo.block_size);
		free(block);
	}
	for (u64 l = 1; l < ext2_max_blocks(&img.geo); l = l * 3 + 1) {
		int depth = ext2_block_path(&img.geo, l, index);

		promise(depth >= 1 && depth <= 4 && index[0] < EXT2_NBLOCKS, "a block has a path");
		for (int i = 1; i < depth; i++)
			promise(index[i] < img.geo.ptrs, "a step of it lies in its block");
	}
	return 0;
}

static inline const u8 *image_sector(void *arg, u64 sector, u8 *buf)
{
	const struct ext2_image *img = arg;

	if (sector >= img->size / 512)
		panic("sector %lu of %zu is read", (unsigned long)sector, img->size / 512);
	return memcpy(buf, img->data + sector * 512, 512);
}

static inline unsigned int exercise_partitions(const u8 *data, size_t size,
					       struct partition parts[PARTITIONS_MAX])
{
	struct ext2_image img = { data, size, { 0 } };
	unsigned int nr = partition_scan(image_sector, &img, size / 512, parts, PARTITIONS_MAX);

	promise(nr <= PARTITIONS_MAX, "there is room for them");
	for (unsigned int i = 0; i < nr; i++)
		promise(parts[i].number >= 1 && parts[i].number <= PARTITIONS_MAX &&
				parts[i].nr_sectors &&
				parts[i].start_sector + parts[i].nr_sectors <= size / 512,
			"a partition lies in the disk");
	return nr;
}

#endif
