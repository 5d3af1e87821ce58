// SPDX-License-Identifier: MIT
/*
 * The machine's part of a task: the first member of task_struct, so that the
 * thread pointer register is `current` in the kernel.
 *
 * Everything here belongs to the task's own hart, except work and trace (atomic).
 */
#ifndef ARCH_THREAD_H
#define ARCH_THREAD_H

#include <lib/types.h>

struct hart_local;
struct mm_struct;
struct trapframe;
struct sigcontext;
struct vector_state;

#define KSTACK_SIZE     (16UL << 10)

/* thread.work: what a task must see to before it returns to the program. */
#define WORK_RESCHED    (1UL << 0)      /* call schedule() */
#define WORK_SIGNAL     (1UL << 1)      /* a signal may be pending */
#define WORK_NOTIFY     (1UL << 3)      /* task->notify functions */

/* Registers that survive a call: what a context switch must keep. */
struct switch_context {
	unsigned long ra, sp, s[12];
};

struct fpstate {
	u64 f[32];
	u32 fcsr;
	u32 pad;
};

struct thread {
	unsigned long kernel_sp;        /* where the kernel stack begins: its kstack_top */
	unsigned long scratch;          /* trap entry from the kernel: a place for t0 */
	unsigned long work;             /* [a] WORK_ flags */
	struct hart_local *hart_local;  /* its hart's, while it runs: <arch/cpu.h> */
	unsigned int hart;              /* where it runs, or ran last */
	/*
	 * 0: never; else the program has FP state, last in the registers of hart fp_used - 1, and
	 * vector state too, if it has any
	 */
	unsigned int fp_used;
	struct mm_struct *mm;           /* NULL for kernel threads */
	u32 trace;                      /* [a] which calls go by the table: kernel/entry.h */
	u32 vector_control;             /* may it use vector registers?  vector.c */
	struct switch_context ctx;
	unsigned long kstack;           /* lowest address of the kernel stack */
	struct fpstate fp;
	struct vector_state *vector;    /* in memory; NULL: it uses none */
	unsigned int frame_extra;       /* bytes that those take in a signal frame */
};

/* Reserved by the ABI for the thread: no compiler allocates it. */
register struct thread *current_thread_tp __asm__("tp");

static inline struct thread *current_thread(void)
{
	return current_thread_tp;
}

/* Boot: whoever runs is @t from now on, on the same stack.  Interrupts off. */
static inline void thread_become(struct thread *t)
{
	*t = *current_thread();
	__asm__ volatile("mv tp, %0" : : "r"(t) : "memory");
}

/*
 * The registers of the program, saved at the top of its kernel stack.  s0..s11 are among them
 * only where it is whole: in entry_user_work() and entry_syscall_whole().
 */
static inline struct trapframe *thread_trapframe(struct thread *t)
{
	return (struct trapframe *)t->kernel_sp;
}

/* A kernel thread that starts in @fn(@arg) with interrupts on; @stack_top is 16-byte aligned. */
void thread_init_kernel(struct thread *t, void *stack, void (*fn)(void *), void *arg);

/*
 * A copy of the current program's registers, its trapframe being whole, that returns 0 from the
 * system call; @sp and @tls replace the stack pointer and thread pointer unless 0 /
 * @set_tls is false.  FP state is copied, vector state is not.
 */
void thread_init_fork(struct thread *t, void *stack, vaddr_t sp, bool set_tls, vaddr_t tls);

/* exec: a clean register set that starts at @pc with stack @sp; FP off and zero, no vectors. */
void thread_start_program(struct thread *t, vaddr_t pc, vaddr_t sp);

/*
 * Switch from @prev to @next; returns in @next with the task that ran before.
 * Called by schedule() with interrupts off and the run queue locked; saves
 * and restores FP and vector registers lazily.  The address space is switched by the caller.
 */
struct thread *thread_switch(struct thread *prev, struct thread *next);

/* Make t->fp true (store live registers); the current thread only. */
void thread_fp_save(struct thread *t);

/* After t->fp was changed: registers follow before the program runs again. */
void thread_fp_load(struct thread *t);

/* The current thread's FP state, to or from elsewhere than t->fp, which is passed by. */
void thread_fp_read(struct thread *t, struct fpstate *to);
void thread_fp_write(struct thread *t, const struct fpstate *from);

/* First code of a new thread runs this (to unlock the run queue): provided by kernel/sched.c. */
void schedule_tail(struct thread *prev);

#endif
