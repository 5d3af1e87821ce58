// SPDX-License-Identifier: MIT
/*
 * signalfd(2): signals as something to be read.
 *
 * The descriptor holds a mask and nothing else; what it reads is what waits
 * for the task that reads it.  So its poll hangs on the queue of the polling
 * process' handlers, and it keeps those (watch) for as long as a queue of
 * theirs may have an entry of ours: until the file is released.
 *
 * Always true: a sighand_struct of the list has a watcher and a reference.
 * Lock:        ctx->lock for the list; the mask is one word.
 */
#include <kernel/fs/file.h>
#include <kernel/fs/poll.h>
#include <kernel/signal_internal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

/* One handler table on whose queue a poll of this file hangs. */
struct watch {
	struct list_head node;
	struct sighand_struct *sighand;
};

struct signalfd {
	struct spinlock lock;           /* RANK_DRIVER */
	u64 mask;                       /* [a] signals to take */
	struct list_head watches;       /* [lock] */
};

/* struct signalfd_siginfo of signalfd(2). */
struct signalfd_info {
	u32 signo;
	int err, code;
	u32 pid, uid;
	int fd;
	u32 tid, band, overrun, trapno;
	int status, value_int;
	u64 value_ptr, utime, stime, addr;
	u16 addr_lsb, pad;
	int syscall;
	u64 call_addr;
	u32 arch;
	u8 fill[28];
};

_Static_assert(sizeof(struct signalfd_info) == 128, "signalfd_siginfo is 128 bytes");

static int take(struct signalfd *ctx, siginfo_t *info);
static void describe(struct signalfd_info *out, const siginfo_t *info);
static bool watch(struct signalfd *ctx);
static void take_dead(struct signalfd *ctx, struct list_head *dead);
static void unwatch_all(struct list_head *watches);

/* ------------------------------------------------ reading */

static ssize_t signalfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct signalfd *ctx = f->private_;
	struct signalfd_info out;
	siginfo_t info;
	ssize_t done = 0;

	if (to->count < sizeof(out))
		return -EINVAL;
	while (to->count >= sizeof(out)) {
		int err = 0, sig = take(ctx, &info);

		if (!sig && (done || (f->flags & O_NONBLOCK)))
			return done ? done : -EAGAIN;
		if (!sig)
			err = wait_event_interruptible(&current->sighand->signalfd_wait,
						       (sig = take(ctx, &info)) != 0);
		if (err)
			return err;
		describe(&out, &info);
		if (copy_to_iter(&out, sizeof(out), to) != sizeof(out))
			return done ? done : -EFAULT;
		done += sizeof(out);
	}
	return done;
}

/* The next signal of the mask that waits for the current task, or 0. */
static int take(struct signalfd *ctx, siginfo_t *info)
{
	struct task_struct *t = current;
	unsigned long flags = spin_lock_irqsave(&t->sighand->siglock);
	int sig = dequeue_signal(t, ~READ_ONCE(ctx->mask), info);

	if (sig)
		recalc_sigpending(t);
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return sig;
}

/* Does @sig with a positive code that is not SI_KERNEL say where a fault was? */
static bool tells_address(int sig)
{
	return SIG_BIT(sig) & (SIGNALS_SYNC & ~SIG_BIT(SIGSYS));
}

static void describe(struct signalfd_info *out, const siginfo_t *info)
{
	bool own = info->si_code > SI_USER && info->si_code < SI_KERNEL;

	memset(out, 0, sizeof(*out));
	out->signo = (u32)info->si_signo;
	out->err = info->si_errno;
	out->code = info->si_code;
	if (own && tells_address(info->si_signo)) {
		out->addr = info->fault.addr;
	} else if ((own && info->si_signo == SIGIO) || info->si_code == SI_SIGIO) {
		out->band = (u32)info->poll.band;
		out->fd = info->poll.fd;
	} else if (info->si_code == SI_TIMER) {
		out->tid = (u32)info->timer.tid;
		out->overrun = (u32)info->timer.overrun;
		out->value_ptr = info->timer.value.p;
		out->value_int = info->timer.value.i;
	} else {
		out->pid = (u32)info->rt.pid;
		out->uid = info->rt.uid;
		if (own && info->si_signo == SIGCHLD) {
			out->status = info->chld.status;
			out->utime = (u64)info->chld.utime;
			out->stime = (u64)info->chld.stime;
		} else if (info->si_code < 0 && info->si_code != SI_TKILL) {
			out->value_ptr = info->rt.value.p;
			out->value_int = info->rt.value.i;
		}
	}
}

