// SPDX-License-Identifier: MIT
/*
 * What the lock implementations and the scheduler share about checking.
 */
#ifndef KERNEL_SYNC_DEBUG_H
#define KERNEL_SYNC_DEBUG_H

#include <lib/types.h>

/* `current` is a task: before, boot runs alone and nothing is checked that needs one. */
extern bool sched_ready;

/* The interrupt being handled came while a program ran. */
bool irq_from_user(void);

/* Debug builds: may the current task take a sleeping lock of @rank; it did; it let go. */
void sleep_lock_check(unsigned int rank, bool nested);
void sleep_lock_push(unsigned int rank);
void sleep_lock_pop(unsigned int rank);

#endif
