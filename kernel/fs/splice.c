// SPDX-License-Identifier: MIT
/*
 * splice(2), tee(2), vmsplice(2): bytes between a pipe and another file.
 *
 * A pipe is a ring of bytes here and not of page references, so all three
 * copy, through a few pages of the kernel's.  A program sees no difference but
 * one: what it changes after vmsplice(2) is not seen by the pipe's reader.
 *
 * Always true: a byte leaves a pipe only once the other file has taken it; so
 *              a file that takes a part, or nothing, loses nothing.
 * Lock: the pipe's, while the other file is written to; that of two pipes in
 *       the order of their addresses.  None while one sleeps for a pipe.
 */
#include <kernel/fs/read_write.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/pipe_internal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/frames.h>
#include <mm/uaccess.h>

#define SPLICE_F_NONBLOCK       2
#define SPLICE_F_ALL            15      /* MOVE and GIFT are hints, MORE is for networks */

#define BUF_ORDER       2
#define BUF_SIZE        (PAGE_SIZE << BUF_ORDER)

struct splice {
	struct file *in, *out;
	struct pipe *from, *to;         /* of in and out; NULL: no pipe */
	loff_t in_pos, out_pos;
	size_t len;
	bool nowait;                    /* do not wait for a pipe */
	char *buf;                      /* BUF_SIZE */
};

/* ---------------------------------------------------------- waiting for a pipe */

/* 1: there are bytes; 0: there will be none; -errno. */
static int wait_bytes(struct pipe *p, bool nowait)
{
	int err;

	if (pipe_used(p))
		return 1;
	if (!READ_ONCE(p->writers)) {
		smp_rmb();              /* the last writer's bytes came before it left */
		return pipe_used(p) ? 1 : 0;
	}
	if (nowait)
		return -EAGAIN;
	err = wait_event_interruptible(&p->rd_wait, pipe_used(p) || !READ_ONCE(p->writers));
	if (err)
		return err;
	return pipe_used(p) ? 1 : 0;
}

static int wait_room(struct pipe *p, bool nowait)
{
	int err = 0;

	if (!pipe_room(p) && READ_ONCE(p->readers)) {
		if (nowait)
			return -EAGAIN;
		err = wait_event_interruptible(&p->wr_wait,
					       pipe_room(p) || !READ_ONCE(p->readers));
	}
	if (err || READ_ONCE(p->readers))
		return err;
	send_signal_thread(SIGPIPE, NULL, current);
	return -EPIPE;
}

/* ------------------------------------------------------------- file to pipe */

/* All of @n bytes, there was room a moment ago; fewer when all readers go, or one is killed. */
static size_t fill_pipe(struct pipe *p, char *buf, size_t n)
{
	struct iov_iter it;
	ssize_t got = 0;
	int err = 0;

	iov_iter_kernel(&it, buf, n);
	while (it.count && !err && got >= 0) {
		mutex_lock(&p->lock);
		got = p->readers ? pipe_fill(p, &it) : -EPIPE;
		mutex_unlock(&p->lock);
		pipe_wake(p);
		if (it.count && got >= 0)
			err = wait_event_killable(&p->wr_wait,
						  pipe_room(p) || !READ_ONCE(p->readers));
	}
	return n - it.count;
}

static ssize_t file_to_pipe(struct splice *s)
{
	struct pipe *p = s->to;
	struct iov_iter it;
	size_t done;
	ssize_t n = wait_room(p, s->nowait);

	if (n)
		return n;
	n = (ssize_t)min(min(s->len, (size_t)BUF_SIZE), (size_t)pipe_room(p));
	iov_iter_kernel(&it, s->buf, (size_t)max(n, (ssize_t)1));
	n = vfs_read(s->in, &it, &s->in_pos);
	if (n <= 0)
		return n;
	done = fill_pipe(p, s->buf, (size_t)n);
	if (!(s->in->mode & FMODE_NOSEEK))
		s->in_pos -= n - (ssize_t)done;
	return done ? (ssize_t)done : -EPIPE;
}

/* ------------------------------------------------------------- pipe to file */

/*
 * Lock held, so no more comes than is there.  Bytes, or -errno when none.  A signal does not cut
 * it short: a file that makes one wait sees to signals itself.
 */
