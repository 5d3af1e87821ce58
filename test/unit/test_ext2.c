// SPDX-License-Identifier: MIT
/*
 * What the kernel believes of a disk: ext2's structures and partition tables, on
 * images made here by hand and on every kind of damage.
 */
#include "harness.h"

#include "ext2_exercise.h"

/* One group: 1 super block, 2 descriptors, 3 and 4 bitmaps, 5 to 8 inode table, 9 the root. */
#define BLOCKS		64U
#define INODES		32U
#define BS		1024U

static u8 image[BLOCKS * BS];

static struct ext2_super *super(void)
{
	return (void *)(image + EXT2_SUPER_OFFSET);
}

static struct ext2_group *group(void)
{
	return (void *)(image + 2 * BS);
}

static struct ext2_raw_inode *raw_inode(u32 ino)
{
	return (void *)(image + 5 * BS + (ino - 1) * 128);
}

static u32 put_entry(u8 *block, u32 off, u32 ino, const char *name, u32 rec)
{
	struct ext2_dirent *e = (void *)(block + off);

	e->inode = LE32(ino);
	e->rec_len = LE16((u16)rec);
	e->name_len = (u8)strlen(name);
	memcpy(e->name, name, strlen(name));
	return off + rec;
}

static int make_image(void **state)
{
	struct ext2_super *es = super();
	u8 *root = image + 9 * BS;
	u32 off;

	memset(image, 0, sizeof(image));
	es->s_magic = LE16(EXT2_MAGIC);
	es->s_rev_level = LE32(1);
	es->s_blocks_count = LE32(BLOCKS);
	es->s_inodes_count = LE32(INODES);
	es->s_first_data_block = LE32(1);
	es->s_blocks_per_group = LE32(8192);
	es->s_inodes_per_group = LE32(INODES);
	es->s_first_ino = LE32(11);
	es->s_inode_size = LE16(128);
	es->s_feature_incompat = LE32(EXT2_INCOMPAT_FILETYPE);
	es->s_feature_ro_compat = LE32(EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE);
	*group() = (struct ext2_group){ LE32(3),  LE32(4), LE32(5), LE16(50),
					LE16(20), LE16(1), 0,	    { 0 } };
	*raw_inode(2) = (struct ext2_raw_inode){
		.i_mode = LE16(0040755),
		.i_links_count = LE16(2),
		.i_size = LE32(BS),
		.i_blocks = LE32(2),
		.i_block = { LE32(9) },
	};
	off = put_entry(root, 0, 2, ".", 12);
	off = put_entry(root, off, 2, "..", 12);
	off = put_entry(root, off, 11, "name", 16);
	put_entry(root, off, 12, "last", BS - off);
	return 0;
}

static struct ext2_geometry geometry(void)
{
	struct ext2_geometry geo;
	const char *why;

	assert_int_equal(ext2_check_super(super(), sizeof(image), &geo, &why), 0);
	return geo;
}

static void expect_refused(int err, const char *what)
{
	struct ext2_geometry geo;
	const char *why;

	assert_int_equal(ext2_check_super(super(), sizeof(image), &geo, &why), err);
	assert_string_equal(why, what);
	make_image(NULL);
}

static void a_sound_image_is_accepted(void **state)
{
	struct ext2_geometry geo = geometry();

	assert_int_equal(exercise_ext2(image, sizeof(image)), 0);
	assert_int_equal(geo.groups, 1);
	assert_int_equal(geo.table_blocks, 4);
	assert_int_equal(geo.gdt_blocks, 1);
	assert_int_equal(ext2_check_group(&geo, 0, group()), 0);
}

static void a_super_block_that_makes_no_sense_is_refused_by_name(void **state)
{
	super()->s_magic = 0;
	expect_refused(-EINVAL, "no ext2 file system");
	super()->s_log_block_size = LE32(6);
	expect_refused(-EINVAL, "a block size other than 1, 2 or 4 KiB");
	super()->s_log_block_size = LE32(77);
	expect_refused(-EUCLEAN, "a block size other than 1, 2 or 4 KiB");
	super()->s_blocks_count = LE32(BLOCKS + 1);
	expect_refused(-EUCLEAN, "it is larger than its device");
	super()->s_blocks_count = LE32(~0U);
	expect_refused(-EUCLEAN, "it is larger than its device");
	super()->s_first_data_block = LE32(0);
	expect_refused(-EUCLEAN, "first data block");
	super()->s_inode_size = LE16(100);
	expect_refused(-EUCLEAN, "inode size");
	super()->s_inode_size = LE16(2048);
	expect_refused(-EUCLEAN, "inode size");
	super()->s_blocks_per_group = 0;
	expect_refused(-EUCLEAN, "blocks per group");
	super()->s_blocks_per_group = LE32(8193);
	expect_refused(-EUCLEAN, "blocks per group");
	super()->s_inodes_per_group = 0;
	expect_refused(-EUCLEAN, "inodes per group");
	super()->s_inodes_per_group = LE32(31);
	expect_refused(-EUCLEAN, "inodes per group");
	super()->s_inodes_count = LE32(INODES + 1);
	expect_refused(-EUCLEAN, "number of inodes");
	super()->s_first_ino = LE32(5);
	expect_refused(-EUCLEAN, "first inode");
}

