// SPDX-License-Identifier: MIT
/*
 * Core dumps: who writes one, where to, and what the other threads do
 * meanwhile.
 *
 * The thread that took the signal becomes the writer.  It tells the others to
 * die; each of them stops at the door of its exit (coredump_park), with its
 * registers where the writer finds them, and goes on when the file is done.
 * SIGKILL, which a dying process else no longer hears, ends the writing.
 *
 * Always true: signal->core is set only while the writer is in coredump().
 * Lock:        tasklist_lock and siglock for who waits for whom.
 */
#include <kernel/coredump.h>

#include <kernel/core_internal.h>
#include <kernel/cred.h>
#include <kernel/fs/attr.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/log.h>
#include <kernel/signal_internal.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <mm/mm.h>
#include <mm/slab.h>

/* task_struct.core_part: no part, the writer waits for it, it waits for the writer. */
enum { CORE_NONE, CORE_AWAITED, CORE_PARKED };

/* One dump under way; on the writer's stack. */
struct core_state {
	struct task_struct *writer;     /* [c] */
	unsigned int awaited;           /* [s] threads that are still on their way to the door */
};

unsigned int suid_dumpable;

static bool wanted(void);
static bool gather_threads(struct core_state *core, int sig);
static bool write_core(const siginfo_t *info);
static void disperse(bool dumped);
static int list_threads(struct core_dump *c);
static int become_root(void);
static int open_output(struct core_dump *c);
static struct file *open_file(const char *name, bool as_root);

