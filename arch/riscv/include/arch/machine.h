// SPDX-License-Identifier: MIT
/*
 * The board as a whole: the first console, power, and what was found.
 */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <lib/types.h>

/* Write bytes before (or without) the console driver.  Never sleeps, takes no lock. */
void early_puts(const char *s, size_t len);

/* Power off; QEMU exits with @status where the board can say so.  Does not return. */
__noreturn void machine_poweroff(int status);
__noreturn void machine_restart(void);
__noreturn void machine_halt(void);

/* The device tree, mapped, and its checked length. */
extern const void *machine_fdt;

/* Map [pa, pa + len) of device registers, uncached; for good.  NULL: no room. */
void *ioremap(paddr_t pa, size_t len);

/* One backtrace to the log, from the caller or from a trapframe. */
void backtrace_print(void);

/* Registers of @t (not running) or of this hart's last trap, to the log. */
struct thread;
void thread_print(struct thread *t);

/* Write the symbol and offset of a kernel address into @buf: "handle_fault+0x40". */
int symbol_format(char *buf, size_t size, unsigned long addr);

/* Lines that say what this machine is, for the boot log. */
void machine_print(void);

/* Find the power switch, so that a panic can use it. */
void machine_power_init(void);

/* Interrupts. */
void irq_external_enable(void);         /* on this hart */

#endif
