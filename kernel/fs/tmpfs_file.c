// SPDX-License-Identifier: MIT
/*
 * Regular files of a tmpfs, and memfds: shmem with a size and a limit.
 *
 * Lock: the inode's.
 */
#include <kernel/fs/tmpfs.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/seals.h>
#include <kernel/fs/tmpfs_internal.h>
#include <kernel/signal.h>
#include <lib/err.h>
#include <mm/filemap.h>
#include <mm/frames.h>
#include <mm/mmap.h>
#include <mm/shmem.h>
#include <mm/shmem_away.h>
#include <mm/vma.h>

static const struct address_space_operations tmpfs_aops = {
	.readpage = shmem_readpage,
	.punch_hole = file_punch_hole,
	.file_get = file_get_hook,
	.file_put = file_put_hook,
};

static ssize_t tmpfs_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	if (!(f->flags & O_NOATIME))
		inode_accessed(f->inode, f->path.mnt);
	return shmem_read(f->inode->mapping, to, pos);
}

static ssize_t tmpfs_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = f->inode;
	ssize_t n;

	down_write(&inode->lock);
	n = generic_write_checks(f, from, pos);
	if (n > 0) {
		int err = seals_check_write(inode, *pos, from->count);

		n = err ? err : shmem_write(inode->mapping, from, pos);
	}
	up_write(&inode->lock);
	return n;
}

static int tmpfs_mmap(struct file *f, struct vm_area_struct *vma)
{
	int err = shmem_map_begin(f->inode->mapping, vma);

	return err ? err : vma_map_cached(vma, f->inode->mapping, f, &shmem_vm_ops);
}

#define FALLOC_FL_KEEP_SIZE     1
#define FALLOC_FL_PUNCH_HOLE    2

static u64 room(const struct page_quota *q)
{
	u64 used = (u64)atomic_long_read(&q->pages);

	return used < q->max ? q->max - used : 0;
}

/* What is not there at all is not begun: of more than there is room for nothing stays. */
static int allocate_pages(struct inode *inode, pgoff_t first, pgoff_t last)
{
	const struct page_quota *q = inode->data.quota;
	pgoff_t at;

	if (q && q->max && last - first >= room(q) + shmem_nr_pages(&inode->data))
		return -ENOSPC;
	for (at = first; at <= last; at++) {
		struct page *page = shmem_get_page(inode->mapping, at, GFP_KERNEL);

		if (IS_ERR(page))
			return PTR_ERR(page) == -ENOMEM ? -ENOSPC : (int)PTR_ERR(page);
		unlock_page(page);
		put_page(page);
		if (signal_pending())
			return -EINTR;
	}
	return 0;
}

static long tmpfs_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *inode = f->inode;
	loff_t end = off + len;
	int err;

	down_write(&inode->lock);
	err = seals_check_allocate(inode, (u64)end, mode & FALLOC_FL_PUNCH_HOLE);
	if (err) {
		up_write(&inode->lock);
		return err;
	}
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		end = min(end, (loff_t)inode_size(inode));
		if (off < end)
			shmem_truncate(inode->mapping, off, end);
	} else {
		err = allocate_pages(inode, (pgoff_t)off >> PAGE_SHIFT,
				     (pgoff_t)(end - 1) >> PAGE_SHIFT);
		if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && (u64)end > inode_size(inode))
			inode_set_size(inode, (u64)end);
	}
	if (!err)
		inode_set_times_now(inode, ATTR_MTIME | ATTR_CTIME);
	up_write(&inode->lock);
	return err;
}

static int tmpfs_setattr(struct inode *inode, const struct iattr *attr)
{
	int err = seals_check_attr(inode, attr);

	if (err)
		return err;
	if (attr->valid & ATTR_SIZE) {
		u64 old = inode_size(inode), size = (u64)attr->size;

		inode_set_size(inode, size);
		if (size < old)
			shmem_truncate(inode->mapping, attr->size, -1);
	}
	setattr_copy(inode, attr);
	return 0;
}

static int tmpfs_getattr(struct inode *inode, struct kstat *st)
{
	generic_fillattr(inode, st);
	if (S_ISREG(inode->mode))
		st->blocks = shmem_nr_pages(&inode->data) * (PAGE_SIZE / 512);
	return 0;
}

int tmpfs_fsync(struct file *f, loff_t start, loff_t end, bool datasync)
{
	return 0;
}

static const struct inode_operations tmpfs_file_iops = {
	.setattr = tmpfs_setattr,
	.getattr = tmpfs_getattr,
	.xattr = &tmpfs_xattr_ops,
};

const struct file_operations tmpfs_file_fops = {
	.read = tmpfs_read,
	.write = tmpfs_write,
	.mmap = tmpfs_mmap,
	.fallocate = tmpfs_fallocate,
	.fcntl = seals_fcntl,
	.fsync = tmpfs_fsync,
};

void tmpfs_init_file(struct inode *inode)
{
	struct tmpfs *fs = inode->sb->private_;

	inode->data.a_ops = &tmpfs_aops;
	inode->data.flags |= AS_SWAPBACKED | AS_CHARGED;
	inode->data.quota = fs ? &fs->quota : NULL;     /* none: a memfd */
	inode->data.seals = F_SEAL_SEAL;
	inode->i_op = &tmpfs_file_iops;
	inode->i_fop = &tmpfs_file_fops;
}