static ssize_t drain_pipe(struct splice *s)
{
	struct pipe *p = s->from;
	size_t done = 0;
	ssize_t n = 0;

	while (done < s->len && pipe_used(p)) {
		size_t want = min(min(s->len - done, (size_t)BUF_SIZE), (size_t)pipe_used(p));
		struct iov_iter it;

		pipe_peek(p, 0, s->buf, want);
		iov_iter_kernel(&it, s->buf, want);
		n = vfs_write(s->out, &it, &s->out_pos);
		if (n <= 0)
			break;
		pipe_drop(p, (size_t)n);
		done += (size_t)n;
		if ((size_t)n < want || fatal_signal_pending())
			break;
	}
	return done ? (ssize_t)done : n;
}

static ssize_t pipe_to_file(struct splice *s)
{
	ssize_t n;

	for (;;) {
		n = wait_bytes(s->from, s->nowait);
		if (n <= 0)
			return n;
		mutex_lock(&s->from->lock);
		if (pipe_used(s->from))
			break;
		mutex_unlock(&s->from->lock);   /* a reader was faster */
	}
	n = drain_pipe(s);
	mutex_unlock(&s->from->lock);
	pipe_wake(s->from);
	return n;
}

/* ------------------------------------------------------------- pipe to pipe */

static void lock_two(struct pipe *a, struct pipe *b)
{
	mutex_lock(a < b ? &a->lock : &b->lock);
	mutex_lock_nested(a < b ? &b->lock : &a->lock);
}

/* Both locks held: as much as is there and fits.  @keep: leave it where it is, too. */
static ssize_t move_bytes(struct splice *s, bool keep)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < s->len && pipe_room(s->to)) {
		size_t there = pipe_used(s->from) - (keep ? done : 0);
		size_t want = min(min(s->len - done, (size_t)BUF_SIZE),
				  min(there, (size_t)pipe_room(s->to)));
		struct iov_iter it;

		if (!want)
			break;
		pipe_peek(s->from, keep ? done : 0, s->buf, want);
		iov_iter_kernel(&it, s->buf, want);
		n = pipe_fill(s->to, &it);
		if (n <= 0)
			break;
		if (!keep)
			pipe_drop(s->from, (size_t)n);
		done += (size_t)n;
	}
	return done ? (ssize_t)done : n;
}

static ssize_t pipe_to_pipe(struct splice *s, bool keep)
{
	ssize_t n;

	do {
		n = wait_bytes(s->from, s->nowait);
		if (n <= 0)
			return n;
		n = wait_room(s->to, s->nowait);
		if (n)
			return n;
		lock_two(s->from, s->to);
		if (s->to->readers)
			n = move_bytes(s, keep);
		mutex_unlock(&s->from->lock);
		mutex_unlock(&s->to->lock);
		pipe_wake(s->from);
		pipe_wake(s->to);
	} while (!n);                           /* others were faster: wait again */
	return n;
}

/* ----------------------------------------------------------------- system calls */

static ssize_t with_buffer(struct splice *s, ssize_t (*fn)(struct splice *))
{
	struct page *pages = alloc_pages(BUF_ORDER, GFP_KERNEL);
	ssize_t n;

	if (!pages)
		return -ENOMEM;
	s->buf = page_address(pages);
	n = fn(s);
	free_pages(pages, BUF_ORDER);
	return n;
}

static ssize_t do_splice(struct splice *s)
{
	if (s->from && s->to)
		return pipe_to_pipe(s, false);
	return s->from ? pipe_to_file(s) : file_to_pipe(s);
}

static ssize_t do_tee(struct splice *s)
{
	return pipe_to_pipe(s, true);
}

/* A program's offset into *pos, or the file's own; pipes have none. */
static int offset_in(const struct file *f, bool is_pipe, vaddr_t addr, loff_t *pos)
{
	if (!addr) {
		*pos = f->pos;
		return 0;
	}
	if (is_pipe || (f->mode & FMODE_NOSEEK))
		return -ESPIPE;
	if (get_user(pos, addr))
		return -EFAULT;
	return *pos < 0 ? -EINVAL : 0;
}

static int offset_out(struct file *f, bool is_pipe, vaddr_t addr, loff_t pos)
{
	if (addr)
		return put_user(pos, addr);
	if (!is_pipe)
		f->pos = pos;
	return 0;
}

