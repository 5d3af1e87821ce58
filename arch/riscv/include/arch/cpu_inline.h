// SPDX-License-Identifier: MIT
/*
 * The one-instruction parts of <arch/cpu.h>.
 */
#ifndef ARCH_CPU_INLINE_H
#define ARCH_CPU_INLINE_H

#include <arch/thread.h>

#define SSTATUS_SIE     2UL

static inline unsigned int hart_id(void)
{
	return current_thread()->hart;
}

static inline struct hart_local *this_hart(void)
{
	return current_thread()->hart_local;
}

static inline unsigned long irq_save(void)
{
	unsigned long old;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(old) : : "memory");
	return old & SSTATUS_SIE;
}

static inline void irq_restore(unsigned long flags)
{
	__asm__ volatile("csrs sstatus, %0" : : "r"(flags & SSTATUS_SIE) : "memory");
}

static inline void irq_enable(void)
{
	__asm__ volatile("csrsi sstatus, 2" : : : "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("csrci sstatus, 2" : : : "memory");
}

static inline bool irqs_off(void)
{
	unsigned long s;

	__asm__ volatile("csrr %0, sstatus" : "=r"(s));
	return !(s & SSTATUS_SIE);
}

static inline long swap_acquire(u32 *word, u32 value)
{
	long old;

	__asm__ volatile("amoswap.w.aq %0, %2, %1"
			 : "=r"(old), "+A"(*word)
			 : "r"(value)
			 : "memory");
	return old;
}

static inline void cpu_relax(void)
{
	/* pause: Zihintpause, a fence elsewhere */
	__asm__ volatile(".4byte 0x0100000f" : : : "memory");
}

#endif
