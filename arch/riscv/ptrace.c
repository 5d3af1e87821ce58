// SPDX-License-Identifier: MIT
/*
 * A program's registers for its debugger: from the trapframe, and FP and
 * vector state as memory has them, and back.
 *
 * Never the machine's status word: what a debugger writes cannot raise a
 * program's privilege.
 */
#include <arch/ptrace.h>

#include <arch/thread.h>
#include <arch/trapframe.h>
#include <arch/vector.h>
#include <lib/errno.h>
#include <lib/string.h>

#define VECTOR_HEAD     40U     /* vstart, vl, vtype, vcsr, vlenb */

size_t ptrace_regset_size(struct thread *t, unsigned long type)
{
	const union ptrace_regs *r = NULL;

	switch (type) {
	case NT_PRSTATUS:
		return sizeof(r->general);
	case NT_PRFPREG:
		return sizeof(r->fp);
	case NT_RISCV_VECTOR:
		return t->vector ? VECTOR_HEAD + vector_bytes : 0;
	default:
		return 0;
	}
}

static void get_fp(struct thread *t, union ptrace_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	if (!t->fp_used)
		return;
	if (t == current_thread())
		thread_fp_save(t);
	memcpy(regs->fp.f, t->fp.f, sizeof(regs->fp.f));
	regs->fp.fcsr = t->fp.fcsr;
}

void ptrace_get_regs(struct thread *t, unsigned long type, void *to)
{
	union ptrace_regs *regs = to;
	const struct vector_state *v;

	if (type == NT_PRSTATUS) {
		memcpy(regs->general, thread_trapframe(t)->x, sizeof(regs->general));
	} else if (type == NT_PRFPREG) {
		get_fp(t, regs);
	} else {
		v = thread_vector(t);
		memcpy(to, &v->vstart, VECTOR_HEAD);
		memcpy((u8 *)to + VECTOR_HEAD, v->regs, vector_bytes);
	}
}

int ptrace_set_regs(struct thread *t, unsigned long type, const void *from)
{
	const union ptrace_regs *regs = from;
	const u64 *head = from;

	if (type == NT_PRSTATUS) {
		memcpy(thread_trapframe(t)->x, regs->general, sizeof(regs->general));
	} else if (type == NT_PRFPREG) {
		memcpy(t->fp.f, regs->fp.f, sizeof(t->fp.f));
		t->fp.fcsr = regs->fp.fcsr;
		thread_fp_load(t);
	} else {
		if (head[4] != t->vector->vlenb)
			return -EINVAL;
		memcpy(&t->vector->vstart, head, VECTOR_HEAD);
		memcpy(t->vector->regs, (const u8 *)from + VECTOR_HEAD, vector_bytes);
		thread_vector_changed(t);
	}
	return 0;
}
