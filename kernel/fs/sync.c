// SPDX-License-Identifier: MIT
/*
 * Getting files to the disk, and telling the page cache what is to come:
 * sync, syncfs, fsync, fdatasync, sync_file_range, readahead, fadvise64.
 */
#include <kernel/fs/file.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>

int file_sync_hook(struct file *f, loff_t start, loff_t end)
{
	return f->f_op->fsync ? f->f_op->fsync(f, start, end, true) : -EINVAL;
}

long sys_sync(const unsigned long *a)
{
	sync_filesystems(true);
	return 0;
}

long sys_syncfs(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	struct super_block *sb;
	int err, e;

	if (!r.file)
		return -EBADF;
	sb = r.file->inode->sb;
	err = sync_super(sb, true);
	e = errseq_tell(&sb->wb_error, &r.file->sb_error);
	fdput(r);
	return err ? err : e;
}

static long do_fsync(int fd, bool datasync)
{
	struct fd_ref r = fdget(fd);
	int err = -EINVAL;

	if (!r.file)
		return -EBADF;
	if (r.file->f_op->fsync)
		err = r.file->f_op->fsync(r.file, 0, -1, datasync);
	fdput(r);
	return err;
}

long sys_fsync(const unsigned long *a)
{
	return do_fsync((int)a[0], false);
}

long sys_fdatasync(const unsigned long *a)
{
	return do_fsync((int)a[0], true);
}

#define SYNC_FILE_RANGE_WAIT_BEFORE     1
#define SYNC_FILE_RANGE_WRITE           2
#define SYNC_FILE_RANGE_WAIT_AFTER      4

static int sync_range(struct file *f, loff_t start, loff_t end, unsigned int flags)
{
	struct address_space *as = f->inode->mapping;
	int err = 0;

	if (flags & SYNC_FILE_RANGE_WAIT_BEFORE) {
		filemap_wait_range(as, start, end);
		err = errseq_tell(&as->wb_error, &f->wb_error);
	}
	if (!err && (flags & SYNC_FILE_RANGE_WRITE))
		filemap_write_range(as, start, end);
	if (!err && (flags & SYNC_FILE_RANGE_WAIT_AFTER)) {
		filemap_wait_range(as, start, end);
		err = errseq_tell(&as->wb_error, &f->wb_error);
	}
	return err;
}

static int check_sync_range(struct file *f, loff_t start, loff_t len, unsigned long flags)
{
	if (flags & ~(unsigned long)(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				     SYNC_FILE_RANGE_WAIT_AFTER))
		return -EINVAL;
	if (start < 0 || len < 0 || (u64)start + (u64)len > ~0UL >> 1)
		return -EINVAL;
	if (!S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode) && !S_ISDIR(f->inode->mode) &&
	    !S_ISLNK(f->inode->mode))
		return -ESPIPE;
	return 0;
}

long sys_sync_file_range(const unsigned long *a)
{
	loff_t start = (loff_t)a[1], len = (loff_t)a[2];
	struct fd_ref r = fdget((int)a[0]);
	int err;

	if (!r.file)
		return -EBADF;
	err = check_sync_range(r.file, start, len, a[3]);
	if (!err && (S_ISREG(r.file->inode->mode) || S_ISBLK(r.file->inode->mode)))
		err = sync_range(r.file, start, len ? start + len - 1 : -1, (unsigned int)a[3]);
	fdput(r);
	return err;
}

/* ----------------------------------------------------------- what is to come */

long sys_readahead(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	u64 size, start = a[1] >> PAGE_SHIFT, end;
	int err = -EINVAL;

	if (!r.file)
		return -EBADF;
	if (!(r.file->mode & FMODE_READ)) {
		err = -EBADF;
	} else if (S_ISREG(r.file->inode->mode) && (loff_t)a[1] >= 0) {
		size = inode_size(r.file->inode);
		end = a[2] > size || a[1] > size - a[2] ? size : a[1] + a[2];
		end = DIV_ROUND_UP(end, PAGE_SIZE);
		if (start < end && r.file->inode->mapping->a_ops->readpage)
			filemap_readahead(r.file->inode->mapping, start, end - start);
		err = 0;
	}
	fdput(r);
	return err;
}

enum { FADV_NORMAL, FADV_RANDOM, FADV_SEQUENTIAL, FADV_WILLNEED, FADV_DONTNEED, FADV_NOREUSE };

static int fadvise(struct file *f, u64 off, u64 len, int advice)
{
	struct address_space *as = f->inode->mapping;
	u64 end = len ? off + len : ~0UL, size = inode_size(f->inode);

	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if ((loff_t)len < 0 || advice < FADV_NORMAL || advice > FADV_NOREUSE)
		return -EINVAL;
	if (end < off)
		end = ~0UL;
	switch (advice) {
	case FADV_NORMAL:
	case FADV_NOREUSE:
		f->ra.max = 0;
		break;
	case FADV_RANDOM:
		f->ra.max = 1;
		break;
	case FADV_SEQUENTIAL:
		f->ra.max = 64;
		break;
	case FADV_WILLNEED:
		end = min(end, size);
		if (off < end && as->a_ops->readpage && !(as->flags & AS_SWAPBACKED))
			filemap_readahead(as, off >> PAGE_SHIFT,
					  DIV_ROUND_UP(end, PAGE_SIZE) - (off >> PAGE_SHIFT));
		break;
	case FADV_DONTNEED:
		if (as->flags & AS_SWAPBACKED)
			break;
		filemap_write_range(as, (loff_t)off, end == ~0UL ? -1 : (loff_t)end - 1);
		invalidate_pages(as, DIV_ROUND_UP(off, PAGE_SIZE),
				 end == ~0UL ? ~0UL : (end >> PAGE_SHIFT) - 1);
		break;
	default:
		break;
	}
	return 0;
}

long sys_fadvise64(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	int err;

	if (!r.file)
		return -EBADF;
	err = fadvise(r.file, a[1], a[2], (int)a[3]);
	fdput(r);
	return err;
}
