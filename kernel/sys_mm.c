// SPDX-License-Identifier: MIT
/*
 * System calls about one's own address space: decoded here, done by mm/.
 *
 * What only kernel/ knows is checked here: open files and how they were
 * opened, and capabilities.  The rest of the man page's ERRORS is mm's.
 */
#include <kernel/syscall.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <lib/errno.h>
#include <mm/mm.h>
#include <mm/mmap.h>

/*
 * Flags that MAP_SHARED_VALIDATE knows: those older than itself, so not MAP_FIXED_NOREPLACE.
 * From bit 26 on, the size of huge pages.
 */
#define MAP_KNOWN (MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | \
		   MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | \
		   MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | 0x1fU << 26)
#define HUGE_SHIFT      26
#define HUGE_MASK       0x3fU
#define MLOCK_ONFAULT   1

static inline struct mm_struct *own_mm(void) { return current->thread.mm; }

static long mmap_huge(const struct mmap_request *rq);
static int check_file_mapping(struct mmap_request *rq);

long sys_mmap(const unsigned long *a)
{
	struct mmap_request rq = {
		.addr = a[0], .len = a[1], .prot = (unsigned int)a[2], .flags = (unsigned int)a[3],
		.pgoff = a[5] >> PAGE_SHIFT,
		.may_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC,
		.may_map_low = a[0] < sysctl_mmap_min_addr && capable(CAP_SYS_RAWIO),
	};
	int fd = (int)a[4];
	long ret;

	if (a[5] & ~PAGE_MASK)
		return -EINVAL;
	if (rq.flags & MAP_ANONYMOUS) {
		if (rq.flags & MAP_HUGETLB)
			return mmap_huge(&rq);
		rq.pgoff = 0;
		return mm_mmap(own_mm(), &rq);
	}
	rq.file = fd_get(fd);
	if (!rq.file)
		return -EBADF;
	ret = -EINVAL;
	if (!(rq.flags & MAP_HUGETLB)) {
		rq.file_error = check_file_mapping(&rq);
		ret = mm_mmap(own_mm(), &rq);
	}
	file_put(rq.file);
	return ret;
}

/*
 * MAP_HUGETLB where nr_hugepages is 0: neither pool that the machine could have, of 2 MiB and
 * 1 GiB pages, has one.  Unlike Linux, MAP_NORESERVE does not defer that to a SIGBUS.
 */
static long mmap_huge(const struct mmap_request *rq)
{
	unsigned int log = rq->flags >> HUGE_SHIFT & HUGE_MASK, type = rq->flags & MAP_TYPE;

	if (log && log != 21 && log != 30)
		return -EINVAL;
	if (!rq->len || (type != MAP_SHARED && type != MAP_PRIVATE))
		return -EINVAL;
	if (rq->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) && rq->addr & ((1UL << (log ?: 21)) - 1))
		return -EINVAL;
	return -ENOMEM;
}

/* Does the end lie where an offset into a file of this kind can be? */
static bool offset_fits(const struct mmap_request *rq)
{
	u32 mode = rq->file->inode->mode;
	u64 end = S_ISREG(mode) || S_ISBLK(mode) ? ~0UL >> 1 : ~0UL;   /* loff_t */

	return rq->len <= end && rq->pgoff <= (end - rq->len) >> PAGE_SHIFT;
}

/* mmap(2): may this open file be mapped so?  Fills in may_flags and map_file. */
static int check_file_mapping(struct mmap_request *rq)
{
	struct file *f = rq->file;

	if (!offset_fits(rq))
		return -EOVERFLOW;
	switch (rq->flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (rq->flags & ~MAP_KNOWN)
			return -EOPNOTSUPP;
		fallthrough;
	case MAP_SHARED:
		if ((rq->prot & PROT_WRITE) && !(f->mode & FMODE_WRITE))
			return -EACCES;
		if ((rq->prot & PROT_WRITE) && inode_is_swap(f->inode))
			return -ETXTBSY;
		if ((f->mode & FMODE_WRITE) && (f->inode->chattr & FS_APPEND_FL))
			return -EACCES;
		if (!(f->mode & FMODE_WRITE))
			rq->may_flags &= ~VM_MAYWRITE;
		fallthrough;
	case MAP_PRIVATE:
		if (!(f->mode & FMODE_READ))
			return -EACCES;
		break;
	default:
		return -EINVAL;
	}
	if (f->path.mnt && ((f->path.mnt->flags | f->inode->sb->flags) & MS_NOEXEC)) {
		if (rq->prot & PROT_EXEC)
			return -EPERM;
		rq->may_flags &= ~VM_MAYEXEC;
	}
	if (!f->f_op->mmap)
		return -ENODEV;
	if (rq->flags & MAP_GROWSDOWN)
		return -EINVAL;
	rq->map_file = f->f_op->mmap;
	return 0;
}

long sys_munmap(const unsigned long *a)
{
	return mm_munmap(own_mm(), a[0], a[1]);
}

long sys_mprotect(const unsigned long *a)
{
	return mm_mprotect(own_mm(), a[0], a[1], a[2]);
}

long sys_brk(const unsigned long *a)
{
	return mm_brk(own_mm(), a[0]);
}

long sys_mremap(const unsigned long *a)
{
	if (a[3] >> 32)
		return -EINVAL;
	return mm_mremap(own_mm(), a[0], a[1], a[2], (unsigned int)a[3], a[4]);
}

long sys_madvise(const unsigned long *a)
{
	return mm_madvise(own_mm(), a[0], a[1], (int)a[2]);
}

long sys_msync(const unsigned long *a)
{
	return mm_msync(own_mm(), a[0], a[1], (int)a[2]);
}

long sys_mincore(const unsigned long *a)
{
	return mm_mincore(own_mm(), a[0], a[1], a[2]);
}

long sys_mlock(const unsigned long *a)
{
	return mm_mlock(own_mm(), a[0], a[1], false);
}

long sys_mlock2(const unsigned long *a)
{
	if ((int)a[2] & ~MLOCK_ONFAULT)
		return -EINVAL;
	return mm_mlock(own_mm(), a[0], a[1], (int)a[2] & MLOCK_ONFAULT);
}

long sys_munlock(const unsigned long *a)
{
	return mm_munlock(own_mm(), a[0], a[1]);
}

long sys_mlockall(const unsigned long *a)
{
	return mm_mlockall(own_mm(), (int)a[0]);
}

long sys_munlockall(const unsigned long *a)
{
	return mm_munlockall(own_mm());
}

long sys_mseal(const unsigned long *a)
{
	return a[2] ? -EINVAL : mm_mseal(own_mm(), a[0], a[1]);
}

long sys_remap_file_pages(const unsigned long *a)
{
	if (a[2])
		return -EINVAL;
	return mm_remap_file_pages(own_mm(), a[0], a[1], a[3], !(a[4] & MAP_NONBLOCK));
}
