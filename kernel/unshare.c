// SPDX-License-Identifier: MIT
/*
 * unshare(2) and setns(2): the current task goes its own way, or into the
 * name space of another.
 *
 * Of the name spaces there is that of host names (uts_ns.c); the others answer
 * as those of a Linux built without them.
 *
 * Lock: the task's own for the pointers that others read.
 */
#include <kernel/process.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/ipc/ipc.h>
#include <kernel/pidfd.h>
#include <kernel/ptrace.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/utsname.h>
#include <lib/err.h>
#include <mm/mm.h>

int namespaces_allowed(u64 flags)
{
	if (!(flags & CLONE_NEW_ANY))
		return 0;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return flags & CLONE_NEW_ANY & ~CLONE_NEWUTS ? -EINVAL : 0;
}

/* Has another process this one's memory (vfork, clone with CLONE_VM)? */
static bool memory_is_shared(void)
{
	struct task_struct *t;
	bool shared = false;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	list_for_each_entry(t, &all_tasks, task_node)
		if (t != current && !(t->flags & PF_KTHREAD) &&
		    READ_ONCE(t->thread.mm) == current->thread.mm)
			shared = true;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return shared;
}

/* What makes a thread cannot be had back: only one who shares nothing may ask for it. */
static int check_alone(unsigned long flags)
{
	struct sighand_struct *sh = current->sighand;

	if (flags & ~(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES |
		      CLONE_SYSVSEM | CLONE_NEW_ANY))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && READ_ONCE(current->signal->nr_threads) != 1)
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && atomic_read(&sh->refs) > 1 + atomic_read(&sh->watchers))
		return -EINVAL;
	return (flags & CLONE_VM) && memory_is_shared() ? -EINVAL : 0;
}

static void take_fs(struct fs_struct *fs)
{
	struct fs_struct *old = current->fs;

	spin_lock(&current->lock);
	current->fs = fs;
	spin_unlock(&current->lock);
	fs_put(old);
}

long sys_unshare(const unsigned long *a)
{
	unsigned long flags = a[0];
	struct fs_struct *fs = NULL;
	struct inode *uts = NULL;
	int err;

	flags |= flags & CLONE_VM ? CLONE_SIGHAND : 0;
	flags |= flags & CLONE_SIGHAND ? CLONE_THREAD : 0;
	err = check_alone(flags);
	if (!err)
		err = namespaces_allowed(flags);
	if (err)
		return err;
	if (((flags & CLONE_FS) && atomic_read(&current->fs->refs) > 1 &&
	     !(fs = fs_dup(current->fs))) ||
	    ((flags & CLONE_NEWUTS) && !(uts = uts_ns_copy())) ||
	    ((flags & CLONE_FILES) && !files_unshare())) {
		fs_put(fs);
		inode_put(uts);
		return -ENOMEM;
	}
	if (flags & CLONE_SYSVSEM)
		sem_exit(current);
	if (fs)
		take_fs(fs);
	if (uts)
		uts_ns_set(uts);
	return 0;
}

/* ------------------------------------------------ setns */

/* That of the process behind a pidfd. */
static struct inode *ns_of_pidfd(int fd, unsigned int flags)
{
	unsigned int how;
	struct task_struct *t = pidfd_get_task(fd, &how);
	struct inode *ns;

	if (t == ERR_PTR(-EBADF) || flags != CLONE_NEWUTS) {
		if (!IS_ERR(t))
			task_put(t);
		return ERR_PTR(-EINVAL);
	}
	if (IS_ERR(t))
		return (struct inode *)t;
	ns = ptrace_may_access(t, PTRACE_MODE_REALCREDS) ? uts_ns_get(t) : ERR_PTR(-EPERM);
	task_put(t);
	return ns ? ns : ERR_PTR(-ESRCH);
}

long sys_setns(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1];
	struct fd_ref r = fdget((int)a[0]);
	struct inode *ns;

	if (!r.file)
		return -EBADF;
	ns = uts_ns_of_file(r.file);
	if (!ns) {
		ns = ns_of_pidfd((int)a[0], flags);
	} else if (flags && flags != CLONE_NEWUTS) {
		inode_put(ns);
		ns = ERR_PTR(-EINVAL);
	}
	fdput(r);
	if (IS_ERR(ns))
		return PTR_ERR(ns);
	if (!capable(CAP_SYS_ADMIN)) {
		inode_put(ns);
		return -EPERM;
	}
	uts_ns_set(ns);
	return 0;
}
