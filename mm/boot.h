// SPDX-License-Identifier: MIT
/*
 * mm at boot: all of it in the order that it needs.
 */
#ifndef MM_BOOT_H
#define MM_BOOT_H

struct boot_info;

/* Frames, slabs, vmalloc, page cache, address spaces.  Once, one hart, before tasks. */
void mm_boot(const struct boot_info *bi);

#endif
