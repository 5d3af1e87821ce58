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
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE    4096UL
#define NPAGES  512UL
#define SIZE    (NPAGES * PAGE)
#define LOOPS   200
#define REPEATS 9
#define FILE_PATH "/var/tmp/bench.data"

static const char *self;
static int data_fd = -1;

static void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static char *map(size_t len, int prot, int flags, int fd)
{
	char *p = mmap(NULL, len, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static char *map_anon(size_t len)
{
	char *p = map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	madvise(p, len, MADV_NOHUGEPAGE);
	return p;
}

static void unmap(char *p, size_t len)
{
	if (munmap(p, len) != 0)
		die("munmap");
}

static void write_pages(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile char *)p)[i * PAGE] = 1;
}

static void read_pages(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)((volatile char *)p)[i * PAGE];
}

/* Each row returns ns for one operation, once. */

static double null_syscall(void)
{
	uint64_t t = now();

	for (int i = 0; i < LOOPS; i++)
		syscall(SYS_getppid);
	return (double)(now() - t) / LOOPS;
}

static double anon_write_fault(void)
{
	char *p = map_anon(SIZE);
	uint64_t t = now();

	write_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

static double anon_read_fault(void)
{
	char *p = map_anon(SIZE);
	uint64_t t = now();

	read_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

static double write_after_read(void)
{
	char *p = map_anon(SIZE);
	uint64_t t;

	read_pages(p, NPAGES);
	t = now();
	write_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

static double munmap_page(void)
{
	char *p = map_anon(SIZE);
	uint64_t t;

	write_pages(p, NPAGES);
	t = now();
	unmap(p, SIZE);
	return (double)(now() - t) / NPAGES;
}

static double touch_default(void)
{
	size_t n = 2 * NPAGES;
	char *p = map(2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	uint64_t t = now();

	write_pages(p, n);
	t = now() - t;
	unmap(p, 2 * SIZE);
	return (double)t / n;
}

static double mmap_munmap(void)
{
	uint64_t t = now();

	for (int i = 0; i < LOOPS; i++)
		unmap(map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), PAGE);
	return (double)(now() - t) / LOOPS;
}

static double mmap_touch_munmap(void)
{
	uint64_t t = now();

	for (int i = 0; i < LOOPS; i++) {
		char *p = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

		*(volatile char *)p = 1;
		unmap(p, PAGE);
	}
	return (double)(now() - t) / LOOPS;
}

/* The last of two pages: each call splits the area or merges it again. */
static double mprotect_page(void)
{
	char *area = map_anon(2 * PAGE), *p = area + PAGE;
	uint64_t t;

	*(volatile char *)p = 1;
	t = now();
	for (int i = 0; i < LOOPS / 2; i++) {
		mprotect(p, PAGE, PROT_READ);
		mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	}
	t = now() - t;
	unmap(area, 2 * PAGE);
	return (double)t / LOOPS;
}

static double brk_touch(void)
{
	char *base = (char *)syscall(SYS_brk, 0);
	char *at = (char *)(((uintptr_t)base + PAGE - 1) & ~(PAGE - 1));
	uint64_t t;

	syscall(SYS_brk, at);
	t = now();
	for (int i = 0; i < LOOPS; i++) {
		syscall(SYS_brk, at + PAGE);
		*(volatile char *)at = 1;
		syscall(SYS_brk, at);
	}
	t = now() - t;
	syscall(SYS_brk, base);
	return (double)t / LOOPS;
}

static void data_open(void)
{
	static char buf[65536];

	if (data_fd >= 0)
		return;
	data_fd = open(FILE_PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (data_fd < 0)
		die(FILE_PATH);
	memset(buf, 'x', sizeof(buf));
	for (size_t done = 0; done < SIZE; done += sizeof(buf))
		if (write(data_fd, buf, sizeof(buf)) != (ssize_t)sizeof(buf))
			die("write");
	fsync(data_fd);
}

static double file_touch(int prot, int flags, int advice, bool writing)
{
	char *p;
	uint64_t t;

	data_open();
	p = map(SIZE, prot, flags, data_fd);
	if (advice)
		madvise(p, SIZE, advice);
	t = now();
	if (writing)
		write_pages(p, NPAGES);
	else
		read_pages(p, NPAGES);
	t = now() - t;
	unmap(p, SIZE);
	return (double)t / NPAGES;
}

static double file_read_random(void)
{
	return file_touch(PROT_READ, MAP_PRIVATE, MADV_RANDOM, false);
}

static double file_read_default(void)
{
	return file_touch(PROT_READ, MAP_PRIVATE, 0, false);
}

static double file_private_write(void)
{
	return file_touch(PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, true);
}

static double file_shared_write(void)
{
	return file_touch(PROT_READ | PROT_WRITE, MAP_SHARED, 0, true);
}

static double read_4k(void)
{
	static char buf[PAGE];
	uint64_t t;

	data_open();
	t = now();
	for (int i = 0; i < LOOPS; i++)
		if (pread(data_fd, buf, PAGE, (i % NPAGES) * PAGE) != (ssize_t)PAGE)
			die("pread");
	return (double)(now() - t) / LOOPS;
}

/* fork; @in_child runs there and its result comes back through shared memory. */
static double in_child(double (*fn)(char *), char *arg)
{
	double *result = (double *)map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1), ns;
	pid_t pid;
	int status;

	*result = 0;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		*result = fn(arg);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ns = *result;
	unmap((char *)result, PAGE);
	return ns;
}

static double time_writes(char *p)
{
	uint64_t t = now();

	write_pages(p, NPAGES);
	return (double)(now() - t) / NPAGES;
}

static double cow_copy(void)
{
	char *p = map_anon(SIZE);
	double ns;

	write_pages(p, NPAGES);
	ns = in_child(time_writes, p);
	unmap(p, SIZE);
	return ns;
}

static double nothing(char *p)
{
	return *p;
}

static double cow_reuse(void)
{
	char *p = map_anon(SIZE);
	double ns;

	write_pages(p, NPAGES);
	in_child(nothing, p);
	ns = time_writes(p);
	unmap(p, SIZE);
	return ns;
}

static double fork_wait(int loops)
{
	uint64_t t = now();

	for (int i = 0; i < loops; i++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			_exit(0);
		if (waitpid(pid, &status, 0) != pid)
			die("waitpid");
	}
	return (double)(now() - t) / loops;
}

static double fork_2m(void)
{
	char *p = map_anon(SIZE);
	double ns;

	write_pages(p, NPAGES);
	ns = fork_wait(20);
	unmap(p, SIZE);
	return ns;
}

static double fork_small(void)
{
	return fork_wait(20);
}

static double vfork_exec(void)
{
	char *argv[] = { (char *)self, "--exit", NULL }, *envp[] = { NULL };
	const int loops = 20;
	uint64_t t = now();
	volatile int i;

	for (i = 0; i < loops; i++) {
		int status;
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (pid == 0) {
			execve(self, argv, envp);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			die("exec");
	}
	return (double)(now() - t) / loops;
}

/* fork + exec + exit while @size bytes are touched: what grows with the size is fork's. */
static double fork_exec(size_t size, int loops)
{
	char *argv[] = { (char *)self, "--exit", NULL }, *envp[] = { NULL };
	char *p = map_anon(size);
	uint64_t t;

	write_pages(p, size / PAGE);
	t = now();
	for (int i = 0; i < loops; i++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			execve(self, argv, envp);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			die("exec");
	}
	t = now() - t;
	unmap(p, size);
	return (double)t / loops;
}

static double fork_exec_2m(void) { return fork_exec(SIZE, 10); }
static double fork_exec_1g(void) { return fork_exec(1UL << 30, 5); }

static sigjmp_buf jump;
static volatile int handled;

static void segv_handler(int sig)
{
	(void)sig;
	siglongjmp(jump, 1);
}

static double segv(void)
{
	struct sigaction sa = { .sa_handler = segv_handler, .sa_flags = SA_NODEFER };
	char *p = map(PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	uint64_t t;
	volatile int i;

	sigaction(SIGSEGV, &sa, NULL);
	t = now();
	for (i = 0; i < LOOPS; i++)
		if (sigsetjmp(jump, 0) == 0)
			*(volatile char *)p = 1;
	t = now() - t;
	signal(SIGSEGV, SIG_DFL);
	unmap(p, PAGE);
	return (double)t / LOOPS;
}

static void count_handler(int sig)
{
	(void)sig;
	handled++;
}

static double signal_self(void)
{
	struct sigaction sa = { .sa_handler = count_handler };
	pid_t pid = getpid(), tid = (pid_t)syscall(SYS_gettid);
	uint64_t t;

	sigaction(SIGUSR1, &sa, NULL);
	t = now();
	for (int i = 0; i < LOOPS; i++)
		syscall(SYS_tgkill, pid, tid, SIGUSR1);
	return (double)(now() - t) / LOOPS;
}

/* One PROT_NONE mapping of @n pages whose every second page is made read-write. */
static char *many_areas(size_t n, double *ns_per_call)
{
	char *p = map(n * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	uint64_t t = now();

	for (size_t i = 1; i < n; i += 2)
		if (mprotect(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE) != 0)
			die("mprotect");
	if (ns_per_call)
		*ns_per_call = (double)(now() - t) / (n / 2);
	return p;
}

static double split_16k(void)
{
	double ns;
	char *p = many_areas(16000, &ns);

	unmap(p, 16000 * PAGE);
	return ns;
}

static double fault_among(size_t areas)
{
	char *p = many_areas(areas, NULL);
	size_t n = areas / 2, touch = n < 2000 ? n : 2000;
	uint32_t *order = malloc(n * sizeof(*order)), seed = 1;
	uint64_t t;

	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n - 1; i > 0; i--) {
		uint32_t tmp = order[i], j;

		seed = seed * 1664525 + 1013904223;
		j = (seed >> 8) % (i + 1);
		order[i] = order[j];
		order[j] = tmp;
	}
	t = now();
	for (size_t i = 0; i < touch; i++)
		*(volatile char *)(p + (2 * order[i] + 1) * PAGE) = 1;
	t = now() - t;
	unmap(p, areas * PAGE);
	free(order);
	return (double)t / touch;
}

static double fault_1k(void) { return fault_among(1000); }
static double fault_16k(void) { return fault_among(16000); }
static double fault_64k(void) { return fault_among(64000); }

static double unmap_16k(void)
{
	char *p = many_areas(16000, NULL);
	uint64_t t = now();

	unmap(p, 16000 * PAGE);
	return (double)(now() - t) / 16000;
}

static void trip(int to, int from)
{
	char c = 1;

	if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1)
		die("pipe");
}

static double pipe_round_trip(void)
{
	int to[2], from[2], status;
	char c;
	pid_t pid;
	uint64_t t;

	if (pipe(to) != 0 || pipe(from) != 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		close(to[1]);
		while (read(to[0], &c, 1) == 1)
			if (write(from[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	/* Until the scheduler no longer makes up for what either did before. */
	for (int i = 0; i < 5 * LOOPS; i++)
		trip(to[1], from[0]);
	t = now();
	for (int i = 0; i < LOOPS; i++)
		trip(to[1], from[0]);
	t = now() - t;
	close(to[1]);
	waitpid(pid, &status, 0);
	close(to[0]);
	close(from[0]);
	close(from[1]);
	return (double)t / LOOPS;
}

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

static double least(const struct row *row)
{
	int repeats = row->repeats ? row->repeats : REPEATS;
	double best = row->fn();

	for (int i = 1; i < repeats; i++) {
		double ns = row->fn();

		if (ns < best)
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
