// SPDX-License-Identifier: MIT
/*
 * pidfd: a descriptor that names a process, or one thread of it, for ever.
 *
 * A number can be given to another process once the first is reaped; a
 * descriptor cannot.  It holds a handle, which knows the task as long as that
 * is on the lists and nothing after.  A task has no handle until somebody
 * asks for one, so fork pays nothing.  The handle belongs to the number: in an
 * exec by another thread it passes to whoever is the leader from then on.
 *
 * Always true: h->task->handle == h, or h->task is NULL.
 * Lock:        tasklist_lock, for both pointers.
 */
#include <kernel/pidfd.h>

#include <kernel/fs/file.h>
#include <kernel/fs/poll.h>
#include <kernel/ptrace.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/slab.h>

/* [a] atomic  [t] tasklist_lock */
struct pid_handle {
	atomic_t refs;                  /* [a] files, and the task */
	struct task_struct *task;       /* [t] not a reference; NULL: reaped */
	struct wait_queue wq;           /* those who poll */
};

static struct pid_handle *handle_alloc(void);
static struct file *make_file(struct pid_handle *h, unsigned int flags);
static unsigned int pidfd_poll(struct file *f, struct poll_table *pt);
static void pidfd_release(struct inode *inode, struct file *f);
static void pidfd_show(struct file *f, char *buf, size_t size);

static const struct file_operations pidfd_fops = {
	.llseek = noop_llseek,
	.poll = pidfd_poll,
	.release = pidfd_release,
	.show_fdinfo = pidfd_show,
};

/* ------------------------------------------------ the calls */

