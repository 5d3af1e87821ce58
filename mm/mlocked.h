// SPDX-License-Identifier: MIT
/*
 * Figures of mlock(2); the call itself is in mmap.h.
 */
#ifndef MM_MLOCKED_H
#define MM_MLOCKED_H

/* Pages that are there and may not go, of all processes.  Walks their tables; sleeps. */
unsigned long mlocked_pages(void);

#endif
