// SPDX-License-Identifier: MIT
/*
 * Devices: walk the device tree and give each node to its driver.
 *
 * The table is in the order in which kinds of devices must come up: the
 * interrupt controller before those who interrupt.  Within a kind the tree's
 * order decides, and with it which disk is vda.
 *
 * Lock: none: probing happens once, in one task.
 */
#include <kernel/drivers/driver.h>

#include <arch/machine.h>
#include <kernel/drivers/iomem.h>
#include <kernel/log.h>
#include <lib/errno.h>
#include <lib/fdt.h>

static const struct driver drivers[] = {
	{ "sifive,plic-1.0.0", plic_probe },
	{ "riscv,plic0", plic_probe },
	{ "ns16550a", uart_probe },
	{ "ns16550", uart_probe },
	{ "snps,dw-apb-uart", uart_probe },
	{ "virtio,mmio", virtio_mmio_probe },
};

/* A node may name several kinds that we know: the first row of the table has it. */
static bool served_before(const void *fdt, int node, const struct driver *d)
{
	for (const struct driver *e = drivers; e < d; e++)
		if (fdt_is_compatible(fdt, node, e->compatible))
			return true;
	return false;
}

static void probe_all(const void *fdt, const struct driver *d)
{
	int node = -1, err;

	while ((node = fdt_find_compatible(fdt, node, d->compatible)) >= 0) {
		if (!fdt_is_available(fdt, node) || served_before(fdt, node, d))
			continue;
		err = d->probe(fdt, node);
		if (!err)
			iomem_claim(fdt, node);
		if (err && err != -ENODEV)
			pr_err("%s: %s: probe failed, error %d", fdt_node_name(fdt, node),
			       d->compatible, err);
	}
}

void drivers_init(void)
{
	iomem_init();
	for (const struct driver *d = drivers; d < drivers + ARRAY_SIZE(drivers); d++)
		probe_all(machine_fdt, d);
}

void *driver_map(const void *fdt, int node, int index, u64 min_size)
{
	u64 pa, size;

	if (fdt_reg(fdt, node, index, &pa, &size) || size < min_size)
		return NULL;
	return ioremap(pa, size);
}

int driver_irq(const void *fdt, int node, unsigned int *irq)
{
	u32 cell;
	int err = fdt_prop_cell(fdt, node, "interrupts", 0, &cell);

	if (err == -ENOENT)     /* controller and number in one property */
		err = fdt_prop_cell(fdt, node, "interrupts-extended", 1, &cell);
	if (!err)
		*irq = cell;
	return err;
}
