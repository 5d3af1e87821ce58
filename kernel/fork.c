// SPDX-License-Identifier: MIT
/*
 * fork: a new task from the current one.
 *
 * One path for fork(2), vfork(2), clone(2), clone3(2) and pthread_create(3):
 * each part of the task is either shared (a reference) or copied, as the
 * CLONE_ flags say.  All that can fail is done on a task that nobody sees;
 * then, under tasklist_lock, it gets its number and its place among the
 * others, unless a signal came first: a signal to the group must reach either
 * only the parent, or the child too.
 *
 * Always true: refs is 2 at birth: one for the lists, one for its running,
 *              which ends with its last switch.
 * Lock:        tasklist_lock for the lists, then siglock for nr_threads.
 */
#include <kernel/process.h>

#include <arch/trapframe.h>
#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/futex.h>
#include <kernel/ipc/ipc.h>
#include <kernel/pidfd.h>
#include <kernel/ptrace.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/utsname.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/vmalloc.h>

static struct kmem_cache *task_cache, *signal_cache;

static int check_flags(const struct clone_args *args);
static int check_limit(void);
static struct task_struct *task_dup(const struct clone_args *args);
static int dup_mm_files_fs(struct task_struct *t, unsigned long flags);
static int dup_signals(struct task_struct *t, unsigned long flags);
static int prepare_pidfd(struct task_struct *t, const struct clone_args *args, struct file **file);
static int publish(struct task_struct *t, const struct clone_args *args, struct tracee **trace);
static long start(struct task_struct *t, const struct clone_args *args, int event);

#define CLONE_INTO_CGROUP 0x200000000UL

void process_init(void)
{
	task_cache = kmem_cache_create("task_struct", sizeof(struct task_struct), CACHE_LINE);
	signal_cache = kmem_cache_create("signal_struct", sizeof(struct signal_struct), 0);
	futex_init();
}

unsigned long total_forks;

long process_clone(const struct clone_args *args)
{
	struct file *pidfd_file = NULL;
	struct tracee *trace = NULL;
	int err = check_flags(args), event, pidfd = -1;
	struct task_struct *t;

	if (err)
		return err;
	if (signal_pending())
		return -ERESTARTNOINTR;
	err = check_limit();
	if (!err)
		err = pid_table_grow();
	if (err)
		return err;
	t = task_dup(args);
	if (IS_ERR(t))
		return PTR_ERR(t);
	event = ptrace_clone_event(args);
	if (unlikely(event || (args->flags & CLONE_PTRACE))) {
		trace = ptrace_tracee_alloc();
		err = trace ? 0 : -ENOMEM;
	}
	if (!err && (args->flags & CLONE_PIDFD))
		err = pidfd = prepare_pidfd(t, args, &pidfd_file);
	if (err >= 0)
		err = publish(t, args, &trace);
	if (unlikely(trace))
		ptrace_tracee_free(trace);
	if (err < 0) {
		task_discard(t);
		if (pidfd >= 0) {
			fd_release(pidfd);
			file_put(pidfd_file);
		}
		return err;
	}
	if (pidfd >= 0)
		fd_install(pidfd, pidfd_file);
	__atomic_fetch_add(&total_forks, 1, __ATOMIC_RELAXED);
	return start(t, args, event);
}

/* clone(2), ERRORS. */
static int check_flags(const struct clone_args *args)
{
	unsigned long flags = args->flags;

	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && current->tgid == 1)
		return -EINVAL;
	if ((flags & CLONE_NEWNS) && (flags & CLONE_FS))
		return -EINVAL;
	if (flags & CLONE_INTO_CGROUP)
		return -EINVAL;
	if ((flags & CLONE_PIDFD) &&
	    ((flags & CLONE_DETACHED) ||
	     ((flags & CLONE_PARENT_SETTID) && args->pidfd == args->parent_tid)))
		return -EINVAL;
	if (args->exit_signal < 0 || args->exit_signal > NSIG)
		return -EINVAL;
	return namespaces_allowed(flags);
}

