// SPDX-License-Identifier: MIT
/*
 * lib/fdt.c and fdt_find.c: what a good tree says, be it written here, by dtc or by
 * QEMU.  Bad ones are in test_fdt_damage.c.
 */
#include <unistd.h>

#include "harness.h"

#include "fdt_exercise.h"
#include "fdt_writer.h"

static void a_whole_tree_is_accepted(void **state)
{
	assert_int_equal(fdt_check(blob, blob_len), 0);
	assert_int_equal(fdt_check(blob, MAX_BLOB), 0);
	assert_int_equal(fdt_size(blob), blob_len);
	assert_int_equal(exercise_blob(blob, blob_len), 0);
}

static void nodes_come_in_order_with_their_depth(void **state)
{
	static const char *const expected[] = {
		"0 ", "1 chosen", "1 aliases", "1 memory@80000000", "1 cpus", "2 cpu@0", "2 cpu@1",
		"1 soc", "2 uart@1000", "2 virtio@4000", "2 virtio@9000", "1 bus", "2 flat@1",
		"1 island", "2 lonely@1",
	};
	int depth, at = fdt_next_node(blob, -1, &depth);
	char line[40];

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		snprintf(line, sizeof(line), "%d %s", depth, fdt_node_name(blob, at));
		assert_string_equal(line, expected[i]);
		at = fdt_next_node(blob, at, &depth);
	}
	assert_int_equal(at, -ENOENT);
}

static void children_siblings_and_parents_agree(void **state)
{
	int root = fdt_next_node(blob, -1, NULL), soc = fdt_path_node(blob, "/soc"), child, n = 0;

	assert_int_equal(fdt_parent(blob, root), -ENOENT);
	assert_int_equal(fdt_parent(blob, soc), root);
	fdt_for_each_child(blob, child, soc) {
		assert_int_equal(fdt_parent(blob, child), soc);
		n++;
	}
	assert_int_equal(n, 3);
	assert_int_equal(child, -ENOENT);
	assert_int_equal(fdt_first_child(blob, fdt_path_node(blob, "/chosen")), -ENOENT);
	assert_int_equal(fdt_next_sibling(blob, root), -ENOENT);
	assert_int_equal(fdt_parent(blob, soc + 4), -ENOENT);
	assert_int_equal(fdt_next_node(blob, soc + 4, NULL), -EINVAL);
}

static void expect_path(const char *path, const char *name)
{
	int at = fdt_path_node(blob, path);

	if (!name) {
		assert_int_equal(at, -ENOENT);
	} else {
		assert_true(at >= 0);
		assert_string_equal(fdt_node_name(blob, at), name);
	}
}

static void paths_lead_to_nodes(void **state)
{
	expect_path("/", "");
	expect_path("/soc/uart@1000", "uart@1000");
	expect_path("/soc/uart", "uart@1000");
	expect_path("/memory", "memory@80000000");
	expect_path("/soc/uart@1000:115200n8", "uart@1000");
	expect_path("serial0", "uart@1000");
	expect_path("serial0:115200", "uart@1000");
	expect_path("/soc/", "soc");
	expect_path("/so", NULL);
	expect_path("/socket", NULL);
	expect_path("/soc/uart@2000", NULL);
	expect_path("/soc/uart@1", NULL);
	expect_path("/soc/uart@1000/x", NULL);
	expect_path("serial1", NULL);
	expect_path("loop", NULL);
	expect_path("", NULL);
	expect_path("a-name-much-longer-than-any-alias-that-we-would-keep", NULL);
}

