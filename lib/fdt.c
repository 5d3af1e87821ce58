// SPDX-License-Identifier: MIT
/*
 * Reading the flattened device tree: tokens, nodes, properties.  What the cells of
 * "reg" and "ranges" mean is in fdt_find.c.
 *
 * The structure block is a stream of tokens on 4-byte boundaries:
 *
 *	BEGIN_NODE "name" (PROP len nameoff value)* node* END_NODE ... END
 *
 * All of it is read through read_token, which alone knows the encoding and checks
 * each token against the end of its block.  Nothing is cached: a tree is a few
 * kilobytes and read once, at boot.
 *
 * Always true: offsets only grow, so every walk over a damaged blob ends.
 */
#include <lib/fdt.h>

#include <lib/errno.h>
#include <lib/string.h>

#define FDT_MAGIC		0xd00dfeedU
#define FDT_VERSION		17U	/* with size_dt_struct; compatible since 2005 */
#define FDT_HEADER_SIZE		40U
#define RSV_ENTRY_SIZE		16U
#define MAX_SIZE		(1U << 30)	/* so that offsets are ints, and sums do not wrap */

/* Offsets of the header's fields, all big-endian u32. */
enum {
	HDR_MAGIC = 0,
	HDR_TOTALSIZE = 4,
	HDR_OFF_STRUCT = 8,
	HDR_OFF_STRINGS = 12,
	HDR_OFF_RSVMAP = 16,
	HDR_VERSION = 20,
	HDR_LAST_COMP_VERSION = 24,
	HDR_SIZE_STRINGS = 32,
	HDR_SIZE_STRUCT = 36,
};

enum token_kind {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_END = 9,
};

struct token {
	u32 kind;
	u32 next;			/* the offset behind it */
	const char *name;		/* of a node or a property, NUL-terminated */
	const u8 *value;		/* of a property */
	u32 len;
};

static bool read_token(const void *fdt, u32 at, struct token *t);

u32 fdt_get32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

u64 fdt_get64(const void *p)
{
	return (u64)fdt_get32(p) << 32 | fdt_get32((const u8 *)p + 4);
}

static u32 header(const void *fdt, u32 field)
{
	return fdt_get32((const u8 *)fdt + field);
}

size_t fdt_size(const void *fdt)
{
	return header(fdt, HDR_TOTALSIZE);
}

/* ---- checking ---- */

static bool block_fits(const void *fdt, u32 off, u32 size, u32 align)
{
	u32 total = header(fdt, HDR_TOTALSIZE);

	return off >= FDT_HEADER_SIZE && IS_ALIGNED(off, align) &&
	       size <= total && off <= total - size;
}

static bool header_is_sound(const void *fdt, size_t max_len)
{
	return max_len >= FDT_HEADER_SIZE && header(fdt, HDR_MAGIC) == FDT_MAGIC &&
	       header(fdt, HDR_TOTALSIZE) <= max_len && header(fdt, HDR_TOTALSIZE) <= MAX_SIZE &&
	       header(fdt, HDR_VERSION) >= FDT_VERSION &&
	       header(fdt, HDR_LAST_COMP_VERSION) <= FDT_VERSION &&
	       block_fits(fdt, header(fdt, HDR_OFF_STRUCT), header(fdt, HDR_SIZE_STRUCT), 4) &&
	       block_fits(fdt, header(fdt, HDR_OFF_STRINGS), header(fdt, HDR_SIZE_STRINGS), 1) &&
	       block_fits(fdt, header(fdt, HDR_OFF_RSVMAP), RSV_ENTRY_SIZE, 8);
}

