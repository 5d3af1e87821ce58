// SPDX-License-Identifier: MIT
/*
 * memfd_create(2): a tmpfs file that has no name and belongs to no mount.
 */
#include <kernel/fs/file.h>

#include <kernel/fs/anon.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/tmpfs.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define MFD_CLOEXEC             1U
#define MFD_ALLOW_SEALING       2U
#define MFD_NOEXEC_SEAL         8U
#define MFD_EXEC                0x10U
#define MEMFD_NAME_MAX          (NAME_MAX - 6)

static struct file *memfd_make(const char *name, u32 mode)
{
	struct inode *inode = anon_new_inode(S_IFREG | mode);
	struct dentry *d;
	struct file *f;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	tmpfs_init_file(inode);
	inode->nlink = 0;
	d = anon_dentry(name, inode);
	if (!d) {
		inode_put(inode);
		return ERR_PTR(-ENOMEM);
	}
	f = anon_file_dentry(d, &tmpfs_file_fops, NULL, O_RDWR | O_LARGEFILE);
	if (!IS_ERR(f))
		f->mode &= ~(FMODE_NOSEEK | FMODE_STREAM);
	dentry_put(d);
	return f;
}

long sys_memfd_create(const unsigned long *a)
{
	char name[6 + MEMFD_NAME_MAX + 12] = "/memfd:";
	unsigned int flags = (unsigned int)a[1];
	struct file *f;
	ssize_t len;
	int fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC))
		return -EINVAL;
	if ((flags & MFD_NOEXEC_SEAL) && (flags & MFD_EXEC))
		return -EINVAL;
	len = strncpy_from_user(name + 7, a[0], MEMFD_NAME_MAX + 1);
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	strcat(name, " (deleted)");
	f = memfd_make(name, (flags & MFD_NOEXEC_SEAL) ? 0666 : 0777);
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_lowest(f, 0, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}