static void properties_have_values(void **state)
{
	int uart = fdt_path_node(blob, "serial0"), chosen = fdt_path_node(blob, "/chosen"), len;
	u32 cell = 0;
	u64 value = 0;

	assert_non_null(fdt_prop(blob, uart, "compatible", &len));
	assert_int_equal(len, 19);
	assert_null(fdt_prop(blob, uart, "compat", &len));
	assert_null(fdt_prop(blob, fdt_path_node(blob, "/soc"), "interrupts", &len));
	assert_int_equal(fdt_prop_u32(blob, uart, "interrupts", &cell), 0);
	assert_int_equal(cell, 10);
	assert_int_equal(fdt_prop_u32(blob, uart, "reg", &cell), -EINVAL);
	assert_int_equal(fdt_prop_u32(blob, uart, "none", &cell), -ENOENT);
	assert_int_equal(fdt_prop_cell(blob, uart, "reg", 1, &cell), 0);
	assert_int_equal(cell, 0x100);
	assert_int_equal(fdt_prop_cell(blob, uart, "reg", 2, &cell), -EINVAL);
	assert_int_equal(fdt_prop_cell(blob, uart, "reg", -1, &cell), -EINVAL);
	assert_int_equal(fdt_prop_u64(blob, chosen, "linux,initrd-start", &value), 0);
	assert_true(value == 0x100008000);
	assert_int_equal(fdt_prop_u64(blob, uart, "interrupts", &value), 0);
	assert_int_equal(value, 10);
	assert_string_equal(fdt_prop_string(blob, chosen, "stdout-path"), "serial0:115200");
}

static void a_string_without_an_end_is_none(void **state)
{
	begin_tree();
	prop("a", "text", 4);
	prop("b", "", 0);
	end_tree();
	assert_int_equal(fdt_check(blob, blob_len), 0);
	assert_null(fdt_prop_string(blob, 0, "a"));
	assert_null(fdt_prop_string(blob, 0, "b"));
	assert_false(fdt_is_compatible(blob, 0, "text"));
}

static void string_lists_match_whole_strings(void **state)
{
	const char list[] = "acme,uart\0ns16550a";

	assert_true(fdt_stringlist_contains(list, sizeof(list), "acme,uart"));
	assert_true(fdt_stringlist_contains(list, sizeof(list), "ns16550a"));
	assert_false(fdt_stringlist_contains(list, sizeof(list), "ns16550"));
	assert_false(fdt_stringlist_contains(list, sizeof(list), "uart"));
	assert_false(fdt_stringlist_contains(list, sizeof(list), ""));
	assert_false(fdt_stringlist_contains(list, sizeof(list) - 1, "ns16550a"));
	assert_false(fdt_stringlist_contains(list, 0, ""));
}

static void string_lists_are_walked_to_the_last_whole_string(void **state)
{
	const char list[] = "i\0\0zba";
	const char *at = fdt_stringlist_next(list, sizeof(list), NULL);

	assert_ptr_equal(at, list);
	at = fdt_stringlist_next(list, sizeof(list), at);
	assert_ptr_equal(at, list + 2);
	assert_string_equal(at, "");
	at = fdt_stringlist_next(list, sizeof(list), at);
	assert_string_equal(at, "zba");
	assert_null(fdt_stringlist_next(list, sizeof(list), at));
	assert_null(fdt_stringlist_next(list, sizeof(list) - 1, list + 2));
	assert_null(fdt_stringlist_next(list, 1, NULL));
	assert_null(fdt_stringlist_next(list, 0, NULL));
}

static void devices_are_found_by_kind_in_order(void **state)
{
	int at = fdt_find_compatible(blob, -1, "virtio,mmio");
	u32 phandle;

	assert_string_equal(fdt_node_name(blob, at), "virtio@4000");
	at = fdt_find_compatible(blob, at, "virtio,mmio");
	assert_string_equal(fdt_node_name(blob, at), "virtio@9000");
	assert_int_equal(fdt_find_compatible(blob, at, "virtio,mmio"), -ENOENT);

	at = fdt_find_device_type(blob, -1, "cpu");
	assert_true(fdt_is_available(blob, at));
	at = fdt_find_device_type(blob, at, "cpu");
	assert_string_equal(fdt_node_name(blob, at), "cpu@1");
	assert_false(fdt_is_available(blob, at));
	assert_int_equal(fdt_find_device_type(blob, at, "cpu"), -ENOENT);

	at = fdt_find_phandle(blob, 7);
	assert_string_equal(fdt_node_name(blob, at), "uart@1000");
	assert_true(fdt_is_available(blob, at));
	assert_int_equal(fdt_prop_u32(blob, at, "phandle", &phandle), 0);
	assert_int_equal(fdt_find_phandle(blob, 8), -ENOENT);
}

