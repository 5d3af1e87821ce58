// SPDX-License-Identifier: MIT
/*
 * lseek(2), and the ways of files to answer it.
 *
 * Lock: the file's position, which fdget_pos() holds.
 */
#include <kernel/fs/file.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>

loff_t no_llseek(struct file *file, loff_t off, int whence)
{
	return -ESPIPE;
}

loff_t noop_llseek(struct file *f, loff_t off, int whence)
{
	return f->pos;
}

loff_t generic_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = (loff_t)inode_size(f->inode), limit = (loff_t)f->inode->sb->max_bytes;

	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(f->pos, off, &off))
			return -EOVERFLOW;
		break;
	case SEEK_END:
		if (__builtin_add_overflow(size, off, &off))
			return -EOVERFLOW;
		break;
	case SEEK_DATA:         /* one run of data, then the hole at the end: allowed by lseek(2) */
		if (off < 0 || off >= size)
			return -ENXIO;
		break;
	case SEEK_HOLE:
		if (off < 0 || off >= size)
			return -ENXIO;
		off = size;
		break;
	default:
		return -EINVAL;
	}
	if (off < 0 || off > limit)
		return -EINVAL;
	f->pos = off;
	return off;
}

long sys_lseek(const unsigned long *a)
{
	struct fd_ref r = fdget_pos((int)a[0]);
	int whence = (int)a[2];
	loff_t off;

	if (!r.file)
		return -EBADF;
	if (whence < SEEK_SET || whence > SEEK_HOLE)
		off = -EINVAL;
	else if (r.file->mode & FMODE_NOSEEK)
		off = -ESPIPE;
	else if (r.file->f_op->llseek)
		off = r.file->f_op->llseek(r.file, (loff_t)a[1], whence);
	else
		off = generic_llseek(r.file, (loff_t)a[1], whence);
	fdput_pos(r);
	return off;
}
