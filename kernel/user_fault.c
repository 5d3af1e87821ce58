// SPDX-License-Identifier: MIT
/*
 * A program's exceptions, and what it meets on its way back: where arch/
 * hands over and mm/ and the signals take over.
 *
 * A fault that nobody handles leaves one line in the log before the signal
 * ends the program; one that a handler waits for leaves none.
 */
#include <kernel/entry.h>

#include <arch/trapframe.h>
#include <kernel/fs/file.h>
#include <kernel/log.h>
#include <kernel/rseq.h>
#include <kernel/signal_internal.h>
#include <lib/string.h>
#include <mm/fault.h>
#include <mm/mm.h>

static __noinline void fault_failed(struct trapframe *tf, vaddr_t addr, enum fault_access access,
				    enum fault_result result);
static void out_of_memory(struct trapframe *tf, vaddr_t addr);
static bool nobody_handles(int sig);

void entry_user_fault(struct trapframe *tf, vaddr_t addr, enum fault_access access)
{
	bool major = false;
	enum fault_result result = READ_ONCE(handle_user_fault)(current->thread.mm, addr, access,
								&major);

	if (unlikely(major))
		current->maj_flt++;
	else
		current->min_flt++;
	if (unlikely(result != FAULT_DONE))
		fault_failed(tf, addr, access, result);
}

static void fault_failed(struct trapframe *tf, vaddr_t addr, enum fault_access access,
			 enum fault_result result)
{
	static const char *const verbs[] = {
		[FAULT_READ] = "read", [FAULT_WRITE] = "write", [FAULT_EXEC] = "exec",
	};
	int sig = result == FAULT_BUS ? SIGBUS : SIGSEGV;
	int code = result == FAULT_BUS ? BUS_ADRERR :
		   result == FAULT_ACCERR ? SEGV_ACCERR : SEGV_MAPERR;
	char area[160];

	if (result == FAULT_KILLED)
		return;
	if (result == FAULT_OOM) {
		out_of_memory(tf, addr);
		return;
	}
	if (nobody_handles(sig)) {
		fault_describe(current->thread.mm, addr, area, sizeof(area));
		pr_info("%.16s[%d]: %s: %s at %#lx, %s, pc %#lx, sp %#lx", current->comm,
			current->pid, sig == SIGBUS ? "bus error" : "segfault", verbs[access],
			addr, area, tf_pc(tf), tf_sp(tf));
	}
	force_signal(sig, code, addr);
}

/* Nothing could be freed, and the choice of whom to kill found nobody else. */
static void out_of_memory(struct trapframe *tf, vaddr_t addr)
{
	pr_err("%.16s[%d]: killed: no memory for a page at %#lx, pc %#lx", current->comm,
	       current->pid, addr, tf_pc(tf));
	send_signal_process(SIGKILL, NULL, current);
}

void entry_user_exception(struct trapframe *tf, int sig, int code, vaddr_t addr)
{
	if (nobody_handles(sig))
		pr_info("%.16s[%d]: signal %d (code %d) at %#lx, pc %#lx, sp %#lx", current->comm,
			current->pid, sig, code, addr, tf_pc(tf), tf_sp(tf));
	force_signal(sig, code, addr);
}

void entry_user_work(struct trapframe *tf)
{
	unsigned long work = READ_ONCE(current->thread.work);

	if (work & WORK_RESCHED)
		schedule();
	if (work & WORK_SIGNAL)
		do_signal(tf);
	if (unlikely(work & ~(WORK_RESCHED | WORK_SIGNAL)))
		__atomic_fetch_and(&current->thread.work, WORK_RESCHED | WORK_SIGNAL,
				   __ATOMIC_SEQ_CST);
	if (unlikely(work & WORK_NOTIFY)) {
		if (current->rseq)
			rseq_resume(tf);
		file_release_dead();
	}
}

/* force_signal() will end the program.  Its own action and mask: no lock needed to look. */
static bool nobody_handles(int sig)
{
	unsigned long handler = READ_ONCE(action_of(current, sig)->sa_handler);

	if (current->tracee)
		return false;
	return handler == SIG_DFL || handler == SIG_IGN || (current->blocked & SIG_BIT(sig));
}
