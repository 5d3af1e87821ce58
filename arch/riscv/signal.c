// SPDX-License-Identifier: MIT
/*
 * The signal frame, as Linux/riscv lays it out:
 *
 *   sp → siginfo (128) | ucontext: flags, link, stack, sigmask, 120 unused,
 *        mcontext: pc, x1..x31 | FP: f0..f31, fcsr, padding, reserved, end header
 *
 * The reserved word and the extension header behind FP are zero: no
 * extensions follow.  A frame that a program made up is read with care: only
 * general registers, pc, FP and the mask come from it, never status.
 */
#include <arch/signal.h>

#include <arch/thread.h>
#include <arch/trapframe.h>
#include <arch/vdso.h>
#include <kernel/signal_types.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

struct user_fp {                /* union __riscv_fp_state, 528 bytes */
	u64 f[32];
	u32 fcsr;
	u32 pad[63];            /* up to the size of the quad-precision state */
	u32 reserved;
	u32 end_magic, end_size;
	u32 tail;
};

struct ucontext {
	unsigned long flags, link;
	struct { vaddr_t sp; int flags; int pad; size_t size; } stack;
	u64 sigmask;
	u8 unused[120];
	unsigned long pad;              /* mcontext is 16-byte aligned */
	unsigned long regs[32];         /* pc, x1..x31 */
	struct user_fp fp;
};

struct rt_sigframe {
	siginfo_t info;
	struct ucontext uc;
};

_Static_assert(sizeof(struct user_fp) == 528, "FP state is 528 bytes");
_Static_assert(offsetof(struct ucontext, regs) == 176, "uc_mcontext at 176");
_Static_assert(sizeof(struct ucontext) == 960, "ucontext is 960 bytes");

static void frame_fill(struct rt_sigframe *fr, struct trapframe *tf,
		       const struct signal_frame_info *sf)
{
	struct thread *t = current_thread();

	memset(fr, 0, sizeof(*fr));
	fr->info = *sf->info;
	fr->uc.stack.sp = sf->altstack->ss_sp;
	fr->uc.stack.flags = sf->altstack->ss_flags;
	fr->uc.stack.size = sf->altstack->ss_size;
	fr->uc.sigmask = sf->mask;
	memcpy(fr->uc.regs, tf->x, sizeof(fr->uc.regs));
	if (t->fp_used) {
		thread_fp_save(t);
		memcpy(fr->uc.fp.f, t->fp.f, sizeof(fr->uc.fp.f));
		fr->uc.fp.fcsr = t->fp.fcsr;
	}
}

int signal_frame_push(struct trapframe *tf, const struct signal_frame_info *sf)
{
	struct rt_sigframe fr;
	vaddr_t sp = ALIGN_DOWN(sf->stack_top - sizeof(fr), 16);
	vaddr_t ra = current_thread()->mm->vdso + vdso_sigreturn_offset();

	if (sf->stack_top < sizeof(fr) || !user_range_ok(sp, sizeof(fr)))
		return -EFAULT;
	frame_fill(&fr, tf, sf);
	if (copy_to_user(sp, &fr, sizeof(fr)) != 0)
		return -EFAULT;
	tf_call(tf, sf->handler, sp, ra, sf->sig, sp + offsetof(struct rt_sigframe, info),
		sp + offsetof(struct rt_sigframe, uc));
	return 0;
}

int signal_frame_pop(struct trapframe *tf, u64 *mask, struct sigaltstack *altstack)
{
	struct thread *t = current_thread();
	struct ucontext uc;

	if (copy_from_user(&uc, tf_sp(tf) + offsetof(struct rt_sigframe, uc), sizeof(uc)) != 0)
		return -EFAULT;
	if (uc.fp.reserved || uc.fp.end_magic || uc.fp.end_size)
		return -EFAULT;
	memcpy(tf->x, uc.regs, sizeof(uc.regs));
	memcpy(t->fp.f, uc.fp.f, sizeof(t->fp.f));
	t->fp.fcsr = uc.fp.fcsr;
	thread_fp_load(t);
	tf_forget_syscall(tf);
	*mask = uc.sigmask;
	altstack->ss_sp = uc.stack.sp;
	altstack->ss_flags = uc.stack.flags;
	altstack->ss_size = uc.stack.size;
	return 0;
}
