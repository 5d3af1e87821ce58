// SPDX-License-Identifier: MIT
/*
 * Extended attributes: xattr(7), the twelve calls, and who may do what.
 *
 * The word before a name's first dot says whose it is: user. is the file's
 * contents' little sister, and follows its mode; trusted. is root's, and does not exist for
 * others; security. is what security modules would guard, of which there is none here.
 * Where an inode keeps them is its file system's business (xattr_operations).
 *
 * Unlike Linux, execve(2) knows no capabilities of files, so none can be given to
 * one: security.capability is a name that no file system here stores anew.  One that
 * came with a disk can be read and removed; a write to its file does not drop it.
 * Nor are there ACLs: system. names only what a socket has (net/unix_xattr.c).
 *
 * Lock: the inode's; values are copied from and to programs outside of it.
 */
#include <kernel/fs/xattr.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/fs/notify.h>
#include <kernel/fs/super.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

/* ------------------------------------------------------------------- names */

static const char *const words[] = {
	[XATTR_SECURITY] = "security.", [XATTR_TRUSTED] = "trusted.", [XATTR_USER] = "user.",
	[XATTR_STORED] = NULL, [XATTR_SYSTEM] = "system.",
};

/* A program's name into @buf of XATTR_NAME_MAX + 1 bytes.  -ERANGE, -EFAULT. */
static int get_name(vaddr_t from, char *buf, struct xattr_name *n)
{
	ssize_t len = strncpy_from_user(buf, from, XATTR_NAME_MAX + 1);

	if (len == 0 || len == -ENAMETOOLONG)
		return -ERANGE;
	if (len < 0)
		return (int)len;
	*n = (struct xattr_name){ XATTR_OTHER, buf, (size_t)len };
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		size_t word = words[i] ? strlen(words[i]) : 0;

		if (word && !strncmp(buf, words[i], word))
			*n = (struct xattr_name){ i, buf + word, (size_t)len - word };
	}
	return 0;
}

size_t xattr_name_len(const struct xattr_name *n)
{
	return strlen(words[n->class]) + n->len;
}

void xattr_list_add(struct xattr_list *l, enum xattr_class class, const char *suffix, size_t len)
{
	size_t word = strlen(words[class]);

	if (class == XATTR_TRUSTED && !capable(CAP_SYS_ADMIN))
		return;
	if (l->used + word + len + 1 <= l->size) {
		memcpy(l->buf + l->used, words[class], word);
		memcpy(l->buf + l->used + word, suffix, len);
		l->buf[l->used + word + len] = '\0';
	}
	l->used += word + len + 1;
}

/* ------------------------------------------------------------------ rights */

static int permission(struct inode *inode, const struct xattr_name *n, int mask)
{
	int refused = mask & MAY_WRITE ? -EPERM : -ENODATA;

	if ((mask & MAY_WRITE) && inode_is_fixed(inode))
		return -EPERM;
	switch (n->class) {
	case XATTR_SECURITY:
	case XATTR_SYSTEM:
		return 0;
	case XATTR_TRUSTED:
		return capable(CAP_SYS_ADMIN) ? 0 : refused;
	case XATTR_USER:
		if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode))
			return refused;
		if (S_ISDIR(inode->mode) && (inode->mode & S_ISVTX) && (mask & MAY_WRITE) &&
		    !inode_owner_or_capable(inode))
			return -EPERM;
		break;
	default:
		break;
	}
	return inode_permission(inode, mask);
}

static bool is_capability(const struct xattr_name *n)
{
	return n->class == XATTR_SECURITY && !strcmp(n->suffix, "capability");
}

/* May the current task change @n of @inode? */
static int may_change(struct inode *inode, const struct xattr_name *n)
{
	int err = permission(inode, n, MAY_WRITE);

	if (!err && n->class == XATTR_SECURITY &&
	    !capable(is_capability(n) ? CAP_SETFCAP : CAP_SYS_ADMIN))
		err = -EPERM;
	return err;
}

/* Does @inode have such names?  0, -EOPNOTSUPP, -EINVAL. */
static int stored(const struct inode *inode, const struct xattr_name *n)
{
	const struct xattr_operations *ops = inode->i_op ? inode->i_op->xattr : NULL;

	if (!ops || n->class == XATTR_OTHER || ops->system != (n->class == XATTR_SYSTEM))
		return -EOPNOTSUPP;
	return n->len || ops->system ? 0 : -EINVAL;
}

/* ------------------------------------------------------------- set, remove */

/* What is to be done, copied from the program. */
struct request {
	char buf[XATTR_NAME_MAX + 1];
	struct xattr_name name;
	void *copy;                     /* to be freed */
	const void *value;              /* NULL: remove it */
	size_t size;
	int flags;
};

typedef int prepare_request(const unsigned long *a, struct request *r);

