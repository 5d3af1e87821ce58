// SPDX-License-Identifier: MIT
/*
 * copy_words_row: the loop that a read of a cached file and a copy-on-write cannot
 * avoid.  128 words a turn; what is more than whole turns comes first, by a jump
 * into the row, in which a word takes 8 bytes of code as well.
 *
 * a0: to, a1: from, a2: bytes, a multiple of 8 and not 0.  It changes these, a3, a4
 * and ra, and nothing else: copy_words() in <arch/page.h> tells the compiler so.
 */
#define ROW	1024

	.section .text.hot, "ax"
	.balign 64
	.option	push
	.option	norvc
	.option	norelax
	.globl	copy_words_row
copy_words_row:
	neg	a4, a2
	andi	a4, a4, ROW - 1		/* bytes that are not of the first row */
	add	a2, a1, a2
	sub	a1, a1, a4
	sub	a0, a0, a4
	auipc	a3, 0
	add	a3, a3, a4
	jr	12(a3)			/* the row begins 12 bytes behind the auipc */
.Lrow:
	.set	.Lat, 0
	.rept	ROW / 8
	ld	a4, .Lat(a1)
	sd	a4, .Lat(a0)
	.set	.Lat, .Lat + 8
	.endr
	addi	a1, a1, ROW
	addi	a0, a0, ROW
	bne	a1, a2, .Lrow
	ret
	.option	pop