static void an_unknown_feature_is_named(void **state)
{
	struct ext2_geometry geo;
	const char *why;
	char buf[16];

	super()->s_feature_incompat |= LE32(0x40);
	assert_int_equal(ext2_check_super(super(), sizeof(image), &geo, &why), -EINVAL);
	assert_string_equal(ext2_feature_name(EXT2_FEATURE_INCOMPAT,
					      geo.incompat & ~EXT2_INCOMPAT_KNOWN, buf,
					      sizeof(buf)),
			    "extent");
	assert_string_equal(ext2_feature_name(EXT2_FEATURE_INCOMPAT, 1U << 31, buf, sizeof(buf)),
			    "feature I31");
	assert_string_equal(ext2_feature_name(EXT2_FEATURE_RO_COMPAT, 0x400, buf, sizeof(buf)),
			    "metadata_csum");
}

static void descriptors_that_lead_elsewhere_are_refused(void **state)
{
	static const u32 bad[] = { 0, 1, 2, BLOCKS, BLOCKS + 1, 0x80000000U, ~0U };
	struct ext2_geometry geo = geometry();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		group()->bg_block_bitmap = LE32(bad[i]);
		assert_int_equal(ext2_check_group(&geo, 0, group()), -EUCLEAN);
		make_image(NULL);
		group()->bg_inode_bitmap = LE32(bad[i]);
		assert_int_equal(ext2_check_group(&geo, 0, group()), -EUCLEAN);
		make_image(NULL);
		group()->bg_inode_table = LE32(bad[i]);
		assert_int_equal(ext2_check_group(&geo, 0, group()), -EUCLEAN);
		make_image(NULL);
	}
	group()->bg_inode_table = LE32(BLOCKS - 3);
	assert_int_equal(ext2_check_group(&geo, 0, group()), -EUCLEAN);
	group()->bg_inode_table = LE32(3);      /* on top of the bitmaps */
	assert_int_equal(ext2_check_group(&geo, 0, group()), -EUCLEAN);
	make_image(NULL);
	group()->bg_inode_bitmap = LE32(3);
	assert_int_equal(ext2_check_group(&geo, 0, group()), -EUCLEAN);
}

static void copies_of_the_super_block_lie_where_mke2fs_puts_them(void **state)
{
	static const u32 with[] = { 0, 1, 3, 5, 7, 9, 25, 27, 49, 81, 125, 243, 343 };
	struct ext2_geometry geo = geometry();
	u32 found = 0;

	for (u32 g = 0; g < 350; g++)
		found += ext2_group_has_super(&geo, g);
	for (size_t i = 0; i < ARRAY_SIZE(with); i++)
		assert_true(ext2_group_has_super(&geo, with[i]));
	assert_int_equal(found, ARRAY_SIZE(with));
}

static void an_inode_is_written_as_it_was_read(void **state)
{
	u8 bytes[256] = { 0 };
	struct ext2_raw_inode *raw = (void *)bytes;
	struct ext2_geometry geo = geometry();
	struct ext2_inode_fields f, g;

	geo.inode_size = 256;
	raw->i_mode = LE16(0100644);
	raw->i_links_count = LE16(1);
	raw->i_extra_isize = LE16(32);
	raw->i_size_high = LE32(3);
	raw->i_uid = LE16(0xffff);
	raw->i_uid_high = LE16(1);
	assert_int_equal(ext2_decode_inode(&geo, raw, &f), 0);
	assert_int_equal(f.size, 3UL << 32);
	assert_int_equal(f.uid, 0x1ffff);
	f.mtime.sec = 3000000000L;      /* after 2038 */
	f.mtime.nsec = 123456789;
	f.atime.sec = -5;
	ext2_encode_inode(&geo, raw, &f);
	assert_int_equal(ext2_decode_inode(&geo, raw, &g), 0);
	assert_memory_equal(&f, &g, sizeof(f));
}

