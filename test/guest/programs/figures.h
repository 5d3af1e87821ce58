// SPDX-License-Identifier: MIT
/*
 * What /proc counts, by name: figure("/proc/vmstat", "pswpin"), meminfo("MemFree:").
 */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number behind @name at the start of a line of @path; -1: there is no such line. */
__attribute__((unused)) static long figure(const char *path, const char *name)
{
	char line[256];
	long v = -1;
	FILE *f = fopen(path, "r");

	while (f && v < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			v = atol(line + strlen(name));
	if (f)
		fclose(f);
	return v;
}

/* In KiB. */
__attribute__((unused)) static long meminfo(const char *name)
{
	return figure("/proc/meminfo", name);
}

/* Is Committed_AS so many KiB above @before?  Give or take what others do meanwhile. */
__attribute__((unused)) static int grown(long before, long kib)
{
	long now = meminfo("Committed_AS:") - before;

	if (labs(now - kib) < 1024)
		return 1;
	printf("# grown by %ld KiB instead of %ld\n", now, kib);
	return 0;
}

#endif
