// SPDX-License-Identifier: MIT
/*
 * Device registers: each access is one load or store of exactly that width,
 * ordered against the memory that the device shares with us.
 *
 * A write comes after all earlier writes to memory (a descriptor before the
 * doorbell); a read comes before all later reads of memory (a status before
 * the data it speaks of).  RISC-V unprivileged 20191213, 2.7.
 */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <lib/types.h>

#define IO_READ(bits) \
static inline u##bits io_read##bits(const volatile void *reg) \
{ \
	u##bits v = *(const volatile u##bits *)reg; \
	__asm__ volatile("fence i,ir" : : : "memory"); \
	return v; \
}

#define IO_WRITE(bits) \
static inline void io_write##bits(volatile void *reg, u##bits v) \
{ \
	__asm__ volatile("fence iow,o" : : : "memory"); \
	*(volatile u##bits *)reg = v; \
}

IO_READ(8)
IO_READ(16)
IO_READ(32)
IO_WRITE(8)
IO_WRITE(16)
IO_WRITE(32)

#undef IO_READ
#undef IO_WRITE

#endif
