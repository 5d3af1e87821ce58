// SPDX-License-Identifier: MIT
/*
 * The newer calls: futex_waitv(2), which waits for any of many words, and
 * futex_wait, futex_wake and futex_requeue, one call for each old operation.
 *
 * Waiting for many is waiting for one, many times: an entry in each chain, and
 * whichever waker finds one first sets it.
 *
 * Lock: none of its own.
 */
#include <kernel/futex_internal.h>

#include <kernel/clock.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define FUTEX2_SIZE_MASK        3U
#define FUTEX2_SIZE_U32         2U
#define FUTEX2_PRIVATE          128U
#define WAITV_MAX               128

/* struct futex_waitv of futex_waitv(2). */
struct waitv {
	u64 val, addr;
	u32 flags, reserved;
};

/* Only words of 32 bits, as Linux has them. */
static bool flags_valid(unsigned int flags)
{
	return (flags & ~FUTEX2_PRIVATE) == FUTEX2_SIZE_U32;
}

static bool fits(unsigned long v)
{
	return (u32)v == v;
}

/* These calls' limits are moments, of one of two clocks. */
static int moment(vaddr_t from, int clock, u64 *deadline_ns)
{
	struct timespec ts;
	int err;

	*deadline_ns = TIMER_NEVER;
	if (!from)
		return 0;
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return -EINVAL;
	err = timespec_from_user(&ts, from);
	if (!err)
		*deadline_ns = clock_to_monotonic(clock, timespec_to_ns(&ts));
	return err;
}

static int read_waitv(struct waitv *v, vaddr_t from, unsigned int nr)
{
	if (copy_from_user(v, from, nr * sizeof(*v)))
		return -EFAULT;
	for (unsigned int i = 0; i < nr; i++)
		if (v[i].reserved || !flags_valid(v[i].flags) || !fits(v[i].val))
			return -EINVAL;
	return 0;
}

/* ------------------------------------------------ many words */

/* Queue for each and look at each; 0: all have the value to wait for.  *queued are in a chain. */
static int queue_all(struct futex_waiter *w, const struct waitv *v, unsigned int nr, bool *woken,
		     unsigned int *queued)
{
	int err = 0;
	u32 seen;

	for (*queued = 0; *queued < nr && !err; (*queued)++) {
		unsigned int i = *queued;

		w[i] = (struct futex_waiter){ .task = current, .bitset = FUTEX_BITSET_ANY,
					      .any_woken = woken };
		err = futex_make_key(v[i].addr, v[i].flags & FUTEX2_PRIVATE, &w[i].key);
		if (err)
			break;
		futex_waiter_add(&w[i]);
		err = user_load32(v[i].addr, &seen);
		if (!err && seen != (u32)v[i].val)
			err = -EAGAIN;
	}
	return err;
}

static int wait_any(struct futex_waiter *w, const struct waitv *v, unsigned int nr, u64 deadline_ns)
{
	unsigned int queued;
	bool woken = false;
	int err = queue_all(w, v, nr, &woken, &queued);

	if (!err)
		err = futex_sleep(&woken, deadline_ns);
	for (unsigned int i = 0; i < queued; i++)
		if (!futex_waiter_remove(&w[i]))
			err = (int)i;
	return err;
}

long sys_futex_waitv(const unsigned long *a)
{
	unsigned int nr = (unsigned int)a[1];
	struct futex_waiter *w = NULL;
	struct waitv *v;
	u64 deadline_ns;
	int err;

	if ((unsigned int)a[2] || !nr || nr > WAITV_MAX || !a[0])
		return -EINVAL;
	err = moment(a[3], (int)a[4], &deadline_ns);
	if (err)
		return err;
	v = kmalloc(nr * sizeof(*v), GFP_KERNEL);
	err = v ? read_waitv(v, a[0], nr) : -ENOMEM;
	if (!err) {
		w = kmalloc(nr * sizeof(*w), GFP_KERNEL);
		err = w ? wait_any(w, v, nr, deadline_ns) : -ENOMEM;
	}
	kfree(w);
	kfree(v);
	return err;
}

/* ------------------------------------------------ one word */

long sys_futex_wake(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[3];

	if (!flags_valid(flags) || !fits(a[1]))
		return -EINVAL;
	return (int)a[2] ? futex_wake(a[0], flags & FUTEX2_PRIVATE, (int)a[2], (u32)a[1]) : 0;
}

long sys_futex_wait(const unsigned long *a)
{
	unsigned int flags = (unsigned int)a[3];
	u64 deadline_ns;
	int err;

	if (!flags_valid(flags) || !fits(a[1]) || !fits(a[2]))
		return -EINVAL;
	err = moment(a[4], (int)a[5], &deadline_ns);
	return err ? err : futex_wait(a[0], flags & FUTEX2_PRIVATE, (u32)a[1], (u32)a[2],
				      deadline_ns);
}

long sys_futex_requeue(const unsigned long *a)
{
	struct waitv v[2];
	u32 expected;
	int err;

	if ((unsigned int)a[1] || !a[0])
		return -EINVAL;
	err = read_waitv(v, a[0], 2);
	if (err)
		return err;
	expected = (u32)v[0].val;
	return futex_requeue(v[0].addr, v[0].flags & FUTEX2_PRIVATE, v[1].addr,
			     v[1].flags & FUTEX2_PRIVATE, (int)a[2], (int)a[3], &expected);
}
