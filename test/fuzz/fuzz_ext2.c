// SPDX-License-Identifier: MIT
/*
 * What the kernel reads of a disk, on any bytes at all: ext2 and partition tables.
 *
 * The first byte chooses.  A super block is rarely hit by chance, so one choice
 * lays a sound one over the input and lets the rest be damaged; another takes all
 * of it for extended attributes.  Includes the code under test (see
 * test/unit/ext2_exercise.h).
 */
#include "fuzz.h"

#include "../unit/ext2_exercise.h"

/* 256 blocks of 1 KiB in one group, 32 inodes of 128 bytes. */
static void lay_super(u8 *image, u8 variant)
{
	struct ext2_super *es = (void *)(image + EXT2_SUPER_OFFSET);

	es->s_magic = LE16(EXT2_MAGIC);
	es->s_rev_level = LE32(1);
	es->s_log_block_size = LE32(0);
	es->s_first_data_block = LE32(1);
	es->s_blocks_per_group = LE32(8192);
	es->s_inodes_per_group = LE32(32);
	es->s_inodes_count = LE32(32);
	es->s_first_ino = LE32(11);
	es->s_inode_size = LE16(variant & 1 ? 256 : 128);
	es->s_feature_incompat = LE32(EXT2_INCOMPAT_FILETYPE);
	es->s_feature_ro_compat = LE32(EXT2_RO_SPARSE_SUPER);
}

/* Bitmaps in blocks 3 and 4, the inode table from 5 on. */
static void lay_group(u8 *image)
{
	struct ext2_group *gd = (void *)(image + 2048);

	*gd = (struct ext2_group){ .bg_block_bitmap = LE32(3),
				   .bg_inode_bitmap = LE32(4),
				   .bg_inode_table = LE32(5) };
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct partition parts[PARTITIONS_MAX];
	u8 *copy;

	if (size < 1)
		return 0;
	if ((data[0] & 0x30) == 0x30 && size > 64) {
		exercise_xattrs(data + 1, data[0] & 0x40 ? sizeof(struct ext2_xattr_header) : 0,
				(u32)(size - 1) & 0xffc);
		return 0;
	}
	exercise_partitions(data + 1, size - 1, parts);
	copy = malloc(max(size - 1, (size_t)1));
	memcpy(copy, data + 1, size - 1);
	if ((data[0] & 2) && size > EXT2_SUPER_OFFSET + EXT2_SUPER_SIZE) {
		struct ext2_super *es = (void *)(copy + EXT2_SUPER_OFFSET);

		lay_super(copy, data[0]);
		if (data[0] & 4)
			es->s_blocks_count = LE32((u32)((size - 1) / 1024));
		if ((data[0] & 8) && size > 4096)
			lay_group(copy);
	}
	exercise_ext2(copy, size - 1);
	free(copy);
	return 0;
}
