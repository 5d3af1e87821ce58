// SPDX-License-Identifier: MIT
/*
 * prctl(2), personality(2): small settings of a task.  What Linux/riscv has
 * and we do not gives EINVAL, as an older Linux would.
 */
#include <kernel/syscall.h>

#include <arch/vector.h>
#include <kernel/cred.h>
#include <kernel/sched.h>
#include <kernel/signal_internal.h>
#include <kernel/task.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

enum {
	PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4,
	PR_GET_KEEPCAPS = 7, PR_SET_KEEPCAPS = 8, PR_GET_TIMING = 13, PR_SET_TIMING = 14,
	PR_SET_NAME = 15, PR_GET_NAME = 16, PR_GET_SECCOMP = 21,
	PR_CAPBSET_READ = 23, PR_CAPBSET_DROP = 24, PR_GET_SECUREBITS = 27, PR_SET_SECUREBITS = 28,
	PR_SET_TIMERSLACK = 29, PR_GET_TIMERSLACK = 30, PR_MCE_KILL_GET = 34,
	PR_SET_CHILD_SUBREAPER = 36, PR_GET_CHILD_SUBREAPER = 37,
	PR_SET_NO_NEW_PRIVS = 38, PR_GET_NO_NEW_PRIVS = 39, PR_GET_TID_ADDRESS = 40,
	PR_SET_THP_DISABLE = 41, PR_GET_THP_DISABLE = 42, PR_CAP_AMBIENT = 47
};

enum { AMBIENT_IS_SET = 1, AMBIENT_RAISE, AMBIENT_LOWER, AMBIENT_CLEAR_ALL };

static long set_name(vaddr_t from);
static long get_name(vaddr_t to);
static long drop_bounding(unsigned long cap);
static long ambient(unsigned long op, unsigned long cap, unsigned long a4, unsigned long a5);
static long set_keep_caps(bool on);
static long set_securebits(unsigned long bits);

long sys_prctl(const unsigned long *a)
{
	struct task_struct *t = current;
	bool rest_zero = !a[2] && !a[3] && !a[4];

	switch ((int)a[0]) {
	case PR_SET_PDEATHSIG:
		if (a[1] > NSIG)
			return -EINVAL;
		t->pdeath_signal = (int)a[1];
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user((int)t->pdeath_signal, a[1]);
	case PR_GET_DUMPABLE:
		return t->thread.mm->dumpable;
	case PR_SET_DUMPABLE:
		if (a[1] > 1)
			return -EINVAL;
		t->thread.mm->dumpable = a[1];
		return 0;
	case PR_GET_KEEPCAPS:
		return !!(t->cred->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return a[1] > 1 ? -EINVAL : set_keep_caps(a[1]);
	case PR_GET_TIMING:
	case PR_GET_SECCOMP:
		return 0;
	case PR_GET_SECUREBITS:
		return t->cred->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(a[1]);
	case PR_SET_TIMING:
		return a[1] ? -EINVAL : 0;
	case PR_SET_NAME:
		return set_name(a[1]);
	case PR_GET_NAME:
		return get_name(a[1]);
	case PR_CAPBSET_READ:
		return a[1] > CAP_LAST ? -EINVAL : (long)(t->cred->cap_bounding >> a[1] & 1);
	case PR_CAPBSET_DROP:
		return drop_bounding(a[1]);
	case PR_SET_TIMERSLACK:
		sched_set_slack(t, a[1]);
		return 0;
	case PR_GET_TIMERSLACK:
		return (long)t->timer_slack_ns;
	case PR_MCE_KILL_GET:
		return rest_zero && !a[1] ? 2 /* PR_MCE_KILL_DEFAULT */ : -EINVAL;
	case PR_SET_CHILD_SUBREAPER:
		t->signal->child_subreaper = a[1];
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)t->signal->child_subreaper, a[1]);
	case PR_SET_NO_NEW_PRIVS:
		if (a[1] != 1 || !rest_zero)
			return -EINVAL;
		t->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return a[1] || !rest_zero ? -EINVAL : t->no_new_privs;
	case PR_GET_TID_ADDRESS:
		return put_user(t->clear_child_tid, a[1]);
	case PR_SET_THP_DISABLE:
		if (!rest_zero)
			return -EINVAL;
		WRITE_ONCE(t->thread.mm->no_huge_pages, a[1] != 0);
		return 0;
	case PR_GET_THP_DISABLE:
		return a[1] || !rest_zero ? -EINVAL : t->thread.mm->no_huge_pages;
	case PR_CAP_AMBIENT:
		return ambient(a[1], a[2], a[3], a[4]);
	default:
		return machine_prctl((int)a[0], a[1]);
	}
}

