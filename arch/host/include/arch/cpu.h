// SPDX-License-Identifier: MIT
/*
 * The simulated harts: one runs at a time, and a test says which.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <lib/types.h>

#define NR_HARTS_MAX    64
#define CACHE_LINE      64

extern unsigned int nr_harts;
extern unsigned long harts_online;

extern unsigned int host_hart;          /* the one that runs */
extern unsigned long host_irqs_off;

static inline unsigned int hart_id(void)
{
	return host_hart;
}

struct hart_local {
	bool looking;                   /* in a glance (mm/glance.h) */
};
extern struct hart_local hart_locals[NR_HARTS_MAX];

static inline struct hart_local *this_hart(void)
{
	return &hart_locals[host_hart];
}

static inline unsigned long irq_save(void)
{
	unsigned long on = !host_irqs_off;

	host_irqs_off = 1;
	return on;
}

static inline void irq_restore(unsigned long flags)
{
	host_irqs_off = !flags;
}

static inline void irq_enable(void) { host_irqs_off = 0; }
static inline void irq_disable(void) { host_irqs_off = 1; }
static inline bool irqs_off(void) { return host_irqs_off; }
static inline void cpu_relax(void) { }
static inline long swap_acquire(u32 *word, u32 value)
{
	return __atomic_exchange_n(word, value, __ATOMIC_ACQUIRE);
}

void cpu_idle(void);
void ipi_reschedule(unsigned int h);
void ipi_call(unsigned long harts, void (*fn)(void *arg), void *arg);
static inline void ipi_call_others(void (*fn)(void *arg), void *arg) { ipi_call(~0UL, fn, arg); }
void ipi_stop_others(void);
bool cpu_random_seed(u64 *seed);

#endif
