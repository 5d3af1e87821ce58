// SPDX-License-Identifier: MIT
/*
 * Our areas, as /proc/self/maps and smaps tell them.
 *
 * Two adjacent private areas that agree are told as one.  Linux joins them or not
 * by the history of their pages (anon_vma), and its versions differ in that; a
 * program cannot rely on it.  Shared areas are told as they are, but not where
 * limits make calls fail: a failed MAP_FIXED leaves Linux's old area cut in two.
 */
#include "mmdiff.h"

#include <stdio.h>
#include <string.h>

#define MAX_AREAS       512

static char kind_of(const char *name)
{
	if (!*name)
		return '-';
	if (strstr(name, "mmdiff.dat"))
		return 'F';
	if (strstr(name, "memfd:"))
		return 'M';
	if (!strcmp(name, "/dev/zero (deleted)"))
		return 'Z';
	return !strcmp(name, "[heap]") ? 'H' : '?';
}

static int is_ours(unsigned long start)
{
	return (start >= ARENA - ARENA_SPAN && start < ARENA + ARENA_SPAN) ||
	       (start >= place.heap && start < place.heap + HEAP_SPAN) ||
	       (start < place.top && start >= place.top - TOP_SPAN);
}

struct area {
	unsigned long start, end, off;
	char prot[8], kind, flags[128];
};

static int joins(const struct area *a, const struct area *b)
{
	return a->end == b->start && (a->prot[3] == 'p' || seed % 4) && !strcmp(a->prot, b->prot) &&
	       a->kind == b->kind && !strcmp(a->flags, b->flags) &&
	       (!strchr("FMZ", a->kind) || a->off + (a->end - a->start) == b->off);
}

/* One line of maps, or of VmFlags, into areas[n - 1] or a new one.  How many there are then. */
static int take_line(struct area *areas, int n, char *line)
{
	static int ours;
	struct area a = { 0 };
	char *flag;
	int at = 0;

	if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %n", &a.start, &a.end, a.prot, &a.off, &at) >= 4 &&
	    at) {
		if (a.start < place.heap && a.end > place.heap)         /* the heap's older part is libc's */
			a.start = place.heap;
		a.kind = kind_of(line + at);
		ours = is_ours(a.start) && n < MAX_AREAS;
		if (ours)
			areas[n++] = a;
	} else if (ours && !strncmp(line, "VmFlags:", 8)) {
		for (flag = strtok(line + 8, " "); flag; flag = strtok(NULL, " "))
			if (strcmp(flag, "ac"))                 /* by the history of pages, too */
				strcat(strcat(areas[n - 1].flags, " "), flag);
	}
	return n;
}

void tell_maps(int flags)
{
	static struct area areas[MAX_AREAS], was[MAX_AREAS];
	static int nr_was;
	char *line, *next;
	int n = 0, kept = 0;

	slurp(flags ? "/proc/self/smaps" : "/proc/self/maps");
	for (line = buf; *line; line = next) {
		next = strchr(line, '\n');
		*next++ = 0;
		n = take_line(areas, n, line);
	}
	for (int i = 0; i < n; i++) {
		if (kept && joins(&areas[kept - 1], &areas[i]))
			areas[kept - 1].end = areas[i].end;
		else
			areas[kept++] = areas[i];
	}
	if (kept == nr_was && !memcmp(areas, was, kept * sizeof(*areas)))
		return;
	nr_was = kept;
	memcpy(was, areas, kept * sizeof(*areas));
	for (int i = 0; i < kept; i++)
		tell("  %s %s %s %lx %c%s\n", rel(areas[i].start), rel(areas[i].end), areas[i].prot,
		     areas[i].off, areas[i].kind, areas[i].flags);
}
