// SPDX-License-Identifier: MIT
/*
 * sched_setattr(2), sched_getattr(2): policy, nice and priority in one struct
 * that may grow.
 *
 * Unlike Linux, there is no SCHED_DEADLINE and there are no utilization clamps.
 *
 * Lock: none of its own; each attribute is changed under its queue's.
 */
#include <kernel/sched.h>

#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define FLAG_RESET_ON_FORK      0x01U
#define FLAG_KEEP_POLICY        0x08U
#define FLAG_KEEP_PARAMS        0x10U
#define FLAG_UTIL_CLAMP         0x60U
#define FLAG_ALL                0x7fU

/* struct sched_attr of linux/sched/types.h; programs may have only the first 48 bytes of it. */
struct sched_attr {
	u32 size, policy;
	u64 flags;
	s32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 util_min, util_max;
};
#define SIZE_VER0       48U

/* What does not fit is told by the size that would. */
static int too_big(vaddr_t from)
{
	int err = put_user((u32)sizeof(struct sched_attr), from);

	return err ? err : -E2BIG;
}

static int copy_attr(struct sched_attr *attr, vaddr_t from)
{
	u32 size;
	int err = get_user(&size, from);

	if (err)
		return err;
	if (!size)
		size = SIZE_VER0;
	if (size < SIZE_VER0 || size > PAGE_SIZE)
		return too_big(from);
	err = copy_struct_from_user(attr, sizeof(*attr), from, size);
	if (err == -E2BIG)
		return too_big(from);
	if (!err && (attr->flags & FLAG_UTIL_CLAMP))
		err = size < sizeof(*attr) ? -EINVAL : -EOPNOTSUPP;
	return err;
}

static int apply(struct task_struct *t, const struct sched_attr *attr)
{
	bool keep = attr->flags & FLAG_KEEP_PARAMS, reset = attr->flags & FLAG_RESET_ON_FORK;
	int policy = attr->flags & FLAG_KEEP_POLICY ? t->policy : (int)attr->policy, err;

	if (attr->flags & FLAG_KEEP_POLICY)
		reset = t->sched_reset_on_fork;
	err = sched_apply_policy(t, policy, keep ? t->own_rt_priority : (int)attr->priority, reset);
	if (!err && policy != SCHED_FIFO && policy != SCHED_RR && !keep)
		err = sched_apply_nice(t, clamp(attr->nice, -20, 19));
	return err == -EACCES ? -EPERM : err;
}

long sys_sched_setattr(const unsigned long *a)
{
	struct task_struct *t;
	struct sched_attr attr;
	int err;

	if (!a[1] || (int)a[0] < 0 || (unsigned int)a[2])
		return -EINVAL;
	err = copy_attr(&attr, a[1]);
	if (err)
		return err;
	if ((int)attr.policy < 0 || (attr.flags & ~(u64)FLAG_ALL) || attr.priority > 99)
		return -EINVAL;
	t = sched_task((int)a[0]);
	if (!t)
		return -ESRCH;
	err = apply(t, &attr);
	task_put(t);
	return err;
}

long sys_sched_getattr(const unsigned long *a)
{
	struct sched_attr attr = { 0 };
	u32 size = (u32)a[2];
	struct task_struct *t;

	if (!a[1] || (int)a[0] < 0 || size > PAGE_SIZE || size < SIZE_VER0 || (unsigned int)a[3])
		return -EINVAL;
	t = sched_task((int)a[0]);
	if (!t)
		return -ESRCH;
	attr.size = min(size, (u32)sizeof(attr));
	attr.policy = (u32)t->policy;
	attr.flags = t->sched_reset_on_fork ? FLAG_RESET_ON_FORK : 0;
	if (t->own_rt_priority) {
		attr.priority = (u32)t->own_rt_priority;
	} else {
		attr.nice = t->nice;
		attr.runtime = sched_slice_ns;
	}
	task_put(t);
	return copy_to_user(a[1], &attr, attr.size);
}
