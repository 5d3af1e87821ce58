// SPDX-License-Identifier: MIT
/*
 * Numbers that C and assembly share; arch/riscv/asm_check.c proves them.
 */
#ifndef ARCH_RISCV_ASM_H
#define ARCH_RISCV_ASM_H

/* struct trapframe: x[n] at 8 n, the pc in x[0]. */
#define TF_X(n)         (8 * (n))
#define TF_STATUS       256
#define TF_ORIG_A0      264
#define TF_CAUSE        272
#define TF_SIZE         288
#define TF_THREAD       TF_SIZE         /* behind a program's: struct kstack_top */

/* struct thread */
#define TH_KERNEL_SP    0
#define TH_SCRATCH      8
#define TH_WORK         16
#define TH_LOCAL        24
#define TH_HART         32
#define TH_FP_USED      36
#define TH_MM           40
#define TH_SYSCALLS     48      /* lower half of thread.trace */
#define TH_CTX          56      /* ra, sp, s0..s11 */
#define TH_KSTACK       168
#define TH_FP           176
#define TH_FCSR         432

/* sstatus */
#define SR_SIE          0x00000002
#define SR_SPIE         0x00000020
#define SR_SPP          0x00000100
#define SR_VS           0x00000600
#define SR_VS_CLEAN     0x00000400
#define SR_FS           0x00006000
#define SR_FS_CLEAN     0x00004000
#define SR_SD           0x8000000000000000

#define CAUSE_ECALL_U   8

#define SATP_SV39_SHIFT 60      /* mode 8 */

/* struct hart_boot */
#define HB_THREAD       0
#define HB_ROOT         8
#define HB_STACK        16
#define HB_OFFSET       24
#define HB_HWID         32
#define HB_SIZE         40
#define NR_HARTS_BOOT   64

#define KSTACK_BYTES    16384
#define PANIC_STACK_BYTES 4096

#endif