/* RLIMIT_NPROC: tasks of one user; counted only for those it binds. */
static int check_limit(void)
{
	unsigned long limit = READ_ONCE(current->signal->rlim[RLIMIT_NPROC].cur), nr = 0, flags;
	u32 uid = current->cred->uid;
	struct task_struct *t;

	if (limit == RLIM_INFINITY || limit > nr_tasks_total() || uid == 0 ||
	    capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN))
		return 0;
	flags = spin_lock_irqsave(&tasklist_lock);
	list_for_each_entry(t, &all_tasks, task_node) {
		spin_lock(&t->lock);
		nr += t->cred->uid == uid;
		spin_unlock(&t->lock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return nr >= limit ? -EAGAIN : 0;
}

struct task_struct *task_alloc(void)
{
	struct task_struct *t = kmem_cache_alloc(task_cache, GFP_KERNEL | GFP_ZERO);
	void *stack;

	if (!t)
		return NULL;
	stack = kstack_alloc();
	if (!stack) {
		kmem_cache_free(task_cache, t);
		return NULL;
	}
	t->thread.kstack = (unsigned long)stack;
	atomic_set(&t->refs, 2);
	spin_lock_init(&t->lock, RANK_LEAF);
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	INIT_LIST_HEAD(&t->thread_node);
	INIT_LIST_HEAD(&t->task_node);
	sigpending_init(&t->pending);
	t->exit_signal = -1;
	return t;
}

struct signal_struct *signal_alloc(void)
{
	struct signal_struct *sig = kmem_cache_alloc(signal_cache, GFP_KERNEL | GFP_ZERO);

	if (!sig)
		return NULL;
	atomic_set(&sig->refs, 1);
	sig->nr_threads = 1;
	atomic_set(&sig->live, 1);
	INIT_LIST_HEAD(&sig->threads);
	INIT_LIST_HEAD(&sig->posix_timers);
	INIT_LIST_HEAD(&sig->cpu_timers);
	sigpending_init(&sig->shared_pending);
	wait_queue_init(&sig->child_wait);
	return sig;
}

void signal_put(struct signal_struct *sig)
{
	if (!sig || !atomic_dec_and_test(&sig->refs))
		return;
	kfree(sig->itimers);
	kmem_cache_free(signal_cache, sig);
}

static struct task_struct *task_dup(const struct clone_args *args)
{
	struct task_struct *me = current, *t = task_alloc();
	unsigned long flags = args->flags;
	int err;

	if (!t)
		return ERR_PTR(-ENOMEM);
	memcpy(t->comm, me->comm, sizeof(t->comm));
	t->flags = PF_FORKNOEXEC;
	t->timer_slack_ns = t->born_slack_ns = me->timer_slack_ns;
	t->login_uid = me->login_uid;
	t->login_session = me->login_session;
	t->no_new_privs = me->no_new_privs;
	t->personality = me->personality;
	t->mempolicy = me->mempolicy;
	t->thread.trace = trace_word(me->thread.trace & TRACE_LOG);
	t->cred = me->cred;
	cred_get(t->cred);
	t->blocked = me->blocked;
	if (flags & CLONE_CHILD_SETTID)
		t->set_child_tid = args->child_tid;
	if (flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = args->child_tid;
	if (!(flags & CLONE_VM)) {
		t->rseq = me->rseq;
		t->rseq_len = me->rseq_len;
		t->rseq_sig = me->rseq_sig;
		t->rseq_hart = me->rseq_hart;
	}
	/* A stack of its own makes the parent's alternate one useless, or worse, shared. */
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		t->altstack.ss_flags = SS_DISABLE;
	else
		t->altstack = me->altstack;
	sched_fork(t);
	err = dup_signals(t, flags);
	if (!err && (flags & CLONE_SYSVSEM))
		err = sem_undo_share(t);
	if (!err)
		err = dup_mm_files_fs(t, flags);
	if (err) {
		task_discard(t);
		return ERR_PTR(err);
	}
	thread_init_fork(&t->thread, (void *)t->thread.kstack, args->stack, flags & CLONE_SETTLS,
			 args->tls);
	return t;
}

static int dup_signals(struct task_struct *t, unsigned long flags)
{
	struct task_struct *me = current;
	unsigned long irqflags;

	if (flags & CLONE_SIGHAND) {
		t->sighand = me->sighand;
		atomic_inc(&t->sighand->refs);
	} else {
		t->sighand = flags & CLONE_CLEAR_SIGHAND ? sighand_alloc()
							 : sighand_dup(me->sighand);
		if (!t->sighand)
			return -ENOMEM;
	}
	if (flags & CLONE_THREAD) {
		t->signal = me->signal;
		atomic_inc(&t->signal->refs);
		return 0;
	}
	t->signal = signal_alloc();
	if (!t->signal)
		return -ENOMEM;
	irqflags = spin_lock_irqsave(&me->sighand->siglock);
	memcpy(t->signal->rlim, me->signal->rlim, sizeof(t->signal->rlim));
	spin_unlock_irqrestore(&me->sighand->siglock, irqflags);
	t->signal->oom_score_adj = me->signal->oom_score_adj;
	t->signal->oom_score_adj_min = me->signal->oom_score_adj_min;
	return 0;
}

static int dup_mm_files_fs(struct task_struct *t, unsigned long flags)
{
	struct task_struct *me = current;
	struct mm_struct *mm;

	if (flags & CLONE_NEWUTS) {
		t->uts_ns = uts_ns_copy();
		if (!t->uts_ns)
			return -ENOMEM;
	} else if (unlikely(me->uts_ns)) {
		t->uts_ns = me->uts_ns;
		inode_get(t->uts_ns);
	}
	if (flags & CLONE_FILES) {
		t->files = me->files;
		atomic_inc(&t->files->refs);
	} else {
		t->files = files_dup(me->files);
		if (!t->files)
			return -ENOMEM;
	}
	if (flags & CLONE_FS) {
		t->fs = me->fs;
		atomic_inc(&t->fs->refs);
	} else {
		t->fs = fs_dup(me->fs);
		if (!t->fs)
			return -ENOMEM;
	}
	if (flags & CLONE_VM) {
		mm = me->thread.mm;
		mm_share(mm);
		mm_get(mm);
	} else {
		mm = mm_dup(me->thread.mm);
		if (IS_ERR(mm))
			return (int)PTR_ERR(mm);
	}
	t->thread.mm = mm;
	return 0;
}

/* CLONE_PIDFD: the descriptor, told to the program but not yet open, and its file. */
static int prepare_pidfd(struct task_struct *t, const struct clone_args *args, struct file **file)
{
	int fd = fd_reserve(0, true);

	if (fd < 0)
		return fd;
	*file = pidfd_for_child(t, args->flags & CLONE_THREAD ? PIDFD_THREAD : 0);
	if (IS_ERR(*file)) {
		fd_release(fd);
		return (int)PTR_ERR(*file);
	}
	if (put_user(fd, args->pidfd)) {
		fd_release(fd);
		file_put(*file);
		return -EFAULT;
	}
	return fd;
}

void task_discard(struct task_struct *t)
{
	unsigned long flags;

	if (t->handle) {
		flags = spin_lock_irqsave(&tasklist_lock);
		pid_handle_gone(t);
		spin_unlock_irqrestore(&tasklist_lock, flags);
	}
	if (t->thread.mm)
		mm_put(t->thread.mm);
	if (t->fs)
		fs_put(t->fs);
	if (t->files)
		files_put(t->files);
	inode_put(t->uts_ns);
	sighand_put(t->sighand);
	sem_exit(t);
	kstack_free((void *)t->thread.kstack);
	atomic_set(&t->refs, 1);
	task_put(t);
}

/* ------------------------------------------------ among the others */

int task_publish(struct task_struct *t, struct task_struct *parent, bool thread)
{
	struct signal_struct *sig = t->signal;
	int pid = pid_alloc();

	if (pid < 0)
		return pid;
	t->pid = pid;
	t->tgid = thread ? sig->leader->pid : pid;
	t->parent = t->real_parent = parent;
	if (!thread) {
		sig->leader = t;
		sig->ppid = parent->tgid;
		list_add_tail(&t->sibling, &parent->children);
		pgrp_count(sig->pgid, sig->sid, 1);
	}
	list_add_tail(&t->thread_node, &sig->threads);
	list_add_tail(&t->task_node, &all_tasks);
	pid_attach(t);
	return 0;
}

/* -ERESTARTNOINTR: a signal came; it is seen to first. */
static int publish(struct task_struct *t, const struct clone_args *args, struct tracee **trace)
{
	struct task_struct *me = current, *parent;
	bool thread = args->flags & CLONE_THREAD;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int err = -ERESTARTNOINTR;

	spin_lock(&me->sighand->siglock);
	if (signal_pending())
		goto out;
	parent = me->signal->leader;
	if (thread) {
		parent = parent->real_parent;
		me->signal->nr_threads++;
		atomic_inc(&me->signal->live);
	} else {
		t->exit_signal = args->exit_signal;
		if (args->flags & CLONE_PARENT) {
			t->exit_signal = parent->exit_signal;
			parent = parent->real_parent;
		}
		t->signal->pgid = me->signal->pgid;
		t->signal->sid = me->signal->sid;
		t->signal->tty = me->signal->tty;
		t->signal->forker = me->pid;
	}
	err = task_publish(t, parent, thread);
	if (err && thread) {
		me->signal->nr_threads--;
		atomic_dec(&me->signal->live);
	}
	if (!err && unlikely(*trace))
		ptrace_fork_locked(t, trace);
out:
	spin_unlock(&me->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return err;
}

static long start(struct task_struct *t, const struct clone_args *args, int event)
{
	struct wait_queue *wq = &current->signal->child_wait;
	int pid = t->pid;

	if (args->flags & CLONE_PARENT_SETTID)
		(void)put_user(pid, args->parent_tid);
	if (!(args->flags & CLONE_VFORK)) {
		sched_start(t);
		if (unlikely(event))
			ptrace_event((enum ptrace_event)event, (unsigned long)pid);
		return pid;
	}
	task_get(t);
	t->vfork_done = wq;
	sched_start(t);
	if (unlikely(event))
		ptrace_event((enum ptrace_event)event, (unsigned long)pid);
	/* Killed while it waits: it goes; the child finds whoever is its parent then. */
	if (!wait_event_killable(wq, READ_ONCE(t->vfork_released)))
		ptrace_event(PTRACE_EVENT_VFORK_DONE, (unsigned long)pid);
	task_put(t);
	return pid;
}

void vfork_release(struct task_struct *t)
{
	unsigned long flags;

	if (!t->vfork_done)
		return;
	t->vfork_done = NULL;
	flags = spin_lock_irqsave(&tasklist_lock);
	WRITE_ONCE(t->vfork_released, true);
	wake_up_all(&t->real_parent->signal->child_wait);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

void task_put(struct task_struct *t)
{
	if (!atomic_dec_and_test(&t->refs))
		return;
	if (t->cred)
		cred_put(t->cred);
	signal_put(t->signal);
	kmem_cache_free(task_cache, t);
}
