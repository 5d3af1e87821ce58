// SPDX-License-Identifier: MIT
/*
 * /proc/PID/syscall: the system call that a task sleeps in (proc(5)).
 *
 * Its registers lie on its kernel stack, which goes when it has ended: what is
 * read is read under tasklist_lock, which an end has to take.
 */
#include <kernel/fs/proc/proc.h>

#include <arch/trapframe.h>
#include <kernel/task.h>

static bool asleep(const struct task_struct *t)
{
	return t == current || (t->state != TASK_RUNNING && !smp_load_acquire(&t->on_cpu));
}

/* Its registers as they were while it slept.  False: it ran meanwhile. */
static bool look(struct task_struct *t, struct trapframe *tf)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	unsigned long switches = READ_ONCE(t->nvcsw);
	bool slept = true;

	tf_forget_syscall(tf);
	if (t->state < TASK_ZOMBIE && !(t->flags & PF_KTHREAD)) {
		slept = asleep(t);
		*tf = *task_trapframe(t);
		smp_rmb();
		slept = slept && asleep(t) && READ_ONCE(t->nvcsw) == switches;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return slept;
}

/* Unlike Linux/riscv, which takes a7 for the number of a call in a fault, too. */
int proc_show_syscall(struct seq_file *m, struct task_struct *t)
{
	struct trapframe tf = { 0 };

	if (!look(t, &tf)) {
		seq_puts(m, "running\n");
		return 0;
	}
	seq_printf(m, "%d", tf_in_syscall(&tf) ? (int)tf_nr(&tf) : -1);
	for (int i = 0; i < 6 && tf_in_syscall(&tf); i++)
		seq_printf(m, " 0x%lx", tf_arg(&tf, i));
	seq_printf(m, " 0x%lx 0x%lx\n", tf_sp(&tf), tf_pc(&tf));
	return 0;
}
