// SPDX-License-Identifier: MIT
/*
 * mmdiff SEED COUNT [LIST [VERBOSE]]: a random sequence of memory calls whose
 * every outcome is told, so that two kernels can be compared.
 *
 * Told are results, errnos, contents, signals and, after each operation, the
 * lines of /proc/self/maps that are ours, with addresses relative to an arena,
 * to the heap's start, or to where the kernel puts what has no address ("T").
 * Without VERBOSE only a running hash is printed, once in 50 operations.
 *
 * LIST: a file with the numbers of the operations to perform, or "-" for all.
 * Seeds differ in what limits them: 1 of 4 is an ordinary user with little
 * RLIMIT_MEMLOCK, 1 has RLIMIT_AS, 1 RLIMIT_DATA.
 */
#define _GNU_SOURCE
#include "mmdiff/mmdiff.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

uint64_t seed;
struct mmop_place place = { .arena = ARENA };
int fd[NR_FD], all_locked;
static long vm0, data0;
static int in_child;

static void perform(unsigned int i, unsigned int count, const char *skip);

static void tell_status(unsigned int i)
{
	char *s;

	tell("  vm %ld data %ld", statm(0) - vm0, statm(5) - data0);
	if (i % 8 == 0 && !all_locked) {
		slurp("/proc/self/status");
		s = strstr(buf, "VmLck:");
		tell(" locked %ld", s ? atol(s + 6) : -1);
	}
	tell("\n");
}

/* The child performs what comes next, then the parent does the same. */
static void do_fork(const struct mmop *op, unsigned int i, unsigned int count, const char *skip)
{
	unsigned int n = 1 + op->r[0] % 10, k;
	int status = 0;
	pid_t pid;

	tell("fork %u\n", n);
	if (in_child)
		return;
	pid = fork();
	if (pid == 0) {
		in_child = 1;
		all_locked = 0;
		tell_maps(0);
		for (k = i + 1; k <= i + n && k < count; k++)
			if (!skip || !skip[k])
				perform(k, count, skip);
		_exit(42);
	}
	waitpid(pid, &status, 0);
	tell("child %x\n", status);
}

static void perform(unsigned int i, unsigned int count, const char *skip)
{
	struct mmop op = mmop_make(seed, i);

	tell("%u%s ", i, in_child ? "c" : "");
	if (op.kind == OP_FORK)
		do_fork(&op, i, count, skip);
	else
		do_call(&op);
	tell_maps(i % 16 == 0);
	tell_status(i);
}

/* ---- the start ---- */

static void fill(int f)
{
	for (unsigned long p = 0; p < MMOP_FILE_PAGES; p++) {
		for (unsigned long i = 0; i < PG; i++)
			buf[i] = i < 8 ? 0 : p * 7 + i;
		if (pwrite(f, buf, PG, p * PG) != (ssize_t)PG)
			exit(2);
	}
}

static void open_files(void)
{
	const char *path = "/root/mmdiff.dat";
	char mem[32];

	fd[F_RW] = open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
	fd[F_RO] = open(path, O_RDONLY);
	fd[F_WO] = open(path, O_WRONLY);
	fd[F_MEM] = memfd_create("m", 0);
	snprintf(mem, sizeof(mem), "/proc/self/fd/%d", fd[F_MEM]);
	fd[F_MEMRO] = open(mem, O_RDONLY);
	fill(fd[F_RW]);
	fill(fd[F_MEM]);
}

static void limit(void)
{
	struct rlimit few = { 40 * PG, 40 * PG };
	struct rlimit as = { (vm0 + 80) * PG, (vm0 + 80) * PG };
	struct rlimit data = { 0, 0 };
	char *s;

	slurp("/proc/self/status");
	s = strstr(buf, "VmData:");
	data.rlim_cur = data.rlim_max = (s ? atol(s + 7) * 1024 : 0) + 60 * PG;
	if (seed % 4 == 1 && (setrlimit(RLIMIT_MEMLOCK, &few) || setuid(65534)))
		exit(2);
	if (seed % 4 == 2)
		setrlimit(RLIMIT_AS, &as);
	if (seed % 4 == 3)
		setrlimit(RLIMIT_DATA, &data);
}

static void setup(void)
{
	told = mmap((void *)SHARED, PG, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	open_files();
	catch_faults();
	place.heap = ((unsigned long)sbrk(0) + PG - 1) & ~(PG - 1);
	if (syscall(SYS_brk, place.heap) != (long)place.heap)
		exit(2);
	place.top = (unsigned long)mmap(NULL, PG, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap((void *)place.top, PG);
	place.top += PG;
	vm0 = statm(0);
	data0 = statm(5);
	limit();
}

/* Operations that are not listed are left out. */
static char *read_list(const char *path, unsigned int count)
{
	static char skip[1 << 17];
	unsigned int i;
	FILE *f;

	if (count > sizeof(skip) || !strcmp(path, "-"))
		return NULL;
	memset(skip, 1, sizeof(skip));
	f = fopen(path, "r");
	while (f && fscanf(f, "%u", &i) == 1)
		if (i < count)
			skip[i] = 0;
	if (f)
		fclose(f);
	return skip;
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000;
	const char *skip = argc > 3 ? read_list(argv[3], count) : NULL;
	char line[64];
	int n;

	setvbuf(stdout, NULL, _IONBF, 0);
	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	setup();
	told->verbose = argc > 4;
	told->hash = 0xcbf29ce484222325ULL;
	for (unsigned int i = 0; i < count; i++) {
		if (!skip || !skip[i])
			perform(i, count, skip);
		if ((i % 50 == 49 || i == count - 1) && !told->verbose) {
			n = snprintf(line, sizeof(line), "%u %016lx\n", i, told->hash);
			if (write(1, line, n) != n)
				return 3;
		}
	}
	return 0;
}
