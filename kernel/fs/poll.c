// SPDX-License-Identifier: MIT
/*
 * ppoll(2) and pselect6(2): wait until one of many files is ready.
 *
 * Each file is asked once with a poll_table that puts an entry on its queues;
 * a wake-up of any of them marks the table triggered and wakes the task, which
 * then asks all files again, without a table.
 */
#include <kernel/fs/poll.h>

#include <kernel/fs/file.h>
#include <kernel/fs/pollwait.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/bitmap.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

unsigned int file_poll(struct file *f, struct poll_table *pt)
{
	if (!f->f_op->poll)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	return f->f_op->poll(f, pt);
}

/* --------------------------------------------------------- the waiting part */

static bool pollwait_wake(struct wait_entry *w, unsigned long key)
{
	struct poll_entry *e = container_of(w, struct poll_entry, wait);

	WRITE_ONCE(e->owner->triggered, true);
	return wake_up_process(w->task);
}

static struct poll_entry *pollwait_entry(struct pollwait *pw)
{
	struct poll_more *more = pw->more;

	if (pw->nr_inline < POLL_INLINE)
		return &pw->inline_entries[pw->nr_inline++];
	if (!more || more->nr == ARRAY_SIZE(more->entries)) {
		more = kmalloc(sizeof(*more), GFP_KERNEL);
		if (!more) {
			pw->err = -ENOMEM;
			return NULL;
		}
		more->nr = 0;
		more->next = pw->more;
		pw->more = more;
	}
	return &more->entries[more->nr++];
}

static void pollwait_queue(struct poll_table *pt, struct wait_queue *wq)
{
	struct pollwait *pw = container_of(pt, struct pollwait, pt);
	struct poll_entry *e = pollwait_entry(pw);

	if (!e)
		return;
	e->owner = pw;
	e->wq = wq;
	wait_entry_init(&e->wait);
	e->wait.wake = pollwait_wake;
	wait_add(wq, &e->wait);
}

void pollwait_init(struct pollwait *pw)
{
	pw->pt.queue = pollwait_queue;
	pw->pt.want = 0;
	pw->nr_inline = 0;
	pw->more = NULL;
	pw->err = 0;
	pw->triggered = false;
}

void pollwait_end(struct pollwait *pw)
{
	struct poll_more *next;
	unsigned int i;

	for (i = 0; i < pw->nr_inline; i++)
		wait_remove(pw->inline_entries[i].wq, &pw->inline_entries[i].wait);
	for (; pw->more; pw->more = next) {
		next = pw->more->next;
		for (i = 0; i < pw->more->nr; i++)
			wait_remove(pw->more->entries[i].wq, &pw->more->entries[i].wait);
		kfree(pw->more);
	}
}

/*
 * Sleep until triggered or @deadline.  0: look again; -EINTR kin: a signal;
 * -ETIMEDOUT.
 */
int pollwait_sleep(struct pollwait *pw, u64 deadline)
{
	int ret = 0;

	if (pw->err)
		return pw->err;
	set_current_state(TASK_INTERRUPTIBLE);
	smp_mb();               /* before the look at triggered: pairs with wake_up_process */
	if (signal_pending())
		ret = -ERESTARTNOHAND;
	else if (!READ_ONCE(pw->triggered) && !schedule_until(deadline))
		ret = -ETIMEDOUT;
	set_current_state(TASK_RUNNING);
	WRITE_ONCE(pw->triggered, false);
	smp_mb();
	return ret;
}

/* ------------------------------------------------------- time and signals */

/* The program's timeout (NULL: for ever) as a deadline. */
static int deadline_import(vaddr_t addr, u64 *deadline)
{
	struct timespec ts;
	u64 now, ns;

	*deadline = TIMER_NEVER;
	if (!addr)
		return 0;
	if (copy_from_user(&ts, addr, sizeof(ts)))
		return -EFAULT;
	if (!timespec_valid(&ts))
		return -EINVAL;
	ns = timespec_to_ns(&ts);
	if (!ns) {
		*deadline = 0;
		return 0;
	}
	now = time_ns();
	*deadline = ns > TIMER_NEVER - 1 - now ? TIMER_NEVER - 1 : now + ns;
	return 0;
}

/* What is left of it goes back to the program, so that a restarted call waits no longer. */
static void deadline_export(vaddr_t addr, u64 deadline)
{
	struct timespec left = { 0, 0 };
	u64 now = time_ns();

	if (!addr)
		return;
	if (deadline > now)
		left = ns_to_timespec(deadline - now);
	if (copy_to_user(addr, &left, sizeof(left)))
		return;         /* read-only memory: Linux does not mind either */
}

int sigmask_import(vaddr_t addr, size_t size, bool *set)
{
	u64 mask;

	*set = false;
	if (!addr)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, addr, sizeof(mask)))
		return -EFAULT;
	set_temporary_sigmask(mask);
	*set = true;
	return 0;
}

/* ------------------------------------------------------------------- ppoll */

struct pollfd {
	int fd;
	s16 events, revents;
};

/*
 * The files of a call.  held[i]: a reference, taken once where another thread
 * could close: its descriptor may become another file while this one's queue
 * holds our entry.  held NULL: the table is ours alone, and they stay.
 */
struct poll_files {
	struct pollfd *fds;
	struct file **held;
	unsigned int nr;
};

static unsigned int poll_file(struct pollfd *p, struct file *f, struct poll_table *pt)
{
	unsigned int events = POLLNVAL;

	if (f)
		events = file_poll(f, pt) & ((u16)p->events | POLLERR | POLLHUP);
	return events;
}

static unsigned int poll_one(struct pollfd *p, struct file **held, struct poll_table *pt)
{
	unsigned int events = 0;

	if (p->fd >= 0) {
		struct fd_ref r = { NULL, false };

		if (!held)
			r = fdget(p->fd);
		events = poll_file(p, held ? *held : r.file, pt);
		fdput(r);
	}
	p->revents = (s16)events;
	return events;
}

static int poll_all(struct poll_files *p, struct poll_table *pt)
{
	unsigned int i;
	int ready = 0;

	for (i = 0; i < p->nr; i++) {
		if (poll_one(&p->fds[i], p->held ? &p->held[i] : NULL, pt)) {
			ready++;
			pt = NULL;      /* no need to wait any more */
		}
	}
	return ready;
}

static void hold_files(struct poll_files *p)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		p->held[i] = p->fds[i].fd >= 0 ? fd_get(p->fds[i].fd) : NULL;
}

static void drop_files(struct file **held, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (held[i])
			file_put(held[i]);
}

static int poll_wait_all(struct poll_files *p, u64 deadline)
{
	struct pollwait pw;
	int ready, err = 0;

	pollwait_init(&pw);
	ready = poll_all(p, deadline ? &pw.pt : NULL);
	while (!ready && deadline && !err) {
		err = pollwait_sleep(&pw, deadline);
		if (!err || err == -ETIMEDOUT)
			ready = poll_all(p, NULL);
	}
	pollwait_end(&pw);
	if (ready || err == -ETIMEDOUT)
		return ready;
	return err;
}

#define POLL_SMALL      16

