// SPDX-License-Identifier: MIT
/*
 * Faults that are expected: on_fault() as the handler of SIGSEGV and SIGBUS, and touch().
 */
#ifndef CATCH_H
#define CATCH_H

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

static __thread sigjmp_buf *catcher;

static void on_fault(int sig)
{
	if (catcher)
		siglongjmp(*catcher, sig);
	signal(sig, SIG_DFL);
}

/* The signal that reading (writing *value) at @at raised, or 0 and *value is what is there. */
static __attribute__((noinline)) int touch(char *at, int write, uint64_t *value)
{
	sigjmp_buf here;
	int sig = sigsetjmp(here, 0);

	if (!sig) {
		catcher = &here;
		if (write)
			*(volatile uint64_t *)at = *value;
		else
			*value = *(volatile uint64_t *)at;
	}
	catcher = NULL;
	return sig;
}

#endif
