// SPDX-License-Identifier: MIT
/*
 * /proc/PID/fd and fdinfo: a process' descriptors as links, and what each is.
 */
#include <kernel/fs/proc/proc.h>

#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>

long proc_number(const char *name, size_t len);

static int fd_follow(const struct proc_inode *pi, struct path *path);
static int fdinfo_open(struct inode *inode, struct file *file);

static const struct file_operations fdinfo_file_fops = {
	.open = fdinfo_open, .read = seq_read, .llseek = seq_lseek, .release = single_release,
};

const struct proc_entry proc_fd_entry = { .name = "", .mode = S_IFLNK, .follow = fd_follow };
const struct proc_entry proc_fdinfo_entry = { .name = "",
					      .mode = S_IFREG | 0400,
					      .fop = &fdinfo_file_fops };

/* The open file @fd of @t with a reference, or NULL. */
static struct file *task_file(struct task_struct *t, long fd)
{
	struct file *file = NULL;
	struct files_struct *files;

	spin_lock(&t->lock);
	files = t->files;
	if (files)
		atomic_inc(&files->refs);
	spin_unlock(&t->lock);
	if (!files)
		return NULL;
	file = files_get_file(files, fd);
	files_put(files);
	return file;
}

/* The smallest open descriptor >= @from, or -1. */
static long next_fd(struct task_struct *t, long from)
{
	struct files_struct *files;
	long fd = -1;

	spin_lock(&t->lock);
	files = t->files;
	if (files)
		atomic_inc(&files->refs);
	spin_unlock(&t->lock);
	if (!files)
		return -1;
	fd = files_next(files, from);
	files_put(files);
	return fd;
}

static int fd_follow(const struct proc_inode *pi, struct path *path)
{
	struct file *file = task_file(pi->task, pi->number);

	if (!file)
		return -ENOENT;
	*path = file->path;
	path_get(path);
	file_put(file);
	return 0;
}

static int lookup(struct inode *dir, struct dentry *dentry, const struct proc_entry *e)
{
	struct task_struct *t = proc_i(dir)->task;
	long fd = proc_number(dentry->name, dentry->name_len);
	struct file *file;
	struct inode *inode;

	if (!proc_may_look(t))
		return -EACCES;
	dentry->flags |= D_NOCACHE;
	file = fd >= 0 ? task_file(t, fd) : NULL;
	if (!file) {
		d_add(dentry, NULL);
		return 0;
	}
	inode = proc_new_inode(dir->sb, e, t, fd);
	if (inode && S_ISLNK(e->mode))
		inode->mode |= (file->mode & FMODE_READ ? 0500 : 0) |
			       (file->mode & FMODE_WRITE ? 0300 : 0);
	file_put(file);
	if (!inode)
		return -ENOMEM;
	d_add(dentry, inode);
	return 0;
}

static int fd_lookup(struct inode *dir, struct dentry *dentry)
{
	return lookup(dir, dentry, &proc_fd_entry);
}

static int fdinfo_lookup(struct inode *dir, struct dentry *dentry)
{
	return lookup(dir, dentry, &proc_fdinfo_entry);
}

static int readdir(struct file *file, struct dir_context *ctx, unsigned int type)
{
	struct task_struct *t = proc_i(file->inode)->task;
	char name[16];
	loff_t next;

	if (!proc_may_look(t))
		return -EACCES;
	if (!proc_emit_table(file, ctx, NULL, &next))
		return 0;
	for (long fd = next_fd(t, ctx->pos - 2); fd >= 0; fd = next_fd(t, fd + 1)) {
		int len = snprintf(name, sizeof(name), "%ld", fd);

		ctx->pos = 2 + fd;
		if (!ctx->emit(ctx, name, len, ctx->pos, fd + 100000, type))
			return 0;
		ctx->pos++;
	}
	return 0;
}

static int fd_readdir(struct file *file, struct dir_context *ctx)
{
	return readdir(file, ctx, S_IFLNK >> 12);
}

static int fdinfo_readdir(struct file *file, struct dir_context *ctx)
{
	return readdir(file, ctx, S_IFREG >> 12);
}

const struct inode_operations proc_fd_iops = { .lookup = fd_lookup };
const struct file_operations proc_fd_fops = { .readdir = fd_readdir };
const struct inode_operations proc_fdinfo_iops = { .lookup = fdinfo_lookup };
const struct file_operations proc_fdinfo_fops = { .readdir = fdinfo_readdir };

static int fdinfo_show(struct seq_file *m, void *v)
{
	struct proc_inode *pi = m->private_;
	struct file *file = task_file(pi->task, pi->number);
	char extra[512] = "";

	if (!file)
		return -ENOENT;
	if (file->f_op->show_fdinfo)
		file->f_op->show_fdinfo(file, extra, sizeof(extra));
	seq_printf(m, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%u\nino:\t%lu\n%s", (long)file->pos,
		   file->flags, file->path.mnt->id, (unsigned long)file->inode->ino, extra);
	file_put(file);
	return 0;
}

static int fdinfo_open(struct inode *inode, struct file *file)
{
	if (!proc_may_look(proc_i(inode)->task))
		return -EACCES;
	return single_open(file, fdinfo_show, proc_i(inode));
}
