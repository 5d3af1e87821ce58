// SPDX-License-Identifier: MIT
/*
 * Finding nodes of the device tree (by path, by kind, by phandle), and reading the
 * cells that say where a device is.
 *
 * "reg" is written in cells of the parent's choosing, and in the parent's address
 * space; each bus on the way up maps it into the space above with "ranges":
 *
 *	soc:  #address-cells = 2, #size-cells = 2
 *	      ranges = <child-address  parent-address  size> ...
 *	uart: reg = <child-address size> ...
 *
 * Built on the functions of fdt.c alone, so it checks counts, and never offsets.
 */
#include <lib/fdt.h>

#include <lib/errno.h>
#include <lib/string.h>

/* Does the first component of @path, of @len bytes, name this node? */
static bool component_matches(const char *name, const char *path, size_t len)
{
	if (strncmp(name, path, len))
		return false;
	return name[len] == '\0' || name[len] == '@';
}

static int child_by_component(const void *fdt, int node, const char *path, size_t len)
{
	int child;

	fdt_for_each_child(fdt, child, node)
		if (component_matches(fdt_node_name(fdt, child), path, len))
			break;
	return child;
}

/* Follow @path, up to its NUL or ':', from @node. */
static int walk_path(const void *fdt, int node, const char *path)
{
	while (node >= 0) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/:");
		if (!len)
			break;
		node = child_by_component(fdt, node, path, len);
		path += len;
	}
	return node;
}

/* The property of /aliases whose name is the first @len bytes of @name. */
static const char *find_alias(const void *fdt, const char *name, size_t len)
{
	char alias[32];

	if (len >= sizeof(alias))
		return NULL;
	memcpy(alias, name, len);
	alias[len] = '\0';
	return fdt_prop_string(fdt, fdt_path_node(fdt, "/aliases"), alias);
}

int fdt_path_node(const void *fdt, const char *path)
{
	int node = fdt_next_node(fdt, -1, NULL);
	const char *target;
	size_t len;

	if (*path != '/') {
		len = strcspn(path, "/:");
		target = find_alias(fdt, path, len);
		if (!target)
			return -ENOENT;
		node = walk_path(fdt, node, target);
		path += len;
	}
	return walk_path(fdt, node, path);
}

int fdt_find_compatible(const void *fdt, int start, const char *compatible)
{
	int node = fdt_next_node(fdt, start, NULL);

	while (node >= 0 && !fdt_is_compatible(fdt, node, compatible))
		node = fdt_next_node(fdt, node, NULL);
	return node;
}

int fdt_find_device_type(const void *fdt, int start, const char *type)
{
	int node = fdt_next_node(fdt, start, NULL);

	for (; node >= 0; node = fdt_next_node(fdt, node, NULL)) {
		const char *is = fdt_prop_string(fdt, node, "device_type");

		if (is && !strcmp(is, type))
			break;
	}
	return node;
}

int fdt_find_phandle(const void *fdt, u32 phandle)
{
	int node = fdt_next_node(fdt, -1, NULL);
	u32 is;

	for (; node >= 0; node = fdt_next_node(fdt, node, NULL))
		if (!fdt_prop_u32(fdt, node, "phandle", &is) && is == phandle)
			break;
	return node;
}

int fdt_prop_cell(const void *fdt, int node, const char *name, int index, u32 *out)
{
	int len;
	const u8 *value = fdt_prop(fdt, node, name, &len);

	if (!value)
		return -ENOENT;
	if (index < 0 || index >= len / 4)
		return -EINVAL;
	*out = fdt_get32(value + 4 * index);
	return 0;
}

int fdt_prop_u32(const void *fdt, int node, const char *name, u32 *out)
{
	int len;
	const void *value = fdt_prop(fdt, node, name, &len);

	if (!value)
		return -ENOENT;
	if (len != 4)
		return -EINVAL;
	*out = fdt_get32(value);
	return 0;
}

int fdt_prop_u64(const void *fdt, int node, const char *name, u64 *out)
{
	int len;
	const void *value = fdt_prop(fdt, node, name, &len);

	if (!value)
		return -ENOENT;
	if (len != 4 && len != 8)
		return -EINVAL;
	*out = len == 8 ? fdt_get64(value) : fdt_get32(value);
	return 0;
}

/* ---- reg and ranges ---- */

/* How a node writes the addresses of its children. */
struct bus {
	int address_cells;		/* 1 or 2 */
	int size_cells;			/* 0 (the numbers are ids, not addresses), 1 or 2 */
};

static int read_bus(const void *fdt, int node, struct bus *bus)
{
	u32 address_cells = 2, size_cells = 1;	/* the specification's defaults */

	if (fdt_prop_u32(fdt, node, "#address-cells", &address_cells) == -EINVAL ||
	    fdt_prop_u32(fdt, node, "#size-cells", &size_cells) == -EINVAL)
		return -EINVAL;
	if (address_cells < 1 || address_cells > 2 || size_cells > 2)
		return -EINVAL;
	bus->address_cells = address_cells;
	bus->size_cells = size_cells;
	return 0;
}

/* The number in @cells cells at *@p, which moves on. */
static u64 take_cells(const u8 **p, int cells)
{
	u64 value = 0;

	for (; cells; cells--, *p += 4)
		value = value << 32 | fdt_get32(*p);
	return value;
}

/* Rewrite [*@addr, *@addr + @size) from @node's children's addresses to its parent's. */
static int translate_once(const void *fdt, int node, const struct bus *bus,
			  const struct bus *above, u64 *addr, u64 size)
{
	int entry = 4 * (bus->address_cells + above->address_cells + bus->size_cells), len;
	const u8 *p = fdt_prop(fdt, node, "ranges", &len), *end;

	if (!p || len % entry)
		return -EINVAL;
	if (!len)
		return 0;		/* an empty "ranges": the same addresses */
	for (end = p + len; p < end;) {
		u64 child = take_cells(&p, bus->address_cells);
		u64 parent = take_cells(&p, above->address_cells);
		u64 span = take_cells(&p, bus->size_cells);
		u64 offset = *addr - child;

		if (*addr >= child && offset < span && size <= span - offset) {
			*addr = parent + offset;
			return 0;
		}
	}
	return -EINVAL;
}

/* From the children of @node, a bus, up to the root, whose addresses are the CPU's. */
static int translate(const void *fdt, int node, struct bus bus, u64 *addr, u64 size)
{
	struct bus above;
	int parent, err;

	while ((parent = fdt_parent(fdt, node)) >= 0) {
		err = read_bus(fdt, parent, &above);
		if (!err)
			err = translate_once(fdt, node, &bus, &above, addr, size);
		if (err)
			return err;
		node = parent;
		bus = above;
	}
	return parent == -ENOENT ? 0 : parent;
}

int fdt_reg(const void *fdt, int node, int index, u64 *addr, u64 *size)
{
	int parent = fdt_parent(fdt, node), len, entry, err;
	const u8 *p = fdt_prop(fdt, node, "reg", &len);
	struct bus bus;
	u64 span;

	if (!p)
		return -ENOENT;
	if (parent < 0)
		return -EINVAL;
	err = read_bus(fdt, parent, &bus);
	if (err)
		return err;
	entry = 4 * (bus.address_cells + bus.size_cells);
	if (len % entry)
		return -EINVAL;
	if (index < 0 || index >= len / entry)
		return -ENOENT;

	p += entry * index;
	*addr = take_cells(&p, bus.address_cells);
	span = take_cells(&p, bus.size_cells);
	if (size)
		*size = span;
	return bus.size_cells ? translate(fdt, parent, bus, addr, span) : 0;
}
