// SPDX-License-Identifier: MIT
/*
 * A program's registers as a trap left them, read in our words.
 */
#ifndef ARCH_TRAPFRAME_H
#define ARCH_TRAPFRAME_H

#include <lib/types.h>

/* x[0] holds the pc: x0 needs no place. */
struct trapframe {
	unsigned long x[32];
	unsigned long status;
	unsigned long orig_a0;          /* a0 at the system call, for restarting it */
	/* of the last trap; syscall_nr() is valid while it is a call */
	unsigned long cause;
	unsigned long pad;
};

/* The top of a kernel stack, where a trap from a program finds all it needs. */
struct kstack_top {
	struct trapframe tf;
	struct thread *thread;          /* whose stack it is */
	unsigned long pad;
};

static inline unsigned long tf_pc(const struct trapframe *tf) { return tf->x[0]; }
static inline void tf_set_pc(struct trapframe *tf, unsigned long pc) { tf->x[0] = pc; }
static inline unsigned long tf_sp(const struct trapframe *tf) { return tf->x[2]; }
static inline void tf_set_sp(struct trapframe *tf, unsigned long sp) { tf->x[2] = sp; }
static inline unsigned long tf_tls(const struct trapframe *tf) { return tf->x[4]; }
static inline void tf_set_tls(struct trapframe *tf, unsigned long v) { tf->x[4] = v; }
static inline unsigned long tf_ret(const struct trapframe *tf) { return tf->x[10]; }
static inline void tf_set_ret(struct trapframe *tf, long v) { tf->x[10] = v; }
static inline unsigned long tf_nr(const struct trapframe *tf) { return tf->x[17]; }
static inline void tf_set_nr(struct trapframe *tf, unsigned long v) { tf->x[17] = v; }

/* Argument @i of the system call, 0..5; argument 0 as it was at the call. */
static inline unsigned long tf_arg(const struct trapframe *tf, int i)
{
	return i == 0 ? tf->orig_a0 : tf->x[10 + i];
}

/* The six, where a handler reads them. */
static inline const unsigned long *tf_args(const struct trapframe *tf) { return &tf->x[10]; }

/* True when this trap is a system call that has not been undone by tf_forget_syscall(). */
static inline bool tf_in_syscall(const struct trapframe *tf) { return tf->cause == 8; }
static inline void tf_forget_syscall(struct trapframe *tf) { tf->cause = ~0UL; }

/* Make the program execute the same system call again, with its first arguments. */
static inline void tf_restart_syscall(struct trapframe *tf)
{
	tf->x[10] = tf->orig_a0;
	tf->x[0] -= 4;
}

/*
 * Make a function call of the program: pc, sp, return address and three arguments (signal
 * delivery).
 */
static inline void tf_call(struct trapframe *tf, unsigned long pc, unsigned long sp,
			   unsigned long ra, unsigned long a0, unsigned long a1, unsigned long a2)
{
	tf->x[0] = pc;
	tf->x[2] = sp;
	tf->x[1] = ra;
	tf->x[10] = a0;
	tf->x[11] = a1;
	tf->x[12] = a2;
}

#endif
