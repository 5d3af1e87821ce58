// SPDX-License-Identifier: MIT
/*
 * What each operation of process virtual memory costs.
 *
 * One line a row: "bench <key> <ns>": the least of its repeats, in nanoseconds
 * of CLOCK_MONOTONIC for one operation.  Under QEMU's -icount shift=0 a
 * nanosecond is an instruction.  Linked statically, so that the same file runs
 * on every kernel; test/bench/README.md says how a row is measured.
 *
 * usage: bench [key...]          all rows but the big ones, or those named
 *        bench --exit            leave at once (what the exec rows run)
 */
#define _GNU_SOURCE
#include "bench.h"
#include "bench_rows.h"

#include <stdbool.h>
#include <sys/personality.h>

#define REPEATS 9

const char *self;

static const struct row {
	const char *key;
	double (*fn)(void);
	int repeats;		/* 0: REPEATS */
	bool big;		/* needs more memory than most machines have: only when named */
} rows[] = {
	{ "null", null_syscall },
	{ "anon_write", anon_write_fault },
	{ "anon_read", anon_read_fault },
	{ "write_after_read", write_after_read },
	{ "munmap_page", munmap_page },
	{ "touch_default", touch_default },
	{ "mmap_munmap", mmap_munmap },
	{ "mmap_touch_munmap", mmap_touch_munmap },
	{ "mprotect", mprotect_page },
	{ "brk", brk_touch },
	{ "file_read_random", file_read_random },
	{ "file_read_default", file_read_default },
	{ "file_private_write", file_private_write },
	{ "file_shared_write", file_shared_write },
	{ "read_4k", read_4k },
	{ "cow_copy", cow_copy },
	{ "cow_reuse", cow_reuse },
	{ "fork_2m", fork_2m },
	{ "fork_small", fork_small },
	{ "vfork_exec", vfork_exec },
	{ "segv", segv },
	{ "signal", signal_self },
	{ "split_16k", split_16k },
	{ "fault_1k", fault_1k },
	{ "fault_16k", fault_16k },
	{ "fault_64k", fault_64k, .repeats = 3 },
	{ "unmap_16k", unmap_16k },
	{ "pipe", pipe_round_trip },
	{ "fork_exec_2m", fork_exec_2m, .big = true },
	{ "fork_exec_1g", fork_exec_1g, .repeats = 1, .big = true },
};

static bool wanted(int argc, char **argv, const struct row *row)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], row->key) == 0)
			return true;
	return argc < 2 && !row->big;
}

/*
 * Where the hart waited for the disk, for a page of the program say, it may have zeroed frames
 * ahead: no row is to have them.
 */
static void use_up_zeroed(void)
{
	char *p = map_anon(SIZE);

	write_pages(p, NPAGES);
	unmap(p, SIZE);
}

static double least(const struct row *row)
{
	int repeats = row->repeats ? row->repeats : REPEATS;
	double best = 0;

	for (int i = 0; i < repeats; i++) {
		double ns;

		use_up_zeroed();
		ns = row->fn();
		if (!i || ns < best)
			best = ns;
	}
	return best;
}

/*
 * Start over at addresses that are not random, where the kernel can: what fork
 * and exec cost depends on how many page tables the layout happens to need.
 */
static void fixed_layout(char **argv)
{
	int now_is = personality(0xffffffff);

	if (now_is < 0 || now_is & ADDR_NO_RANDOMIZE || getenv("BENCH_FIXED"))
		return;
	setenv("BENCH_FIXED", "1", 1);
	if (personality(now_is | ADDR_NO_RANDOMIZE) >= 0)
		execv(self, argv);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--exit") == 0)
		_exit(0);
	self = argv[0];
	fixed_layout(argv);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!wanted(argc, argv, &rows[i]))
			continue;
		printf("bench %s %.1f\n", rows[i].key, least(&rows[i]));
		fflush(stdout);
	}
	unlink(FILE_PATH);
	return 0;
}
