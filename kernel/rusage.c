// SPDX-License-Identifier: MIT
/*
 * What processes have used, and how much they may: getrusage, times, rlimits.
 *
 * A thread's own counts are its own; when it ends they are added to its
 * process, and a process that was waited for is added to its parent's
 * "children".  So a sum is: dead threads + live threads.
 *
 * Lock: siglock for the sums and the list of threads; limits are two words
 *       changed under it and read without.
 */
#include <kernel/rusage.h>

#include <kernel/cred.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/uaccess.h>
#include <mm/writeback.h>

#define TICKS_PER_SEC   100     /* of times(2): sysconf(_SC_CLK_TCK) */
#define NOFILE_MAX      1048576UL

static void io_add(struct io_account *sum, const struct io_account *io)
{
	sum->rchar += io->rchar;
	sum->wchar += io->wchar;
	sum->syscr += io->syscr;
	sum->syscw += io->syscw;
	sum->read_bytes += io->read_bytes;
	sum->write_bytes += io->write_bytes;
	sum->cancelled += io->cancelled;
}

void process_io(struct task_struct *t, struct io_account *sum)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *other;

	*sum = t->signal->io;
	list_for_each_entry(other, &t->signal->threads, thread_node)
		if (!other->counted)
			io_add(sum, &other->io);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

void page_dirtied_hook(long bytes)
{
	if (bytes > 0)
		current->io.write_bytes += (u64)bytes;
	else
		current->io.cancelled += (u64)-bytes;
}

void rusage_add_thread(struct signal_struct *sig, struct task_struct *t)
{
	sched_task_ns(t);       /* up to now */
	sig->utime_ns += t->utime_ns;
	sig->stime_ns += t->stime_ns;
	sig->min_flt += t->min_flt;
	sig->maj_flt += t->maj_flt;
	sig->nvcsw += t->nvcsw;
	sig->nivcsw += t->nivcsw;
	io_add(&sig->io, &t->io);
	t->counted = true;
}

void rusage_add_child(struct signal_struct *parent, struct signal_struct *child)
{
	parent->cutime_ns += child->utime_ns + child->cutime_ns;
	parent->cstime_ns += child->stime_ns + child->cstime_ns;
	parent->cmin_flt += child->min_flt + child->cmin_flt;
	parent->cmaj_flt += child->maj_flt + child->cmaj_flt;
	parent->cnvcsw += child->nvcsw + child->cnvcsw;
	parent->cnivcsw += child->nivcsw + child->cnivcsw;
	io_add(&parent->io, &child->io);
	parent->cmaxrss = max(parent->cmaxrss, max(child->maxrss, child->cmaxrss));
}

/* Sums of all threads, the running ones up to now.  In @sum only the fields without c. */
static void sum_process(struct task_struct *t, struct signal_struct *sum)
{
	struct signal_struct *sig = t->signal;
	struct task_struct *other;
	struct sighand_struct *sighand = t->sighand;

	sum->utime_ns = sig->utime_ns;
	sum->stime_ns = sig->stime_ns;
	sum->min_flt = sig->min_flt;
	sum->maj_flt = sig->maj_flt;
	sum->nvcsw = sig->nvcsw;
	sum->nivcsw = sig->nivcsw;
	if (!sighand)
		return;
	spin_lock(&sighand->siglock);
	list_for_each_entry(other, &sig->threads, thread_node) {
		if (other->counted)
			continue;
		sched_task_ns(other);
		sum->utime_ns += other->utime_ns;
		sum->stime_ns += other->stime_ns;
		sum->min_flt += other->min_flt;
		sum->maj_flt += other->maj_flt;
		sum->nvcsw += other->nvcsw;
		sum->nivcsw += other->nivcsw;
	}
	spin_unlock(&sighand->siglock);
}

