// SPDX-License-Identifier: MIT
/*
 * Bytes and NUL-terminated strings, with the names, types and promises of C.
 *
 * memcpy, memmove and memset are where a kernel spends its instructions: a page
 * is copied in about 2.1 a word and cleared in about 1.1.  In the kernel (a
 * freestanding build) the names also reach the compiler's builtins, so a copy of
 * a few known bytes becomes loads and stores and no call.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <lib/types.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strcpy(char *restrict dst, const char *restrict src);
char *strcat(char *restrict dst, const char *restrict src);

#if !__STDC_HOSTED__ && !defined(LIB_HOSTED_H)
#define memcpy(...)	__builtin_memcpy(__VA_ARGS__)
#define memmove(...)	__builtin_memmove(__VA_ARGS__)
#define memset(...)	__builtin_memset(__VA_ARGS__)
#define memcmp(...)	__builtin_memcmp(__VA_ARGS__)
#define strlen(...)	__builtin_strlen(__VA_ARGS__)
#define strcmp(...)	__builtin_strcmp(__VA_ARGS__)
#endif

/* Copy what fits in @size bytes, NUL included.  Returns strlen(@src). */
size_t strlcpy(char *dst, const char *src, size_t size);

/* The same, reading no more of @src than it copies.  The length copied, or -E2BIG if cut. */
ssize_t strscpy(char *dst, const char *src, size_t size);

/*
 * Read a number in @base (2 ... 36; 0: by its prefix, 0x, 0 or none) and put it in
 * *@out.  No sign and no white space is skipped.  If @end is NULL the string must
 * end behind the number, with at most one '\n'; otherwise *@end is the first
 * character not used.  -EINVAL: no number there; -ERANGE: too large.
 */
int parse_ulong(const char *s, const char **end, int base, unsigned long *out);

#endif
