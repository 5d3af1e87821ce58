// SPDX-License-Identifier: MIT
/*
 * The signal frame, as Linux/riscv lays it out:
 *
 *   sp → siginfo (128) | ucontext: flags, link, stack, sigmask, 120 unused,
 *        mcontext: pc, x1..x31 | FP: f0..f31, fcsr, padding, reserved | records
 *
 * A record is magic, size, contents; one of zeros ends them, and the first one's
 * head is FP's last two words.  Vector registers are one (vector.c), if the
 * program uses them.  A frame that a program made up is read with care: only
 * registers, pc and the mask come from it, never status.
 */
#include <arch/signal.h>

#include <arch/thread.h>
#include <arch/trapframe.h>
#include <arch/vdso.h>
#include <arch/vector.h>
#include <kernel/signal_types.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

struct user_fp {                /* union __riscv_fp_state, 528 bytes */
	u64 f[32];
	u32 fcsr;
	u32 pad[64];            /* up to the size of the quad-precision state */
	u32 reserved;
	u32 magic, size;        /* of the record behind it */
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
_Static_assert(offsetof(struct user_fp, fcsr) == offsetof(struct fpstate, fcsr),
	       "it begins as ours does");
_Static_assert(offsetof(struct ucontext, regs) == 176, "uc_mcontext at 176");
_Static_assert(sizeof(struct ucontext) == 960, "ucontext is 960 bytes");

static __always_inline void copy_eight(unsigned long *to, const unsigned long *from)
{
	unsigned long a = from[0], b = from[1], c = from[2], d = from[3];
	unsigned long e = from[4], f = from[5], g = from[6], h = from[7];

	to[0] = a; to[1] = b; to[2] = c; to[3] = d;
	to[4] = e; to[5] = f; to[6] = g; to[7] = h;
}

/* pc and x1..x31, in fewer instructions than a loop or the call of memcpy() takes. */
static __always_inline void copy_regs(unsigned long *to, const unsigned long *from)
{
	copy_eight(to, from);
	copy_eight(to + 8, from + 8);
	copy_eight(to + 16, from + 16);
	copy_eight(to + 24, from + 24);
}

/*
 * Every word that means something; the rest of the frame stays as the program
 * had it there.
 */
static void frame_fill(struct rt_sigframe *fr, struct trapframe *tf,
		       const struct signal_frame_info *sf)
{
	struct thread *t = current_thread();
	struct user_fp *fp = &fr->uc.fp;

	siginfo_copy_used(&fr->info, sf->info);
	siginfo_clear_rest(&fr->info);
	fr->uc.flags = 0;
	fr->uc.link = 0;
	fr->uc.stack.sp = sf->altstack->ss_sp;
	fr->uc.stack.flags = sf->altstack->ss_flags;
	fr->uc.stack.pad = 0;
	fr->uc.stack.size = sf->altstack->ss_size;
	fr->uc.sigmask = sf->mask;
	copy_regs(fr->uc.regs, tf->x);
	if (t->fp_used) {
		thread_fp_read(t, (struct fpstate *)fp);
	} else {
		memset(fp->f, 0, sizeof(fp->f));
		fp->fcsr = 0;
	}
	fp->reserved = 0;
	fp->magic = 0;
	fp->size = 0;
}

/* A frame that crosses into the next page goes by way of the kernel's stack. */
static __noinline int push_across(vaddr_t sp, struct trapframe *tf,
				  const struct signal_frame_info *sf)
{
	struct rt_sigframe fr;

	memset(&fr, 0, sizeof(fr));
	frame_fill(&fr, tf, sf);
	return copy_to_user(sp, &fr, sizeof(fr));
}

static bool in_one_page(vaddr_t start, size_t len)
{
	return (start & ~PAGE_MASK) + len <= PAGE_SIZE;
}

int signal_frame_push(struct trapframe *tf, const struct signal_frame_info *sf)
{
	vaddr_t sp = ALIGN_DOWN(sf->stack_top - signal_frame_size(), 16), ra;
	struct user_spot spot;

	if (unlikely(!user_range_ok(sp, sizeof(struct rt_sigframe))))
		return -EFAULT;
	if (likely(in_one_page(sp, sizeof(struct rt_sigframe)))) {
		if (unlikely(user_spot_lock(sp, FAULT_WRITE, &spot)))
			return -EFAULT;
		frame_fill(spot.kaddr, tf, sf);
		user_spot_unlock(&spot);
	} else if (push_across(sp, tf, sf)) {
		return -EFAULT;
	}
	if (unlikely(current_thread()->vector) &&
	    vector_frame_push(sp + offsetof(struct rt_sigframe, uc.fp.magic)))
		return -EFAULT;
	ra = current_thread()->mm->vdso + vdso_sigreturn_offset();
	tf_call(tf, sf->handler, sp, ra, sf->sig, sp + offsetof(struct rt_sigframe, info),
		sp + offsetof(struct rt_sigframe, uc));
	return 0;
}

/*
 * @uc may change while it is read: each word is taken once, and any value will do.  1: it has
 * records.
 */
static int frame_take(struct trapframe *tf, const struct ucontext *uc, u64 *mask,
		      struct sigaltstack *altstack)
{
	struct thread *t = current_thread();

	if (uc->fp.reserved)
		return -EFAULT;
	copy_regs(tf->x, uc->regs);
	thread_fp_write(t, (const struct fpstate *)&uc->fp);
	tf_forget_syscall(tf);
	*mask = uc->sigmask;
	altstack->ss_sp = uc->stack.sp;
	altstack->ss_flags = uc->stack.flags;
	altstack->ss_size = uc->stack.size;
	return (uc->fp.magic | uc->fp.size) != 0;
}

static __noinline int pop_across(vaddr_t at, struct trapframe *tf, u64 *mask,
				 struct sigaltstack *altstack)
{
	struct ucontext uc;

	return copy_from_user(&uc, at, sizeof(uc)) ? -EFAULT : frame_take(tf, &uc, mask, altstack);
}

int signal_frame_pop(struct trapframe *tf, u64 *mask, struct sigaltstack *altstack)
{
	vaddr_t at = tf_sp(tf) + offsetof(struct rt_sigframe, uc);
	struct user_spot spot;
	int err;

	if (unlikely((at & 7) || !in_one_page(at, sizeof(struct ucontext)))) {
		err = pop_across(at, tf, mask, altstack);
	} else {
		if (unlikely(user_spot_lock(at, FAULT_READ, &spot)))
			return -EFAULT;
		err = frame_take(tf, spot.kaddr, mask, altstack);
		user_spot_unlock(&spot);
	}
	return unlikely(err > 0) ? vector_frame_pop(at + offsetof(struct ucontext, fp.magic)) : err;
}
