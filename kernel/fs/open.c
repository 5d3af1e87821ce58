// SPDX-License-Identifier: MIT
/*
 * open(2) and its kin: from a name and flags to an open file.
 *
 *	open_flags     what the flags mean, and which of them contradict
 *	open_last      the last component: find it, or make it (O_CREAT)
 *	open_found     may this task open what was found, so?
 */
#include <kernel/fs/file.h>

#include <kernel/cred.h>
#include <kernel/fs/attr.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/fs/walk.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <mm/uaccess.h>

#define RESOLVE_NO_XDEV         0x01
#define RESOLVE_NO_MAGICLINKS   0x02
#define RESOLVE_NO_SYMLINKS     0x04
#define RESOLVE_BENEATH         0x08
#define RESOLVE_IN_ROOT         0x10
#define RESOLVE_ALL             0x1f

#define O_TMPFILE_BIT           020000000
#define O_VALID (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | \
		 O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | \
		 O_NOATIME | O_CLOEXEC | O_PATH | O_TMPFILE_BIT)

/* struct open_how of openat2(2). */
struct open_how {
	u64 flags, mode, resolve;
};

struct opening {
	unsigned int flags;     /* O_ */
	u32 mode;               /* of a new file */
	unsigned int lookup;    /* LOOKUP_ */
	bool created;
};

/* -------------------------------------------------------------- the flags */

static int open_flags(struct opening *op, u64 resolve)
{
	unsigned int flags = op->flags;

	if (flags & O_PATH)             /* beats all else */
		flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC;
	if ((flags & O_TMPFILE_BIT)) {
		if ((flags & O_TMPFILE) != O_TMPFILE || (flags & O_CREAT))
			return -EINVAL;
		if ((flags & O_ACCMODE) == O_RDONLY)
			return -EINVAL;
	}
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) &&
	    !(flags & O_TMPFILE_BIT))
		return -EINVAL;
	op->flags = flags;
	op->lookup = (flags & O_NOFOLLOW) ? 0 : LOOKUP_FOLLOW;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		op->lookup = 0;
	if (flags & O_DIRECTORY)
		op->lookup |= LOOKUP_DIRECTORY;
	if (resolve & RESOLVE_NO_XDEV)
		op->lookup |= LOOKUP_NO_XDEV;
	if (resolve & RESOLVE_NO_MAGICLINKS)
		op->lookup |= LOOKUP_NO_MAGICLINKS;
	if (resolve & RESOLVE_NO_SYMLINKS)
		op->lookup |= LOOKUP_NO_SYMLINKS;
	if (resolve & RESOLVE_BENEATH)
		op->lookup |= LOOKUP_BENEATH;
	if (resolve & RESOLVE_IN_ROOT)
		op->lookup |= LOOKUP_IN_ROOT;
	return 0;
}

static int access_mask(unsigned int flags)
{
	static const int masks[4] = {
		MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE,
	};
	int mask = masks[flags & O_ACCMODE];

	return (flags & O_TRUNC) ? mask | MAY_WRITE : mask;
}

/* ---------------------------------------------------------- what was found */

