// SPDX-License-Identifier: MIT
/*
 * Where the kernel was: symbols, backtraces and registers for the log.
 *
 * The symbol table is made by arch/riscv/ksyms.py from the first link and
 * lies in .ksyms; small, and read from the front, for nobody waits for it:
 *
 *   u16 functions, parts
 *   u16 distance of each function from the one before
 *   parts of names, as strings
 *   a name for each function: a byte is the number of a part, 0 ends it
 *
 * A backtrace reads the stack for words behind a call instruction: without
 * frame pointers it may list a stale caller, but it never loses one, and it
 * needs nothing from code that has just proved wrong.
 */
#include "boot.h"

#include <arch/cpu.h>
#include <arch/machine.h>
#include <arch/trapframe.h>
#include <kernel/log.h>
#include <lib/printf.h>
#include <lib/string.h>

#define BACKTRACE_MAX   24

extern const u16 _ksyms_start[], _ksyms_end[];
extern struct trapframe *panic_frame[NR_HARTS_MAX];

static const char *nth_string(const char *first, unsigned int n)
{
	while (n--)
		first += strlen(first) + 1;
	return first;
}

/* Put the parts that @name lists into @buf, as far as they fit.  The length. */
static size_t spell_name(char *buf, size_t size, const char *parts, const char *name)
{
	size_t len = 0;

	for (; *name && len + 1 < size; name++)
		len += strlcpy(buf + len, nth_string(parts, (u8)*name - 1), size - len);
	return min(len, size - 1);
}

int symbol_format(char *buf, size_t size, unsigned long addr)
{
	u16 n = &_ksyms_start[0] < &_ksyms_end[0] ? _ksyms_start[0] : 0;
	const u16 *distance = _ksyms_start + 2;
	const char *parts = (const char *)(distance + n);
	unsigned long at;
	u16 i;
	size_t len;

	if (addr < (unsigned long)_text_start || addr >= (unsigned long)_text_end || !n)
		return snprintf(buf, size, "%#lx", addr);
	at = (unsigned long)_text_start + distance[0];
	for (i = 1; i < n && at + distance[i] <= addr; i++)
		at += distance[i];
	len = spell_name(buf, size, parts, nth_string(parts, _ksyms_start[1] + i - 1));
	return len + snprintf(buf + len, size - len, "+%#lx", addr - at);
}

static bool in_text(unsigned long a)
{
	return a > (unsigned long)_text_start + 4 && a < (unsigned long)_text_end && !(a & 1);
}

/* Does a call end just before @ra?  jal ra / jalr ra, or their 16-bit forms. */
static bool behind_call(unsigned long ra)
{
	u16 lo, hi;
	u32 insn;

	if (!in_text(ra))
		return false;
	lo = *(const u16 *)(ra - 4);
	hi = *(const u16 *)(ra - 2);
	insn = (u32)hi << 16 | lo;
	if ((insn & 0xfff) == 0x0ef || (insn & 0x7fff) == 0x00e7 || (insn & 0xfff) == 0x0e7)
		return true;
	return (hi & 0xf07f) == 0x9002 && (hi & 0x0f80);        /* c.jalr */
}

static void print_symbol(const char *what, unsigned long addr)
{
	char buf[96];

	symbol_format(buf, sizeof(buf), addr);
	pr_err("%s %016lx %s", what, addr, buf);
}

/* Words from @sp to @top that look like return addresses. */
static void scan_stack(unsigned long sp, unsigned long top)
{
	unsigned int shown = 0;

	for (sp = ALIGN_UP(sp, 8); sp + 8 <= top && shown < BACKTRACE_MAX; sp += 8) {
		unsigned long word = *(const unsigned long *)sp;

		if (behind_call(word)) {
			print_symbol("  from", word);
			shown++;
		}
	}
}

static unsigned long stack_top(unsigned long sp)
{
	struct thread *t = current_thread();

	if (sp >= t->kstack && sp < t->kernel_sp && t->kstack)
		return t->kernel_sp;
	return ALIGN_UP(sp + 1, PAGE_SIZE);     /* some other stack: its page is mapped */
}

static void print_registers(const struct trapframe *tf)
{
	static const char *const names[] = {
		"pc", "ra", "sp", "gp", "tp", "t0", "t1", "t2",
		"s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
		"a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7",
		"s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
	};

	for (unsigned int i = 0; i < 32; i += 4)
		pr_err("  %3s %016lx %3s %016lx %3s %016lx %3s %016lx", names[i], tf->x[i],
		       names[i + 1], tf->x[i + 1], names[i + 2], tf->x[i + 2], names[i + 3],
		       tf->x[i + 3]);
	pr_err("  status %lx cause %lx", tf->status, tf->cause);
}

void backtrace_print(void)
{
	struct trapframe *tf = panic_frame[hart_id()];
	unsigned long sp = (unsigned long)__builtin_frame_address(0);

	if (tf) {
		print_registers(tf);
		print_symbol("  at  ", tf_pc(tf));
		print_symbol("  ra  ", tf->x[1]);
		sp = tf_sp(tf);
		if (!current_thread()->kstack)
			return;                 /* overflown: its stack is not to be read */
	}
	scan_stack(sp, stack_top(sp));
}

/* A thread that is not running: where it will go on, and who called it. */
void thread_print(struct thread *t)
{
	if (t == current_thread()) {
		backtrace_print();
		return;
	}
	print_symbol("  at  ", t->ctx.ra);
	if (t->ctx.sp >= t->kstack && t->ctx.sp < t->kernel_sp)
		scan_stack(t->ctx.sp, t->kernel_sp);
}
