// SPDX-License-Identifier: MIT
/*
 * Listing directories, reading links, and where a task stands: getdents64,
 * readlinkat, chdir, fchdir, chroot, getcwd.
 */
#include <kernel/fs/file.h>

#include <kernel/cred.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

/* struct linux_dirent64: header, name, NUL, padding to 8 bytes. */
struct dirent64 {
	u64 d_ino;
	s64 d_off;
	u16 d_reclen;
	u8 d_type;
	char d_name[];
};
#define DIRENT_HEAD     offsetof(struct dirent64, d_name)

/*
 * Entries are gathered in a page of the kernel's and copied out a page at a
 * time, for the program's buffer may itself need a fault.
 */
struct getdents {
	struct dir_context ctx;
	char *page;
	size_t used;            /* of the page */
	vaddr_t to;             /* where the page goes */
	size_t room;            /* of the program's buffer behind the page's bytes */
	loff_t told;            /* the place behind the last entry that the program has */
	int err;
};

/* Entry by entry where the page as a whole cannot be copied: what the program gets counts. */
static int getdents_flush(struct getdents *g)
{
	int err = copy_to_user(g->to, g->page, g->used);
	struct dirent64 *d;

	for (size_t at = 0; at < g->used; at += d->d_reclen) {
		d = (struct dirent64 *)(void *)(g->page + at);
		if (err && copy_to_user(g->to, d, d->d_reclen))
			break;
		g->to += d->d_reclen;
		g->told = d->d_off;
	}
	g->used = 0;
	return err;
}

static bool getdents_emit(struct dir_context *ctx, const char *name, size_t len, loff_t pos,
			  u64 ino, unsigned int type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	size_t reclen = ALIGN_UP(DIRENT_HEAD + len + 1, 8UL);
	struct dirent64 *d;

	if (reclen > g->room) {
		g->err = -EINVAL;       /* told only when not even one entry fits */
		return false;
	}
	if (g->used + reclen > PAGE_SIZE) {
		g->err = getdents_flush(g);
		if (g->err)
			return false;
	}
	d = (struct dirent64 *)(void *)(g->page + g->used);
	d->d_ino = ino;
	d->d_off = pos;
	d->d_reclen = (u16)reclen;
	d->d_type = (u8)type;
	memcpy(d->d_name, name, len);
	memset(d->d_name + len, 0, reclen - DIRENT_HEAD - len);
	g->used += reclen;
	g->room -= reclen;
	return true;
}

static ssize_t getdents(struct file *f, vaddr_t to, size_t size)
{
	struct getdents g = { .ctx = { getdents_emit, f->pos }, .to = to, .room = size,
			      .told = f->pos };
	struct inode *dir = f->inode;
	int err = -ENOENT;

	if (!f->f_op->readdir)
		return -ENOTDIR;
	g.page = alloc_page_va(GFP_KERNEL);
	if (!g.page)
		return -ENOMEM;
	down_read(&dir->lock);
	if (!test_bit(I_DEAD, &dir->state)) {
		err = f->f_op->readdir(f, &g.ctx);
		inode_accessed(dir, f->path.mnt);
	}
	up_read(&dir->lock);
	if (!err)
		notify_file(f, IN_ACCESS);
	if (g.used && getdents_flush(&g))
		g.err = -EFAULT;
	free_page_va(g.page);
	f->pos = g.err == -EFAULT ? g.told : g.ctx.pos;
	if (g.to != to)
		return (ssize_t)(g.to - to);
	return err ? err : g.err;
}

long sys_getdents64(const unsigned long *a)
{
	struct fd_ref r = fdget_pos((int)a[0]);
	ssize_t n;

	if (!r.file)
		return -EBADF;
	n = getdents(r.file, a[1], min((size_t)(unsigned int)a[2], (size_t)0x7fffffff));
	fdput_pos(r);
	return n;
}

/* ------------------------------------------------------------ readlinkat */

