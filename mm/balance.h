// SPDX-License-Identifier: MIT
/*
 * How much of each kind reclaim looks at in one pass.
 */
#ifndef MM_BALANCE_H
#define MM_BALANCE_H

#include <lib/types.h>

#define BALANCE_LEAST   32UL            /* pages of a kind that is looked at at all */

struct balance {
	unsigned long file, anon;       /* pages */
};

/*
 * For a pass of @priority (0: the last, all of both) by who may do what @gfp says; @cold: file
 * pages that nobody has used lately are not scarce.
 */
struct balance scan_balance(unsigned int gfp, int priority, bool cold);

#endif
