// SPDX-License-Identifier: MIT
/*
 * rseq(2): restartable sequences.
 */
#ifndef KERNEL_RSEQ_H
#define KERNEL_RSEQ_H

#include <arch/trapframe.h>
#include <kernel/task.h>

#define RSEQ_FEATURE_SIZE       28      /* AT_RSEQ_FEATURE_SIZE: up to mm_cid and with it */
#define RSEQ_ALIGN              32

/*
 * The current task has a hart again.  Within a system call no sequence is under way, so that it
 * matters only when the hart is another one.
 */
static inline void rseq_switched_in(void)
{
	struct task_struct *t = current;

	if (t->rseq && (t->rseq_hart != t->thread.hart || !tf_in_syscall(task_trapframe(t))))
		__atomic_fetch_or(&t->thread.work, WORK_NOTIFY, __ATOMIC_SEQ_CST);
}

/* On the way back to a program that is registered: tell it its hart, and abort its sequence. */
void rseq_resume(struct trapframe *tf);

/* A handler is about to run: abort the sequence that it interrupts. */
void rseq_abort(struct trapframe *tf);

#endif
