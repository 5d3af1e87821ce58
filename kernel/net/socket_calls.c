// SPDX-License-Identifier: MIT
/*
 * The socket calls, decoded: making, naming and joining sockets.
 *
 * There is one family, AF_UNIX; any other is EAFNOSUPPORT, as on a kernel
 * that was built without it.
 */
#include <kernel/net/socket_calls.h>

#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/uaccess.h>

/* ----------------------------------------------------- what all calls share */

int socket_get(int fd, struct fd_ref *r, struct unix_sock **u)
{
	*r = fdget(fd);
	if (!r->file)
		return -EBADF;
	*u = unix_of(r->file);
	if (*u)
		return 0;
	fdput(*r);
	return -ENOTSOCK;
}

int socket_name_in(struct sockaddr_un *name, vaddr_t addr, int len)
{
	char raw[SOCKADDR_MAX];

	memset(name, 0, sizeof(*name));
	if (len < 0 || len > SOCKADDR_MAX)
		return -EINVAL;
	if (!len)
		return 0;
	if (copy_from_user(raw, addr, (size_t)len))
		return -EFAULT;
	memcpy(name, raw, min((size_t)len, sizeof(*name) - 1));
	return 0;
}

int socket_name_out(const struct sockaddr_un *name, int size, vaddr_t addr, vaddr_t len)
{
	int room, err = get_user(&room, len);

	if (err)
		return err;
	room = min(room, size);
	if (room < 0)
		return -EINVAL;
	if (room && copy_to_user(addr, name, (size_t)room))
		return -EFAULT;
	return put_user(size, len);
}

/* The name of @u: its length, and *name. */
static int name_of(const struct unix_sock *u, struct sockaddr_un *name)
{
	const struct unix_addr *a = READ_ONCE(u->addr);

	*name = (struct sockaddr_un){ .family = AF_UNIX };
	if (!a)
		return UNIX_PATH_OFF;
	memcpy(name, &a->name, a->len);
	return (int)a->len;
}

static unsigned int file_flags_of(unsigned int type)
{
	return (type & SOCK_NONBLOCK) ? O_NONBLOCK : 0;
}

/* -------------------------------------------------------------- socket, socketpair */

/* The kind of socket that is asked for, or -errno.  @type without flags. */
static int check_kind(int family, int type, int protocol)
{
	if (family < 0 || family >= AF_MAX)
		return -EAFNOSUPPORT;
	if (type < 0 || type >= SOCK_MAX)
		return -EINVAL;
	if (family != AF_UNIX)
		return -EAFNOSUPPORT;
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	switch (type) {
	case SOCK_STREAM:
	case SOCK_DGRAM:
	case SOCK_SEQPACKET:
		return type;
	case SOCK_RAW:          /* what BSD had no other name for */
		return SOCK_DGRAM;
	default:
		return -ESOCKTNOSUPPORT;
	}
}

static struct file *make_socket(int kind, unsigned int flags)
{
	struct unix_sock *u = unix_alloc(kind);
	struct file *f;

	if (!u)
		return ERR_PTR(-ENOMEM);
	f = unix_make_file(u, flags);
	if (IS_ERR(f))
		unix_put(u);
	return f;
}