long sys_pidfd_open(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1];
	struct pid_handle *h;
	struct task_struct *t;
	struct file *f;
	int fd;

	if ((flags & ~(PIDFD_NONBLOCK | PIDFD_THREAD)) || (int)a[0] <= 0)
		return -EINVAL;
	t = find_task((int)a[0]);
	if (!t)
		return -ESRCH;
	if (!(flags & PIDFD_THREAD) && !thread_group_leader(t))
		h = ERR_PTR(-EINVAL);
	else
		h = pid_handle_of(t);
	task_put(t);
	if (IS_ERR(h))
		return PTR_ERR(h);
	f = make_file(h, flags);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_lowest(f, 0, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

/* The open file @fd of @t, or an ERR_PTR. */
static struct file *file_of(struct task_struct *t, int fd)
{
	struct files_struct *files;
	struct file *f;

	if (!ptrace_may_access(t, PTRACE_MODE_REALCREDS))
		return ERR_PTR(-EPERM);
	spin_lock(&t->lock);
	files = t->files;
	if (files)
		atomic_inc(&files->refs);
	spin_unlock(&t->lock);
	if (!files)
		return ERR_PTR(-ESRCH);
	f = files_get_file(files, fd);
	files_put(files);
	return f ? f : ERR_PTR(-EBADF);
}

long sys_pidfd_getfd(const unsigned long *a)
{
	struct task_struct *t;
	unsigned int flags;
	struct file *f;
	int fd;

	if ((unsigned int)a[2])
		return -EINVAL;
	t = pidfd_get_task((int)a[0], &flags);
	if (IS_ERR(t))
		return PTR_ERR(t);
	f = file_of(t, (int)a[1]);
	task_put(t);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_lowest(f, 0, true);
	if (fd < 0)
		file_put(f);
	return fd;
}

struct pid_handle *pidfd_get_handle(int fd, unsigned int *flags)
{
	struct fd_ref ref = fdget(fd);
	struct pid_handle *h = ERR_PTR(-EBADF);

	if (ref.file && ref.file->f_op == &pidfd_fops) {
		h = ref.file->private_;
		atomic_inc(&h->refs);
		*flags = file_flags(ref.file) & (PIDFD_NONBLOCK | PIDFD_THREAD);
	}
	if (ref.file)
		fdput(ref);
	return h;
}

struct task_struct *pidfd_get_task(int fd, unsigned int *flags)
{
	struct pid_handle *h = pidfd_get_handle(fd, flags);
	struct task_struct *t;

	if (IS_ERR(h))
		return (struct task_struct *)h;
	t = pid_handle_task(h);
	pid_handle_put(h);
	return t ? t : ERR_PTR(-ESRCH);
}

/* ------------------------------------------------ handles */

static struct pid_handle *handle_alloc(void)
{
	struct pid_handle *h = kmalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return NULL;
	atomic_set(&h->refs, 2);
	h->task = NULL;
	wait_queue_init(&h->wq);
	return h;
}

struct pid_handle *pid_handle_of(struct task_struct *t)
{
	struct pid_handle *fresh = handle_alloc(), *h;
	unsigned long flags;

	if (!fresh)
		return ERR_PTR(-ENOMEM);
	flags = spin_lock_irqsave(&tasklist_lock);
	h = t->handle;
	if (h) {
		atomic_inc(&h->refs);
	} else if (!t->sighand) {
		h = ERR_PTR(-ESRCH);
	} else {
		h = t->handle = fresh;
		h->task = t;
		fresh = NULL;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	kfree(fresh);
	return h;
}

struct task_struct *pid_handle_task(struct pid_handle *h)
{
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	struct task_struct *t = h->task;

	if (t)
		task_get(t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return t;
}

void pid_handle_get(struct pid_handle *h)
{
	atomic_inc(&h->refs);
}

void pid_handle_put(struct pid_handle *h)
{
	if (atomic_dec_and_test(&h->refs))
		kfree(h);
}

void pid_handle_ended(struct task_struct *t)
{
	assert_held(&tasklist_lock);
	if (unlikely(t->handle))
		wake_up_all(&t->handle->wq);
}

void pid_handle_gone(struct task_struct *t)
{
	struct pid_handle *h = t->handle;

	assert_held(&tasklist_lock);
	if (likely(!h))
		return;
	t->handle = NULL;
	h->task = NULL;
	wake_up_all(&h->wq);
	pid_handle_put(h);
}

void pid_handles_swap(struct task_struct *a, struct task_struct *b)
{
	struct pid_handle *h = a->handle;

	assert_held(&tasklist_lock);
	a->handle = b->handle;
	b->handle = h;
	if (a->handle)
		a->handle->task = a;
	if (b->handle)
		b->handle->task = b;
}

/* ------------------------------------------------ files */

/* Takes the reference of @h. */
static struct file *make_file(struct pid_handle *h, unsigned int flags)
{
	struct file *f = anon_file("[pidfd]", &pidfd_fops, h, O_RDWR | flags);

	if (IS_ERR(f))
		pid_handle_put(h);
	return f;
}

struct file *pidfd_for_child(struct task_struct *t, unsigned int flags)
{
	struct pid_handle *h = handle_alloc();

	if (!h)
		return ERR_PTR(-ENOMEM);
	h->task = t;
	t->handle = h;
	return make_file(h, flags);
}

/* poll(2) of a pidfd: readable once the process, or the thread, has ended; hung up once reaped. */
static unsigned int pidfd_poll(struct file *f, struct poll_table *pt)
{
	bool thread = file_flags(f) & PIDFD_THREAD;
	struct pid_handle *h = f->private_;
	unsigned int events = 0;
	struct task_struct *t;
	unsigned long flags;

	poll_wait(pt, &h->wq);
	flags = spin_lock_irqsave(&tasklist_lock);
	t = h->task;
	if (!t)
		events = POLLIN | POLLRDNORM | POLLHUP;
	else if (READ_ONCE(t->state) >= TASK_ZOMBIE && (thread || !t->signal->nr_threads))
		events = POLLIN | POLLRDNORM;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return events;
}

static void pidfd_release(struct inode *inode, struct file *f)
{
	pid_handle_put(f->private_);
}

static void pidfd_show(struct file *f, char *buf, size_t size)
{
	struct pid_handle *h = f->private_;
	unsigned long flags = spin_lock_irqsave(&tasklist_lock);
	int pid = h->task ? h->task->pid : -1;

	spin_unlock_irqrestore(&tasklist_lock, flags);
	scnprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}