/* One root; nodes closed as often as opened; properties ahead of the children; an end. */
static bool structure_is_sound(const void *fdt)
{
	bool props_allowed = false, root_seen = false;
	int depth = 0;
	struct token t;

	for (u32 at = 0;; at = t.next) {
		if (!read_token(fdt, at, &t))
			return false;
		switch (t.kind) {
		case FDT_BEGIN_NODE:
			if ((depth == 0 && root_seen) || ++depth > FDT_MAX_DEPTH)
				return false;
			root_seen = true;
			props_allowed = true;
			break;
		case FDT_END_NODE:
			if (--depth < 0)
				return false;
			props_allowed = false;
			break;
		case FDT_PROP:
			if (!props_allowed)
				return false;
			break;
		case FDT_END:
			return root_seen && depth == 0;
		}
	}
}

int fdt_check(const void *fdt, size_t max_len)
{
	u64 addr, size;
	int err, i = 0;

	if (!header_is_sound(fdt, max_len) || !structure_is_sound(fdt))
		return -EINVAL;
	do
		err = fdt_mem_rsv(fdt, i++, &addr, &size);
	while (!err);
	return err == -ENOENT ? 0 : err;
}

int fdt_mem_rsv(const void *fdt, int index, u64 *addr, u64 *size)
{
	u32 off = header(fdt, HDR_OFF_RSVMAP);
	u32 room = (header(fdt, HDR_TOTALSIZE) - off) / RSV_ENTRY_SIZE;
	const u8 *p = (const u8 *)fdt + off + RSV_ENTRY_SIZE * (u64)index;

	if (index < 0 || (u32)index >= room)
		return -EINVAL;		/* it has no end */
	*addr = fdt_get64(p);
	*size = fdt_get64(p + 8);
	return *addr || *size ? 0 : -ENOENT;
}

/* ---- tokens ---- */

/* The bytes from @at to the end of the structure block; NULL: fewer than @need. */
static const u8 *struct_bytes(const void *fdt, u32 at, u32 need, u32 *room)
{
	u32 size = header(fdt, HDR_SIZE_STRUCT);

	if (at > size || need > size - at)
		return NULL;
	*room = size - at;
	return (const u8 *)fdt + header(fdt, HDR_OFF_STRUCT) + at;
}

static const char *string_at(const void *fdt, u32 off)
{
	u32 size = header(fdt, HDR_SIZE_STRINGS);
	const char *s = (const char *)fdt + header(fdt, HDR_OFF_STRINGS) + off;

	if (off >= size || strnlen(s, size - off) == size - off)
		return NULL;
	return s;
}

static bool read_begin_node(const void *fdt, u32 at, struct token *t)
{
	const u8 *p;
	u32 room, len;

	p = struct_bytes(fdt, at + 4, 1, &room);
	if (!p)
		return false;
	len = strnlen((const char *)p, room);
	if (len == room)
		return false;
	t->name = (const char *)p;
	t->next = ALIGN_UP(at + 4 + len + 1, 4);
	return true;
}

static bool read_prop(const void *fdt, u32 at, struct token *t)
{
	const u8 *p;
	u32 room;

	p = struct_bytes(fdt, at + 4, 8, &room);
	if (!p)
		return false;
	t->len = fdt_get32(p);
	t->name = string_at(fdt, fdt_get32(p + 4));
	t->value = p + 8;
	if (!t->name || t->len > room - 8)
		return false;
	t->next = ALIGN_UP(at + 12 + t->len, 4);
	return true;
}

/* The token at @at.  False: there is no whole one. */
static bool read_token(const void *fdt, u32 at, struct token *t)
{
	u32 room;
	const u8 *p;

	p = IS_ALIGNED(at, 4) ? struct_bytes(fdt, at, 4, &room) : NULL;
	if (!p)
		return false;
	t->kind = fdt_get32(p);
	t->next = at + 4;
	switch (t->kind) {
	case FDT_BEGIN_NODE:
		return read_begin_node(fdt, at, t);
	case FDT_PROP:
		return read_prop(fdt, at, t);
	case FDT_END_NODE:
	case FDT_NOP:
	case FDT_END:
		return true;
	default:
		return false;
	}
}

