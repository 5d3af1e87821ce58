// SPDX-License-Identifier: MIT
/*
 * process_madvise(2), process_mrelease(2): one process sees to another's memory.
 *
 * The manager of a phone or a desktop knows which program is out of sight: it has
 * that one's pages go first, or at once, and takes back what one that it has
 * killed still holds.  The other is named by a pidfd, so that never a stranger
 * with the same number is meant.
 *
 * Lock: tasklist_lock while it is asked who else lives in an address space.
 */
#include <kernel/syscall.h>

#include <kernel/cred.h>
#include <kernel/fs/read_write.h>
#include <kernel/pidfd.h>
#include <kernel/process.h>
#include <kernel/ptrace.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <mm/mm.h>
#include <mm/mmap.h>
#include <mm/oom.h>

static long advise_task(struct task_struct *t, const struct iov_iter *it, int advice);
static long advise_pieces(struct mm_struct *mm, const struct iov_iter *it, int advice);
static struct mm_struct *dying_mm(struct task_struct *t);

/* ---- process_madvise ---- */

long sys_process_madvise(const unsigned long *a)
{
	struct task_struct *t;
	struct iov_iter it;
	struct user_iov u;
	unsigned int flags;
	long ret;

	if ((unsigned int)a[4])
		return -EINVAL;
	ret = iovec_import(&u, &it, a[1], a[2]);
	if (ret)
		return ret;
	t = pidfd_get_task((int)a[0], &flags);
	ret = PTR_ERR(t);
	if (!IS_ERR(t)) {
		ret = advise_task(t, &it, (int)a[3]);
		task_put(t);
	}
	iovec_release(&u);
	return ret;
}

/* What changes nothing that the other could notice, but how fast it is. */
static bool harmless(int advice)
{
	return advice == MADV_COLD || advice == MADV_PAGEOUT || advice == MADV_WILLNEED ||
	       advice == MADV_COLLAPSE;
}

static long advise_task(struct task_struct *t, const struct iov_iter *it, int advice)
{
	struct mm_struct *mm;
	long ret;

	if (!harmless(advice))
		return -EINVAL;
	if (!ptrace_may_access(t, PTRACE_MODE_FSCREDS))
		return -EACCES;
	mm = task_mm_get(t);
	if (!mm)
		return -ESRCH;
	ret = capable(CAP_SYS_NICE) ? advise_pieces(mm, it, advice) : -EPERM;
	mm_put(mm);
	return ret;
}

/* The bytes before the first piece that could not be advised; its errno if it is the first. */
static long advise_pieces(struct mm_struct *mm, const struct iov_iter *it, int advice)
{
	struct iov_iter piece = *it;
	size_t done = 0;
	int err;

	do {
		err = mm_madvise(mm, piece.at, piece.left, advice);
		if (err)
			return done ? (long)done : err;
		done += piece.left;
	} while (iov_iter_next(&piece));
	return (long)done;
}

/* ---- process_mrelease ---- */

long sys_process_mrelease(const unsigned long *a)
{
	struct task_struct *t;
	struct mm_struct *mm;
	unsigned int flags;
	int err = 0;

	if ((unsigned int)a[1])
		return -EINVAL;
	t = pidfd_get_task((int)a[0], &flags);
	if (IS_ERR(t))
		return PTR_ERR(t);
	mm = dying_mm(t);
	if (!IS_ERR(mm)) {
		if (!READ_ONCE(mm->oom_reaped))
			err = mm_reap(mm);
		mm_put(mm);
	} else {
		err = PTR_ERR(mm);
	}
	task_put(t);
	return err;
}

/* A core dump under way still reads the memory; an exec's threads die, but not its process. */
static bool dies(const struct task_struct *t)
{
	return t->signal->group_exit && !t->signal->group_exec && !t->signal->core;
}

/* The address space of @process, by any thread that has not let go of it. */
static struct mm_struct *process_mm(const struct signal_struct *process)
{
	struct task_struct *t;
	struct mm_struct *mm;

	list_for_each_entry(t, &process->threads, thread_node) {
		mm = task_mm_get(t);
		if (mm)
			return mm;
	}
	return NULL;
}

/* -ESRCH: it has none any more; -EINVAL: somebody who lives in it will go on. */
static struct mm_struct *dying_mm(struct task_struct *t)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct mm_struct *mm = t->signal ? process_mm(t->signal) : NULL;
	bool dying = true;

	if (mm && !READ_ONCE(mm->oom_reaped))
		list_for_each_entry(t, &all_tasks, task_node)
			if (READ_ONCE(t->thread.mm) == mm && !dies(t))
				dying = false;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (!mm)
		return ERR_PTR(-ESRCH);
	if (dying)
		return mm;
	mm_put(mm);
	return ERR_PTR(-EINVAL);
}