long sys_socket(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1] & ~(unsigned int)SOCK_TYPE_MASK;
	struct file *f;
	int kind, fd;

	if (flags & ~(unsigned int)(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	kind = check_kind((int)a[0], (int)(a[1] & SOCK_TYPE_MASK), (int)a[2]);
	if (kind < 0)
		return kind;
	f = make_socket(kind, file_flags_of(flags));
	if (IS_ERR(f))
		return PTR_ERR(f);
	fd = fd_install_lowest(f, 0, flags & SOCK_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}

static int make_pair(int kind, unsigned int flags, struct file *f[2])
{
	f[0] = make_socket(kind, flags);
	if (IS_ERR(f[0]))
		return (int)PTR_ERR(f[0]);
	f[1] = make_socket(kind, flags);
	if (IS_ERR(f[1])) {
		file_put(f[0]);
		return (int)PTR_ERR(f[1]);
	}
	unix_join(unix_of(f[0]), unix_of(f[1]));
	return 0;
}

long sys_socketpair(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[1] & ~(unsigned int)SOCK_TYPE_MASK;
	struct file *f[2] = { NULL, NULL };
	int fd[2], err;

	if (flags & ~(unsigned int)(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	fd[0] = fd_reserve(0, flags & SOCK_CLOEXEC);
	if (fd[0] < 0)
		return fd[0];
	fd[1] = fd_reserve(0, flags & SOCK_CLOEXEC);
	err = fd[1];
	if (err < 0)
		goto out_first;
	err = copy_to_user(a[3], fd, sizeof(fd));
	if (!err)
		err = check_kind((int)a[0], (int)(a[1] & SOCK_TYPE_MASK), (int)a[2]);
	if (err >= 0)
		err = make_pair(err, file_flags_of(flags), f);
	if (err < 0)
		goto out_both;
	fd_install(fd[0], f[0]);
	fd_install(fd[1], f[1]);
	return 0;
out_both:
	fd_release(fd[1]);
out_first:
	fd_release(fd[0]);
	return err;
}

/* ----------------------------------------------------- bind, listen, connect */

long sys_bind(const unsigned long *a)
{
	struct sockaddr_un name;
	struct unix_sock *u;
	struct fd_ref r;
	int err = socket_get((int)a[0], &r, &u);

	if (err)
		return err;
	err = socket_name_in(&name, a[1], (int)a[2]);
	if (!err)
		err = unix_bind(u, &name, (int)a[2]);
	fdput(r);
	return err;
}

long sys_listen(const unsigned long *a)
{
	struct unix_sock *u;
	struct fd_ref r;
	int err = socket_get((int)a[0], &r, &u);

	if (err)
		return err;
	err = unix_listen(u, (int)a[1]);
	fdput(r);
	return err;
}

/* Of a file that is no socket the address is looked at first, unlike elsewhere. */
long sys_connect(const unsigned long *a)
{
	struct fd_ref r = fdget((int)a[0]);
	struct sockaddr_un name;
	struct unix_sock *u;
	int err;

	if (!r.file)
		return -EBADF;
	err = socket_name_in(&name, a[1], (int)a[2]);
	u = unix_of(r.file);
	if (!err && !u)
		err = -ENOTSOCK;
	if (!err)
		err = unix_connect(u, &name, (int)a[2], file_flags(r.file) & O_NONBLOCK);
	fdput(r);
	return err;
}

/* ------------------------------------------------------------------ accept */

/* Where the other end's name goes; -ECONNABORTED when it has none to tell. */
static int tell_client(struct unix_sock *u, vaddr_t addr, vaddr_t len)
{
	struct unix_sock *client = unix_peer_get(u);
	struct sockaddr_un name;
	int size;

	if (!client)
		return -ECONNABORTED;
	size = name_of(client, &name);
	unix_put(client);
	return socket_name_out(&name, size, addr, len);
}

static int accept_into(int fd, struct unix_sock *listener, bool nowait, unsigned int flags,
		       vaddr_t addr, vaddr_t len)
{
	struct unix_sock *u = unix_accept(listener, nowait);
	struct file *f;
	int err;

	if (IS_ERR(u))
		return (int)PTR_ERR(u);
	f = unix_make_file(u, file_flags_of(flags));
	if (IS_ERR(f)) {
		unix_close(u, true);
		unix_put(u);
		return (int)PTR_ERR(f);
	}
	err = addr ? tell_client(u, addr, len) : 0;
	if (err) {
		file_put(f);
		return err;
	}
	fd_install(fd, f);
	return 0;
}

static long do_accept(const unsigned long *a, unsigned int flags)
{
	struct unix_sock *u;
	struct fd_ref r;
	int err, fd;

	if (flags & ~(unsigned int)(SOCK_CLOEXEC | SOCK_NONBLOCK)) {
		r = fdget((int)a[0]);
		err = r.file ? -EINVAL : -EBADF;
		fdput(r);
		return err;
	}
	err = socket_get((int)a[0], &r, &u);
	if (err)
		return err;
	fd = fd_reserve(0, flags & SOCK_CLOEXEC);
	if (fd >= 0) {
		err = accept_into(fd, u, file_flags(r.file) & O_NONBLOCK, flags, a[1], a[2]);
		if (err) {
			fd_release(fd);
			fd = err;
		}
	}
	fdput(r);
	return fd;
}

long sys_accept(const unsigned long *a)
{
	return do_accept(a, 0);
}

long sys_accept4(const unsigned long *a)
{
	return do_accept(a, (unsigned int)a[3]);
}

/* ------------------------------------------------------------ names, options */

static long tell_name(const unsigned long *a, bool peers)
{
	struct unix_sock *u, *peer = NULL;
	struct sockaddr_un name;
	struct fd_ref r;
	int err = socket_get((int)a[0], &r, &u), size;

	if (err)
		return err;
	if (peers) {
		peer = unix_peer_get(u);
		if (!peer)
			err = -ENOTCONN;
	}
	if (!err) {
		size = name_of(peers ? peer : u, &name);
		err = socket_name_out(&name, size, a[1], a[2]);
	}
	unix_put(peer);
	fdput(r);
	return err;
}

long sys_getsockname(const unsigned long *a)
{
	return tell_name(a, false);
}

long sys_getpeername(const unsigned long *a)
{
	return tell_name(a, true);
}

long sys_shutdown(const unsigned long *a)
{
	struct unix_sock *u;
	struct fd_ref r;
	int err = socket_get((int)a[0], &r, &u);

	if (err)
		return err;
	err = unix_shutdown(u, (int)a[1]);
	fdput(r);
	return err;
}

long sys_setsockopt(const unsigned long *a)
{
	struct unix_sock *u;
	struct fd_ref r;
	int err = socket_get((int)a[0], &r, &u);

	if (err)
		return err;
	err = unix_setsockopt(u, (int)a[1], (int)a[2], a[3], (unsigned int)a[4]);
	fdput(r);
	return err;
}

long sys_getsockopt(const unsigned long *a)
{
	struct unix_sock *u;
	struct fd_ref r;
	int err = socket_get((int)a[0], &r, &u);

	if (err)
		return err;
	err = unix_getsockopt(r.file, (int)a[1], (int)a[2], a[3], a[4]);
	fdput(r);
	return err;
}
