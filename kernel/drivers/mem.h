// SPDX-License-Identifier: MIT
/*
 * The devices that are no hardware.
 */
#ifndef KERNEL_DRIVERS_MEM_H
#define KERNEL_DRIVERS_MEM_H

/* Register /dev/null and its kin; called by vfs_init(). */
void mem_devices_init(void);

#endif
