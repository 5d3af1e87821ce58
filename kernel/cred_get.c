// SPDX-License-Identifier: MIT
/*
 * Reading identities, and capget(2) and capset(2).
 *
 * Lock: task.lock of another task whose cred is read.
 */
#include <kernel/cred.h>

#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/uaccess.h>

long sys_getuid(const unsigned long *a) { return current->cred->uid; }
long sys_geteuid(const unsigned long *a) { return current->cred->euid; }
long sys_getgid(const unsigned long *a) { return current->cred->gid; }
long sys_getegid(const unsigned long *a) { return current->cred->egid; }

static long put_three(const unsigned long *to, u32 a, u32 b, u32 c)
{
	if (put_user(a, to[0]) || put_user(b, to[1]) || put_user(c, to[2]))
		return -EFAULT;
	return 0;
}

long sys_getresuid(const unsigned long *a)
{
	const struct cred *c = current->cred;

	return put_three(a, c->uid, c->euid, c->suid);
}

long sys_getresgid(const unsigned long *a)
{
	const struct cred *c = current->cred;

	return put_three(a, c->gid, c->egid, c->sgid);
}

/* ------------------------------------------------ capabilities */

#define CAP_VERSION_1   0x19980330U     /* 32 bits: one struct */
#define CAP_VERSION_2   0x20071026U
#define CAP_VERSION_3   0x20080522U     /* 64 bits: two structs, low words first */

struct cap_header { u32 version; int pid; };
struct cap_data { u32 effective, permitted, inheritable; };

/* How many structs follow; 0: unknown version, and ours was written back. */
static int cap_words(vaddr_t header, struct cap_header *h)
{
	if (get_user(h, header))
		return -EFAULT;
	if (h->version == CAP_VERSION_1)
		return 1;
	if (h->version == CAP_VERSION_2 || h->version == CAP_VERSION_3)
		return 2;
	return put_user(CAP_VERSION_3, header) ? -EFAULT : 0;
}

long sys_capget(const unsigned long *a)
{
	struct cap_data data[2];
	struct cap_header h;
	struct task_struct *t;
	struct cred *c;
	int words = cap_words(a[0], &h);

	if (words <= 0)
		return words < 0 ? words : a[1] ? -EINVAL : 0;
	if (h.pid < 0)
		return -EINVAL;
	if (!a[1])
		return 0;
	t = h.pid ? find_task(h.pid) : current;
	if (!t)
		return -ESRCH;
	c = task_cred_get(t);
	if (h.pid)
		task_put(t);
	for (int i = 0; i < words; i++)
		data[i] = (struct cap_data){ (u32)(c->cap_effective >> 32 * i),
					     (u32)(c->cap_permitted >> 32 * i),
					     (u32)(c->cap_inheritable >> 32 * i) };
	cred_put(c);
	return copy_to_user(a[1], data, (size_t)words * sizeof(data[0]));
}

/* capabilities(7), "Programmatically adjusting capability sets". */
static bool cap_change_ok(const struct cred *old, const struct cred *new)
{
	if (new->cap_permitted & ~old->cap_permitted)
		return false;
	if (new->cap_effective & ~new->cap_permitted)
		return false;
	if (!capable(CAP_SETPCAP) &&
	    (new->cap_inheritable & ~(old->cap_inheritable | old->cap_permitted)))
		return false;
	return !(new->cap_inheritable & ~(old->cap_inheritable | old->cap_bounding));
}

long sys_capset(const unsigned long *a)
{
	struct cap_data data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	u64 known = (1UL << (CAP_LAST + 1)) - 1;
	struct cap_header h;
	struct cred *new;
	int words = cap_words(a[0], &h);

	if (words <= 0)
		return words < 0 ? words : -EINVAL;
	if (h.pid && h.pid != current->pid)
		return -EPERM;
	if (copy_from_user(data, a[1], (size_t)words * sizeof(data[0])))
		return -EFAULT;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	new->cap_effective = (data[0].effective | (u64)data[1].effective << 32) & known;
	new->cap_permitted = (data[0].permitted | (u64)data[1].permitted << 32) & known;
	new->cap_inheritable = (data[0].inheritable | (u64)data[1].inheritable << 32) & known;
	if (!cap_change_ok(current->cred, new)) {
		cred_put(new);
		return -EPERM;
	}
	new->cap_ambient &= new->cap_permitted & new->cap_inheritable;
	cred_commit(new);
	return 0;
}
