// SPDX-License-Identifier: MIT
/*
 * The machine's part of a task.  On the host there are no registers to keep:
 * a thread is the hart it runs on and the address space it runs in.
 */
#ifndef ARCH_THREAD_H
#define ARCH_THREAD_H

#include <lib/types.h>

struct mm_struct;

#define KSTACK_SIZE     (16UL << 10)

#define WORK_RESCHED    (1UL << 0)
#define WORK_SIGNAL     (1UL << 1)
#define WORK_NOTIFY     (1UL << 3)

struct thread {
	unsigned long kernel_sp;
	unsigned long work;
	unsigned int hart;
	struct mm_struct *mm;
	unsigned long kstack;
};

/* The thread that runs; a test points it elsewhere to be somebody else. */
extern struct thread *host_current;

static inline struct thread *current_thread(void)
{
	return host_current;
}

#endif
