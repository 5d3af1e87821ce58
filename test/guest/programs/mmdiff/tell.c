// SPDX-License-Identifier: MIT
/*
 * Telling: a line of text, hashed; addresses relative to what is the same everywhere.
 */
#define _GNU_SOURCE
#include "mmdiff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct told *told;
char buf[1 << 18];

void tell(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (int i = 0; i < n; i++)
		told->hash = (told->hash ^ (unsigned char)line[i]) * 0x100000001b3ULL;
	if (told->verbose && write(1, line, n) != n)
		_exit(3);
}

const char *rel(unsigned long a)
{
	static char text[4][32];
	static int turn;
	char *s = text[turn++ & 3];

	if (a >= ARENA - ARENA_SPAN && a <= ARENA + ARENA_SPAN)
		snprintf(s, 32, a % PG ? "A%+ld.%lx" : "A%+ld", ((long)a - (long)ARENA) >> 12, a % PG);
	else if (a >= place.heap && a < place.heap + HEAP_SPAN)
		snprintf(s, 32, "H+%lx", a - place.heap);
	else if (a <= place.top && a > place.top - TOP_SPAN)
		snprintf(s, 32, a % PG ? "T-%ld.%lx" : "T-%ld", (place.top - a) / PG, a % PG);
	else
		snprintf(s, 32, "?%lx", a);
	return s;
}

void tell_result(long r)
{
	if (r == -1)
		tell(" = %s\n", strerrorname_np(errno));
	else if (r >= 0 && r < 0x10000)
		tell(" = %ld\n", r);
	else
		tell(" = %s\n", rel(r));
}

size_t slurp(const char *path)
{
	int f = open(path, O_RDONLY);
	size_t n = 0;
	ssize_t got;

	while (f >= 0 && n < sizeof(buf) - 1 && (got = read(f, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += got;
	buf[n] = 0;
	if (f >= 0)
		close(f);
	return n;
}

long statm(int field)
{
	char *s = buf;

	slurp("/proc/self/statm");
	while (field--)
		s = strchr(s, ' ') + 1;
	return atol(s);
}
