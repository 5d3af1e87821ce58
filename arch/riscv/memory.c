// SPDX-License-Identifier: MIT
/*
 * What memory the board has, from the device tree: RAM, and what of it is
 * taken (Devicetree Specification 0.4, 3.4 and 3.5).
 */
#include "boot.h"

#include <kernel/log.h>
#include <lib/fdt.h>
#include <lib/string.h>

/* Ranges that must not even be mapped: "no-map". */
static struct { paddr_t start, end; } no_map[16];
static unsigned int nr_no_map;

bool boot_no_map(paddr_t start, paddr_t end)
{
	for (unsigned int i = 0; i < nr_no_map; i++)
		if (start < no_map[i].end && no_map[i].start < end)
			return true;
	return false;
}

static void add_ram(struct boot_info *bi, u64 start, u64 size)
{
	u64 end = ALIGN_DOWN(start + size, PAGE_SIZE);

	start = ALIGN_UP(start, PAGE_SIZE);
	if (start >= end || end < size)
		return;
	if (bi->nr_ram && start - bi->ram[0].start > DIRECT_MAP_SIZE - PT_SPAN(2))
		return;                         /* beyond what the kernel half can reach */
	if (bi->nr_ram && start >= bi->ram[0].start)
		end = min(end, bi->ram[0].start + DIRECT_MAP_SIZE - PT_SPAN(2));
	if (bi->nr_ram == ARRAY_SIZE(bi->ram)) {
		pr_warn("memory: more than %u banks, %#lx ignored", bi->nr_ram,
			(unsigned long)start);
		return;
	}
	bi->ram[bi->nr_ram].start = start;
	bi->ram[bi->nr_ram++].end = end;
}

static void reserve(struct boot_info *bi, u64 start, u64 size)
{
	if (!size || start + size < start)
		return;
	if (bi->nr_reserved == ARRAY_SIZE(bi->reserved))
		panic("memory: more than %u reserved ranges", bi->nr_reserved);
	bi->reserved[bi->nr_reserved].start = ALIGN_DOWN(start, PAGE_SIZE);
	bi->reserved[bi->nr_reserved++].end = ALIGN_UP(start + size, PAGE_SIZE);
}

static void find_ram(struct boot_info *bi, const void *fdt)
{
	int node = -1;
	u64 start, size;

	while ((node = fdt_find_device_type(fdt, node, "memory")) >= 0) {
		if (!fdt_is_available(fdt, node))
			continue;
		for (int i = 0; fdt_reg(fdt, node, i, &start, &size) == 0; i++)
			add_ram(bi, start, size);
	}
}

static void find_reserved(struct boot_info *bi, const void *fdt)
{
	int parent = fdt_path_node(fdt, "/reserved-memory"), node;
	u64 start, size;

	for (int i = 0; fdt_mem_rsv(fdt, i, &start, &size) == 0; i++)
		reserve(bi, start, size);
	if (parent < 0)
		return;
	fdt_for_each_child(fdt, node, parent) {
		for (int i = 0; fdt_reg(fdt, node, i, &start, &size) == 0; i++) {
			reserve(bi, start, size);
			if (fdt_prop(fdt, node, "no-map", NULL) && nr_no_map < ARRAY_SIZE(no_map)) {
				no_map[nr_no_map].start = ALIGN_DOWN(start, PAGE_SIZE);
				no_map[nr_no_map++].end = ALIGN_UP(start + size, PAGE_SIZE);
			}
		}
	}
}

static void find_chosen(struct boot_info *bi, const void *fdt)
{
	int node = fdt_path_node(fdt, "/chosen");
	const char *args;
	u64 start, end;

	if (node < 0)
		return;
	args = fdt_prop_string(fdt, node, "bootargs");
	if (args)
		strscpy(bi->bootargs, args, sizeof(bi->bootargs));
	if (fdt_prop_u64(fdt, node, "linux,initrd-start", &start) == 0 &&
	    fdt_prop_u64(fdt, node, "linux,initrd-end", &end) == 0 && start < end) {
		bi->initrd_start = start;
		bi->initrd_end = end;
		reserve(bi, start, end - start);
	}
}

void boot_memory(struct boot_info *bi, const void *fdt, paddr_t fdt_pa)
{
	find_ram(bi, fdt);
	if (!bi->nr_ram)
		panic("memory: the device tree names no RAM");
	find_reserved(bi, fdt);
	find_chosen(bi, fdt);
	reserve(bi, fdt_pa, fdt_size(fdt));
}
