// SPDX-License-Identifier: MIT
/*
 * System calls about memory policies: get_mempolicy(2), set_mempolicy(2), mbind(2),
 * set_mempolicy_home_node(2), migrate_pages(2), move_pages(2).
 *
 * There is one node.  Every policy leads there, and every page is there already;
 * what is left of these calls is to check what is asked, in Linux's order, to keep
 * it for who asks back, and to tell where pages are.
 *
 * Lock: none; a thread's policy is its own.
 */
#include <mm/mempolicy.h>

#include <kernel/cred.h>
#include <kernel/ptrace.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <lib/err.h>
#include <mm/mm.h>
#include <mm/uaccess.h>

/* With the mode. */
#define MPOL_F_STATIC_NODES     0x8000U
#define MPOL_F_RELATIVE_NODES   0x4000U
#define MPOL_F_NUMA_BALANCING   0x2000U
#define MPOL_MODE_FLAGS \
	(MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING)
/* get_mempolicy(2) */
#define MPOL_F_NODE             1UL
#define MPOL_F_ADDR             2UL
#define MPOL_F_MEMS_ALLOWED     4UL
/* mbind(2), move_pages(2) */
#define MPOL_MF_STRICT          1UL
#define MPOL_MF_MOVE            2UL
#define MPOL_MF_MOVE_ALL        4UL

#define NODES_ALL               1UL     /* node 0 */
#define WORD_BITS               64UL

static inline struct mm_struct *own_mm(void) { return current->thread.mm; }

static long check_mode(unsigned int mode_and_flags);
static long get_nodes(vaddr_t mask, unsigned long max, unsigned long *nodes);
static long make_policy(unsigned int mode_and_flags, unsigned long nodes);
static long ask(unsigned long flags, vaddr_t addr, unsigned int *mode, unsigned long *nodes);
static long put_nodes(vaddr_t mask, unsigned long max, unsigned long nodes);
static struct mm_struct *mm_of(int pid);
static long move_one(struct mm_struct *mm, const unsigned long *a, unsigned long i);

/* ---- set ---- */

long sys_set_mempolicy(const unsigned long *a)
{
	unsigned int mode = (unsigned int)a[0];
	unsigned long nodes;
	long ret = check_mode(mode);

	if (!ret)
		ret = get_nodes(a[1], a[2], &nodes);
	if (!ret)
		ret = make_policy(mode, nodes);
	if (ret < 0)
		return ret;
	current->mempolicy = (u16)ret;
	return 0;
}

