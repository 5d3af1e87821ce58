// SPDX-License-Identifier: MIT
/*
 * The clock page that kernel and vDSO share: the kernel writes, programs read.
 * seq is odd while it is being written.
 */
#ifndef ARCH_RISCV_VDSO_DATA_H
#define ARCH_RISCV_VDSO_DATA_H

#include <lib/types.h>

struct vdso_data {
	u32 seq;
	u32 shift;
	u64 mult;
	u64 boot_ticks;
	s64 realtime_offset_ns;         /* add to ns since boot */
	s64 monotonic_offset_ns;
};

#endif
