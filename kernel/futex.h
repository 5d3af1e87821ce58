// SPDX-License-Identifier: MIT
/*
 * futex(2) without its argument decoding.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <lib/types.h>

struct futex_key;

#define FUTEX_BITSET_ANY        0xffffffffU
#define FUTEX_TID_MASK          0x3fffffffU
#define FUTEX_OWNER_DIED        0x40000000U
#define FUTEX_WAITERS           0x80000000U

void futex_init(void);

/* 0: woken; -EAGAIN: another value; -ETIMEDOUT, -ERESTARTSYS, -EFAULT, -EINVAL. */
int futex_wait(vaddr_t addr, bool private, u32 val, u32 bitset, u64 deadline_ns);

/* How many were woken, or moved, or -errno. */
int futex_wake(vaddr_t addr, bool private, int nr, u32 bitset);
int futex_wake_key(const struct futex_key *key, int nr, u32 bitset);
int futex_requeue(vaddr_t addr, vaddr_t to, bool private, int nr_wake, int nr_move,
		  const u32 *expected);
int futex_wake_op(vaddr_t addr, vaddr_t addr2, bool private, int nr_wake, int nr_wake2,
		  u32 encoded);

#endif