/* The text of a link that names an object: its path. */
static ssize_t readlink_magic(struct inode *inode, char *buf, size_t size)
{
	struct path to;
	char *p, *tmp;
	ssize_t len;
	int err = inode->i_op->follow(inode, &to);

	if (err)
		return err;
	tmp = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!tmp) {
		path_put(&to);
		return -ENOMEM;
	}
	p = d_path(&to, &current->fs->root, tmp, PATH_MAX);
	len = IS_ERR(p) ? PTR_ERR(p) : (ssize_t)strlcpy(buf, p, size);
	kfree(tmp);
	path_put(&to);
	return len;
}

static ssize_t readlink_path(const struct path *path, vaddr_t to, size_t size)
{
	struct inode *inode = path->dentry->inode;
	char *buf;
	ssize_t len;

	if (!S_ISLNK(inode->mode) || !inode->i_op)
		return -EINVAL;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	inode_accessed(inode, path->mnt);
	if (inode->i_op->readlink)
		len = inode->i_op->readlink(inode, buf, PATH_MAX);
	else if (inode->i_op->follow)
		len = readlink_magic(inode, buf, PATH_MAX);
	else
		len = -EINVAL;
	if (len > 0) {
		len = (ssize_t)min((size_t)len, size);
		if (copy_to_user(to, buf, (size_t)len))
			len = -EFAULT;
	}
	kfree(buf);
	return len;
}

long sys_readlinkat(const unsigned long *a)
{
	struct path path;
	ssize_t n;
	int err;

	if ((int)a[3] <= 0)
		return -EINVAL;
	err = user_path((int)a[0], a[1], LOOKUP_EMPTY, &path);
	if (err)
		return err;
	n = readlink_path(&path, a[2], (size_t)(int)a[3]);
	if (n == -EINVAL && (int)a[0] != AT_FDCWD) {
		char c;

		if (!get_user(&c, a[1]) && !c)
			n = -ENOENT;    /* "" and a descriptor that is no link */
	}
	path_put(&path);
	return n;
}

/* ------------------------------------------------------ where a task stands */

/* @path's references pass. */
static void fs_set(struct path *which, const struct path *path)
{
	struct fs_struct *fs = current->fs;
	struct path old;

	spin_lock(&fs->lock);
	old = *which;
	*which = *path;
	spin_unlock(&fs->lock);
	path_put(&old);
}

long sys_chdir(const unsigned long *a)
{
	struct path path;
	int err = user_path(AT_FDCWD, a[0], LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->inode, MAY_EXEC);
	if (err)
		path_put(&path);
	else
		fs_set(&current->fs->pwd, &path);
	return err;
}

long sys_fchdir(const unsigned long *a)
{
	struct file *f = fd_get_any((int)a[0]);
	int err;

	if (!f)
		return -EBADF;
	err = S_ISDIR(f->inode->mode) ? inode_permission(f->inode, MAY_EXEC) : -ENOTDIR;
	if (!err) {
		struct path path = f->path;

		path_get(&path);
		fs_set(&current->fs->pwd, &path);
	}
	file_put(f);
	return err;
}

long sys_chroot(const unsigned long *a)
{
	struct path path;
	int err = user_path(AT_FDCWD, a[0], LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (err)
		return err;
	err = inode_permission(path.dentry->inode, MAY_EXEC);
	if (!err && !capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (err)
		path_put(&path);
	else
		fs_set(&current->fs->root, &path);
	return err;
}

long sys_getcwd(const unsigned long *a)
{
	struct fs_struct *fs = current->fs;
	struct path root, pwd;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *p;
	long len;

	if (!buf)
		return -ENOMEM;
	spin_lock(&fs->lock);
	root = fs->root;
	pwd = fs->pwd;
	path_get(&root);
	path_get(&pwd);
	spin_unlock(&fs->lock);
	if (d_deleted(pwd.dentry) && pwd.dentry != pwd.mnt->root) {
		len = -ENOENT;
	} else {
		p = d_path(&pwd, &root, buf, PATH_MAX);
		len = IS_ERR(p) ? PTR_ERR(p) : buf + PATH_MAX - p;
		if (len > 0 && (unsigned long)len > a[1])
			len = -ERANGE;
		if (len > 0 && copy_to_user(a[0], p, (size_t)len))
			len = -EFAULT;
	}
	path_put(&root);
	path_put(&pwd);
	kfree(buf);
	return len;
}
