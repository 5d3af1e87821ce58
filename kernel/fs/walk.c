// SPDX-License-Identifier: MIT
/*
 * The path walk: from a name to a dentry, a component at a time.
 *
 * It is a loop and not a recursion: a symbolic link on the way pushes what is
 * left of the name and goes on with the link's text; 40 links in all are
 * allowed.  The walk holds references of where it is, so it may sleep anywhere;
 * directories are locked only to ask the file system for a name that the
 * dentry cache does not know.
 *
 *	walk_start   where to begin
 *	walk_parent  all components but the last, links followed
 *	walk_last    the last one: a plain name, a mount, a link to follow or not
 */
#include <kernel/fs/walk.h>

#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/super.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/slab.h>

struct walk_link {
	struct walk_link *next;
	char text[];
};

/* ------------------------------------------------------------- begin and end */

static void root_get(struct path *root)
{
	struct fs_struct *fs = current->fs;

	spin_lock(&fs->lock);
	*root = fs->root;
	path_get(root);
	spin_unlock(&fs->lock);
}

static void pwd_get(struct path *pwd)
{
	struct fs_struct *fs = current->fs;

	spin_lock(&fs->lock);
	*pwd = fs->pwd;
	path_get(pwd);
	spin_unlock(&fs->lock);
}

static int start_at_fd(struct walk *w, int dirfd, bool must_be_dir)
{
	struct file *f = fd_get_any(dirfd);

	if (!f)
		return -EBADF;
	if (must_be_dir && !S_ISDIR(f->inode->mode)) {
		file_put(f);
		return -ENOTDIR;
	}
	w->path = f->path;
	path_get(&w->path);
	file_put(f);
	return 0;
}

int walk_start(struct walk *w, int dirfd, const char *name, unsigned int flags)
{
	bool absolute = *name == '/' && !(flags & LOOKUP_IN_ROOT);
	int err = 0;

	w->path = (struct path){ NULL, NULL };
	w->root = (struct path){ NULL, NULL };
	w->flags = flags;
	w->links = 0;
	w->depth = 0;
	w->bufs = NULL;
	w->slash = false;
	if (absolute && (flags & LOOKUP_BENEATH))
		return -EXDEV;
	if (absolute) {
		root_get(&w->path);
	} else if (dirfd == AT_FDCWD) {
		pwd_get(&w->path);
	} else {
		err = start_at_fd(w, dirfd, *name != '\0');
		if (err)
			return err;
	}
	if (flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) {
		w->root = w->path;
		path_get(&w->root);
	} else {
		root_get(&w->root);
	}
	return 0;
}

void walk_end(struct walk *w)
{
	struct walk_link *next;

	if (w->path.mnt)
		path_put(&w->path);
	if (w->root.mnt)
		path_put(&w->root);
	for (; w->bufs; w->bufs = next) {
		next = w->bufs->next;
		kfree(w->bufs);
	}
}

/* ---------------------------------------------------------------- one step */

/* Take the references of @p for where the walk is. */
static void move_to(struct walk *w, const struct path *p)
{
	path_put(&w->path);
	w->path = *p;
}

/* Whatever is mounted here, and on that.  -EXDEV with LOOKUP_NO_XDEV. */
static int cross_mounts(struct walk *w)
{
	while (unlikely(w->path.dentry->flags & D_MOUNTPOINT)) {
		struct mount *m = mount_on(w->path.mnt, w->path.dentry);

		if (!m)
			break;
		if (w->flags & LOOKUP_NO_XDEV) {
			mount_put(m);
			return -EXDEV;
		}
		dentry_get(m->root);
		move_to(w, &(struct path){ m, m->root });
	}
	return 0;
}

static int step_up(struct walk *w)
{
	struct path up;

	for (;;) {
		if (w->path.dentry == w->root.dentry && w->path.mnt == w->root.mnt)
			return (w->flags & LOOKUP_BENEATH) ? -EXDEV : 0;
		if (w->path.dentry != w->path.mnt->root) {
			struct dentry *parent = d_parent_get(w->path.dentry);

			dentry_put(w->path.dentry);
			w->path.dentry = parent;
			return cross_mounts(w);
		}
		if (!mount_point(w->path.mnt, &up))
			return 0;
		if (w->flags & LOOKUP_NO_XDEV) {
			path_put(&up);
			return -EXDEV;
		}
		move_to(w, &up);
	}
}

/* A link that names an object and not a path: /proc/PID/fd/3. */
static int follow_magic(struct walk *w, struct inode *inode)
{
	struct path to;
	int err;

	if (w->flags & (LOOKUP_NO_MAGICLINKS | LOOKUP_NO_SYMLINKS))
		return -ELOOP;
	if (w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))
		return -EXDEV;
	err = inode->i_op->follow(inode, &to);
	if (err)
		return err;
	if ((w->flags & LOOKUP_NO_XDEV) && to.mnt != w->path.mnt) {
		path_put(&to);
		return -EXDEV;
	}
	move_to(w, &to);
	return 0;
}

