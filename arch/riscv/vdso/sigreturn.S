// SPDX-License-Identifier: MIT
/*
 * Where a signal handler returns to.  The frame information tells an
 * unwinder that it has come to a signal frame: registers are saved in the
 * ucontext at sp (siginfo 128 + mcontext at 176).
 */
	.text
	.balign 16
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa 2, 0
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
	.cfi_offset	\n, 304 + 8 * \n
	.endr
	.irp	n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.cfi_offset	\n, 304 + 8 * \n
	.endr
	.cfi_return_column 64
	.cfi_offset	64, 304
	nop			/* an unwinder looks before the return address */
	.globl	__vdso_rt_sigreturn
	.type	__vdso_rt_sigreturn, @function
__vdso_rt_sigreturn:
	li	a7, 139
	ecall
	.cfi_endproc
	.size	__vdso_rt_sigreturn, . - __vdso_rt_sigreturn
