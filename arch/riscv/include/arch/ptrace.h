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
#define NT_RISCV_VECTOR         0x901   /* vstart, vl, vtype, vcsr, vlenb; v0..v31 */
#define NT_EXTRA                NT_RISCV_VECTOR /* for core files: where a thread has it */

#define PTRACE_AUDIT_ARCH       0xc00000f3U     /* EM_RISCV, 64 bits, little endian */

/* pc, x1..x31; f0..f31, fcsr. */
union ptrace_regs {
	unsigned long general[32];
	struct { u64 f[32]; u32 fcsr, pad; } fp;
};

/* Bytes of @t's registers of note type @type, or 0: it has no such set. */
size_t ptrace_regset_size(struct thread *t, unsigned long type);
/* The unit in which a program asks for them. */
static inline unsigned int ptrace_regset_unit(unsigned long type)
{
	return type == NT_RISCV_VECTOR ? 4 : 8;
}
/* The most that a program is told it has read or written. */
static inline size_t ptrace_regset_most(unsigned long type, size_t size)
{
	return type == NT_RISCV_VECTOR ? 40 + 32 * 8192UL : size;
}

/* @t is stopped and has left its hart, or is the current one.  -EINVAL: not for this machine. */
void ptrace_get_regs(struct thread *t, unsigned long type, void *to);
int ptrace_set_regs(struct thread *t, unsigned long type, const void *from);

#endif
