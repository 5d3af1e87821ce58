// SPDX-License-Identifier: MIT
/*
 * The signal frame on the program's stack: layout and registers are the
 * machine's (Linux/riscv: struct rt_sigframe { siginfo; ucontext }).
 */
#ifndef ARCH_SIGNAL_H
#define ARCH_SIGNAL_H

#include <arch/thread.h>
#include <lib/types.h>

struct trapframe;
struct siginfo;
struct sigaltstack;

/*
 * Bytes of a frame on the stack: at least, at most (AT_MINSIGSTKSZ), and for the current thread
 * with the registers it uses.
 */
#define SIGNAL_FRAME_SIZE 1088U
unsigned int signal_frame_max(void);
static inline unsigned int signal_frame_size(void)
{
	return SIGNAL_FRAME_SIZE + current_thread()->frame_extra;
}

/* What kernel/signal.c decides; the machine writes it down. */
struct signal_frame_info {
	int sig;
	vaddr_t handler;
	vaddr_t stack_top;              /* build the frame below this */
	u64 mask;                       /* saved: the mask to restore */
	const struct siginfo *info;     /* SIGINFO_USED bytes of it */
	const struct sigaltstack *altstack; /* saved into uc_stack */
};

/*
 * Push the frame and make @tf enter the handler with the vDSO's rt_sigreturn
 * as return address.  Sleeps (user memory).  -EFAULT: the stack is bad.
 */
int signal_frame_push(struct trapframe *tf, const struct signal_frame_info *sf);

/*
 * rt_sigreturn: restore registers (FP included) from the frame at sp, and
 * give back the saved mask and altstack.  -EFAULT: bad frame.
 */
int signal_frame_pop(struct trapframe *tf, u64 *mask, struct sigaltstack *altstack);

#endif
