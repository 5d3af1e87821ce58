// SPDX-License-Identifier: MIT
/*
 * Memory policies, on a machine of one node: where pages come from is no question,
 * but what a program has set it can ask for again.
 *
 * So a policy is a number, and 0 is the default:
 *
 *	10     9 . . 6   5           4          3        2 . . 0
 *	home   nodes     balancing   relative   static   mode
 *
 * nodes: node 0, or with static and relative whatever the program named.  A thread
 * has one (task_struct), and an area, in its vm_flags: areas that differ in it do
 * not merge, and all that edits areas keeps it.
 */
#ifndef MM_MEMPOLICY_H
#define MM_MEMPOLICY_H

#include <lib/types.h>
#include <mm/vm_flags.h>

struct mm_struct;

enum mpol_mode {
	MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL, MPOL_PREFERRED_MANY,
	MPOL_WEIGHTED_INTERLEAVE, MPOL_MAX
};

#define MPOL_NODES_MAX  4U              /* as many as Linux/riscv64 has bits for */

#define MPOL_MODE       0x007U
#define MPOL_STATIC     0x008U
#define MPOL_RELATIVE   0x010U
#define MPOL_BALANCING  0x020U
#define MPOL_NODES_SHIFT 6
#define MPOL_NODES      (((1U << MPOL_NODES_MAX) - 1) << MPOL_NODES_SHIFT)
#define MPOL_HOME       0x400U

/*
 * mbind(2): @policy for all of [start, start + len).
 * -EINVAL: not aligned; -EFAULT: a hole, or for the default policy nothing but a hole; -ENOMEM.
 */
int mm_bind(struct mm_struct *mm, vaddr_t start, size_t len, unsigned int policy);

/*
 * set_mempolicy_home_node(2): node 0 is the home of what is bound there.
 * -ENOENT: no area has a policy; -EOPNOTSUPP: one has another kind, those before it are done.
 */
int mm_set_home_node(struct mm_struct *mm, vaddr_t start, size_t len);

/* The policy of the area at @addr; -EFAULT: there is none. */
int mm_policy_at(struct mm_struct *mm, vaddr_t addr);

/* The node of the page at @addr: 0; -ENOENT: none is there; -EFAULT: no area, or nobody's page. */
int mm_page_node(struct mm_struct *mm, vaddr_t addr);

#endif
