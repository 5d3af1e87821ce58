// SPDX-License-Identifier: MIT
/*
 * NUL-terminated strings, and the numbers written in them.
 *
 * Byte by byte: what the kernel does with strings is names of some ten bytes, and
 * the word tricks that speed up long ones would read past their ends.
 */
#include <lib/hosted.h>
#include <lib/string.h>

#include <lib/errno.h>

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p) {
		p++;
		barrier();	/* or the compiler sees strlen here, and calls it */
	}
	return p - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(unsigned long)s;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)(unsigned long)found;
}

char *strstr(const char *s, const char *needle)
{
	size_t len = strlen(needle);

	for (; strncmp(s, needle, len); s++)
		if (!*s)
			return NULL;
	return (char *)(unsigned long)s;
}

size_t strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}

size_t strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}

char *strcpy(char *restrict dst, const char *restrict src)
{
	return memcpy(dst, src, strlen(src) + 1);
}

char *strcat(char *restrict dst, const char *restrict src)
{
	strcpy(dst + strlen(dst), src);
	return dst;
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src), n;

	if (size) {
		n = len < size ? len : size - 1;
		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	if (!size)
		return -E2BIG;
	for (size_t n = 0; n < size; n++) {
		dst[n] = src[n];
		if (!src[n])
			return n;
	}
	dst[size - 1] = '\0';
	return -E2BIG;
}

/* The value of a digit in any base up to 36; 36 for what is none. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return 36;
}

static bool is_hex_prefix(const char *s)
{
	return s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;
}

int parse_ulong(const char *s, const char **end, int base, unsigned long *out)
{
	unsigned long value = 0;
	bool overflow = false;

	if ((base == 0 || base == 16) && is_hex_prefix(s))
		s += 2, base = 16;
	else if (base == 0)
		base = s[0] == '0' ? 8 : 10;

	if (digit_value(*s) >= (unsigned int)base)
		return -EINVAL;
	for (; digit_value(*s) < (unsigned int)base; s++) {
		overflow |= __builtin_mul_overflow(value, (unsigned long)base, &value);
		overflow |= __builtin_add_overflow(value, digit_value(*s), &value);
	}
	if (end)
		*end = s;
	else if (*s == '\n' ? s[1] : s[0])
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*out = value;
	return 0;
}
