// SPDX-License-Identifier: MIT
/*
 * Extended attributes, which no file system here has: the answers are Linux's
 * for one mounted without them.  Names and descriptors are still checked, and
 * a list of none is an empty list.
 */
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/syscall.h>

static long on_path(vaddr_t name, unsigned int lookup, long answer)
{
	struct path path;
	int err = user_path(AT_FDCWD, name, lookup, &path);

	if (err)
		return err;
	path_put(&path);
	return answer;
}

static long on_fd(int fd, long answer)
{
	struct fd_ref r = fdget(fd);

	if (!r.file)
		return -EBADF;
	fdput(r);
	return answer;
}

long sys_setxattr(const unsigned long *a)
{
	return on_path(a[0], LOOKUP_FOLLOW, -EOPNOTSUPP);
}

long sys_lsetxattr(const unsigned long *a)
{
	return on_path(a[0], 0, -EOPNOTSUPP);
}

long sys_fsetxattr(const unsigned long *a)
{
	return on_fd((int)a[0], -EOPNOTSUPP);
}

long sys_getxattr(const unsigned long *a)
{
	return on_path(a[0], LOOKUP_FOLLOW, -EOPNOTSUPP);
}

long sys_lgetxattr(const unsigned long *a)
{
	return on_path(a[0], 0, -EOPNOTSUPP);
}

long sys_fgetxattr(const unsigned long *a)
{
	return on_fd((int)a[0], -EOPNOTSUPP);
}

long sys_listxattr(const unsigned long *a)
{
	return on_path(a[0], LOOKUP_FOLLOW, 0);
}

long sys_llistxattr(const unsigned long *a)
{
	return on_path(a[0], 0, 0);
}

long sys_flistxattr(const unsigned long *a)
{
	return on_fd((int)a[0], 0);
}

long sys_removexattr(const unsigned long *a)
{
	return on_path(a[0], LOOKUP_FOLLOW, -EOPNOTSUPP);
}

long sys_lremovexattr(const unsigned long *a)
{
	return on_path(a[0], 0, -EOPNOTSUPP);
}

long sys_fremovexattr(const unsigned long *a)
{
	return on_fd((int)a[0], -EOPNOTSUPP);
}
