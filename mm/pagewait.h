// SPDX-License-Identifier: MIT
/*
 * What page.c offers to mm/ alone.
 */
#ifndef MM_PAGEWAIT_H
#define MM_PAGEWAIT_H

#include <mm/page.h>

/* Prepare the wait queues; from frames_init(). */
void page_wait_init(void);

/*
 * Clear @bits (a mask) of the flags and wake whoever sleeps for one of them.  Safe from
 * interrupts.
 */
void page_clear_and_wake(struct page *p, unsigned long bits);

#endif
