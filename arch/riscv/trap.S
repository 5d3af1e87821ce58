// SPDX-License-Identifier: MIT
/*
 * Trap entry and exit.
 *
 * In the kernel tp is the current thread and sscratch is 0; in a program
 * sscratch is the trapframe at the top of the thread's kernel stack, with the
 * thread behind it.  A trap from a program saves its registers there; one from
 * the kernel pushes a trapframe where sp is.  gp is the program's: the kernel
 * does not use it, and thread_switch gives the next thread its own.
 *
 * s0..s11 are kept by whoever is called, so most traps leave them where they
 * are.  The trapframe is whole, with those as well, where somebody may look at
 * it or change it: in entry_user_work() and in entry_syscall_whole().
 */
#include "asm.h"

	.macro	SAVE n
	sd	x\n, TF_X(\n)(sp)
	.endm
	.macro	LOAD n
	ld	x\n, TF_X(\n)(sp)
	.endm
	.macro	SAVE_REST		/* s0..s11: the trapframe is whole now */
	.irp	n, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
	SAVE	\n
	.endr
	.endm

	/*
	 * The hart's user_half, see mmu.c: who flushes may leave a hart in the kernel a note, and
	 * need not call it.  All that the program did comes before, all that it does after.
	 */
	.macro	LEAVE_USER_HALF
	ld	t0, TH_LOCAL(tp)
	amoswap.d.rl zero, zero, (t0)
	.endm
	.macro	ENTER_USER_HALF
	ld	t2, TH_LOCAL(tp)
	amoswap.d.aq t2, tp, (t2)
	beqz	t2, 1f
	csrr	t2, satp		/* a note: forget the ASID, and instructions */
	slli	t2, t2, 4
	srli	t2, t2, 48
	sfence.vma zero, t2
	fence.i
1:
	.endm

	/*
	 * QEMU looks up what it translated by six bits made of the address' lowest twelve: bits
	 * 0..5 xor 6..11.  Of the places where it does so between trap_entry and sret no two
	 * agree in those, which the alignment keeps so and bench-check looks after; a pair that
	 * does costs 30 to 50 ns at each trap.
	 */
	.section .text.hot, "ax"
	.balign 1024
	.globl	trap_entry
trap_entry:
	csrrw	sp, sscratch, sp
	beqz	sp, from_kernel

	/* From a program: sp is its thread's kernel stack. */
	.irp	n, 1, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
	SAVE	\n
	.endr
	ld	tp, TF_THREAD(sp)
	LEAVE_USER_HALF
	csrr	t1, sepc
	csrr	t2, sstatus
	csrr	a1, scause
	csrrw	t3, sscratch, zero
	sd	t3, TF_X(2)(sp)
	sd	t2, TF_STATUS(sp)
	sd	a1, TF_CAUSE(sp)
	li	t0, CAUSE_ECALL_U
	bne	a1, t0, other_trap

	/* A system call: go on behind the ecall, interrupts on. */
	addi	t1, t1, 4
	sd	t1, TF_X(0)(sp)
	sd	a0, TF_ORIG_A0(sp)
	csrsi	sstatus, SR_SIE
	lhu	t0, TH_SYSCALLS(tp)	/* those below it go by the table: none while traced */
	slli	t1, a7, 3
	bgeu	a7, t0, whole_syscall
2:	auipc	t0, %pcrel_hi(syscall_table)
	add	t1, t1, t0
	ld	t1, %pcrel_lo(2b)(t1)
	beqz	t1, whole_syscall
	addi	a0, sp, TF_X(10)
	jalr	t1
	sd	a0, TF_X(10)(sp)

	/*
	 * Out again.  C has kept s0..s11, and thread_switch gp: they are still
	 * the program's, unless there is work to do.
	 */
back_to_user:
	csrci	sstatus, SR_SIE
	ld	t0, TH_WORK(tp)
	bnez	t0, first_work
	ENTER_USER_HALF
	ld	t0, TF_X(0)(sp)
	ld	t1, TF_STATUS(sp)
	csrw	sscratch, sp
	csrw	sepc, t0
	csrw	sstatus, t1
	.irp	n, 1, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
	LOAD	\n
	.endr
	ld	sp, TF_X(2)(sp)
	sret

	/* A fault, an interrupt: trap.c. */
other_trap:
	sd	t1, TF_X(0)(sp)
	mv	a0, sp
	call	trap_from_user
	j	back_to_user

	/* All registers: a new program or thread, or one that had work to do. */
	.globl	return_to_user
