// SPDX-License-Identifier: MIT
/*
 * setsockopt(2) and getsockopt(2) of local sockets: level SOL_SOCKET, the only
 * one they have.
 *
 * Options that concern a network (SO_BROADCAST, SO_KEEPALIVE, ...) are
 * remembered and change nothing, as on Linux.
 */
#include <kernel/net/unix.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define BUFFER_MAX      212992          /* net.core.wmem_max, rmem_max */
#define SNDBUF_MIN      4608
#define RCVBUF_MIN      2304

#define REMEMBERED      (1U << SO_DEBUG | 1U << SO_REUSEADDR | 1U << SO_DONTROUTE |            \
			 1U << SO_BROADCAST | 1U << SO_KEEPALIVE | 1U << SO_OOBINLINE)

static bool remembered(int opt)
{
	return opt > 0 && opt < 32 && (REMEMBERED & 1U << opt);
}

/* ------------------------------------------------------------------------ set */

static void set_buffer(int *buf, int val, int least, bool force)
{
	unsigned int n = (unsigned int)val;

	if (!force)
		n = min(n, (unsigned int)BUFFER_MAX);
	else if (val < 0)
		n = 0;
	n = min(n, 0x3fffffffU);
	WRITE_ONCE(*buf, max((int)n * 2, least));
}

/* As the kernel counts time; @len as given to setsockopt. */
static int set_timeout(u64 *timeout, vaddr_t val, unsigned int len)
{
	struct timeval tv;
	u64 ns = 0;

	if (len < sizeof(tv))
		return -EINVAL;
	if (copy_from_user(&tv, val, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0)
		ns = 1;                 /* over at once */
	else if (tv.tv_sec < 1000000000)
		ns = (u64)tv.tv_sec * NSEC_PER_SEC + (u64)tv.tv_usec * NSEC_PER_USEC;
	WRITE_ONCE(*timeout, ns);
	return 0;
}

static int set_linger(struct unix_sock *u, vaddr_t val, unsigned int len)
{
	int linger[2];

	if (len < sizeof(linger))
		return -EINVAL;
	if (copy_from_user(linger, val, sizeof(linger)))
		return -EFAULT;
	u->linger.on = !!linger[0];
	if (linger[0])
		u->linger.seconds = linger[1];
	return 0;
}

static int set_remembered(struct unix_sock *u, int opt, bool on)
{
	unsigned int flags;

	if (opt == SO_DEBUG && on && !capable(CAP_NET_ADMIN))
		return -EACCES;
	spin_lock(&u->lock);
	flags = on ? u->flags | 1U << opt : u->flags & ~(1U << opt);
	WRITE_ONCE(u->flags, flags);
	spin_unlock(&u->lock);
	return 0;
}

static int set_int(struct unix_sock *u, int opt, int val)
{
	switch (opt) {
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		if (opt == SO_RCVBUFFORCE)
			set_buffer(&u->rcvbuf, val, RCVBUF_MIN, true);
		else
			set_buffer(&u->sndbuf, val, SNDBUF_MIN, true);
		wake_up_all(&u->wr_wait);
		return 0;
	case SO_SNDBUF:
		set_buffer(&u->sndbuf, val, SNDBUF_MIN, false);
		wake_up_all(&u->wr_wait);
		return 0;
	case SO_RCVBUF:
		set_buffer(&u->rcvbuf, val, RCVBUF_MIN, false);
		return 0;
	case SO_RCVLOWAT:
		WRITE_ONCE(u->rcvlowat, val < 0 ? 0x7fffffff : max(val, 1));
		return 0;
	case SO_PRIORITY:
		if ((val < 0 || val > 6) && !capable(CAP_NET_ADMIN))
			return -EPERM;
		WRITE_ONCE(u->priority, val);
		return 0;
	case SO_PASSCRED:
		WRITE_ONCE(u->passcred, !!val);
		return 0;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_NEW:
		WRITE_ONCE(u->stamp, val ? opt : 0);
		return 0;
	case SO_REUSEPORT:
		return val ? -EOPNOTSUPP : 0;
	default:
		return remembered(opt) ? set_remembered(u, opt, val) : -ENOPROTOOPT;
	}
}

int unix_setsockopt(struct unix_sock *u, int level, int opt, vaddr_t addr, unsigned int len)
{
	int val;

	if ((int)len < 0)
		return -EINVAL;
	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (len < sizeof(val))
		return -EINVAL;
	if (get_user(&val, addr))
		return -EFAULT;
	switch (opt) {
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		return set_timeout(&u->rcvtimeo, addr, len);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&u->sndtimeo, addr, len);
	case SO_LINGER:
		return set_linger(u, addr, len);
	default:
		return set_int(u, opt, val);
	}
}

/* ------------------------------------------------------------------------ get */