static void expect_inode(const struct ext2_geometry *geo, int err)
{
	struct ext2_inode_fields f;

	assert_int_equal(ext2_decode_inode(geo, raw_inode(2), &f), err);
	make_image(NULL);
}

static void a_damaged_inode_is_refused(void **state)
{
	struct ext2_geometry geo = geometry();

	raw_inode(2)->i_links_count = 0;
	expect_inode(&geo, -ESTALE);
	raw_inode(2)->i_mode = LE16(0170755);
	expect_inode(&geo, -EUCLEAN);
	raw_inode(2)->i_flags = LE32(EXT2_FL_EXTENTS);
	expect_inode(&geo, -EUCLEAN);
	raw_inode(2)->i_size = LE32(BS + 1);
	expect_inode(&geo, -EUCLEAN);
	raw_inode(2)->i_file_acl = LE32(BLOCKS);
	expect_inode(&geo, -EUCLEAN);
	raw_inode(2)->i_mode = LE16(0100644);
	raw_inode(2)->i_size_high = LE32(~0U);
	expect_inode(&geo, -EUCLEAN);
	raw_inode(2)->i_mode = LE16(0120777);   /* a short link longer than the inode has room */
	raw_inode(2)->i_blocks = 0;
	raw_inode(2)->i_size = LE32(60);
	expect_inode(&geo, -EUCLEAN);
}

static void every_block_of_a_file_has_a_path_and_none_beyond(void **state)
{
	struct ext2_geometry geo = geometry();
	u64 p = geo.ptrs;
	u32 index[4];

	assert_int_equal(ext2_block_path(&geo, 11, index), 1);
	assert_int_equal(index[0], 11);
	assert_int_equal(ext2_block_path(&geo, 12, index), 2);
	assert_int_equal(index[1], 0);
	assert_int_equal(ext2_block_path(&geo, 12 + p, index), 3);
	assert_int_equal(index[0], 13);
	assert_int_equal(ext2_block_path(&geo, 12 + p + p * p, index), 4);
	assert_int_equal(index[0], 14);
	assert_int_equal(ext2_block_path(&geo, 12 + p + p * p + p * p * p - 1, index), 4);
	assert_int_equal(index[3], p - 1);
	assert_int_equal(ext2_block_path(&geo, 12 + p + p * p + p * p * p, index), -EFBIG);
	assert_int_equal(ext2_block_path(&geo, ~0ULL, index), -EFBIG);
}

static void names_are_found_and_room_for_new_ones(void **state)
{
	struct ext2_geometry geo = geometry();
	u8 *root = image + 9 * BS;

	assert_int_equal(ext2_find_dirent(&geo, root, "name", 4), 24);
	assert_int_equal(ext2_find_dirent(&geo, root, "nam", 3), -ENOENT);
	assert_int_equal(ext2_find_room(&geo, root, 255), 40);
	assert_int_equal(ext2_find_room(&geo, root, 1), 40);
	assert_in_range(ext2_largest_room(&geo, root), EXT2_DIRENT_LEN(255), BS - 40 - 1);
	assert_int_equal(ext2_dirblock_is_empty(&geo, root), 0);
	((struct ext2_dirent *)(void *)(root + 24))->inode = 0;
	((struct ext2_dirent *)(void *)(root + 40))->inode = 0;
	assert_int_equal(ext2_dirblock_is_empty(&geo, root), 1);
	assert_int_equal(ext2_find_room(&geo, root, 5), 24);
}

static void an_entry_that_lies_about_its_length_is_refused(void **state)
{
	static const u16 bad[] = { 0, 1, 4, 8, 11, 13, 2048, 0xfffc, 0xffff };
	struct ext2_geometry geo = geometry();
	u8 *root = image + 9 * BS;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		((struct ext2_dirent *)(void *)(root + 24))->rec_len = LE16(bad[i]);
		assert_int_equal(ext2_find_dirent(&geo, root, "last", 4), -EUCLEAN);
		assert_int_equal(ext2_find_room(&geo, root, 200), -EUCLEAN);
		assert_int_equal(ext2_dirblock_is_empty(&geo, root), -EUCLEAN);
		make_image(NULL);
	}
	((struct ext2_dirent *)(void *)(root + 24))->name_len = 200;
	assert_int_equal(ext2_find_dirent(&geo, root, "last", 4), -EUCLEAN);
	make_image(NULL);
	((struct ext2_dirent *)(void *)(root + 24))->inode = LE32(INODES + 1);
	assert_int_equal(ext2_find_dirent(&geo, root, "last", 4), -EUCLEAN);
}

