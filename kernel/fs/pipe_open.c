// SPDX-License-Identifier: MIT
/*
 * How pipes come to be: pipe2(2), and the open of a fifo, which waits for the
 * other side.
 *
 * Lock: pipe_fifo_lock for inode->pipe, p->lock for the counts of opens.
 */
#include <kernel/fs/pipe_internal.h>

#include <kernel/fs/anon.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/special.h>
#include <kernel/syscall.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <mm/uaccess.h>

/* ------------------------------------------------------------------- pipe2 */

static struct file *pipe_end(struct dentry *d, struct pipe *p, unsigned int flags)
{
	struct file *f = anon_file_dentry(d, &pipe_fops, p, flags);

	if (!IS_ERR(f))
		atomic_inc(&p->refs);
	return f;
}

int pipe_make(struct file *ends[2], unsigned int flags)
{
	struct pipe *p = pipe_alloc();
	struct inode *inode = p ? anon_new_inode(S_IFIFO | 0600) : NULL;
	struct dentry *d = NULL;
	char name[32];
	int err = -ENOMEM;

	if (inode) {
		p->anonymous = true;
		inode->pipe = p;
		inode->i_fop = &fifo_fops;
		snprintf(name, sizeof(name), "pipe:[%lu]", inode->ino);
		d = anon_dentry(name, inode);
		if (!d)
			inode_put(inode);
	}
	if (d) {
		ends[0] = pipe_end(d, p, O_RDONLY | flags);
		err = PTR_ERR_OR_ZERO(ends[0]);
		if (!err) {
			p->readers = p->r_count = 1;
			ends[1] = pipe_end(d, p, O_WRONLY | flags);
			err = PTR_ERR_OR_ZERO(ends[1]);
			if (err)
				file_put(ends[0]);
			else
				p->writers = p->w_count = 1;
		}
		dentry_put(d);
	}
	if (p)
		pipe_put(p);
	return err;
}

long sys_pipe2(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1];
	struct file *ends[2];
	bool cloexec = flags & O_CLOEXEC;
	int fd[2], err;

	if (flags & ~(unsigned int)(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	if (flags & O_DIRECT)
		return -EINVAL;         /* packet mode is not there: say so */
	err = pipe_make(ends, flags & O_NONBLOCK);
	if (err)
		return err;
	fd[0] = err = fd_reserve(0, cloexec);
	if (err < 0)
		goto out_files;
	fd[1] = err = fd_reserve(0, cloexec);
	if (err < 0)
		goto out_fd0;
	err = copy_to_user(a[0], fd, sizeof(fd));
	if (err)
		goto out_fd1;
	fd_install(fd[0], ends[0]);
	fd_install(fd[1], ends[1]);
	return 0;
out_fd1:
	fd_release(fd[1]);
out_fd0:
	fd_release(fd[0]);
out_files:
	file_put(ends[0]);
	file_put(ends[1]);
	return err;
}

/* ------------------------------------------------------------------- fifos */

/* The pipe of a fifo's inode, made at the first open; with a reference. */
static struct pipe *fifo_pipe(struct inode *inode)
{
	struct pipe *p;

	mutex_lock(&pipe_fifo_lock);
	p = inode->pipe;
	if (p)
		atomic_inc(&p->refs);
	else
		p = inode->pipe = pipe_alloc();
	mutex_unlock(&pipe_fifo_lock);
	return p;
}

/* Wait for the other side's first open since @count. */
static int wait_for_partner(struct wait_queue *wq, const unsigned int *now, unsigned int count)
{
	return wait_event_interruptible(wq, READ_ONCE(*now) != count);
}

static int fifo_open(struct inode *inode, struct file *f)
{
	struct pipe *p = fifo_pipe(inode);
	bool rd = f->mode & FMODE_READ, wr = f->mode & FMODE_WRITE;
	unsigned int count;
	int err = 0;

	if (!p)
		return -ENOMEM;
	f->private_ = p;
	f->f_op = &pipe_fops;
	f->mode |= FMODE_NOSEEK | FMODE_STREAM;
	mutex_lock(&p->lock);
	if (wr && !rd && (f->flags & O_NONBLOCK) && !p->readers && !p->anonymous)
		err = -ENXIO;
	if (rd && !err) {
		p->readers++;
		p->r_count++;
	}
	if (wr && !err) {
		p->writers++;
		p->w_count++;
	}
	f->pos = 0;
	count = rd ? p->w_count : p->r_count;
	if (!err && rd && !wr && !p->writers && (f->flags & O_NONBLOCK))
		f->pos = p->w_count;            /* no hang-up before the first writer came */
	mutex_unlock(&p->lock);
	if (!err) {
		wake_up_all(&p->rd_wait);
		wake_up_all(&p->wr_wait);
		if (p->anonymous)
			return 0;
		if (rd && !wr && !READ_ONCE(p->writers) && !(f->flags & O_NONBLOCK))
			err = wait_for_partner(&p->rd_wait, &p->w_count, count);
		else if (wr && !rd && !READ_ONCE(p->readers))
			err = wait_for_partner(&p->wr_wait, &p->r_count, count);
		if (err)
			pipe_release(inode, f);
		return err;
	}
	mutex_lock(&pipe_fifo_lock);
	if (atomic_read(&p->refs) == 1)
		inode->pipe = NULL;
	pipe_put(p);
	mutex_unlock(&pipe_fifo_lock);
	return err;
}

const struct file_operations fifo_fops = { .open = fifo_open };