long sys_mbind(const unsigned long *a)
{
	unsigned int mode = (unsigned int)a[2];
	unsigned long flags = (unsigned int)a[5], nodes;
	long ret = check_mode(mode);

	if (!ret)
		ret = get_nodes(a[3], a[4], &nodes);
	if (ret)
		return ret;
	if (flags & ~(MPOL_MF_STRICT | MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	/* Of nothing, any policy will do. */
	ret = ALIGN_UP(a[1], PAGE_SIZE) ? make_policy(mode, nodes) : 0;
	return ret < 0 ? ret : mm_bind(own_mm(), a[0], a[1], (unsigned int)ret);
}

long sys_set_mempolicy_home_node(const unsigned long *a)
{
	if (a[0] & ~PAGE_MASK || a[3] || a[2])
		return -EINVAL;
	return mm_set_home_node(own_mm(), a[0], a[1]);
}

static long check_mode(unsigned int mode_and_flags)
{
	unsigned int mode = mode_and_flags & ~MPOL_MODE_FLAGS;

	if (mode >= MPOL_MAX)
		return -EINVAL;
	if (mode_and_flags & MPOL_F_STATIC_NODES && mode_and_flags & MPOL_F_RELATIVE_NODES)
		return -EINVAL;
	if (mode_and_flags & MPOL_F_NUMA_BALANCING && mode != MPOL_BIND &&
	    mode != MPOL_PREFERRED_MANY)
		return -EINVAL;
	return 0;
}

/* A mask of @max - 1 bits at @mask.  -EFAULT; -EINVAL: too long, or nodes that no machine has. */
static long get_nodes(vaddr_t mask, unsigned long max, unsigned long *nodes)
{
	unsigned long word;

	*nodes = 0;
	max--;
	if (!max || !mask)
		return 0;
	if (max > PAGE_SIZE * 8)
		return -EINVAL;
	for (unsigned long i = 0; i < max; i += WORD_BITS) {
		if (get_user(&word, mask + i / 8))
			return -EFAULT;
		if (max - i < WORD_BITS)
			word &= (1UL << (max - i)) - 1;
		if (i ? word : word >> MPOL_NODES_MAX)
			return -EINVAL;
		*nodes |= word;
	}
	return 0;
}

/* The policy as a number; -EINVAL: the mode does not go with the nodes. */
static long make_policy(unsigned int mode_and_flags, unsigned long nodes)
{
	unsigned int mode = mode_and_flags & ~MPOL_MODE_FLAGS, policy;
	bool named = mode_and_flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES);

	if (mode == MPOL_DEFAULT)
		return nodes ? -EINVAL : 0;
	if (mode == MPOL_LOCAL || (mode == MPOL_PREFERRED && !nodes))
		return nodes || named ? -EINVAL : MPOL_LOCAL;
	/* Relative nodes are counted round: each is node 0. */
	if (!nodes || (!(mode_and_flags & MPOL_F_RELATIVE_NODES) && !(nodes & NODES_ALL)))
		return -EINVAL;
	policy = mode | (unsigned int)(named ? nodes : NODES_ALL) << MPOL_NODES_SHIFT;
	if (mode_and_flags & MPOL_F_STATIC_NODES)
		policy |= MPOL_STATIC;
	if (mode_and_flags & MPOL_F_RELATIVE_NODES)
		policy |= MPOL_RELATIVE;
	if (mode_and_flags & MPOL_F_NUMA_BALANCING)
		policy |= MPOL_BALANCING;
	return policy;
}

/* ---- get ---- */

long sys_get_mempolicy(const unsigned long *a)
{
	unsigned long nodes = 0;
	unsigned int mode = 0;
	long ret;

	if (a[1] && a[2] < 1)
		return -EINVAL;
	ret = ask(a[4], a[3], &mode, &nodes);
	if (!ret && a[0])
		ret = put_user(mode, a[0]) ? -EFAULT : 0;
	if (!ret && a[1])
		ret = put_nodes(a[1], a[2], nodes);
	return ret;
}

static unsigned int mode_with_flags(unsigned int policy)
{
	unsigned int mode = policy & MPOL_MODE;

	if (policy & MPOL_STATIC)
		mode |= MPOL_F_STATIC_NODES;
	if (policy & MPOL_RELATIVE)
		mode |= MPOL_F_RELATIVE_NODES;
	if (policy & MPOL_BALANCING)
		mode |= MPOL_F_NUMA_BALANCING;
	return mode;
}

/* MPOL_F_NODE: the node of the page at @addr, or the next to interleave, in place of the mode. */
static long ask_node(unsigned int policy, bool of_page, vaddr_t addr)
{
	unsigned int mode = policy & MPOL_MODE;
	struct user_page up;

	if (!of_page)
		return mode == MPOL_INTERLEAVE || mode == MPOL_WEIGHTED_INTERLEAVE ? 0 : -EINVAL;
	if (user_page_get(own_mm(), addr & PAGE_MASK, FAULT_READ, &up))
		return -EFAULT;
	user_page_put(&up);
	return 0;
}

static long ask(unsigned long flags, vaddr_t addr, unsigned int *mode, unsigned long *nodes)
{
	int policy = current->mempolicy;
	long ret = 0;

	if (flags & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED) {
		*nodes = NODES_ALL;
		return flags & (MPOL_F_NODE | MPOL_F_ADDR) ? -EINVAL : 0;
	}
	if (flags & MPOL_F_ADDR)
		policy = mm_policy_at(own_mm(), addr);
	else if (addr)
		return -EINVAL;
	if (policy < 0)
		return policy;
	if (flags & MPOL_F_NODE)
		ret = ask_node((unsigned int)policy, flags & MPOL_F_ADDR, addr);
	else
		*mode = mode_with_flags((unsigned int)policy);
	*nodes = ((unsigned int)policy & MPOL_NODES) >> MPOL_NODES_SHIFT;
	return ret;
}

/* As many words as @max - 1 bits take. */
static long put_nodes(vaddr_t mask, unsigned long max, unsigned long nodes)
{
	size_t len = ALIGN_UP(max - 1, WORD_BITS) / 8;

	if (len > PAGE_SIZE)
		return -EINVAL;
	if (len > sizeof(nodes) && clear_user(mask + sizeof(nodes), len - sizeof(nodes)))
		return -EFAULT;
	return copy_to_user(mask, &nodes, min(len, sizeof(nodes))) ? -EFAULT : 0;
}

/* ---- where pages are ---- */

long sys_migrate_pages(const unsigned long *a)
{
	unsigned long from, to;
	struct mm_struct *mm;
	long ret = get_nodes(a[2], a[1], &from);

	if (!ret)
		ret = get_nodes(a[3], a[1], &to);
	if (ret)
		return ret;
	mm = mm_of((int)a[0]);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	mm_put(mm);
	if (to & ~NODES_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	return to & NODES_ALL ? 0 : -EINVAL;
}

long sys_move_pages(const unsigned long *a)
{
	unsigned long flags = (unsigned int)a[5];
	struct mm_struct *mm;
	long ret = 0;

	if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if (flags & MPOL_MF_MOVE_ALL && !capable(CAP_SYS_NICE))
		return -EPERM;
	mm = mm_of((int)a[0]);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	for (unsigned long i = 0; i < a[1] && !ret; i++)
		ret = move_one(mm, a, i);
	mm_put(mm);
	return ret;
}

/* The @i-th page of move_pages(2)'s arrays: its place in the third of them. */
static long move_one(struct mm_struct *mm, const unsigned long *a, unsigned long i)
{
	vaddr_t addr;
	int node = 0;

	if (fatal_signal_pending())
		return -EINTR;
	if (get_user(&addr, a[2] + i * sizeof(addr)))
		return -EFAULT;
	if (a[3] && get_user(&node, a[3] + i * sizeof(node)))
		return -EFAULT;
	if (node)
		return -ENODEV;
	return put_user(mm_page_node(mm, addr), a[4] + i * sizeof(node)) ? -EFAULT : 0;
}

/* The address space of process @pid, 0: one's own; mm_put() it.  -ESRCH, -EPERM, -EINVAL. */
static struct mm_struct *mm_of(int pid)
{
	struct mm_struct *mm = ERR_PTR(-EPERM);
	struct task_struct *t;

	if (!pid) {
		mm_get(own_mm());
		return own_mm();
	}
	t = find_task(pid);
	if (!t)
		return ERR_PTR(-ESRCH);
	if (ptrace_may_access(t, PTRACE_MODE_REALCREDS)) {
		mm = task_mm_get(t);
		if (!mm)
			mm = ERR_PTR(-EINVAL);
	}
	task_put(t);
	return mm;
}
