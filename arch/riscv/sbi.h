// SPDX-License-Identifier: MIT
/*
 * Calls to the firmware (RISC-V SBI 1.0/2.0): the fallback for what the hart
 * cannot do itself.  About 250 instructions each.
 */
#ifndef ARCH_RISCV_SBI_H
#define ARCH_RISCV_SBI_H

#include <lib/types.h>

struct sbi_result {
	long error, value;
};

struct sbi_result sbi_call(unsigned long ext, unsigned long fn, unsigned long a0, unsigned long a1,
			   unsigned long a2, unsigned long a3, unsigned long a4);

void sbi_init(void);            /* which extensions there are */
void sbi_putchar(char c);
void sbi_set_timer(u64 ticks);
/* Masks are of hart ids from @base on. */
void sbi_send_ipi(unsigned long mask, unsigned long base);
void sbi_remote_fence_i(unsigned long mask, unsigned long base);
/* @size ~0: everything; @asid ~0: global translations too. */
void sbi_remote_sfence(unsigned long mask, unsigned long base, vaddr_t start, size_t size,
		       unsigned long asid);
long sbi_hart_start(unsigned long hartid, paddr_t entry, unsigned long arg);
void sbi_reset(bool restart);
unsigned long sbi_machine_id(unsigned int which);       /* 0: mvendorid, 1: marchid, 2: mimpid */

#endif
