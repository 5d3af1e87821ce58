// SPDX-License-Identifier: MIT
/*
 * seq_file: a file whose text is made up when it is read.
 *
 * One record at a time: start() and next() walk, show() prints one record.
 * When a record does not fit in the buffer, it grows and the record is printed
 * again, so show() changes nothing.  Between two read(2) calls stop() has been
 * called and start() is called again with the number of the next record; an
 * iterator must find its place by it (or by what it keeps in private_).
 *
 *	static int uptime_show(struct seq_file *m, void *v)
 *	{
 *		seq_printf(m, "%lu.%02lu\n", ...);
 *		return 0;
 *	}
 *	.open = uptime_open -> single_open(file, uptime_show, NULL)
 *	.read = seq_read, .llseek = seq_lseek, .release = single_release
 */
#ifndef KERNEL_FS_SEQ_FILE_H
#define KERNEL_FS_SEQ_FILE_H

#include <kernel/fs/file.h>
#include <kernel/sync.h>
#include <lib/types.h>
#include <stdarg.h>

struct seq_file;

/* All sleep.  ERR_PTR from start and next ends the read with that error. */
struct seq_operations {
	/* The record number *index, or NULL when there is none so far up. */
	void *(*start)(struct seq_file *m, loff_t *index);
	/* The one after @v; ++*index (or more, if numbers have holes). */
	void *(*next)(struct seq_file *m, void *v, loff_t *index);
	/* After start, whatever that returned. */
	void (*stop)(struct seq_file *m, void *v);
	/* Print @v.  0, SEQ_SKIP (print nothing for it), or -errno. */
	int (*show)(struct seq_file *m, void *v);
};

#define SEQ_SKIP        1

struct seq_file {
	char *buf;                      /* [l] */
	size_t size;                    /* [l] of buf */
	size_t count;                   /* [l] bytes in it; == size: overflown */
	size_t from;                    /* [l] first byte not yet read */
	loff_t index;                   /* [l] next record */
	loff_t read_pos;                /* [l] file position that from stands for */
	loff_t more;                    /* [l] single()'s: where to go on; 0: that is all */
	struct mutex lock;              /* [l] RANK_SEQ: one read at a time */
	const struct seq_operations *op;
	struct file *file;              /* its owner, for show() */
	int (*single)(struct seq_file *m, void *v);
	u32 seen;                       /* [a] a poll method's: the last change it told of */
	void *private_;                 /* the opener's */
};

/*
 * One record: all the text.  Or, of a long text, as much as there is good room for, from m->index
 * on (0 at first): then @show sets m->more, a number above m->index, and is called with that.
 */
int single_open(struct file *file, int (*show)(struct seq_file *m, void *v), void *private_);
ssize_t seq_read(struct file *file, struct iov_iter *to, loff_t *pos);
loff_t seq_lseek(struct file *file, loff_t off, int whence);
void seq_release(struct inode *inode, struct file *file);
#define single_release seq_release

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_vprintf(struct seq_file *m, const char *fmt, va_list ap) __printf(2, 0);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
/* @s with the characters of @escape as \ooo. */
void seq_escape(struct seq_file *m, const char *s, const char *escape);
/* A path seen from the current root, with the characters of @escape as \ooo. */
void seq_path(struct seq_file *m, const struct path *path, const char *escape);
/*
 * Spaces up to column @width of the current record's line, counted from @start (a former
 * m->count).
 */
void seq_pad(struct seq_file *m, size_t start, size_t width);

static inline bool seq_overflown(const struct seq_file *m) { return m->count == m->size; }
static inline struct seq_file *file_seq(struct file *f) { return f->private_; }

#endif
