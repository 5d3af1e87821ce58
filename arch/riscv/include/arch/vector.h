// SPDX-License-Identifier: MIT
/*
 * Vector registers of a program.  It has none until it uses them, and again none after fork
 * and exec; what prctl(2) says decides whether it may.
 */
#ifndef ARCH_VECTOR_H
#define ARCH_VECTOR_H

#include <arch/thread.h>
#include <lib/types.h>

struct trapframe;

/* The harts have vector registers, and all as many; and bytes of all those of one hart. */
extern bool have_vector;
extern size_t vector_bytes;
extern bool vector_default_allow;       /* [a] abi.riscv_v_default_allow */

/* In memory as the signal frame has them: a record behind the FP registers, and the end. */
struct vector_state {
	u32 magic, size;
	u64 vstart, vl, vtype, vcsr, vlenb;
	u64 at;                         /* where regs are in the frame */
	u8 regs[];                      /* vector_bytes, and a record of zeros */
};

/* Make *t->vector true: the current thread, or one that leaves its hart. */
void thread_vector_save(struct thread *t);

/* @t's, true now: stopped and off its hart, or the current one.  NULL: it uses none. */
struct vector_state *thread_vector(struct thread *t);

/* They were changed in memory: registers follow before the program uses them again. */
void thread_vector_changed(struct thread *t);

/* exec and exit: the current thread's, or of one that never ran. */
void thread_vector_free(struct thread *t);

/* exec: whether the new program may use them. */
void thread_vector_exec(struct thread *t);

/* Illegal instruction @insn (0: unknown).  True: seen to; it was the first that uses vectors. */
bool vector_first_use(struct trapframe *tf, u32 insn);

/* The current thread's in its signal frame, a record at @at.  -EFAULT. */
int vector_frame_push(vaddr_t at);
int vector_frame_pop(vaddr_t at);

/* prctl(2)'s requests that are the machine's; -EINVAL for all others. */
long machine_prctl(int request, unsigned long arg);

#endif
