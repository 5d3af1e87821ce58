// SPDX-License-Identifier: MIT
/*
 * A reader of flattened device trees (Devicetree Specification v0.4 §5).
 *
 * A blob comes from outside, so it is believed nowhere: fdt_check walks all of it
 * once, and every other function still checks each offset against the sizes in the
 * header.  A node is named by the offset of its FDT_BEGIN_NODE token in the
 * structure block: >= 0, or -errno (-ENOENT: there is none).
 *
 * The blob must stay in place and unchanged after fdt_check; strings and property
 * values returned point into it.
 */
#ifndef LIB_FDT_H
#define LIB_FDT_H

#include <lib/types.h>

#define FDT_MAX_DEPTH	32

/* Is this a whole and consistent tree within @max_len bytes?  0, or -EINVAL. */
int fdt_check(const void *fdt, size_t max_len);

/* What fdt_check accepted: the bytes of the blob. */
size_t fdt_size(const void *fdt);

/*
 * Walk: the root is fdt_next_node(fdt, -1, &depth), with depth 0; then each node in
 * the order of the blob, @depth (may be NULL) following.
 */
int fdt_next_node(const void *fdt, int node, int *depth);
int fdt_first_child(const void *fdt, int node);
int fdt_next_sibling(const void *fdt, int node);
int fdt_parent(const void *fdt, int node);

#define fdt_for_each_child(fdt, child, node) \
	for (child = fdt_first_child(fdt, node); child >= 0; child = fdt_next_sibling(fdt, child))

/* "uart@10000000"; "" for the root.  NULL: not a node. */
const char *fdt_node_name(const void *fdt, int node);

/*
 * The node of a path.  A component without '@' matches any unit address; a path
 * that does not begin with '/' begins with an alias; ':' ends the path, as in
 * /chosen/stdout-path.
 */
int fdt_path_node(const void *fdt, const char *path);

/* The next node behind @start (-1: the first) of that kind. */
int fdt_find_compatible(const void *fdt, int start, const char *compatible);
int fdt_find_device_type(const void *fdt, int start, const char *type);

/* The node with that phandle. */
int fdt_find_phandle(const void *fdt, u32 phandle);

bool fdt_is_compatible(const void *fdt, int node, const char *compatible);

/* Has it no status, or status "okay"? */
bool fdt_is_available(const void *fdt, int node);

/* The value of a property and its length in bytes; NULL: no such property. */
const void *fdt_prop(const void *fdt, int node, const char *name, int *len);

/* A property that is one string; NULL: there is none, or it has no end. */
const char *fdt_prop_string(const void *fdt, int node, const char *name);

/* Cell @index of a property: 0; -ENOENT: no such property; -EINVAL: too short. */
int fdt_prop_cell(const void *fdt, int node, const char *name, int index, u32 *out);

/* A property of one cell; of one or two cells. */
int fdt_prop_u32(const void *fdt, int node, const char *name, u32 *out);
int fdt_prop_u64(const void *fdt, int node, const char *name, u64 *out);

/* The string behind @s in a list of @len bytes (NULL: the first); NULL: no more that end in it. */
const char *fdt_stringlist_next(const char *list, int len, const char *s);

/* Is @s one of the strings in a list of @len bytes? */
bool fdt_stringlist_contains(const char *list, int len, const char *s);

/*
 * Entry @index of "reg" as the CPU sees it: split by the parent's #address-cells
 * and #size-cells, translated by the "ranges" of each bus above.  @size may be
 * NULL.  -ENOENT: no such entry; -EINVAL: malformed, or not reachable by the CPU.
 */
int fdt_reg(const void *fdt, int node, int index, u64 *addr, u64 *size);

/* Entry @index of the memory reservation block; -ENOENT: there are no more. */
int fdt_mem_rsv(const void *fdt, int index, u64 *addr, u64 *size);

/* Big-endian numbers at any alignment. */
u32 fdt_get32(const void *p);
u64 fdt_get64(const void *p);

#endif
