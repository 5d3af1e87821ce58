// SPDX-License-Identifier: MIT
/*
 * Control messages: from a sender's buffer into a message, and from a message
 * into a receiver's buffer.
 *
 * Always true: an scm that has files holds a reference of each; whoever ends
 *              with it calls scm_drop(), or moves scm->fds to another.
 * Lock: none; what is in flight is unix_gc.c's.
 */
#include <kernel/net/scm.h>

#include <kernel/cred.h>
#include <kernel/fs/file.h>
#include <kernel/fs/inode.h>
#include <kernel/net/socket.h>
#include <kernel/net/unix.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define OVERFLOW_ID     65534   /* what one is told who cannot be told */

/* ---------------------------------------------------------------- from a sender */

static int import_fds(struct scm *scm, const char *data, size_t len)
{
	unsigned int nr = (unsigned int)(len / sizeof(int));

	if (!nr)
		return 0;
	if (nr > SCM_MAX_FD || (scm->fds && scm->fds->nr + nr > SCM_MAX_FD))
		return -EINVAL;
	if (!scm->fds) {
		scm->fds = kzalloc(sizeof(*scm->fds) + SCM_MAX_FD * sizeof(struct file *),
				   GFP_KERNEL);
		if (!scm->fds)
			return -ENOMEM;
	}
	for (unsigned int i = 0; i < nr; i++) {
		struct file *f;
		int fd;

		memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
		f = fd_get_any(fd);
		if (!f)
			return -EBADF;
		scm->fds->files[scm->fds->nr++] = f;
	}
	return 0;
}

static int import_cred(struct scm *scm, const char *data, size_t len)
{
	const struct cred *me = current->cred;
	struct task_struct *t;
	struct ucred c;

	if (len != sizeof(c))
		return -EINVAL;
	memcpy(&c, data, sizeof(c));
	if ((c.pid != current->tgid && !capable(CAP_SYS_ADMIN)) ||
	    (c.uid != me->uid && c.uid != me->euid && c.uid != me->suid && !capable(CAP_SETUID)) ||
	    (c.gid != me->gid && c.gid != me->egid && c.gid != me->sgid && !capable(CAP_SETGID)))
		return -EPERM;
	t = c.pid == current->tgid ? NULL : find_task(c.pid);
	if (c.pid != current->tgid && !t)
		return -ESRCH;
	if (t)
		task_put(t);
	if (c.uid == (u32)-1 || c.gid == (u32)-1)
		return -EINVAL;
	scm->has_cred = scm->explicit_cred = true;
	scm->pid = c.pid;
	scm->uid = c.uid;
	scm->gid = c.gid;
	return 0;
}

static int import_one(struct scm *scm, const struct user_cmsghdr *h, const char *data)
{
	size_t len = h->len - sizeof(*h);

	if (h->level != SOL_SOCKET)
		return 0;
	switch (h->type) {
	case SCM_RIGHTS:
		return import_fds(scm, data, len);
	case SCM_CREDENTIALS:
		return import_cred(scm, data, len);
	default:
		return -EINVAL;
	}
}

int scm_import(struct scm *scm, const char *control, size_t len)
{
	struct user_cmsghdr h;
	size_t at = 0;
	int err = 0;

	while (!err && len - at >= sizeof(h)) {
		memcpy(&h, control + at, sizeof(h));
		if (h.len < sizeof(h) || h.len > len - at)
			err = -EINVAL;
		else
			err = import_one(scm, &h, control + at + sizeof(h));
		if (err || CMSG_ALIGN(h.len) >= len - at)
			break;
		at += CMSG_ALIGN(h.len);
	}
	if (err)
		scm_drop(scm);
	return err;
}

void scm_add_cred(struct scm *scm)
{
	if (scm->has_cred)
		return;
	scm->has_cred = true;
	scm->pid = current->tgid;
	scm->uid = current->cred->uid;
	scm->gid = current->cred->gid;
}

