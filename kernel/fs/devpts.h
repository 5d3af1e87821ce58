// SPDX-License-Identifier: MIT
/*
 * devpts: the names of pseudo terminals.
 */
#ifndef KERNEL_FS_DEVPTS_H
#define KERNEL_FS_DEVPTS_H

#include <lib/types.h>

void devpts_init(void);
/* A node "N" for device @dev, the current task's.  0 or -errno; sleeps. */
int devpts_add(unsigned int index, u64 dev);
void devpts_remove(unsigned int index);

#endif
