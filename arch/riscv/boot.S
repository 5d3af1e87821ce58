// SPDX-License-Identifier: MIT
/*
 * The first instructions of each hart.
 *
 * The firmware enters at _start with a0 = hart id, a1 = device tree, paging
 * off, anywhere in RAM (privileged 1.12, SBI 1.0 chapter 9).  Until paging is
 * on only pc-relative addresses are right, which -mcmodel=medany gives.
 *
 * Turning paging on must not depend on what the fetch after the satp write
 * sees: trampoline_pgd maps this code at its physical address and at its
 * linked one, so that the fetch is right either way, and only after the jump
 * does kernel_pgd, which knows the linked address alone, take over.
 */
#include "asm.h"

	.section .text.boot, "ax"
	.globl	_start
_start:
	/* A trap from here on is told about, and nothing interrupts us. */
	lla	t0, early_trap
	csrw	stvec, t0
	csrw	sie, zero
	csrw	sip, zero
	li	t0, SR_FS
	csrc	sstatus, t0

	lla	t0, boot_taken
	li	t1, 1
	amoswap.w.aqrl	t1, t1, (t0)
	bnez	t1, late_start

	lla	t0, _bss_start
	lla	t1, _bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, (t0)
	addi	t0, t0, 8
	j	1b
2:
	mv	s0, a0
	mv	s1, a1
	lla	sp, boot_stack_end
	lla	tp, boot_thread
	csrw	sscratch, zero

	/* Tables for the image and the device tree; a0: what to add to get linked addresses. */
	mv	a0, s1
	call	early_map
	mv	s2, a0

	lla	a0, trampoline_pgd
	lla	a1, kernel_pgd_table
	call	paging_on
	add	sp, sp, s2
	add	tp, tp, s2
	lla	t0, trap_entry
	csrw	stvec, t0
	mv	a0, s0
	mv	a1, s1
	call	arch_start
	j	.

/*
 * paging_on(trampoline, root): both physical.  Returns with paging on, in the
 * linked address space; ra, tp and sp are the caller's to move (ra is moved here).
 * s2: linked minus physical.
 */
paging_on:
	li	t1, 8
	slli	t1, t1, SATP_SV39_SHIFT
	srli	a0, a0, 12
	or	a0, a0, t1
	srli	a1, a1, 12
	or	a1, a1, t1
	add	ra, ra, s2
	lla	t0, 1f
	add	t0, t0, s2
	/* If the very next fetch faults, it arrives at 1f as well. */
	csrw	stvec, t0
	sfence.vma
	csrw	satp, a0
	csrr	t1, satp		/* a mode that the hart has not leaves it as it was */
	bne	t1, a0, no_sv39
	sfence.vma
	jr	t0
	.balign 4
1:	/* linked addresses from here */
	csrw	satp, a1
	sfence.vma
	ret

/*
 * Every other hart, through SBI hart_start: a0 = hart id, a1 = physical
 * address of its struct hart_boot: linked addresses but root.
 */
	.globl	hart_entry
hart_entry:
	lla	t0, early_trap
	csrw	stvec, t0
	csrw	sie, zero
	csrw	sip, zero
	csrw	sscratch, zero
	li	t0, SR_FS
	csrc	sstatus, t0
	ld	s2, HB_OFFSET(a1)
	ld	tp, HB_THREAD(a1)
	ld	s3, HB_STACK(a1)
	ld	t2, HB_ROOT(a1)
	lla	a0, trampoline_pgd
	mv	a1, t2
	call	paging_on
	mv	sp, s3
	lla	t0, trap_entry
	csrw	stvec, t0
	call	arch_start_hart
	j	.

/*
 * Under OpenSBI 1.1 a hart that was asked to enter at hart_entry comes to _start
 * instead once in a few boots: it is let go before the firmware has noted where
 * to.  It is the hart that was asked, and its record is ready: find it by the id
 * in a0.
 */
late_start:
	addi	t1, a0, 1
1:	lla	a1, hart_boots
	li	t0, NR_HARTS_BOOT
2:	ld	t2, HB_HWID(a1)
	beq	t2, t1, 3f
	addi	a1, a1, HB_SIZE
	addi	t0, t0, -1
	bnez	t0, 2b
	j	1b
3:	fence	r, r
	j	hart_entry

	.data
	.balign 4
boot_taken:
	.word	0
	.section .text.boot, "ax"

/* Before the trap vector proper: say what happened through the firmware, and stop. */
	.balign 4
early_trap:
	lla	sp, boot_stack_end
	csrr	a0, scause
	csrr	a1, sepc
	csrr	a2, stval
	call	early_trap_report
1:	wfi
	j	1b

no_sv39:
	lla	sp, boot_stack_end
	call	early_no_sv39
	j	1b

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl	kernel_pgd_table, trampoline_pgd
kernel_pgd_table:
	.zero	4096
trampoline_pgd:
	.zero	4096
	/* The boot hart's idle task runs on this stack for ever. */
	.globl	boot_stack, boot_stack_end
boot_stack:
	.zero	KSTACK_BYTES
boot_stack_end:
