// SPDX-License-Identifier: MIT
/*
 * exit: a task gives back what it has, tells its parent, and stops.
 *
 *   thread    leaves by itself: nobody waits for one thread
 *   leader    stays a zombie until its parent has waited, but is announced only
 *             when the last thread of its process is gone
 *
 * Children belong to the leader, whichever thread made them, so they look for
 * a new parent only when the process as a whole ends: the nearest ancestor
 * that asked for them (PR_SET_CHILD_SUBREAPER), or process 1.
 *
 * Always true: a task off the lists has state DEAD and no sighand.
 * Lock:        tasklist_lock, then siglock.
 */
#include <kernel/process.h>

#include <arch/machine.h>
#include <arch/vector.h>
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/drivers/tty.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/ipc/ipc.h>
#include <kernel/log.h>
#include <kernel/pidfd.h>
#include <kernel/ptrace.h>
#include <kernel/rq.h>
#include <kernel/rusage.h>
#include <kernel/sched.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <mm/mm.h>

static void init_exits(int status);
static void give_back(struct task_struct *t);
static void leave_group(struct task_struct *t, int status, struct list_head *released);
/* Does @parent, of another group of the session, keep that of @child from being orphaned? */
static bool holds_group(const struct task_struct *parent, const struct task_struct *child)
{
	return parent->signal->pgid != child->signal->pgid &&
	       parent->signal->sid == child->signal->sid;
}

static void process_ends(struct task_struct *leader, struct list_head *released);
static void reparent_children(struct task_struct *from, struct list_head *released);
static void hang_up_orphans(int pgid, struct task_struct *without);

void do_exit(int status)
{
	struct task_struct *t = current;
	LIST_HEAD(released);
	struct task_struct *r, *tmp;
	unsigned long flags;

	assert(!(t->flags & (PF_EXITING | PF_IDLE)));
	coredump_park();
	ptrace_event(PTRACE_EVENT_EXIT, (unsigned long)status);
	t->flags |= PF_EXITING;
	if (t->sighand) {
		flags = spin_lock_irqsave(&tasklist_lock);
		signal_thread_exit(t);
		spin_unlock_irqrestore(&tasklist_lock, flags);
	}
	if (atomic_dec_and_test(&t->signal->live)) {
		if (t->tgid == 1)
			init_exits(status);
		process_timers_exit(t->signal);
		tty_session_exit();
	}
	give_back(t);
	flags = spin_lock_irqsave(&tasklist_lock);
	leave_group(t, status, &released);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	list_for_each_entry_safe(r, tmp, &released, task_node)
		task_put(r);
	sched_exit();
}

static void init_exits(int status)
{
	pr_err("process 1 (%s) ended with %s %d: nothing left to run", current->comm,
	       status & 0x7f ? "signal" : "status", status & 0x7f ? status & 0x7f : status >> 8);
	sync_filesystems(true);
	ipi_stop_others();
	machine_poweroff(status & 0x7f ? 128 + (status & 0x7f) : status >> 8);
}

/* What the program had; sleeps. */
static void give_back(struct task_struct *t)
{
	struct files_struct *files = t->files;
	struct fs_struct *fs = t->fs;
	struct inode *uts = t->uts_ns;
	struct mm_struct *mm = t->thread.mm;

	if (mm) {
		futex_exit(t);
		t->signal->maxrss = max(t->signal->maxrss,
					max(mm->hiwater_rss, mm_rss(mm)) * (PAGE_SIZE / KiB));
		mm = sched_set_mm(NULL);
		thread_vector_free(&t->thread);
	}
	vfork_release(t);
	if (mm)
		mm_put(mm);
	sem_exit(t);
	spin_lock(&t->lock);
	t->files = NULL;
	t->fs = NULL;
	t->uts_ns = NULL;
	spin_unlock(&t->lock);
	if (unlikely(uts))
		inode_put(uts);
	if (files)
		files_put(files);
	if (fs)
		fs_put(fs);
}

static int cld_code(int status)
{
	if (!(status & 0x7f))
		return CLD_EXITED;
	return status & 0x80 ? CLD_DUMPED : CLD_KILLED;
}

/* Count out of the process; the last one ends it.  Tasks taken off the lists go on @released. */
static void leave_group(struct task_struct *t, int status, struct list_head *released)
{
	struct signal_struct *sig = t->signal;
	struct task_struct *leader = sig->leader;
	bool stays = t == leader;
	unsigned int left;

	assert_held(&tasklist_lock);
	ptrace_exit_tracer_locked(released);
	if (t->sighand)
		spin_lock(&t->sighand->siglock);
	t->exit_code = status;
	rusage_add_thread(sig, t);
	left = --sig->nr_threads;
	if (sig->group_exec && left == 1)
		wake_up_process(sig->group_exec);
	if (sig->group_exit)
		leader->exit_code = sig->group_exit_code;
	if (t->sighand)
		spin_unlock(&t->sighand->siglock);
	if (!stays && unlikely(t->tracee) && !notify_tracer(t, cld_code(status))) {
		stays = true;
		sig->nr_traced_dead++;
	}
	if (!stays) {
		task_release(t);
		list_add(&t->task_node, released);
	}
	sched_set_exit_state(stays ? TASK_ZOMBIE : TASK_DEAD);
	pid_handle_ended(t);
	if (process_has_ended(sig))
		process_ends(leader, released);
}

bool process_has_ended(const struct signal_struct *sig)
{
	return !sig->nr_threads && !sig->nr_traced_dead;
}

static void reap(struct task_struct *leader, struct list_head *released)
{
	task_release(leader);
	list_add(&leader->task_node, released);
}

static void process_ends(struct task_struct *leader, struct list_head *released)
{
	if (!list_empty(&leader->children))
		reparent_children(leader, released);
	if (holds_group(leader->real_parent, leader))
		hang_up_orphans(leader->signal->pgid, leader);
	pid_handle_ended(leader);
	process_announce(leader, released);
}

/* A tracer comes before the parent, who hears of it once that has waited, or let go. */
void process_announce(struct task_struct *leader, struct list_head *released)
{
	int code = cld_code(leader->exit_code);

	if (ptrace_by_other_locked(leader)) {
		if (!notify_tracer(leader, code))
			return;
		ptrace_unlink_locked(leader);
	}
	if (notify_parent(leader, leader->exit_signal, code))
		reap(leader, released);
}

void process_thread_reaped(struct task_struct *t, struct list_head *released)
{
	struct signal_struct *sig = t->signal;

	task_release(t);
	list_add(&t->task_node, released);
	sig->nr_traced_dead--;
	if (process_has_ended(sig))
		process_ends(sig->leader, released);
}

void task_release(struct task_struct *t)
{
	struct signal_struct *sig = t->signal;
	struct sighand_struct *sighand = t->sighand;

	assert_held(&tasklist_lock);
	if (unlikely(t->tracee))
		ptrace_unlink_locked(t);
	if (unlikely(!list_empty(&sig->cpu_timers)))
		posix_timers_gone(t);
	pid_detach(t);
	pid_handle_gone(t);
	list_del_init(&t->task_node);
	list_del_init(&t->sibling);
	if (sighand)
		spin_lock(&sighand->siglock);
	list_del_init(&t->thread_node);
	sigpending_flush(&t->pending);
	if (t == sig->leader) {
		pgrp_count(sig->pgid, sig->sid, -1);
		sigpending_flush(&sig->shared_pending);
	}
	t->sighand = NULL;
	if (sighand)
		spin_unlock(&sighand->siglock);
	sighand_put(sighand);
	if (t->state == TASK_ZOMBIE)
		t->state = TASK_DEAD;
}

/* ------------------------------------------------ those who stay behind */

static struct task_struct *find_reaper(struct task_struct *dying)
{
	struct task_struct *p;

	for (p = dying->real_parent; p != init_task && p->pid; p = p->real_parent)
		if (p->signal->child_subreaper && p->signal->nr_threads)
			return p->signal->leader;
	return init_task;
}

static void reparent_children(struct task_struct *from, struct list_head *released)
{
	struct task_struct *reaper = find_reaper(from), *t, *tmp;

	list_for_each_entry_safe(t, tmp, &from->children, sibling) {
		bool apart = holds_group(from, t);

		t->parent = t->real_parent = reaper;
		WRITE_ONCE(t->signal->ppid, reaper->tgid);
		t->exit_signal = SIGCHLD;
		list_move_tail(&t->sibling, &reaper->children);
		if (t->pdeath_signal)
			send_signal_process_locked(t->pdeath_signal, NULL, t);
		if (t->state == TASK_ZOMBIE && process_has_ended(t->signal) &&
		    !ptrace_by_other_locked(t) &&
		    notify_parent(t, SIGCHLD, cld_code(t->exit_code))) {
			reap(t, released);
			continue;
		}
		if (apart)      /* this process kept the child's group from being orphaned */
			hang_up_orphans(t->signal->pgid, NULL);
	}
}