/* Not in place: a socket among them may carry others, and those others. */
void scm_drop(struct scm *scm)
{
	if (!scm->fds)
		return;
	for (unsigned int i = 0; i < scm->fds->nr; i++)
		file_put_hook(scm->fds->files[i]);
	kfree(scm->fds);
	scm->fds = NULL;
}

/* ---------------------------------------------------------------- to a receiver */

static void put_cmsg(struct scm_out *out, int type, const void *data, size_t len,
		     unsigned int *msg_flags)
{
	size_t room = out->room - out->used;
	struct user_cmsghdr h = { CMSG_LEN(len), SOL_SOCKET, type };

	if (room < sizeof(h)) {
		*msg_flags |= MSG_CTRUNC;
		return;
	}
	if (room < h.len) {
		*msg_flags |= MSG_CTRUNC;
		h.len = room;
	}
	if (copy_to_user(out->addr + out->used, &h, sizeof(h)) ||
	    copy_to_user(out->addr + out->used + sizeof(h), data, h.len - sizeof(h)))
		return;         /* as Linux: the program is told of no message */
	out->used += min(CMSG_ALIGN(h.len), room);
}

static void put_cred(const struct scm *scm, struct scm_out *out, unsigned int *msg_flags)
{
	struct ucred c = { 0, OVERFLOW_ID, OVERFLOW_ID };

	if (scm->has_cred)
		c = (struct ucred){ scm->pid, scm->uid, scm->gid };
	put_cmsg(out, SCM_CREDENTIALS, &c, sizeof(c), msg_flags);
}

/* Microseconds or nanoseconds: two words either way, in the old and in the new form. */
static void put_stamp(u64 ns, int option, struct scm_out *out, unsigned int *msg_flags)
{
	struct timespec ts = ns_to_timespec(ns);

	if (option == SO_TIMESTAMP || option == SO_TIMESTAMP_NEW)
		ts.tv_nsec /= NSEC_PER_USEC;
	put_cmsg(out, option, &ts, sizeof(ts), msg_flags);
}

/* A descriptor for @f, and its number at @addr. */
static int give_fd(struct file *f, vaddr_t addr, bool cloexec)
{
	int fd = fd_reserve(0, cloexec), err;

	if (fd < 0)
		return fd;
	err = put_user(fd, addr);
	if (err) {
		fd_release(fd);
		return err;
	}
	fd_install(fd, file_get(f));
	return 0;
}

static void put_fds(const struct scm_fds *fds, struct scm_out *out, unsigned int *msg_flags)
{
	size_t room = out->room - out->used;
	unsigned int most = room <= CMSG_LEN(0) ? 0 :
			    (unsigned int)min((room - CMSG_LEN(0)) / sizeof(int), (size_t)fds->nr);
	vaddr_t at = out->addr + out->used;
	unsigned int i;

	for (i = 0; i < most; i++)
		if (give_fd(fds->files[i], at + CMSG_LEN(i * sizeof(int)),
			    out->flags & MSG_CMSG_CLOEXEC))
			break;
	if (i) {
		struct user_cmsghdr h = { CMSG_LEN(i * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };

		if (!copy_to_user(at, &h, sizeof(h)))
			out->used += min(CMSG_ALIGN(h.len), room);
	}
	if (i < fds->nr)
		*msg_flags |= MSG_CTRUNC;
}

void scm_export(struct scm *scm, const struct unix_sock *u, struct scm_out *out,
		unsigned int *msg_flags)
{
	bool cred = READ_ONCE(u->passcred);
	int stamp = scm->sent_ns ? READ_ONCE(u->stamp) : 0;

	if (!out->addr) {
		if (cred || stamp || scm->fds)
			*msg_flags |= MSG_CTRUNC;
	} else {
		if (stamp)
			put_stamp(scm->sent_ns, stamp, out, msg_flags);
		if (cred)
			put_cred(scm, out, msg_flags);
		if (scm->fds)
			put_fds(scm->fds, out, msg_flags);
	}
	scm_drop(scm);
}
