// SPDX-License-Identifier: MIT
/*
 * One hart: its number, its interrupts, waiting, and kicking the others.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <lib/types.h>

#define NR_HARTS_MAX    64      /* one word of hart mask */
#define CACHE_LINE      64

/* Harts found in the device tree and running; logical numbers 0..nr_harts-1. */
extern unsigned int nr_harts;

/* Bit h: hart h takes part in scheduling. */
extern unsigned long harts_online;

/* The machine's own id of logical hart @h, as the device tree has it. */
unsigned long hart_hwid(unsigned int h);

/* What a hart tells the others of itself, in a cache line of its own. */
struct hart_local {
	unsigned long user_half;        /* [a] is the program's half in use?  mmu.c */
	bool looking;                   /* [a] in a glance (mm/glance.h); written by it alone */
} __aligned(CACHE_LINE);
extern struct hart_local hart_locals[NR_HARTS_MAX];
static inline struct hart_local *this_hart(void);

/* This hart's logical number.  Stable while interrupts or sleeping cannot move the task. */
static inline unsigned int hart_id(void);

/* Turn interrupts off and return whether they were on; and put that back. */
static inline unsigned long irq_save(void);
static inline void irq_restore(unsigned long flags);
static inline void irq_enable(void);
static inline void irq_disable(void);
static inline bool irqs_off(void);

/*
 * Put @value into *@word and say what was there; nothing after it comes before it.  As C's own
 * exchange, but for the widening of the old value, which gcc adds and the instruction has done.
 */
static inline long swap_acquire(u32 *word, u32 value);

/* In a busy loop: let the other harts go on. */
static inline void cpu_relax(void);

/*
 * Wait until an interrupt is pending; interrupts are off before and after.
 * May return early.
 */
void cpu_idle(void);

/* Ask hart @h to look at its thread's work flags (reschedule). */
void ipi_reschedule(unsigned int h);

/*
 * Run @fn(@arg) on every online hart of the set @harts but this one, with interrupts off
 * there; wait for all.
 */
void ipi_call(unsigned long harts, void (*fn)(void *arg), void *arg);
static inline void ipi_call_others(void (*fn)(void *arg), void *arg) { ipi_call(~0UL, fn, arg); }

/* Park every other hart for good (panic, power off). */
void ipi_stop_others(void);

/* 64 bits from the machine that are hard to guess, as far as it has any; false if it has none. */
bool cpu_random_seed(u64 *seed);

#include <arch/cpu_inline.h>

#endif
