// SPDX-License-Identifier: MIT
/* 32 MiB of text and 32 MiB of data; page n answers n, and none is empty. */
	.globl	big_text, big_data
	.option	norvc
	.option	norelax
	.text
	.balign	4096
big_text:
	.set	n, 0
	.rept	8192
	li	a0, n
	ret
	.balign	4096, 0x13
	.set	n, n + 1
	.endr

	.data
	.balign	4096
big_data:
	.set	n, 0
	.rept	8192
	.fill	512, 8, n + 1
	.set	n, n + 1
	.endr
	.section .note.GNU-stack, "", @progbits
