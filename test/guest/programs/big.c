// SPDX-License-Identifier: MIT
/*
 * big: 64 MiB of text and data (big.S), of which it touches 40 pages.
 *
 * It prints what the kernel counted meanwhile: major faults, and KiB read from
 * the disk by /proc/vmstat and by /proc/diskstats.  The test judges.
 */
#include <sys/resource.h>

#include "tap.h"

#define PAGES 8192
#define TOUCH 20

extern char big_text[], big_data[];

static long number_after(const char *path, const char *word)
{
	char *line = NULL, *at;
	size_t cap = 0;
	long value = -1;
	FILE *f = fopen(path, "r");

	while (f && value < 0 && getline(&line, &cap, f) > 0)
		if ((at = strstr(line, word)))
			value = atol(at + strlen(word));
	if (f)
		fclose(f);
	free(line);
	return value;
}

/* Reads completed and sectors read of vda. */
static void disk_counts(long *reads, long *sectors)
{
	char line[256];
	FILE *f = fopen("/proc/diskstats", "r");

	*reads = *sectors = -1;
	while (f && fgets(line, sizeof(line), f)) {
		long merged;

		if (sscanf(line, " %*d %*d vda %ld %ld %ld", reads, &merged, sectors) == 3)
			break;
	}
	if (f)
		fclose(f);
}

int main(void)
{
	struct rusage before, after;
	long reads[2], sectors[2], paged[2], major[2];
	int wrong = 0;

	paged[0] = number_after("/proc/vmstat", "pgpgin ");
	major[0] = number_after("/proc/vmstat", "pgmajfault ");
	disk_counts(&reads[0], &sectors[0]);
	getrusage(RUSAGE_SELF, &before);
	for (long i = 0; i < TOUCH; i++) {
		long n = (i * 397 + 211) % PAGES;
		long (*page)(void) = (long (*)(void))(big_text + n * 4096);

		wrong += page() != n;
		n = (i * 401 + 97) % PAGES;
		wrong += *(volatile long *)(big_data + n * 4096 + 8 * (n % 512)) != n + 1;
	}
	getrusage(RUSAGE_SELF, &after);
	disk_counts(&reads[1], &sectors[1]);
	paged[1] = number_after("/proc/vmstat", "pgpgin ");
	major[1] = number_after("/proc/vmstat", "pgmajfault ");
	printf("wrong %d majflt %ld pgmajfault %ld pgpgin_kib %ld requests %ld sectors %ld\n", wrong,
	       after.ru_majflt - before.ru_majflt, major[1] - major[0], paged[1] - paged[0],
	       reads[1] - reads[0], sectors[1] - sectors[0]);
	return wrong != 0;
}