void coredump(const siginfo_t *info)
{
	struct task_struct *t = current;
	struct core_state core = { .writer = t };
	bool dumped = false;

	if (!wanted() || !gather_threads(&core, info->si_signo))
		return;
	for (;;) {
		set_current_state(TASK_KILLABLE);
		if (!READ_ONCE(core.awaited) || fatal_signal_pending())
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
	if (!READ_ONCE(core.awaited))
		dumped = write_core(info);
	disperse(dumped);
}

/* core(5): a limit of one byte is how a helper that crashes itself is kept from another. */
static bool wanted(void)
{
	unsigned long limit = READ_ONCE(current->signal->rlim[RLIMIT_CORE].cur);

	if (READ_ONCE(current->thread.mm->dumpable) == DUMP_NONE)
		return false;
	return core_pattern_is_pipe() ? limit != 1 : limit >= PAGE_SIZE;
}

/* The process is ending, by @sig.  False: it was already. */
static bool gather_threads(struct core_state *core, int sig)
{
	struct task_struct *t = current, *other;
	struct signal_struct *s = t->signal;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	bool first;

	spin_lock(&t->sighand->siglock);
	first = !s->group_exit && !s->group_exec;
	if (first) {
		s->group_exit = true;
		s->group_exit_code = sig;
		s->core = core;
		list_for_each_entry(other, &s->threads, thread_node) {
			if (other == t || (other->flags & PF_EXITING))
				continue;
			other->core_part = CORE_AWAITED;
			core->awaited++;
		}
		zap_other_threads(t);
		t->flags |= PF_DUMPCORE;
		/* Nothing but SIGKILL comes from here on: what waits is not to disturb. */
		__atomic_fetch_and(&t->thread.work, ~WORK_SIGNAL, __ATOMIC_SEQ_CST);
	}
	spin_unlock(&t->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return first;
}

static void arrived(struct signal_struct *s)
{
	if (!--s->core->awaited)
		wake_up_process(s->core->writer);
}

void coredump_park(void)
{
	struct task_struct *t = current;
	unsigned long flags;

	if (likely(t->core_part != CORE_AWAITED))
		return;
	flags = spin_lock_irqsave(&t->sighand->siglock);
	if (t->core_part == CORE_AWAITED) {
		t->core_part = CORE_PARKED;
		arrived(t->signal);
	}
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(t->core_part) != CORE_PARKED)
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
}

void coredump_thread_gone(struct task_struct *t)
{
	if (unlikely(t->core_part == CORE_AWAITED)) {
		t->core_part = CORE_NONE;
		arrived(t->signal);
	}
}

void coredump_kill(struct task_struct *t)
{
	struct core_state *core = t->signal->core;

	if (core) {
		t->signal->group_exit_code = SIGKILL;
		core->writer->pending.set |= SIG_BIT(SIGKILL);
		signal_wake_up(core->writer, true);
	}
}

/* It is over: all go on to their end. */
static void disperse(bool dumped)
{
	struct task_struct *t = current, *other;
	struct signal_struct *s = t->signal;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);

	spin_lock(&t->sighand->siglock);
	if (dumped && !(t->pending.set & SIG_BIT(SIGKILL)))
		s->group_exit_code |= 0x80;
	s->core = NULL;
	list_for_each_entry(other, &s->threads, thread_node) {
		if (other->core_part == CORE_NONE)
			continue;
		WRITE_ONCE(other->core_part, CORE_NONE);
		wake_up_process(other);
	}
	spin_unlock(&t->sighand->siglock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* The current thread, and those that are parked. */
static int list_threads(struct core_dump *c)
{
	struct task_struct *me = current, *t;
	unsigned int max = READ_ONCE(me->signal->nr_threads);
	unsigned long flags;

	c->threads = kvmalloc(max * sizeof(*c->threads), GFP_KERNEL);
	if (!c->threads)
		return -ENOMEM;
	c->threads[c->nr_threads++] = me;
	flags = spin_lock_irqsave(&tasklist_lock);
	list_for_each_entry(t, &me->signal->threads, thread_node)
		if (t->core_part == CORE_PARKED && c->nr_threads < max)
			c->threads[c->nr_threads++] = t;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	/* Parked, but perhaps not yet off its hart: then its registers are. */
	for (unsigned int i = 1; i < c->nr_threads; i++)
		while (__atomic_load_n(&c->threads[i]->on_cpu, __ATOMIC_ACQUIRE)) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			schedule_until(time_ns() + 20000);
			set_current_state(TASK_RUNNING);
		}
	return 0;
}

static bool write_core(const siginfo_t *info)
{
	struct core_dump c = { .info = info };
	int cut, err = list_threads(&c);

	if (!err)
		err = open_output(&c);
	if (!err) {
		cut = core_write_elf(&c);
		if (cut)
			pr_info("%.16s[%d]: its core is cut short: error %d", current->comm,
				current->pid, -cut);
		file_put(c.file);
	}
	kvfree(c.threads);
	return !err;
}

/* Where core_pattern says.  0 or -errno. */
static int open_output(struct core_dump *c)
{
	bool as_root = READ_ONCE(current->thread.mm->dumpable) == DUMP_ROOT;
	struct core_name name;
	int err = core_name_expand(&name, c->info);

	if (!err && as_root)
		err = name.pipe || *name.argv[0] == '/' ? become_root() : -EPERM;
	if (!err) {
		c->pipe = name.pipe;
		c->limit = c->pipe ? ~0UL : READ_ONCE(current->signal->rlim[RLIMIT_CORE].cur);
		c->file = c->pipe ? core_pipe_start(&name) : open_file(name.argv[0], as_root);
		err = PTR_ERR_OR_ZERO(c->file);
	}
	if (err)
		pr_info("%.16s[%d]: no core: error %d", current->comm, current->pid, -err);
	core_name_free(&name);
	return err;
}

/*
 * Its powers have changed, so who may read the core is not to be told from
 * its ids: the file becomes root's, at a place that its own root cannot shift.
 */
static int become_root(void)
{
	struct task_struct *t = current;
	struct fs_struct *fs = fs_alloc(), *old;
	struct cred *cred = cred_prepare();

	if (!fs || !cred) {
		fs_put(fs);
		if (cred)
			cred_put(cred);
		return -ENOMEM;
	}
	cred->fsuid = 0;
	cred_commit(cred);
	spin_lock(&t->lock);
	old = t->fs;
	t->fs = fs;
	spin_unlock(&t->lock);
	fs_put(old);
	return 0;
}

/*
 * core(5): a fresh regular file that nobody else has a name for, ours alone.
 * One that stands in the way goes, but not by the powers of root.
 */
static struct file *open_file(const char *name, bool as_root)
{
	struct file *f;
	int err = -EPERM;

	if (!as_root)
		(void)vfs_unlink(name);
	f = file_open(name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0600);
	if (IS_ERR(f))
		return f;
	if (S_ISREG(f->inode->mode) && f->inode->nlink == 1 && (f->inode->mode & 0677) == 0600 &&
	    f->inode->uid == current->cred->fsuid)
		err = do_truncate(&f->path, 0, f);
	if (!err)
		return f;
	file_put(f);
	return ERR_PTR(err);
}
