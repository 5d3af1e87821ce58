// SPDX-License-Identifier: MIT
/*
 * Which physical addresses somebody has: /proc/iomem, and what /dev/mem refuses.
 */
#ifndef KERNEL_DRIVERS_IOMEM_H
#define KERNEL_DRIVERS_IOMEM_H

#include <lib/types.h>

/* All RAM of the device tree.  These two at boot only, in one task. */
void iomem_init(void);
/* What a driver serves: the first "reg" of @node. */
void iomem_claim(const void *fdt, int node);

/* Is any byte of [start, start + len) RAM or a driver's?  @len is not 0, the sum does not wrap. */
bool iomem_taken(paddr_t start, u64 len);
/* The first address behind all RAM. */
paddr_t iomem_ram_end(void);

/* Register /dev/mem. */
void dev_mem_init(void);

#endif
