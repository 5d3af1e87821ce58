// SPDX-License-Identifier: MIT
/*
 * The socket calls, decoded: sending and receiving, one message or many.
 */
#include <kernel/net/socket_calls.h>

#include <kernel/fs/read_write.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define MAX_RW_COUNT    (0x7fffffffUL & PAGE_MASK)

static unsigned int call_flags(const struct file *f, unsigned int flags)
{
	return flags | ((file_flags(f) & O_NONBLOCK) ? MSG_DONTWAIT : 0);
}

/* ------------------------------------------------------------ sendto, recvfrom */

long sys_sendto(const unsigned long *a)
{
	struct socket_msg m = { 0 };
	struct sockaddr_un name;
	struct unix_sock *u;
	struct fd_ref r;
	ssize_t n;
	int err;

	if (!user_range_ok(a[1], min(a[2], MAX_RW_COUNT)))
		return -EFAULT;
	err = socket_get((int)a[0], &r, &u);
	if (err)
		return err;
	iov_iter_buf(&m.it, a[1], min(a[2], MAX_RW_COUNT));
	m.flags = call_flags(r.file, (unsigned int)a[3]);
	n = a[4] ? socket_name_in(&name, a[4], (int)a[5]) : 0;
	if (!n) {
		m.name = &name;
		m.name_len = a[4] ? (int)a[5] : 0;
		n = unix_send(u, &m);
	}
	fdput(r);
	return n;
}

long sys_recvfrom(const unsigned long *a)
{
	struct socket_msg m = { 0 };
	struct sockaddr_un name;
	struct unix_sock *u;
	struct fd_ref r;
	ssize_t n;
	int err;

	if (!user_range_ok(a[1], min(a[2], MAX_RW_COUNT)))
		return -EFAULT;
	err = socket_get((int)a[0], &r, &u);
	if (err)
		return err;
	iov_iter_buf(&m.it, a[1], min(a[2], MAX_RW_COUNT));
	m.flags = call_flags(r.file, (unsigned int)a[3]);
	m.name = a[4] ? &name : NULL;
	n = unix_recv(u, &m);
	scm_drop(&m.scm);
	if (n >= 0 && a[4]) {
		err = socket_name_out(&name, m.name_len, a[4], a[5]);
		if (err)
			n = err;
	}
	fdput(r);
	return n;
}

/* -------------------------------------------------------------------- sendmsg */

static int import_control(struct scm *scm, const struct user_msghdr *h)
{
	char *buf;
	int err;

	if (!h->controllen)
		return 0;
	if (h->controllen > SCM_BUFFER_MAX)
		return -ENOBUFS;
	buf = kvmalloc(h->controllen, GFP_KERNEL);
	if (!buf)
		return -ENOBUFS;
	err = copy_from_user(buf, h->control, h->controllen);
	if (!err)
		err = scm_import(scm, buf, h->controllen);
	kvfree(buf);
	return err;
}

/* The header, checked in Linux's order, and the name of a message to send. */
static int import_header(struct user_msghdr *h, vaddr_t addr, struct sockaddr_un *name)
{
	int err = copy_from_user(h, addr, sizeof(*h));

	if (err)
		return err;
	if (!h->name)
		h->namelen = 0;
	if (h->namelen < 0)
		return -EINVAL;
	h->namelen = min(h->namelen, SOCKADDR_MAX);
	if (name && h->namelen) {
		err = socket_name_in(name, h->name, h->namelen);
		if (err)
			return err;
	}
	return h->iovlen > UIO_MAXIOV ? -EMSGSIZE : 0;
}

static ssize_t send_one(struct file *f, struct unix_sock *u, vaddr_t addr, unsigned int flags)
{
	struct socket_msg m = { .flags = call_flags(f, flags) };
	struct sockaddr_un name = { 0 };
	struct user_msghdr h;
	struct user_iov iov;
	ssize_t n = import_header(&h, addr, &name);

	if (!n)
		n = iovec_import(&iov, &m.it, h.iov, h.iovlen);
	if (n)
		return n;
	n = import_control(&m.scm, &h);
	if (!n) {
		m.name = &name;
		m.name_len = h.namelen;
		n = unix_send(u, &m);
	}
	iovec_release(&iov);
	return n;
}

long sys_sendmsg(const unsigned long *a)
{
	struct unix_sock *u;
	struct fd_ref r;
	ssize_t n = socket_get((int)a[0], &r, &u);

	if (n)
		return n;
	n = send_one(r.file, u, a[1], (unsigned int)a[2]);
	fdput(r);
	return n;
}

