// SPDX-License-Identifier: MIT
/*
 * A whole process tree, each system call of it stopped at twice, as strace -f does.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "syscallinfo.h"
#include "tap.h"

#define GET_SYSCALL_INFO 0x420e

static int entries, exits, forks, births, restarts, ends, inside[100000];

static void *thread(void *arg)
{
	return arg;
}

static void *burst(void *arg)
{
	for (int i = 0; i < 20; i++)
		kill(getpid(), SIGUSR1);
	return arg;
}

static void handler(int sig)
{
}

/* Forks, a vfork with exec, threads, and signals that interrupt. */
static void tree(void)
{
	pthread_t t[4];
	int status;

	signal(SIGUSR1, handler);
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			_exit(fork() == 0 ? 0 : wait(NULL) < 0);
	while (wait(&status) > 0)
		;
	if (vfork() == 0)
		execl("/bin/sh", "sh", "-c", "ls / | wc -l >/dev/null; exit 3", NULL);
	wait(&status);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, i & 1 ? burst : thread, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	_exit(WEXITSTATUS(status));
}

static void at_call(pid_t pid)
{
	struct syscall_info in;

	if (syscall(SYS_ptrace, GET_SYSCALL_INFO, pid, sizeof(in), &in) < 0)
		return;
	if (in.op == 1) {
		entries++;
		inside[pid] = (int)in.entry.nr;
		forks += in.entry.nr == SYS_clone || in.entry.nr == SYS_clone3;
	} else if (in.op == 2) {
		exits++;
		restarts += in.exit.rval == -513 && (inside[pid] == SYS_clone || inside[pid] == SYS_clone3);
	}
}

int main(void)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
	int status, last = -1;
	pid_t child, pid;

	tap_limit(60);
	child = fork();
	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		tree();
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, options);
	ptrace(PTRACE_SYSCALL, child, 0, 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int sig = 0;

		if (!WIFSTOPPED(status)) {
			ends++;
			if (pid == child)
				last = status;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			at_call(pid);
		else if (status >> 16)
			births += status >> 16 != PTRACE_EVENT_EXEC;
		else if (WSTOPSIG(status) != SIGSTOP)
			sig = WSTOPSIG(status);
		ptrace(PTRACE_SYSCALL, pid, 0, sig);
	}
	ok(WIFEXITED(last) && WEXITSTATUS(last) == 3, "a tree of processes runs to its end");
	ok(births >= 3 * 2 + 1 + 2 + 4 && ends == births + 1, "each birth and each end is seen");
	ok(forks - restarts == births, "each clone is one birth");
	ok(restarts < 200, "a clone is not disturbed by being watched");
	ok(exits > 100 && entries - exits <= ends, "calls come back but for the last");
	printf("# %d entries, %d exits, %d forks, %d births, %d restarts\n", entries, exits, forks,
	       births, restarts);
	return tap_done();
}