static int prepare_set(const unsigned long *a, struct request *r)
{
	int err;

	r->size = a[3];
	r->flags = (int)a[4];
	r->value = "";
	if (r->flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = get_name(a[1], r->buf, &r->name);
	if (err || !r->size)
		return err;
	if (r->size > XATTR_SIZE_MAX)
		return -E2BIG;
	r->value = r->copy = kvmalloc(r->size, GFP_KERNEL);
	return r->copy ? copy_from_user(r->copy, a[2], r->size) : -ENOMEM;
}

static int prepare_remove(const unsigned long *a, struct request *r)
{
	r->value = NULL;
	r->size = 0;
	r->flags = XATTR_REPLACE;
	return get_name(a[1], r->buf, &r->name);
}

static int change(const struct path *path, const struct request *r)
{
	struct inode *inode = path->dentry->inode;
	int err = mount_want_write(path->mnt);

	if (err)
		return err;
	down_write(&inode->lock);
	err = may_change(inode, &r->name);
	if (!err)
		err = r->value && is_capability(&r->name) ? -EOPNOTSUPP : stored(inode, &r->name);
	if (!err)
		err = inode->i_op->xattr->set(inode, &r->name, r->value, r->size, r->flags);
	up_write(&inode->lock);
	if (!err)
		notify_path(path, IN_ATTRIB);
	return err;
}

/* As on Debian's 6.12, the request is looked at before the path; what only reads looks after it. */
static long change_path(const unsigned long *a, unsigned int lookup, prepare_request *prepare)
{
	struct request r = { .copy = NULL };
	struct path path;
	long err = prepare(a, &r);

	if (!err)
		err = user_path(AT_FDCWD, a[0], lookup, &path);
	if (!err) {
		err = change(&path, &r);
		path_put(&path);
	}
	kvfree(r.copy);
	return err;
}

static long change_fd(const unsigned long *a, prepare_request *prepare)
{
	struct request r = { .copy = NULL };
	struct fd_ref f = fdget((int)a[0]);
	long err;

	if (!f.file)
		return -EBADF;
	err = prepare(a, &r);
	if (!err)
		err = change(&f.file->path, &r);
	fdput(f);
	kvfree(r.copy);
	return err;
}

/* --------------------------------------------------------------- get, list */

/* One call's work on the object at @path; @a are the call's arguments. */
typedef long read_call(const struct path *path, const unsigned long *a);

/*
 * What @len bytes of an answer in @buf, or an error in its place, come to in a program's @size
 * bytes at @to, of which at most @max count.  Frees @buf.
 */
static long answer(void *buf, ssize_t len, vaddr_t to, size_t size, size_t max)
{
	if (len > 0 && size && copy_to_user(to, buf, (size_t)len))
		len = -EFAULT;
	else if (len == -ERANGE && size == max)
		len = -E2BIG;
	kvfree(buf);
	return len;
}

static ssize_t value_of(struct inode *inode, const struct xattr_name *n, void *buf, size_t size)
{
	ssize_t len = permission(inode, n, MAY_READ);

	if (!len)
		len = stored(inode, n);
	if (!len)
		len = inode->i_op->xattr->get(inode, n, buf, size);
	return len;
}

static long get(const struct path *path, const unsigned long *a)
{
	struct inode *inode = path->dentry->inode;
	size_t size = min(a[3], (unsigned long)XATTR_SIZE_MAX);
	char name[XATTR_NAME_MAX + 1];
	struct xattr_name n;
	void *buf = NULL;
	ssize_t len = get_name(a[1], name, &n);

	if (len)
		return len;
	if (size) {
		buf = kvmalloc(size, GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
	}
	down_read(&inode->lock);
	len = value_of(inode, &n, buf, size);
	up_read(&inode->lock);
	return answer(buf, len, a[2], size, XATTR_SIZE_MAX);
}

static long list(const struct path *path, const unsigned long *a)
{
	struct inode *inode = path->dentry->inode;
	struct xattr_list l = { .size = min(a[2], (unsigned long)XATTR_LIST_MAX) };
	ssize_t len = 0;

	if (l.size) {
		l.buf = kvmalloc(l.size, GFP_KERNEL);
		if (!l.buf)
			return -ENOMEM;
	}
	down_read(&inode->lock);
	if (inode->i_op && inode->i_op->xattr)
		len = inode->i_op->xattr->list(inode, &l);
	up_read(&inode->lock);
	if (!len)
		len = l.size && l.used > l.size ? -ERANGE : (ssize_t)l.used;
	return answer(l.buf, len, a[1], l.size, XATTR_LIST_MAX);
}

static long read_path(const unsigned long *a, unsigned int lookup, read_call *call)
{
	struct path path;
	long ret = user_path(AT_FDCWD, a[0], lookup, &path);

	if (ret)
		return ret;
	ret = call(&path, a);
	path_put(&path);
	return ret;
}

static long read_fd(const unsigned long *a, read_call *call)
{
	struct fd_ref f = fdget((int)a[0]);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = call(&f.file->path, a);
	fdput(f);
	return ret;
}

/* ------------------------------------------------------------------- calls */

long sys_setxattr(const unsigned long *a)
{
	return change_path(a, LOOKUP_FOLLOW, prepare_set);
}

long sys_lsetxattr(const unsigned long *a)
{
	return change_path(a, 0, prepare_set);
}

long sys_fsetxattr(const unsigned long *a)
{
	return change_fd(a, prepare_set);
}

long sys_getxattr(const unsigned long *a)
{
	return read_path(a, LOOKUP_FOLLOW, get);
}

long sys_lgetxattr(const unsigned long *a)
{
	return read_path(a, 0, get);
}

long sys_fgetxattr(const unsigned long *a)
{
	return read_fd(a, get);
}

long sys_listxattr(const unsigned long *a)
{
	return read_path(a, LOOKUP_FOLLOW, list);
}

long sys_llistxattr(const unsigned long *a)
{
	return read_path(a, 0, list);
}

long sys_flistxattr(const unsigned long *a)
{
	return read_fd(a, list);
}

long sys_removexattr(const unsigned long *a)
{
	return change_path(a, LOOKUP_FOLLOW, prepare_remove);
}

long sys_lremovexattr(const unsigned long *a)
{
	return change_path(a, 0, prepare_remove);
}

long sys_fremovexattr(const unsigned long *a)
{
	return change_fd(a, prepare_remove);
}