long sys_sendmmsg(const unsigned long *a)
{
	unsigned int nr = min((unsigned int)a[2], (unsigned int)UIO_MAXIOV), i;
	struct unix_sock *u;
	struct fd_ref r;
	ssize_t n = socket_get((int)a[0], &r, &u);

	if (n)
		return n;
	for (i = 0; i < nr; i++) {
		vaddr_t each = a[1] + i * sizeof(struct user_mmsghdr);

		n = send_one(r.file, u, each, (unsigned int)a[3]);
		if (n >= 0 && put_user((u32)n, each + offsetof(struct user_mmsghdr, len)))
			n = -EFAULT;
		if (n < 0)
			break;
		if (signal_pending()) {
			i++;
			break;
		}
		cond_resched();
	}
	fdput(r);
	return i ? (long)i : n;
}

/* -------------------------------------------------------------------- recvmsg */

/* Back to the program: the name, the control messages, the flags. */
static int export_header(struct unix_sock *u, struct socket_msg *m, const struct user_msghdr *h,
			 vaddr_t addr)
{
	struct scm_out out = { .addr = h->controllen ? h->control : 0, .room = h->controllen,
			       .flags = m->flags };
	int err = 0;

	scm_export(&m->scm, u, &out, &m->out_flags);
	if (m->name) {
		vaddr_t len = addr + offsetof(struct user_msghdr, namelen);

		err = socket_name_out(m->name, m->name_len, h->name, len);
	}
	if (!err)
		err = put_user(m->out_flags, addr + offsetof(struct user_msghdr, flags));
	if (!err)
		err = put_user(out.used, addr + offsetof(struct user_msghdr, controllen));
	return err;
}

static ssize_t recv_one(struct file *f, struct unix_sock *u, vaddr_t addr, unsigned int flags)
{
	struct socket_msg m = { .flags = call_flags(f, flags) };
	struct sockaddr_un name;
	struct user_msghdr h;
	struct user_iov iov;
	ssize_t n = import_header(&h, addr, NULL);
	int err;

	if (!n)
		n = iovec_import(&iov, &m.it, h.iov, h.iovlen);
	if (n)
		return n;
	m.name = h.name ? &name : NULL;
	m.out_flags = m.flags & MSG_CMSG_CLOEXEC;
	n = unix_recv(u, &m);
	iovec_release(&iov);
	if (n < 0) {
		scm_drop(&m.scm);
		return n;
	}
	err = export_header(u, &m, &h, addr);
	return err ? err : n;
}

long sys_recvmsg(const unsigned long *a)
{
	struct unix_sock *u;
	struct fd_ref r;
	ssize_t n = socket_get((int)a[0], &r, &u);

	if (n)
		return n;
	n = recv_one(r.file, u, a[1], (unsigned int)a[2]);
	fdput(r);
	return n;
}

/* Up to @nr messages, the first one may be waited for; how many, or -errno. */
static long recv_many(struct file *f, struct unix_sock *u, vaddr_t addr, unsigned int nr,
		      unsigned int flags, u64 deadline)
{
	unsigned int i = 0;
	ssize_t n = unix_take_error(u);

	while (n >= 0 && i < nr) {
		vaddr_t each = addr + i * sizeof(struct user_mmsghdr);

		n = recv_one(f, u, each, flags & ~(unsigned int)MSG_WAITFORONE);
		if (n >= 0 && put_user((u32)n, each + offsetof(struct user_mmsghdr, len)))
			n = -EFAULT;
		if (n < 0)
			break;
		i++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (time_ns() >= deadline)
			break;
		cond_resched();
	}
	if (i && n < 0 && n != -EAGAIN && n != -ERESTARTSYS && n != -EINTR)
		WRITE_ONCE(u->err, (int)-n);    /* the next call tells it */
	return i ? (long)i : n;
}

long sys_recvmmsg(const unsigned long *a)
{
	u64 deadline = TIMER_NEVER, now;
	struct unix_sock *u;
	struct timespec ts;
	struct fd_ref r;
	long n;

	if (a[4]) {
		n = timespec_from_user(&ts, a[4]);
		if (n)
			return n;
		deadline = time_ns() + timespec_to_ns(&ts);
	}
	n = socket_get((int)a[0], &r, &u);
	if (n)
		return n;
	n = recv_many(r.file, u, a[1], (unsigned int)a[2], (unsigned int)a[3], deadline);
	fdput(r);
	if (a[4] && n > 0) {
		now = time_ns();
		ts = ns_to_timespec(deadline > now ? deadline - now : 0);
		if (copy_to_user(a[4], &ts, sizeof(ts)))
			return -EFAULT;
	}
	return n;
}
