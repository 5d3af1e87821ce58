// SPDX-License-Identifier: MIT
/*
 * Directory blocks and bitmaps of ext2, as bytes.
 *
 *	| inode | rec_len | len | type | name ... | inode | rec_len | ...
 *	|<------------- rec_len ----------------->|
 *
 * The entries of a block fill it exactly, and none crosses its end.  A length
 * is read once and then used, so that a block which changes meanwhile (two
 * corrupt files may claim it) misleads nobody past its end.
 *
 * Lock: none; no state.
 */
#include <kernel/fs/ext2/ondisk.h>

#include <lib/errno.h>
#include <lib/string.h>

static const struct ext2_dirent *entry_at(const void *block, u32 off)
{
	return (const struct ext2_dirent *)((const char *)block + off);
}

int ext2_check_dirent(const struct ext2_geometry *geo, const void *block, u32 off)
{
	const struct ext2_dirent *e = entry_at(block, off);
	u32 rec, left = geo->block_size - off;

	if (off >= geo->block_size || left < EXT2_DIRENT_LEN(1) || off % 4)
		return -EUCLEAN;
	rec = LE16(READ_ONCE(e->rec_len));
	if (rec % 4 || rec > left || rec < EXT2_DIRENT_LEN(1) ||
	    rec < EXT2_DIRENT_LEN(READ_ONCE(e->name_len)))
		return -EUCLEAN;
	if (LE32(READ_ONCE(e->inode)) > geo->inodes)
		return -EUCLEAN;
	return (int)rec;
}

int ext2_find_dirent(const struct ext2_geometry *geo, const void *block, const char *name, u32 len)
{
	for (u32 off = 0; off < geo->block_size;) {
		const struct ext2_dirent *e = entry_at(block, off);
		int rec = ext2_check_dirent(geo, block, off);

		if (rec < 0)
			return rec;
		if (e->name_len == len && e->inode && EXT2_DIRENT_LEN(len) <= (u32)rec &&
		    !memcmp(e->name, name, len))
			return (int)off;
		off += (u32)rec;
	}
	return -ENOENT;
}

int ext2_find_room(const struct ext2_geometry *geo, const void *block, u32 len)
{
	for (u32 off = 0; off < geo->block_size;) {
		const struct ext2_dirent *e = entry_at(block, off);
		int rec = ext2_check_dirent(geo, block, off);
		u32 used;

		if (rec < 0)
			return rec;
		used = e->inode ? EXT2_DIRENT_LEN((u32)e->name_len) : 0;
		if ((u32)rec >= used && (u32)rec - used >= EXT2_DIRENT_LEN(len))
			return (int)off;
		off += (u32)rec;
	}
	return -ENOSPC;
}

u32 ext2_largest_room(const struct ext2_geometry *geo, const void *block)
{
	u32 most = 0;

	for (u32 off = 0; off < geo->block_size;) {
		const struct ext2_dirent *e = entry_at(block, off);
		int rec = ext2_check_dirent(geo, block, off);
		u32 used;

		if (rec < 0)
			return 0;
		used = e->inode ? EXT2_DIRENT_LEN((u32)e->name_len) : 0;
		if ((u32)rec > used)
			most = max(most, (u32)rec - used);
		off += (u32)rec;
	}
	return most;
}

int ext2_dirblock_is_empty(const struct ext2_geometry *geo, const void *block)
{
	for (u32 off = 0; off < geo->block_size;) {
		const struct ext2_dirent *e = entry_at(block, off);
		int rec = ext2_check_dirent(geo, block, off);
		bool dot;

		if (rec < 0)
			return rec;
		dot = e->name_len <= 2 && e->name[0] == '.' &&
		      (e->name_len == 1 || e->name[1] == '.');
		if (e->inode && !dot)
			return 0;
		off += (u32)rec;
	}
	return 1;
}

/* -------------------------------------------------------------- bitmaps */

u32 ext2_find_zero_bit(const u8 *map, u32 start, u32 end)
{
	while (start < end) {
		if (start % 8 == 0 && map[start / 8] == 0xff) {
			start += 8;
			/*
			 * Eight full bytes at a time where they are aligned: bitmaps of a nearly
			 * full disk.
			 */
			while (start % 64 == 0 && start + 64 <= end &&
			       *(const u64 *)(map + start / 8) == ~0ULL)
				start += 64;
			continue;
		}
		if (!ext2_test_bit(map, start))
			return start;
		start++;
	}
	return end;
}

u32 ext2_find_zero_bytes(const u8 *map, u32 start, u32 end, u32 bytes)
{
	u32 run = 0;

	for (u32 b = DIV_ROUND_UP(start, 8U); b < end / 8; b++) {
		run = map[b] ? 0 : run + 1;
		if (run == bytes)
			return (b + 1 - bytes) * 8;
	}
	return end;
}
