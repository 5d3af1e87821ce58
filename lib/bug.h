// SPDX-License-Identifier: MIT
/*
 * Where the kernel gives up on itself.
 *
 * An assertion is for us: nothing that a syscall argument, the bytes of a file
 * or a device can make false.  When DEBUG is 0 the condition is still compiled
 * (and so type-checked), never evaluated.
 */
#ifndef LIB_BUG_H
#define LIB_BUG_H

#include <lib/types.h>

#ifndef DEBUG
#define DEBUG 0
#endif

/* Print the message and stop every hart.  The kernel provides it; so does each host test. */
__noreturn void panic(const char *fmt, ...) __printf(1, 2);

#undef assert
#define assert(cond) do { \
	if (DEBUG && unlikely(!(cond))) \
		panic("%s:%d: %s: assertion failed: %s", __FILE__, __LINE__, __func__, #cond); \
} while (0)

/* An assertion that the compiler may build on: what it cannot know, and would test. */
#define assume(cond) do { \
	assert(cond); \
	if (!(cond)) \
		__builtin_unreachable(); \
} while (0)

#endif