static void expect_reg(const char *path, int index, int err, u64 addr, u64 size)
{
	u64 a = 0, s = 0;

	assert_int_equal(fdt_reg(blob, fdt_path_node(blob, path), index, &a, &s), err);
	if (!err) {
		assert_true(a == addr);
		assert_true(s == size);
	}
}

static void reg_is_split_and_translated_by_the_buses_above(void **state)
{
	expect_reg("/memory", 0, 0, 0x80000000, 0x8000000);
	expect_reg("/memory", 1, 0, 0x100000000, 0x1000);
	expect_reg("/memory", 2, -ENOENT, 0, 0);
	expect_reg("/memory", -1, -ENOENT, 0, 0);
	expect_reg("/cpus/cpu@1", 0, 0, 1, 0);
	expect_reg("/soc/uart", 0, 0, 0x10001000, 0x100);
	expect_reg("/soc/virtio@4000", 0, 0, 0x100000000, 0x1000);
	expect_reg("/soc/virtio@9000", 0, -EINVAL, 0, 0);	/* in no range */
	expect_reg("/soc/virtio@9000", 1, -EINVAL, 0, 0);	/* crosses the end of one */
	expect_reg("/bus/flat", 0, 0, 0x1200000034, 0x10);
	expect_reg("/island/lonely", 0, -EINVAL, 0, 0);		/* no "ranges" */
	expect_reg("/chosen", 0, -ENOENT, 0, 0);
	assert_int_equal(fdt_reg(blob, fdt_path_node(blob, "/memory"), 0, &(u64){ 0 }, NULL), 0);
}

static void cell_counts_that_do_not_fit_are_refused(void **state)
{
	for (u32 address_cells = 0; address_cells < 5; address_cells++) {
		begin_tree();
		cells("#address-cells", address_cells);
		cells("#size-cells", 1);
		node("d@1");
		cells("reg", 0, 0, 1);
		end_node();
		end_tree();
		assert_int_equal(fdt_check(blob, blob_len), 0);
		expect_reg("/d", 0, address_cells == 2 ? 0 : -EINVAL, 0, 1);
	}
}

static void reservations_end_with_an_empty_one(void **state)
{
	u64 addr, size;

	assert_int_equal(fdt_mem_rsv(blob, 0, &addr, &size), 0);
	assert_int_equal(addr, 0x1234);
	assert_int_equal(size, 0x1000);
	assert_int_equal(fdt_mem_rsv(blob, 1, &addr, &size), -ENOENT);
	assert_int_equal(fdt_mem_rsv(blob, -1, &addr, &size), -EINVAL);
}

/* ---- trees that others make ---- */

/* Run @command, which writes a blob to the file whose name replaces %s.  NULL: it could not. */
static u8 *blob_from(const char *command, size_t *len)
{
	char path[] = "/tmp/test-fdt-XXXXXX", line[600];
	int fd = mkstemp(path);
	u8 *bytes = NULL;
	FILE *f;

	assert_true(fd >= 0);
	close(fd);			/* QEMU puts a new file in its place */
	snprintf(line, sizeof(line), command, path);
	if (system(line) == 0 && (f = fopen(path, "rb"))) {
		bytes = malloc(1 * MiB);
		*len = fread(bytes, 1, 1 * MiB, f);
		fclose(f);
	}
	remove(path);
	return bytes;
}