/* As much of @src as the program has room for; its length goes back. */
static int give(const void *src, unsigned int size, vaddr_t val, vaddr_t len, int room)
{
	int n = min((int)size, room);

	if (copy_to_user(val, src, (size_t)n))
		return -EFAULT;
	return put_user(n, len);
}

static int get_peer_cred(struct unix_sock *u, vaddr_t val, vaddr_t len, int room)
{
	struct ucred c = { 0, (u32)-1, (u32)-1 };

	spin_lock(&u->lock);
	if (u->peer_cred.cred)
		c = (struct ucred){ u->peer_cred.pid, u->peer_cred.cred->euid,
				    u->peer_cred.cred->egid };
	spin_unlock(&u->lock);
	return give(&c, sizeof(c), val, len, room);
}

static int get_peer_groups(struct unix_sock *u, vaddr_t val, vaddr_t len, int room)
{
	struct cred *c;
	int size, err;

	spin_lock(&u->lock);
	c = u->peer_cred.cred;
	if (c)
		cred_get(c);
	spin_unlock(&u->lock);
	if (!c)
		return -ENODATA;
	size = (int)(c->nr_groups * sizeof(u32));
	if (room < size)
		err = put_user(size, len) ? -EFAULT : -ERANGE;
	else
		err = give(c->groups, (unsigned int)size, val, len, size);
	cred_put(c);
	return err;
}

static int get_timeout(u64 ns, vaddr_t val, vaddr_t len, int room)
{
	struct timeval tv = { (s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };

	return give(&tv, sizeof(tv), val, len, room);
}

static int get_peer_name(struct unix_sock *u, vaddr_t val, vaddr_t len, int room)
{
	struct unix_sock *peer = unix_peer_get(u);
	struct sockaddr_un none = { .family = AF_UNIX };
	const struct unix_addr *a;
	unsigned int size;
	int err;

	if (!peer)
		return -ENOTCONN;
	a = READ_ONCE(peer->addr);
	size = a ? a->len : UNIX_PATH_OFF;
	err = room > (int)size ? -EINVAL : 0;
	if (!err && copy_to_user(val, a ? &a->name : &none, (size_t)room))
		err = -EFAULT;
	unix_put(peer);
	return err ? err : put_user(room, len);
}

/* The options that are a number; -ENOPROTOOPT. */
static int get_int(struct unix_sock *u, int opt, int *val)
{
	switch (opt) {
	case SO_TYPE:
		*val = u->type;
		return 0;
	case SO_ERROR:
		*val = -unix_take_error(u);
		return 0;
	case SO_SNDBUF:
		*val = READ_ONCE(u->sndbuf);
		return 0;
	case SO_RCVBUF:
		*val = READ_ONCE(u->rcvbuf);
		return 0;
	case SO_RCVLOWAT:
		*val = READ_ONCE(u->rcvlowat);
		return 0;
	case SO_SNDLOWAT:
		*val = 1;
		return 0;
	case SO_PRIORITY:
		*val = READ_ONCE(u->priority);
		return 0;
	case SO_PASSCRED:
		*val = READ_ONCE(u->passcred);
		return 0;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMPNS_NEW:
		*val = READ_ONCE(u->stamp) == opt;
		return 0;
	case SO_TIMESTAMP_NEW:          /* as Linux: of nanoseconds, too */
		*val = READ_ONCE(u->stamp) >= opt;
		return 0;
	case SO_ACCEPTCONN:
		*val = READ_ONCE(u->state) == UNIX_LISTENING;
		return 0;
	case SO_DOMAIN:
		*val = AF_UNIX;
		return 0;
	case SO_PROTOCOL:
	case SO_REUSEPORT:
	case SO_BSDCOMPAT:
		*val = 0;
		return 0;
	default:
		*val = remembered(opt) && (READ_ONCE(u->flags) & 1U << opt);
		return remembered(opt) ? 0 : -ENOPROTOOPT;
	}
}

int unix_getsockopt(struct file *f, int level, int opt, vaddr_t val, vaddr_t len)
{
	struct unix_sock *u = f->private_;
	int room, n, linger[2], err = get_user(&room, len);

	if (level != SOL_SOCKET)
		return -EOPNOTSUPP;
	if (err)
		return err;
	if (room < 0)
		return -EINVAL;
	switch (opt) {
	case SO_LINGER:
		linger[0] = u->linger.on;
		linger[1] = u->linger.seconds;
		return give(linger, sizeof(linger), val, len, room);
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		return get_timeout(READ_ONCE(u->rcvtimeo), val, len, room);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		return get_timeout(READ_ONCE(u->sndtimeo), val, len, room);
	case SO_PEERCRED:
		return get_peer_cred(u, val, len, room);
	case SO_PEERGROUPS:
		return get_peer_groups(u, val, len, room);
	case SO_PEERNAME:
		return get_peer_name(u, val, len, room);
	default:
		err = get_int(u, opt, &n);
		return err ? err : give(&n, sizeof(n), val, len, room);
	}
}
