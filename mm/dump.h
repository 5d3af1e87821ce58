// SPDX-License-Identifier: MIT
/*
 * Pages for a core file.
 */
#ifndef MM_DUMP_H
#define MM_DUMP_H

#include <lib/types.h>

struct mm_struct;

/*
 * The page at @va, whatever its protection, into @buf.  False: nothing was ever there, or it
 * cannot be had.  @file: an untouched page is the file's and not zero.  Sleeps.
 */
bool mm_dump_page(struct mm_struct *mm, vaddr_t va, bool file, void *buf);

#endif
