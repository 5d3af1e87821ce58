// SPDX-License-Identifier: MIT
/*
 * The page that kernel and vDSO share: the kernel writes, programs read.  seq is
 * odd while the clock in it is being written.
 */
#ifndef ARCH_RISCV_VDSO_DATA_H
#define ARCH_RISCV_VDSO_DATA_H

#include <arch/hwprobe.h>
#include <lib/types.h>

struct vdso_data {
	u32 seq;
	u32 shift;
	u64 mult;
	u64 boot_ticks;
	s64 realtime_offset_ns;         /* add to ns since boot */
	s64 monotonic_offset_ns;
	u64 hwprobe[HWPROBE_KEYS];      /* constant once programs run */
};

#endif
