// SPDX-License-Identifier: MIT
/*
 * ptrace: reading and changing what a stopped task is made of: its memory,
 * registers, signals, and what the stop is about.
 *
 * Lock: the task is held by ptrace_request.c; siglock for its signals.
 */
#include <kernel/ptrace.h>

#include <arch/ptrace.h>
#include <arch/trapframe.h>
#include <kernel/ptrace_internal.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/iov.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define PEEKSIGINFO_SHARED      1U

/* struct ptrace_syscall_info of ptrace(2). */
struct syscall_info {
	u8 op, pad[3];
	u32 arch;
	u64 pc, sp;
	union {
		struct { u64 nr, args[6]; } entry;
		struct { s64 rval; u8 is_error; } exit;
	};
};

#define INFO_NONE_SIZE  offsetof(struct syscall_info, entry)
#define INFO_ENTRY_SIZE sizeof(struct syscall_info)
#define INFO_EXIT_SIZE  (offsetof(struct syscall_info, exit.is_error) + 1)

struct peek_args {
	u64 off;
	u32 flags;
	int nr;
};

struct rseq_configuration {
	u64 area;
	u32 size, signature, flags, pad;
};

static long peek(struct task_struct *t, vaddr_t at, vaddr_t to);
static long poke(struct task_struct *t, vaddr_t at, unsigned long word);
static long stop_info(struct task_struct *t, unsigned long what, vaddr_t user);
static long peek_siginfo(struct task_struct *t, vaddr_t args, vaddr_t to);
static long signal_mask(struct task_struct *t, bool set, size_t size, vaddr_t user);
static long regset(struct task_struct *t, bool set, unsigned long type, vaddr_t iov);
static long syscall_info(struct task_struct *t, size_t size, vaddr_t to);
static long rseq_configuration(struct task_struct *t, size_t size, vaddr_t to);

long ptrace_look(struct task_struct *t, unsigned long what, unsigned long addr, unsigned long data)
{
	switch (what) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek(t, addr, data);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke(t, addr, data);
	case PTRACE_GETEVENTMSG:
	case PTRACE_GETSIGINFO:
	case PTRACE_SETSIGINFO:
		return stop_info(t, what, data);
	case PTRACE_PEEKSIGINFO:
		return peek_siginfo(t, addr, data);
	case PTRACE_GETSIGMASK:
	case PTRACE_SETSIGMASK:
		return signal_mask(t, what == PTRACE_SETSIGMASK, addr, data);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return regset(t, what == PTRACE_SETREGSET, addr, data);
	case PTRACE_GET_SYSCALL_INFO:
		return syscall_info(t, addr, data);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return rseq_configuration(t, addr, data);
	default:
		return -EIO;    /* single steps too: the machine has none */
	}
}

/* ------------------------------------------------ memory */

static long peek(struct task_struct *t, vaddr_t at, vaddr_t to)
{
	struct mm_struct *mm = task_mm_get(t);
	unsigned long word;
	size_t n;

	if (!mm)
		return -EIO;
	n = mm_access(mm, at, &word, sizeof(word), false, true);
	mm_put(mm);
	return n == sizeof(word) ? put_user(word, to) : -EIO;
}

static long poke(struct task_struct *t, vaddr_t at, unsigned long word)
{
	struct mm_struct *mm = task_mm_get(t);
	size_t n;

	if (!mm)
		return -EIO;
	n = mm_access(mm, at, &word, sizeof(word), true, true);
	mm_put(mm);
	return n == sizeof(word) ? 0 : -EIO;
}

/* ------------------------------------------------ the stop, and signals */

static long stop_info(struct task_struct *t, unsigned long what, vaddr_t user)
{
	struct ptrace_stop *stop = t->tracee->stop;
	siginfo_t info;
	unsigned long flags;
	bool has = stop->info;

	if (what == PTRACE_GETEVENTMSG)
		return put_user(stop->message, user);
	if (what == PTRACE_SETSIGINFO && get_user(&info, user))
		return -EFAULT;
	flags = spin_lock_irqsave(&t->sighand->siglock);
	if (has && what == PTRACE_SETSIGINFO)
		*stop->info = info;
	else if (has)
		info = *stop->info;
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	if (!has)
		return -EINVAL;
	return what == PTRACE_GETSIGINFO ? put_user(info, user) : 0;
}

