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
#include <mm/shmem.h>
#include <mm/uaccess.h>

#define MFD_CLOEXEC             1U
#define MFD_ALLOW_SEALING       2U
#define MFD_HUGETLB             4U
#define MFD_NOEXEC_SEAL         8U
#define MFD_EXEC                0x10U
#define MFD_HUGE_SHIFT          26
#define MFD_HUGE_MASK           0x3fU
#define MEMFD_NAME_MAX          (NAME_MAX - 6)

unsigned int sysctl_memfd_noexec;

struct file *memfd_make(const char *name, u32 mode)
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

/* MFD_HUGETLB where nr_hugepages is 0.  Unlike Linux, it fails here and not when it is mapped. */
static long memfd_huge(unsigned int flags)
{
	unsigned int log = flags >> MFD_HUGE_SHIFT & MFD_HUGE_MASK;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC | MFD_HUGETLB |
		      MFD_HUGE_MASK << MFD_HUGE_SHIFT))
		return -EINVAL;
	return log && log != 21 && log != 30 ? -ENODEV : -ENOMEM;
}

/* MFD_EXEC or MFD_NOEXEC_SEAL where the program said neither, by vm.memfd_noexec.  0 or -EACCES. */
static int memfd_exec_policy(unsigned int *flags)
{
	if (*flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) {
		if (*flags & MFD_EXEC && sysctl_memfd_noexec >= 2)
			return -EACCES;
		return 0;
	}
	if (sysctl_memfd_noexec >= 2)
		return -EACCES;
	*flags |= sysctl_memfd_noexec ? MFD_NOEXEC_SEAL : MFD_EXEC;
	return 0;
}

/* With MFD_NOEXEC_SEAL it can be sealed, whether MFD_ALLOW_SEALING says so or not. */
static u32 memfd_seals(unsigned int flags)
{
	if (flags & MFD_NOEXEC_SEAL)
		return F_SEAL_EXEC;
	return flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL;
}

long sys_memfd_create(const unsigned long *a)
{
	char name[6 + MEMFD_NAME_MAX + 12] = "/memfd:";
	unsigned int flags = (unsigned int)a[1];
	struct file *f;
	ssize_t len;
	int fd;

	if (flags & MFD_HUGETLB)
		return memfd_huge(flags);
	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC))
		return -EINVAL;
	if ((flags & MFD_NOEXEC_SEAL) && (flags & MFD_EXEC))
		return -EINVAL;
	fd = memfd_exec_policy(&flags);
	if (fd)
		return fd;
	len = strncpy_from_user(name + 7, a[0], MEMFD_NAME_MAX + 1);
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	strcat(name, " (deleted)");
	f = memfd_make(name, (flags & MFD_NOEXEC_SEAL) ? 0666 : 0777);
	if (IS_ERR(f))
		return PTR_ERR(f);
	f->inode->mapping->seals = memfd_seals(flags);
	fd = fd_install_lowest(f, 0, flags & MFD_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}
