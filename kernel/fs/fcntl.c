// SPDX-License-Identifier: MIT
/*
 * Descriptors and what hangs on them: dup, dup3, fcntl, close_range, ioctl.
 */
#include <kernel/fs/fcntl.h>

#include <kernel/fs/dnotify.h>
#include <kernel/fs/file.h>
#include <kernel/fs/fown.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/locks.h>
#include <kernel/fs/pipe.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/uaccess.h>

/* What F_SETFL may change. */
#define SETFL_MASK      (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

long sys_dup(const unsigned long *a)
{
	struct file *f = fd_get_any((int)a[0]);
	int fd;

	if (!f)
		return -EBADF;
	fd = fd_install_lowest(f, 0, false);
	if (fd < 0)
		file_put(f);
	return fd;
}

long sys_dup3(const unsigned long *a)
{
	struct file *f;
	int fd;

	if ((int)a[2] & ~O_CLOEXEC)
		return -EINVAL;
	if ((int)a[0] == (int)a[1])
		return -EINVAL;
	f = fd_get_any((int)a[0]);
	if (!f)
		return -EBADF;
	fd = fd_replace((int)a[1], f, a[2] & O_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long dup_from(struct file *f, unsigned long from, bool cloexec)
{
	int fd;

	if (from >= READ_ONCE(current->signal->rlim[RLIMIT_NOFILE].cur))
		return -EINVAL;
	file_get(f);
	fd = fd_install_lowest(f, (int)from, cloexec);
	if (fd < 0)
		file_put(f);
	return fd;
}

static long set_flags(struct file *f, unsigned int flags)
{
	unsigned int old, new;

	if (((flags ^ f->flags) & O_APPEND) && (f->inode->chattr & FS_APPEND_FL))
		return -EPERM;
	if ((flags & ~f->flags & O_NOATIME) && !inode_owner_or_capable(f->inode))
		return -EPERM;
	if ((flags & O_DIRECT) && !S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode) &&
	    !S_ISFIFO(f->inode->mode))
		return -EINVAL;
	do {
		old = READ_ONCE(f->flags);
		new = (old & ~(unsigned int)SETFL_MASK) | (flags & SETFL_MASK);
	} while (cmpxchg(&f->flags, old, new) != old);
	return 0;
}

/* The commands that O_PATH files have too. */
static long fcntl_any(struct file *f, int fd, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
		return dup_from(f, arg, false);
	case F_DUPFD_CLOEXEC:
		return dup_from(f, arg, true);
	case F_GETFD:
		return fd_get_cloexec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		return fd_set_cloexec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->flags;
	default:
		return (f->mode & FMODE_PATH) ? -EBADF : 1;
	}
}

static long fcntl_open(struct file *f, int fd, unsigned int cmd, unsigned long arg)
{
	struct pipe *pipe;

	switch (cmd) {
	case F_SETFL:
		return set_flags(f, (unsigned int)arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return locks_fcntl(f, cmd, arg);
	case F_SETOWN:
	case F_GETOWN:
	case F_SETSIG:
	case F_GETSIG:
	case F_SETOWN_EX:
	case F_GETOWN_EX:
		return file_owner_fcntl(f, cmd, arg);
	case F_NOTIFY:
		return dnotify_ask(f, fd, (u32)arg);
	case F_GETPIPE_SZ:
		pipe = file_pipe(f);
		return pipe ? pipe_get_size(pipe) : -EBADF;
	case F_SETPIPE_SZ:
		pipe = file_pipe(f);
		return pipe ? pipe_set_size(pipe, (u32)arg) : -EBADF;
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return f->f_op->fcntl ? f->f_op->fcntl(f, cmd, arg) : -EINVAL;
	default:
		return -EINVAL;
	}
}

long sys_fcntl(const unsigned long *a)
{
	struct fd_ref r = fdget_any((int)a[0]);
	long ret;

	if (!r.file)
		return -EBADF;
	ret = fcntl_any(r.file, (int)a[0], (unsigned int)a[1], a[2]);
	if (ret == 1 && (unsigned int)a[1] > F_GETFL)
		ret = fcntl_open(r.file, (int)a[0], (unsigned int)a[1], a[2]);
	fdput(r);
	return ret;
}

#define CLOSE_RANGE_UNSHARE     2
#define CLOSE_RANGE_CLOEXEC     4

long sys_close_range(const unsigned long *a)
{
	unsigned int first = (unsigned int)a[0], last = (unsigned int)a[1];
	unsigned int flags = (unsigned int)a[2];

	if (flags & ~(unsigned int)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return -EINVAL;
	if (first > last)
		return -EINVAL;
	if ((flags & CLOSE_RANGE_UNSHARE) && !files_unshare())
		return -ENOMEM;
	fd_close_range(current->files, first, last, flags & CLOSE_RANGE_CLOEXEC);
	return 0;
}

/* ------------------------------------------------------------------- ioctl */

/* Bytes that can be read from a regular file. */
static long ioctl_fionread(struct file *f, vaddr_t arg)
{
	loff_t left = (loff_t)inode_size(f->inode) - f->pos;

	return put_user((int)clamp(left, (loff_t)0, (loff_t)0x7fffffff), arg);
}

static long ioctl_flag(struct file *f, unsigned int flag, vaddr_t arg)
{
	unsigned int flags;
	int on, err = get_user(&on, arg);

	if (err)
		return err;
	flags = on ? f->flags | flag : f->flags & ~flag;
	return set_flags(f, flags);
}

static long do_ioctl(struct file *f, int fd, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case FIOCLEX:
		return fd_set_cloexec(fd, true);
	case FIONCLEX:
		return fd_set_cloexec(fd, false);
	case FIONBIO:
		return ioctl_flag(f, O_NONBLOCK, arg);
	case FIOASYNC:
		return ioctl_flag(f, O_ASYNC, arg);
	case FIONREAD:
		if (S_ISREG(f->inode->mode))
			return ioctl_fionread(f, arg);
		break;
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
		return chattr_ioctl(f, cmd, arg);
	case FIGETBSZ:
		return put_user(f->inode->sb->blocksize, arg);
	default:
		break;
	}
	return f->f_op->ioctl ? f->f_op->ioctl(f, cmd, arg) : -ENOTTY;
}

long sys_ioctl(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	long ret;

	if (!r.file)
		return -EBADF;
	ret = do_ioctl(r.file, (int)a[0], (unsigned int)a[1], a[2]);
	fdput(r);
	return ret;
}
