// SPDX-License-Identifier: MIT
/*
 * Proof that the numbers in asm.h are those of the structs.
 */
#include "asm.h"

#include <arch/cpu.h>
#include <arch/thread.h>
#include <arch/trapframe.h>

_Static_assert(sizeof(struct trapframe) == TF_SIZE, "TF_SIZE");
_Static_assert(offsetof(struct trapframe, x[31]) == TF_X(31), "TF_X");
_Static_assert(offsetof(struct trapframe, status) == TF_STATUS, "TF_STATUS");
_Static_assert(offsetof(struct trapframe, orig_a0) == TF_ORIG_A0, "TF_ORIG_A0");
_Static_assert(offsetof(struct trapframe, cause) == TF_CAUSE, "TF_CAUSE");
_Static_assert(offsetof(struct kstack_top, thread) == TF_THREAD, "TF_THREAD");
_Static_assert(sizeof(struct kstack_top) % 16 == 0, "the stack stays aligned");
_Static_assert(offsetof(struct thread, kernel_sp) == TH_KERNEL_SP, "TH_KERNEL_SP");
_Static_assert(offsetof(struct thread, scratch) == TH_SCRATCH, "TH_SCRATCH");
_Static_assert(offsetof(struct thread, work) == TH_WORK, "TH_WORK");
_Static_assert(offsetof(struct thread, hart_local) == TH_LOCAL, "TH_LOCAL");
_Static_assert(offsetof(struct thread, hart) == TH_HART, "TH_HART");
_Static_assert(offsetof(struct thread, fp_used) == TH_FP_USED, "TH_FP_USED");
_Static_assert(offsetof(struct thread, mm) == TH_MM, "TH_MM");
_Static_assert(offsetof(struct thread, trace) == TH_SYSCALLS, "TH_SYSCALLS");
_Static_assert(offsetof(struct thread, ctx) == TH_CTX, "TH_CTX");
_Static_assert(offsetof(struct thread, kstack) == TH_KSTACK, "TH_KSTACK");
_Static_assert(offsetof(struct thread, fp) == TH_FP, "TH_FP");
_Static_assert(offsetof(struct thread, fp.fcsr) == TH_FCSR, "TH_FCSR");
_Static_assert(offsetof(struct hart_local, user_half) == 0, "an atomic access has no offset");
_Static_assert(KSTACK_BYTES == KSTACK_SIZE, "KSTACK_BYTES");
