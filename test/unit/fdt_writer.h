// SPDX-License-Identifier: MIT
/*
 * Writes device trees, right ones and wrong ones, into blob[0 ... blob_len):
 *
 *	begin_tree(); cells("reg", 0, 0x1000); node("uart"); ... end_node(); end_tree();
 *
 * and make_board(), the tree that most tests read: memory, two harts, a bus that
 * moves its addresses and one that does not.
 */
#ifndef TEST_FDT_WRITER_H
#define TEST_FDT_WRITER_H

#include <string.h>

#include <lib/fdt.h>
#include <lib/types.h>

enum { BEGIN_NODE = 1, END_NODE, PROP, NOP, END = 9 };

#define MAX_BLOB 4096
#define HEADER 40
#define RSV (HEADER)
#define STRUCT (RSV + 3 * 16)

static u8 blob[MAX_BLOB];
static size_t blob_len, struct_len, strings_len;
static char strings[512];

static inline void put32_at(size_t at, u32 v)
{
	for (int i = 0; i < 4; i++)
		blob[at + i] = v >> (24 - 8 * i);
}

static inline void put32(u32 v)
{
	put32_at(STRUCT + struct_len, v);
	struct_len += 4;
}

static inline void put_bytes(const void *p, size_t len)
{
	memcpy(blob + STRUCT + struct_len, p, len);
	struct_len = ALIGN_UP(struct_len + len, 4);
}

static inline void node(const char *name)
{
	put32(BEGIN_NODE);
	put_bytes(name, strlen(name) + 1);
}

static inline void end_node(void)
{
	put32(END_NODE);
}

static inline void prop(const char *name, const void *value, size_t len)
{
	put32(PROP);
	put32(len);
	put32(strings_len);
	strcpy(strings + strings_len, name);
	strings_len += strlen(name) + 1;
	put_bytes(value, len);
}

static inline void prop_string(const char *name, const char *value)
{
	prop(name, value, strlen(value) + 1);
}

static inline void prop_cells(const char *name, int n, const u32 *cells)
{
	u8 value[64];

	for (int i = 0; i < 4 * n; i++)
		value[i] = cells[i / 4] >> (24 - 8 * (i % 4));
	prop(name, value, 4 * n);
}

#define cells(name, ...) \
	prop_cells(name, sizeof((u32[]){ __VA_ARGS__ }) / 4, (u32[]){ __VA_ARGS__ })

static inline void begin_tree(void)
{
	memset(blob, 0, sizeof(blob));
	struct_len = strings_len = 0;
	node("");
}

/* The end of the structure, and one reservation: [0x1234, 0x1234 + 0x1000). */
static inline void finish(void)
{
	static const u8 rsv[] = { 0, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 0, 0, 0, 0x10, 0 };
	size_t at = STRUCT + struct_len;

	put32(END);
	at += 4;
	memcpy(blob + RSV, rsv, sizeof(rsv));
	memcpy(blob + at, strings, strings_len);
	blob_len = at + strings_len;
	put32_at(0, 0xd00dfeed);
	put32_at(4, blob_len);
	put32_at(8, STRUCT);
	put32_at(12, at);
	put32_at(16, RSV);
	put32_at(20, 17);
	put32_at(24, 16);
	put32_at(32, strings_len);
	put32_at(36, struct_len);
}

static inline void end_tree(void)
{
	end_node();
	finish();
}

static inline int make_board(void **state)
{
	begin_tree();
	cells("#address-cells", 2);
	cells("#size-cells", 2);
	node("chosen");
	prop_string("stdout-path", "serial0:115200");
	cells("linux,initrd-start", 0x1, 0x8000);
	end_node();
	node("aliases");
	prop_string("serial0", "/soc/uart@1000");
	prop_string("loop", "loop");
	end_node();
	node("memory@80000000");
	prop_string("device_type", "memory");
	cells("reg", 0, 0x80000000, 0, 0x8000000, 1, 0, 0, 0x1000);
	end_node();
	node("cpus");
	cells("#address-cells", 1);
	cells("#size-cells", 0);
	node("cpu@0");
	prop_string("device_type", "cpu");
	cells("reg", 0);
	end_node();
	put32(NOP);
	node("cpu@1");
	prop_string("device_type", "cpu");
	cells("reg", 1);
	prop_string("status", "disabled");
	end_node();
	end_node();
	node("soc");
	cells("#address-cells", 1);
	cells("#size-cells", 1);
	cells("ranges", 0, 0, 0x10000000, 0x2000, 0x4000, 0x1, 0, 0x1000);
	node("uart@1000");
	prop("compatible", "acme,uart\0ns16550a", 19);
	cells("reg", 0x1000, 0x100);
	cells("interrupts", 10);
	cells("phandle", 7);
	prop_string("status", "okay");
	put32(NOP);
	end_node();
	node("virtio@4000");
	prop_string("compatible", "virtio,mmio");
	cells("reg", 0x4000, 0x1000);
	end_node();
	node("virtio@9000");
	prop_string("compatible", "virtio,mmio");
	cells("reg", 0x9000, 0x1000, 0x1f00, 0x200);
	end_node();
	end_node();
	node("bus");
	cells("#address-cells", 2);
	cells("#size-cells", 2);
	prop("ranges", "", 0);
	node("flat@1");
	cells("reg", 0x12, 0x34, 0, 0x10);
	end_node();
	end_node();
	node("island");
	node("lonely@1");
	cells("reg", 0, 1, 1);
	end_node();
	end_node();
	end_tree();
	return 0;
}

#endif
