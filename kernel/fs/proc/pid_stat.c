// SPDX-License-Identifier: MIT
/*
 * /proc/PID/stat, statm and status: a task in figures (proc(5)).
 */
#include <kernel/fs/proc/proc.h>

#include <arch/machine.h>
#include <kernel/cred.h>
#include <kernel/drivers/tty.h>
#include <kernel/fs/file.h>
#include <kernel/ptrace.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/mm.h>

#define TICK_NS (NSEC_PER_SEC / 100)

/* What is read under locks, to be printed without. */
struct snapshot {
	char comm[TASK_COMM_LEN], state;
	int ppid, pgid, sid, tpgid, threads, exit_signal, tracer;
	u64 tty, utime, stime, cutime, cstime;
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt;
	u64 pending, shared_pending, blocked, ignored, caught;
	unsigned int sigq, fds;
	u32 umask;
	bool has_umask;
};

static char state_letter(const struct task_struct *t)
{
	switch (READ_ONCE(t->state)) {
	case TASK_RUNNING:
		return 'R';
	case TASK_INTERRUPTIBLE:
		return 'S';
	case TASK_KILLABLE:
	case TASK_UNINTERRUPTIBLE:
		return 'D';
	case TASK_STOPPED:
		return 'T';
	case TASK_TRACED:
		return 't';
	case TASK_ZOMBIE:
		return 'Z';
	default:
		return 'X';
	}
}

static void snapshot_signals(struct task_struct *t, struct snapshot *s)
{
	struct sighand_struct *sh = t->sighand;

	if (!sh)
		return;
	spin_lock(&sh->siglock);
	s->pending = t->pending.set;
	s->shared_pending = t->signal->shared_pending.set;
	s->sigq = t->pending.nr_queued + t->signal->shared_pending.nr_queued;
	s->blocked = t->blocked;
	for (int i = 0; i < NSIG; i++) {
		if (sh->action[i].sa_handler == SIG_IGN)
			s->ignored |= 1UL << i;
		else if (sh->action[i].sa_handler != SIG_DFL)
			s->caught |= 1UL << i;
	}
	spin_unlock(&sh->siglock);
}

static void add_times(struct snapshot *s, const struct task_struct *t)
{
	s->utime += t->utime_ns;
	s->stime += t->stime_ns;
	s->min_flt += t->min_flt;
	s->maj_flt += t->maj_flt;
}

/* Of one thread, or of the whole process: those that are gone, and each that lives. */
static void snapshot_times(struct task_struct *t, struct snapshot *s, bool one_thread)
{
	struct signal_struct *sig = t->signal;
	struct task_struct *each;

	s->cutime = sig->cutime_ns;
	s->cstime = sig->cstime_ns;
	s->cmin_flt = sig->cmin_flt;
	s->cmaj_flt = sig->cmaj_flt;
	if (one_thread) {
		add_times(s, t);
		return;
	}
	s->utime = sig->utime_ns;
	s->stime = sig->stime_ns;
	s->min_flt = sig->min_flt;
	s->maj_flt = sig->maj_flt;
	list_for_each_entry(each, &sig->threads, thread_node)
		add_times(s, each);
}

