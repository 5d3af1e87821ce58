// SPDX-License-Identifier: MIT
/*
 * A program's registers for its debugger: from the trapframe and the FP state
 * as memory has them, and back.
 *
 * Never the machine's status word: what a debugger writes cannot raise a
 * program's privilege.
 */
#include <arch/ptrace.h>

#include <arch/thread.h>
#include <arch/trapframe.h>
#include <lib/string.h>

size_t ptrace_regset_size(unsigned long type)
{
	const union ptrace_regs *r = NULL;

	switch (type) {
	case NT_PRSTATUS:
		return sizeof(r->general);
	case NT_PRFPREG:
		return sizeof(r->fp);
	default:
		return 0;
	}
}

void ptrace_get_regs(struct thread *t, unsigned long type, union ptrace_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	if (type == NT_PRSTATUS) {
		memcpy(regs->general, thread_trapframe(t)->x, sizeof(regs->general));
	} else if (t->fp_used) {
		if (t == current_thread())
			thread_fp_save(t);
		memcpy(regs->fp.f, t->fp.f, sizeof(regs->fp.f));
		regs->fp.fcsr = t->fp.fcsr;
	}
}

void ptrace_set_regs(struct thread *t, unsigned long type, const union ptrace_regs *regs)
{
	if (type == NT_PRSTATUS) {
		memcpy(thread_trapframe(t)->x, regs->general, sizeof(regs->general));
	} else {
		memcpy(t->fp.f, regs->fp.f, sizeof(t->fp.f));
		t->fp.fcsr = regs->fp.fcsr;
		thread_fp_load(t);
	}
}