static int do_poll(vaddr_t ufds, unsigned int nr, u64 deadline)
{
	struct pollfd small[POLL_SMALL], *fds = small;
	struct file *small_held[POLL_SMALL], **held = small_held;
	bool hold = atomic_read(&current->files->refs) > 1;
	unsigned int i;
	int ret = -ENOMEM;

	if (nr > READ_ONCE(current->signal->rlim[RLIMIT_NOFILE].cur))
		return -EINVAL;
	if (nr > POLL_SMALL) {
		fds = kvmalloc(nr * (sizeof(*fds) + sizeof(*held)), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
		held = (struct file **)(void *)(fds + nr);
	}
	ret = copy_from_user(fds, ufds, nr * sizeof(*fds));
	if (!ret) {
		struct poll_files p = { fds, hold ? held : NULL, nr };

		if (hold)
			hold_files(&p);
		ret = poll_wait_all(&p, deadline);
		if (hold)
			drop_files(held, nr);
	}
	for (i = 0; ret >= 0 && i < nr; i++)
		if (put_user(fds[i].revents,
			     ufds + i * sizeof(*fds) + offsetof(struct pollfd, revents)))
			ret = -EFAULT;
	if (fds != small)
		kvfree(fds);
	return ret;
}

long sys_ppoll(const unsigned long *a)
{
	bool masked;
	u64 deadline;
	int ret = deadline_import(a[2], &deadline);

	if (!ret)
		ret = sigmask_import(a[3], a[4], &masked);
	if (ret)
		return ret;
	ret = do_poll(a[0], (unsigned int)a[1], deadline);
	if (masked && ret != -ERESTARTNOHAND)
		restore_saved_sigmask();
	deadline_export(a[2], deadline);
	return ret;
}

/* ---------------------------------------------------------------- pselect6 */

#define SELECT_IN       (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define SELECT_OUT      (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define SELECT_EX       POLLPRI

/* Three sets as asked and three as answered, in one block. */
struct select_sets {
	unsigned long *in, *out, *ex, *res_in, *res_out, *res_ex;
	unsigned int nr, words;
	struct file **held;     /* as in struct poll_files */
};

static int select_one(struct select_sets *s, unsigned int fd, struct poll_table *pt)
{
	struct fd_ref r = { NULL, false };
	struct file *f;
	unsigned int events;
	int ready = 0;

	if (!bitmap_test(s->in, fd) && !bitmap_test(s->out, fd) && !bitmap_test(s->ex, fd))
		return 0;
	if (!s->held)
		r = fdget((int)fd);
	f = s->held ? s->held[fd] : r.file;
	if (!f)
		return -EBADF;
	events = file_poll(f, pt);
	fdput(r);
	if ((events & SELECT_IN) && bitmap_test(s->in, fd)) {
		bitmap_set(s->res_in, fd);
		ready++;
	}
	if ((events & SELECT_OUT) && bitmap_test(s->out, fd)) {
		bitmap_set(s->res_out, fd);
		ready++;
	}
	if ((events & SELECT_EX) && bitmap_test(s->ex, fd)) {
		bitmap_set(s->res_ex, fd);
		ready++;
	}
	return ready;
}

static int select_all(struct select_sets *s, struct poll_table *pt)
{
	unsigned int fd;
	int ready = 0, n;

	for (fd = 0; fd < s->nr; fd++) {
		if (!(fd % BITS_PER_LONG)) {
			unsigned int w = fd / BITS_PER_LONG;

			if (!(s->in[w] | s->out[w] | s->ex[w])) {
				fd += BITS_PER_LONG - 1;
				continue;
			}
		}
		n = select_one(s, fd, ready ? NULL : pt);
		if (n < 0)
			return n;
		ready += n;
	}
	return ready;
}

/* References for the time of the wait, when another thread could close; all or -ENOMEM. */
static struct file **select_hold(const struct select_sets *s)
{
	struct file **held;
	unsigned int fd;

	held = kvmalloc(s->nr * sizeof(*held), GFP_KERNEL | GFP_ZERO);
	for (fd = 0; held && fd < s->nr; fd++)
		if (bitmap_test(s->in, fd) || bitmap_test(s->out, fd) || bitmap_test(s->ex, fd))
			held[fd] = fd_get((int)fd);
	return held;
}

static int select_wait(struct select_sets *s, u64 deadline)
{
	struct pollwait pw;
	int ready, err = 0;

	s->held = NULL;
	if (s->nr && deadline && atomic_read(&current->files->refs) > 1) {
		s->held = select_hold(s);
		if (!s->held)
			return -ENOMEM;
	}
	pollwait_init(&pw);
	ready = select_all(s, deadline ? &pw.pt : NULL);
	while (!ready && deadline && !err) {
		err = pollwait_sleep(&pw, deadline);
		if (!err || err == -ETIMEDOUT)
			ready = select_all(s, NULL);
	}
	pollwait_end(&pw);
	if (s->held) {
		drop_files(s->held, s->nr);
		kvfree(s->held);
	}
	return ready || err == -ETIMEDOUT ? ready : err;
}

static int sets_copy(struct select_sets *s, const vaddr_t *sets, bool in)
{
	unsigned long *mine[3] = {
		in ? s->in : s->res_in, in ? s->out : s->res_out, in ? s->ex : s->res_ex,
	};
	size_t bytes = s->words * sizeof(long);
	int i, err = 0;

	for (i = 0; i < 3 && !err; i++)
		if (sets[i])
			err = in ? copy_from_user(mine[i], sets[i], bytes) :
				   copy_to_user(sets[i], mine[i], bytes);
	return err;
}

static int do_select(int n, const vaddr_t *sets, u64 deadline)
{
	unsigned long stack[6 * 4], *block = stack;
	struct select_sets s;
	int ret;

	if (n < 0)
		return -EINVAL;
	s.nr = min((unsigned int)n, READ_ONCE(current->files->max));
	s.words = (unsigned int)BITS_TO_LONGS(s.nr);
	if (s.words > 4) {
		block = kvmalloc(6 * s.words * sizeof(long), GFP_KERNEL);
		if (!block)
			return -ENOMEM;
	}
	memset(block, 0, 6 * s.words * sizeof(long));
	s.in = block;
	s.out = s.in + s.words;
	s.ex = s.out + s.words;
	s.res_in = s.ex + s.words;
	s.res_out = s.res_in + s.words;
	s.res_ex = s.res_out + s.words;
	ret = sets_copy(&s, sets, true);
	if (!ret)
		ret = select_wait(&s, deadline);
	if (ret >= 0 && sets_copy(&s, sets, false))
		ret = -EFAULT;
	if (block != stack)
		kvfree(block);
	return ret;
}

long sys_pselect6(const unsigned long *a)
{
	struct { vaddr_t mask; size_t size; } sig = { 0, 0 };
	bool masked = false;
	u64 deadline;
	int ret = 0;

	if (a[5])
		ret = copy_from_user(&sig, a[5], sizeof(sig));
	if (!ret)
		ret = deadline_import(a[4], &deadline);
	if (!ret)
		ret = sigmask_import(sig.mask, sig.size, &masked);
	if (ret)
		return ret;
	ret = do_select((int)a[0], &a[1], deadline);
	if (masked && ret != -ERESTARTNOHAND)
		restore_saved_sigmask();
	deadline_export(a[4], deadline);
	return ret;
}
