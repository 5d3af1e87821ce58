// SPDX-License-Identifier: MIT
/*
 * The time CSR and the timer compare: stimecmp where there is Sstc, else the
 * firmware's call.  ns = ticks * mult >> shift, exact where the timebase
 * divides 10^9.
 */
#include <arch/time.h>

#include "boot.h"
#include "sbi.h"

#include <arch/cpu.h>
#include <arch/machine.h>
#include <kernel/log.h>
#include <lib/fdt.h>

u64 time_mult;                  /* [c] */
unsigned int time_shift;        /* [c] */
u32 time_hz;                    /* [c] */

static u64 ticks_mult;          /* [c] ticks in a nanosecond << 32 */
static u64 ticks_at_boot;       /* [c] */

u64 time_boot_ticks(void)
{
	return ticks_at_boot;
}

u64 time_ns(void)
{
	u64 ticks = read_time() - ticks_at_boot;

	if (time_shift == 0)
		return ticks * time_mult;
	return (u64)((unsigned __int128)ticks * time_mult >> time_shift);
}

u64 ns_to_ticks(u64 ns)
{
	if (time_shift == 0)
		return ns / time_mult;
	return (u64)((unsigned __int128)ns * ticks_mult >> 32);
}

void timer_arm(u64 deadline_ns)
{
	u64 ticks =
		deadline_ns == TIMER_NEVER ? ~0ULL : ticks_at_boot + ns_to_ticks(deadline_ns) + 1;

	if (have_sstc)
		__asm__ volatile("csrw 0x14d, %0" : : "r"(ticks) : "memory");   /* stimecmp */
	else
		sbi_set_timer(ticks);
}

u64 cpu_instret(void)
{
	u64 n;

	__asm__ volatile("csrr %0, instret" : "=r"(n));
	return n;
}

bool cpu_instret_counts(void)
{
	unsigned long flags;
	u64 n;

	for (int i = 0; i < 3; i++) {
		unsigned long left = 100;

		flags = irq_save();
		n = cpu_instret();
		__asm__ volatile("1: addi %0, %0, -1\n\tbnez %0, 1b" : "+r"(left));
		n = cpu_instret() - n;
		irq_restore(flags);
		if (n < 200 || n > 210)
			return false;
	}
	return true;
}

void time_init(const void *fdt)
{
	int cpus = fdt_path_node(fdt, "/cpus");
	u32 hz = 0;

	if (cpus < 0 || fdt_prop_u32(fdt, cpus, "timebase-frequency", &hz) != 0 || hz == 0)
		panic("time: the device tree names no timebase-frequency");
	time_hz = hz;
	ticks_mult = ((u64)hz << 32) / 1000000000;
	if (1000000000 % hz == 0) {
		time_mult = 1000000000 / hz;
		time_shift = 0;
	} else {
		time_shift = 32;
		time_mult = ((u64)1000000000 << 32) / hz;
	}
	ticks_at_boot = read_time();
}

/* Nothing armed; programs may read the clock (rdtime), cycle and instret. */
void time_init_hart(void)
{
	timer_arm(TIMER_NEVER);
	__asm__ volatile("csrw scounteren, %0" : : "r"(7UL));
}

/* The goldfish RTC: low word first, which latches the high one. */
bool rtc_read_ns(u64 *ns)
{
	int node = fdt_find_compatible(machine_fdt, -1, "google,goldfish-rtc");
	volatile u32 *regs;
	u64 pa, size;

	if (node < 0 || fdt_reg(machine_fdt, node, 0, &pa, &size) != 0 || size < 8)
		return false;
	regs = ioremap(pa, size);
	if (!regs)
		return false;
	*ns = regs[0];
	*ns |= (u64)regs[1] << 32;
	return true;
}
