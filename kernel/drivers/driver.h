// SPDX-License-Identifier: MIT
/*
 * Drivers and the device tree: who serves which node.
 */
#ifndef KERNEL_DRIVERS_DRIVER_H
#define KERNEL_DRIVERS_DRIVER_H

#include <lib/types.h>

/* What to do with each available node of one kind. */
struct driver {
	const char *compatible;
	/* 0; -ENODEV: nothing there, and nothing to say; another -errno is logged. */
	int (*probe)(const void *fdt, int node);
};

/*
 * Probe every device of the tree.  Once, in a task that may sleep, interrupts on, after
 * vfs_init().
 */
void drivers_init(void);

/* Map entry @index of the node's "reg"; at least @min_size bytes.  NULL: no such thing. */
void *driver_map(const void *fdt, int node, int index, u64 min_size);

/* The device's interrupt number; -ENOENT: it has none. */
int driver_irq(const void *fdt, int node, unsigned int *irq);

/* The drivers. */
int plic_probe(const void *fdt, int node);
int uart_probe(const void *fdt, int node);
int virtio_mmio_probe(const void *fdt, int node);

#endif
