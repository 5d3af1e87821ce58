// SPDX-License-Identifier: MIT
/*
 * ext2 on the disk: extended attributes.
 *
 * An inode has two areas for them, what its table leaves behind its fields and one
 * block.  In both, entries grow from the front, and their values from the end:
 *
 *	base    first                                             size
 *	| header | entry | entry | 0000 |    free    | value | value |
 *
 * A value is found by its offset from base, and padded to 4 bytes.  In a block the
 * entries are sorted, since Linux stops looking at the first that is greater, and
 * they have hashes, from which that of the block is made.
 *
 * Lock: none; no state.
 */
#include <kernel/fs/ext2/ondisk.h>

#include <lib/errno.h>
#include <lib/string.h>

#define PADDED(n)       (((n) + 3) & ~3U)
#define ENTRY_LEN(name) PADDED((u32)sizeof(struct ext2_xattr_entry) + (name))
#define LIST_END        4U      /* the zeroes behind the last entry */

const struct ext2_xattr_entry *ext2_xattr_next(const struct ext2_xattr_area *a,
					       const struct ext2_xattr_entry *e)
{
	u32 at = e ? (u32)((const u8 *)e - a->base) + ENTRY_LEN(e->e_name_len) : a->first;

	e = (const void *)(a->base + at);
	return a->size && *(const u32 *)e ? e : NULL;
}

int ext2_xattr_check(const struct ext2_xattr_area *a)
{
	u32 at = a->first, lowest = a->size, values = 0;

	while (a->size) {
		const struct ext2_xattr_entry *e = (const void *)(a->base + at);
		u32 len, offs;

		if (at + LIST_END > a->size)
			return -EUCLEAN;
		if (!*(const u32 *)e)
			break;
		if (at + sizeof(*e) > a->size || at + ENTRY_LEN(e->e_name_len) > a->size)
			return -EUCLEAN;
		len = LE32(e->e_value_size);
		offs = LE16(e->e_value_offs);
		/* Class 0 is none, and such an entry could look like the end. */
		if (!e->e_name_index || e->e_value_inum || len > a->size ||
		    (len && offs > a->size - len))
			return -EUCLEAN;
		if (len)
			lowest = min(lowest, offs);
		values += PADDED(len);  /* no overflow: an area has few entries */
		at += ENTRY_LEN(e->e_name_len);
	}
	/* Values that overlap might not fit where they are written one by one. */
	return a->size && (at + LIST_END > lowest || values > a->size - at - LIST_END) ? -EUCLEAN
										       : 0;
}

static int compare(const struct ext2_xattr *x, const struct ext2_xattr_entry *e)
{
	int order = (int)x->index - (int)e->e_name_index;

	if (!order)
		order = (int)x->len - (int)e->e_name_len;
	return order ? order : memcmp(x->name, e->e_name, x->len);
}

const struct ext2_xattr_entry *ext2_xattr_find(const struct ext2_xattr_area *a,
					       const struct ext2_xattr *x)
{
	const struct ext2_xattr_entry *e = NULL;

	while ((e = ext2_xattr_next(a, e)) && compare(x, e))
		continue;
	return e;
}

/* An area being written: entries up to @at, values from @top. */
struct writer {
	struct ext2_xattr_area *a;
	u32 at, top;
	bool hashes;
	u32 hash;
};

static u32 rotate(u32 hash, unsigned int by)
{
	return hash << by | hash >> (32 - by);
}

static u32 entry_hash(const struct ext2_xattr *x, const u32 *value)
{
	u32 hash = 0;

	for (u32 i = 0; i < x->len; i++)
		hash = rotate(hash, 5) ^ (u8)x->name[i];
	for (u32 i = 0; i < PADDED(x->size) / 4; i++)
		hash = rotate(hash, 16) ^ LE32(value[i]);
	return hash;
}

static int put(struct writer *w, const struct ext2_xattr *x)
{
	struct ext2_xattr_entry *e = (void *)(w->a->base + w->at);
	u32 len = ENTRY_LEN(x->len), room = PADDED(x->size), hash = 0;

	if (x->size > w->a->size || w->top - w->at < len + room + LIST_END)
		return -ENOSPC;
	w->at += len;
	w->top -= room;
	memcpy(w->a->base + w->top, x->value, x->size);
	memcpy(e->e_name, x->name, x->len);
	if (w->hashes) {
		hash = entry_hash(x, (const u32 *)(w->a->base + w->top));
		w->hash = rotate(w->hash, 16) ^ hash;
	}
	e->e_name_len = (u8)x->len;
	e->e_name_index = x->index;
	e->e_value_offs = LE16((u16)(x->size ? w->top : 0));
	e->e_value_size = LE32(x->size);
	e->e_hash = LE32(hash);
	return 0;
}

int ext2_xattr_edit(struct ext2_xattr_area *new, const struct ext2_xattr_area *old,
		    const struct ext2_xattr *x)
{
	struct writer w = { new, new->first, new->size, old->first != 0, 0 };
	const struct ext2_xattr_entry *e = NULL;
	bool due = x->value;
	int err = 0;

	if (!new->size)
		return due ? -ENOSPC : 0;
	memset(new->base, 0, new->size);
	while (!err && (e = ext2_xattr_next(old, e))) {
		int order = compare(x, e);

		if (due && (!order || (w.hashes && order < 0))) {
			err = put(&w, x);
			due = false;
		}
		if (order && !err)
			err = put(&w, &(struct ext2_xattr){
				e->e_name_index, e->e_name, e->e_name_len,
				old->base + LE16(e->e_value_offs), LE32(e->e_value_size) });
	}
	if (due && !err)
		err = put(&w, x);
	if (w.hashes) {
		struct ext2_xattr_header *h = (void *)new->base;

		*h = (struct ext2_xattr_header){ LE32(EXT2_XATTR_MAGIC), LE32(1), LE32(1),
						 LE32(w.hash), { 0 } };
	}
	return err;
}