/* ------------------------------------------------ waiting */

static unsigned int signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *ctx = f->private_;
	struct task_struct *t = current;
	unsigned long flags;
	u64 waiting;

	if (pt && pt->queue && !watch(ctx))
		return POLLIN | POLLERR;        /* no memory to wait with: look for yourself */
	poll_wait(pt, &t->sighand->signalfd_wait);
	flags = spin_lock_irqsave(&t->sighand->siglock);
	waiting = t->pending.set | t->signal->shared_pending.set;
	spin_unlock_irqrestore(&t->sighand->siglock, flags);
	return waiting & READ_ONCE(ctx->mask) ? POLLIN : 0;
}

/* Keep the current task's handlers, on whose queue something of @ctx is about to hang. */
static bool watch(struct signalfd *ctx)
{
	struct watch *w, *new = kmalloc(sizeof(*new), GFP_KERNEL);
	bool known = false;
	LIST_HEAD(dead);

	spin_lock(&ctx->lock);
	list_for_each_entry(w, &ctx->watches, node)
		known = known || w->sighand == current->sighand;
	if (!known && new) {
		take_dead(ctx, &dead);
		new->sighand = current->sighand;
		atomic_inc(&new->sighand->refs);
		atomic_inc(&new->sighand->watchers);
		list_add(&new->node, &ctx->watches);
		known = true;
		new = NULL;
	}
	spin_unlock(&ctx->lock);
	unwatch_all(&dead);
	kfree(new);
	return known;
}

/*
 * Handlers that no task has any more, and nothing hangs on: of processes that
 * have ended.  To be let go with ctx->lock free, which ranks above the slab's.
 */
static void take_dead(struct signalfd *ctx, struct list_head *dead)
{
	struct watch *w, *tmp;

	list_for_each_entry_safe(w, tmp, &ctx->watches, node)
		if (atomic_read(&w->sighand->refs) == 1 &&
		    list_empty(&w->sighand->signalfd_wait.waiters))
			list_move(&w->node, dead);
}

static void unwatch_all(struct list_head *watches)
{
	struct watch *w, *tmp;

	list_for_each_entry_safe(w, tmp, watches, node) {
		list_del(&w->node);
		atomic_dec(&w->sighand->watchers);
		sighand_put(w->sighand);
		kfree(w);
	}
}

static void signalfd_release(struct inode *inode, struct file *f)
{
	struct signalfd *ctx = f->private_;

	unwatch_all(&ctx->watches);
	kfree(ctx);
}

static void signalfd_show(struct file *f, char *buf, size_t size)
{
	struct signalfd *ctx = f->private_;

	scnprintf(buf, size, "sigmask:\t%016lx\n", (unsigned long)READ_ONCE(ctx->mask));
}

/* ------------------------------------------------ the call */

static const struct file_operations signalfd_fops = {
	.read = signalfd_read,
	.llseek = noop_llseek,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.show_fdinfo = signalfd_show,
};

static long create(u64 mask, unsigned int flags)
{
	struct signalfd *ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	struct file *f;
	int fd;

	if (!ctx)
		return -ENOMEM;
	spin_lock_init(&ctx->lock, RANK_DRIVER);
	INIT_LIST_HEAD(&ctx->watches);
	ctx->mask = mask;
	f = anon_file("[signalfd]", &signalfd_fops, ctx, O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(f)) {
		kfree(ctx);
		return PTR_ERR(f);
	}
	fd = fd_install_lowest(f, 0, flags & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long change(int fd, u64 mask)
{
	struct fd_ref ref = fdget(fd);
	long ret = fd;

	if (!ref.file)
		return -EBADF;
	if (ref.file->f_op == &signalfd_fops) {
		WRITE_ONCE(((struct signalfd *)ref.file->private_)->mask, mask);
		wake_up_all(&current->sighand->signalfd_wait);
	} else {
		ret = -EINVAL;
	}
	fdput(ref);
	return ret;
}

long sys_signalfd4(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[3];
	u64 mask;

	if (a[2] != sizeof(mask))
		return -EINVAL;
	if (get_user(&mask, a[1]))
		return -EFAULT;
	if (flags & ~(unsigned int)(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	mask &= ~SIGNALS_ABSOLUTE;
	return (int)a[0] == -1 ? create(mask, flags) : change((int)a[0], mask);
}