static void free_bits_are_found_as_one_by_one(void **state)
{
	u64 words[32];
	u8 *map = (u8 *)words;

	for (int round = 0; round < 2000; round++) {
		u32 n = 1 + (u32)harness_below(sizeof(words) * 8), start = (u32)harness_below(n),
		    want = start;

		memset(words, 0xff, sizeof(words));
		for (u64 holes = harness_below(4); holes; holes--)
			ext2_clear_bit(map, (u32)harness_below(n));
		while (want < n && ext2_test_bit(map, want))
			want++;
		assert_int_equal(ext2_find_zero_bit(map, start, n), want);
	}
	memset(words, 0xff, sizeof(words));
	memset(map + 10, 0, 3);
	assert_int_equal(ext2_find_zero_bytes(map, 3, 256, 3), 80);
	assert_int_equal(ext2_find_zero_bytes(map, 81, 256, 3), 256);
	assert_int_equal(ext2_find_zero_bytes(map, 81, 256, 2), 88);
	assert_int_equal(ext2_find_zero_bytes(map, 0, 103, 3), 103);
}

static void no_damaged_byte_leads_outside_the_image(void **state)
{
	static const u8 values[] = { 0x00, 0x01, 0x04, 0x40, 0x7f, 0x80, 0xff };

	for (size_t at = EXT2_SUPER_OFFSET; at < 10 * BS; at++) {
		u8 good = image[at];

		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			image[at] = values[v];
			exercise_ext2(image, sizeof(image));
		}
		image[at] = good;
	}
	for (size_t len = 0; len < sizeof(image); len += 100)
		assert_int_not_equal(exercise_ext2(image, len), 0);
}

/* ---- extended attributes ---- */

static u8 area_bytes[2][BS];

static struct ext2_xattr_area area(int i, u32 first, u32 size)
{
	memset(area_bytes[i], 0xaa, BS);
	memset(area_bytes[i], 0, size);
	return (struct ext2_xattr_area){ area_bytes[i], first, size };
}

static struct ext2_xattr attribute(u8 index, const char *name, const char *value)
{
	return (struct ext2_xattr){ index, name, (u32)strlen(name), value,
				    value ? (u32)strlen(value) : 0 };
}

static void edit(struct ext2_xattr_area *a, struct ext2_xattr_area *b, struct ext2_xattr x, int want)
{
	assert_int_equal(ext2_xattr_edit(b, a, &x), want);
	if (!want) {
		memcpy(a->base, b->base, a->size);
		assert_int_equal(ext2_xattr_check(a), 0);
		assert_int_equal(a->base[a->size], 0xaa);
		assert_int_equal(b->base[a->size], 0xaa);
	}
}

static void attributes_are_kept_found_and_removed(void **state)
{
	for (u32 first = 0; first <= 32; first += 32) {
		struct ext2_xattr_area a = area(0, first, 160), b = area(1, first, 160);
		struct ext2_xattr x = attribute(1, "one", "changed");
		const struct ext2_xattr_entry *e;

		edit(&a, &b, attribute(1, "two", "zwei"), 0);
		edit(&a, &b, attribute(1, "one", "eins"), 0);
		edit(&a, &b, attribute(6, "one", ""), 0);
		edit(&a, &b, attribute(1, "one", "changed"), 0);
		e = ext2_xattr_find(&a, &x);
		assert_non_null(e);
		assert_int_equal(LE32(e->e_value_size), 7);
		assert_memory_equal(a.base + LE16(e->e_value_offs), "changed", 7);
		edit(&a, &b, attribute(1, "three", "more than there is room for, by far: a hundred bytes "
				       "of value or so, which would end outside"), -ENOSPC);
		assert_non_null(ext2_xattr_find(&a, &x));
		edit(&a, &b, attribute(1, "one", NULL), 0);
		assert_null(ext2_xattr_find(&a, &x));
		edit(&a, &b, attribute(1, "two", NULL), 0);
		edit(&a, &b, attribute(6, "one", NULL), 0);
		assert_null(ext2_xattr_next(&a, NULL));
	}
}