static int splice_check(struct splice *s, vaddr_t in_off, vaddr_t out_off)
{
	int err = offset_in(s->in, s->from, in_off, &s->in_pos);

	if (!err)
		err = offset_in(s->out, s->to, out_off, &s->out_pos);
	if (err)
		return err;
	if (!(s->in->mode & FMODE_READ) || !(s->out->mode & FMODE_WRITE))
		return -EBADF;
	if ((!s->from && !s->to) || s->from == s->to)
		return -EINVAL;
	if (!s->to && (s->out->flags & O_APPEND))
		return -EINVAL;
	return 0;
}

static ssize_t splice_files(struct splice *s, vaddr_t in_off, vaddr_t out_off)
{
	ssize_t n;

	s->from = file_pipe(s->in);
	s->to = file_pipe(s->out);
	n = splice_check(s, in_off, out_off);
	if (n)
		return n;
	s->nowait |= (s->from && (s->in->flags & O_NONBLOCK)) ||
		     (s->to && (s->out->flags & O_NONBLOCK));
	n = with_buffer(s, do_splice);
	if (n > 0 && (offset_out(s->in, s->from, in_off, s->in_pos) ||
		      offset_out(s->out, s->to, out_off, s->out_pos)))
		n = -EFAULT;
	return n;
}

long sys_splice(const unsigned long *a)
{
	struct splice s = { .len = min(a[4], 0x7ffff000UL), .nowait = a[5] & SPLICE_F_NONBLOCK };
	struct fd_ref in, out;
	ssize_t n = -EBADF;

	if (!a[4])
		return 0;
	if ((u32)a[5] & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	in = fdget((int)a[0]);
	out = fdget((int)a[2]);
	s.in = in.file;
	s.out = out.file;
	if (s.in && s.out)
		n = splice_files(&s, a[1], a[3]);
	fdput(in);
	fdput(out);
	return n;
}

long sys_tee(const unsigned long *a)
{
	struct splice s = { .len = min(a[2], 0x7ffff000UL), .nowait = a[3] & SPLICE_F_NONBLOCK };
	struct fd_ref in, out;
	ssize_t n = -EBADF;

	if ((u32)a[3] & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	if (!a[2])
		return 0;
	in = fdget((int)a[0]);
	out = fdget((int)a[1]);
	if (in.file && out.file && (in.file->mode & FMODE_READ) && (out.file->mode & FMODE_WRITE)) {
		s.from = file_pipe(in.file);
		s.to = file_pipe(out.file);
		s.nowait |= (in.file->flags | out.file->flags) & O_NONBLOCK;
		n = s.from && s.to && s.from != s.to ? with_buffer(&s, do_tee) : -EINVAL;
	}
	fdput(in);
	fdput(out);
	return n;
}

/* Into a pipe that is open for writing, or else out of it; one pass over what fits or is there. */
static ssize_t vmsplice(struct file *f, struct iov_iter *it, bool nowait)
{
	struct pipe *p = file_pipe(f);
	bool in = f->mode & FMODE_WRITE;
	loff_t pos = 0;
	ssize_t n;

	if (!p)
		return -EBADF;
	if (!it->count)
		return 0;
	n = in ? wait_room(p, nowait || (f->flags & O_NONBLOCK)) :
		 wait_bytes(p, nowait || (f->flags & O_NONBLOCK));
	if (n < 0)
		return n;
	return in ? vfs_write(f, it, &pos) : vfs_read(f, it, &pos);
}

/* As much as there is room for, if one must not wait. */
static ssize_t vmsplice_some(struct file *f, struct iov_iter *it, bool nowait)
{
	struct pipe *p = file_pipe(f);

	if (p && nowait && (f->mode & FMODE_WRITE))
		it->count = min(it->count, max((size_t)pipe_room(p), (size_t)1));
	return vmsplice(f, it, nowait);
}

long sys_vmsplice(const unsigned long *a)
{
	struct user_iov u;
	struct iov_iter it;
	struct fd_ref r;
	ssize_t n;

	if ((u32)a[3] & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	r = fdget((int)a[0]);
	if (!r.file)
		return -EBADF;
	n = iovec_import(&u, &it, a[1], a[2]);
	if (!n) {
		n = vmsplice_some(r.file, &it, a[3] & SPLICE_F_NONBLOCK);
		iovec_release(&u);
	}
	fdput(r);
	return n;
}
