// SPDX-License-Identifier: MIT
/*
 * Open files: their birth, their references, their end.
 *
 * A file is opened once and then shared by whoever dups, forks or maps it; the
 * last reference releases it: the object's own release first, then locks and
 * the claim to write, then the path.
 */
#include <kernel/fs/file.h>

#include <kernel/cred.h>
#include <kernel/fs/dnotify.h>
#include <kernel/fs/epoll.h>
#include <kernel/fs/fown.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/locks.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <mm/slab.h>

static struct kmem_cache *file_cache;
static atomic_long_t nr_files;

/* O_PATH files, and inodes that give none. */
static const struct file_operations no_fops;

void file_init(void)
{
	file_cache = kmem_cache_create("file", sizeof(struct file), 0);
	if (!file_cache)
		panic("file_init: no memory");
}

struct file *file_alloc(unsigned int flags)
{
	struct file *f = kmem_cache_alloc(file_cache, GFP_KERNEL | GFP_ZERO);

	if (!f)
		return ERR_PTR(-ENFILE);
	atomic_set(&f->refs, 1);
	f->flags = flags;
	if (flags & O_PATH) {
		f->mode = FMODE_PATH;
	} else {
		if ((flags & O_ACCMODE) != O_WRONLY)
			f->mode |= FMODE_READ;
		if ((flags & O_ACCMODE) != O_RDONLY)
			f->mode |= FMODE_WRITE;
	}
	f->f_op = &no_fops;
	mutex_init(&f->pos_lock, RANK_FILE_POS);
	INIT_LIST_HEAD(&f->epoll_items);
	f->cred = current->cred;
	cred_get(f->cred);
	atomic_long_inc(&nr_files);
	return f;
}

static int claim_write(struct file *f)
{
	int err = mount_want_write(f->path.mnt);

	if (!err)
		err = inode_get_write(f->inode);
	if (err)
		return err;
	atomic_inc(&f->inode->sb->writers);
	f->mode |= FMODE_WRITER;
	return 0;
}

int file_do_open(struct file *f, const struct path *path)
{
	struct inode *inode = path->dentry->inode;
	int err;

	f->path = *path;
	f->inode = inode;
	f->wb_error = errseq_sample(&inode->mapping->wb_error);
	f->sb_error = errseq_sample(&inode->sb->wb_error);
	if (f->mode & FMODE_PATH)
		return 0;
	if ((f->mode & FMODE_WRITE) && S_ISREG(inode->mode)) {
		err = claim_write(f);
		if (err)
			return err;
	}
	if (S_ISREG(inode->mode) && (f->flags & O_ACCMODE) == 3)
		f->mode &= ~(FMODE_READ | FMODE_WRITE);
	if (!inode->i_fop)
		return -ENXIO;
	f->f_op = inode->i_fop;
	if (f->f_op->open) {
		err = f->f_op->open(inode, f);
		if (err)
			return err;
	}
	f->mode |= FMODE_OPENED;
	f->flags &= ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	notify_path(path, IN_OPEN);
	return 0;
}

static void file_free(struct file *f)
{
	struct inode *inode = f->inode;

	if (f->mode & FMODE_OPENED)
		notify_path(&f->path, f->mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
	if (!list_empty(&f->epoll_items))
		epoll_release_file(f);
	if (unlikely(f->owner)) {
		dnotify_end(f, NULL);
		file_owner_free(f->owner);
	}
	if (inode) {
		if (inode->locks)
			locks_remove_file(f);
		if ((f->mode & FMODE_OPENED) && f->f_op->release)
			f->f_op->release(inode, f);
		if (f->mode & FMODE_EXEC)
			inode_allow_write(inode);
		if (f->mode & FMODE_WRITER) {
			atomic_dec(&inode->sb->writers);
			inode_put_write(inode);
		}
	}
	if (f->path.mnt)
		path_put(&f->path);
	cred_put(f->cred);
	kmem_cache_free(file_cache, f);
	atomic_long_dec(&nr_files);
}

void file_put(struct file *f)
{
	if (atomic_dec_and_test(&f->refs))
		file_free(f);
}

int file_close(struct file *f, struct files_struct *owner)
{
	int err = 0;

	if (f->f_op->flush)
		err = f->f_op->flush(f);
	if (f->inode->locks && !(f->mode & FMODE_PATH))
		locks_remove_posix(f, owner);
	if (unlikely(f->owner))
		dnotify_end(f, owner);
	file_put(f);
	return err;
}

void file_get_hook(struct file *f)
{
	file_get(f);
}

/*
 * An area goes, and mm->lock is held: releasing the file takes locks that come
 * before it.  So the last one waits until the task is on its way back to its
 * program, or at its end.
 */
void file_put_hook(struct file *f)
{
	if (!atomic_dec_and_test(&f->refs))
		return;
	f->next_dead = current->dead_files;
	current->dead_files = f;
	__atomic_fetch_or(&current->thread.work, WORK_NOTIFY, __ATOMIC_SEQ_CST);
}

void file_release_dead(void)
{
	struct file *f;

	while ((f = current->dead_files) != NULL) {
		current->dead_files = f->next_dead;
		file_free(f);
	}
}

struct file *file_open_path(const struct path *path, unsigned int flags)
{
	struct file *f = file_alloc(flags);
	int err;

	if (IS_ERR(f))
		return f;
	path_get(path);
	err = file_do_open(f, path);
	if (err) {
		file_put(f);
		return ERR_PTR(err);
	}
	return f;
}

struct file *file_open_exec(const char *name)
{
	return file_open_exec_at(AT_FDCWD, name, LOOKUP_FOLLOW);
}

struct file *file_open_exec_at(int dirfd, const char *name, unsigned int lookup)
{
	struct path path;
	struct file *f;
	struct inode *inode;
	int err = path_lookup(dirfd, name, lookup, &path);

	if (err)
		return ERR_PTR(err);
	inode = path.dentry->inode;
	if (!S_ISREG(inode->mode) || ((path.mnt->flags | inode->sb->flags) & MS_NOEXEC))
		err = -EACCES;
	else
		err = inode_permission(inode, MAY_EXEC);
	if (!err)
		err = inode_deny_write(inode);
	if (err) {
		path_put(&path);
		return ERR_PTR(err);
	}
	f = file_open_path(&path, O_RDONLY | O_LARGEFILE);
	if (IS_ERR(f))
		inode_allow_write(inode);
	else
		f->mode |= FMODE_EXEC;
	path_put(&path);
	return f;
}

/* --------------------------------------------------- from and to the kernel */

ssize_t kernel_read(struct file *f, void *buf, size_t len, loff_t pos)
{
	struct iov_iter it;

	if (!f->f_op->read)
		return -EINVAL;
	iov_iter_kernel(&it, buf, len);
	return f->f_op->read(f, &it, &pos);
}

ssize_t kernel_write(struct file *f, const void *buf, size_t len, loff_t pos)
{
	struct iov_iter it;

	if (!f->f_op->write)
		return -EINVAL;
	iov_iter_kernel(&it, (void *)(unsigned long)buf, len);
	return f->f_op->write(f, &it, &pos);
}
