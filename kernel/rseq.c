// SPDX-License-Identifier: MIT
/*
 * rseq: a thread knows which hart it runs on, and may run short sequences of
 * instructions that take effect only if nobody else had the hart meanwhile.
 *
 * A thread registers an area of its memory.  On its way back to the program
 * after it had to share its hart, the kernel writes there where it is, and if
 * pc lies in the sequence that the area points to, moves pc to that sequence's
 * abort code: which must stand behind a word that the thread has registered,
 * so that a made-up area cannot send it anywhere.
 *
 * The hart's number is the concurrency id too: no two threads that run at the
 * same time have the same one.  Unlike Linux, a process with few threads does
 * not get low ones.
 *
 * Lock: none; all is the thread's own.
 */
#include <kernel/rseq.h>

#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

#define RSEQ_FLAG_UNREGISTER    1U
#define RSEQ_SIZE               32U     /* of the first version: with padding */
#define CPU_ID_UNINITIALIZED    ((u32)-1)

/* What the program registers; it may be longer. */
struct rseq_area {
	u32 cpu_id_start, cpu_id;
	u64 rseq_cs;                    /* struct rseq_cs, or 0: in no sequence */
	u32 flags, node_id, mm_cid, pad;
};

struct rseq_cs {
	u32 version, flags;
	u64 start, len, abort;
};

_Static_assert(offsetof(struct rseq_area, mm_cid) + 4 == RSEQ_FEATURE_SIZE, "the area's layout");
_Static_assert(sizeof(struct rseq_area) == RSEQ_SIZE, "the area's size");
_Static_assert(sizeof(struct rseq_cs) == 32, "a sequence's layout");

static int register_area(vaddr_t area, u32 len, u32 sig);
static int unregister_area(vaddr_t area, u32 len, u32 sig);
static int write_ids(u32 cpu_id_start, u32 cpu_id, u32 mm_cid, u64 *cs);
static int leave(struct trapframe *tf, vaddr_t cs_addr);

long sys_rseq(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[2];

	if (flags & RSEQ_FLAG_UNREGISTER)
		return flags & ~RSEQ_FLAG_UNREGISTER ? -EINVAL :
						       unregister_area(a[0], (u32)a[1], (u32)a[3]);
	return flags ? -EINVAL : register_area(a[0], (u32)a[1], (u32)a[3]);
}

static int register_area(vaddr_t area, u32 len, u32 sig)
{
	struct task_struct *t = current;

	if (t->rseq) {
		if (t->rseq != area || t->rseq_len != len)
			return -EINVAL;
		return t->rseq_sig == sig ? -EBUSY : -EPERM;
	}
	if (len < RSEQ_SIZE || !IS_ALIGNED(area, RSEQ_ALIGN))
		return -EINVAL;
	if (!user_range_ok(area, len))
		return -EFAULT;
	t->rseq = area;
	t->rseq_len = len;
	t->rseq_sig = sig;
	__atomic_fetch_or(&t->thread.work, WORK_NOTIFY, __ATOMIC_SEQ_CST);
	return 0;
}

static int unregister_area(vaddr_t area, u32 len, u32 sig)
{
	struct task_struct *t = current;
	u64 cs;

	if (!t->rseq || t->rseq != area || t->rseq_len != len)
		return -EINVAL;
	if (t->rseq_sig != sig)
		return -EPERM;
	if (write_ids(0, CPU_ID_UNINITIALIZED, 0, &cs))
		return -EFAULT;
	t->rseq = 0;
	t->rseq_len = t->rseq_sig = 0;
	return 0;
}

void rseq_resume(struct trapframe *tf)
{
	struct task_struct *t = current;
	unsigned int hart = READ_ONCE(t->thread.hart);
	u64 cs;
	int err;

	/* Moved between the reading and the writing, it comes here again. */
	t->rseq_hart = hart;
	err = write_ids(hart, hart, hart, &cs);
	if (!err && cs)
		err = leave(tf, cs);
	if (err)
		force_signal(SIGSEGV, SI_KERNEL, 0);
}

void rseq_abort(struct trapframe *tf)
{
	u64 cs;
	int err = get_user(&cs, current->rseq + offsetof(struct rseq_area, rseq_cs));

	if (!err && cs)
		err = leave(tf, cs);
	if (err)
		force_signal(SIGSEGV, SI_KERNEL, 0);
}

/* The area does not cross a page.  *cs: its sequence, as it was. */
static int write_ids(u32 cpu_id_start, u32 cpu_id, u32 mm_cid, u64 *cs)
{
	struct rseq_area *area;
	struct user_page up;

	if (user_page_get(current->thread.mm, current->rseq, FAULT_WRITE, &up))
		return -EFAULT;
	area = up.kaddr;
	*cs = READ_ONCE(area->rseq_cs);
	WRITE_ONCE(area->cpu_id_start, cpu_id_start);
	WRITE_ONCE(area->cpu_id, cpu_id);
	WRITE_ONCE(area->node_id, 0);
	WRITE_ONCE(area->mm_cid, mm_cid);
	user_page_put(&up);
	return 0;
}

/* The sequence at @addr is over: if pc is in it, it goes to the abort code. */
static int leave(struct trapframe *tf, vaddr_t addr)
{
	u32 sig, flags;
	struct rseq_cs cs;

	if (!user_range_ok(addr, sizeof(cs)) || get_user(&cs, addr))
		return -EFAULT;
	if (cs.version || cs.start >= USER_END || cs.len > USER_END - cs.start ||
	    cs.abort >= USER_END || cs.abort - cs.start < cs.len)
		return -EINVAL;
	if (cs.abort < sizeof(sig) || get_user(&sig, cs.abort - sizeof(sig)))
		return -EFAULT;
	if (sig != current->rseq_sig)
		return -EINVAL;
	if (tf_pc(tf) - cs.start < cs.len) {
		if (get_user(&flags, current->rseq + offsetof(struct rseq_area, flags)))
			return -EFAULT;
		if (flags | cs.flags)   /* "do not restart": Linux has given that up */
			return -EINVAL;
		tf_set_pc(tf, cs.abort);
	}
	return put_user((u64)0, current->rseq + offsetof(struct rseq_area, rseq_cs));
}
