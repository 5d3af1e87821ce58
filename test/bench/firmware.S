// SPDX-License-Identifier: MIT
/*
 * A kernel of one measurement: when the firmware lets a kernel begin.
 *
 * Booted in a kernel's place, with the same machine around it, it reads the
 * time CSR with its first instruction, prints "firmware 0x<ticks>" through SBI
 * and powers off.  What it prints is the firmware's part of a boot, to be taken
 * off what first.c prints.
 */
	.text
	.globl	_start
_start:
	csrr	s0, time
	la	s1, name
1:	lbu	a0, (s1)
	beqz	a0, 2f
	call	put
	addi	s1, s1, 1
	j	1b

	/* Sixteen digits, the highest first. */
2:	li	s2, 16
3:	srli	a0, s0, 60
	li	t0, 10
	blt	a0, t0, 4f
	addi	a0, a0, 'a' - '0' - 10
4:	addi	a0, a0, '0'
	call	put
	slli	s0, s0, 4
	addi	s2, s2, -1
	bnez	s2, 3b
	li	a0, '\n'
	call	put

	/* SRST: power off, no reason; where there is none, SBI 0.1's shutdown. */
	li	a7, 0x53525354
	li	a6, 0
	li	a0, 0
	li	a1, 0
	ecall
	li	a7, 8
	ecall
5:	j	5b

/* SBI 0.1's console_putchar. */
put:
	li	a7, 1
	ecall
	ret

name:	.asciz	"firmware 0x"