static void attributes_of_a_block_are_sorted_and_those_of_an_inode_are_not(void **state)
{
	for (u32 first = 0; first <= 32; first += 32) {
		struct ext2_xattr_area a = area(0, first, 200), b = area(1, first, 200);
		const struct ext2_xattr_entry *e = NULL;
		char order[5] = "";

		edit(&a, &b, attribute(4, "c", "1"), 0);
		edit(&a, &b, attribute(1, "bb", "2"), 0);
		edit(&a, &b, attribute(1, "z", "3"), 0);
		edit(&a, &b, attribute(1, "aa", "4"), 0);
		for (int i = 0; (e = ext2_xattr_next(&a, e)); i++)
			order[i] = (char)a.base[LE16(e->e_value_offs)];
		assert_string_equal(order, first ? "3421" : "1234");
	}
}

/* As debugfs 1.47.0 wrote them: ea_set f user.name value, trusted.bb 12345678, user.a x. */
static void a_block_has_the_hashes_that_debugfs_gives(void **state)
{
	static const u32 hashes[] = { 0x00610078, 0x6140fccc, 0x0a060e24 };
	struct ext2_xattr_area a = area(0, 32, 200), b = area(1, 32, 200);
	const struct ext2_xattr_header *h = (const void *)a.base;
	const struct ext2_xattr_entry *e = NULL;

	edit(&a, &b, attribute(1, "name", "value"), 0);
	edit(&a, &b, attribute(4, "bb", "12345678"), 0);
	edit(&a, &b, attribute(1, "a", "x"), 0);
	for (int i = 0; (e = ext2_xattr_next(&a, e)); i++)
		assert_int_equal(LE32(e->e_hash), hashes[i]);
	assert_int_equal(LE32(h->h_magic), 0xea020000);
	assert_int_equal(LE32(h->h_refcount), 1);
	assert_int_equal(LE32(h->h_blocks), 1);
}

static void an_area_takes_exactly_what_it_has_room_for(void **state)
{
	struct ext2_xattr_area a = area(0, 0, 92), b = area(1, 0, 92);
	char value[100];

	memset(value, 'v', sizeof(value));
	value[69] = '\0';               /* 16 + 1 of name are 20, 4 of the end: 68 are left */
	edit(&a, &b, attribute(1, "n", value), -ENOSPC);
	value[68] = '\0';
	edit(&a, &b, attribute(1, "n", value), 0);
	a = area(0, 0, 4);
	b = area(1, 0, 4);
	edit(&a, &b, attribute(1, "n", ""), -ENOSPC);
	a.size = b.size = 0;
	assert_int_equal(ext2_xattr_check(&a), 0);
	assert_null(ext2_xattr_next(&a, NULL));
	edit(&a, &b, attribute(1, "n", ""), -ENOSPC);
}

static void no_damaged_byte_of_an_area_leads_outside_it(void **state)
{
	static const u8 values[] = { 0x00, 0x01, 0x04, 0x1f, 0x40, 0x7f, 0x80, 0xff };

	for (u32 first = 0; first <= 32; first += 32) {
		struct ext2_xattr_area a = area(0, first, 128), b = area(1, first, 128);
		int refused = 0;

		edit(&a, &b, attribute(1, "name", "value"), 0);
		edit(&a, &b, attribute(6, "x", "y"), 0);
		edit(&a, &b, attribute(1, "empty", ""), 0);
		for (u32 at = 0; at < a.size; at++) {
			u8 good = a.base[at];

			for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
				a.base[at] = values[v];
				refused += exercise_xattrs(a.base, first, a.size) != 0;
			}
			a.base[at] = good;
		}
		assert_true(refused > 100);
	}
	for (u32 size = 4; size < 64; size += 4)
		exercise_xattrs((const u8 *)"\1\1\0\0\0\0\0\0\1\0\0\0aaaaaaaaaaaaaaaaaaaaaaaaaa"
				"aaaaaaaaaaaaaaaaaaaaaaaaaa", 0, size);
}

/* ---- partitions ---- */

static void put_mbr(u32 sector, unsigned int i, u8 type, u32 start, u32 len)
{
	u8 *e = image + sector * 512 + 446 + 16 * i;

	e[4] = type;
	memcpy(e + 8, &start, 4);
	memcpy(e + 12, &len, 4);
	image[sector * 512 + 510] = 0x55;
	image[sector * 512 + 511] = 0xaa;
}

