// SPDX-License-Identifier: MIT
/*
 * Traps, sorted: interrupts to their handlers, a program's exceptions to
 * kernel/, the kernel's own to the panic that describes them.
 *
 * Causes: RISC-V privileged 1.12, table 4.2.  Interrupts are off on entry
 * and on again for a program's exceptions.
 */
#include "boot.h"

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/trapframe.h>
#include <arch/vector.h>
#include <kernel/entry.h>
#include <kernel/log.h>
#include <kernel/signal_types.h>
#include <kernel/sync.h>

#define CAUSE_IRQ       (1UL << 63)

enum {
	IRQ_SOFT = 1, IRQ_TIMER = 5, IRQ_EXTERNAL = 9,
	EXC_FETCH_ALIGN = 0, EXC_FETCH_ACCESS = 1, EXC_ILLEGAL = 2, EXC_BREAK = 3,
	EXC_LOAD_ALIGN = 4, EXC_LOAD_ACCESS = 5, EXC_STORE_ALIGN = 6, EXC_STORE_ACCESS = 7,
	EXC_FETCH_PAGE = 12, EXC_LOAD_PAGE = 13, EXC_STORE_PAGE = 15,
};

bool thread_registers_trap(struct thread *t);
void ipi_handle(void);

static unsigned long read_stval(void)
{
	unsigned long v;

	__asm__ volatile("csrr %0, stval" : "=r"(v));
	return v;
}

/* This hart hears timer, other harts and devices from now on. */
void irq_external_enable(void)
{
	__asm__ volatile("csrs sie, %0"
			 :
			 : "r"(1UL << IRQ_SOFT | 1UL << IRQ_TIMER | 1UL << IRQ_EXTERNAL));
}

static void interrupt(unsigned long cause, bool user)
{
	irq_enter(user);
	switch (cause & ~CAUSE_IRQ) {
	case IRQ_TIMER:
		entry_timer();
		break;
	case IRQ_EXTERNAL:
		entry_external_irq();
		break;
	case IRQ_SOFT:
		ipi_handle();
		break;
	default:
		pr_warn("interrupt %lu that nobody asked for", cause & ~CAUSE_IRQ);
	}
	irq_exit();
}

static void user_exception(struct trapframe *tf, unsigned long cause, vaddr_t addr)
{
	switch (cause) {
	case EXC_BREAK:
		entry_user_exception(tf, SIGTRAP, TRAP_BRKPT, tf_pc(tf));
		break;
	case EXC_FETCH_ALIGN:
	case EXC_LOAD_ALIGN:
	case EXC_STORE_ALIGN:
		entry_user_exception(tf, SIGBUS, BUS_ADRALN, addr);
		break;
	case EXC_FETCH_ACCESS:
	case EXC_LOAD_ACCESS:
	case EXC_STORE_ACCESS:
		entry_user_exception(tf, SIGSEGV, SEGV_ACCERR, addr);
		break;
	default:
		if (cause == EXC_ILLEGAL && vector_first_use(tf, (u32)addr))
			break;
		entry_user_exception(tf, SIGILL, ILL_ILLOPC, tf_pc(tf));
	}
}

/* From trap.S: anything but a system call, out of a program. */
void trap_from_user(struct trapframe *tf)
{
	unsigned long cause = tf->cause;
	vaddr_t addr;

	if (cause & CAUSE_IRQ) {
		interrupt(cause, true);
		return;
	}
	addr = read_stval();
	if (cause == EXC_ILLEGAL && thread_registers_trap(current_thread()))
		return;
	irq_enable();
	if (cause == EXC_STORE_PAGE)
		entry_user_fault(tf, addr, FAULT_WRITE);
	else if (cause == EXC_LOAD_PAGE)
		entry_user_fault(tf, addr, FAULT_READ);
	else if (cause == EXC_FETCH_PAGE)
		entry_user_fault(tf, addr, FAULT_EXEC);
	else
		user_exception(tf, cause, addr);
}

static const char *cause_name(unsigned long cause)
{
	static const char *const names[] = {
		"misaligned fetch", "fetch access fault", "illegal instruction", "breakpoint",
		"misaligned load", "load access fault", "misaligned store", "store access fault",
		"user ecall", "supervisor ecall", "reserved", "machine ecall",
		"fetch page fault", "load page fault", "reserved", "store page fault",
	};

	return cause < ARRAY_SIZE(names) ? names[cause] : "unknown exception";
}

/* The trap that a panic is about, for the hart's register dump. */
struct trapframe *panic_frame[NR_HARTS_MAX];

void trap_from_kernel(struct trapframe *tf)
{
	if (tf->cause & CAUSE_IRQ) {
		interrupt(tf->cause, false);
		return;
	}
	panic_frame[hart_id()] = tf;
	panic("kernel %s at %#lx, pc %#lx", cause_name(tf->cause), read_stval(), tf_pc(tf));
}

void trap_stack_overflow(struct trapframe *tf)
{
	panic_frame[hart_id()] = tf;
	panic("kernel stack overflow: sp %#lx, pc %#lx", tf_sp(tf), tf_pc(tf));
}
