// SPDX-License-Identifier: MIT
/*
 * What programs ask for, said in the log: every call of a traced task, and
 * the first use of each call that does not exist.
 *
 * Arguments are printed in hex, never followed: a trace must not fault a page
 * in, or it would change what it shows.
 */
#include <kernel/trace.h>

#include <arch/trapframe.h>
#include <kernel/bootargs.h>
#include <kernel/log.h>
#include <kernel/task.h>
#include <lib/bitmap.h>
#include <lib/string.h>

#define NR_UNKNOWN 512

static unsigned long told[NR_UNKNOWN / 64];     /* [a] numbers in the log already */

void trace_syscall_enter(unsigned long nr, const unsigned long a[6])
{
	pr_info("%.16s[%d] %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) ...", current->comm, current->pid,
		syscall_name(nr), a[0], a[1], a[2], a[3], a[4], a[5]);
}

void trace_syscall(const struct trapframe *tf, unsigned long nr, const unsigned long a[6], long ret)
{
	const char *fmt = ret < 0 && ret > -1000
		? "%.16s[%d] %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) = %ld"
		: "%.16s[%d] %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) = %#lx";

	pr_info(fmt, current->comm, current->pid, syscall_name(nr), a[0], a[1], a[2], a[3], a[4],
		a[5], ret);
}

bool trace_wanted(const struct task_struct *t)
{
	static char what[32];
	static enum { NOT_ASKED, NOBODY, SOMEBODY } wanted;     /* [a] asked once */
	unsigned long pid;

	if (READ_ONCE(wanted) == NOT_ASKED)
		WRITE_ONCE(wanted, bootarg_value("trace", what, sizeof(what)) ? SOMEBODY : NOBODY);
	if (wanted == NOBODY)
		return false;
	if (!parse_ulong(what, NULL, 10, &pid))
		return pid == (unsigned long)t->pid;
	return !strncmp(what, t->comm, TASK_COMM_LEN);
}

void trace_unknown(unsigned long nr)
{
	if (nr >= NR_UNKNOWN || test_and_set_bit(nr % 64, &told[nr / 64]))
		return;
	if (bootarg_bool("debug"))
		pr_info("%.16s[%d]: no system call %lu (%s)", current->comm, current->pid, nr,
			syscall_name(nr));
}