static int may_open(const struct path *path, const struct opening *op)
{
	struct inode *inode = path->dentry->inode;
	int mask = access_mask(op->flags), err;

	switch (inode->mode & S_IFMT) {
	case S_IFLNK:
		return -ELOOP;
	case S_IFDIR:
		if (mask & MAY_WRITE)
			return -EISDIR;
		break;
	case S_IFBLK:
	case S_IFCHR:
		if ((path->mnt->flags | inode->sb->flags) & MS_NODEV)
			return -EACCES;
		break;
	default:
		break;
	}
	if (!op->created) {
		err = inode_permission(inode, mask);
		if (err)
			return err;
	}
	if ((op->flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if ((inode->chattr & FS_APPEND_FL) && (mask & MAY_WRITE) &&
	    (!(op->flags & O_APPEND) || (op->flags & O_TRUNC)))
		return -EPERM;
	return 0;
}

/* Takes over the references of @path when it succeeds. */
static int open_found(struct file *f, const struct path *path, struct opening *op)
{
	struct inode *inode = path->dentry->inode;
	bool truncate = (op->flags & O_TRUNC) && S_ISREG(inode->mode) && !op->created;
	int err;

	if (op->flags & O_PATH) {
		path_get(path);
		return file_do_open(f, path);
	}
	err = may_open(path, op);
	if (!err && truncate)
		err = mount_want_write(path->mnt);
	if (err)
		return err;
	path_get(path);
	err = file_do_open(f, path);
	if (!err && truncate)
		err = do_truncate(path, 0, f);
	return err;
}

/* ------------------------------------------------------- the last component */

/* The directory's lock is held: make @d, which is negative. */
static int create_locked(struct walk *w, struct dentry *d, struct opening *op)
{
	struct inode *dir = w->path.dentry->inode;
	int err = mount_want_write(w->path.mnt);

	if (!err)
		err = may_create(dir, d);
	if (!err && (!dir->i_op || !dir->i_op->create))
		err = -EACCES;
	if (!err)
		err = dir->i_op->create(dir, d, S_IFREG | (op->mode & 07777 & ~current->fs->umask));
	if (!err) {
		op->created = true;
		notify_name(dir, IN_CREATE, d, d->inode);
	}
	return err;
}

/* The child to open, made if need be. */
static struct dentry *find_or_create(struct walk *w, struct opening *op)
{
	struct dentry *dir = w->path.dentry, *d;
	int err = 0;

	d = d_lookup_hash(dir, w->name, w->len, w->hash);
	if (d && d->inode)
		return d;
	dentry_put(d);
	down_write(&dir->inode->lock);
	d = lookup_child_locked(dir, w->name, w->len);
	if (!IS_ERR(d) && !d->inode)
		err = create_locked(w, d, op);
	up_write(&dir->inode->lock);
	if (err) {
		dentry_put(d);
		return ERR_PTR(err);
	}
	return d;
}

/* walk_last for O_CREAT. */
static int open_create(struct walk *w, struct opening *op, const char **next)
{
	bool follow = op->lookup & LOOKUP_FOLLOW;
	struct dentry *d;
	int err;

	if (w->type != LAST_NORM || w->slash) {
		if (w->slash && w->type == LAST_NORM)
			return -EISDIR;
		err = walk_last(w, follow, next);
		return err ? err : -EISDIR;
	}
	err = inode_permission(w->path.dentry->inode, MAY_EXEC);
	if (err)
		return err;
	d = find_or_create(w, op);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	if ((op->flags & O_EXCL) && !op->created) {
		dentry_put(d);
		return -EEXIST;
	}
	err = walk_into(w, d, follow, next);
	if (!err && S_ISDIR(w->path.dentry->inode->mode))
		err = -EISDIR;
	return err;
}

/* O_TMPFILE: a file without a name in the directory that was found. */
static int open_tmpfile(struct walk *w, struct opening *op)
{
	struct inode *dir = w->path.dentry->inode, *inode;
	struct dentry *d;
	int err = mount_want_write(w->path.mnt);

	if (!err)
		err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (!dir->i_op || !dir->i_op->tmpfile)
		return -EOPNOTSUPP;
	d = d_alloc(w->path.dentry, "#tmpfile", 8);
	if (!d)
		return -ENOMEM;
	inode = dir->i_op->tmpfile(dir, S_IFREG | (op->mode & 07777 & ~current->fs->umask));
	if (IS_ERR(inode)) {
		dentry_put(d);
		return (int)PTR_ERR(inode);
	}
	d_instantiate(d, inode);
	dentry_put(w->path.dentry);
	w->path.dentry = d;
	op->created = true;
	return 0;
}

static struct file *open_walk(int dirfd, const char *name, struct opening *op)
{
	struct walk w;
	struct file *f = file_alloc(op->flags & ~O_CLOEXEC);
	int err;

	if (IS_ERR(f))
		return f;
	err = walk_start(&w, dirfd, name, op->lookup);
	if (err)
		goto out;
	do {
		err = walk_parent(&w, name);
		if (err)
			break;
		if (op->flags & O_CREAT)
			err = open_create(&w, op, &name);
		else
			err = walk_last(&w, op->lookup & LOOKUP_FOLLOW, &name);
	} while (err > 0);
	if (!err && (op->flags & O_TMPFILE_BIT))
		err = open_tmpfile(&w, op);
	if (!err)
		err = open_found(f, &w.path, op);
out:
	walk_end(&w);
	if (err) {
		file_put(f);
		return ERR_PTR(err);
	}
	return f;
}

struct file *file_open(const char *path, unsigned int flags, u32 mode)
{
	struct opening op = { .flags = flags | O_LARGEFILE, .mode = mode };
	int err = open_flags(&op, 0);

	if (!err && !*path)
		err = -ENOENT;
	return err ? ERR_PTR(err) : open_walk(AT_FDCWD, path, &op);
}

/* --------------------------------------------------------- system calls */

static long do_sys_open(int dirfd, vaddr_t uname, struct opening *op, u64 resolve)
{
	char *name;
	struct file *f;
	int fd, err = open_flags(op, resolve);

	if (err)
		return err;
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = fd_reserve(0, op->flags & O_CLOEXEC);
	if (fd >= 0) {
		f = open_walk(dirfd, name, op);
		if (IS_ERR(f)) {
			fd_release(fd);
			fd = (int)PTR_ERR(f);
		} else {
			fd_install(fd, f);
		}
	}
	putname(name);
	return fd;
}

long sys_openat(const unsigned long *a)
{
	struct opening op = {
		.flags = ((unsigned int)a[2] & O_VALID) | O_LARGEFILE, .mode = (u32)a[3],
	};

	return do_sys_open((int)a[0], a[1], &op, 0);
}

static int copy_open_how(struct open_how *how, vaddr_t addr, size_t size)
{
	if (size < sizeof(*how))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(how, sizeof(*how), addr, size);
}

long sys_openat2(const unsigned long *a)
{
	struct open_how how;
	struct opening op = { 0 };
	int err = copy_open_how(&how, a[2], a[3]);

	if (err)
		return err;
	if ((how.flags & ~(u64)O_VALID) || (how.resolve & ~(u64)RESOLVE_ALL) ||
	    (how.mode & ~07777UL))
		return -EINVAL;
	if (how.mode && !(how.flags & (O_CREAT | O_TMPFILE_BIT)))
		return -EINVAL;
	if ((how.resolve & RESOLVE_BENEATH) && (how.resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if ((how.flags & O_PATH) &&
	    (how.flags & ~(u64)(O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)))
		return -EINVAL;
	op.flags = (unsigned int)how.flags | O_LARGEFILE;
	op.mode = (u32)how.mode;
	return do_sys_open((int)a[0], a[1], &op, how.resolve);
}

long sys_close(const unsigned long *a)
{
	return fd_close((int)a[0]);
}