/* The text of @inode into w->bufs; or ERR_PTR. */
static const char *read_link(struct walk *w, struct inode *inode)
{
	u64 size = inode_size(inode);
	struct walk_link *buf;
	ssize_t len;

	if (!inode->i_op || !inode->i_op->readlink)
		return ERR_PTR(-EINVAL);
	if (size == 0 || size >= PATH_MAX)
		size = PATH_MAX - 1;
	buf = kmalloc(sizeof(*buf) + size + 1, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	len = inode->i_op->readlink(inode, buf->text, size + 1);
	if (len <= 0) {
		kfree(buf);
		return ERR_PTR(len ? len : -ENOENT);
	}
	buf->next = w->bufs;
	w->bufs = buf;
	return buf->text;
}

/*
 * Follow the link @d, which lies in w->path.  0: arrived (a magic link);
 * 1: go on with the text *@next.
 */
static int follow_link(struct walk *w, struct dentry *d, const char **next)
{
	struct inode *inode = d->inode;
	const char *text;

	if (w->flags & LOOKUP_NO_SYMLINKS)
		return -ELOOP;
	if (++w->links > WALK_MAX_LINKS)
		return -ELOOP;
	inode_accessed(inode, w->path.mnt);
	if (inode->i_op && inode->i_op->follow)
		return follow_magic(w, inode);
	text = read_link(w, inode);
	if (IS_ERR(text))
		return (int)PTR_ERR(text);
	*next = text;
	if (*text != '/')
		return 1;
	if (w->flags & LOOKUP_BENEATH)
		return -EXDEV;
	if ((w->flags & LOOKUP_NO_XDEV) && w->path.mnt != w->root.mnt)
		return -EXDEV;
	path_get(&w->root);
	move_to(w, &w->root);
	return 1;
}

int walk_into(struct walk *w, struct dentry *d, bool follow, const char **next)
{
	struct inode *inode = READ_ONCE(d->inode);
	int err;

	if (!inode) {
		dentry_put(d);
		return -ENOENT;
	}
	if (unlikely(S_ISLNK(inode->mode)) && follow) {
		err = follow_link(w, d, next);
		dentry_put(d);
		return err ? err : cross_mounts(w);
	}
	dentry_put(w->path.dentry);
	w->path.dentry = d;
	return cross_mounts(w);
}

static int step(struct walk *w, bool follow, const char **next)
{
	struct dentry *d;

	if (w->type == LAST_NORM) {
		d = lookup_child(w->path.dentry, w->name, w->len, w->hash);
		if (IS_ERR(d))
			return (int)PTR_ERR(d);
		return walk_into(w, d, follow, next);
	}
	if (w->type == LAST_DOTDOT)
		return step_up(w);
	return 0;
}

/* ---------------------------------------------------------------- the walk */

/* Find the component at @name (no slash): its end.  Fills in type, name, len and hash. */
static const char *parse_component(struct walk *w, const char *name)
{
	const char *p = name;
	u32 hash = D_HASH_START;

	for (; *p && *p != '/'; p++)
		hash = d_hash_byte(hash, (unsigned char)*p);
	w->name = name;
	w->len = (u32)(p - name);
	w->hash = hash;
	w->type = LAST_NORM;
	if (unlikely(*name == '.')) {
		if (w->len == 1)
			w->type = LAST_DOT;
		else if (w->len == 2 && name[1] == '.')
			w->type = LAST_DOTDOT;
	}
	return p;
}

/* The walk stands on something that more components follow. */
static int may_search(struct walk *w)
{
	struct inode *inode = w->path.dentry->inode;

	if (!inode || !S_ISDIR(inode->mode))
		return -ENOTDIR;
	return inode_permission(inode, MAY_EXEC);
}

int walk_parent(struct walk *w, const char *name)
{
	const char *rest, *next = NULL;
	int err;

	for (;;) {
		while (*name == '/')
			name++;
		if (!*name && w->depth) {
			name = w->rest[--w->depth];
			continue;
		}
		if (!*name) {
			w->type = LAST_ROOT;
			return 0;
		}
		err = may_search(w);
		if (err)
			return err;
		rest = parse_component(w, name);
		if (w->len > NAME_MAX)
			return -ENAMETOOLONG;
		w->slash = *rest == '/';
		while (*rest == '/')
			rest++;
		if (!*rest && !w->depth)
			return 0;
		err = step(w, true, &next);
		if (err < 0)
			return err;
		if (err == 0) {
			name = rest;
			continue;
		}
		if (*rest)
			w->rest[w->depth++] = rest;
		name = next;
	}
}

int walk_last(struct walk *w, bool follow, const char **next)
{
	int err;

	if (w->slash)
		w->flags |= LOOKUP_DIRECTORY | LOOKUP_FOLLOW;
	err = step(w, follow || (w->flags & LOOKUP_FOLLOW), next);
	if (err)
		return err;
	if ((w->flags & LOOKUP_DIRECTORY) && !S_ISDIR(w->path.dentry->inode->mode))
		return -ENOTDIR;
	return 0;
}

int walk_all(struct walk *w, const char *name)
{
	int err;

	do {
		err = walk_parent(w, name);
		if (!err)
			err = walk_last(w, w->flags & LOOKUP_FOLLOW, &name);
	} while (err > 0);
	return err;
}

/* ------------------------------------------------------------ one directory */

struct dentry *lookup_child_locked(struct dentry *dir, const char *name, size_t len)
{
	struct inode *inode = dir->inode;
	struct dentry *d = d_lookup(dir, name, len);
	int err;

	if (d)
		return d;
	if (!inode->i_op || !inode->i_op->lookup)
		return ERR_PTR(-ENOTDIR);
	if (test_bit(I_DEAD, &inode->state))
		return ERR_PTR(-ENOENT);
	d = d_alloc(dir, name, len);
	if (!d)
		return ERR_PTR(-ENOMEM);
	err = inode->i_op->lookup(inode, d);
	if (err) {
		dentry_put(d);
		return ERR_PTR(err);
	}
	return d;
}

struct dentry *lookup_child(struct dentry *dir, const char *name, size_t len, u32 hash)
{
	struct dentry *d = d_lookup_hash(dir, name, len, hash);

	if (likely(d))
		return d;
	down_write(&dir->inode->lock);
	d = lookup_child_locked(dir, name, len);
	up_write(&dir->inode->lock);
	return d;
}
