// SPDX-License-Identifier: MIT
/*
 * The end: say what is known, stop every hart, power off or stand still.
 *
 * The first hart to come here speaks; others park, and so does this one when it
 * panics again and again on the way (two more messages are still printed).
 * Nothing here allocates, sleeps or waits for a lock.
 */
#include <lib/bug.h>

#include <arch/cpu.h>
#include <arch/machine.h>
#include <kernel/bootargs.h>
#include <kernel/log.h>
#include <kernel/task.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/mm.h>

static atomic_t speaker;        /* 1 + the hart that panicked first */

static void describe_task(void);
static bool panic_powers_off(void);

void panic(const char *fmt, ...)
{
	static unsigned int depth;      /* the speaker's */
	int me, first;
	va_list ap;

	irq_disable();
	me = (int)hart_id() + 1;
	first = atomic_cmpxchg(&speaker, 0, me);
	if ((first && first != me) || ++depth > 3)
		machine_halt();
	log_break_locks();
	pr_err("panic on hart %u:", hart_id());
	va_start(ap, fmt);
	vprintk(LOG_EMERG, fmt, ap);
	va_end(ap);
	if (depth == 1) {
		ipi_stop_others();
		describe_task();
		backtrace_print();
	}
	if (panic_powers_off())
		machine_poweroff(1);
	pr_err("stopped; boot with panic=-1 to power off instead");
	machine_halt();
}

/* Who was running.  Early in the boot there is nobody yet. */
static void describe_task(void)
{
	struct task_struct *t = current;
	struct mm_struct *mm;

	if (!t)
		return;
	mm = t->thread.mm;
	pr_err("task %d (%.16s) tgid %d flags %#x, mm %p", t->pid, t->comm, t->tgid, t->flags, mm);
	if (mm)
		pr_err("mm: users %d, areas %u, total %lu pages, brk %#lx-%#lx, stack %#lx",
		       atomic_read(&mm->users), mm->map_count, mm->total_vm, mm->start_brk, mm->brk,
		       mm->start_stack);
}

/*
 * panic=-1 or a number of seconds (nobody is left to wait for): power off.  panic=0 or none: stand
 * still.
 */
static bool panic_powers_off(void)
{
	char value[16];

	return bootarg_value("panic", value, sizeof(value)) && *value && strcmp(value, "0");
}
