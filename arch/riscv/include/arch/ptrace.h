// SPDX-License-Identifier: MIT
/*
 * Registers of a stopped thread, as ptrace(2) and core files show them.
 */
#ifndef ARCH_PTRACE_H
#define ARCH_PTRACE_H

#include <lib/types.h>

struct thread;
struct trapframe;

#define NT_PRSTATUS             1
#define NT_PRFPREG              2

#define PTRACE_REG_SIZE         8U
#define PTRACE_AUDIT_ARCH       0xc00000f3U     /* EM_RISCV, 64 bits, little endian */

/* pc, x1..x31; f0..f31, fcsr. */
union ptrace_regs {
	unsigned long general[32];
	struct { u64 f[32]; u32 fcsr, pad; } fp;
};

/* Bytes of note type @type's registers, or 0: no such set. */
size_t ptrace_regset_size(unsigned long type);
/* @t is stopped and has left its hart, or is the current one. */
void ptrace_get_regs(struct thread *t, unsigned long type, union ptrace_regs *regs);
void ptrace_set_regs(struct thread *t, unsigned long type, const union ptrace_regs *regs);

#endif
