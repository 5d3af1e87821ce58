// SPDX-License-Identifier: MIT
/*
 * All of a hart's vector state from and to struct v: vstart, vl, vtype, vcsr, registers.
 */
	.option	arch, +v
	.option	norvc

	.macro	V_LOAD			/* from a0 */
	addi	t0, a0, 32
	csrr	t1, vlenb
	slli	t1, t1, 3
	csrw	vstart, zero
	.irp	n, 0, 8, 16, 24
	vl8re8.v v\n, (t0)
	add	t0, t0, t1
	.endr
	ld	t2, 8(a0)
	ld	t3, 16(a0)
	vsetvl	zero, t2, t3
	ld	t2, 24(a0)
	csrw	vcsr, t2
	ld	t2, 0(a0)
	csrw	vstart, t2
	.endm

	.macro	V_STORE to		/* to \to */
	csrr	t2, vstart
	sd	t2, 0(\to)
	csrr	t2, vl
	sd	t2, 8(\to)
	csrr	t2, vtype
	sd	t2, 16(\to)
	csrr	t2, vcsr
	sd	t2, 24(\to)
	addi	t0, \to, 32
	csrr	t1, vlenb
	slli	t1, t1, 3
	csrw	vstart, zero
	.irp	n, 0, 8, 16, 24
	vs8r.v	v\n, (t0)
	add	t0, t0, t1
	.endr
	.endm

	.macro	FP_HOLD			/* some of FP in registers until *a2, or for a3 rounds */
	fld	ft0, 0(a4)
	fld	fa0, 8(a4)
	fld	ft11, 16(a4)
1:	lw	t0, 0(a2)
	bnez	t0, 2f
	addi	a3, a3, -1
	bnez	a3, 1b
2:	fsd	ft0, 0(a4)
	fsd	fa0, 8(a4)
	fsd	ft11, 16(a4)
	.endm

	.text
	.globl	v_vlenb, v_set, v_get, v_trap, v_hold, v_bad, f_hold
v_vlenb:
	csrr	a0, vlenb
	ret
v_set:				/* (from) */
	V_LOAD
	ret
v_get:				/* (to) */
	V_STORE	a0
	ret
v_bad:				/* not an instruction, and looks like no vector one */
	.word	0xffffffff
	ret

/* (from, to): a trap in between */
v_trap:
	V_LOAD
	ebreak
	V_STORE	a1
	ret

/* (from, to, int *go, max, doubles[3]): until *go, or for max rounds; some of FP as well */
v_hold:
	V_LOAD
	FP_HOLD
	V_STORE	a1
	ret

/* The same without vectors. */
f_hold:
	FP_HOLD
	ret
	.section .note.GNU-stack, "", @progbits
