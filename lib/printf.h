// SPDX-License-Identifier: MIT
/*
 * Formatted print, into a buffer or piece by piece into a callback.
 *
 * %d %i %u %x %X %o %c %s %p %%, flags - 0 + space #, width and precision as
 * digits or *, lengths hh h l ll z t j.  No floating point, no %n.  A directive
 * it does not know is printed as it stands.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <lib/types.h>
#include <stdarg.h>

/*
 * Write at most @size bytes, the NUL included; @size 0 writes nothing.  Returns the
 * length the whole text would have had.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* The same, but returns the length that is in @buf: to append, buf + n. */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap) __printf(3, 0);
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* Hand the text to @emit in pieces, none of them empty. */
void vprintf_emit(void (*emit)(void *arg, const char *s, size_t n), void *arg,
		  const char *fmt, va_list ap) __printf(3, 0);

#endif