static void partitions_of_an_mbr_are_found_with_the_logical_ones(void **state)
{
	struct partition parts[PARTITIONS_MAX];

	memset(image, 0, sizeof(image));
	put_mbr(0, 0, 0x83, 2, 10);
	put_mbr(0, 2, 0x05, 20, 40);
	put_mbr(20, 0, 0x83, 1, 5);
	put_mbr(20, 1, 0x05, 10, 20);
	put_mbr(30, 0, 0x83, 2, 6);
	put_mbr(0, 3, 0x83, 100, 10000);        /* beyond the end */
	assert_int_equal(exercise_partitions(image, sizeof(image), parts), 3);
	assert_int_equal(parts[0].number, 1);
	assert_int_equal(parts[1].number, 5);
	assert_int_equal(parts[1].start_sector, 21);
	assert_int_equal(parts[2].number, 6);
	assert_int_equal(parts[2].start_sector, 32);
	put_mbr(30, 1, 0x05, 0, 20);            /* back to the first: it ends all the same */
	assert_in_range(exercise_partitions(image, sizeof(image), parts), 3, PARTITIONS_MAX);
}

static void make_gpt(void)
{
	u8 *h = image + 512, *e = image + 1024;
	u64 first = 2, start = 40, last = 59;
	u32 nr = 4, size = 128, hsize = 92, crc;

	memset(image, 0, sizeof(image));
	put_mbr(0, 0, 0xee, 1, 127);
	memset(e + 128, 0x11, 16);
	memcpy(e + 128 + 32, &start, 8);
	memcpy(e + 128 + 40, &last, 8);
	memcpy(h, "EFI PART", 8);
	memcpy(h + 12, &hsize, 4);
	memcpy(h + 72, &first, 8);
	memcpy(h + 80, &nr, 4);
	memcpy(h + 84, &size, 4);
	crc = ~crc32_more(~0U, e, 512);
	memcpy(h + 88, &crc, 4);
	crc = ~crc32_more(~0U, h, 92);
	memcpy(h + 16, &crc, 4);
}

static void a_gpt_counts_only_with_its_checksums(void **state)
{
	struct partition parts[PARTITIONS_MAX];

	make_gpt();
	assert_int_equal(exercise_partitions(image, sizeof(image), parts), 1);
	assert_int_equal(parts[0].number, 2);
	assert_int_equal(parts[0].start_sector, 40);
	assert_int_equal(parts[0].nr_sectors, 20);
	image[1024 + 300] ^= 1;
	assert_int_equal(exercise_partitions(image, sizeof(image), parts), 0);
	make_gpt();
	image[512 + 84] ^= 1;
	assert_int_equal(exercise_partitions(image, sizeof(image), parts), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sound_image_is_accepted, make_image),
		cmocka_unit_test_setup(a_super_block_that_makes_no_sense_is_refused_by_name,
				       make_image),
		cmocka_unit_test_setup(an_unknown_feature_is_named, make_image),
		cmocka_unit_test_setup(descriptors_that_lead_elsewhere_are_refused, make_image),
		cmocka_unit_test_setup(copies_of_the_super_block_lie_where_mke2fs_puts_them,
				       make_image),
		cmocka_unit_test_setup(an_inode_is_written_as_it_was_read, make_image),
		cmocka_unit_test_setup(a_damaged_inode_is_refused, make_image),
		cmocka_unit_test_setup(every_block_of_a_file_has_a_path_and_none_beyond,
				       make_image),
		cmocka_unit_test_setup(names_are_found_and_room_for_new_ones, make_image),
		cmocka_unit_test_setup(an_entry_that_lies_about_its_length_is_refused, make_image),
		cmocka_unit_test_setup(free_bits_are_found_as_one_by_one, make_image),
		cmocka_unit_test_setup(no_damaged_byte_leads_outside_the_image, make_image),
		cmocka_unit_test(attributes_are_kept_found_and_removed),
		cmocka_unit_test(attributes_of_a_block_are_sorted_and_those_of_an_inode_are_not),
		cmocka_unit_test(an_area_takes_exactly_what_it_has_room_for),
		cmocka_unit_test(a_block_has_the_hashes_that_debugfs_gives),
		cmocka_unit_test(no_damaged_byte_of_an_area_leads_outside_it),
		cmocka_unit_test(partitions_of_an_mbr_are_found_with_the_logical_ones),
		cmocka_unit_test(a_gpt_counts_only_with_its_checksums),
	};

	return cmocka_run_group_tests_name("ext2", tests, NULL, NULL);
}
