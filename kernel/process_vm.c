// SPDX-License-Identifier: MIT
/*
 * process_vm_readv(2), process_vm_writev(2): bytes from one program to another.
 *
 * Both lists of buffers are walked side by side; a page of the kernel's lies
 * between, so that never two address spaces are held at once.
 */
#include <kernel/syscall.h>

#include <kernel/ptrace.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <lib/string.h>
#include <mm/iov.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define IOV_MAX 1024

/* A list of buffers, and how far it is used up. */
struct cursor {
	struct iovec *iov;
	unsigned long nr, i;
	size_t off;
};

static long process_vm_rw(const unsigned long *a, bool write);
static int cursor_init(struct cursor *c, vaddr_t list, unsigned long nr);
static size_t cursor_left(struct cursor *c);
static vaddr_t cursor_addr(const struct cursor *c);
static long copy_all(struct mm_struct *mm, struct cursor *local, struct cursor *remote, bool write);
static size_t copy_piece(struct mm_struct *mm, u8 *buf, vaddr_t local, vaddr_t remote, size_t n,
			 bool write);

long sys_process_vm_readv(const unsigned long *a)
{
	return process_vm_rw(a, false);
}

long sys_process_vm_writev(const unsigned long *a)
{
	return process_vm_rw(a, true);
}

static long process_vm_rw(const unsigned long *a, bool write)
{
	struct cursor local = { 0 }, remote = { 0 };
	struct task_struct *t = NULL;
	struct mm_struct *mm;
	long ret;

	if (a[5])
		return -EINVAL;
	ret = cursor_init(&local, a[1], a[2]);
	if (!ret)
		ret = cursor_init(&remote, a[3], a[4]);
	if (ret)
		goto out;
	t = find_task((int)a[0]);
	ret = !t ? -ESRCH : ptrace_may_access(t, PTRACE_MODE_REALCREDS) ? 0 : -EPERM;
	if (ret)
		goto out;
	mm = task_mm_get(t);
	ret = -EINVAL;
	if (mm) {
		ret = copy_all(mm, &local, &remote, write);
		mm_put(mm);
	}
out:
	if (t)
		task_put(t);
	kfree(local.iov);
	kfree(remote.iov);
	return ret;
}

static int cursor_init(struct cursor *c, vaddr_t list, unsigned long nr)
{
	ssize_t total = 0;

	if (nr > IOV_MAX)
		return -EINVAL;
	if (!nr)
		return 0;
	c->iov = kmalloc(nr * sizeof(*c->iov), GFP_KERNEL);
	if (!c->iov)
		return -ENOMEM;
	if (copy_from_user(c->iov, list, nr * sizeof(*c->iov)))
		return -EFAULT;
	c->nr = nr;
	for (unsigned long i = 0; i < nr; i++) {
		if ((ssize_t)c->iov[i].len < 0 ||
		    __builtin_add_overflow(total, (ssize_t)c->iov[i].len, &total))
			return -EINVAL;
	}
	return 0;
}

/* The bytes left in the current buffer, from cursor_addr() on; 0: the list is used up. */
static size_t cursor_left(struct cursor *c)
{
	while (c->i < c->nr && c->off == c->iov[c->i].len) {
		c->i++;
		c->off = 0;
	}
	return c->i == c->nr ? 0 : c->iov[c->i].len - c->off;
}

static vaddr_t cursor_addr(const struct cursor *c)
{
	return c->iov[c->i].base + c->off;
}

/* Bytes copied before the first that could not be; -EFAULT if none was. */
static long copy_all(struct mm_struct *mm, struct cursor *local, struct cursor *remote, bool write)
{
	u8 *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	long done = 0;

	if (!buf)
		return -ENOMEM;
	for (;;) {
		size_t want = min(cursor_left(local), cursor_left(remote)), n;

		want = min(want, PAGE_SIZE);
		if (!want)
			break;
		n = copy_piece(mm, buf, cursor_addr(local), cursor_addr(remote), want, write);
		local->off += n;
		remote->off += n;
		done += (long)n;
		if (n < want || fatal_signal_pending()) {
			if (!done)
				done = -EFAULT;
			break;
		}
	}
	kfree(buf);
	return done;
}

static size_t copy_piece(struct mm_struct *mm, u8 *buf, vaddr_t local, vaddr_t remote, size_t n,
			 bool write)
{
	if (write) {
		n = copy_from_user_partial(buf, local, n);
		return mm_access(mm, remote, buf, n, true, false);
	}
	n = mm_access(mm, remote, buf, n, false, false);
	return copy_to_user_partial(local, buf, n);
}
