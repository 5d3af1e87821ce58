// SPDX-License-Identifier: MIT
/*
 * Where arch/ calls up into the kernel: all of it.
 */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

#include <lib/types.h>

struct trapframe;

/* What the machine knows when it hands over.  All of RAM is in the direct map already. */
struct boot_info {
	const void *fdt;                /* device tree, mapped, checked */
	size_t fdt_len;
	unsigned int nr_ram;
	struct { paddr_t start, end; } ram[16];         /* page-aligned */
	unsigned int nr_reserved;
	/* kernel image, firmware, FDT, initrd, boot tables */
	struct { paddr_t start, end; } reserved[32];
	char bootargs[2048];
	paddr_t initrd_start, initrd_end;               /* 0, 0: none */
};

/* Boot hart, MMU on, one hart, interrupts off, on the idle task's stack.  Does not return. */
__noreturn void kernel_start(const struct boot_info *bi);

/* Every other hart, on its idle task's stack, interrupts off.  Does not return. */
__noreturn void kernel_start_hart(unsigned int hart);

/* arch starts hart @h (1..nr_harts-1) with its idle thread; called by kernel_start. */
struct thread;
int hart_start(unsigned int h, struct thread *idle);

/* A program's page fault.  Interrupts on.  Sends the signal itself when it cannot be resolved. */
enum fault_access { FAULT_READ, FAULT_WRITE, FAULT_EXEC };
void entry_user_fault(struct trapframe *tf, vaddr_t addr, enum fault_access access);

/* Any other exception of a program: @sig with @code at @addr (SIGILL, SIGBUS, SIGTRAP). */
void entry_user_exception(struct trapframe *tf, int sig, int code, vaddr_t addr);

/*
 * System calls.  arch/ calls the number's entry itself, interrupts on, with the six arguments
 * where the trap saved them, and hands the result to the program.  Not so where the entry is
 * NULL or the number not below the lower half of thread.trace, which is NR_SYSCALLS, or 0 in a
 * program that is traced (the upper half says by whom: kernel/ptrace.h).  Then the trapframe is
 * made whole first, and entry_syscall_whole() does the rest; all registers may be others after it.
 */
#define NR_SYSCALLS 512
extern long (*const syscall_table[NR_SYSCALLS])(const unsigned long *args);
long entry_syscall_whole(struct trapframe *tf);

/*
 * thread.work is not zero and the program is about to go on.  Interrupts on; called until it is
 * zero.
 */
void entry_user_work(struct trapframe *tf);

/* This hart's timer fired (timer_arm).  Interrupts off. */
void entry_timer(void);

/* A device interrupt is pending.  Interrupts off. */
void entry_external_irq(void);

#endif
