// SPDX-License-Identifier: MIT
/*
 * ext2, as the rest of the kernel sees it: one more type of file system.
 */
#ifndef KERNEL_FS_EXT2_EXT2_H
#define KERNEL_FS_EXT2_EXT2_H

/* Register the type; once, at boot. */
void ext2_init(void);

#endif
