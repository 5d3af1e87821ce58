// SPDX-License-Identifier: MIT
/*
 * The commit limit: memory promised to everybody.
 */
#ifndef MM_COMMIT_H
#define MM_COMMIT_H

#include <lib/types.h>

/* /proc/sys/vm/overcommit_memory */
enum { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

/* The reserves' defaults; once, when it is known how much is free. */
void commit_init(void);

/*
 * May the current task take the memory that mode 2 keeps for an administrator
 * (CAP_SYS_ADMIN)?  Provided by kernel/cred.c.
 */
bool commit_may_use_reserve(void);

/*
 * For memory that belongs to no address space (shmem), asked for by the running program: 0 or
 * -ENOMEM / give back.
 */
int vm_commit_pages(unsigned long pages);
void vm_uncommit_pages(unsigned long pages);

/* All there is: frames and swap. */
unsigned long vm_total_pages(void);

/* Swap grew (or, negative, shrank) by @pages. */
void vm_swap_resize(long pages);

#endif
