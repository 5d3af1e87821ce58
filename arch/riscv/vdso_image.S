// SPDX-License-Identifier: MIT
/*
 * The vDSO's bytes, page-aligned in the kernel's read-only data, and its
 * clock page.
 */
	.section .rodata, "a"
	.balign 4096
	.globl	vdso_image, vdso_image_end
vdso_image:
	.incbin "arch/riscv/vdso/vdso.so"
vdso_image_end:
	.balign 4096

	.section .vdso_data, "aw"
	.balign 4096
	.globl	vdso_data_page
vdso_data_page:
	.zero	4096