/* Read the BEGIN_NODE token that @node names. */
static bool read_node(const void *fdt, int node, struct token *t)
{
	return node >= 0 && read_token(fdt, node, t) && t->kind == FDT_BEGIN_NODE;
}

/* ---- nodes ---- */

int fdt_next_node(const void *fdt, int node, int *depth)
{
	struct token t;
	u32 at = 0;
	int level = 0;

	if (node >= 0) {
		if (!read_node(fdt, node, &t))
			return -EINVAL;
		at = t.next;
		level = depth ? *depth + 1 : 1;
	}
	for (; read_token(fdt, at, &t); at = t.next) {
		switch (t.kind) {
		case FDT_BEGIN_NODE:
			if (depth)
				*depth = level;
			return at;
		case FDT_END_NODE:
			level--;
			break;
		case FDT_END:
			return -ENOENT;
		}
	}
	return -EINVAL;
}

int fdt_first_child(const void *fdt, int node)
{
	int depth = 0, child = fdt_next_node(fdt, node, &depth);

	return child < 0 || depth == 1 ? child : -ENOENT;
}

int fdt_next_sibling(const void *fdt, int node)
{
	int depth = 0;

	do
		node = fdt_next_node(fdt, node, &depth);
	while (node >= 0 && depth > 0);
	return node < 0 || depth == 0 ? node : -ENOENT;
}

int fdt_parent(const void *fdt, int node)
{
	int path[FDT_MAX_DEPTH], at, depth = 0;

	for (at = fdt_next_node(fdt, -1, &depth); at >= 0; at = fdt_next_node(fdt, at, &depth)) {
		if (depth < 0 || depth >= FDT_MAX_DEPTH)
			return -EINVAL;
		if (at == node)
			return depth ? path[depth - 1] : -ENOENT;
		path[depth] = at;
	}
	return at;
}

const char *fdt_node_name(const void *fdt, int node)
{
	struct token t;

	return read_node(fdt, node, &t) ? t.name : NULL;
}

/* ---- properties ---- */

const void *fdt_prop(const void *fdt, int node, const char *name, int *len)
{
	struct token t;

	if (!read_node(fdt, node, &t))
		return NULL;
	while (read_token(fdt, t.next, &t) && (t.kind == FDT_PROP || t.kind == FDT_NOP)) {
		if (t.kind == FDT_PROP && !strcmp(t.name, name)) {
			if (len)
				*len = t.len;
			return t.value;
		}
	}
	return NULL;
}

const char *fdt_prop_string(const void *fdt, int node, const char *name)
{
	int len;
	const char *s = fdt_prop(fdt, node, name, &len);

	return s && strnlen(s, len) < (size_t)len ? s : NULL;
}

const char *fdt_stringlist_next(const char *list, int len, const char *s)
{
	const char *next = s ? s + strlen(s) + 1 : list;
	size_t room = list + max(len, 0) - next;

	return strnlen(next, room) < room ? next : NULL;
}

bool fdt_stringlist_contains(const char *list, int len, const char *s)
{
	size_t want = strlen(s);

	while (len > 0) {
		size_t n = strnlen(list, len);

		if (n == (size_t)len)
			return false;
		if (n == want && !memcmp(list, s, n))
			return true;
		list += n + 1;
		len -= n + 1;
	}
	return false;
}

bool fdt_is_compatible(const void *fdt, int node, const char *compatible)
{
	int len;
	const char *list = fdt_prop(fdt, node, "compatible", &len);

	return list && fdt_stringlist_contains(list, len, compatible);
}

bool fdt_is_available(const void *fdt, int node)
{
	const char *status;

	if (!fdt_prop(fdt, node, "status", NULL))
		return true;
	status = fdt_prop_string(fdt, node, "status");
	return status && (!strcmp(status, "okay") || !strcmp(status, "ok"));
}
