// SPDX-License-Identifier: MIT
/*
 * TAP for our guest programs: ok(cond, "claim"), and `return tap_done();`.
 *
 * A claim that takes too long is a failure too: tap_limit() sets an alarm.
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int tap_count, tap_failed;

__attribute__((unused, format(printf, 2, 3)))
static int ok(int good, const char *claim, ...)
{
	va_list ap;

	printf("%s %d - ", good ? "ok" : "not ok", ++tap_count);
	va_start(ap, claim);
	vprintf(claim, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	tap_failed += !good;
	return good;
}

/* The call must fail with `want` (0: succeed); says what came instead. */
#define fails(want, call)                                                                       \
	do {                                                                                    \
		errno = 0;                                                                      \
		long got_ = (long)(call);                                                       \
		int e_ = got_ == -1 ? errno : 0;                                                \
		if (!ok(e_ == (want), "%s: %s", #call, (want) ? strerror(want) : "succeeds"))   \
			printf("# got %ld, %s\n", got_, strerror(e_));                          \
	} while (0)

__attribute__((unused)) static void tap_limit(unsigned int seconds)
{
	alarm(seconds);
}

__attribute__((unused)) static int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
