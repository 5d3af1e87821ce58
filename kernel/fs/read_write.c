// SPDX-License-Identifier: MIT
/*
 * read(2), write(2) and all their forms; and the parts of them that file
 * systems share.
 */
#include <kernel/fs/read_write.h>

#include <kernel/fs/inode.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/io_account.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/reclaim.h>
#include <mm/uaccess.h>
#include <mm/vma.h>
#include <mm/mmap.h>

/* What one call may move: keeps a byte count in an int, as Linux does. */
#define MAX_RW_COUNT    (0x7fffffffUL & PAGE_MASK)

static __noinline ssize_t no_read(const struct file *f)
{
	if (!(f->mode & FMODE_READ))
		return -EBADF;
	return S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
}

static __noinline ssize_t read_and_tell(struct file *f, struct iov_iter *to, loff_t *pos)
{
	ssize_t n = f->f_op->read(f, to, pos);

	if (n > 0)
		notify_file(f, IN_ACCESS);
	return n;
}

static __noinline ssize_t write_and_tell(struct file *f, struct iov_iter *from, loff_t *pos)
{
	ssize_t n = f->f_op->write(f, from, pos);

	if (n > 0)
		notify_file(f, IN_MODIFY);
	return n;
}

/* @f is open for reading. */
static __always_inline ssize_t read_open(struct file *f, struct iov_iter *to, loff_t *pos,
					 bool counts)
{
	ssize_t n;

	if (unlikely(!f->f_op->read))
		return no_read(f);
	if (unlikely(*pos < 0 || (loff_t)((u64)*pos + to->count) < 0))
		return -EINVAL;
	n = notify_wanted() ? read_and_tell(f, to, pos) : f->f_op->read(f, to, pos);
	return counts ? count_read(n) : n;
}

static __always_inline ssize_t read_as(struct file *f, struct iov_iter *to, loff_t *pos,
				       bool counts)
{
	return likely(f->mode & FMODE_READ) ? read_open(f, to, pos, counts) : no_read(f);
}

/* @f is open for writing. */
static __always_inline ssize_t write_open(struct file *f, struct iov_iter *from, loff_t *pos,
					  bool counts)
{
	ssize_t n;

	if (unlikely(!f->f_op->write || *pos < 0))
		return -EINVAL;
	n = notify_wanted() ? write_and_tell(f, from, pos) : f->f_op->write(f, from, pos);
	return counts ? count_write(n) : n;
}

static __always_inline ssize_t write_as(struct file *f, struct iov_iter *from, loff_t *pos,
					bool counts)
{
	return likely(f->mode & FMODE_WRITE) ? write_open(f, from, pos, counts) : -EBADF;
}

static inline ssize_t do_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return read_as(f, to, pos, true);
}

static inline ssize_t do_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return write_as(f, from, pos, true);
}

ssize_t vfs_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return read_as(f, to, pos, false);
}

ssize_t vfs_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return write_as(f, from, pos, false);
}

/* ------------------------------------------------------- one buffer */

/* What read(2) is given: 0 or -EFAULT. */
static inline int one_buffer(struct iov_iter *it, vaddr_t base, size_t len)
{
	if (unlikely(!user_range_ok(base, len)))
		return -EFAULT;
	iov_iter_buf(it, base, min(len, MAX_RW_COUNT));
	return 0;
}

static inline bool open_for(const struct file *f, bool write)
{
	return f->mode & (write ? FMODE_WRITE : FMODE_READ);
}

/* The long way: the table or the file is shared, or descriptor or buffer are bad. */
static __noinline ssize_t shared_rw(const unsigned long *a, bool write)
{
	struct fd_ref r = fdget_pos((int)a[0]);
	struct iov_iter it;
	ssize_t n;

	if (!r.file)
		return -EBADF;
	n = open_for(r.file, write) ? one_buffer(&it, a[1], a[2]) : -EBADF;
	if (!n && write)
		n = do_write(r.file, &it, &r.file->pos);
	else if (!n)
		n = do_read(r.file, &it, &r.file->pos);
	fdput_pos(r);
	return n;
}

long sys_read(const unsigned long *a)
{
	struct file *f = fd_alone(current->files, (unsigned int)a[0], FMODE_READ);
	struct iov_iter it;

	if (unlikely(!f || one_buffer(&it, a[1], a[2])))
		return shared_rw(a, false);
	return read_open(f, &it, &f->pos, true);
}

long sys_write(const unsigned long *a)
{
	struct file *f = fd_alone(current->files, (unsigned int)a[0], FMODE_WRITE);
	struct iov_iter it;

	if (unlikely(!f || one_buffer(&it, a[1], a[2])))
		return shared_rw(a, true);
	return write_open(f, &it, &f->pos, true);
}

