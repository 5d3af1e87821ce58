// SPDX-License-Identifier: MIT
/*
 * The names of local sockets: a file's, or an abstract one.
 *
 * A socket bound to a path is found by the inode that its bind made, so a name
 * may be moved and linked, and one that was unlinked is out of reach.  An
 * abstract name is bytes behind a NUL, and belongs to one type of socket: it
 * goes when its socket does.  Both kinds lie in one table.
 *
 * Always true: a socket in the table has addr set, and path if it begins with
 *              a byte that is not NUL; neither changes any more.
 * Lock: unix_table_lock for the table; u->bind_lock for the step from no name
 *       to one.
 */
#include <kernel/net/unix.h>

#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/fs/namei.h>
#include <kernel/random.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/hash.h>
#include <lib/printf.h>
#include <lib/string.h>
#include <mm/slab.h>

#define NAME_BITS       8
#define AUTO_NAMES      (1U << 20)      /* five digits */

static struct hlist_head names[1 << NAME_BITS];         /* [t] */

static int bind_path(struct unix_sock *u, struct sockaddr_un *name, int len);
static int bind_abstract(struct unix_sock *u, const struct sockaddr_un *name, int len);

int unix_check_name(const struct sockaddr_un *name, int len)
{
	if (len <= UNIX_PATH_OFF || len > UNIX_PATH_OFF + UNIX_PATH_MAX || name->family != AF_UNIX)
		return -EINVAL;
	return 0;
}

/* A path ends with a NUL, whether the program wrote one or not. */
static void end_path(struct sockaddr_un *name, int len)
{
	name->path[len - UNIX_PATH_OFF] = '\0';
}

static struct unix_addr *make_addr(const struct sockaddr_un *name, int len)
{
	struct unix_addr *a = kmalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return NULL;
	atomic_set(&a->refs, 1);
	a->len = (u32)len;
	memcpy(&a->name, name, (size_t)len);
	return a;
}

void unix_addr_free(struct unix_addr *a)
{
	kfree(a);
}

/* ----------------------------------------------------------------- the table */

static struct hlist_head *abstract_chain(const struct sockaddr_un *name, int len, int type)
{
	u64 hash = hash_string(name->path, (size_t)len - UNIX_PATH_OFF) ^ (u64)type;

	return &names[hash_bits(hash, NAME_BITS)];
}

static struct hlist_head *inode_chain(const struct inode *inode)
{
	return &names[hash_ptr(inode, NAME_BITS)];
}

/* Table lock held.  No reference. */
static struct unix_sock *find_abstract(const struct sockaddr_un *name, int len, int type)
{
	struct unix_sock *u;

	hlist_for_each_entry(u, abstract_chain(name, len, type), name_node)
		if (u->type == type && !u->path.mnt && u->addr->len == (u32)len &&
		    !memcmp(u->addr->name.path, name->path, (size_t)len - UNIX_PATH_OFF))
			return u;
	return NULL;
}

static struct unix_sock *find_inode(const struct inode *inode)
{
	struct unix_sock *u;

	hlist_for_each_entry(u, inode_chain(inode), name_node)
		if (u->path.mnt && u->path.dentry->inode == inode)
			return u;
	return NULL;
}

/* Into the table with its name, for good.  bind_lock held. */
static void publish(struct unix_sock *u, struct unix_addr *addr, struct hlist_head *chain)
{
	spin_lock(&u->lock);
	u->addr = addr;
	spin_unlock(&u->lock);
	hlist_add_head(&u->name_node, chain);
}

void unix_unbind(struct unix_sock *u)
{
	spin_lock(&unix_table_lock);
	hlist_del_init(&u->name_node);
	spin_unlock(&unix_table_lock);
	if (u->path.mnt)
		path_put(&u->path);
	u->path = (struct path){ NULL, NULL };
}

/* ------------------------------------------------------------------------ bind */

