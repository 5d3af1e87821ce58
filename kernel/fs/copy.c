// SPDX-License-Identifier: MIT
/*
 * sendfile(2) and copy_file_range(2): from one open file to another without a
 * program's buffer between.
 *
 * The bytes go through a few pages of the kernel's, so every pair of files
 * that can be read and written works.  No lock is held from one to the other.
 */
#include <kernel/fs/read_write.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/io_account.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/uaccess.h>

#define COPY_ORDER      4
#define COPY_CHUNK      (PAGE_SIZE << COPY_ORDER)

struct copy {
	struct file *in, *out;
	loff_t in_pos, out_pos;
	char *buf;
	size_t chunk;
};

/* Write out @len bytes of the buffer.  How many were, or -errno when none. */
static ssize_t copy_out(struct copy *c, size_t len)
{
	struct iov_iter it;
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		iov_iter_kernel(&it, c->buf + done, len - done);
		n = vfs_write(c->out, &it, &c->out_pos);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done ? (ssize_t)done : n;
}

/* Move up to @len bytes.  How many were, or -errno when none. */
static ssize_t copy_loop(struct copy *c, size_t len)
{
	struct iov_iter it;
	size_t done = 0;
	ssize_t n = 0, w;

	while (done < len) {
		iov_iter_kernel(&it, c->buf, min(len - done, c->chunk));
		n = vfs_read(c->in, &it, &c->in_pos);
		if (n <= 0)
			break;
		w = copy_out(c, (size_t)n);
		/* what was read and not written is read again next time */
		if (w < n) {
			c->in_pos -= n - max(w, (ssize_t)0);
			n = w;
			done += (size_t)max(w, (ssize_t)0);
			break;
		}
		done += (size_t)n;
		if (signal_pending())
			break;
	}
	return done ? (ssize_t)done : n;
}

static ssize_t copy_files(struct copy *c, size_t len)
{
	struct page *pages = alloc_pages(COPY_ORDER, GFP_KERNEL | GFP_NOWARN);
	unsigned int order = COPY_ORDER;
	ssize_t n;

	if (!pages) {
		order = 0;
		pages = alloc_page(GFP_KERNEL);
	}
	if (!pages)
		return -ENOMEM;
	c->buf = page_address(pages);
	c->chunk = PAGE_SIZE << order;
	n = copy_loop(c, min(len, 0x7ffff000UL));
	free_pages(pages, order);
	return n;
}

/* *pos, which the program gave, or the file's own; may reading or writing begin there? */
static int offset_check(struct file *f, bool given, loff_t *pos)
{
	if (!given) {
		*pos = f->pos;
		return 0;
	}
	if (f->mode & FMODE_NOSEEK)
		return -ESPIPE;
	return *pos < 0 ? -EINVAL : 0;
}

static int offset_in(struct file *f, vaddr_t addr, loff_t *pos)
{
	int err = addr ? get_user(pos, addr) : 0;

	return err ? err : offset_check(f, addr, pos);
}

static int offset_out(struct file *f, vaddr_t addr, loff_t pos)
{
	if (addr)
		return put_user(pos, addr);
	f->pos = pos;
	return 0;
}

/* @off: where the program gave c->in_pos, or 0. */
static ssize_t sendfile(struct copy *c, vaddr_t off, size_t count)
{
	ssize_t n = offset_check(c->in, off, &c->in_pos);

	if (n)
		return n;
	if (!(c->in->mode & FMODE_READ) || !(c->out->mode & FMODE_WRITE))
		return -EBADF;
	if (c->in->mode & (FMODE_STREAM | FMODE_NOSEEK))
		return -EINVAL;
	if (c->out->flags & O_APPEND)
		return -EINVAL;
	c->out_pos = c->out->pos;
	n = count_write(count_read(copy_files(c, count)));
	if (n > 0) {
		c->out->pos = c->out_pos;
		if (offset_out(c->in, off, c->in_pos))
			n = -EFAULT;
	}
	return n;
}

long sys_sendfile(const unsigned long *a)
{
	struct copy c = { .in_pos = 0 };
	struct fd_ref in, out;
	ssize_t n = -EBADF;

	/* A bad address is told before a bad descriptor. */
	if (a[2] && get_user(&c.in_pos, a[2]))
		return -EFAULT;
	out = fdget((int)a[0]);
	in = fdget((int)a[1]);
	c.in = in.file;
	c.out = out.file;
	if (in.file && out.file)
		n = sendfile(&c, a[2], a[3]);
	fdput(in);
	fdput(out);
	return n;
}

static int copy_range_check(const struct copy *c, size_t len)
{
	struct inode *in = c->in->inode, *out = c->out->inode;
	loff_t in_end, out_end;

	if (!(c->in->mode & FMODE_READ) || !(c->out->mode & FMODE_WRITE) ||
	    (c->out->flags & O_APPEND))
		return -EBADF;
	if (S_ISDIR(in->mode) || S_ISDIR(out->mode))
		return -EISDIR;
	if (!S_ISREG(in->mode) || !S_ISREG(out->mode))
		return -EINVAL;
	if (__builtin_add_overflow(c->in_pos, (loff_t)len, &in_end) ||
	    __builtin_add_overflow(c->out_pos, (loff_t)len, &out_end))
		return -EOVERFLOW;
	if (in == out && out_end > c->in_pos && c->out_pos < in_end)
		return -EINVAL;
	return 0;
}

static ssize_t copy_range(struct copy *c, vaddr_t in_off, vaddr_t out_off, size_t len,
			  unsigned int flags)
{
	ssize_t n = offset_in(c->in, in_off, &c->in_pos);

	if (!n)
		n = offset_in(c->out, out_off, &c->out_pos);
	if (!n && flags)                /* none has a meaning */
		n = -EINVAL;
	if (!n) {
		len = min(len, 0x7ffff000UL);
		n = copy_range_check(c, len);
	}
	if (n || !len)
		return n;
	n = count_write(count_read(copy_files(c, len)));
	if (n > 0 &&
	    (offset_out(c->in, in_off, c->in_pos) || offset_out(c->out, out_off, c->out_pos)))
		n = -EFAULT;
	return n;
}

long sys_copy_file_range(const unsigned long *a)
{
	struct fd_ref in, out;
	struct copy c;
	ssize_t n = -EBADF;

	in = fdget((int)a[0]);
	out = fdget((int)a[2]);
	c = (struct copy){ .in = in.file, .out = out.file };
	if (in.file && out.file)
		n = copy_range(&c, a[1], a[3], a[4], (unsigned int)a[5]);
	fdput(in);
	fdput(out);
	return n;
}