static void snapshot_take(struct task_struct *t, struct snapshot *s, bool one_thread)
{
	unsigned long flags;

	memset(s, 0, sizeof(*s));
	spin_lock(&t->lock);
	memcpy(s->comm, t->comm, sizeof(s->comm));
	s->has_umask = t->fs;
	if (t->fs)
		s->umask = READ_ONCE(t->fs->umask);
	if (t->files)
		s->fds = READ_ONCE(t->files->max);
	spin_unlock(&t->lock);
	flags = spin_lock_irqsave(&tasklist_lock);
	s->state = state_letter(t);
	s->ppid = t->real_parent ? t->real_parent->tgid : 0;
	s->pgid = t->signal->pgid;
	s->sid = t->signal->sid;
	s->threads = t->signal->nr_threads;
	s->exit_signal = t->exit_signal;
	s->tracer = ptrace_tracer_pid_locked(t);
	snapshot_times(t, s, one_thread);
	snapshot_signals(t, s);
	tty_numbers(t, &s->tty, &s->tpgid);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static int show_stat(struct seq_file *m, struct task_struct *t, bool one_thread)
{
	struct snapshot s;
	struct mm_struct *mm = task_mm_get(t);
	bool look = mm && proc_may_look(t);

	snapshot_take(t, &s, one_thread);
	seq_printf(m,
		   "%d (%s) %c %d %d %d %lu %d %u %lu %lu %lu %lu %lu %lu %ld %ld %d %d %d 0 %lu ",
		   t->pid, s.comm, s.state, s.ppid, s.pgid, s.sid, (unsigned long)s.tty, s.tpgid,
		   t->flags, s.min_flt, s.cmin_flt, s.maj_flt, s.cmaj_flt,
		   (unsigned long)(s.utime / TICK_NS), (unsigned long)(s.stime / TICK_NS),
		   (long)(s.cutime / TICK_NS), (long)(s.cstime / TICK_NS), 20 + t->nice, t->nice,
		   s.threads, (unsigned long)(t->start_ns / TICK_NS));
	seq_printf(m, "%lu %ld %lu %lu %lu %lu 0 0 %lu %lu %lu %lu %d 0 0 %d %u %d %d 0 0 0 ",
		   mm ? mm->total_vm << PAGE_SHIFT : 0, mm ? (long)mm_rss(mm) : 0,
		   t->signal->rlim[RLIMIT_RSS].cur, look ? mm->start_code : 0,
		   look ? mm->end_code : 0, look ? mm->start_stack : 0,
		   (unsigned long)s.pending & 0x7fffffff, (unsigned long)s.blocked & 0x7fffffff,
		   (unsigned long)s.ignored & 0x7fffffff, (unsigned long)s.caught & 0x7fffffff,
		   s.state != 'R', s.exit_signal, t->thread.hart, t->own_rt_priority, t->policy);
	seq_printf(m, "%lu %lu %lu %lu %lu %lu %lu %d\n", look ? mm->start_data : 0,
		   look ? mm->end_data : 0, look ? mm->start_brk : 0, look ? mm->arg_start : 0,
		   look ? mm->arg_end : 0, look ? mm->env_start : 0, look ? mm->env_end : 0,
		   t->exit_code);
	if (mm)
		mm_put(mm);
	return 0;
}

int proc_show_stat(struct seq_file *m, struct task_struct *t)
{
	return show_stat(m, t, false);
}

int proc_show_thread_stat(struct seq_file *m, struct task_struct *t)
{
	return show_stat(m, t, true);
}

int proc_show_statm(struct seq_file *m, struct task_struct *t)
{
	struct mm_struct *mm = task_mm_get(t);

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	seq_printf(m, "%lu %lu %ld %lu 0 %lu 0\n", mm->total_vm, mm_rss(mm),
		   atomic_long_read(&mm->rss[MM_FILEPAGES]) +
			   atomic_long_read(&mm->rss[MM_SHMEMPAGES]),
		   (ALIGN_UP(mm->end_code, PAGE_SIZE) - ALIGN_DOWN(mm->start_code, PAGE_SIZE)) >>
			   PAGE_SHIFT,
		   mm->data_vm + mm->stack_vm);
	mm_put(mm);
	return 0;
}

static const char *state_name(char letter)
{
	switch (letter) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "X (dead)";
	}
}

