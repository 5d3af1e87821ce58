// SPDX-License-Identifier: MIT
/*
 * The board as a whole: this process.
 */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include <lib/types.h>

void early_puts(const char *s, size_t len);
__noreturn void machine_poweroff(int status);
__noreturn void machine_restart(void);
__noreturn void machine_halt(void);
extern const void *machine_fdt;
void *ioremap(paddr_t pa, size_t len);
void backtrace_print(void);
int symbol_format(char *buf, size_t size, unsigned long addr);
void irq_external_enable(void);

#endif
