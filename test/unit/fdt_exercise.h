// SPDX-License-Identifier: MIT
/*
 * Ask a device tree everything there is to ask.  For blobs that may be damaged:
 * fdt_check has accepted them or not, and whatever it accepted must answer each
 * question with a value or an error, without reading outside the blob.
 */
#ifndef TEST_FDT_EXERCISE_H
#define TEST_FDT_EXERCISE_H

#include <lib/fdt.h>
#include <lib/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXERCISE_NODES	200	/* questions about each node look at all others */

static volatile u64 exercise_sum;	/* so that values read are used */

static inline void exercise_property(const void *fdt, int node, const char *name)
{
	u32 cell;
	u64 value;
	int len;
	const u8 *p = fdt_prop(fdt, node, name, &len);

	for (int i = 0; p && i < len; i++)
		exercise_sum += p[i];
	if (fdt_prop_string(fdt, node, name))
		exercise_sum += strlen(fdt_prop_string(fdt, node, name));
	if (p)
		exercise_sum += fdt_stringlist_contains((const char *)p, len, "virtio,mmio");
	for (const char *s = NULL; p && (s = fdt_stringlist_next((const char *)p, len, s));)
		exercise_sum += strlen(s);
	for (int i = -1; !fdt_prop_cell(fdt, node, name, i < 0 ? 0 : i, &cell) && i < 20; i++)
		exercise_sum += cell;
	if (!fdt_prop_u32(fdt, node, name, &cell))
		exercise_sum += cell;
	if (!fdt_prop_u64(fdt, node, name, &value))
		exercise_sum += value;
}

static inline void exercise_node(const void *fdt, int node)
{
	static const char *const names[] = {
		"reg", "ranges", "compatible", "status", "phandle", "device_type",
		"#address-cells", "#size-cells", "stdout-path", "no-such-property",
	};
	u64 addr, size;
	int child, children = 0;

	exercise_sum += strlen(fdt_node_name(fdt, node));
	exercise_sum += fdt_parent(fdt, node);
	fdt_for_each_child(fdt, child, node)
		children++;
	exercise_sum += children;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		exercise_property(fdt, node, names[i]);
	for (int i = -1; i < 3; i++)
		if (!fdt_reg(fdt, node, i, &addr, &size))
			exercise_sum += addr + size;
	exercise_sum += fdt_is_available(fdt, node) + fdt_is_compatible(fdt, node, "ns16550a");
}

static inline void exercise_tree(const void *fdt)
{
	static const char *const paths[] = {
		"/", "/chosen", "/soc/uart", "/soc/uart@10000000", "/a/b/c", "serial0", "serial0:115200", "", ":", "//",
	};
	u64 addr, size;
	int depth, nodes = 0;

	for (int node = fdt_next_node(fdt, -1, &depth); node >= 0 && nodes < EXERCISE_NODES; nodes++) {
		exercise_node(fdt, node);
		node = fdt_next_node(fdt, node, &depth);
	}
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		exercise_sum += fdt_path_node(fdt, paths[i]);
	exercise_sum += fdt_find_compatible(fdt, -1, "virtio,mmio");
	exercise_sum += fdt_find_device_type(fdt, -1, "memory");
	exercise_sum += fdt_find_phandle(fdt, 1);
	for (int i = 0; !fdt_mem_rsv(fdt, i, &addr, &size); i++)
		exercise_sum += addr + size;
	/* Numbers that name no node. */
	exercise_sum += fdt_next_node(fdt, 2, NULL) + fdt_parent(fdt, 1 << 30);
	exercise_sum += fdt_first_child(fdt, -2) + fdt_next_sibling(fdt, 0x7fffffff);
	exercise_sum += !fdt_prop(fdt, -5, "reg", NULL) + !fdt_node_name(fdt, 3);
}

/* The blob in memory of its own and of exactly @len bytes, so that ASan guards its ends. */
static inline int exercise_blob(const void *blob, size_t len)
{
	u8 *copy = malloc(len);
	int err;

	memcpy(copy, blob, len);
	err = fdt_check(copy, len);
	if (!err)
		exercise_tree(copy);
	free(copy);
	return err;
}

#endif