static void show_kib(struct seq_file *m, const char *name, unsigned long pages)
{
	seq_printf(m, "%s:\t%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

static void status_memory(struct seq_file *m, struct mm_struct *mm)
{
	long anon = atomic_long_read(&mm->rss[MM_ANONPAGES]),
	     file = atomic_long_read(&mm->rss[MM_FILEPAGES]);
	long shmem = atomic_long_read(&mm->rss[MM_SHMEMPAGES]);
	unsigned long text =
		(ALIGN_UP(mm->end_code, PAGE_SIZE) - ALIGN_DOWN(mm->start_code, PAGE_SIZE)) >>
		PAGE_SHIFT;

	show_kib(m, "VmPeak", max(mm->hiwater_vm, mm->total_vm));
	show_kib(m, "VmSize", mm->total_vm);
	show_kib(m, "VmLck", mm->locked_vm);
	show_kib(m, "VmPin", 0);
	show_kib(m, "VmHWM", max(mm->hiwater_rss, mm_rss(mm)));
	show_kib(m, "VmRSS", mm_rss(mm));
	show_kib(m, "RssAnon", anon);
	show_kib(m, "RssFile", file);
	show_kib(m, "RssShmem", shmem);
	show_kib(m, "VmData", mm->data_vm);
	show_kib(m, "VmStk", mm->stack_vm);
	show_kib(m, "VmExe", text);
	show_kib(m, "VmLib", mm->exec_vm > text ? mm->exec_vm - text : 0);
	show_kib(m, "VmPTE", atomic_long_read(&mm->table_pages));
	show_kib(m, "VmSwap", atomic_long_read(&mm->rss[MM_SWAPENTS]));
	show_kib(m, "HugetlbPages", 0);
}

static void status_ids(struct seq_file *m, struct task_struct *t, unsigned int fds)
{
	struct cred *c = task_cred_get(t);

	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	seq_printf(m, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	seq_printf(m, "FDSize:\t%u\nGroups:\t", fds);
	for (unsigned int i = 0; i < c->nr_groups; i++)
		seq_printf(m, i ? " %u" : "%u", c->groups[i]);
	seq_puts(m, " \n");
	cred_put(c);
}

static void show_mask(struct seq_file *m, const char *name, u64 mask)
{
	seq_printf(m, "%s:\t%016lx\n", name, (unsigned long)mask);
}

static void status_caps(struct seq_file *m, struct task_struct *t)
{
	struct cred *c = task_cred_get(t);

	show_mask(m, "CapInh", c->cap_inheritable);
	show_mask(m, "CapPrm", c->cap_permitted);
	show_mask(m, "CapEff", c->cap_effective);
	show_mask(m, "CapBnd", c->cap_bounding);
	show_mask(m, "CapAmb", c->cap_ambient);
	cred_put(c);
}

/* Set bits as ranges: "0-2,5". */
static void show_list(struct seq_file *m, const char *name, unsigned long mask)
{
	const char *comma = "";

	seq_printf(m, "%s:\t", name);
	for (unsigned int i = 0; i < BITS_PER_LONG; i++) {
		unsigned int first = i;

		if (!(mask & BIT(i)))
			continue;
		while (i + 1 < BITS_PER_LONG && mask & BIT(i + 1))
			i++;
		seq_printf(m, i > first ? "%s%u-%u" : "%s%u", comma, first, i);
		comma = ",";
	}
	seq_putc(m, '\n');
}

int proc_show_status(struct seq_file *m, struct task_struct *t)
{
	struct snapshot s;
	struct mm_struct *mm = task_mm_get(t);

	snapshot_take(t, &s, false);
	seq_printf(m, "Name:\t%s\n", s.comm);
	if (s.has_umask)
		seq_printf(m, "Umask:\t%04o\n", s.umask);
	seq_printf(m, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   state_name(s.state), t->tgid, t->pid, s.ppid, s.tracer);
	status_ids(m, t, s.fds);
	seq_printf(m, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t%d\n", t->tgid,
		   t->pid, s.pgid, s.sid, !!(t->flags & PF_KTHREAD));
	if (mm) {
		status_memory(m, mm);
		/* an address is what it is: no bit of it is masked */
		seq_printf(m, "CoreDumping:\t%d\nTHP_enabled:\t%d\nuntag_mask:\t%#lx\n",
			   READ_ONCE(t->signal->core) != NULL, !READ_ONCE(mm->no_huge_pages), ~0UL);
		mm_put(mm);
	}
	seq_printf(m, "Threads:\t%d\nSigQ:\t%u/%lu\n", s.threads, s.sigq,
		   t->signal->rlim[RLIMIT_SIGPENDING].cur);
	show_mask(m, "SigPnd", s.pending);
	show_mask(m, "ShdPnd", s.shared_pending);
	show_mask(m, "SigBlk", s.blocked);
	show_mask(m, "SigIgn", s.ignored);
	show_mask(m, "SigCgt", s.caught);
	status_caps(m, t);
	seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t0\nSeccomp_filters:\t0\n"
		   "Speculation_Store_Bypass:\tunknown\nSpeculationIndirectBranch:\tunsupported\n"
		   "Cpus_allowed:\t%lx\n",
		   t->no_new_privs, t->hart_mask & harts_online);
	show_list(m, "Cpus_allowed_list", t->hart_mask & harts_online);
	seq_puts(m, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
	seq_printf(m, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", t->nvcsw,
		   t->nivcsw);
	return 0;
}