void process_cpu_times_irq(struct task_struct *t, struct cpu_times *out)
{
	struct signal_struct sum;

	sum_process(t, &sum);
	out->user_ns = sum.utime_ns;
	out->system_ns = sum.stime_ns;
	out->total_ns = sum.utime_ns + sum.stime_ns;
}

/* The current process, whose sighand stays; or, for another, under tasklist_lock. */
static void sum_locked(struct task_struct *t, struct signal_struct *sum)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	sum_process(t, sum);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

void process_cpu_times(struct task_struct *t, struct cpu_times *out)
{
	struct signal_struct sum;

	sum_locked(t, &sum);
	out->user_ns = sum.utime_ns;
	out->system_ns = sum.stime_ns;
	out->total_ns = sum.utime_ns + sum.stime_ns;
}

struct timeval ns_to_timeval(u64 ns)
{
	return (struct timeval){ (s64)(ns / NSEC_PER_SEC),
				 (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

/* tasklist_lock held for another task than the current one. */
void rusage_fill(struct task_struct *t, int who, struct rusage *ru)
{
	struct signal_struct *sig = t->signal, sum;
	u64 user = 0, system = 0;

	memset(ru, 0, sizeof(*ru));
	if (who != RUSAGE_CHILDREN) {
		sum_process(t, &sum);
		user = sum.utime_ns;
		system = sum.stime_ns;
		ru->ru_minflt = (long)sum.min_flt;
		ru->ru_majflt = (long)sum.maj_flt;
		ru->ru_nvcsw = (long)sum.nvcsw;
		ru->ru_nivcsw = (long)sum.nivcsw;
		ru->ru_maxrss = (long)sig->maxrss;
	}
	if (who != RUSAGE_SELF) {
		user += sig->cutime_ns;
		system += sig->cstime_ns;
		ru->ru_minflt += (long)sig->cmin_flt;
		ru->ru_majflt += (long)sig->cmaj_flt;
		ru->ru_nvcsw += (long)sig->cnvcsw;
		ru->ru_nivcsw += (long)sig->cnivcsw;
		ru->ru_maxrss = max(ru->ru_maxrss, (long)sig->cmaxrss);
	}
	ru->ru_utime = ns_to_timeval(user);
	ru->ru_stime = ns_to_timeval(system);
}

static void fill_thread(struct rusage *ru)
{
	struct task_struct *t = current;

	sched_task_ns(t);
	memset(ru, 0, sizeof(*ru));
	ru->ru_utime = ns_to_timeval(t->utime_ns);
	ru->ru_stime = ns_to_timeval(t->stime_ns);
	ru->ru_minflt = (long)t->min_flt;
	ru->ru_majflt = (long)t->maj_flt;
	ru->ru_nvcsw = (long)t->nvcsw;
	ru->ru_nivcsw = (long)t->nivcsw;
}

long sys_getrusage(const unsigned long *a)
{
	struct mm_struct *mm = current->thread.mm;
	int who = (int)a[0];
	unsigned long flags;
	struct rusage ru;

	switch (who) {
	case RUSAGE_SELF:
	case RUSAGE_CHILDREN:
		flags = spin_lock_irqsave(&tasklist_lock);
		rusage_fill(current, who, &ru);
		spin_unlock_irqrestore(&tasklist_lock, flags);
		break;
	case RUSAGE_THREAD:
		fill_thread(&ru);
		break;
	default:
		return -EINVAL;
	}
	if (who != RUSAGE_CHILDREN)
		ru.ru_maxrss = max(ru.ru_maxrss, (long)(max(mm->hiwater_rss, mm_rss(mm)) *
							(PAGE_SIZE / KiB)));
	return copy_to_user(a[1], &ru, sizeof(ru));
}

long sys_times(const unsigned long *a)
{
	struct signal_struct *sig = current->signal;
	const u64 tick = NSEC_PER_SEC / TICKS_PER_SEC;
	struct cpu_times times;
	s64 tms[4];

	if (a[0]) {
		process_cpu_times(current, &times);
		tms[0] = (s64)(times.user_ns / tick);
		tms[1] = (s64)(times.system_ns / tick);
		tms[2] = (s64)(READ_ONCE(sig->cutime_ns) / tick);
		tms[3] = (s64)(READ_ONCE(sig->cstime_ns) / tick);
		if (copy_to_user(a[0], tms, sizeof(tms)))
			return -EFAULT;
	}
	return (long)(time_ns() / tick);
}

/* ------------------------------------------------ limits */

/* mm/ reads its limits in the mm_struct. */
static void limits_to_mm(struct task_struct *t)
{
	const struct rlimit *r = t->signal->rlim;
	struct mm_struct *mm = task_mm_get(t);

	if (!mm)
		return;
	WRITE_ONCE(mm->rlim_as, r[RLIMIT_AS].cur);
	WRITE_ONCE(mm->rlim_data, r[RLIMIT_DATA].cur);
	WRITE_ONCE(mm->rlim_stack, r[RLIMIT_STACK].cur);
	WRITE_ONCE(mm->rlim_memlock, r[RLIMIT_MEMLOCK].cur);
	mm_put(mm);
}

/* getrlimit(2): anybody may lower, only CAP_SYS_RESOURCE may raise the hard limit. */
static int limit_change(struct task_struct *t, unsigned int which, const struct rlimit *new,
			struct rlimit *old)
{
	struct rlimit *r = &t->signal->rlim[which];
	unsigned long flags;
	int err = 0;

	if (new && new->cur > new->max)
		return -EINVAL;
	if (new && which == RLIMIT_NOFILE && new->max > NOFILE_MAX)
		return -EPERM;
	flags = spin_lock_irqsave(&tasklist_lock);
	if (!t->sighand) {
		err = -ESRCH;
		goto out;
	}
	spin_lock(&t->sighand->siglock);
	*old = *r;
	if (new && new->max > r->max && !capable(CAP_SYS_RESOURCE))
		err = -EPERM;
	else if (new)
		*r = *new;
	spin_unlock(&t->sighand->siglock);
out:
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (!err && new)
		limits_to_mm(t);
	return err;
}

static bool may_limit(struct task_struct *t)
{
	const struct cred *me = current->cred;
	struct cred *c;
	bool may;

	if (t->signal == current->signal)
		return true;
	c = task_cred_get(t);
	may = (me->uid == c->euid && me->uid == c->suid && me->uid == c->uid &&
	       me->gid == c->egid && me->gid == c->sgid && me->gid == c->gid) ||
	      capable(CAP_SYS_RESOURCE);
	cred_put(c);
	return may;
}

long sys_prlimit64(const unsigned long *a)
{
	int pid = (int)a[0];
	unsigned int which = (unsigned int)a[1];
	struct rlimit new, old;
	struct task_struct *t;
	int err;

	if (a[2] && get_user(&new, a[2]))
		return -EFAULT;
	t = pid ? find_task(pid) : current;
	if (!t)
		return -ESRCH;
	if (!may_limit(t))
		err = -EPERM;
	else if (which >= RLIM_NLIMITS)
		err = -EINVAL;
	else
		err = limit_change(t, which, a[2] ? &new : NULL, &old);
	if (pid)
		task_put(t);
	if (err)
		return err;
	return a[3] ? copy_to_user(a[3], &old, sizeof(old)) : 0;
}

long sys_getrlimit(const unsigned long *a)
{
	struct rlimit r;

	if ((unsigned int)a[0] >= RLIM_NLIMITS)
		return -EINVAL;
	r = current->signal->rlim[(unsigned int)a[0]];
	return copy_to_user(a[1], &r, sizeof(r));
}

long sys_setrlimit(const unsigned long *a)
{
	struct rlimit new, old;

	if (get_user(&new, a[1]))
		return -EFAULT;
	if ((unsigned int)a[0] >= RLIM_NLIMITS)
		return -EINVAL;
	return limit_change(current, (unsigned int)a[0], &new, &old);
}