static long peek_siginfo(struct task_struct *t, vaddr_t from, vaddr_t to)
{
	struct peek_args args;
	unsigned long flags;
	long done = 0;

	if (get_user(&args, from))
		return -EFAULT;
	if ((args.flags & ~PEEKSIGINFO_SHARED) || args.nr < 0)
		return -EINVAL;
	while (done < args.nr && args.off <= 0xffffffffUL) {
		siginfo_t info;
		bool found;

		flags = spin_lock_irqsave(&t->sighand->siglock);
		found = sigqueue_peek(args.flags & PEEKSIGINFO_SHARED ? &t->signal->shared_pending
								      : &t->pending,
				      args.off, &info);
		spin_unlock_irqrestore(&t->sighand->siglock, flags);
		if (!found)
			break;
		if (put_user(info, to + (vaddr_t)done * sizeof(info)))
			return done ? done : -EFAULT;
		args.off++;
		done++;
		if (signal_pending())
			break;
	}
	return done;
}

static long signal_mask(struct task_struct *t, bool set, size_t size, vaddr_t user)
{
	unsigned long flags;
	u64 mask;

	if (size != sizeof(mask))
		return -EINVAL;
	if (!set)
		return put_user(t->restore_sigmask ? t->saved_sigmask : t->blocked, user);
	if (get_user(&mask, user))
		return -EFAULT;
	flags = spin_lock_irqsave(&t->sighand->siglock);
	t->blocked = mask & ~SIGNALS_ABSOLUTE;
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	t->restore_sigmask = false;
	return 0;
}

/* ------------------------------------------------ registers */

static long regset(struct task_struct *t, bool set, unsigned long type, vaddr_t user)
{
	size_t size = ptrace_regset_size(&t->thread, type);
	struct iovec iov;
	size_t len;
	void *regs;
	long err;

	if (get_user(&iov, user))
		return -EFAULT;
	if (!size || iov.len % ptrace_regset_unit(type))
		return -EINVAL;
	regs = kvmalloc(size, GFP_KERNEL);
	if (!regs)
		return -ENOMEM;
	len = min(iov.len, size);
	iov.len = min(iov.len, ptrace_regset_most(type, size));
	ptrace_get_regs(&t->thread, type, regs);
	if (!set)
		err = copy_to_user(iov.base, regs, len);
	else if (copy_from_user(regs, iov.base, len))
		err = -EFAULT;
	else
		err = ptrace_set_regs(&t->thread, type, regs);
	kvfree(regs);
	return err ? err : put_user(iov, user);
}

/* Which part of the stop's union is filled: PTRACE_SYSCALL_INFO_ of ptrace(2). */
static size_t fill_syscall(struct task_struct *t, struct syscall_info *info)
{
	const struct ptrace_stop *stop = t->tracee->stop;
	const struct trapframe *tf = task_trapframe(t);

	if (!stop->info || stop->info->si_code != (SIGTRAP | 0x80))
		return INFO_NONE_SIZE;
	info->op = (u8)stop->message;
	if (stop->message == PTRACE_EVENTMSG_SYSCALL_ENTRY) {
		info->entry.nr = tf_nr(tf);
		for (int i = 0; i < 6; i++)
			info->entry.args[i] = tf_arg(tf, i);
		return INFO_ENTRY_SIZE;
	}
	info->exit.rval = (s64)tf_ret(tf);
	info->exit.is_error = info->exit.rval < 0 && info->exit.rval >= -4095;
	return INFO_EXIT_SIZE;
}

/* The bytes that there are, of which @size fit. */
static long syscall_info(struct task_struct *t, size_t size, vaddr_t to)
{
	struct syscall_info info;
	size_t len;

	memset(&info, 0, sizeof(info));
	info.arch = PTRACE_AUDIT_ARCH;
	info.pc = tf_pc(task_trapframe(t));
	info.sp = tf_sp(task_trapframe(t));
	len = fill_syscall(t, &info);
	return copy_to_user(to, &info, min(size, len)) ? -EFAULT : (long)len;
}

static long rseq_configuration(struct task_struct *t, size_t size, vaddr_t to)
{
	struct rseq_configuration c = { t->rseq, t->rseq_len, t->rseq_sig, 0, 0 };

	if (size != sizeof(c))
		return -EINVAL;
	return put_user(c, to) ? -EFAULT : (long)sizeof(c);
}