return_to_user:
	csrci	sstatus, SR_SIE
	ld	t0, TH_WORK(tp)
	bnez	t0, user_work
	ENTER_USER_HALF
	ld	t0, TF_X(0)(sp)
	ld	t1, TF_STATUS(sp)
	csrw	sscratch, sp
	csrw	sepc, t0
	csrw	sstatus, t1
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	LOAD	\n
	.endr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	LOAD	\n
	.endr
	ld	sp, TF_X(2)(sp)
	sret

	/* A system call that is traced or unknown, or one to which all registers matter. */
whole_syscall:
	SAVE_REST
	mv	a0, sp
	call	entry_syscall_whole
	sd	a0, TF_X(10)(sp)
	j	return_to_user

first_work:
	SAVE_REST
user_work:
	csrsi	sstatus, SR_SIE
	mv	a0, sp
	call	entry_user_work
	j	return_to_user

	/* From the kernel: an interrupt, or the last we hear of it. */
from_kernel:
	csrrw	sp, sscratch, zero
	sd	t0, TH_SCRATCH(tp)
	ld	t0, TH_KSTACK(tp)
	addi	sp, sp, -TF_SIZE
	bltu	sp, t0, stack_overflow
	ld	t0, TH_SCRATCH(tp)
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	SAVE	\n
	.endr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	SAVE	\n
	.endr
	addi	t0, sp, TF_SIZE
	sd	t0, TF_X(2)(sp)
	csrr	t1, sepc
	csrr	t2, sstatus
	csrr	a1, scause
	sd	t1, TF_X(0)(sp)
	sd	t2, TF_STATUS(sp)
	sd	a1, TF_CAUSE(sp)
	mv	a0, sp
	call	trap_from_kernel
	ld	t0, TF_X(0)(sp)
	ld	t1, TF_STATUS(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	.irp	n, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	LOAD	\n
	.endr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	LOAD	\n
	.endr
	addi	sp, sp, TF_SIZE
	sret

	/* sp is below the kernel stack: tell so on a stack of its own, once. */
stack_overflow:
	ld	t0, TH_SCRATCH(tp)
	addi	sp, sp, TF_SIZE
	sd	sp, TH_SCRATCH(tp)
	sd	zero, TH_KSTACK(tp)
	lla	sp, panic_stack_end
	addi	sp, sp, -TF_SIZE
	.irp	n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	SAVE	\n
	.endr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	SAVE	\n
	.endr
	ld	t0, TH_SCRATCH(tp)
	sd	t0, TF_X(2)(sp)
	csrr	t0, sepc
	sd	t0, TF_X(0)(sp)
	csrr	t0, sstatus
	sd	t0, TF_STATUS(sp)
	csrr	t0, scause
	sd	t0, TF_CAUSE(sp)
	mv	a0, sp
	call	trap_stack_overflow

/*
 * thread_switch(prev, next): keep what a call keeps; continue in next with
 * prev as the result.
 */
	.globl	thread_switch_context
	.balign 16
thread_switch_context:
	sd	ra, TH_CTX + 0(a0)
	sd	sp, TH_CTX + 8(a0)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	sd	s\n, TH_CTX + 16 + 8 * \n(a0)
	.endr
	ld	ra, TH_CTX + 0(a1)
	ld	sp, TH_CTX + 8(a1)
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	ld	s\n, TH_CTX + 16 + 8 * \n(a1)
	.endr
	ld	t0, TH_LOCAL(a0)
	sd	t0, TH_LOCAL(a1)
	ld	t0, TH_KERNEL_SP(a1)
	mv	tp, a1
	beqz	t0, 1f			/* idle tasks have no trapframe */
	ld	gp, TF_X(3)(t0)		/* next's program's, not that of who ran on this hart */
1:	ret

/* First instructions of a new thread: a0 = who ran before; s0 = fn, s1 = arg; fn 0: a program. */
	.globl	thread_begin
thread_begin:
	call	schedule_tail
	beqz	s0, return_to_user
	csrsi	sstatus, SR_SIE
	mv	a0, s1
	jalr	s0
	/* Back from the first exec: fn has made a program of this thread. */
	ld	sp, TH_KERNEL_SP(tp)
	j	return_to_user

/* FP registers to and from struct fpstate at a0.  sstatus.FS is not Off. */
	.globl	fp_store, fp_load
fp_store:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fsd	f\n, 8 * \n(a0)
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fsd	f\n, 8 * \n(a0)
	.endr
	frcsr	t0
	sw	t0, 256(a0)
	ret
fp_load:
	lw	t0, 256(a0)
	fscsr	t0
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fld	f\n, 8 * \n(a0)
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fld	f\n, 8 * \n(a0)
	.endr
	ret

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
panic_stack:
	.zero	PANIC_STACK_BYTES
panic_stack_end:
