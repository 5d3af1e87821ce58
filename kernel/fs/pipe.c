// SPDX-License-Identifier: MIT
/*
 * Pipes: bytes from writers to readers through a ring of pages.
 *
 *	head: bytes ever written    tail: bytes ever read    head - tail: what is in it
 *	byte n lies in page (n / 4096) % nr_pages at n % 4096
 *
 * A page comes when a byte first needs it and goes when its last one is read;
 * a ring that runs empty starts again at its first page and keeps that one, so
 * that two processes which answer each other allocate nothing.
 *
 * Always true: at most PIPE_BUF bytes of one write are never interleaved: such
 *              a write waits until all of it fits;
 *              page i is there when any byte of the ring lies in it.
 * Lock: p->lock for everything but the wait queues.  A waiter looks at head,
 *       tail, readers and writers without it, and looks again with it.
 */
#include <kernel/fs/pipe.h>

#include <kernel/cred.h>
#include <kernel/fs/fcntl.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/pipe_internal.h>
#include <kernel/fs/poll.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/frames.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

DEFINE_MUTEX(pipe_fifo_lock, RANK_SLEEPING_LEAF);

/* Lock held. */
static inline unsigned long used(const struct pipe *p)
{
	return p->head - p->tail;
}

static inline unsigned long room(const struct pipe *p)
{
	return (p->nr_pages << PAGE_SHIFT) - used(p);
}

/* Does anybody wait?  Pairs with the waiter's: queue, then look. */
static inline void wake(struct wait_queue *wq)
{
	smp_mb();
	if (!list_empty(&wq->waiters))
		wake_up(wq);
}

/* Exclusive waiters: the next one's turn.  No news for who watches the pipe for events. */
static inline void wake_next(struct wait_queue *wq)
{
	smp_mb();
	if (!list_empty(&wq->waiters))
		wake_up_key(wq, WAKE_NO_EVENT);
}

struct pipe *pipe_alloc(void)
{
	struct pipe *p = kmalloc(sizeof(*p), GFP_KERNEL | GFP_ZERO);

	if (!p)
		return NULL;
	mutex_init(&p->lock, RANK_PIPE);
	wait_queue_init(&p->rd_wait);
	wait_queue_init(&p->wr_wait);
	p->nr_pages = PIPE_DEFAULT_PAGES;
	p->pages = p->inline_pages;
	atomic_set(&p->refs, 1);
	return p;
}

void pipe_put(struct pipe *p)
{
	unsigned long i;

	if (!atomic_dec_and_test(&p->refs))
		return;
	for (i = 0; i < p->nr_pages; i++)
		if (p->pages[i])
			free_page_va(p->pages[i]);
	if (p->pages != p->inline_pages)
		kfree(p->pages);
	kfree(p);
}

/* -------------------------------------------------------------------- read */

/* The ring is empty: the page at hand is the first one again. */
static __noinline void keep_as_first(struct pipe *p, void **page)
{
	if (p->pages[0])
		free_page_va(*page);
	else
		p->pages[0] = *page;
	*page = NULL;
}

/* @n bytes at the tail were taken, all of them in @page. */
static inline void consume(struct pipe *p, void **page, unsigned long n)
{
	WRITE_ONCE(p->tail, p->tail + n);
	if (p->tail == p->head) {
		if (page != p->pages)
			keep_as_first(p, page);
		p->head = p->tail = 0;
	} else if (!(p->tail & ~PAGE_MASK) && room(p) >= PAGE_SIZE) {
		free_page_va(*page);            /* and the head has not come round into it */
		*page = NULL;
	}
}

/* One piece: what lies in the page at the tail.  Lock held.  Bytes; 0: a bad address. */
static inline size_t take_piece(struct pipe *p, struct iov_iter *to)
{
	unsigned long off = p->tail & ~PAGE_MASK;
	size_t n = min(min(used(p), PAGE_SIZE - off), to->count);
	void **page = pipe_slot(p, p->tail);

	n = copy_to_iter((char *)*page + off, n, to);
	if (likely(n))
		consume(p, page, n);
	return n;
}

/*
 * Behind the first piece, of which @done bytes were taken: what is wanted of the others.  A
 * function of its own, as one piece is all that most reads want.  Lock held.  Bytes in all, or
 * -EFAULT.
 */
static __noinline ssize_t take_more(struct pipe *p, struct iov_iter *to, ssize_t done)
{
	while (to->count && used(p)) {
		size_t n = take_piece(p, to);

		if (!n)
			return done ? done : -EFAULT;
		done += (ssize_t)n;
	}
	return done;
}

/* Copy out what there is, something at least.  Lock held.  Bytes, or -EFAULT when none could be. */
static inline ssize_t take_bytes(struct pipe *p, struct iov_iter *to)
{
	ssize_t n = (ssize_t)take_piece(p, to);

	return likely(!to->count) ? n : take_more(p, to, n);
}

/* Nothing to read just now: wait.  1: there may be; 0: the end of the file; or -errno. */
static __noinline int wait_for_bytes(struct pipe *p, struct file *f)
{
	int err;

	if (!READ_ONCE(p->writers)) {
		smp_rmb();              /* the last writer's bytes came before it left */
		return pipe_used(p) ? 1 : 0;
	}
	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	err = __wait_event(&p->rd_wait, pipe_used(p) || !READ_ONCE(p->writers), TASK_INTERRUPTIBLE,
			   ~0ULL, true);
	return err ? err : 1;
}

static ssize_t pipe_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct pipe *p = f->private_;
	bool was_full, more;
	ssize_t n;

	if (unlikely(!to->count))
		return 0;
	for (;;) {
		if (!pipe_used(p)) {
			n = wait_for_bytes(p, f);
			if (n <= 0)
				return n;
		}
		mutex_lock(&p->lock);
		if (likely(used(p)))
			break;
		mutex_unlock(&p->lock);         /* another reader was faster */
	}
	was_full = room(p) < PIPE_BUF;
	n = take_bytes(p, to);
	was_full = was_full && room(p) >= PIPE_BUF;
	more = used(p);
	mutex_unlock(&p->lock);
	if (was_full)
		wake(&p->wr_wait);
	if (more)
		wake_next(&p->rd_wait);
	return n;
}

/* ------------------------------------------------------------------- write */

static __noinline void *new_page(void **page)
{
	*page = alloc_page_va(GFP_USER);
	return *page;
}

/* One piece: what fits into the page at the head.  Lock held.  Bytes, -EFAULT or -ENOMEM. */
static inline ssize_t put_piece(struct pipe *p, struct iov_iter *from)
{
	unsigned long off = p->head & ~PAGE_MASK;
	size_t n = min(min(room(p), PAGE_SIZE - off), from->count);
	void **page = pipe_slot(p, p->head);

	if (unlikely(!*page) && !new_page(page))
		return -ENOMEM;
	n = copy_from_iter((char *)*page + off, n, from);
	WRITE_ONCE(p->head, p->head + n);
	return likely(n) ? (ssize_t)n : -EFAULT;
}

/* Put in as much as fits.  Lock held.  Bytes, or -EFAULT, -ENOMEM when none could be. */
static __noinline ssize_t put_bytes(struct pipe *p, struct iov_iter *from)
{
	ssize_t done = 0;

	while (from->count && room(p)) {
		ssize_t n = put_piece(p, from);

		if (n < 0)
			return done ? done : n;
		done += n;
	}
	return done;
}

/* A short write is all or nothing; a long one takes what @space there is. */
static inline bool fits(unsigned long space, size_t left, bool whole)
{
	return whole ? space >= left : space > 0;
}

/* Wait until more fits or nobody reads.  Lock held, dropped meanwhile. */
static __noinline int wait_for_room(struct pipe *p, struct file *f, size_t left, bool whole)
{
	int err;

	if (f->flags & O_NONBLOCK)
		return -EAGAIN;
	mutex_unlock(&p->lock);
	wake(&p->rd_wait);                      /* for what was put in already */
	err = __wait_event(&p->wr_wait, fits(pipe_room(p), left, whole) || !READ_ONCE(p->readers),
			   TASK_INTERRUPTIBLE, ~0ULL, true);
	mutex_lock(&p->lock);
	return err;
}

static __noinline int nobody_reads(void)
{
	send_signal_thread(SIGPIPE, NULL, current);
	return -EPIPE;
}

/*
 * What did not go at once: @done bytes are in.  Lock held.  Bytes in all, or -errno when there
 * are none.  Who waited for room comes out here, and lets the next one have what he left.
 */