static bool has_stopped(int pgid)
{
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, task_node)
		if (thread_group_leader(t) && t->signal->pgid == pgid && t->signal->group_stopped)
			return true;
	return false;
}

/* POSIX _exit(): a group that becomes orphaned with a stopped member gets SIGHUP and SIGCONT. */
static void hang_up_orphans(int pgid, struct task_struct *without)
{
	struct task_struct *t, *tmp;

	if (likely(!sched_nr_stopped()) || !has_stopped(pgid) || !pgrp_orphaned(pgid, without))
		return;
	list_for_each_entry_safe(t, tmp, &all_tasks, task_node) {
		if (!thread_group_leader(t) || t->signal->pgid != pgid || t == without)
			continue;
		send_signal_process_locked(SIGHUP, NULL, t);
		send_signal_process_locked(SIGCONT, NULL, t);
	}
}

/* ------------------------------------------------ the whole process */

void do_group_exit(int status)
{
	struct task_struct *t = current;
	struct signal_struct *sig = t->signal;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	spin_lock(&t->sighand->siglock);
	if (sig->group_exec && sig->group_exec != t) {
		/* another thread's exec takes this one down, nothing more */
		status = 0;
	} else if (sig->group_exit) {
		status = sig->group_exit_code;
	} else {
		sig->group_exit = true;
		sig->group_exit_code = status;
		if (sig->nr_threads > 1)
			zap_other_threads(t);
	}
	spin_unlock(&t->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	do_exit(status);
}

long sys_exit(const unsigned long *a)
{
	do_exit((int)(a[0] & 0xff) << 8);
}

long sys_exit_group(const unsigned long *a)
{
	do_group_exit((int)(a[0] & 0xff) << 8);
}

/* ------------------------------------------------ exec by a thread */

/* The number, the parent and the children of the process pass to @t; the old leader goes. */
static void become_leader(struct task_struct *t, struct task_struct *old)
{
	struct task_struct *child;
	int tid = t->pid;

	assert(old->state == TASK_ZOMBIE);
	pid_detach(t);
	pid_detach(old);
	t->pid = old->pid;
	old->pid = tid;
	pid_attach(t);
	pid_attach(old);
	pid_handles_swap(t, old);
	list_move(&t->thread_node, &t->signal->threads);
	list_del(&t->sibling);
	list_replace(&old->sibling, &t->sibling);
	INIT_LIST_HEAD(&old->sibling);
	t->parent = old->parent;
	t->real_parent = old->real_parent;
	list_splice_init(&old->children, &t->children);
	list_for_each_entry(child, &t->children, sibling)
		child->parent = child->real_parent = t;
	t->start_ns = old->start_ns;
	t->exit_signal = SIGCHLD;
	old->exit_signal = -1;
	t->signal->leader = t;
	task_release(old);
}

static int wait_alone(struct signal_struct *sig)
{
	for (;;) {
		set_current_state(TASK_KILLABLE);
		if (READ_ONCE(sig->nr_threads) == 1 || fatal_signal_pending())
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
	return READ_ONCE(sig->nr_threads) == 1 ? 0 : -EINTR;
}

int de_thread(void)
{
	struct task_struct *t = current, *old = NULL;
	struct signal_struct *sig = t->signal;
	unsigned long flags;
	int err = -EAGAIN;

	if (sig->leader == t && READ_ONCE(sig->nr_threads) == 1) {
		posix_timers_delete(sig);
		return 0;
	}
	flags = spin_lock_irqsave(&tasklist_lock);
	spin_lock(&t->sighand->siglock);
	if (!sig->group_exit && !sig->group_exec) {
		sig->group_exec = t;
		zap_other_threads(t);
		err = 0;
	}
	spin_unlock(&t->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (err)
		return err;
	err = wait_alone(sig);

	flags = spin_lock_irqsave(&tasklist_lock);
	if (!err && sig->leader != t) {
		old = sig->leader;
		become_leader(t, old);
	}
	spin_lock(&t->sighand->siglock);
	sig->group_exec = NULL;
	spin_unlock(&t->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (old)
		task_put(old);
	if (!err)
		posix_timers_delete(sig);
	return err;
}