/* The file of @fd; *err: 0 if one may read it, or write it, at @pos. */
static struct fd_ref fdget_at(int fd, loff_t pos, bool write, ssize_t *err)
{
	struct fd_ref r = { .file = NULL };

	*err = -EINVAL;
	if (pos < 0)
		return r;
	r = fdget(fd);
	if (!r.file)
		*err = -EBADF;
	else if (r.file->mode & (FMODE_NOSEEK | FMODE_STREAM))
		*err = -ESPIPE;
	else
		*err = open_for(r.file, write) ? 0 : -EBADF;
	return r;
}

/* One buffer at an offset, the long way: as shared_rw(), or @a is wrong. */
static __noinline ssize_t shared_rw_at(const unsigned long *a, bool write)
{
	loff_t pos = (loff_t)a[3];
	struct iov_iter it;
	ssize_t n;
	struct fd_ref r = fdget_at((int)a[0], pos, write, &n);

	if (!n)
		n = one_buffer(&it, a[1], a[2]);
	if (!n)
		n = write ? do_write(r.file, &it, &pos) : do_read(r.file, &it, &pos);
	fdput(r);
	return n;
}

long sys_pread64(const unsigned long *a)
{
	struct file *f = fd_alone_at(current->files, (unsigned int)a[0], FMODE_READ);
	loff_t pos = (loff_t)a[3];
	struct iov_iter it;

	if (unlikely(!f || pos < 0))
		return shared_rw_at(a, false);
	if (unlikely(one_buffer(&it, a[1], a[2])))
		return -EFAULT;
	return read_open(f, &it, &pos, true);
}

long sys_pwrite64(const unsigned long *a)
{
	struct file *f = fd_alone_at(current->files, (unsigned int)a[0], FMODE_WRITE);
	loff_t pos = (loff_t)a[3];
	struct iov_iter it;

	if (unlikely(!f || pos < 0))
		return shared_rw_at(a, true);
	if (unlikely(one_buffer(&it, a[1], a[2])))
		return -EFAULT;
	return write_open(f, &it, &pos, true);
}

/* ------------------------------------------------------- many buffers */

int iovec_import(struct user_iov *u, struct iov_iter *it, vaddr_t addr, unsigned long nr)
{
	size_t total = 0;
	unsigned long i;
	int err;

	u->segs = u->inline_segs;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (nr > ARRAY_SIZE(u->inline_segs)) {
		u->segs = kmalloc(nr * sizeof(*u->segs), GFP_KERNEL);
		if (!u->segs)
			return -ENOMEM;
	}
	err = copy_from_user(u->segs, addr, nr * sizeof(*u->segs));
	for (i = 0; !err && i < nr; i++) {
		struct iovec *v = &u->segs[i];

		if ((ssize_t)v->len < 0)
			err = -EINVAL;
		else if (!user_range_ok(v->base, v->len))
			err = -EFAULT;
		v->len = min(v->len, MAX_RW_COUNT - total);
		total += v->len;
	}
	if (err) {
		iovec_release(u);
		return err;
	}
	iov_iter_user(it, u->segs, (unsigned int)nr, total);
	return 0;
}

void iovec_release(struct user_iov *u)
{
	if (u->segs != u->inline_segs)
		kfree(u->segs);
}

#define RWF_HIPRI       0x01
#define RWF_DSYNC       0x02
#define RWF_SYNC        0x04
#define RWF_NOWAIT      0x08
#define RWF_APPEND      0x10

/* The flags of one call; those that ask for more than this kernel can promise are refused. */
static int check_rwf(unsigned long flags, bool write)
{
	if (flags & ~(unsigned long)(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND))
		return -EOPNOTSUPP;
	if (flags & (RWF_NOWAIT | (write ? RWF_APPEND : 0)))
		return -EOPNOTSUPP;
	return 0;
}

static ssize_t vector(struct file *f, const unsigned long *a, loff_t *pos, bool write,
		      unsigned long flags)
{
	struct iov_iter it;
	struct user_iov u;
	ssize_t n = iovec_import(&u, &it, a[1], (unsigned int)a[2]);

	if (n)
		return n;
	if (it.count) {         /* nobody is asked for nothing, not even a directory */
		n = check_rwf(flags, write);
		if (!n)
			n = write ? do_write(f, &it, pos) : do_read(f, &it, pos);
	}
	iovec_release(&u);
	return n;
}

static ssize_t vector_at_pos(const unsigned long *a, bool write, unsigned long flags)
{
	struct fd_ref r = fdget_pos((int)a[0]);
	ssize_t n = -EBADF;

	if (!r.file)
		return n;
	if (open_for(r.file, write))
		n = vector(r.file, a, &r.file->pos, write, flags);
	fdput_pos(r);
	return n;
}