static void what_dtc_writes_is_read_back(void **state)
{
	size_t len;
	u64 addr, size;
	u8 *dtb = blob_from("command -v dtc >/dev/null && printf '%%s' "
			    "'/dts-v1/; /memreserve/ 0x10 0x20; / { #address-cells = <1>; "
			    "#size-cells = <1>; a: a@100 { compatible = \"one\", \"two\"; "
			    "reg = <0x100 0x8 0x200 0x10>; }; b { parent = <&a>; }; };' | "
			    "dtc -q -I dts -O dtb -o %s - 2>/dev/null", &len);
	u32 phandle;

	if (!dtb)
		skip();
	assert_int_equal(exercise_blob(dtb, len), 0);
	assert_int_equal(fdt_prop_u32(dtb, fdt_path_node(dtb, "/b"), "parent", &phandle), 0);
	assert_int_equal(fdt_find_phandle(dtb, phandle), fdt_path_node(dtb, "/a"));
	assert_int_equal(fdt_reg(dtb, fdt_find_compatible(dtb, -1, "two"), 1, &addr, &size), 0);
	assert_int_equal(addr, 0x200);
	assert_int_equal(size, 0x10);
	assert_int_equal(fdt_mem_rsv(dtb, 0, &addr, &size), 0);
	assert_int_equal(addr, 0x10);
	free(dtb);
}

static int count_kind(const void *fdt, int (*find)(const void *, int, const char *), const char *kind)
{
	int n = 0;

	for (int at = find(fdt, -1, kind); at >= 0; at = find(fdt, at, kind))
		n++;
	return n;
}

static void the_virt_machine_of_qemu_is_understood(void **state)
{
	size_t len;
	u64 addr = 0, size = 0;
	u32 timebase = 0;
	u8 *dtb = blob_from("qemu-system-riscv64 -machine virt,dumpdtb=%s -smp 4 -m 128M -nographic "
			    ">/dev/null 2>&1", &len);
	const char *console;

	if (!dtb)
		skip();
	assert_int_equal(exercise_blob(dtb, len), 0);
	assert_int_equal(count_kind(dtb, fdt_find_device_type, "cpu"), 4);
	assert_int_equal(count_kind(dtb, fdt_find_compatible, "virtio,mmio"), 8);
	assert_int_equal(fdt_reg(dtb, fdt_find_device_type(dtb, -1, "memory"), 0, &addr, &size), 0);
	assert_int_equal(addr, 0x80000000);
	assert_int_equal(size, 128 * MiB);
	console = fdt_prop_string(dtb, fdt_path_node(dtb, "/chosen"), "stdout-path");
	assert_non_null(console);
	assert_int_equal(fdt_reg(dtb, fdt_path_node(dtb, console), 0, &addr, &size), 0);
	assert_int_equal(addr, 0x10000000);
	assert_int_equal(fdt_prop_u32(dtb, fdt_path_node(dtb, "/cpus"), "timebase-frequency",
				      &timebase), 0);
	assert_int_equal(timebase, 10000000);
	free(dtb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_whole_tree_is_accepted, make_board),
		cmocka_unit_test_setup(nodes_come_in_order_with_their_depth, make_board),
		cmocka_unit_test_setup(children_siblings_and_parents_agree, make_board),
		cmocka_unit_test_setup(paths_lead_to_nodes, make_board),
		cmocka_unit_test_setup(properties_have_values, make_board),
		cmocka_unit_test(a_string_without_an_end_is_none),
		cmocka_unit_test(string_lists_match_whole_strings),
		cmocka_unit_test(string_lists_are_walked_to_the_last_whole_string),
		cmocka_unit_test_setup(devices_are_found_by_kind_in_order, make_board),
		cmocka_unit_test_setup(reg_is_split_and_translated_by_the_buses_above, make_board),
		cmocka_unit_test(cell_counts_that_do_not_fit_are_refused),
		cmocka_unit_test_setup(reservations_end_with_an_empty_one, make_board),
		cmocka_unit_test(what_dtc_writes_is_read_back),
		cmocka_unit_test(the_virt_machine_of_qemu_is_understood),
	};

	return cmocka_run_group_tests_name("fdt", tests, NULL, NULL);
}
