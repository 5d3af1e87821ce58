// SPDX-License-Identifier: MIT
/*
 * Block devices opened as files: /dev/vda.
 *
 * The bytes are those of the device's own page cache, which every node of that
 * number shares: opening one makes the node's inode use the device's mapping.
 */
#include <kernel/fs/special.h>

#include <kernel/cred.h>
#include <kernel/drivers/block.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>
#include <mm/vma.h>

#define BLKROSET        0x125d
#define BLKROGET        0x125e
#define BLKGETSIZE      0x1260
#define BLKFLSBUF       0x1261
#define BLKRAGET        0x1263
#define BLKSSZGET       0x1268
#define BLKIOMIN        0x1278
#define BLKIOOPT        0x1279
#define BLKALIGNOFF     0x127a
#define BLKPBSZGET      0x127b
#define BLKBSZGET       0x80081270
#define BLKGETSIZE64    0x80081272

static struct block_device *bdev_of(const struct file *f)
{
	return f->private_;
}

static struct address_space *mapping_of(const struct file *f)
{
	return bdev_of(f)->inode->mapping;
}

static ssize_t blkdev_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return filemap_read(&f->ra, to, pos, mapping_of(f));
}

static ssize_t blkdev_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = bdev_of(f)->inode;
	u64 size = inode_size(inode);
	ssize_t n;

	if (inode_is_swap(inode))
		return -ETXTBSY;
	if (!from->count)
		return 0;
	down_write(&inode->lock);
	if (f->flags & O_APPEND)
		*pos = (loff_t)size;
	if ((u64)*pos >= size) {
		n = -ENOSPC;
	} else {
		from->count = min((u64)from->count, size - (u64)*pos);
		n = filemap_write(inode->mapping, from, pos, NULL);
	}
	up_write(&inode->lock);
	return generic_write_sync(f, *pos, n);
}

static loff_t blkdev_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = (loff_t)inode_size(bdev_of(f)->inode);

	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence == SEEK_END)
		off += size;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0 || off > size)
		return -EINVAL;
	f->pos = off;
	return off;
}

static int blkdev_fsync(struct file *f, loff_t start, loff_t end, bool datasync)
{
	struct address_space *as = mapping_of(f);
	int err, e;

	filemap_write_range(as, start, end);
	filemap_wait_range(as, start, end);
	err = errseq_tell(&as->wb_error, &f->wb_error);
	e = block_device_flush(bdev_of(f));
	return err ? err : e;
}

static int blkdev_mmap(struct file *f, struct vm_area_struct *vma)
{
	return vma_map_cached(vma, mapping_of(f), f, &file_vm_ops);
}

static long blkdev_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct block_device *b = bdev_of(f);

	switch (cmd) {
	case BLKGETSIZE64:
		return put_user((u64)(b->nr_sectors << SECTOR_SHIFT), arg);
	case BLKGETSIZE:
		return put_user((unsigned long)b->nr_sectors, arg);
	case BLKSSZGET:
		return put_user((int)SECTOR_SIZE, arg);
	case BLKPBSZGET:
	case BLKIOMIN:
		return put_user((unsigned int)SECTOR_SIZE, arg);
	case BLKIOOPT:
	case BLKALIGNOFF:
		return put_user(0U, arg);
	case BLKBSZGET:
		return put_user((int)PAGE_SIZE, arg);
	case BLKRAGET:
		return put_user((unsigned long)256, arg);
	case BLKROGET:
		return put_user((int)b->read_only, arg);
	case BLKFLSBUF:
		if (!capable(CAP_SYS_ADMIN))
			return -EACCES;
		return bdev_flush_cache(b);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations bdev_fops = {
	.read = blkdev_read,
	.write = blkdev_write,
	.llseek = blkdev_llseek,
	.fsync = blkdev_fsync,
	.mmap = blkdev_mmap,
	.ioctl = blkdev_ioctl,
};

static int blkdev_open(struct inode *inode, struct file *f)
{
	struct block_device *b = block_device_by_dev(inode->rdev);

	if (!b)
		return -ENXIO;
	if ((f->mode & FMODE_WRITE) && b->read_only)
		return -EACCES;
	/* O_EXCL without O_CREAT: only if nobody has it mounted. */
	if ((f->flags & O_EXCL) && b->holder)
		return -EBUSY;
	f->private_ = b;
	f->f_op = &bdev_fops;
	inode->mapping = b->inode->mapping;
	f->wb_error = errseq_sample(&inode->mapping->wb_error);
	return 0;
}

const struct file_operations blkdev_fops = { .open = blkdev_open };