static __noinline ssize_t write_rest(struct pipe *p, struct file *f, struct iov_iter *from,
				     bool whole, ssize_t done)
{
	ssize_t n;

	do {
		if (!p->readers) {
			n = nobody_reads();
		} else if (fits(room(p), from->count, whole)) {
			n = put_bytes(p, from);
			if (n > 0)
				done += n;
		} else {
			n = wait_for_room(p, f, from->count, whole);
		}
	} while (n >= 0 && from->count);
	if (room(p) >= PIPE_BUF)
		wake_next(&p->wr_wait);
	return done ? done : n;
}

static ssize_t pipe_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct pipe *p = f->private_;
	bool whole = from->count <= PIPE_BUF;
	ssize_t n = 0;

	if (unlikely(!from->count))
		return 0;
	mutex_lock(&p->lock);
	if (likely(p->readers && fits(room(p), from->count, whole)))
		n = put_piece(p, from);
	if (unlikely(from->count))
		n = write_rest(p, f, from, whole, max(n, (ssize_t)0));
	mutex_unlock(&p->lock);
	wake(&p->rd_wait);
	return n;
}

/* ------------------------------------------------------------ the rest of it */

static unsigned int pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private_;
	unsigned int events = 0;

	if (f->mode & FMODE_READ)
		poll_wait(pt, &p->rd_wait);
	if (f->mode & FMODE_WRITE)
		poll_wait(pt, &p->wr_wait);
	if (f->mode & FMODE_READ) {
		if (pipe_used(p))
			events |= POLLIN | POLLRDNORM;
		if (!READ_ONCE(p->writers) && (READ_ONCE(p->w_count) != (u32)f->pos))
			events |= POLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (pipe_room(p) >= PIPE_BUF)
			events |= POLLOUT | POLLWRNORM;
		if (!READ_ONCE(p->readers))
			events |= POLLERR;
	}
	return events;
}

static long pipe_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pipe *p = f->private_;
	int n;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->lock);           /* a ring that runs empty starts again: head, then tail */
	n = (int)used(p);
	mutex_unlock(&p->lock);
	return put_user(n, arg);
}

void pipe_release(struct inode *inode, struct file *f)
{
	struct pipe *p = f->private_;

	mutex_lock(&p->lock);
	if (f->mode & FMODE_READ)
		p->readers--;
	if (f->mode & FMODE_WRITE)
		p->writers--;
	mutex_unlock(&p->lock);
	wake_up_all(&p->rd_wait);
	wake_up_all(&p->wr_wait);
	if (inode->pipe == p && S_ISFIFO(inode->mode)) {
		mutex_lock(&pipe_fifo_lock);
		if (inode->pipe == p && atomic_read(&p->refs) == 1)
			inode->pipe = NULL;
		pipe_put(p);
		mutex_unlock(&pipe_fifo_lock);
	} else {
		pipe_put(p);
	}
}

const struct file_operations pipe_fops = {
	.read = pipe_read,
	.write = pipe_write,
	.llseek = no_llseek,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
};

struct pipe *file_pipe(struct file *f)
{
	return f->f_op == &pipe_fops ? f->private_ : NULL;
}

/* -------------------------------------------------------------- for splice.c */

ssize_t pipe_fill(struct pipe *p, struct iov_iter *from)
{
	return put_bytes(p, from);
}

void pipe_peek(struct pipe *p, unsigned long off, char *buf, size_t n)
{
	while (n) {
		unsigned long byte = p->tail + off;
		size_t run = min(n, PAGE_SIZE - (byte & ~PAGE_MASK));

		memcpy(buf, (char *)*pipe_slot(p, byte) + (byte & ~PAGE_MASK), run);
		buf += run;
		off += run;
		n -= run;
	}
}

void pipe_drop(struct pipe *p, size_t n)
{
	while (n) {
		size_t run = min(n, PAGE_SIZE - (p->tail & ~PAGE_MASK));

		consume(p, pipe_slot(p, p->tail), run);
		n -= run;
	}
}

void pipe_wake(struct pipe *p)
{
	if (pipe_used(p))
		wake(&p->rd_wait);
	if (pipe_room(p) >= PIPE_BUF)
		wake(&p->wr_wait);
}