static ssize_t vector_at_offset(const unsigned long *a, bool write, unsigned long flags)
{
	loff_t pos = (loff_t)a[3];
	ssize_t n;
	struct fd_ref r = fdget_at((int)a[0], pos, write, &n);

	if (!n)
		n = vector(r.file, a, &pos, write, flags);
	fdput(r);
	return n;
}

long sys_readv(const unsigned long *a)
{
	return vector_at_pos(a, false, 0);
}

long sys_writev(const unsigned long *a)
{
	return vector_at_pos(a, true, 0);
}

long sys_preadv(const unsigned long *a)
{
	return vector_at_offset(a, false, 0);
}

long sys_pwritev(const unsigned long *a)
{
	return vector_at_offset(a, true, 0);
}

static ssize_t vector2(const unsigned long *a, bool write)
{
	ssize_t n = (loff_t)a[3] == -1 ? vector_at_pos(a, write, a[5]) :
					 vector_at_offset(a, write, a[5]);
	int err = 0;

	if (n > 0 && write && (a[5] & (RWF_DSYNC | RWF_SYNC))) {
		struct fd_ref r = fdget((int)a[0]);

		if (r.file && r.file->f_op->fsync)
			err = r.file->f_op->fsync(r.file, 0, -1, !(a[5] & RWF_SYNC));
		fdput(r);
	}
	return err ? err : n;
}

long sys_preadv2(const unsigned long *a)
{
	return vector2(a, false);
}

long sys_pwritev2(const unsigned long *a)
{
	return vector2(a, true);
}

/* ------------------------------------------------------- for file systems */

static __noinline ssize_t read_and_note(struct file *f, struct iov_iter *to, loff_t *pos)
{
	if (!(f->flags & O_NOATIME))
		inode_accessed(f->inode, f->path.mnt);
	return filemap_read(&f->ra, to, pos, f->inode->mapping);
}

ssize_t generic_file_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct inode *inode = f->inode;

	if (inode_access_due(inode))
		return read_and_note(f, to, pos);
	return filemap_read(&f->ra, to, pos, inode->mapping);
}

int generic_file_mmap(struct file *f, struct vm_area_struct *vma)
{
	inode_accessed(f->inode, f->path.mnt);
	return vma_map_cached(vma, f->inode->mapping, f, &file_vm_ops);
}

ssize_t generic_write_checks(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = f->inode;
	unsigned long limit = READ_ONCE(current->signal->rlim[RLIMIT_FSIZE].cur);
	u64 most = inode->sb->max_bytes;
	int err;

	if (inode_is_swap(inode))
		return -ETXTBSY;
	if (!from->count)
		return 0;
	if (f->flags & O_APPEND)
		*pos = (loff_t)inode_size(inode);
	if (unlikely(limit != RLIM_INFINITY && limit < most)) {
		if ((u64)*pos >= limit) {
			send_signal_thread(SIGXFSZ, NULL, current);
			return -EFBIG;
		}
		most = limit;
	}
	if ((u64)*pos >= most)
		return -EFBIG;
	from->count = min((u64)from->count, most - (u64)*pos);
	err = inode_remove_suid(inode);
	if (err)
		return err;
	inode_set_times_now(inode, ATTR_MTIME | ATTR_CTIME);
	return (ssize_t)from->count;
}

ssize_t generic_write_sync(struct file *f, loff_t pos, ssize_t n)
{
	bool sync = (f->flags & O_DSYNC) || (f->inode->sb->flags & MS_SYNCHRONOUS);
	int err;

	if (n <= 0 || likely(!sync) || !f->f_op->fsync)
		return n;
	err = f->f_op->fsync(f, pos - n, pos - 1, (f->flags & O_SYNC) != O_SYNC);
	return err ? err : n;
}

ssize_t generic_file_write(struct file *f, struct iov_iter *from, loff_t *pos,
			   int (*prepare)(struct address_space *as, struct page *page,
					  unsigned int from, unsigned int to))
{
	struct inode *inode = f->inode;
	u64 size;
	ssize_t n;

	down_write(&inode->lock);
	n = generic_write_checks(f, from, pos);
	size = inode_size(inode);
	/* A mapping may have written behind the end, in the last page: that is not the file's. */
	if (unlikely((u64)*pos > size) && size & ~PAGE_MASK && n > 0)
		truncate_pages(inode->mapping, (loff_t)size,
			       min(*pos, (loff_t)ALIGN_UP(size, PAGE_SIZE)));
	if (n > 0)
		n = filemap_write(inode->mapping, from, pos, prepare);
	up_write(&inode->lock);
	return generic_write_sync(f, *pos, n);
}
