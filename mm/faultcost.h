// SPDX-License-Identifier: MIT
/*
 * What faults of programs cost, by kind (/proc/faultcost).
 */
#ifndef MM_FAULTCOST_H
#define MM_FAULTCOST_H

#include <lib/types.h>

struct fault_cost {
	const char *name;
	u64 count, least, mean;
	u64 p99;                /* one in a hundred costs more, or none */
};

/* Measure from now on. */
void faultcost_start(void);

/* Measure no more, and forget. */
void faultcost_stop(void);

/* The row of kind @i so far.  False: there are no more kinds. */
bool faultcost_row(unsigned int i, struct fault_cost *c);

/* What is counted: "instructions" or "nanoseconds". */
const char *faultcost_unit(void);

#endif
