// SPDX-License-Identifier: MIT
/*
 * Rows of several processes, and signals: copy-on-write, fork, exec, handlers, a pipe.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "bench_rows.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

double cow_copy(void)
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

double cow_reuse(void)
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

double fork_2m(void)
{
	char *p = map_anon(SIZE);
	double ns;

	write_pages(p, NPAGES);
	ns = fork_wait(20);
	unmap(p, SIZE);
	return ns;
}

double fork_small(void)
{
	return fork_wait(20);
}

double vfork_exec(void)
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

double fork_exec_2m(void) { return fork_exec(SIZE, 10); }
double fork_exec_1g(void) { return fork_exec(1UL << 30, 5); }

static sigjmp_buf jump;
static volatile int handled;

static void segv_handler(int sig)
{
	(void)sig;
	siglongjmp(jump, 1);
}

double segv(void)
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

double signal_self(void)
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

static void trip(int to, int from)
{
	char c = 1;

	if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1)
		die("pipe");
}

static double run_10_ms(char *unused)
{
	uint64_t end = now() + 10000000;

	(void)unused;
	while (now() < end)
		;
	return 0;
}

double pipe_round_trip(void)
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
	/*
	 * One that has run longer than the other is preempted when it wakes that one, which saves
	 * a sleep and a wake-up a round.  Here neither has: both have slept as long.
	 */
	trip(to[1], from[0]);
	in_child(run_10_ms, NULL);
	for (int i = 0; i < LOOPS; i++)
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