static long set_name(vaddr_t from)
{
	char name[TASK_COMM_LEN];
	ssize_t len = strncpy_from_user(name, from, sizeof(name));

	if (len < 0 && len != -ENAMETOOLONG)
		return -EFAULT;
	if (len == -ENAMETOOLONG && copy_from_user(name, from, sizeof(name) - 1))
		return -EFAULT;
	name[len < 0 ? TASK_COMM_LEN - 1 : len] = '\0';
	spin_lock(&current->lock);
	strscpy(current->comm, name, sizeof(current->comm));
	spin_unlock(&current->lock);
	return 0;
}

static long get_name(vaddr_t to)
{
	char name[TASK_COMM_LEN] = { 0 };

	spin_lock(&current->lock);
	strscpy(name, current->comm, sizeof(name));
	spin_unlock(&current->lock);
	return copy_to_user(to, name, sizeof(name));
}

static long drop_bounding(unsigned long cap)
{
	struct cred *c;

	if (cap > CAP_LAST)
		return -EINVAL;
	if (!capable(CAP_SETPCAP))
		return -EPERM;
	c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->cap_bounding &= ~BIT(cap);
	cred_commit(c);
	return 0;
}

static long ambient(unsigned long op, unsigned long cap, unsigned long a4, unsigned long a5)
{
	const struct cred *now = current->cred;
	struct cred *c;

	if (a4 || a5 || (op == AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST))
		return -EINVAL;
	if (op == AMBIENT_IS_SET)
		return (long)(now->cap_ambient >> cap & 1);
	if (op != AMBIENT_RAISE && op != AMBIENT_LOWER && op != AMBIENT_CLEAR_ALL)
		return -EINVAL;
	if (op == AMBIENT_RAISE && (now->securebits & SECBIT_NO_AMBIENT_RAISE))
		return -EPERM;
	if (op == AMBIENT_RAISE && !((now->cap_permitted & now->cap_inheritable) >> cap & 1))
		return -EPERM;
	c = cred_prepare();
	if (!c)
		return -ENOMEM;
	if (op == AMBIENT_CLEAR_ALL)
		c->cap_ambient = 0;
	else if (op == AMBIENT_LOWER)
		c->cap_ambient &= ~BIT(cap);
	else
		c->cap_ambient |= BIT(cap);
	cred_commit(c);
	return 0;
}

static long commit_securebits(u32 bits)
{
	struct cred *c = cred_prepare();

	if (!c)
		return -ENOMEM;
	c->securebits = bits;
	cred_commit(c);
	return 0;
}

static long set_keep_caps(bool on)
{
	u32 now = current->cred->securebits;

	if (now & SECBIT_KEEP_CAPS << 1)
		return -EPERM;
	return commit_securebits(on ? now | SECBIT_KEEP_CAPS : now & ~SECBIT_KEEP_CAPS);
}

/* What is locked stays as it is, and locked. */
static long set_securebits(unsigned long bits)
{
	u32 now = current->cred->securebits;

	if ((((now & SECBITS_LOCKS) >> 1) & (now ^ bits)) || ((now & SECBITS_LOCKS) & ~bits) ||
	    (bits & ~(unsigned long)(SECBITS_ALL | SECBITS_LOCKS)) || !capable(CAP_SETPCAP))
		return -EPERM;
	return commit_securebits((u32)bits);
}

long sys_personality(const unsigned long *a)
{
	unsigned int old = current->personality;

	if ((u32)a[0] != 0xffffffffU)
		current->personality = (unsigned int)a[0];
	return old;
}
