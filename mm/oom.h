// SPDX-License-Identifier: MIT
/*
 * Out of memory: where mm, which has none left, meets kernel/oom.c, which chooses
 * a process.
 */
#ifndef MM_OOM_H
#define MM_OOM_H

#include <lib/types.h>

struct mm_struct;

/*
 * Nothing can be reclaimed for @gfp, 2^@order frames: choose and kill a process.
 * @starts: swap_starts() before it was tried; if it has grown nobody is killed.
 * Provided by kernel/oom.c.  True: there will be memory, try again.
 */
bool oom_kill(unsigned int gfp, unsigned int order, unsigned long starts);

/* Start the thread that reaps; after the scheduler runs. */
void oom_start(void);

/*
 * Take the pages of @mm's own out of it: all who use it are to die.  The caller
 * holds it as a user.  False: it is locked, or faults are under way; what those use is left.
 */
bool mm_oom_reap(struct mm_struct *mm);
/* The same, but waits for who has it locked: 0, or -EINTR when killed meanwhile. */
int mm_reap(struct mm_struct *mm);

/* /proc/sys/vm */
extern unsigned int sysctl_panic_on_oom, sysctl_oom_kill_allocating_task;

#endif
