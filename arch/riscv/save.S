// SPDX-License-Identifier: MIT
/*
 * What functions compiled for size call instead of saving their registers
 * themselves (-msave-restore): __riscv_save_n, with its return address in t0,
 * makes room for ra and s0 ... s(n-1) and stores them; __riscv_restore_n undoes
 * that and returns for its caller.  The room is a multiple of 16 bytes, so
 * two numbers share one.  Names and registers: the RISC-V toolchain conventions.
 */
	.macro	NAME what, n
	.globl	__riscv_\what\()_\n
__riscv_\what\()_\n:
	.endm

	/* @op is sd or ld: ra and s0 ... s(top), from the top of @size bytes down. */
	.macro	EACH op, top, size
	\op	ra, \size - 8(sp)
	.set	.Lat, \size - 16
	.irp	i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
	.if	\i <= \top
	\op	s\i, .Lat(sp)
	.set	.Lat, .Lat - 8
	.endif
	.endr
	.endm

	/* __riscv_save_n, __riscv_restore_n, and the same of @m if there is one. */
	.macro	ROOM top, size, n, m
	NAME	save, \n
	.ifnb	\m
	NAME	save, \m
	.endif
	addi	sp, sp, -\size
	EACH	sd, \top, \size
	jr	t0

	NAME	restore, \n
	.ifnb	\m
	NAME	restore, \m
	.endif
	EACH	ld, \top, \size
	addi	sp, sp, \size
	ret
	.endm

	.section .text, "ax"
	ROOM	0, 16, 0, 1
	ROOM	2, 32, 2, 3
	ROOM	4, 48, 4, 5
	ROOM	6, 64, 6, 7
	ROOM	8, 80, 8, 9
	ROOM	10, 96, 10, 11
	ROOM	11, 112, 12