int unix_bind(struct unix_sock *u, struct sockaddr_un *name, int len)
{
	int err;

	if (len == UNIX_PATH_OFF && name->family == AF_UNIX)
		return unix_autobind(u);
	err = unix_check_name(name, len);
	if (err)
		return err;
	mutex_lock(&u->bind_lock);
	if (name->path[0])
		err = bind_path(u, name, len);
	else
		err = u->addr ? -EINVAL : bind_abstract(u, name, len);
	mutex_unlock(&u->bind_lock);
	return err;
}

static int bind_path(struct unix_sock *u, struct sockaddr_un *name, int len)
{
	u32 mode = S_IFSOCK | (u->file->inode->mode & 0777 & ~current->fs->umask);
	struct unix_addr *addr;
	struct path path;
	int err;

	end_path(name, len);
	len = (int)strlen(name->path) + UNIX_PATH_OFF + 1;
	if (u->addr) {
		err = path_lookup(AT_FDCWD, name->path, 0, &path);
		if (!err)
			path_put(&path);
		return err ? -EINVAL : -EADDRINUSE;
	}
	addr = make_addr(name, len);
	if (!addr)
		return -ENOMEM;
	err = vfs_mknod(name->path, mode, &path);
	if (err) {
		unix_addr_put(addr);
		return err == -EEXIST ? -EADDRINUSE : err;
	}
	spin_lock(&unix_table_lock);
	u->path = path;
	publish(u, addr, inode_chain(path.dentry->inode));
	spin_unlock(&unix_table_lock);
	return 0;
}

static int bind_abstract(struct unix_sock *u, const struct sockaddr_un *name, int len)
{
	struct unix_addr *addr = make_addr(name, len);
	bool used;

	if (!addr)
		return -ENOMEM;
	spin_lock(&unix_table_lock);
	used = find_abstract(name, len, u->type);
	if (!used)
		publish(u, addr, abstract_chain(name, len, u->type));
	spin_unlock(&unix_table_lock);
	if (used)
		unix_addr_put(addr);
	return used ? -EADDRINUSE : 0;
}

/* Five digits behind the NUL, from a random one on. */
static int bind_auto(struct unix_sock *u)
{
	u32 first = (u32)get_random_u64() % AUTO_NAMES, n = first;
	struct sockaddr_un name = { .family = AF_UNIX };
	int err;

	do {
		snprintf(name.path + 1, 6, "%05x", n);
		err = bind_abstract(u, &name, UNIX_PATH_OFF + 6);
		if (err != -EADDRINUSE)
			return err;
		n = (n + 1) % AUTO_NAMES;
		cond_resched();
	} while (n != first);
	return -ENOSPC;
}

int unix_autobind(struct unix_sock *u)
{
	int err;

	if (READ_ONCE(u->addr))
		return 0;
	mutex_lock(&u->bind_lock);
	err = u->addr ? 0 : bind_auto(u);
	mutex_unlock(&u->bind_lock);
	return err;
}

/* ------------------------------------------------------------------------ find */

static struct unix_sock *find_path(struct sockaddr_un *name, int len, int type)
{
	struct unix_sock *u = NULL;
	struct path path;
	int err;

	end_path(name, len);
	err = path_lookup(AT_FDCWD, name->path, LOOKUP_FOLLOW, &path);
	if (err)
		return ERR_PTR(err);
	err = inode_permission(path.dentry->inode, MAY_WRITE);
	if (!err) {
		spin_lock(&unix_table_lock);
		u = find_inode(path.dentry->inode);
		if (u)
			unix_get(u);
		spin_unlock(&unix_table_lock);
		err = !u ? -ECONNREFUSED : u->type != type ? -EPROTOTYPE : 0;
	}
	path_put(&path);
	if (err) {
		unix_put(u);
		return ERR_PTR(err);
	}
	return u;
}

struct unix_sock *unix_find(struct sockaddr_un *name, int len, int type)
{
	struct unix_sock *u;

	if (name->path[0])
		return find_path(name, len, type);
	spin_lock(&unix_table_lock);
	u = find_abstract(name, len, type);
	if (u)
		unix_get(u);
	spin_unlock(&unix_table_lock);
	return u ? u : ERR_PTR(-ECONNREFUSED);
}
