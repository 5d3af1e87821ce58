// SPDX-License-Identifier: MIT
/*
 * Vector registers to and from struct vector_state.  sstatus.VS is not Off.
 *
 * Numbers, since not every assembler that builds this knows the names.  Whole registers are
 * moved, eight at a time, which takes no account of vl and vtype.
 */
#define CSR_VSTART      0x008
#define CSR_VCSR        0x00f
#define CSR_VL          0xc20
#define CSR_VTYPE       0xc21
#define CSR_VLENB       0xc22

	.macro	REGISTERS insn		/* vs8r.v or vl8r.v v0, (a0): to or from state.regs */
	csrr	t0, CSR_VLENB
	slli	t0, t0, 3
	addi	a0, a0, 56
	csrw	CSR_VSTART, zero
	.irp	n, 0, 8, 16, 24
	.word	\insn | \n << 7
	add	a0, a0, t0
	.endr
	.endm

	.text
	.globl	vector_store, vector_load
vector_store:
	csrr	t1, CSR_VSTART
	csrr	t2, CSR_VL
	csrr	t3, CSR_VTYPE
	csrr	t4, CSR_VCSR
	sd	t1, 8(a0)
	sd	t2, 16(a0)
	sd	t3, 24(a0)
	sd	t4, 32(a0)
	REGISTERS 0xe2850027
	csrw	CSR_VSTART, t1
	ret

vector_load:
	ld	t1, 8(a0)
	ld	t2, 16(a0)
	ld	t3, 24(a0)
	ld	t4, 32(a0)
	REGISTERS 0xe2850007
	.word	0x81c3f057		/* vsetvl zero, t2, t3 */
	csrw	CSR_VCSR, t4
	csrw	CSR_VSTART, t1
	ret
