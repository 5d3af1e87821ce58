// SPDX-License-Identifier: MIT
/*
 * seq_file: the reading side, and printing into it.
 *
 * The buffer holds whole records that were printed and not yet read.  A read
 * takes from it, and when it is empty prints more: as many records as fit in
 * what is there, at least one, growing the buffer for that one.  So a file of
 * any length is read with a buffer of a page, and each record is consistent.
 *
 * Lock: m->lock around a read; it ranks low, for show() may take almost
 *       anything.
 */
#include <kernel/fs/seq_file.h>

#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>

/* A record longer than this is a mistake. */
#define SEQ_MAX_RECORD  (64UL << 20)

/* ------------------------------------- one record, or what says itself where it goes on */

#define SINGLE_END      (-1)

static void *single_start(struct seq_file *m, loff_t *index)
{
	return *index == SINGLE_END ? NULL : m;
}

static void *single_next(struct seq_file *m, void *v, loff_t *index)
{
	*index = m->more ? m->more : SINGLE_END;
	return m->more ? m : NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
}

static int single_show(struct seq_file *m, void *v)
{
	m->more = 0;
	return m->single(m, v);
}

static const struct seq_operations single_ops = {
	.start = single_start, .next = single_next, .stop = single_stop, .show = single_show,
};

int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *private_)
{
	struct seq_file *m = kmalloc(sizeof(*m), GFP_KERNEL | GFP_ZERO);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock, RANK_SEQ);
	m->op = &single_ops;
	m->single = show;
	m->file = file;
	m->private_ = private_;
	file->private_ = m;
	return 0;
}

void seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_;

	kvfree(m->buf);
	kfree(m);
}

/* ------------------------------------------------------------------ reading */

static int grow(struct seq_file *m)
{
	size_t size = m->size ? 2 * m->size : PAGE_SIZE;
	char *buf = size <= SEQ_MAX_RECORD ? kvmalloc(size, GFP_KERNEL) : NULL;

	if (!buf)
		return -ENOMEM;
	kvfree(m->buf);
	m->buf = buf;
	m->size = size;
	return 0;
}

/*
 * Print records from m->index on into the empty buffer: one at least, then as
 * many as fit.  0: m->count says how much (0: the end); or -errno.
 */
static int fill_once(struct seq_file *m)
{
	loff_t index = m->index, at;
	void *v = m->op->start(m, &index);
	int err = 0;

	m->count = m->from = 0;
	while (v && !err) {
		size_t before = m->count;

		if (IS_ERR(v)) {
			err = (int)PTR_ERR(v);
			break;
		}
		err = m->op->show(m, v);
		if (err == SEQ_SKIP) {
			m->count = before;
			err = 0;
		}
		/* this record is for the next time, or for more room */
		if (err < 0 || seq_overflown(m)) {
			m->count = before;
			if (!err && !before)
				err = -ENOSPC;
			break;
		}
		at = index;
		v = m->op->next(m, v, &index);
		if (index == at)
			index++;
		m->index = index;
		if (m->count > m->size / 2)
			break;
	}
	m->op->stop(m, IS_ERR(v) ? NULL : v);
	return m->count ? 0 : err;
}

static int fill(struct seq_file *m)
{
	int err = m->buf ? 0 : grow(m);

	if (!err)
		err = fill_once(m);
	while (err == -ENOSPC) {
		err = grow(m);
		if (!err)
			err = fill_once(m);
	}
	return err;
}

/* A position that is not where the last read ended: print all up to it again. */
static int seek_to(struct seq_file *m, loff_t pos)
{
	int err;

	m->index = 0;
	m->count = m->from = 0;
	m->read_pos = 0;
	while (m->read_pos < pos) {
		err = fill(m);
		if (err)
			return err;
		if (!m->count)
			return 0;               /* beyond the end */
		m->from = (size_t)min((loff_t)m->count, pos - m->read_pos);
		m->read_pos += (loff_t)m->from;
	}
	return 0;
}

ssize_t seq_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	struct seq_file *m = file->private_;
	ssize_t done = 0;
	int err = 0;

	mutex_lock(&m->lock);
	if (*pos != m->read_pos)
		err = seek_to(m, *pos);
	while (!err && to->count && m->read_pos == *pos) {
		size_t n, got;

		if (m->from == m->count) {
			if (done && m->count)
				break;          /* one buffer a call: let the program run */
			err = fill(m);
			if (err || !m->count)
				break;
		}
		n = min(m->count - m->from, to->count);
		got = copy_to_iter(m->buf + m->from, n, to);
		m->from += got;
		m->read_pos += (loff_t)got;
		*pos += (loff_t)got;
		done += (ssize_t)got;
		if (got < n)
			err = -EFAULT;
	}
	mutex_unlock(&m->lock);
	return done ? done : err;
}

loff_t seq_lseek(struct file *file, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += file->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	file->pos = off;
	return off;
}

/* ----------------------------------------------------------------- printing */

void seq_vprintf(struct seq_file *m, const char *fmt, va_list ap)
{
	size_t left = m->size - m->count, n;

	if (!left)
		return;
	n = (size_t)vsnprintf(m->buf + m->count, left, fmt, ap);
	m->count = n < left ? m->count + n : m->size;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	seq_vprintf(m, fmt, ap);
	va_end(ap);
}

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (len >= m->size - m->count) {
		m->count = m->size;
		return;
	}
	memcpy(m->buf + m->count, data, len);
	m->count += len;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_escape(struct seq_file *m, const char *s, const char *escape)
{
	for (; *s; s++) {
		if (strchr(escape, *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
	}
}

void seq_path(struct seq_file *m, const struct path *path, const char *escape)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *p;

	if (!buf)
		return;
	p = d_path(path, &current->fs->root, buf, PATH_MAX);
	seq_escape(m, IS_ERR(p) ? "?" : p, escape);
	kfree(buf);
}

void seq_pad(struct seq_file *m, size_t start, size_t width)
{
	size_t n = m->count - start < width ? start + width - m->count : 0;

	n = min(n, m->size - m->count);
	memset(m->buf + m->count, ' ', n);
	m->count += n;
}
